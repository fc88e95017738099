"""What is read for a person: somebody opens the list or a package, or waits for an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least

from attribution_portal.backhaul import clock, outages
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.backhaul.polling import answers, listing
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import NotFound, PlatformError
from attribution_portal.platform_api.transport import Caller

WATCHED: Final = timedelta(minutes=2)
AT_MOST_EVERY: Final = timedelta(seconds=60)


def read_now(*, partner: Partner, package: Package, caller: Caller) -> PlatformError | None:
    """Read one package for a person who waits, by the same way into the ledger. The error, if it could not be read."""
    states = list(PollState.objects.filter(pk=package.pk).select_related("package", "latest"))
    observations, failures = answers.read(states=states, caller=caller.rereading(), deadline=caller.deadline)
    recording.record(partner=partner, observations=observations, failures=failures, now=clock.now())
    return failures[0].error if failures else None


def list_first(*, partner: Partner) -> None:
    """For a newcomer who opens the list before it was ever read. Failures are remembered with the partner, as ever."""
    if PartnerPoll.objects.filter(partner=partner).exists():
        return
    try:
        listing.refresh(partner=partner, caller=caller_for(partner))
    except PlatformError:
        return


def open_package(*, partner: Partner, package_id: str, caller: Caller) -> Package:
    """The package for a person who opens its page, with what was ever read of it. One that the list has not named yet
    is asked for; one that was never read is read now, so that a newcomer sees it at once. Raises PlatformError when
    the platform has to be asked whether it exists and does not say so; NotFound when it does not."""
    package = find(partner=partner, package_id=package_id)
    if package is None:
        reading = packages.get(caller=caller, package_id=package_id)
        if reading.value.id != package_id:
            raise NotFound("another package came", endpoint=packages.PACKAGE.endpoint.name)
        now = clock.now()
        package = listing.store_one(partner=partner, found=reading.value, read_at=reading.read_at + clock.ahead(now))
    if package.poll.last_read_at is None:
        read_now(partner=partner, package=package, caller=caller)
        package = find(partner=partner, package_id=package_id)
        assert package is not None  # noqa: S101
    look_after(package)
    return package


def look_after(package: Package) -> None:
    """`watch`, unless an earlier look still counts: the clocks may differ a little, which does not matter here. A
    partner that is parked is not left so for long either."""
    if outages.parking_of(package.partner) is not None:
        outages.looked_at(partner=package.partner, now=clock.now())
    watched = package.poll.watched_until
    if package.poll.next_due is not None and (watched is None or watched < datetime.now(UTC) + WATCHED / 2):
        watch(package=package, now=clock.now())


def find(*, partner: Partner, package_id: str) -> Package | None:
    """From Postgres, with its poll state, latest result and last change, and how reading its partner goes."""
    packages_of = Package.objects.select_related("poll__latest", "poll__last_change", "partner__poll")
    return packages_of.filter(partner=partner, package_id=package_id).first()


def watch(*, package: Package, now: datetime) -> None:
    """A person has the package's page open: read it soon, though not more often than once a minute. One statement,
    which touches nothing while an earlier look still counts for most of its time."""
    soon = Greatest(Value(now), Coalesce(F("last_read_at"), Value(now - AT_MOST_EVERY)) + Value(AT_MOST_EVERY))
    unwatched = Q(watched_until=None) | Q(watched_until__lt=now + WATCHED / 2)
    # Rows that are never read again have no next_due, and LEAST passes over nulls.
    due = PollState.objects.filter(unwatched, pk=package.pk, next_due__isnull=False)
    due.update(watched_until=now + WATCHED, next_due=Least(F("next_due"), soon))
    poll = package.poll
    if poll.next_due is not None:
        # What the page is about to say.
        poll.next_due = min(poll.next_due, max(now, (poll.last_read_at or now - AT_MOST_EVERY) + AT_MOST_EVERY))
