"""Packages that wait for results, cannot be read, or changed lately: from Postgres, never one platform call each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.ledger import reading
from attribution_portal.backhaul.models import Package, PartnerPoll
from attribution_portal.backhaul.state import State
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners.models import Partner

LATELY: Final = timedelta(days=7)
SHOWN: Final = 6
# Those that somebody waits for stand first, then those in trouble.
_FIRST: Final = (State.WAITING, State.UNCHANGED, State.FAILING)


@dataclass(frozen=True, slots=True)
class PackageRow:
    """`revenue`: plain and as shown. `moved_at`: when its settings or its results last changed, None where neither ever
    did: results recorded for the first time may be of any age."""

    id: str
    title: str
    href: str
    badge: Badge
    revenue: tuple[str, str]
    moved_at: datetime | None


def panel(*, partner: Partner, now: datetime, reader: Reader) -> Panel[tuple[PackageRow, ...]]:
    parked = reading.parked(partner)
    recent = now - LATELY
    found = Package.objects.filter(
        Q(poll__pending_changes__gt=0)
        | Q(poll__failures__gt=0)
        | Q(poll__settings_changed_at__gte=recent)
        | Q(poll__latest__first_seen__gte=recent, poll__latest__number__gt=1),
        partner=partner,
        vanished_at=None,
    ).select_related("poll__latest")
    ranked = sorted((_row(partner, package, parked, now, reader) for package in found), key=lambda each: each[0])
    rows = tuple(row for _rank, row in ranked[:SHOWN])
    listed_at = parked.listed_at if parked else None
    why = reading.error_words(parked.last_error) if parked else ""
    if not rows and why and listed_at is None and parked is not None:
        refused = parked.last_error == "NotPermitted"
        return Panel("packages", "not-permitted" if refused else "failed", sentence=why)
    return Panel(
        "packages",
        "ready" if rows else "empty",
        data=rows,
        caption=_("Waiting, or changed within the last 7 days.") if rows else "",
        read_at=listed_at,
        stale=bool(why),
        sentence="" if rows else _("No package waits for results, and none changed within the last 7 days."),
    )


def _row(
    partner: Partner, package: Package, parked: PartnerPoll | None, now: datetime, reader: Reader
) -> tuple[tuple[int, float, int], PackageRow]:
    """A row, after what it is sorted by."""
    known = reading.standing_of(partner=partner, package=package, parked=parked, now=now)
    latest, poll = known.latest, known.poll
    results_changed_at = latest.first_seen if latest and latest.number > 1 else None
    moments = [moment for moment in (poll.settings_changed_at, results_changed_at) if moment]
    moved_at = max(moments, default=None)
    revenue = latest.revenue if latest else None
    rank = _FIRST.index(known.state) if known.state in _FIRST else len(_FIRST)
    row = PackageRow(
        id=package.package_id,
        title=package.title or package.package_id,
        href=reading.package_url(partner, package),
        badge=Badge(wording.state_name(known.state, reader), known.state.value),
        revenue=(raw(revenue), reader.money(revenue, partner.currency)),
        moved_at=moved_at,
    )
    return (rank, -(moved_at.timestamp() if moved_at else 0.0), package.pk), row
