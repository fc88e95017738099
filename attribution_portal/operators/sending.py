"""Forms that stand on one page and are sent to an address of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from attribution_portal.accounts.reauthentication import recently_authenticated
from attribution_portal.http import PortalRequest
from attribution_portal.partners.decorators import operator_view

P = ParamSpec("P")
Sent = Callable[Concatenate[PortalRequest, P], HttpResponse]


def sent_from(page: Callable[..., str]) -> Callable[[Sent[P]], Callable[..., HttpResponseBase]]:
    """For operators who proved who they are a moment ago. `page` gets what the view gets and gives the address of the
    page with the form: whoever reads the view's own address, after signing in again or from the browser's history,
    comes there instead of into a dead end."""

    def decorate(view: Sent[P]) -> Callable[..., HttpResponseBase]:
        @operator_view(methods=("GET", "HEAD", "POST"))
        @recently_authenticated(back=page)
        @wraps(view)
        def inner(request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != "POST":
                return redirect(page(request, *args, **kwargs))
            return view(request, *args, **kwargs)

        return inner

    return decorate
