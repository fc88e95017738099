from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import redis
import time_machine
from cryptography.fernet import Fernet
from pytest_django import Settings

from attribution_portal.platform_api import adjustments, events, tokens, transport
from attribution_portal.platform_api.errors import BadPayload, NotPermitted, SignInFailed, Unavailable
from attribution_portal.platform_api.tokens import Account
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.conftest import PASSWORD, signed_in
from tests.platform_api.scripted import Act, Scripted, after_gate, answer

AUTH, REFRESH, GET = "POST /auth", "POST /auth/refresh_token", "GET /events/evt_1"
EVENT = answer(200, {"id": "evt_1"})
UNAUTHORIZED = answer(401, {"message": "error.auth.token_expired"})
NOT_AUTHORIZED = answer(401, {"message": "error.auth.not_authorized"})


def token(account: Account, *, refused: tuple[str, ...] = ()) -> str:
    return tokens.current(account, until=time.monotonic() + 30, refused=refused).access


def forget_in_this_process() -> None:
    """As if another process asked: only Redis knows."""
    tokens._memory.clear()
    tokens._refusals.clear()


def test_it_signs_in_once_and_keeps_the_token(platform: Scripted, account: Account) -> None:
    assert [token(account), token(account)] == ["access-1", "access-1"]
    (request,) = platform.to(AUTH)
    assert request.body == b'{"username": "portal@example.org", "password": "correct-horse-battery"}'


def test_another_process_takes_the_token_from_redis(platform: Scripted, account: Account) -> None:
    token(account)
    forget_in_this_process()
    assert token(account) == "access-1"
    assert len(platform.to(AUTH)) == 1


def test_what_lies_in_redis_is_sealed(platform: Scripted, account: Account, clean_redis: redis.Redis) -> None:
    token(account)
    values = [clean_redis.get(key) for key in clean_redis.scan_iter("portal-token:*")]
    assert len(values) == 1
    for value in values:
        assert isinstance(value, bytes)
        for secret in (b"access-1", b"refresh-1", PASSWORD.encode()):
            assert secret not in value


def test_a_rotated_key_still_opens_what_the_older_one_sealed(
    platform: Scripted, account: Account, settings: Settings
) -> None:
    token(account)
    forget_in_this_process()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    assert token(account) == "access-1"
    assert len(platform.to(AUTH)) == 1


def test_a_seal_that_no_key_opens_means_signing_in_again(
    platform: Scripted, account: Account, settings: Settings
) -> None:
    token(account)
    forget_in_this_process()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert token(account) == "access-1"
    assert len(platform.to(AUTH)) == 2


@pytest.mark.parametrize(("seconds", "refreshes"), [(3600, 0), (301, 0), (60, 0)])
def test_a_fresh_token_is_not_refreshed(platform: Scripted, account: Account, seconds: int, refreshes: int) -> None:
    platform.on(AUTH, signed_in(seconds=seconds))
    token(account)
    token(account)
    assert len(platform.to(REFRESH)) == refreshes


def age(account: Account, *, left: float) -> None:
    """The kept token, with this many seconds of its hour left."""
    key = tokens._key(account)
    kept = tokens._memory[key]
    now = time.time()
    tokens._keep(key, replace(kept, issued_at=now - 3600 + left, expires_at=now + left))


def test_less_than_five_minutes_left_is_refreshed(platform: Scripted, account: Account) -> None:
    token(account)
    age(account, left=299)
    platform.on(REFRESH, answer(200, {"AccessToken": "access-2", "ExpiresIn": 3600}))
    assert token(account) == "access-2"
    assert platform.to(REFRESH)[0].body == b'{"token": "refresh-1"}'
    assert len(platform.to(AUTH)) == 1


def test_the_refresh_token_does_not_rotate(platform: Scripted, account: Account) -> None:
    token(account)
    platform.on(REFRESH, answer(200, {"AccessToken": "access-2", "ExpiresIn": 3600}))
    for _ in range(2):
        age(account, left=10)
        token(account)
    assert [request.body for request in platform.to(REFRESH)] == [b'{"token": "refresh-1"}'] * 2


