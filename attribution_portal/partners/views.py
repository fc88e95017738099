"""The partner picker."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from attribution_portal.http import PortalRequest
from attribution_portal.partners import reports


@never_cache
@login_required
@require_safe
def picker(request: HttpRequest) -> HttpResponse:
    user = cast(PortalRequest, request).user
    memberships = reports.memberships(user)
    if not memberships and user.is_operator:
        return redirect("operators:accounts")
    if len(memberships) == 1 and memberships[0].partner.switched_off_at is None:
        return redirect(memberships[0].partner)
    return render(request, "partners/picker.html", {"memberships": memberships})
