"""How a list with filters answers: as a page or, asked by its own filters, heads and page links, with what was found
alone, so that the form keeps what is typed. The frame of these pages is `templates/lists`."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django_htmx.http import push_url, replace_url, trigger_client_event

from attribution_portal.http import PortalRequest

FOUND: Final = "found"


class Page(Protocol):
    """`address` brings the list back as it is. `summary` says what was found to those who cannot see it."""

    @property
    def address(self) -> str: ...

    @property
    def summary(self) -> str: ...


def answer(request: PortalRequest, template: str, page: Page, **more: object) -> HttpResponse:
    """template: the page's, with a partial `found`. more: what it needs besides the page."""
    if request.htmx.target != FOUND:
        return render(request, template, {"page": page, **more})
    response = render(request, f"{template}#{FOUND}", {"page": page, "alone": True, **more})
    response = (replace_url if _goes_on_typing(request) else push_url)(response, page.address)
    return trigger_client_event(response, "announce", {"value": page.summary})


def _goes_on_typing(request: PortalRequest) -> bool:
    """A search that is typed letter by letter is one step back in the history, not one for each letter."""
    before = QueryDict(urlsplit(request.htmx.current_url or "").query)
    return request.htmx.trigger == "q" and bool(before.get("q"))
