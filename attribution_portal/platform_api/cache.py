"""Answers of the platform, kept in Redis for all processes.

An answer younger than its soft age is served as it is. Between soft and hard age it is served at once,
marked stale, and read anew behind the page. Past its hard age, or when there is none, the platform is read:
by one caller, while all others that want the same wait for what it gets. When the platform cannot be asked,
the last answer known is served, marked stale, for up to a week. "Not found" and "not permitted" are answers
too, and are remembered for a minute.

What is kept, and under which keys, is in `entries`: the partner is part of every key. It is the body as it
came; a value is decoded on reading and shared inside the process, which is safe because values
are frozen.

`entries.drop` makes all answers of a scope (one event, one package, …) unusable at once, including those that
somebody is reading at this moment: each entry carries the mark that its scope had when its reading began. If
Redis is away during a write, the answers of before are served again, until their soft age, when it comes
back.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar, cast

from attribution_portal.platform_api import store
from attribution_portal.platform_api.entries import (
    Body,
    Entry,
    Key,
    State,
    digest_of,
    keep,
    keep_no,
    load,
    load_all,
    save_failure,
)
from attribution_portal.platform_api.errors import (
    BadPayload,
    NotFound,
    NotPermitted,
    PlatformError,
    SignInFailed,
    Unavailable,
)
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.platform_api.threads import pool
from attribution_portal.platform_api.turns import shared_turn

T = TypeVar("T")

# Longer than one page's reading can take; a killed process holds its waiters up for no longer than this.
LOCK_SECONDS = 15.0
DECODED_VALUES = 512
REFRESH_THREADS = 4
REFRESHES_WAITING = 64

# For these the last answer known is better than none; "not found" and the like are themselves the answer.
OUTAGES = (Unavailable, BadPayload, SignInFailed)

logger = logging.getLogger("attribution_portal.platform")


@dataclass(frozen=True, slots=True)
class Ages:
    """In seconds."""

    soft: float
    hard: float


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """How to get one answer from the platform. `fetch` raises PlatformError, and has the body read by what it is given
    before the call is counted; `decode` raises BadPayload and is a plain function of the body: `decoder` names it, so
    that equal bodies are decoded once."""

    endpoint: str
    decoder: str
    fetch: Callable[[Callable[[Body], object]], Body]
    decode: Callable[[Body], T]


def read(key: Key, *, ages: Ages, source: Source[T], behind: Source[T], until: float) -> Reading[T]:
    """The answer at `key`, by the rules above. `behind` is the source for a reading in the background, which
    has a deadline of its own. `until`, on time.monotonic(), bounds the wait for somebody else's reading."""
    try:
        state = load(key, source.endpoint)
    except store.StoreDown:
        return _unkept(source)
    kept = at_once(key, state, ages=ages, source=source, behind=behind)
    return kept if kept is not None else read_together(key, ages=ages, source=source, until=until)


def at_once(key: Key, state: State, *, ages: Ages, source: Source[T], behind: Source[T]) -> Reading[T] | None:
    """What can be served without waiting for anybody, of what was known of the key a moment ago; None when the
    platform has to be read. Raises a remembered no."""
    entry = state.entry
    if entry is None:
        return None
    if entry.age <= ages.hard and (kept := _kept(entry, source)) is not None:
        if entry.age <= ages.soft:
            return kept
        _refresh_behind(key, behind)
        return replace(kept, stale=True)
    if state.failed is not None and (kept := _kept(entry, source)) is not None:
        return replace(kept, stale=True)
    return None


def read_fresh(key: Key, *, source: Source[T]) -> Reading[T]:
    """From the platform, whatever is kept; the answer is kept for others. Raises what the reading raises: a
    caller that bypasses the cache wants to know what is true now."""
    try:
        mark = load(key, source.endpoint).mark
    except store.StoreDown:
        return _unkept(source)
    return _fetch_and_keep(key, mark, source)


Kept = Reading[T] | PlatformError | None


def peek(wanted: Sequence[tuple[Key, Ages, Source[T]]]) -> list[Kept[T]]:
    """What is kept of each, in one round trip and however old, stale past its soft age: nobody is asked. An error is an
    answer that is remembered, or the failure of a moment ago; None says that nothing is known. Raises StoreDown."""
    states = load_all([(key, source.endpoint) for key, _ages, source in wanted])
    return [_peeked(state, ages, source) for state, (_key, ages, source) in zip(states, wanted, strict=True)]


def _peeked(state: State, ages: Ages, source: Source[T]) -> Kept[T]:
    entry = state.entry
    if entry is None:
        return state.failed
    try:
        kept = _kept(entry, source)
    except (NotFound, NotPermitted) as no:
        return no
    return state.failed if kept is None else replace(kept, stale=entry.age > ages.soft)


