"""Where somebody begins: their partner, the partners to choose from, or the review board."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from attribution_portal.http import PortalRequest
from attribution_portal.partners import reports
from attribution_portal.partners.models import Role
from attribution_portal.partners.permissions import Action, may


@never_cache
@login_required
@require_safe
def picker(request: HttpRequest) -> HttpResponse:
    """Whoever reviews packages begins with what needs attention; with one partner, one begins there."""
    user = cast(PortalRequest, request).user
    memberships = reports.memberships(user)
    if any(may(Role(each.role), Action.REVIEW) and each.partner.switched_off_at is None for each in memberships):
        return redirect("review:board")
    if not memberships and user.is_operator:
        return redirect("operators:accounts")
    if len(memberships) == 1 and memberships[0].partner.switched_off_at is None:
        return redirect(memberships[0].partner)
    return render(request, "partners/picker.html", {"memberships": memberships})


@never_cache
@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The partners to choose from, also for whoever begins elsewhere."""
    memberships = reports.memberships(cast(PortalRequest, request).user)
    return render(request, "partners/picker.html", {"memberships": memberships})
