"""The one way into a partner's pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from attribution_portal.http import PortalRequest
from attribution_portal.partners.models import Membership, Role
from attribution_portal.partners.permissions import Action, may

P = ParamSpec("P")


def partner_view(
    *, action: Action = Action.READ, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Callable[Concatenate[PortalRequest, P], HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Give the view `request.partner` and `request.role`. A stranger, and a member whose role may not do `action`, get
    404: to them the page does not exist. Somebody signed out is led to sign in. Caches between never keep an answer."""

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
            return view(known, *args, **kwargs)

        guarded = never_cache(login_required(require_http_methods(list(methods))(inner)))
        return cast("Callable[..., HttpResponseBase]", guarded)

    return decorate