@pytest.mark.parametrize("act", [answer(503), answer(429), answer(200, b"<html>")])
def test_a_refresh_that_fails_while_the_token_works_harms_nobody(
    platform: Scripted, account: Account, act: Act
) -> None:
    token(account)
    age(account, left=100)
    platform.on(REFRESH, act)
    assert token(account) == "access-1"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_dead_refresh_token_means_signing_in_again(platform: Scripted, account: Account, status: int) -> None:
    token(account)
    age(account, left=-10)
    platform.on(REFRESH, answer(status, {"message": "error.auth.invalid_credentials"}))
    platform.on(AUTH, signed_in("access-3"))
    assert token(account) == "access-3"


def test_others_go_on_with_the_old_token_while_one_refreshes(platform: Scripted, account: Account) -> None:
    token(account)
    age(account, left=100)
    platform.on(REFRESH, after_gate(answer(200, {"AccessToken": "access-2", "ExpiresIn": 3600})))
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(token, account)
        while not platform.to(REFRESH):
            threading.Event().wait(0.005)
        assert token(account) == "access-1"
        platform.gate.set()
        assert refreshing.result(30) == "access-2"
    assert len(platform.to(REFRESH)) == 1


@pytest.mark.usefixtures("no_redis")
def test_threads_sign_in_once_without_redis(platform: Scripted, account: Account) -> None:
    _eight_at_once(platform, account)


def test_threads_sign_in_once(platform: Scripted, account: Account) -> None:
    _eight_at_once(platform, account)


def _eight_at_once(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, after_gate(signed_in()))
    start = threading.Barrier(9)

    def ask() -> str:
        start.wait(30)
        return token(account)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask) for _ in range(8)]
        start.wait(30)
        platform.gate.set()
        assert {future.result(30) for future in asked} == {"access-1"}
    assert len(platform.to(AUTH)) == 1


ANOTHER_PROCESS = """
import sys, time, django
django.setup()
from attribution_portal.platform_api import tokens
account = tokens.Account(id=sys.argv[1], username="portal@example.org", password=lambda: "correct-horse-battery")
print("ready", flush=True)
sys.stdin.readline()
print(tokens.current(account, until=time.monotonic() + 30).access, flush=True)
"""


def test_processes_sign_in_once(platform: Scripted, account: Account, settings: Settings) -> None:
    platform.on(AUTH, after_gate(signed_in()))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "attribution_portal.settings",
        "PLATFORM_BASE_URL": platform.base_url,
        "REDIS_URL": settings.REDIS_URL,
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ANOTHER_PROCESS, account.id],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        while not platform.to(AUTH):
            threading.Event().wait(0.005)
        platform.gate.set()
        assert [process.communicate(timeout=60)[0] for process in processes] == ["access-1\n"] * 2
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert len(platform.to(AUTH)) == 1


def test_a_401_means_one_new_sign_in_and_one_more_try(platform: Scripted, caller: Caller) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    platform.on(GET, UNAUTHORIZED, EVENT)
    events.get(caller=caller, eid="evt_1")
    assert [request.headers["authorization"] for request in platform.to(GET)] == [
        "Bearer access-1",
        "Bearer access-2",
    ]
    assert len(platform.to(AUTH)) == 2


def test_a_401_for_the_new_token_too_fails_and_never_loops(platform: Scripted, caller: Caller) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    platform.on(GET, UNAUTHORIZED)
    with pytest.raises(SignInFailed):
        events.get(caller=caller, eid="evt_1")
    assert len(platform.to(GET)) == 2
    assert len(platform.to(AUTH)) == 2


