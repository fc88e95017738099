"""How many calls a partner has left this minute, counted in Redis for all processes together (§3 "Budgets").

Two lanes share one budget. A person's call may use the last of it; a polling call goes only while everybody
together has used less than 80 %, so that polling can never be the reason why a page fails. It is one list of
the last minute's calls for both: a polling call that finds the 80 % spent leaves no trace in it.
"""

from __future__ import annotations

import os
import time
from typing import Literal
from urllib.parse import quote

import redis
from limits.storage import RedisStorage

from attribution_portal.platform_api import configuration, store
from attribution_portal.platform_api.errors import Unavailable

Lane = Literal["person", "polling"]
Kind = Literal["read", "write"]

MINUTE = 60
POLLING_SHARE = 0.8
# At least this long between two looks, so that a waiting loop never spins.
LOOK_SECONDS = 0.05

_windows: tuple[int, redis.ConnectionPool, RedisStorage] | None = None


def spend(*, partner_id: str, kind: Kind, lane: Lane, endpoint: str, until: float) -> None:
    """Take one call from the budget, waiting for a place when one comes free before `until`
    (time.monotonic()).

    Raises Unavailable with `retry_after` when none does. Without Redis nothing is counted and every call
    passes: the platform's own 429 is then the limit.
    """
    while (wait := _take(partner_id=partner_id, kind=kind, lane=lane)) > 0:
        if wait >= until - time.monotonic():
            raise Unavailable("the partner's budget is spent", endpoint=endpoint, retry_after=wait)
        # Others may wait for the same place, so that it is asked for again.
        time.sleep(wait)


def room(*, partner_id: str, kind: Kind, lane: Lane) -> tuple[int, float]:
    """How many calls the lane has left at this moment, and in how many seconds the next place comes free. Takes
    none."""
    key, most = _limit(partner_id, kind, lane)

    def look(client: redis.Redis) -> tuple[int, float]:
        oldest, used = _windows_of(client).get_moving_window(key, most, MINUTE)
        return max(0, most - used), max(0.0, oldest + MINUTE - time.time()) if used else 0.0

    try:
        return store.attempt(look)
    except store.StoreDown:
        return most, 0.0


def _limit(partner_id: str, kind: Kind, lane: Lane) -> tuple[str, int]:
    """Under which key a call is counted, and how many the lane may make in a minute."""
    most = configuration.whole("PLATFORM_READS_PER_MINUTE" if kind == "read" else "PLATFORM_WRITES_PER_MINUTE")
    return f"{quote(partner_id, safe='')}:{kind}", max(1, int(most * POLLING_SHARE)) if lane == "polling" else most


def _take(*, partner_id: str, kind: Kind, lane: Lane) -> float:
    """0 when one call was taken, else the seconds until a place comes free."""
    key, most = _limit(partner_id, kind, lane)

    def take(client: redis.Redis) -> float:
        windows = _windows_of(client)
        if windows.acquire_entry(key, most, MINUTE):
            return 0.0
        oldest, _ = windows.get_moving_window(key, most, MINUTE)
        # limits counts in wall-clock time.
        return max(oldest + MINUTE - time.time(), LOOK_SECONDS)

    try:
        return store.attempt(take)
    except store.StoreDown:
        return 0.0


def _windows_of(client: redis.Redis) -> RedisStorage:
    """Made once per connection pool: its Lua scripts are then sent by hash."""
    global _windows
    pool = client.connection_pool
    known = _windows
    if known is None or known[0] != os.getpid() or known[1] is not pool:
        known = _windows = (
            os.getpid(),
            pool,
            RedisStorage("redis://", connection_pool=pool, key_prefix="portal-budget"),
        )
    return known[2]
