"""Whose request it is, by address: what sign-in throttles, sessions and the audit trail go by."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ClientAddressMiddleware:
    """Put the visitor's address into REMOTE_ADDR when proxies stand in between, so that there is one answer for all.

    Each proxy appends the address it was called from to X-Forwarded-For. With TRUSTED_PROXIES of our own in front, the
    last so many entries were written by them, and the first of those names the visitor; whatever stands further left
    came with the request and proves nothing. With too few entries, or one that is no address, the request did not
    come through those proxies: it keeps the address of whoever opened the connection.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if found := visitor(request.headers.get("X-Forwarded-For", ""), proxies=settings.TRUSTED_PROXIES):
            request.META["REMOTE_ADDR"] = found
        return self.get_response(request)


def visitor(forwarded: str, *, proxies: int) -> str | None:
    """The address that the outermost of our `proxies` was called from; None when the header does not say."""
    entries = forwarded.split(",")
    if proxies < 1 or len(entries) < proxies:
        return None
    try:
        return str(ip_address(_without_port(entries[-proxies].strip())))
    except ValueError:
        return None


def _without_port(entry: str) -> str:
    """Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    if entry.startswith("[") and "]" in entry:
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
