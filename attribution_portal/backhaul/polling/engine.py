"""How the portal reads packages by itself: claim what is due, read it, hand it to the ledger.

Settings and results are read side by side. Only when the results differ from those stored are the settings read once
more: if they moved in between, nobody can say which of them the results belong to, and the ledger says so. An
unchanged package thus costs two reads, not three.

A claim is a lease on rows of `PollState`. Whoever dies lets it run out, and the rows are claimed again; whoever comes
late, or twice, finds rows that are no longer his.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Final, TypeVar
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least

from attribution_portal.backhaul import clock, outages
from attribution_portal.backhaul.ledger import fingerprints, recording
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.backhaul.polling import listing, rounds
from attribution_portal.backhaul.precedence import UNSET, in_force
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import budget, packages
from attribution_portal.platform_api.errors import BadPayload, NotFound, NotPermitted, PlatformError, SignInFailed
from attribution_portal.platform_api.gather import gather, gather_on
from attribution_portal.platform_api.payloads import AttributionSettings, EvaluationResult, Reading
from attribution_portal.platform_api.payloads import Package as PackageAnswer
from attribution_portal.platform_api.transport import Caller

T = TypeVar("T")
NOTHING: Final = recording.Recorded(taken=0, new_rows=0, failures=0)
Answer = Reading[AttributionSettings] | Reading[EvaluationResult] | Reading[PackageAnswer]

CHUNK: Final = 40
# Claimed and not yet let go, over all workers. What is not claimed waits in Postgres, where it is fair, not in a queue.
IN_FLIGHT: Final = 400
# Of these, one partner's at most: however much it has due, others wait for one chunk of it and no more.
SHARE: Final = CHUNK
# Longer than a chunk's reads may take (CHUNK_SECONDS) and than Celery's time limit where the pool enforces one.
LEASE: Final = timedelta(seconds=360)
CHUNK_SECONDS: Final = 120.0
# Threads that read one chunk. They are its own: a partner that does not answer keeps nobody else's reads waiting.
READERS: Final = 8
# What a chunk may need besides: defaults, and settings once more for results that are new.
SPARE_READS: Final = 4
# A chunk whose partner's budget has a place again so soon waits for it; else it makes room for others.
SHORT_WAIT: Final = 5.0
WATCHED: Final = timedelta(minutes=2)
AT_MOST_EVERY: Final = timedelta(seconds=60)
LARGEST_SUM: Final = 10**18

# The partner whose last claim is the longest ago comes first, with a chunk at most. Of a partner whose parking has just
# run out one package at a time is tried (`outages`). The conditions stand twice because a row that another claim has
# just taken is looked at again when its lock is free.
CLAIM: Final = """
WITH held AS (
    SELECT partner_id, count(*) AS rows FROM backhaul_pollstate WHERE lease_until > %(now)s GROUP BY partner_id
), readable AS (
    SELECT p.id, w.claimed_at,
           CASE WHEN w.parked_until IS NULL THEN %(share)s ELSE 1 END - COALESCE(held.rows, 0) AS room
    FROM partners_partner p
    LEFT JOIN backhaul_partnerpoll w ON w.partner_id = p.id
    LEFT JOIN held ON held.partner_id = p.id
    WHERE p.connected AND p.switched_off_at IS NULL
      AND (w.parked_until IS NULL OR w.parked_until <= %(now)s)
      AND (w.budget_until IS NULL OR w.budget_until <= %(now)s)
), due AS (
    SELECT s.package_id, row_number() OVER (
        ORDER BY r.claimed_at NULLS FIRST, s.waiting_since, r.id, s.next_due, s.package_id
    ) AS place
    FROM readable r CROSS JOIN LATERAL (
        SELECT mine.package_id, mine.next_due, min(mine.next_due) OVER () AS waiting_since
        FROM (
            SELECT package_id, next_due
            FROM backhaul_pollstate
            WHERE partner_id = r.id AND next_due <= %(due)s AND (lease_until IS NULL OR lease_until <= %(now)s)
            ORDER BY next_due, package_id
            LIMIT GREATEST(0, r.room)
        ) mine
    ) s
), chosen AS (
    SELECT s.package_id, s.partner_id, due.place
    FROM backhaul_pollstate s
    JOIN due ON due.package_id = s.package_id
    WHERE s.next_due <= %(due)s
      AND (s.lease_until IS NULL OR s.lease_until <= %(now)s)
    ORDER BY due.place
    LIMIT GREATEST(0, %(capacity)s - (SELECT COALESCE(sum(rows), 0) FROM held))
    FOR UPDATE OF s SKIP LOCKED
), marked AS (
    UPDATE backhaul_partnerpoll w
    SET claimed_at = %(now)s
    FROM (
        SELECT partner_id FROM backhaul_partnerpoll WHERE partner_id IN (SELECT partner_id FROM chosen)
        FOR UPDATE SKIP LOCKED
    ) free
    WHERE w.partner_id = free.partner_id
)
UPDATE backhaul_pollstate s
SET lease = %(lease)s, lease_until = %(until)s
FROM chosen
WHERE s.package_id = chosen.package_id
RETURNING s.package_id, s.partner_id, chosen.place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Claimed packages of one partner (primary keys), few enough for one task. One partner's outage delays only its
    own."""

    partner: int
    packages: tuple[int, ...]
    lease: UUID


def list_packages(*, partner: Partner) -> listing.Listed:
    """Read the partner's list in the polling lane. Raises PlatformError."""
    return listing.refresh(partner=partner, caller=caller_for(partner, lane="polling"))