def test_a_token_that_somebody_else_replaced_is_taken_without_signing_in(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    token(account)
    assert token(account, refused=("access-1",)) == "access-2"
    assert token(account, refused=("access-1",)) == "access-2"
    assert len(platform.to(AUTH)) == 2


def test_a_write_refused_with_401_was_not_carried_out_and_is_sent_again(platform: Scripted, caller: Caller) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    platform.on("DELETE /campaign_results/", UNAUTHORIZED, answer(204))
    adjustments.delete(caller=caller, adjustment_id="cr_1", eid="evt_1")
    assert len(platform.to("DELETE /campaign_results/")) == 2


def test_a_401_that_says_not_authorized_is_a_refusal_and_costs_one_sign_in_only(
    platform: Scripted, caller: Caller
) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    platform.on("GET /campaign_results/", NOT_AUTHORIZED)
    for eid in ("evt_1", "evt_2", "evt_3"):
        with pytest.raises(NotPermitted):
            adjustments.list_for_event(caller=caller, eid=eid)
    assert len(platform.to(AUTH)) == 2
    assert len(platform.to("GET /campaign_results/")) == 4


def by_token(**acts: Act) -> Act:
    """Answers by the token that is sent, `NOT_AUTHORIZED` for all that are not named."""

    def act(connection: socket.socket, server: Scripted) -> bool:
        access = server.requests[-1].headers["authorization"].removeprefix("Bearer ").replace("-", "_")
        return acts.get(access, NOT_AUTHORIZED)(connection, server)

    return act


def another_process_signs_in(account: Account) -> None:
    """It leaves its token in Redis; this process remembers its own."""
    mine = dict(tokens._memory)
    token(account, refused=("access-1",))
    tokens._memory.update(mine)


def test_a_dead_token_found_when_redis_is_back_is_not_the_last_word(
    platform: Scripted, caller: Caller, account: Account, settings: Settings
) -> None:
    redis_url = settings.REDIS_URL

    def while_redis_comes_back(connection: socket.socket, server: Scripted) -> bool:
        settings.REDIS_URL = redis_url
        return NOT_AUTHORIZED(connection, server)

    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"), signed_in("access-3"))
    platform.on(GET, by_token(access_1=while_redis_comes_back, access_3=EVENT))
    token(account)
    another_process_signs_in(account)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert events.get(caller=caller, eid="evt_1").value.id == "evt_1"
    assert [request.headers["authorization"] for request in platform.to(GET)] == [
        "Bearer access-1",
        "Bearer access-2",
        "Bearer access-3",
    ]


def test_a_set_that_was_forgotten_elsewhere_is_used_by_nobody(
    platform: Scripted, account: Account, clean_redis: redis.Redis
) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    assert token(account) == "access-1"
    clean_redis.flushdb()
    assert token(account) == "access-2"


def test_who_was_refused_once_still_notices_that_the_session_has_died(platform: Scripted, caller: Caller) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"), signed_in("access-3"))
    platform.on(GET, by_token(access_3=EVENT))
    with pytest.raises(NotPermitted):
        events.get(caller=caller.rereading(), eid="evt_1")
    with pytest.raises(NotPermitted):
        events.get(caller=caller.rereading(), eid="evt_1")
    assert len(platform.to(AUTH)) == 2
    with time_machine.travel(time.time() + 61, tick=False):
        assert events.get(caller=caller.rereading(), eid="evt_1").value.id == "evt_1"
    assert len(platform.to(AUTH)) == 3


def test_a_token_that_works_elsewhere_is_not_replaced_for_a_refusal(platform: Scripted, caller: Caller) -> None:
    platform.on(AUTH, signed_in("access-1"), signed_in("access-2"))
    platform.on("GET /campaign_results/", NOT_AUTHORIZED)
    platform.on(GET, EVENT)
    with pytest.raises(NotPermitted):
        adjustments.list_for_event(caller=caller, eid="evt_1")
    with time_machine.travel(time.time() + 61, tick=False):
        events.get(caller=caller, eid="evt_1")
        with pytest.raises(NotPermitted):
            adjustments.list_for_event(caller=caller, eid="evt_2")
    assert len(platform.to(AUTH)) == 2


CHALLENGES: list[object] = ["SOFTWARE_TOKEN_MFA", {"ChallengeName": "NEW_PASSWORD_REQUIRED"}, {"odd": 1}, True]


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_challenge_is_a_configuration_error_in_words(platform: Scripted, account: Account, challenge: object) -> None:
    platform.on(AUTH, answer(200, {"Challenge": challenge, "Session": "secret-session"}))
    with pytest.raises(SignInFailed) as raised:
        token(account)
    assert "Switch multi-factor sign-in off" in str(raised.value.sentence)
    assert "secret-session" not in f"{raised.value} {raised.value.sentence}"


def test_a_challenge_is_named(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, answer(200, {"Challenge": "SOFTWARE_TOKEN_MFA"}))
    for _ in range(2):
        with pytest.raises(SignInFailed) as raised:
            token(account)
        assert "(SOFTWARE_TOKEN_MFA)" in str(raised.value.sentence)
    assert len(platform.to(AUTH)) == 1


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("error.auth.invalid_credentials", "user name or password"),
        ("error.auth.account_disabled", "disabled"),
        ("error.auth.mfa_required", "multi-factor"),
        ("<script>", "needs attention"),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_remembered_in_words(
    platform: Scripted, account: Account, message: str, words: str, status: int
) -> None:
    platform.on(AUTH, answer(status, {"message": message}))
    for _ in range(3):
        with pytest.raises(SignInFailed) as raised:
            token(account)
        assert words in str(raised.value.sentence)
        assert raised.value.status == status
        forget_in_this_process()
    assert len(platform.to(AUTH)) == 1


@pytest.mark.usefixtures("no_redis")
def test_refused_credentials_are_remembered_without_redis(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, answer(401, {}))
    for _ in range(3):
        with pytest.raises(SignInFailed):
            token(account)
    assert len(platform.to(AUTH)) == 1


def test_new_credentials_are_tried_at_once(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, answer(401, {}), signed_in())
    with pytest.raises(SignInFailed):
        token(account)
    assert token(replace(account, password=lambda: "another")) == "access-1"


@pytest.mark.parametrize("act", [answer(503), answer(429)])
def test_a_platform_that_cannot_sign_anybody_in_is_left_alone_for_a_moment(
    platform: Scripted, account: Account, act: Act
) -> None:
    platform.on(AUTH, act)
    for _ in range(3):
        with pytest.raises(Unavailable):
            token(account)
    assert len(platform.to(AUTH)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        {"AccessToken": "a"},
        {"AccessToken": 1, "IdToken": "b", "RefreshToken": "c", "ExpiresIn": 3600},
        {"AccessToken": "a\nb", "IdToken": "b", "RefreshToken": "c", "ExpiresIn": 3600},
        {"AccessToken": "a", "IdToken": "b", "RefreshToken": "c", "ExpiresIn": 0},
        {"AccessToken": "a", "IdToken": "b", "RefreshToken": "c", "ExpiresIn": "soon"},
    ],
)
def test_an_unreadable_sign_in_is_a_bad_payload(platform: Scripted, account: Account, body: object) -> None:
    platform.on(AUTH, answer(200, body))
    with pytest.raises(BadPayload):
        token(account)


