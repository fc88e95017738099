"""The campaign page, and the same as a file."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import push_url

from attribution_portal import downloads
from attribution_portal.http import PortalRequest, reader
from attribution_portal.panels import Panel
from attribution_portal.partners.decorators import partner_view
from attribution_portal.platform_api.errors import NotFound, NotPermitted
from attribution_portal.wave import files, reports
from attribution_portal.wave.reports import CampaignPage

# Panels that may be asked for alone, which is what a failed panel's "Try again" does; each is a partial of the page.
PANELS = frozenset({"post-campaign", "balance", "before-during", "adjustments", "sources", "meta", "campaigns"})


@partner_view()
def campaign(request: PortalRequest, eid: str) -> HttpResponse:
    """One event's campaigns and what they did; with htmx and `?panel=` only that panel."""
    try:
        page = _page(request, eid)
    except NotPermitted as error:
        return _refused(request, eid, error)
    asked = request.GET.get("panel", "")
    if request.htmx and asked in PANELS:
        # The link is boosted: without a word from here htmx would put the panel's address into the location bar.
        return push_url(render(request, f"wave/campaign.html#{asked}", {"page": page}), False)
    return render(request, "wave/campaign.html", {"page": page})


@partner_view(methods=("GET",))
def export(request: PortalRequest, eid: str, form: str) -> HttpResponseBase:
    """What the page shows, every line of it, on record before it is sent."""
    try:
        page = _page(request, eid)
    except NotPermitted as error:
        return _refused(request, eid, error)
    sheet = files.sheet(page, partner=request.partner, reader=reader(request), now=timezone.now())
    return downloads.send(request, sheet, form, target=eid, title=f"{sheet.title}: {page.hero.title}")


def _page(request: PortalRequest, eid: str) -> CampaignPage:
    """Raises NotPermitted; an event that does not exist is a page that does not."""
    partner = request.partner
    try:
        return reports.page(
            partner,
            eid=eid,
            role=request.role,
            reader=reader(request),
            address=reverse("wave:campaign", args=[partner.partner_id, eid]),
            today=timezone.now().astimezone(partner.zone).date(),
        )
    except NotFound as error:
        raise Http404 from error


def _refused(request: PortalRequest, eid: str, error: NotPermitted) -> HttpResponse:
    refused = Panel[None].of("event", error)
    return render(request, "wave/refused.html", {"refused": refused, "eid": eid}, status=403)
