"""How often the platform was called, what became of it and how long it took: of all processes together.

Each process counts in its memory and adds what is new to one hash in Redis, behind the calls and `FLUSH_SECONDS` apart:
nobody waits for it. Without Redis it goes on counting and adds later. A process that is killed takes the last seconds
with it, and a Redis that forgets begins at zero, as a counter may. What is counted has a few names of our own: an
endpoint's template, never an id.
"""

from __future__ import annotations

import atexit
import math
import os
import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal, cast

from attribution_portal.platform_api import store

# `both`: a sign-in, whose token serves everybody.
Purpose = Literal["people", "polling", "both"]

KEY: Final = "portal-platform-calls"
FLUSH_SECONDS: Final = 5.0
# In seconds; a page's own time is 8, one try's 5.
BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
MICRO: Final = 1_000_000

_guard = threading.Lock()
_new: Counter[str] = Counter()
_timer: threading.Timer | None = None


@dataclass(slots=True)
class Took:
    """`below`: how many calls took at most as long as each of `BOUNDS`."""

    seconds: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * len(BOUNDS))

    @property
    def below(self) -> list[int]:
        return list(accumulate(self.counts))


@dataclass(frozen=True, slots=True)
class Totals:
    """By endpoint, purpose and outcome; by endpoint and purpose."""

    calls: dict[tuple[str, str, str], int]
    took: dict[tuple[str, str], Took]


def add(*, endpoint: str, purpose: Purpose, outcome: str, seconds: float) -> None:
    """One call. Costs no round trip."""
    global _timer
    bound = BOUNDS[bisect_left(BOUNDS, seconds)]
    with _guard:
        _new[_name("calls", endpoint, purpose, outcome)] += 1
        _new[_name("within", endpoint, purpose, str(bound))] += 1
        _new[_name("micro", endpoint, purpose)] += round(seconds * MICRO)
        if _timer is None:
            _timer = threading.Timer(FLUSH_SECONDS, flush)
            _timer.daemon = True
            _timer.start()


def flush() -> None:
    """Add to Redis what this process has counted since the last time; kept for the next when Redis is away."""
    global _new, _timer
    with _guard:
        if _timer is not None:
            _timer.cancel()
        taken, _new, _timer = _new, Counter(), None
    if not taken:
        return

    def send(client: store.Client) -> None:
        pipeline = client.pipeline(transaction=True)
        for name, count in taken.items():
            pipeline.hincrby(KEY, name, count)
        pipeline.execute()

    try:
        store.attempt(send)
    except store.StoreDown:
        with _guard:
            _new.update(taken)


def totals() -> Totals:
    """Of all processes, but for what others have counted in the last `FLUSH_SECONDS`. Raises StoreDown."""
    flush()
    kept = cast("dict[bytes, bytes]", store.attempt(lambda client: client.hgetall(KEY)))
    calls: dict[tuple[str, str, str], int] = {}
    took: defaultdict[tuple[str, str], Took] = defaultdict(Took)
    bounds = {str(bound): at for at, bound in enumerate(BOUNDS)}
    for name, count in kept.items():
        match name.decode().split("\t"):
            case ["calls", endpoint, purpose, outcome]:
                calls[endpoint, purpose, outcome] = int(count)
            case ["within", endpoint, purpose, bound] if bound in bounds:
                took[endpoint, purpose].counts[bounds[bound]] = int(count)
            case ["micro", endpoint, purpose]:
                took[endpoint, purpose].seconds = int(count) / MICRO
    return Totals(calls, dict(took))


def _name(*parts: str) -> str:
    return "\t".join(parts)


def _begin_anew() -> None:
    """After a fork: what the parent has counted is the parent's to tell, and its timer runs in the parent."""
    global _guard, _new, _timer
    _guard, _new, _timer = threading.Lock(), Counter(), None


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(flush)
