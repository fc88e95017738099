"""The service account's tokens, one set for all processes (§2).

The set lies in Redis, sealed with FIELD_ENCRYPTION_KEYS, so that twenty workers sign in once and not twenty
times: `/auth` has the tightest budget of all. What lies there is what counts: a set that was forgotten is used by
nobody from then on. Only while Redis is away does each process go on with the set it last had, or gets its own.
Whoever finds less than five minutes left refreshes, one at a time for everybody: the others go on with the token
they have.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import TypeVar, cast

import jwt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from attribution_portal.platform_api import configuration, store, transport
from attribution_portal.platform_api.errors import (
    BadPayload,
    NotPermitted,
    PlatformError,
    Rejected,
    SignInFailed,
    Text,
    Unavailable,
)
from attribution_portal.platform_api.outcomes import Answer, Lost, failure, failure_of_lost, payload_of
from attribution_portal.platform_api.payloads.accounts import Refreshed, SignedIn, refreshed, signed_in
from attribution_portal.platform_api.payloads.wire import Malformed
from attribution_portal.platform_api.transport import Endpoint
from attribution_portal.platform_api.turns import turn

AUTH = Endpoint("POST", "/auth", signs_in=True)
REFRESH = Endpoint("POST", "/auth/refresh_token", signs_in=True)

# Visible ASCII without a slash, and no longer than is stored: the id travels in a header and is one segment of
# addresses.
PARTNER_GROUP = re.compile(r"partner-id-[!-.0-~]{1,100}|fd[0-9]{1,100}")

REFRESH_WHEN_LEFT = 300.0
# After a day without any call a new sign-in costs less thought than an old refresh token.
KEEP_SECONDS = 24 * 3600
# Wrong credentials stay wrong until somebody changes them: ask again once a minute, not on every page.
REMEMBER_REFUSAL_SECONDS = 60
# `/auth` itself is down or busy: leave it alone for this long, unless it names a time.
REMEMBER_OUTAGE_SECONDS = 5
# A refresh and a sign-in together may take this long; the lock of a killed process is free again soon after.
SIGN_IN_SECONDS = 10.0
LOCK_SECONDS = 15.0
# How the `detail` of a sign-in begins that asks for an interactive step.
CHALLENGE = "challenge "
REPLACE_IF_STILL = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
"""

logger = logging.getLogger("attribution_portal.platform")

