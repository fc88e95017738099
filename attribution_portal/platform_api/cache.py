"""Answers of the platform, kept in Redis for all processes.

An answer younger than its soft age is served as it is. Between soft and hard age it is served at once,
marked stale, and read anew behind the page. Past its hard age, or when there is none, the platform is read:
by one caller, while all others that want the same wait for what it gets. When the platform cannot be asked,
the last answer known is served, marked stale, for up to a week. "Not found" and "not permitted" are answers
too, and are remembered for a minute.

The partner is part of every key by construction, and there is no other way to make one. What is kept is the
body as it came; a value is decoded on reading and shared inside the process, which is safe because values
are frozen.

`drop` makes all answers of a scope (one event, one package, …) unusable at once, including those that
somebody is reading at this moment: each entry carries the mark that its scope had when its reading began. If
Redis is away during a write, the answers of before are served again, until their soft age, when it comes
back.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar, cast
from urllib.parse import quote

from attribution_portal.platform_api import configuration, store
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

KEEP_SECONDS = 7 * 24 * 3600
REMEMBER_NO_SECONDS = 60
# After a failed reading the last answer known is served without asking again for this long.
REMEMBER_FAILURE_SECONDS = 5
# A mark outlives every entry written before it.
MARK_SECONDS = KEEP_SECONDS + 24 * 3600
# Longer than one page's reading can take; a killed process holds its waiters up for no longer than this.
LOCK_SECONDS = 15.0
COMPRESS_ABOVE = 2048
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
class Key:
    """Where one answer is kept, and the mark of the scope that can drop it. Made by `key_for` only."""

    name: str
    mark: str

    @property
    def failed(self) -> str:
        return f"{self.name}:failed"

    @property
    def lock(self) -> str:
        return f"{self.name}:lock"


def key_for(*, partner_id: str, endpoint: str, params: Sequence[tuple[str, str]], scope: str) -> Key:
    """`portal:<partner_id>:<endpoint>:<hash of params>`. The platform's address is hashed too: answers of
    one server must not appear under another."""
    if not partner_id:
        raise ValueError("A cached answer belongs to a partner")
    canonical = json.dumps([configuration.base_url(), *(list(pair) for pair in params)])
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:32]
    return Key(name=f"{_prefix(partner_id)}:{quote(endpoint, safe='')}:{digest}", mark=_mark(partner_id, scope))


def _prefix(partner_id: str) -> str:
    return f"portal:{quote(partner_id, safe='')}"


def _mark(partner_id: str, scope: str) -> str:
    return f"{_prefix(partner_id)}:mark:{quote(scope, safe='')}"


@dataclass(frozen=True, slots=True)
class Body:
    """A successful answer, as it came."""

    content: bytes = field(repr=False)
    status: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is kept. `error` names NotFound or NotPermitted, and then there is no body."""

    at: float
    mark: str
    digest: str
    status: int
    request_id: str | None
    error: str
    packed: bytes = field(repr=False)

    @property
    def age(self) -> float:
        return time.time() - self.at

    def body(self) -> Body:
        packed = self.packed
        content = zlib.decompress(packed[1:]) if packed[:1] == b"z" else packed[1:]
        return Body(content=content, status=self.status, request_id=self.request_id)


@dataclass(frozen=True, slots=True)
class _State:
    """What Redis holds about a key at one moment. `mark` is the scope's present one; `entry` is None when it
    has none or one of before the last drop; `failed` is the last reading's failure, if that was a moment
    ago."""

    mark: str
    entry: _Entry | None
    failed: PlatformError | None
    failed_at: float


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """How to get one answer from the platform. `fetch` raises PlatformError; `decode` raises BadPayload and
    is a plain function of the body: `decoder` names it, so that equal bodies are decoded once."""

    endpoint: str
    decoder: str
    fetch: Callable[[], Body]
    decode: Callable[[Body], T]


