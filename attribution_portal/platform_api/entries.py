"""What the cache keeps in Redis: one entry per answer, one mark per scope, one failure of a moment ago.

The partner is part of every key by construction: `key_for` is the only way to make one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import secrets
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import cast
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

KEEP_SECONDS = 7 * 24 * 3600
REMEMBER_NO_SECONDS = 60
# After a failed reading the last answer known is served without asking again for this long.
REMEMBER_FAILURE_SECONDS = 5
# A mark outlives every entry written before it.
MARK_SECONDS = KEEP_SECONDS + 24 * 3600
COMPRESS_ABOVE = 2048

logger = logging.getLogger("attribution_portal.platform")


@dataclass(frozen=True, slots=True)
class Key:
    """Where one answer is kept, and the mark of the scope that can drop it. Made by `key_for` only."""

    name: str
    mark: str

    @property
    def failed(self) -> str:
        return f"{self.name}:failed"

    @property
    def before(self) -> str:
        return f"{self.name}:before"

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
class Entry:
    """What is kept. `error` names NotFound or NotPermitted, and then there is no body. `refused`: it is from before the
    platform refused to answer, and good for nothing but as the last answer known."""

    at: float
    mark: str
    digest: str
    status: int
    request_id: str | None
    error: str
    packed: bytes = field(repr=False)
    refused: bool = False

    @property
    def age(self) -> float:
        return math.inf if self.refused else time.time() - self.at

    def body(self) -> Body:
        packed = self.packed
        content = zlib.decompress(packed[1:]) if packed[:1] == b"z" else packed[1:]
        return Body(content=content, status=self.status, request_id=self.request_id)


@dataclass(frozen=True, slots=True)
class State:
    """What Redis holds about a key at one moment. `mark` is the scope's present one; `entry` is None when it
    has none or one of before the last drop; `failed` is the last reading's failure, if that was a moment
    ago."""

    mark: str
    entry: Entry | None
    failed: PlatformError | None
    failed_at: float


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def load(key: Key, endpoint: str) -> State:
    """One round trip. Raises StoreDown."""
    return load_all([(key, endpoint)])[0]


def load_all(keys: Sequence[tuple[Key, str]]) -> list[State]:
    """What is known of each of many keys, with their endpoints, in one round trip. Raises StoreDown."""
    if not keys:
        return []
    names = [name for key, _endpoint in keys for name in (key.mark, key.name, key.failed, key.before)]
    stored = store.attempt(lambda client: client.mget(names))
    return [
        _state(*stored[at : at + 4], endpoint=endpoint)
        for at, (_key, endpoint) in zip(range(0, len(stored), 4), keys, strict=True)
    ]


def _state(mark: object, entry: object, failed: object, before: object, *, endpoint: str) -> State:
    present = mark.decode() if isinstance(mark, bytes) else ""
    kept = _unpacked(entry) if isinstance(entry, bytes) else None
    if kept is None and isinstance(before, bytes):
        earlier = _unpacked(before)
        kept = replace(earlier, refused=True) if earlier is not None else None
    error, failed_at = _failure_from(failed, endpoint) if isinstance(failed, bytes) else (None, 0.0)
    return State(
        mark=present,
        entry=kept if kept is not None and kept.mark == present else None,
        failed=error,
        failed_at=failed_at,
    )


def _write(key: Key, entry: Entry, *, seconds: int, dropped: tuple[str, ...]) -> None:
    head = json.dumps([entry.at, entry.mark, entry.digest, entry.status, entry.request_id, entry.error])

    def save(client: store.Client) -> None:
        pipeline = client.pipeline(transaction=False)
        pipeline.set(key.name, head.encode() + b"\n" + entry.packed, ex=seconds)
        pipeline.delete(key.failed, *dropped)
        pipeline.execute()

    _try(save)


def _unpacked(stored: bytes) -> Entry | None:
    """None for what another release wrote."""
    head, _, packed = stored.partition(b"\n")
    try:
        at, mark, digest, status, request_id, error = json.loads(head)
    except ValueError:
        return None
    return Entry(at=at, mark=mark, digest=digest, status=status, request_id=request_id, error=error, packed=packed)


def save_failure(key: Key, error: PlatformError) -> None:
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


def keep(key: Key, mark: str, body: Body, digest: str) -> Entry:
    """`mark` is what the scope's mark was when the reading began: after a drop the entry is unusable at once."""
    content = body.content
    packed = b"z" + zlib.compress(content, 3) if len(content) > COMPRESS_ABOVE else b"p" + content
    entry = Entry(
        at=time.time(),
        mark=mark,
        digest=digest,
        status=body.status,
        request_id=body.request_id,
        error="",
        packed=packed,
    )
    _write(key, entry, seconds=KEEP_SECONDS, dropped=(key.before,))
    return entry


def keep_no(key: Key, mark: str, error: NotFound | NotPermitted) -> None:
    """What is not there any more is gone. What is refused may be so only because the partner has just left the account:
    the last answer is put aside, for when nobody can be asked any more."""
    entry = Entry(
        at=time.time(),
        mark=mark,
        digest="",
        status=error.status or 0,
        request_id=error.request_id,
        error=type(error).__name__,
        packed=b"",
    )
    if isinstance(error, NotPermitted):
        _try(lambda client: _put_aside(client, key))
    _write(key, entry, seconds=REMEMBER_NO_SECONDS, dropped=() if isinstance(error, NotPermitted) else (key.before,))


def _put_aside(client: store.Client, key: Key) -> None:
    stored = client.get(key.name)
    kept = _unpacked(stored) if isinstance(stored, bytes) else None
    if kept is not None and not kept.error:
        client.set(key.before, cast(bytes, stored), ex=KEEP_SECONDS)


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
