"""How far polling has come, from Postgres and Redis as they are at this moment, so that any process can tell.

A round has no row of its own: what is due is due, whoever reads it, and what was read says when. What is kept over time
is a count per partner and hour (`PollHour`), for as long as somebody may ask what happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import PartnerPoll, PollHour, PollState
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import budget, store

# How many partners with work are told one by one, and whose budgets are looked at.
NAMED: Final = 50
LATELY: Final = timedelta(minutes=5)
# Four weeks and the days around them: long enough to compare a Monday with a Monday.
KEPT: Final = timedelta(days=35)
DAY: Final = timedelta(hours=24)
# When a worker last carried out the beat's tick. In Redis: without it there is no beat either.
TICKED: Final = "portal-polling-ticked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Packages, over all partners. due: to be read now, and nobody reads them yet. in_flight: claimed. overdue_leases:
    claimed by a worker that has not come back in time; they are due again. held_back: would be due, but their partner
    is parked. failing: could not be read the last time, and are tried again. given_up: never read again after many
    failures. read, failed: in the last five minutes. oldest_due: since when the one that waits longest does. next_due:
    when there is something to do again. scheduled: all that are read at any time."""

    due: int
    in_flight: int
    overdue_leases: int
    held_back: int
    failing: int
    given_up: int
    read: int
    failed: int
    scheduled: int
    oldest_due: datetime | None
    next_due: datetime | None
    at: datetime

    @property
    def minutes_left(self) -> int | None:
        """At the pace of the last five minutes; None where nothing is due, or nothing goes on."""
        pace = (self.read + self.failed) / (LATELY / timedelta(minutes=1))
        return round((self.due + self.in_flight) / pace) if self.due and pace else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerProgress:
    """One partner with work, or one that is parked. reads_left: of the polling share of this minute's budget. `poll`:
    None before its list was ever read."""

    partner: Partner
    poll: PartnerPoll | None
    due: int
    in_flight: int
    failing: int
    oldest_due: datetime | None
    reads_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What was done in one hour, over all partners."""

    hour: datetime
    read: int
    news: int
    failed: int


COUNT: Final = """
INSERT INTO backhaul_pollhour AS known (partner_id, hour, read, news, failed)
VALUES (%(partner)s, date_trunc('hour', %(now)s, 'UTC'), %(read)s, %(news)s, %(failed)s)
ON CONFLICT (hour, partner_id) DO UPDATE
SET read = known.read + EXCLUDED.read, news = known.news + EXCLUDED.news, failed = known.failed + EXCLUDED.failed
"""


def count(*, partner: Partner, recorded: recording.Recorded, now: datetime) -> None:
    """Add a chunk to its hour."""
    if recorded.taken or recorded.failures:
        done = {"read": recorded.taken, "news": recorded.new_rows, "failed": recorded.failures}
        with connection.cursor() as cursor:
            cursor.execute(COUNT, {"partner": partner.pk, "now": now, **done})


def prune(*, now: datetime) -> int:
    """Forget hours that are too long ago. The ledger is never pruned."""
    return PollHour.objects.filter(hour__lt=now - KEPT).delete()[0]


def ticked() -> None:
    """A worker carries out the beat's tick."""
    instant = clock.now().isoformat()
    try:
        store.attempt(lambda client: client.set(TICKED, instant))
    except store.StoreDown:
        return


def last_tick() -> datetime | None:
    """None when Redis is away or has forgotten it."""
    try:
        known = store.attempt(lambda client: client.get(TICKED))
    except store.StoreDown:
        return None
    return datetime.fromisoformat(known.decode()) if isinstance(known, bytes) else None


def waiting_messages() -> int | None:
    """Tasks that no worker has taken yet; None while Redis is away."""
    try:
        return store.attempt(lambda client: int(client.llen(settings.CELERY_TASK_DEFAULT_QUEUE)))
    except store.StoreDown:
        return None