def read(key: Key, *, ages: Ages, source: Source[T], behind: Source[T], until: float) -> Reading[T]:
    """The answer at `key`, by the rules above. `behind` is the source for a reading in the background, which
    has a deadline of its own. `until`, on time.monotonic(), bounds the wait for somebody else's reading."""
    try:
        state = _load(key, source.endpoint)
    except store.StoreDown:
        return _reading(source.fetch(), source)
    entry = state.entry
    if entry is not None and entry.age <= ages.hard and (kept := _kept(entry, source)) is not None:
        if entry.age <= ages.soft:
            return kept
        _refresh_behind(key, behind)
        return replace(kept, stale=True)
    if entry is not None and state.failed is not None and (kept := _kept(entry, source)) is not None:
        return replace(kept, stale=True)
    return _read_together(key, ages=ages, source=source, until=until)


def read_fresh(key: Key, *, source: Source[T]) -> Reading[T]:
    """From the platform, whatever is kept; the answer is kept for others. Raises what the reading raises: a
    caller that bypasses the cache wants to know what is true now."""
    try:
        mark = _load(key, source.endpoint).mark
    except store.StoreDown:
        return _reading(source.fetch(), source)
    return _fetch_and_keep(key, mark, source)


def drop(partner_id: str, *scopes: str) -> None:
    """Make every kept answer of these scopes of this partner unusable, for all processes."""

    def mark_anew(client: store.Client) -> None:
        pipeline = client.pipeline(transaction=True)
        for scope in scopes:
            # Random, not counted: a counter that Redis forgot would come back to a value used before.
            pipeline.set(_mark(partner_id, scope), secrets.token_hex(8), ex=MARK_SECONDS)
        pipeline.execute()

    try:
        store.attempt(mark_anew)
    except store.StoreDown:
        logger.warning("cached answers not dropped: redis is away; they end at their soft age")


def _reading(body: Body, source: Source[T], *, at: float | None = None, digest: str = "") -> Reading[T]:
    value = _decoded(source, digest or _digest(body.content), lambda: body)
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    return Reading(value=value, read_at=moment)


def _kept(entry: _Entry, source: Source[T]) -> Reading[T] | None:
    """What an entry says; raises when it says no. None when this release cannot decode what an earlier one
    kept."""
    _raise_no(entry, source.endpoint)
    try:
        value = _decoded(source, entry.digest, entry.body)
    except (BadPayload, zlib.error):
        return None
    return Reading(value=value, read_at=datetime.fromtimestamp(entry.at, UTC))


def _raise_no(entry: _Entry, endpoint: str) -> None:
    for no in (NotFound, NotPermitted):
        if entry.error == no.__name__:
            raise no("remembered", endpoint=endpoint, status=entry.status, request_id=entry.request_id)


# Reading from the platform.


def _fetch_and_keep(key: Key, mark: str, source: Source[T]) -> Reading[T]:
    try:
        body = source.fetch()
    except (NotFound, NotPermitted) as error:
        _keep_no(key, mark, error)
        raise
    digest = _digest(body.content)
    # Decoded before it is kept: what cannot be understood must not replace what could.
    value = _decoded(source, digest, lambda: body)
    now = time.time()
    packed = b"z" + zlib.compress(body.content, 3) if len(body.content) > COMPRESS_ABOVE else b"p" + body.content
    _save(
        key,
        _Entry(
            at=now, mark=mark, digest=digest, status=body.status, request_id=body.request_id, error="", packed=packed
        ),
        seconds=KEEP_SECONDS,
    )
    return Reading(value=value, read_at=datetime.fromtimestamp(now, UTC))


def _keep_no(key: Key, mark: str, error: NotFound | NotPermitted) -> None:
    entry = _Entry(
        at=time.time(),
        mark=mark,
        digest="",
        status=error.status or 0,
        request_id=error.request_id,
        error=type(error).__name__,
        packed=b"",
    )
    _save(key, entry, seconds=REMEMBER_NO_SECONDS)