def test_the_password_is_unsealed_only_to_sign_in(platform: Scripted, account: Account) -> None:
    unsealed: list[int] = []

    def password() -> str:
        unsealed.append(1)
        return PASSWORD

    watched = replace(account, password=password)
    for _ in range(3):
        token(watched)
    assert len(unsealed) == 1
    assert PASSWORD not in repr(account)


def test_groups_are_the_partners_in_the_tokens_order(platform: Scripted, account: Account) -> None:
    groups = (
        "fd4711",
        "webapp-access-group-2",
        "partner-id-zeta",
        "partner-id-",
        "xpartner-id-a",
        "fd",
        "fd12x",
        "partner-id-a b",
        "fd4711",
        "partner-id-acme",
    )
    platform.on(AUTH, signed_in(groups=groups))
    assert tokens.groups(account) == ("fd4711", "partner-id-zeta", "partner-id-acme")


@pytest.mark.parametrize("groups", [None, "partner-id-acme", [1, None, {}]])
def test_odd_groups_are_no_partners(platform: Scripted, account: Account, groups: object) -> None:
    platform.on(AUTH, signed_in(groups=groups))
    assert tokens.groups(account) == ()


def test_a_group_that_can_be_no_partners_address_is_left_out(platform: Scripted, account: Account) -> None:
    groups = ("partner-id-a.b~c", "partner-id-a/b", "partner-id-" + "x" * 101, "partner-id-ü", "fd", "fd4711")
    platform.on(AUTH, signed_in(groups=groups))
    assert tokens.groups(account) == ("partner-id-a.b~c", "fd4711")


def test_groups_are_read_anew(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, signed_in(), signed_in(groups=("partner-id-new",)))
    token(account)
    assert tokens.groups(account) == ("partner-id-new",)


def test_an_id_token_that_is_no_jwt_is_a_bad_payload(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, signed_in(IdToken="no.jwt"))
    with pytest.raises(BadPayload):
        tokens.groups(account)


def test_waiting_for_another_sign_in_ends_at_the_deadline(platform: Scripted, account: Account) -> None:
    platform.on(AUTH, after_gate(signed_in()))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(token, account)
        while not platform.to(AUTH):
            threading.Event().wait(0.005)
        with pytest.raises(Unavailable):
            tokens.current(account, until=time.monotonic() + 0.1)
        platform.gate.set()
        assert first.result(30) == "access-1"
    transport.close()
