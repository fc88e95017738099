from __future__ import annotations

import logging
from decimal import Decimal

import pytest
import redis

from attribution_portal.platform_api import adjustments, events, tokens
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.tokens import Account
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.conftest import PASSWORD, signed_in
from tests.platform_api.scripted import Scripted, answer, cut, reset

SECRETS = (PASSWORD, "access-1", "access-2", "refresh-1", "8765.43", "evt_secret", "Hidden title", "eyJ")


def test_a_whole_run_logs_no_secret_no_money_and_no_id(
    platform: Scripted, caller: Caller, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="attribution_portal.platform")
    body = {"id": "evt_secret", "title": "Hidden title", "message": "error.event.not_found 8765.43"}
    call = "GET /events/evt_secret"
    platform.on("POST /auth", signed_in("access-1"), signed_in("access-2"))
    platform.on(call, answer(401, body), answer(503, body), reset(), cut(b"Hidden title"), answer(404, body))
    platform.on("POST /campaign_results/", answer(422, body), answer(500, body))
    errors: list[PlatformError] = []
    for _ in range(2):
        try:
            events.get(caller=caller.rereading(), eid="evt_secret")
        except PlatformError as error:
            errors.append(error)
        try:
            adjustments.create(caller=caller, eid="evt_secret", purchases=3, revenue=Decimal("8765.43"))
        except PlatformError as error:
            errors.append(error)
    tokens.groups(account)
    platform.on("POST /auth", answer(200, {"Challenge": "X", "Session": "access-1", "password": PASSWORD}))
    try:
        tokens.groups(account)
    except PlatformError as error:
        errors.append(error)

    assert len(errors) == 5
    ours = [r for r in caplog.records if r.name == "attribution_portal.platform"]
    assert any("GET /events/{eid} 404" in record.getMessage() for record in ours)
    told = "\n".join(
        [record.getMessage() + str(record.exc_info or "") for record in caplog.records]
        + [f"{error} {error!r} {error.sentence}" for error in errors]
        + [repr(caller), repr(account)]
    )
    for secret in SECRETS:
        assert secret not in told


def test_redis_holds_no_readable_secret(platform: Scripted, caller: Caller, clean_redis: redis.Redis) -> None:
    platform.on("GET /events/evt_1", answer(200, {"id": "evt_1"}))
    events.get(caller=caller, eid="evt_1")
    kept = b""
    for key in clean_redis.scan_iter():
        kind = clean_redis.type(key)
        kept += key + (clean_redis.get(key) or b"" if kind == b"string" else b"")
    for secret in (PASSWORD, "access-1", "refresh-1"):
        assert secret.encode() not in kept
