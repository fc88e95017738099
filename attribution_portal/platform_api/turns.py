"""One at a time: a lock over this process's threads and, while Redis answers, over all processes.

The Redis lock expires by itself, so that a killed process holds up nobody for long. Without Redis only the
threads of one process take turns, which is the most that can be had.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.exceptions import LockError
from redis.lock import Lock

from attribution_portal.platform_api import store

LOOK_SECONDS = 0.05

_guard = threading.Lock()
_thread_locks: dict[str, threading.Lock] = {}


@contextmanager
def turn(name: str, *, wait: float, expires: float) -> Iterator[bool]:
    """Yields whether it is this caller's turn, within `wait` seconds (0: at once or not at all)."""
    mine = _thread_lock(name)
    until = time.monotonic() + wait
    if not (mine.acquire(timeout=wait) if wait > 0 else mine.acquire(blocking=False)):
        yield False
        return
    try:
        with shared_turn(name, wait=max(0.0, until - time.monotonic()), expires=expires) as is_mine:
            yield is_mine
    finally:
        mine.release()


@contextmanager
def shared_turn(name: str, *, wait: float, expires: float) -> Iterator[bool]:
    """The Redis lock alone, for names of which there are too many to keep a thread lock each.
    True as well when Redis is away."""

    def acquire(client: redis.Redis) -> Lock | None:
        lock = Lock(client, name, timeout=expires, sleep=LOOK_SECONDS, blocking_timeout=wait)
        return lock if lock.acquire() else None

    try:
        lock = store.attempt(acquire)
    except store.StoreDown:
        yield True
        return
    if lock is None:
        yield False
        return
    try:
        yield True
    finally:
        _release(lock)


def _release(lock: Lock) -> None:
    def release(_client: redis.Redis) -> None:
        try:
            lock.release()
        except LockError:
            # It expired meanwhile and is not ours any more. Not a failure of Redis.
            return

    try:
        store.attempt(release)
    except store.StoreDown:
        # It expires by itself.
        return


def _thread_lock(name: str) -> threading.Lock:
    with _guard:
        return _thread_locks.setdefault(name, threading.Lock())
