"""Several platform calls at the same time, each with its own outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from attribution_portal.platform_api import configuration
from attribution_portal.platform_api.errors import PlatformError, Unavailable
from attribution_portal.platform_api.threads import pool

T = TypeVar("T")

# A call ends at the deadline by itself, with an error that knows its request id; it gets this long to say so.
GRACE_SECONDS = 0.1


def gather(*, deadline: float | None, **calls: Callable[[], T]) -> dict[str, T | PlatformError]:
    """Runs the named calls together on this process's bounded pool and returns each one's value or
    PlatformError.

    deadline: on time.monotonic(); a call that is not done by then becomes Unavailable. None waits for all,
    each of which ends by itself. Never raises a PlatformError; anything else that a call raises is a mistake
    and comes out. A call must not gather in its turn: it would wait for a place in the pool that it holds
    itself.
    """
    return begin(deadline=deadline, **calls).outcomes()


def begin(*, deadline: float | None, **calls: Callable[[], T]) -> Begun[T]:
    """The same in two steps: whoever has other work does it while the calls are in the air."""
    if not calls:
        return Begun({}, deadline)
    return _begin_on(pool("calls", workers=configuration.whole("PLATFORM_POOL_THREADS")), calls, deadline=deadline)


def gather_on(
    workers: Executor, calls: Mapping[str, Callable[[], T]], *, deadline: float | None
) -> dict[str, T | PlatformError]:
    """The same on threads of the caller's own."""
    return _begin_on(workers, calls, deadline=deadline).outcomes()


def _begin_on(workers: Executor, calls: Mapping[str, Callable[[], T]], *, deadline: float | None) -> Begun[T]:
    return Begun({name: workers.submit(_outcome, call) for name, call in calls.items()}, deadline)


@dataclass(frozen=True, slots=True)
class Begun(Generic[T]):
    """Calls in the air."""

    futures: Mapping[str, Future[T | PlatformError]]
    deadline: float | None

    def outcomes(self) -> dict[str, T | PlatformError]:
        """Waits for all of them, no longer than the deadline."""
        patience = None if self.deadline is None else max(0.0, self.deadline - time.monotonic()) + GRACE_SECONDS
        wait(self.futures.values(), timeout=patience)
        outcomes: dict[str, T | PlatformError] = {}
        for name, future in self.futures.items():
            if future.done():
                outcomes[name] = future.result()
            else:
                future.cancel()
                outcomes[name] = Unavailable("not done by the page's deadline", endpoint=name)
        return outcomes


def _outcome(call: Callable[[], T]) -> T | PlatformError:
    try:
        return call()
    except PlatformError as error:
        return error