def claim_due(
    *, now: datetime, due: datetime | None = None, capacity: int = IN_FLIGHT, share: int = SHARE
) -> tuple[Chunk, ...]:
    """Take what is due (by `due`, else `now`), fairly over partners, in one statement: up to `capacity` rows in flight,
    `share` of one partner. `now` is by the database's clock. The chunks come in the order in which they are to be
    read."""
    lease = uuid4()
    values: dict[str, datetime | int | UUID] = {
        "now": now,
        "due": due or now,
        "until": now + LEASE,
        "capacity": capacity,
        "share": share,
        "lease": lease,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    by_partner: dict[int, list[int]] = {}
    for package, partner, _place in sorted(rows, key=lambda row: row[2]):
        by_partner.setdefault(partner, []).append(package)
    chunks = [
        (start, Chunk(partner=partner, packages=tuple(mine[start : start + CHUNK]), lease=lease))
        for partner, mine in by_partner.items()
        for start in range(0, len(mine), CHUNK)
    ]
    return tuple(chunk for _start, chunk in sorted(chunks, key=lambda pair: pair[0]))


def poll_chunk(chunk: Chunk) -> recording.Recorded:
    """Read a claimed chunk and record it. Rows that are no longer held under its lease are left alone."""
    now = clock.now()
    held = PollState.objects.filter(
        pk__in=chunk.packages, partner=chunk.partner, lease=chunk.lease, lease_until__gt=now
    )
    with transaction.atomic():
        # Locked in the order in which everybody locks them.
        mine = list(held.select_for_update().order_by("pk").values_list("pk", flat=True))
        PollState.objects.filter(pk__in=mine).update(lease_until=now + LEASE)
    if not mine:
        return NOTHING
    partner = Partner.objects.select_related("service_account", "poll").get(pk=chunk.partner)
    parked_until = outages.parking_of(partner)
    is_off = not partner.connected or partner.switched_off_at is not None
    if is_off or (parked_until is not None and parked_until > now):
        # Since it was claimed. It stays due, and is claimed again when the partner is back.
        _let_go(chunk, mine)
        return NOTHING
    held = PollState.objects.filter(pk__in=mine, lease=chunk.lease).select_related("package", "latest")
    states = _affordable(partner, chunk, list(held.order_by("next_due", "pk")), now=now)
    if not states:
        return NOTHING
    caller = caller_for(partner, lane="polling")
    with ThreadPoolExecutor(READERS, thread_name_prefix="platform-polling") as readers:
        observations, failures = read(
            states=states, caller=caller, deadline=time.monotonic() + CHUNK_SECONDS, on=readers
        )
    _judge(partner, caller, [failure.error for failure in failures], any_read=bool(observations))
    now = clock.now()
    recorded = recording.record(
        partner=partner, observations=observations, failures=failures, lease=chunk.lease, now=now
    )
    rounds.count(partner=partner, recorded=recorded, now=now)
    return recorded


def _affordable(partner: Partner, chunk: Chunk, states: list[PollState], *, now: datetime) -> list[PollState]:
    """Those that the partner's budget has room for. The others are let go and stay due: who waited here for the next
    minute would keep a thread from other partners."""
    left, seconds = budget.room(partner_id=partner.partner_id, kind="read", lane="polling")
    costs = list(accumulate(2 + (state.package.clusters_read_at is None) for state in states))
    if left >= costs[-1] + SPARE_READS or seconds <= SHORT_WAIT:
        return states
    fitting = sum(cost + SPARE_READS <= left for cost in costs)
    outages.budget_spent(partner=partner, until=now + timedelta(seconds=seconds))
    _let_go(chunk, [state.pk for state in states[fitting:]])
    return states[:fitting]


def _let_go(chunk: Chunk, packages: Sequence[int]) -> None:
    with transaction.atomic():
        # Locked in the order in which everybody locks them.
        mine = PollState.objects.select_for_update().filter(pk__in=packages, lease=chunk.lease).order_by("pk")
        PollState.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(lease=None, lease_until=None)


def _judge(partner: Partner, caller: Caller, errors: Sequence[PlatformError], *, any_read: bool) -> None:
    """What a chunk says about its partner as a whole."""
    refused = next((error for error in errors if isinstance(error, SignInFailed)), None)
    if refused is not None:
        outages.sign_in_failed(partner=partner, error=refused, now=clock.now())
    elif any_read:
        if outages.parking_of(partner) is not None:
            outages.packages_answer(partner=partner, now=clock.now())
    elif errors and all(outages.is_unreachable(error) for error in errors):
        try:
            listing.refresh(partner=partner, caller=caller, packages_failed=True)
        except PlatformError:
            # Remembered with the partner, which is parked now if its list is out of reach too.
            return


def read_now(*, partner: Partner, package: Package, caller: Caller) -> PlatformError | None:
    """Read one package for a person who waits, by the same way into the ledger. The error, if it could not be read."""
    states = list(PollState.objects.filter(pk=package.pk).select_related("package", "latest"))
    observations, failures = read(states=states, caller=caller.rereading(), deadline=caller.deadline)
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
    """`watch`, unless an earlier look still counts: the clocks may differ a little, which does not matter here."""
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
    PollState.objects.filter(unwatched, pk=package.pk, next_due__isnull=False).update(
        watched_until=now + WATCHED, next_due=Least(F("next_due"), soon)
    )


def read(
    *, states: Sequence[PollState], caller: Caller, deadline: float | None, on: Executor | None = None
) -> tuple[list[recording.Observation], list[recording.Failure]]:
    """Ask the platform for packages of the caller's partner; `package` and `latest` are selected with their states.
    `on`: threads to read on, else those that all share."""
    started = clock.now()
    # Readings are dated by this process.
    ahead = clock.ahead(started)
    asked: dict[str, Callable[[], Answer]] = {}
    for state in states:
        package_id = state.package.package_id
        asked[f"settings_{state.pk}"] = partial(packages.settings, caller=caller, package_id=package_id)
        asked[f"results_{state.pk}"] = partial(packages.evaluation, caller=caller, package_id=package_id)
        if state.package.clusters_read_at is None:
            asked[f"package_{state.pk}"] = partial(packages.get, caller=caller, package_id=package_id)
    answers = _gathered(asked, deadline=deadline, on=on)
    failures: list[recording.Failure] = []
    good: list[_Pair] = []
    for state in states:
        settings, results = answers[f"settings_{state.pk}"], answers[f"results_{state.pk}"]
        if isinstance(settings, PlatformError) or isinstance(results, PlatformError):
            error = settings if isinstance(settings, PlatformError) else results
            assert isinstance(error, PlatformError)  # noqa: S101
            failures.append(recording.Failure(package=state.pk, error=error, at=clock.now()))
        elif not _has_credible_sums(_value(results, EvaluationResult)):
            absurd = BadPayload("sums beyond belief", endpoint=packages.EVALUATION.endpoint.name)
            failures.append(recording.Failure(package=state.pk, error=absurd, at=clock.now()))
        else:
            good.append(
                _Pair(
                    state,
                    _value(settings, AttributionSettings),
                    _value(results, EvaluationResult),
                    results.read_at + ahead,
                )
            )
    defaults = _defaults(caller) if any(_has_gaps(pair.settings) for pair in good) else UNSET
    held = _held(good, caller=caller, deadline=deadline, on=on)
    observations: list[recording.Observation] = []
    for pair in good:
        if isinstance(defaults, PlatformError) and _has_gaps(pair.settings):
            failures.append(recording.Failure(package=pair.state.pk, error=defaults, at=clock.now()))
            continue
        details = answers.get(f"package_{pair.state.pk}")
        observations.append(
            recording.Observation(
                package=pair.state.pk,
                in_force=in_force(pair.settings, UNSET if isinstance(defaults, PlatformError) else defaults),
                result=pair.result,
                held=held.get(pair.state.pk, True),
                started_at=started,
                read_at=pair.read_at,
                clusters=_value(details, PackageAnswer).clusters or () if isinstance(details, Reading) else None,
                stage=recording.stage_of(pair.state.package),
            )
        )
    return observations, failures


def _gathered(
    calls: Mapping[str, Callable[[], T]], *, deadline: float | None, on: Executor | None
) -> dict[str, T | PlatformError]:
    return gather(deadline=deadline, **calls) if on is None else gather_on(on, calls, deadline=deadline)


@dataclass(frozen=True, slots=True)
class _Pair:
    state: PollState
    settings: AttributionSettings
    result: EvaluationResult
    read_at: datetime


def _has_credible_sums(result: EvaluationResult) -> bool:
    """Each number alone is credible by now; thousands of clusters may sum to more than a column holds."""
    return all(-LARGEST_SUM < total < LARGEST_SUM for total in (result.customers, result.items, result.revenue))


def _value(answer: Answer, kind: type[T]) -> T:
    """The names under which calls are gathered say what each answers; the type checker cannot know."""
    assert isinstance(answer.value, kind)  # noqa: S101
    return answer.value


def _has_gaps(settings: AttributionSettings) -> bool:
    return None in (settings.model, settings.window, settings.email_sent_date)


def _defaults(caller: Caller) -> AttributionSettings | PlatformError:
    """What fills the gaps. An account that may not read the defaults reads none."""
    try:
        return packages.partner_defaults(caller=caller).value
    except NotPermitted:
        return UNSET
    except PlatformError as error:
        return error


def _held(pairs: Sequence[_Pair], *, caller: Caller, deadline: float | None, on: Executor | None) -> dict[int, bool]:
    """For packages with news: whether their settings, read once more, are still those of before. Unread is not held."""
    news = {
        str(pair.state.pk): pair
        for pair in pairs
        if pair.state.latest is not None
        and pair.result.clusters
        and pair.state.latest.fingerprint != fingerprints.of_result(pair.result)
    }
    asked = {
        name: partial(packages.settings, caller=caller, package_id=pair.state.package.package_id)
        for name, pair in news.items()
    }
    again = _gathered(asked, deadline=deadline, on=on)
    return {
        pair.state.pk: isinstance(answer := again[name], Reading) and answer.value == pair.settings
        for name, pair in news.items()
    }
