"""A week of 10,000 packages over 200 partners on a virtual clock: the portal's own cadence and states, a simulated
platform. How many reads that costs, and how soon a result that exists is stored."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from attribution_portal.backhaul import cadence, state
from bench.measure import Result

PACKAGES = 10_000
PARTNERS = 200
START = datetime(2026, 6, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
# Beat's ticks, and what a claim, a queue and the platform's answer take.
TICK = 5.0
LIST_TICK = 30.0
READING = 1.0
# Packages are made all year round; half of the platform's expire.
MADE_WITHIN_DAYS = 365
EXPIRES_AFTER = timedelta(days=28)
CHANGED = 0.1
NEW = 0.02


@dataclass(slots=True)
class Simulated:
    """A package at the platform (`results`: when each of its results came) and in the portal."""

    partner: int
    created: datetime
    sent: date
    window: int
    expires: datetime | None
    changes: list[tuple[datetime, timedelta]] = field(default_factory=list)
    built_after: timedelta = timedelta(0)
    # The portal.
    known_from: datetime | None = None
    status: str = ""
    since: datetime = START
    changed_at: datetime | None = None
    pending: bool = False
    has_results: bool = False
    stored: int = 0
    confirmed: datetime | None = None


@dataclass(slots=True)
class Done:
    reads: int = 0
    lists: int = 0
    # Age of a result when it came and when it was stored, both in seconds since its settings change.
    quick: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    found_after: list[float] = field(default_factory=list)


def week() -> Sequence[Result]:
    """Each poll of the portal is two reads, settings and results; of the comparison's only one is counted."""
    done = simulate(Random(6))  # noqa: S311 - a simulation
    often = PACKAGES * int(WEEK / timedelta(minutes=5))
    total = done.reads + done.lists
    detail = f"{total:,} reads, {done.lists:,} of them lists, against {often:,}: each package every 5 minutes"
    quick, slow = statistics.median(done.quick), statistics.median(done.slow)
    longest = max(done.found_after) / 60
    few, many = f"median until stored, {len(done.quick)} results", f"{len(done.slow)} results"
    return (
        Result("reads of a week", total / often, 1 / 20, detail),
        Result("results within 2 minutes", quick, 20, few, unit=" s"),
        Result("later results", slow, 1 / 3, f"median delay as a part of their age, {many}"),
        Result("new packages", longest, 5, f"the longest until listed, {len(done.found_after)} packages", unit=" min"),
    )


def simulate(rng: Random) -> Done:
    week = Done()
    packages = [_package(rng, number % PARTNERS) for number in range(PACKAGES)]
    queue: list[tuple[datetime, int, int]] = []
    for number, package in enumerate(packages):
        if package.created < START:
            _list(package, START - timedelta(days=1), week)
            _settle(package)
            due = _next_due(package, START - timedelta(seconds=1))
            if due is not None:
                # Whatever was due before the week is spread over its first cadence.
                heapq.heappush(queue, (START + (due - START) * rng.random(), 1, number))
        for changed, _takes in package.changes:
            heapq.heappush(queue, (changed, 0, number))
    for partner in range(PARTNERS):
        heapq.heappush(queue, (START + timedelta(seconds=rng.uniform(0, 240)), 2, partner))
    mine: list[list[int]] = [[] for _ in range(PARTNERS)]
    for number, package in enumerate(packages):
        mine[package.partner].append(number)
    scheduled: dict[int, datetime] = {number: due for due, kind, number in queue if kind == 1}
    while queue:
        at, kind, number = heapq.heappop(queue)
        if at >= START + WEEK:
            break
        if kind == 2:
            now = _tick(at, LIST_TICK) + timedelta(seconds=READING)
            week.lists += 1
            building = False
            for each in mine[number]:
                package = packages[each]
                if package.created <= now and _list(package, now, week):
                    scheduled[each] = now
                    heapq.heappush(queue, (now, 1, each))
                building = building or package.status in state.BUILDING
            heapq.heappush(queue, (cadence.list_due(read_at=now, is_building=building), 2, number))
            continue
        package = packages[number]
        if kind == 0:
            # Saved in the portal, which waits for its result from now on.
            package.changed_at, package.pending = at, True
        elif scheduled.get(number) != at:
            continue
        else:
            at = _tick(at, TICK) + timedelta(seconds=READING)
            week.reads += 2
            _read(package, at, week)
        due = _next_due(package, at)
        scheduled.pop(number, None)
        if due is not None:
            scheduled[number] = due
            heapq.heappush(queue, (due, 1, number))
    return week


