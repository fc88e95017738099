"""An event's page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from attribution_portal import http
from attribution_portal.http import PortalRequest
from attribution_portal.lookout import reports
from attribution_portal.lookout.forms import SelectionForm
from attribution_portal.lookout.scene import Asked
from attribution_portal.panels import Panel
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound, NotPermitted

FIGURES = "figures"


@partner_view()
def event(request: PortalRequest, eid: str) -> HttpResponse:
    """The page or, when a link above the chart asks for it, its figures alone: what the choices change."""
    form = SelectionForm(request.GET)
    asked = Asked(
        partner=request.partner,
        eid=eid,
        selection=form.selection,
        notes=form.notes,
        today=timezone.now().astimezone(request.partner.zone).date(),
        reader=http.reader(request),
        retry=request.get_full_path(),
        role=request.role,
    )
    try:
        page = reports.page(asked)
    except NotFound as error:
        raise Http404 from error
    except NotPermitted as error:
        refused = Panel[None].of("event", error)
        return render(request, "lookout/event_refused.html", {"refused": refused, "eid": eid}, status=403)
    part = f"#{FIGURES}" if request.htmx.target == FIGURES else ""
    return render(request, f"lookout/event.html{part}", {"page": page})
