"""What the picker shows."""

from __future__ import annotations

from attribution_portal.accounts.models import User
from attribution_portal.partners.models import Membership


def memberships(user: User) -> list[Membership]:
    return list(Membership.objects.filter(user=user).select_related("partner").order_by("partner__name"))
