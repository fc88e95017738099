"""Redis, as this floor uses it: for what may vanish at any moment.

Nothing here is needed for a right answer. Redis holds cached bodies, sealed tokens, budgets and locks;
without it pages are slower and each process works for itself. A dead Redis must cost a page next to nothing,
so that after a failure nobody asks it again for `PAUSE_SECONDS`.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
Client = redis.Redis

CONNECT_SECONDS = 0.25
ANSWER_SECONDS = 0.5
PAUSE_SECONDS = 2.0

logger = logging.getLogger("attribution_portal.platform")


class StoreDown(Exception):  # noqa: N818 - a state to work in, not a mistake
    """Redis does not answer, or did not a moment ago."""


@dataclass(slots=True)
class _Connection:
    """One process's client. Never shared over a fork: two processes would read each other's answers."""

    pid: int
    url: str
    client: redis.Redis
    resume_at: float = field(default=0.0)
    down: bool = field(default=False)


_lock = threading.Lock()
_current: _Connection | None = None


def _connection() -> _Connection:
    global _current
    pid, url = os.getpid(), str(settings.REDIS_URL)
    found = _current
    if found is not None and found.pid == pid and found.url == url:
        return found
    with _lock:
        found = _current
        if found is None or found.pid != pid or found.url != url:
            if found is not None and found.pid == pid:
                found.client.close()
            client = redis.Redis.from_url(
                url,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                # Once more at once: a kept connection may have been closed by a restarted Redis.
                retry=Retry(NoBackoff(), 1),
            )
            found = _current = _Connection(pid=pid, url=url, client=client)
        return found


def attempt(command: Callable[[redis.Redis], T]) -> T:
    """What `command` gets from Redis. Raises StoreDown, within a second at most."""
    connection = _connection()
    if connection.resume_at > time.monotonic():
        raise StoreDown
    try:
        result = command(connection.client)
    except (redis.RedisError, OSError) as error:
        connection.resume_at = time.monotonic() + PAUSE_SECONDS
        if not connection.down:
            connection.down = True
            logger.warning("redis unreachable (%s): working without it", type(error).__name__)
        raise StoreDown from error
    if connection.down:
        connection.down = False
        logger.info("redis is back")
    return result


def close() -> None:
    """Give the connections back; the next use opens new ones."""
    global _current
    with _lock:
        if _current is not None and _current.pid == os.getpid():
            _current.client.close()
        _current = None


atexit.register(close)
