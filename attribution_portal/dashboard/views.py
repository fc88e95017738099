"""A partner's dashboard."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from attribution_portal import http
from attribution_portal.dashboard import reports, visits
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import partner_view
from attribution_portal.partners.tasks import suspect


@partner_view()
def dashboard(request: PortalRequest) -> HttpResponse:
    now = timezone.now()
    since = visits.look(user=request.user, partner=request.partner, now=now)
    page = reports.page(
        reports.Asked(
            partner=request.partner,
            user=request.user,
            since=since,
            now=now,
            reader=http.reader(request),
            address=request.path,
        )
    )
    if page.refused:
        suspect(request.partner)
    return render(request, "dashboard/page.html", {"page": page})
