"""An event's adjustments as a download, from Lookout's or Wave's page."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase
from django.utils import timezone

from attribution_portal import downloads
from attribution_portal.adjustments import files, reading
from attribution_portal.adjustments.models import DeletedAdjustment
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.panel import NAME
from attribution_portal.http import PortalRequest, reader
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound, NotPermitted


@partner_view(methods=("GET",))
def export(request: PortalRequest, eid: str, form: str) -> HttpResponseBase:
    """Every row, on record before it is sent. Where neither way of the platform's gave any answer there is no file."""
    try:
        desk = reading.read(request.partner, eid)
    except (NotFound, NotPermitted) as error:
        raise Http404 from error
    unread, found = desk.found.results_error, desk.found
    if unread is not None and found.daily_error is not None:
        page = Origin.named(request.GET).address(request.partner, eid)
        return downloads.refuse(request, page, unread.sentence, tag=NAME)
    deleted = DeletedAdjustment.objects.filter(partner=request.partner, event_id=eid).count()
    sheet = files.sheet(request.partner, desk, deleted=deleted, reader=reader(request), now=timezone.now())
    return downloads.send(
        request, sheet, form, target=eid, title=f"{sheet.title}: {desk.title}", told={"rows": len(found.rows)}
    )