T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """A service account. `password()` unseals it, and is called only when a sign-in really happens. `closed`: why it
    may not be used at all; every call then ends with that sentence, and pages show what was last known."""

    id: str
    username: str
    password: Callable[[], str] = field(repr=False)
    closed: Text = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One session. `expires_at` and `issued_at` are wall-clock seconds, because processes share them."""

    access: str = field(repr=False)
    identity: str = field(repr=False)
    refresh: str = field(repr=False)
    issued_at: float
    expires_at: float

    @property
    def is_valid(self) -> bool:
        return time.time() < self.expires_at

    @property
    def is_fresh(self) -> bool:
        """A token whose whole life is shorter than the margin would never be fresh: half its life is its
        margin."""
        life = self.expires_at - self.issued_at
        margin = REFRESH_WHEN_LEFT if life > REFRESH_WHEN_LEFT else life / 2
        return self.expires_at - time.time() >= margin


# The last set seen in Redis, for while Redis is away.
_memory: dict[str, Tokens] = {}
# Refusals as this process saw them, for when Redis is away: key → (until on time.monotonic(), sealed record).
_refusals: dict[str, tuple[float, dict[str, str]]] = {}


def current(account: Account, *, until: float, refused: tuple[str, ...] = ()) -> Tokens:
    """The set to call with. `refused` are access tokens that the platform has just answered 401: they are never given
    back, and when nobody has replaced them yet, this signs in again. Raises SignInFailed or Unavailable.
    """
    if account.closed:
        raise SignInFailed("not asked", endpoint=AUTH.name, sentence=account.closed)
    key = _key(account)
    until = min(until, time.monotonic() + SIGN_IN_SECONDS)
    known = _known(key, refused=refused)
    if known is not None and known.is_fresh:
        return known
    if known is not None and known.is_valid:
        return _refresh_ahead(account, key, known, until)
    with _alone(key, until=until):
        known = _known(key, refused=refused)
        if known is not None and known.is_fresh:
            return known
        return _renew(account, key, refused=refused, until=until)


def groups(account: Account) -> tuple[str, ...]:
    """The partners the account may act for: signs in anew, because a kept token names the groups of
    yesterday.

    The order is the token's. Other groups in it are left out. Raises SignInFailed, Unavailable or BadPayload.
    """
    until = time.monotonic() + SIGN_IN_SECONDS
    key = _key(account)
    with _alone(key, until=until):
        tokens = _sign_in(account, key, until=until)
    try:
        # Not verified: the token came a moment ago over our own connection to the platform, and is read to
        # learn something from the platform, not to let anybody in. It is the platform that checks it on
        # every call.
        claims = jwt.decode(tokens.identity, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise BadPayload("IdToken is no JWT", endpoint=AUTH.name) from error
    found = claims.get("cognito:groups", [])
    names = found if isinstance(found, list) else []
    partners = (name for name in names if isinstance(name, str) and PARTNER_GROUP.fullmatch(name))
    return tuple(dict.fromkeys(partners))


def forget(account: Account) -> None:
    """Its tokens go from Redis and from this process: nobody asks with them any more."""
    key = _key(account)
    _memory.pop(key, None)
    _refusals.pop(key, None)
    _opened_with.cache_clear()
    _try_store(lambda client: client.delete(key, f"{key}:refused"))


def reseal() -> int:
    """Seal every kept set of tokens with the newest key, so that older keys can go and nobody signs in anew for it.
    Returns how many were changed. A set that somebody replaces meanwhile stays as they wrote it; one that no key opens
    is left to its expiry. Raises StoreDown."""
    newest = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])

    def one(client: store.Client, key: bytes) -> bool:
        sealed = client.get(key)
        if not isinstance(sealed, bytes) or _opens(newest, sealed):
            return False
        try:
            plain = _sealer().decrypt(sealed)
        except InvalidToken:
            return False
        return bool(client.eval(REPLACE_IF_STILL, 1, key, sealed, newest.encrypt(plain)))

    def all_of_them(client: store.Client) -> int:
        keys = [key for key in client.scan_iter("portal-token:*") if isinstance(key, bytes) and key.count(b":") == 1]
        return sum(one(client, key) for key in keys)

    return store.attempt(all_of_them)


def _opens(key: Fernet, sealed: bytes) -> bool:
    try:
        key.decrypt(sealed)
    except InvalidToken:
        return False
    return True


def _key(account: Account) -> str:
    """The platform is part of it: a token of staging is no token of production."""
    identity = json.dumps([configuration.base_url(), account.id, account.username])
    return f"portal-token:{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def _known(key: str, *, refused: tuple[str, ...]) -> Tokens | None:
    """The set in Redis, or without Redis the one this process had last, unless it is a refused one."""
    try:
        sealed = store.attempt(lambda client: client.get(key))
    except store.StoreDown:
        known = _memory.get(key)
    else:
        known = _opened(sealed) if isinstance(sealed, bytes) else None
        if known is None:
            _memory.pop(key, None)
        else:
            _memory[key] = known
    return known if known is not None and known.access not in refused else None


def _refresh_ahead(account: Account, key: str, known: Tokens, until: float) -> Tokens:
    """The token still works: one caller refreshes it, the others take it as it is. A refresh that fails now
    is tried again by the next caller; the token still works for this one."""
    with turn(f"{key}:lock", wait=0.0, expires=LOCK_SECONDS) as is_mine:
        if not is_mine:
            return known
        newer = _known(key, refused=())
        if newer is not None and newer.is_fresh:
            return newer
        try:
            return _renew(account, key, refused=(), until=until)
        except PlatformError as error:
            logger.warning("token not refreshed ahead of time: %s", error)
            return known


def _renew(account: Account, key: str, *, refused: tuple[str, ...], until: float) -> Tokens:
    """Refresh, or sign in when there is nothing to refresh or the session is dead. Called under the lock."""
    remembered = _memory.get(key)
    if remembered is not None and not refused:
        renewed = _refreshed(remembered, until=until)
        if renewed is not None:
            return _keep(key, renewed)
    return _sign_in(account, key, until=until)


def _refreshed(current: Tokens, *, until: float) -> Tokens | None:
    """None when the platform no longer takes the refresh token."""
    outcome = transport.exchange(
        REFRESH,
        path=REFRESH.path(),
        until=until,
        body={"token": current.refresh},
        reads=lambda answer: _decoded(answer, refreshed, REFRESH),
    )
    if isinstance(outcome, Lost):
        raise failure_of_lost(outcome, endpoint=REFRESH.name, writes=False)
    error = failure(outcome, endpoint=REFRESH.name, writes=False)
    if isinstance(error, Unavailable):
        raise error
    if error is not None:
        return None
    body = _decoded(outcome, refreshed, REFRESH)
    return _tokens(body, identity=current.identity, refresh=current.refresh)


def _sign_in(account: Account, key: str, *, until: float) -> Tokens:
    """`POST /auth`, at most once, and not at all while the same credentials are known to be refused."""
    password = account.password()
    fingerprint = _fingerprint(password)
    _raise_remembered(key, fingerprint)
    outcome = transport.exchange(
        AUTH,
        path=AUTH.path(),
        until=until,
        body={"username": account.username, "password": password},
        reads=lambda answer: _decoded(answer, signed_in, AUTH),
    )
    try:
        return _keep(key, _accepted(outcome))
    except SignInFailed as error:
        _remember(key, fingerprint, error, REMEMBER_REFUSAL_SECONDS)
        raise
    except Unavailable as error:
        # Only what the platform said itself: a timeout may be this caller's own, whose deadline was near.
        if error.status is not None:
            seconds = min(error.retry_after or REMEMBER_OUTAGE_SECONDS, REMEMBER_REFUSAL_SECONDS)
            _remember(key, fingerprint, error, seconds)
        raise


def _accepted(outcome: Answer | Lost) -> Tokens:
    if isinstance(outcome, Lost):
        raise failure_of_lost(outcome, endpoint=AUTH.name, writes=False)
    error = failure(outcome, endpoint=AUTH.name, writes=False)
    if isinstance(error, NotPermitted | Rejected):
        raise SignInFailed(
            error.detail,
            endpoint=AUTH.name,
            status=error.status,
            request_id=error.request_id,
            sentence=refusal(error.detail),
        )
    if error is not None:
        raise error
    body = _decoded(outcome, signed_in, AUTH)
    if body.challenge:
        detail = f"{CHALLENGE}{body.challenge}"
        raise SignInFailed(
            detail,
            endpoint=AUTH.name,
            status=outcome.status,
            request_id=outcome.request_id,
            sentence=refusal(detail),
        )
    return _tokens(body, identity=body.id_token, refresh=body.refresh_token)


def _decoded(outcome: Answer, decode: Callable[[object], T], endpoint: Endpoint) -> T:
    try:
        return decode(payload_of(outcome, endpoint=endpoint.name))
    except Malformed as error:
        raise BadPayload(
            str(error), endpoint=endpoint.name, status=outcome.status, request_id=outcome.request_id
        ) from error


def _tokens(body: SignedIn | Refreshed, *, identity: str, refresh: str) -> Tokens:
    now = time.time()
    return Tokens(
        access=body.access_token,
        identity=identity,
        refresh=refresh,
        issued_at=now,
        expires_at=now + body.expires_in,
    )


def refusal(detail: str) -> Text:
    """The sentence for a refused sign-in, by the `detail` of its SignInFailed: for those who kept only that."""
    if detail.startswith(CHALLENGE):
        return format_lazy(
            _(
                "The platform asks the service account for an interactive step ({challenge}) that a server cannot "
                "answer. Switch multi-factor sign-in off for this account and set a permanent password."
            ),
            challenge=detail.removeprefix(CHALLENGE),
        )
    return {
        "error.auth.invalid_credentials": _(
            "The platform refuses the service account's user name or password. Correct them, then connect again."
        ),
        "error.auth.account_disabled": _(
            "The platform has disabled the service account. Ask the platform's operators to enable it."
        ),
        "error.auth.mfa_required": _(
            "The service account has multi-factor sign-in switched on. Switch it off for this account: a server "
            "cannot answer the question."
        ),
    }.get(detail, SignInFailed.sentence)


# What is kept, and sealed.


def _sealer() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def _keep(key: str, tokens: Tokens) -> Tokens:
    _memory[key] = tokens
    _refusals.pop(key, None)
    sealed = _sealer().encrypt(json.dumps(asdict(tokens)).encode())
    _try_store(lambda client: client.set(key, sealed, ex=KEEP_SECONDS))
    _try_store(lambda client: client.delete(f"{key}:refused"))
    return tokens


def _opened(sealed: bytes) -> Tokens | None:
    """None for what an earlier release or a dropped encryption key has left behind."""
    return _opened_with(sealed, tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=16)
def _opened_with(sealed: bytes, keys: tuple[str, ...]) -> Tokens | None:
    """Every call of a page finds the same set: it is opened once. What it says is in `_memory` as well."""
    try:
        return Tokens(**json.loads(MultiFernet([Fernet(key) for key in keys]).decrypt(sealed)))
    except (InvalidToken, ValueError, TypeError):
        return None


def _fingerprint(password: str) -> str:
    """Tells whether the password has changed, without keeping it: a keyed hash, worthless without the key."""
    key = str(settings.FIELD_ENCRYPTION_KEYS[0]).encode()
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()


# Refusals that are remembered.


def _remember(key: str, fingerprint: str, error: SignInFailed | Unavailable, seconds: float) -> None:
    record = {
        "of": fingerprint,
        "class": type(error).__name__,
        "detail": error.detail,
        "status": str(error.status or ""),
        "request_id": error.request_id or "",
    }
    _refusals[key] = (time.monotonic() + seconds, record)
    _try_store(lambda client: client.set(f"{key}:refused", json.dumps(record), px=max(1, int(seconds * 1000))))


def _raise_remembered(key: str, fingerprint: str) -> None:
    record = _remembered(key)
    if record is None or record.get("of") != fingerprint:
        return
    status = int(record["status"]) if record.get("status") else None
    request_id, detail = record.get("request_id") or None, record.get("detail", "")
    if record.get("class") == SignInFailed.__name__:
        raise SignInFailed(detail, endpoint=AUTH.name, status=status, request_id=request_id, sentence=refusal(detail))
    raise Unavailable(detail, endpoint=AUTH.name, status=status, request_id=request_id)


def _remembered(key: str) -> dict[str, str] | None:
    try:
        stored = store.attempt(lambda client: client.get(f"{key}:refused"))
    except store.StoreDown:
        until, record = _refusals.get(key, (0.0, None))
        return record if until > time.monotonic() else None
    if not isinstance(stored, bytes):
        return None
    return cast("dict[str, str]", json.loads(stored))


# One at a time.


@contextmanager
def _alone(key: str, *, until: float) -> Iterator[None]:
    """Raises Unavailable when the others are not done before `until`."""
    wait = max(0.0, until - time.monotonic())
    with turn(f"{key}:lock", wait=wait, expires=LOCK_SECONDS) as is_mine:
        if not is_mine:
            raise Unavailable("waited for another sign-in", endpoint=AUTH.name)
        yield


def _try_store(command: Callable[[store.Client], object]) -> object:
    try:
        return store.attempt(command)
    except store.StoreDown:
        return None