def _read_together(key: Key, *, ages: Ages, source: Source[T], until: float) -> Reading[T]:
    """One caller reads; the others wait for its value or its failure."""
    began = time.time()
    pause = 0.005
    while True:
        with shared_turn(key.lock, wait=0.0, expires=LOCK_SECONDS) as is_mine:
            try:
                state = _load(key, source.endpoint)
            except store.StoreDown:
                return _reading(source.fetch(), source)
            entry = state.entry
            if entry is not None and (entry.age <= ages.hard or entry.at >= began):
                kept = _kept(entry, source)
                if kept is not None:
                    return kept
            if state.failed is not None and state.failed_at >= began:
                return _last_known(entry, source, state.failed)
            if is_mine:
                try:
                    return _fetch_and_keep(key, state.mark, source)
                except OUTAGES as error:
                    _save_failure(key, error)
                    return _last_known(entry, source, error)
        if time.monotonic() + pause >= until:
            late = Unavailable("waited for another reading of the same", endpoint=source.endpoint)
            return _last_known(entry, source, late)
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def _last_known(entry: _Entry | None, source: Source[T], error: PlatformError) -> Reading[T]:
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
            state = _load(key, source.endpoint)
            if state.failed is not None or (state.entry is not None and state.entry.at >= asked_at):
                return
            try:
                _fetch_and_keep(key, state.mark, source)
            except OUTAGES as error:
                _save_failure(key, error)
    except (PlatformError, store.StoreDown):
        # "Not found" is kept by now; without Redis there is nothing to refresh.
        return
    except Exception:
        logger.exception("refreshing %s failed", source.endpoint)
    finally:
        with _refreshing_guard:
            _refreshing.discard(key.name)


# Decoding, once per body.

_values: OrderedDict[tuple[str, str], object] = OrderedDict()
_values_guard = threading.Lock()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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


# What lies in Redis.


def _load(key: Key, endpoint: str) -> _State:
    """One round trip. Raises StoreDown."""
    mark, entry, failed = store.attempt(lambda client: client.mget(key.mark, key.name, key.failed))
    present = mark.decode() if isinstance(mark, bytes) else ""
    kept = _unpacked(entry) if isinstance(entry, bytes) else None
    error, failed_at = _failure_from(failed, endpoint) if isinstance(failed, bytes) else (None, 0.0)
    return _State(
        mark=present,
        entry=kept if kept is not None and kept.mark == present else None,
        failed=error,
        failed_at=failed_at,
    )


def _save(key: Key, entry: _Entry, *, seconds: int) -> None:
    head = json.dumps([entry.at, entry.mark, entry.digest, entry.status, entry.request_id, entry.error])

    def save(client: store.Client) -> None:
        pipeline = client.pipeline(transaction=False)
        pipeline.set(key.name, head.encode() + b"\n" + entry.packed, ex=seconds)
        pipeline.delete(key.failed)
        pipeline.execute()

    _try(save)


def _unpacked(stored: bytes) -> _Entry | None:
    """None for what another release wrote."""
    head, _, packed = stored.partition(b"\n")
    try:
        at, mark, digest, status, request_id, error = json.loads(head)
    except ValueError:
        return None
    return _Entry(at=at, mark=mark, digest=digest, status=status, request_id=request_id, error=error, packed=packed)


def _save_failure(key: Key, error: PlatformError) -> None:
    retry_after = error.retry_after if isinstance(error, Unavailable) else None
    record = json.dumps([time.time(), type(error).__name__, error.detail, error.status, error.request_id, retry_after])
    _try(lambda client: client.set(key.failed, record, ex=REMEMBER_FAILURE_SECONDS))


def _failure_from(stored: bytes, endpoint: str) -> tuple[PlatformError, float]:
    at, name, detail, status, request_id, retry_after = json.loads(stored)
    for outage in (BadPayload, SignInFailed):
        if name == outage.__name__:
            return outage(detail, endpoint=endpoint, status=status, request_id=request_id), at
    error = Unavailable(detail, endpoint=endpoint, status=status, request_id=request_id, retry_after=retry_after)
    return error, at


def _try(command: Callable[[store.Client], object]) -> None:
    try:
        store.attempt(command)
    except store.StoreDown:
        # Not kept: the next page reads again.
        return
