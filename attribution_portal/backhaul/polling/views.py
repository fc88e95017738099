"""How far polling has come, for those who operate the portal."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from attribution_portal import http
from attribution_portal.backhaul import clock
from attribution_portal.backhaul.polling import reports as rounds_report
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import operator_view


@operator_view()
def progress(request: PortalRequest) -> HttpResponse:
    """The page or, when the page itself asks, what has changed since it was drawn."""
    page = rounds_report.page(reader=http.reader(request), now=clock.now())
    if "seen" not in request.GET:
        return render(request, "backhaul/rounds.html", {"page": page})
    if request.GET["seen"] == page.digest:
        return HttpResponse(status=204)
    return render(request, "backhaul/rounds.html#live", {"page": page, "fragment": True})
