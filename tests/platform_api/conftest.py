"""An account, a caller and a scripted platform. What a test makes wait waits shortly; nothing else times out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import jwt
import pytest
import redis
from pytest_django import Settings

from attribution_portal.platform_api import store, transport
from attribution_portal.platform_api.tokens import Account
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.scripted import Act, Scripted, answer, serve

PARTNER = "partner-id-acme"
PASSWORD = "correct-horse-battery"

_numbers = itertools.count(1)


def signed_in(access: str = "access-1", *, seconds: int = 3600, groups: object = (PARTNER,), **more: object) -> Act:
    """What `POST /auth` answers."""
    claims = {"cognito:groups": list(groups) if isinstance(groups, tuple) else groups}
    return answer(
        200,
        {
            "AccessToken": access,
            "IdToken": jwt.encode(claims, "a-key-that-nobody-checks-0123456789", algorithm="HS256"),
            "RefreshToken": "refresh-1",
            "ExpiresIn": seconds,
            "TokenType": "Bearer",
            **more,
        },
    )


@pytest.fixture
def platform(settings: Settings, clean_redis: redis.Redis) -> Iterator[Scripted]:
    server = Scripted()
    stop = serve(server)
    settings.PLATFORM_BASE_URL = server.base_url
    settings.PLATFORM_CONNECT_SECONDS = settings.PLATFORM_READ_SECONDS = 15.0
    settings.PLATFORM_RETRY_BASE_SECONDS = 0.001
    settings.PLATFORM_RATE_LIMIT_SECONDS = 0.001
    server.on("POST /auth", signed_in())
    yield server
    transport.close()
    stop()


@pytest.fixture
def account() -> Account:
    """A new one for each test: nothing that a process remembers of another can leak in."""
    return Account(id=f"account-{next(_numbers)}", username="portal@example.org", password=lambda: PASSWORD)


@pytest.fixture
def caller(account: Account, platform: Scripted) -> Caller:
    return Caller(account=account, partner_id=PARTNER, deadline=time.monotonic() + 20)


@pytest.fixture
def within() -> Callable[[Caller, float], Caller]:
    """The same caller with only so many seconds left."""

    def make(caller: Caller, seconds: float) -> Caller:
        return Caller(account=caller.account, partner_id=caller.partner_id, deadline=time.monotonic() + seconds)

    return make


@pytest.fixture
def no_redis(settings: Settings, platform: Scripted) -> None:
    """Nothing listens on this port of loopback, and nobody has found out yet."""
    store.close()
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
