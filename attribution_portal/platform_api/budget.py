"""How many calls a partner has left this minute, counted in Redis for all processes together (§3 "Budgets").

Two lanes share one budget. A person's call may use the last of it; a polling call goes only while everybody
together has used less than 80 %, so that polling can never be the reason why a page fails. Two counters do
that atomically: `all` holds every call, `polling` is a smaller window in which every call counts too, but
only polling is refused.
"""

from __future__ import annotations

import os
import time
from typing import Literal
from urllib.parse import quote

import redis
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from attribution_portal.platform_api import configuration, store
from attribution_portal.platform_api.errors import Unavailable

Lane = Literal["person", "polling"]
Kind = Literal["read", "write"]

POLLING_SHARE = 0.8
# At least this long between two looks, so that a waiting loop never spins.
LOOK_SECONDS = 0.05

_limiter: tuple[int, redis.ConnectionPool, MovingWindowRateLimiter] | None = None


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


def _take(*, partner_id: str, kind: Kind, lane: Lane) -> float:
    """0 when one call was taken, else the seconds until a place comes free."""
    per_minute = configuration.whole("PLATFORM_READS_PER_MINUTE" if kind == "read" else "PLATFORM_WRITES_PER_MINUTE")
    whole = RateLimitItemPerMinute(per_minute)
    share = RateLimitItemPerMinute(max(1, int(per_minute * POLLING_SHARE)))
    scope = quote(partner_id, safe="")

    def take(client: redis.Redis) -> float:
        limiter = _limiter_for(client)
        fits_share = limiter.hit(share, "platform", scope, kind, "polling")
        if lane == "polling" and not fits_share:
            return _seconds_until_free(limiter, share, ("platform", scope, kind, "polling"))
        if limiter.hit(whole, "platform", scope, kind, "all"):
            return 0.0
        return _seconds_until_free(limiter, whole, ("platform", scope, kind, "all"))

    try:
        return store.attempt(take)
    except store.StoreDown:
        return 0.0


def _seconds_until_free(limiter: MovingWindowRateLimiter, item: RateLimitItem, identifiers: tuple[str, ...]) -> float:
    # limits counts in wall-clock time.
    return max(limiter.get_window_stats(item, *identifiers).reset_time - time.time(), LOOK_SECONDS)


def _limiter_for(client: redis.Redis) -> MovingWindowRateLimiter:
    """Made once per connection pool: its Lua scripts are then sent by hash."""
    global _limiter
    pool = client.connection_pool
    if _limiter is None or _limiter[0] != os.getpid() or _limiter[1] is not pool:
        storage = RedisStorage("redis://", connection_pool=pool, key_prefix="portal-budget")
        _limiter = (os.getpid(), pool, MovingWindowRateLimiter(storage))
    return _limiter[2]