def progress(now: datetime) -> Progress:
    """In one query."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    overdue = Q(next_due__lte=now) & free
    parked = Q(is_parked=True)
    known = _readable(now).aggregate(
        due=Count("pk", filter=overdue & ~parked),
        in_flight=Count("pk", filter=Q(lease_until__gt=now)),
        overdue_leases=Count("pk", filter=Q(lease_until__lte=now)),
        held_back=Count("pk", filter=overdue & parked),
        failing=Count("pk", filter=Q(failures__gt=0, next_due__isnull=False)),
        given_up=Count("pk", filter=Q(failures__gt=0, next_due=None)),
        read=Count("pk", filter=Q(last_ok_at__gt=now - LATELY)),
        failed=Count("pk", filter=Q(failures__gt=0, last_read_at__gt=now - LATELY)),
        scheduled=Count("pk", filter=Q(next_due__isnull=False)),
        oldest_due=Min("next_due", filter=overdue & ~parked),
        next_due=Min("next_due", filter=Q(next_due__gt=now)),
    )
    return Progress(**known, at=now)


def partners(now: datetime) -> tuple[PartnerProgress, ...]:
    """Those with packages due or in flight and those that are parked, the longest waiting first, `NAMED` at most."""
    due = Q(next_due__lte=now) & (Q(lease_until=None) | Q(lease_until__lte=now))
    rows = (
        PollState.objects.filter(_partner_is_on())
        .order_by()
        .values_list("partner")
        .annotate(
            due=Count("pk", filter=due),
            in_flight=Count("pk", filter=Q(lease_until__gt=now)),
            failing=Count("pk", filter=Q(failures__gt=0, next_due__isnull=False)),
            oldest_due=Min("next_due", filter=due),
        )
    )
    works = {pk: _Work(*rest) for pk, *rest in rows}
    busy = {pk for pk, work in works.items() if work.due or work.in_flight}
    parked = Partner.objects.filter(connected=True, switched_off_at=None, poll__parked_until__isnull=False)
    wanted = busy.union(parked.values_list("pk", flat=True))
    found = sorted(
        ((works.get(each.pk, NO_WORK), each) for each in Partner.objects.filter(pk__in=wanted).select_related("poll")),
        key=lambda pair: (pair[0].oldest_due is None, pair[0].oldest_due or now, pair[1].name, pair[1].pk),
    )
    return tuple(_partner(each, work) for work, each in found[:NAMED])


def hours(now: datetime) -> tuple[Hour, ...]:
    """The last 24 hours, the newest first; hours without a reading are left out."""
    rows = (
        PollHour.objects.filter(hour__gt=now - DAY)
        .order_by("-hour")
        .values("hour")
        .annotate(read=Sum("read"), news=Sum("news"), failed=Sum("failed"))
    )
    return tuple(Hour(**row) for row in rows)


def parked_partners(now: datetime) -> dict[str, int]:
    """How many partners are parked, or being tried again after that, by the class of error."""
    found = PartnerPoll.objects.filter(parked_until__isnull=False).filter(_partner_is_on())
    return {row["last_error"]: row["n"] for row in found.order_by().values("last_error").annotate(n=Count("pk"))}


def lists(now: datetime) -> tuple[int, datetime | None]:
    """How many partners' lists are failing, and when the one was read that is the oldest of those not parked."""
    polls = PartnerPoll.objects.filter(_partner_is_on())
    known = polls.aggregate(
        failing=Count("pk", filter=Q(failures__gt=0)), oldest=Min("listed_at", filter=Q(parked_until=None))
    )
    return known["failing"], known["oldest"]


def last_reading() -> datetime | None:
    """When any package was last read well."""
    newest: datetime | None = PollState.objects.aggregate(newest=Max("last_ok_at"))["newest"]
    return newest


def reads_left(shown: Sequence[PartnerProgress]) -> int | None:
    """The smallest of what the partners with work have left; None when there are none."""
    return min((each.reads_left for each in shown if each.due or each.in_flight), default=None)


def _partner_is_on() -> Q:
    return Q(partner__connected=True, partner__switched_off_at=None)


def _readable(now: datetime) -> QuerySet[PollState]:
    parked = PartnerPoll.objects.filter(partner=OuterRef("partner"), parked_until__gt=now)
    return PollState.objects.filter(_partner_is_on()).annotate(is_parked=Exists(parked))


@dataclass(frozen=True, slots=True)
class _Work:
    due: int
    in_flight: int
    failing: int
    oldest_due: datetime | None


NO_WORK: Final = _Work(0, 0, 0, None)


def _partner(partner: Partner, work: _Work) -> PartnerProgress:
    left, _seconds = budget.room(partner_id=partner.partner_id, kind="read", lane="polling")
    return PartnerProgress(
        partner=partner,
        poll=getattr(partner, "poll", None),
        due=work.due,
        in_flight=work.in_flight,
        failing=work.failing,
        oldest_due=work.oldest_due,
        reads_left=left,
    )