def _package(rng: Random, partner: int) -> Simulated:
    is_new = rng.random() < NEW
    age = -rng.uniform(0, 7) if is_new else rng.uniform(0, MADE_WITHIN_DAYS)
    created = START - timedelta(days=age)
    sent = (created + timedelta(days=rng.randint(1, 5))).date()
    window = rng.choice((7, 14, 14, 14, 21, 30))
    ended = datetime.combine(sent, datetime.min.time(), UTC) + timedelta(days=window)
    expires = ended + EXPIRES_AFTER if rng.random() < 0.5 else None
    package = Simulated(partner, created, sent, window, expires, built_after=timedelta(minutes=rng.uniform(2, 40)))
    is_over = expires is not None and expires < START
    if not is_new and not is_over and rng.random() < CHANGED:
        at = START + timedelta(seconds=rng.uniform(0, 6 * 86_400))
        kind = rng.random()
        # On demand within two minutes, or within hours, or overnight.
        takes = (
            rng.uniform(10, 120) if kind < 0.5 else rng.uniform(120, 7200) if kind < 0.75 else rng.uniform(7200, 50_000)
        )
        package.changes.append((at, timedelta(seconds=takes)))
    return package


def _list(package: Simulated, now: datetime, week: Done) -> bool:
    """The partner's list as the portal stores it: whether the package is new or has changed, and is read at once."""
    status = "DONE" if now >= package.created + package.built_after else "INPROGRESS"
    if package.expires is not None and now >= package.expires:
        status = "EXPIRED"
    if package.known_from is None:
        package.known_from = package.since = now
        if package.created >= START:
            week.found_after.append((now - package.created).total_seconds())
    elif status == package.status:
        return False
    package.status = status
    return True


def _settle(package: Simulated) -> None:
    """A package of before the week has its results, read a day ago."""
    package.has_results = True
    package.since = package.created + timedelta(days=2)
    package.confirmed = START - timedelta(days=1)


def _read(package: Simulated, now: datetime, week: Done) -> None:
    done = sum(1 for changed, takes in package.changes if now - timedelta(seconds=READING / 2) >= changed + takes)
    if done > package.stored:
        changed, takes = package.changes[done - 1]
        package.stored, package.pending, package.since = done, False, now
        delay = (now - (changed + takes)).total_seconds()
        if takes < timedelta(minutes=2):
            week.quick.append(delay)
        else:
            week.slow.append(delay / takes.total_seconds())
    if package.status == "DONE" and not package.has_results and now.hour == 2:
        package.has_results, package.since = True, now
    package.confirmed = now


def _next_due(package: Simulated, now: datetime) -> datetime | None:
    known = state.Facts(
        package_status=package.status,
        vanished=False,
        window=package.window,
        email_sent_date=package.sent,
        settings_changed_at=package.changed_at,
        pending_changes=int(package.pending),
        has_results=package.has_results,
        confirmed_on=package.confirmed.date() if package.confirmed else None,
        failing_since=None,
        now=now,
        today=now.date(),
    )
    return cadence.next_due(
        cadence.Course(
            state=state.of(known),
            package_status=package.status,
            failures=0,
            retry_after=None,
            settings_changed_at=package.changed_at,
            since=package.since,
            window=package.window,
            email_sent_date=package.sent,
            watched=False,
            now=now,
            today=known.today,
        )
    )


def _tick(at: datetime, seconds: float) -> datetime:
    """The next tick, which comes at the same moments for all."""
    late = -(at - START).total_seconds() % seconds
    return at + timedelta(seconds=late)


ALONE = (week,)
