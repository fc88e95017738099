"""The daily sales of an event as a download."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from attribution_portal import downloads, http
from attribution_portal.http import PortalRequest
from attribution_portal.lookout.daily import files, panel
from attribution_portal.lookout.forms import SelectionForm
from attribution_portal.lookout.scene import Asked
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound, PlatformError


@partner_view(methods=("GET",))
def export(request: PortalRequest, eid: str, form: str) -> HttpResponseBase:
    """What the panel shows by the same choices, on record before it is sent. Choices that cannot be used would make a
    file of something else, and a platform that is away one of nothing: then the page says so instead."""
    chosen = SelectionForm(request.GET)
    page = reverse("lookout:event", args=[request.partner.partner_id, eid])
    asked = Asked(
        partner=request.partner,
        eid=eid,
        selection=chosen.selection,
        notes=chosen.notes,
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
        retry=page,
        role=request.role,
    )
    if chosen.notes:
        return downloads.refuse_choices(request, page)
    try:
        sales = panel.sales(asked)
    except NotFound as error:
        raise Http404 from error
    except PlatformError as error:
        return downloads.refuse(request, page + asked.selection.query.removeprefix("./"), error.sentence)
    sheet = files.sheet(asked, sales, now=timezone.now())
    return downloads.send(
        request,
        sheet,
        form,
        target=eid,
        title=f"{sheet.title}: {sales.title}",
        told={"rows": len(sales.chart.table.rows), "filter": asked.selection.query.strip("./?") or None},
    )
