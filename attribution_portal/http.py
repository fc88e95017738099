"""The one request type that views annotate with, and what every page knows about its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, gettext, ngettext

from attribution_portal.formats import Reader
from attribution_portal.partners.permissions import Rights

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from attribution_portal.accounts.models import User
    from attribution_portal.partners.models import Partner, Role


class PortalRequest(HttpRequest):
    """A signed-in person's request. Only `partners.decorators.partner_view` sets `partner` and `role`."""

    user: User
    htmx: HtmxDetails
    partner: Partner
    role: Role


def reader(request: HttpRequest) -> Reader:
    """How this person reads: the language chosen for the request, the zone of the partner whose page it is."""
    partner: Partner | None = getattr(request, "partner", None)
    zone = partner.zone if partner else ZoneInfo(settings.PARTNER_TIME_ZONE)
    return Reader(locale=get_language() or settings.LANGUAGE_CODE, zone=zone, gettext=gettext, ngettext=ngettext)


def _nobody_needs_a_second_factor() -> bool:
    """For the banner of the demo, which alone asks: no role needs one, and no partner's rule does."""
    if settings.MFA_REQUIRED_ROLES:
        return False
    return not apps.get_model("partners", "Partner").objects.filter(members_need_mfa=True).exists()


def portal_context(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs."""
    return {
        "demo": settings.DEMO,
        "no_second_factor": _nobody_needs_a_second_factor,
        "partner": getattr(request, "partner", None),
        "may": Rights(getattr(request, "role", None)),
    }
