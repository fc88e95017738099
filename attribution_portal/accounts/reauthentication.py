"""Proof, a few minutes old at most, that whoever sits at the keyboard is the person who signed in.

A view that changes what cannot be taken back asks for it, inside the decorator that yields its partner:

    @partner_view(action=Action.CHANGE_DEFAULTS, methods=("GET", "POST"))
    @recently_authenticated
    def defaults(request: PortalRequest) -> HttpResponse:
        if request.method == "POST":
            form = DefaultsForm(request.POST)
            ...
        else:
            form = DefaultsForm(drafts.draft(request))   # None for whoever was not led away
        ...

Reading is never held up. Somebody who sends the form with a proof older than ACCOUNT_REAUTHENTICATION_TIMEOUT seconds
is led to confirm by password, code or passkey, and then back to the form, which `drafts` fills with what they typed.
Nothing is sent for them: they see it again and press the button again.

Where a form stands on another page than the one it is sent to, the view says which:

    @recently_authenticated(back=lambda request, event_id: reverse("lookout:event", args=[...]))

and that page asks for `drafts.draft(request, reverse(...))`, with the address that the form is sent to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast, overload

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from attribution_portal.accounts import drafts

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Back = Callable[..., str]


@overload
def recently_authenticated(view: View) -> View: ...
@overload
def recently_authenticated(*, back: Back) -> Callable[[View], View]: ...
def recently_authenticated(view: View | None = None, *, back: Back | None = None) -> View | Callable[[View], View]:
    """`back` gets what the view gets and gives the address of the page on which the form stands; by default it is the
    view's own."""

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in {"GET", "HEAD", "OPTIONS"} or is_recent(request):
                return view(request, *args, **kwargs)
            drafts.keep_own(request)
            return confirm(request, to=back(request, *args, **kwargs) if back else request.get_full_path())

        return cast(View, inner)

    return decorate(view) if view else decorate


def shown_after_proof(view: View) -> View:
    """For pages that are sensitive to look at already, such as recovery codes. allauth asks for a proof itself, but
    not of people who only have a single sign-on."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated or is_recent(request):
            return view(request, *args, **kwargs)
        return confirm(request, to=request.get_full_path())

    return cast(View, inner)


def is_recent(request: HttpRequest) -> bool:
    """Whether this person signed in or confirmed who they are within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0.0)
    return bool(time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def confirm(request: HttpRequest, *, to: str) -> HttpResponse:
    """Lead to the page that asks for a proof, and from there to `to`, an address of this portal."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    page = methods[0]["url"] if methods else reverse("account_reauthenticate")
    address = f"{page}?{urlencode({'next': to})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)
