"""Where people are led who may not go on: to sign in, to set up a second factor, to confirm who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from attribution_portal.accounts import drafts, reauthentication, second_factor, sessions

# What somebody may still open who needs a second factor and has none.
ENROLMENT: Final = frozenset(
    {
        "account_second_factor",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "sso_login",
        "sso_callback",
        "account_logout",
        "set_language",
    }
)
AFTER_ENROLMENT: Final = "portal_after_enrolment"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class DoorMiddleware:
    """Last in the row, so that it sees what views answer and what they raise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return lead(request, self.get_response(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        sessions.seen(request)
        assert request.resolver_match is not None  # noqa: S101 - there is a view
        if request.resolver_match.view_name in ENROLMENT or not second_factor.is_missing(request):
            return None
        if not is_htmx(request) and (request.method == "GET" or drafts.keep(request)):
            request.session[AFTER_ENROLMENT] = request.get_full_path()
        return HttpResponseRedirect(reverse("account_second_factor"))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """allauth's own pages ask for a recent proof by raising this; it would then send the form again by itself."""
        if not isinstance(exception, ReauthenticationRequired) or not request.user.is_authenticated:
            return None
        return reauthentication.confirm(request, to=request.get_full_path())


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def lead(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make a redirect to a page of the account one of the whole window: htmx would put that page into the panel that
    it asked for. Signing in then leads back to the page on which the person was, not to a fragment of it, nor to an
    address that only takes forms. Whoever sent a form is told that it was not taken; where what they typed can be kept
    for them, signing in leads to it."""
    if response.status_code not in {301, 302, 303}:
        return response
    location = response.headers["Location"]
    target = urlsplit(location)
    to_sign_in = target.path == resolve_url(settings.LOGIN_URL) and "next" in parse_qs(target.query)
    if to_sign_in and (is_htmx(request) or request.method not in SAFE):
        kept = request.method not in SAFE and drafts.keep(request)
        location = f"{target.path}?{urlencode({'next': request.path if kept else page_of(request)})}"
        if kept:
            _tell_it_is_kept(request)
        elif request.method not in SAFE:
            messages.warning(
                request, _("You were signed out meanwhile, so nothing was sent. Sign in and enter it once more.")
            )
    if is_htmx(request) and target.path.startswith(reverse("account")):
        return HttpResponseClientRedirect(location)
    response.headers["Location"] = location
    return response


def shown_again(request: HttpRequest) -> HttpResponse | None:
    """For a form whose token is gone, mostly because its sender signed in again in another tab: lead to what they
    typed, for them to look at and send. None where the form is not theirs, or does not say whose it is."""
    if not drafts.keep(request):
        return None
    if not request.user.is_authenticated:
        _tell_it_is_kept(request)
    if is_htmx(request):
        return HttpResponseClientRedirect(request.path)
    response = HttpResponseRedirect(request.path)
    response.status_code = 303
    return response


def _tell_it_is_kept(request: HttpRequest) -> None:
    words = _(
        "You were signed out meanwhile, so nothing was sent. What you typed is kept for a quarter of an hour and is "
        "there again when you sign in."
    )
    messages.warning(request, words)


def page_of(request: HttpRequest) -> str:
    """The page that this request was made from, as far as the browser tells and it is one of ours."""
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    page = urlsplit(told)
    return f"{page.path or '/'}?{page.query}" if page.query else page.path or "/"
