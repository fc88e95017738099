"""The campaign page."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import push_url

from attribution_portal.http import PortalRequest, reader
from attribution_portal.panels import Panel
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound, NotPermitted
from attribution_portal.wave import reports

# Panels that may be asked for alone, which is what a failed panel's "Try again" does; each is a partial of the page.
PANELS = frozenset({"post-campaign", "adjustments", "sources", "meta", "campaigns"})


@partner_view()
def campaign(request: PortalRequest, eid: str) -> HttpResponse:
    """One event's campaigns and what they did; with htmx and `?panel=` only that panel."""
    address = reverse("wave:campaign", args=[request.partner.partner_id, eid])
    try:
        page = reports.page(request.partner, eid=eid, role=request.role, reader=reader(request), address=address)
    except NotFound as error:
        raise Http404 from error
    except NotPermitted as error:
        refused = Panel[None].of("event", error)
        return render(request, "wave/refused.html", {"refused": refused, "eid": eid}, status=403)
    asked = request.GET.get("panel", "")
    if request.htmx and asked in PANELS:
        # The link is boosted: without a word from here htmx would put the panel's address into the location bar.
        return push_url(render(request, f"wave/campaign.html#{asked}", {"page": page}), False)
    return render(request, "wave/campaign.html", {"page": page})
