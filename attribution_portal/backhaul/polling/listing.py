"""The portal's copy of a partner's packages: what its list names, what changed, what is gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest

from attribution_portal.backhaul import cadence, clock, outages
from attribution_portal.backhaul.models import Package, PollState
from attribution_portal.backhaul.state import BUILDING
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api import payloads as wire
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.transport import Caller

logger = logging.getLogger(__name__)

LONGEST_ID: Final = 200
MIRRORED: Final = (
    "title",
    "status",
    "created_at",
    "events",
    "clusters_read_at",
    "vanished_at",
    "last_seen",
    "merge_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What one reading of the list brought, in packages."""

    total: int
    new: int
    changed: int
    vanished: int


def refresh(*, partner: Partner, caller: Caller, packages_failed: bool = False) -> Listed:
    """Read the partner's list and store it: new packages, what changed, what is gone (and what came back). Raises
    PlatformError; how it went is remembered either way. `packages_failed`: none of those asked for just before could
    be reached."""
    try:
        reading = packages.list_packages(caller=caller)
    except PlatformError as error:
        outages.list_failed(partner=partner, error=error, packages_too=packages_failed, now=clock.now())
        raise
    now = clock.now()
    return store(partner=partner, found=reading.value, read_at=reading.read_at + clock.ahead(now))


def store(*, partner: Partner, found: Sequence[wire.Package], read_at: datetime) -> Listed:
    """The whole list as read at `read_at`. A list that is older than the one stored changes nothing."""
    with transaction.atomic():
        poll = outages.lock(partner)
        if poll.listed_at is not None and poll.listed_at > read_at:
            return Listed(total=len(found), new=0, changed=0, vanished=0)
        comparison = _compare(partner, found, read_at)
        listed = [package.id for package in found]
        # What somebody opened after this list was read is not gone for not being in it.
        gone = Package.objects.filter(partner=partner, vanished_at=None, last_seen__lte=read_at)
        vanished = list(gone.exclude(package_id__in=listed).values_list("pk", flat=True))
        # A partner that was parked and can be read again: everything that failed with it is tried again at once.
        failed_too = outages.STIRRED if poll.parked_until is not None else Q(pk__in=[])
        _keep(comparison, read_at, gone=vanished, listed_before=poll.listed_at, stirring=failed_too)
        building = Package.objects.filter(partner=partner, vanished_at=None, status__in=BUILDING)
        outages.list_answers(poll, due=cadence.list_due(read_at=read_at, is_building=building.exists()))
        poll.listed_at = read_at
        poll.save()
    return Listed(total=len(found), new=len(comparison.new), changed=len(comparison.changed), vanished=len(vanished))


def store_one(*, partner: Partner, found: wire.Package, read_at: datetime) -> Package:
    """A package that somebody opened before the list named it."""
    with transaction.atomic():
        outages.lock(partner)
        _keep(_compare(partner, [found], read_at), read_at)
    return Package.objects.get(partner=partner, package_id=found.id)


def due(now: datetime) -> QuerySet[Partner]:
    """The partners whose lists are read now, those that wait longest first: connected, not switched off, not parked,
    neither just read nor just failed."""
    waiting = Q(poll__parked_until__gt=now) | Q(poll__list_due__gt=now)
    return (
        Partner.objects.filter(connected=True, switched_off_at=None)
        .exclude(waiting)
        .select_related("service_account", "poll")
        .order_by(F("poll__list_due").asc(nulls_first=True), "pk")
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What the platform names against what is stored; nothing is written yet."""

    partner: Partner
    new: list[Package]
    changed: list[Package]


def _compare(partner: Partner, found: Sequence[wire.Package], read_at: datetime) -> _Comparison:
    by_id = {package.id: package for package in found if _has_address(package.id)}
    if len(by_id) < len(found):
        logger.warning("partner %s: %d packages are left out", partner.partner_id, len(found) - len(by_id))
    known = {row.package_id: row for row in Package.objects.filter(partner=partner, package_id__in=by_id)}
    new: list[Package] = []
    changed: list[Package] = []
    for package_id, package in by_id.items():
        row = known.get(package_id)
        if row is None:
            row = Package(partner=partner, package_id=package_id, first_seen=read_at, last_seen=read_at)
            new.append(row)
            _mirror(row, package)
        elif _mirror(row, package):
            row.last_seen = max(row.last_seen, read_at)
            changed.append(row)
    return _Comparison(partner, new, changed)


def _has_address(package_id: str) -> bool:
    """An id that no page of the portal can have: too long, or such that a browser makes another address of it."""
    return len(package_id) <= LONGEST_ID and "/" not in package_id and package_id not in (".", "..")


def _keep(
    comparison: _Comparison,
    read_at: datetime,
    *,
    gone: Sequence[int] = (),
    listed_before: datetime | None = None,
    stirring: Q | None = None,
) -> None:
    """Store what was found. What changed, what is `gone` and what `stirring` selects is read at once. What stands in
    the list as before is not written, and not even locked: there may be thousands, each minute. `gone` was last seen
    in the list of `listed_before`, unless somebody opened it after that.

    Rows are locked as `recording.record` locks them, so that the two wait for each other and never in a circle: poll
    states before packages, each in the order of their keys."""
    touched = [*(row.pk for row in comparison.changed), *gone]
    concerned = Q(pk__in=touched) | (stirring or Q(pk__in=[]))
    states = PollState.objects.select_for_update().filter(concerned, partner=comparison.partner).order_by("pk")
    stirred = list(states.values_list("pk", flat=True))
    rows = Package.objects.select_for_update(no_key=True).filter(pk__in=touched).order_by("pk")
    list(rows.values_list("pk", flat=True))
    Package.objects.bulk_create(comparison.new)
    PollState.objects.bulk_create(
        PollState(package=row, partner=comparison.partner, next_due=read_at) for row in comparison.new
    )
    Package.objects.bulk_update(comparison.changed, MIRRORED)
    seen = F("last_seen") if listed_before is None else Greatest(F("last_seen"), Value(listed_before))
    Package.objects.filter(pk__in=gone).update(vanished_at=read_at, last_seen=seen)
    later = Q(next_due=None) | Q(next_due__gt=read_at)
    PollState.objects.filter(later, pk__in=stirred).update(next_due=read_at)


def _mirror(row: Package, package: wire.Package) -> bool:
    """Take over what the platform says; whether anything is different."""
    before = (row.title, row.status, row.created_at, row.events, row.vanished_at, row.merge_id)
    status, events = package.status or "", [{"id": event.id, "title": event.title} for event in package.events]
    if (row.status, row.events) != (status, events):
        # Another stage of building, other events: its segments may be others too.
        row.clusters_read_at = None
    row.title, row.status, row.events = package.title, status, events
    row.created_at, row.vanished_at, row.merge_id = package.created_at, None, package.merge_id or ""
    return before != (row.title, row.status, row.created_at, row.events, row.vanished_at, row.merge_id)
