"""Which packages go by the partner's defaults, and which deviate; from Postgres, as far as polling has read them.

A package without a value of its own takes the partner's default for it, so the portal assumes (`precedence`, A). It
follows when it takes all, partly when it has some of its own; else it deviates, or happens to have the same. Packages
that ended, and those that vanished, are left out: nothing is evaluated for them any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.fields import CharField

from attribution_portal.backhaul.models import Package
from attribution_portal.backhaul.precedence import SETTING_NAMES
from attribution_portal.backhaul.state import OVER
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings


class How(StrEnum):
    """How a package stands to the defaults; in the order in which they are listed."""

    FOLLOWS = "follows"
    PARTLY = "partly"
    DEVIATES = "deviates"
    SAME = "same"
    UNREAD = "unread"


def packages_of(partner: Partner) -> QuerySet[Package]:
    return Package.objects.filter(partner=partner, vanished_at=None).exclude(status__in=OVER)


def takes(name: str) -> Q:
    """The packages that were read and have no value of their own for this setting."""
    unset = Q(poll__model="") if name == "model" else Q(**{f"poll__{name}": None})
    return Q(poll__last_ok_at__isnull=False) & (unset | Q(poll__inherited__contains=[name]))


def takes_any(names: Sequence[str]) -> Q:
    found = Q(pk__in=[])
    for name in names:
        found |= takes(name)
    return found


def takes_all() -> Q:
    found = Q()
    for name in SETTING_NAMES:
        found &= takes(name)
    return found


def deviates_from(defaults: AttributionSettings) -> Q:
    """The packages with a value that is not the default where there is one. Of those that take it, none does."""
    found = Q(pk__in=[])
    for name in SETTING_NAMES:
        default = getattr(defaults, name)
        if default is not None:
            found |= ~takes(name) & ~Q(**{f"poll__{name}": default})
    return found


def listed(partner: Partner, defaults: AttributionSettings) -> QuerySet[Package]:
    """Each with `how`, in the order of `How`, newest first."""
    place = Case(
        *(When(how=each.value, then=Value(number)) for number, each in enumerate(How)), output_field=IntegerField()
    )
    rows = packages_of(partner).select_related("poll").annotate(how=_how(defaults)).annotate(place=place)
    return rows.order_by("place", F("created_at").desc(nulls_last=True), "pk")


def counts(partner: Partner, defaults: AttributionSettings) -> dict[How, int]:
    """How many packages stand how to the defaults; every `How` is there."""
    found = packages_of(partner).annotate(how=_how(defaults)).values("how").annotate(n=Count("pk"))
    known = {How(row["how"]): row["n"] for row in found}
    return {how: known.get(how, 0) for how in How}


def _how(defaults: AttributionSettings) -> Case:
    return Case(
        When(poll__last_ok_at=None, then=Value(How.UNREAD.value)),
        When(takes_all(), then=Value(How.FOLLOWS.value)),
        When(takes_any(SETTING_NAMES), then=Value(How.PARTLY.value)),
        When(deviates_from(defaults), then=Value(How.DEVIATES.value)),
        default=Value(How.SAME.value),
        output_field=CharField(),
    )
