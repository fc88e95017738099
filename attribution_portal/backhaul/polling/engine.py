"""How the portal reads packages by itself: claim what is due, read it, hand it to the ledger.

A claim is a lease on rows of `PollState`. Whoever dies lets it run out, and the rows are claimed again; whoever comes
late, or twice, finds rows that are no longer his.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from attribution_portal.backhaul import clock, outages
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import PollState
from attribution_portal.backhaul.polling import answers, listing, rounds
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import budget
from attribution_portal.platform_api.errors import PlatformError, SignInFailed
from attribution_portal.platform_api.transport import Caller

NOTHING: Final = recording.Recorded(taken=0, new_rows=0, failures=0)

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
        observations, failures = answers.read(
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
