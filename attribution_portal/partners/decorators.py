"""The one way into a partner's pages, and the one into the operators'."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from attribution_portal.http import PortalRequest
from attribution_portal.partners.models import Membership, Role
from attribution_portal.partners.permissions import Action, Rights, may

P = ParamSpec("P")


def partner_view(
    *, action: Action = Action.READ, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[Concatenate[PortalRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Give the view `request.partner` and `request.role`. A stranger, and a member whose role may not do `action`, get
    404: to them the page does not exist. Somebody signed out is led to sign in. Caches between never keep an answer.
    While an operator has the partner switched off, its members are told so and the view is not called."""

    def decorate(
        view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def inner(request: HttpRequest, partner_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            membership = (
                Membership.objects.select_related("partner__service_account")
                .filter(user=cast(PortalRequest, request).user, partner__partner_id=partner_id)
                .first()
            )
            if membership is None or not may(Role(membership.role), action):
                raise Http404
            known = cast(PortalRequest, request)
            known.partner = membership.partner
            known.role = Role(membership.role)
            if known.partner.switched_off_at is not None:
                return _switched_off(known)
            return view(known, *args, **kwargs)

        return never_cache(login_required(require_http_methods(list(methods))(inner)))

    return decorate


def operator_view(
    *, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[Concatenate[PortalRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """For those who operate the portal. To everybody else the page does not exist; somebody signed out is led to sign
    in. Operators see no partner's numbers: the view gets neither `request.partner` nor `request.role`."""

    def decorate(
        view: Callable[Concatenate[PortalRequest, P], HttpResponseBase],
    ) -> Callable[..., HttpResponseBase]:
        limited = require_http_methods(list(methods))(view)

        @wraps(view)
        def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            known = cast(PortalRequest, request)
            if not known.user.is_operator:
                raise Http404
            return limited(known, *args, **kwargs)

        return never_cache(login_required(inner))

    return decorate


def _switched_off(request: PortalRequest) -> HttpResponse:
    """A page open since before asks for a piece of itself: it is told to load anew, so that the person reads why. The
    page has no partner in its frame: the rooms are closed."""
    if request.htmx:
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    context = {"closed": request.partner, "partner": None, "may": Rights(None)}
    return render(request, "partners/switched_off.html", context, status=403)
