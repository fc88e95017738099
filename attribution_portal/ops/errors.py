"""Error pages that Django or a middleware asks for by name."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from attribution_portal.accounts.doors import shown_again


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is gone, mostly because the person signed in again in another tab."""
    return shown_again(request) or render(request, "403.html", {"expired_form": True}, status=403)


def too_large(request: HttpRequest) -> HttpResponse:
    """A body that nobody will read. Drawn without the frame: the visitor is not known yet."""
    return render(request, "413.html", status=413)