def _unkept(source: Source[T]) -> Reading[T]:
    _body, _digest, value = _fetched(source)
    return Reading(value=value, read_at=datetime.now(UTC))


def _kept(entry: Entry, source: Source[T]) -> Reading[T] | None:
    """What an entry says; raises when it says no. None when this release cannot decode what an earlier one
    kept."""
    _raise_no(entry, source.endpoint)
    try:
        value = _decoded(source, entry.digest, entry.body)
    except (BadPayload, zlib.error):
        return None
    return Reading(value=value, read_at=datetime.fromtimestamp(entry.at, UTC))


def _raise_no(entry: Entry, endpoint: str) -> None:
    for no in (NotFound, NotPermitted):
        if entry.error == no.__name__:
            raise no("remembered", endpoint=endpoint, status=entry.status, request_id=entry.request_id)


# Reading from the platform.


def _fetch_and_keep(key: Key, mark: str, source: Source[T]) -> Reading[T]:
    try:
        # Decoded before it is kept: what cannot be understood must not replace what could.
        body, digest, value = _fetched(source)
    except (NotFound, NotPermitted) as error:
        keep_no(key, mark, error)
        raise
    entry = keep(key, mark, body, digest)
    return Reading(value=value, read_at=datetime.fromtimestamp(entry.at, UTC))


def read_together(key: Key, *, ages: Ages, source: Source[T], until: float) -> Reading[T]:
    """What nobody has known a moment ago: one caller reads; the others wait for its value or its failure. Whoever has
    waited half the time it has reads by itself: the one that holds the turn may have been killed."""
    began = time.time()
    patient_until = (time.monotonic() + until) / 2
    pause = 0.005
    while True:
        with shared_turn(key.lock, wait=0.0, expires=LOCK_SECONDS) as is_mine:
            try:
                state = load(key, source.endpoint)
            except store.StoreDown:
                return _unkept(source)
            entry = state.entry
            if entry is not None and (entry.age <= ages.hard or entry.at >= began):
                kept = _kept(entry, source)
                if kept is not None:
                    return kept
            if state.failed is not None and state.failed_at >= began:
                return _last_known(entry, source, state.failed)
            if is_mine or time.monotonic() >= patient_until:
                try:
                    return _fetch_and_keep(key, state.mark, source)
                except OUTAGES as error:
                    save_failure(key, error)
                    return _last_known(entry, source, error)
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _last_known(entry: Entry | None, source: Source[T], error: PlatformError) -> Reading[T]:
    kept = _kept(entry, source) if entry is not None else None
    if kept is None:
        raise error
    return replace(kept, stale=True)


_refreshing: set[str] = set()
_refreshing_guard = threading.Lock()


def _refresh_behind(key: Key, source: Source[T]) -> None:
    """Read anew on the background pool, once for all. When too many wait already, the next page asks
    again."""
    with _refreshing_guard:
        if key.name in _refreshing or len(_refreshing) >= REFRESHES_WAITING:
            return
        _refreshing.add(key.name)
    pool("refresh", workers=REFRESH_THREADS).submit(_refresh, key, source, asked_at=time.time())


def _refresh(key: Key, source: Source[T], *, asked_at: float) -> None:
    try:
        with shared_turn(key.lock, wait=0.0, expires=LOCK_SECONDS) as is_mine:
            if not is_mine:
                return
            state = load(key, source.endpoint)
            if state.failed is not None or (state.entry is not None and state.entry.at >= asked_at):
                return
            try:
                _fetch_and_keep(key, state.mark, source)
            except OUTAGES as error:
                save_failure(key, error)
    except (PlatformError, store.StoreDown):
        # "Not found" is kept by now; without Redis there is nothing to refresh.
        return
    except Exception:
        logger.exception("refreshing %s failed", source.endpoint)
    finally:
        with _refreshing_guard:
            _refreshing.discard(key.name)


def _fetched(source: Source[T]) -> tuple[Body, str, T]:
    """An answer, its digest and its value."""

    def understand(body: Body) -> T:
        return _decoded(source, digest_of(body.content), lambda: body)

    body = source.fetch(understand)
    return body, digest_of(body.content), understand(body)


# Decoding, once per body.

_values: OrderedDict[tuple[str, str], object] = OrderedDict()
_values_guard = threading.Lock()


def _decoded(source: Source[T], digest: str, body: Callable[[], Body]) -> T:
    """Equal bodies are equal values, whoever they belong to, so that sharing them tells nobody anything."""
    name = (source.decoder, digest)
    with _values_guard:
        if name in _values:
            _values.move_to_end(name)
            return cast("T", _values[name])
    value = source.decode(body())
    with _values_guard:
        _values[name] = value
        while len(_values) > DECODED_VALUES:
            _values.popitem(last=False)
    return value
