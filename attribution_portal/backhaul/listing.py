"""The portal's copy of a partner's packages, and how reading a partner as a whole goes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api import payloads as wire
from attribution_portal.platform_api.errors import NotPermitted, PlatformError, SignInFailed
from attribution_portal.platform_api.transport import Caller

logger = logging.getLogger(__name__)

FIRST_PARKING: Final = timedelta(minutes=1)
LONGEST_PARKING: Final = timedelta(hours=1)
LONGEST_ID: Final = 200
MIRRORED: Final = ("title", "status", "created_at", "events", "clusters_read_at", "vanished_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What one reading of the list brought, in packages."""

    total: int
    new: int
    changed: int
    vanished: int


def refresh(*, partner: Partner, caller: Caller) -> Listed:
    """Read the partner's list and store it: new packages, what changed, what is gone (and what came back). Raises
    PlatformError; how it went is remembered either way, and a partner that cannot sign in or may not is parked."""
    try:
        reading = packages.list_packages(caller=caller)
    except PlatformError as error:
        failed(partner=partner, error=error, now=timezone.now())
        raise
    return store(partner=partner, found=reading.value, read_at=reading.read_at)


def store(*, partner: Partner, found: Sequence[wire.Package], read_at: datetime) -> Listed:
    """The whole list as read at `read_at`. A list that is older than the one stored changes nothing."""
    with transaction.atomic():
        poll = _lock(partner)
        if poll.listed_at is not None and poll.listed_at > read_at:
            return Listed(total=len(found), new=0, changed=0, vanished=0)
        new, changed = _keep(partner, found, read_at)
        listed = [package.id for package in found]
        gone = Package.objects.filter(partner=partner, vanished_at=None).exclude(package_id__in=listed)
        PollState.objects.filter(package__in=gone).update(next_due=read_at)
        vanished = gone.update(vanished_at=read_at)
        _went_well(poll, read_at)
    return Listed(total=len(found), new=new, changed=changed, vanished=vanished)


def store_one(*, partner: Partner, found: wire.Package, read_at: datetime) -> Package:
    """A package that somebody opened before the list named it."""
    with transaction.atomic():
        _lock(partner)
        _keep(partner, [found], read_at)
    return Package.objects.get(partner=partner, package_id=found.id)


def failed(*, partner: Partner, error: PlatformError, now: datetime) -> None:
    """Remember why; park the partner when asking again soon would be pointless or, for a sign-in, harmful."""
    with transaction.atomic():
        poll = _lock(partner)
        if poll.parked_until is not None and poll.parked_until > now:
            # Chunks that were under way when the first of them failed tell nothing new.
            return
        poll.failures += 1
        poll.failing_since = poll.failing_since or now
        poll.last_error = type(error).__name__
        if isinstance(error, SignInFailed | NotPermitted):
            wait = min(LONGEST_PARKING, FIRST_PARKING * (1 << min(poll.failures - 1, 10)))
            poll.parked_until = now + wait
        poll.save()
    logger.warning("partner %s: %s", partner.partner_id, error)


def due(now: datetime) -> Iterable[Partner]:
    """The partners whose lists may be read: connected and not parked."""
    parked = Q(poll__parked_until__gt=now)
    return Partner.objects.filter(connected=True).exclude(parked).select_related("service_account", "poll")


def _lock(partner: Partner) -> PartnerPoll:
    """Whoever stores packages of a partner holds this row: two lists cannot interleave."""
    PartnerPoll.objects.bulk_create([PartnerPoll(partner=partner)], ignore_conflicts=True)
    return PartnerPoll.objects.select_for_update().get(partner=partner)


def _went_well(poll: PartnerPoll, read_at: datetime) -> None:
    if poll.parked_until is not None:
        # Everything that failed with the partner is tried again at once.
        PollState.objects.filter(partner=poll.partner_id, failures__gt=0, next_due__gt=read_at).update(next_due=read_at)
    poll.failures, poll.failing_since, poll.last_error, poll.parked_until = 0, None, "", None
    poll.listed_at = read_at
    poll.save()


def _keep(partner: Partner, found: Sequence[wire.Package], read_at: datetime) -> tuple[int, int]:
    """How many of `found` are new and how many changed, once they are stored."""
    by_id = {package.id: package for package in found if len(package.id) <= LONGEST_ID}
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
            changed.append(row)
    Package.objects.bulk_create(new)
    PollState.objects.bulk_create([PollState(package=row, partner=partner, next_due=read_at) for row in new])
    Package.objects.bulk_update(changed, MIRRORED)
    Package.objects.filter(pk__in=[row.pk for row in known.values()]).update(last_seen=read_at)
    stirred = PollState.objects.filter(package__in=changed).filter(Q(next_due=None) | Q(next_due__gt=read_at))
    stirred.update(next_due=read_at)
    return len(new), len(changed)


def _mirror(row: Package, package: wire.Package) -> bool:
    """Take over what the platform says; whether anything is different."""
    before = (row.title, row.status, row.created_at, row.events, row.vanished_at)
    status, events = package.status or "", [{"id": event.id, "title": event.title} for event in package.events]
    if (row.status, row.events) != (status, events):
        # Another stage of building, other events: its segments may be others too.
        row.clusters_read_at = None
    row.title, row.status, row.events = package.title, status, events
    row.created_at, row.vanished_at = package.created_at, None
    return before != (row.title, row.status, row.created_at, row.events, row.vanished_at)
