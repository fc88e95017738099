"""Calls to the platform, counted by endpoint, purpose and outcome over all processes, as `/metrics` tells them."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from attribution_portal import platform_api
from attribution_portal.accounts.models import User
from attribution_portal.platform_api import events, packages, status, store, tally, tokens
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.platform_api.transport import Caller
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners
from tests.platform_api.scripted import Act, Scripted, answer, cut, hang, reset

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-twenty-letters"
GET, EVENT = "GET /events/evt_1", "GET /events/{eid}"
PUT = "PUT /package_builder/packages/pkg_1/backhaul_evaluation_details"
DETAILS = "PUT /package_builder/packages/{package_id}/backhaul_evaluation_details"
SETTINGS = AttributionSettings(model="EVENT_SERIES", window=14, email_sent_date=None)
LABELS = ("endpoint", "purpose", "outcome", "le")
Samples = dict[tuple[str, ...], float]


@pytest.fixture
def from_nothing(clean_redis: redis.Redis) -> Iterator[None]:
    """What earlier tests of this process have counted is told, and forgotten."""
    tally.flush()
    clean_redis.delete(tally.KEY)
    yield
    tally.flush()
    clean_redis.delete(tally.KEY)


@pytest.fixture
def told(settings: Settings, from_nothing: None) -> Callable[[], Samples]:
    settings.METRICS_TOKEN = TOKEN

    def scrape() -> Samples:
        text = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
        families = text_string_to_metric_families(text)
        return {
            (each.name, *(each.labels[label] for label in LABELS if label in each.labels)): each.value
            for family in families
            for each in family.samples
            if each.name.startswith("portal_platform_")
        }

    return scrape


def calls(samples: Samples) -> Samples:
    return {key[1:]: value for key, value in samples.items() if key[0] == "portal_platform_calls_total"}


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (answer(200, {"id": "evt_1"}), "ok"),
        (answer(200, {"validation_errors": [{"code": "X", "field": "q"}]}), "refused"),
        (answer(400, {}), "refused"),
        (answer(422, {}), "refused"),
        (answer(403, {}), "not_permitted"),
        (answer(404, {}), "not_found"),
        (answer(410, {}), "not_found"),
        (answer(409, {}), "conflict"),
        (answer(200, b"<html>a gateway</html>"), "unreadable"),
        (answer(200, b" \n"), "unreadable"),
        (answer(200, b'{"id": "evt_1"'), "unreadable"),
        (answer(200, {"identity": "evt_1"}), "malformed"),
        (answer(200, ["evt_1"]), "malformed"),
        (answer(200, b"null"), "malformed"),
        (answer(204), "malformed"),
        (answer(200, b"x", headers={"Content-Encoding": "br"}), "unreadable"),
        (answer(301, {}), "unreadable"),
    ],
)
def test_a_read_is_counted_by_what_became_of_it(
    platform: Scripted, caller: Caller, told: Callable[[], Samples], act: Act, outcome: str
) -> None:
    platform.on(GET, act)
    with suppress(PlatformError):
        events.get(caller=caller, eid="evt_1")
    assert calls(told()) == {("POST /auth", "both", "ok"): 1, (EVENT, "people", outcome): 1}


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (answer(429, {}, headers={"Retry-After": "0"}), "limited"),
        (answer(500, {}), "failed"),
        (answer(408, {}), "failed"),
        (reset(), "failed"),
        (cut(b'{"id": '), "failed"),
    ],
)
def test_each_try_of_a_read_is_counted(
    platform: Scripted, caller: Caller, told: Callable[[], Samples], act: Act, outcome: str
) -> None:
    platform.on(GET, act, act, answer(200, {"id": "evt_1"}))
    events.get(caller=caller, eid="evt_1")
    assert calls(told()) == {
        ("POST /auth", "both", "ok"): 1,
        (EVENT, "people", outcome): 2,
        (EVENT, "people", "ok"): 1,
    }


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (answer(200, {}), "ok"),
        (answer(200), "ok"),
        (answer(422, {}), "refused"),
        (answer(409, {}), "conflict"),
        (answer(429, {}), "limited"),
        (answer(500, {}), "unknown"),
        (answer(303, {}), "unknown"),
        (answer(200, b"<html>a gateway</html>"), "unknown"),
        (answer(200, b'{"id": 1'), "unknown"),
        (reset(), "unknown"),
    ],
)
def test_a_write_that_nobody_can_tell_about_is_unknown(
    platform: Scripted, caller: Caller, told: Callable[[], Samples], act: Act, outcome: str
) -> None:
    platform.on(PUT, act)
    with suppress(PlatformError):
        packages.put_settings(caller=caller, package_id="pkg_1", settings=SETTINGS)
    assert calls(told()) == {("POST /auth", "both", "ok"): 1, (DETAILS, "people", outcome): 1}


def test_polling_counts_them_alike_and_equal_bodies_each(
    platform: Scripted, caller: Caller, told: Callable[[], Samples]
) -> None:
    """Equal bodies are decoded once."""
    good = answer(200, {"id": "evt_1"})
    platform.on(GET, answer(200, {}), answer(200, {}), good, good)
    polling = replace(caller, lane="polling")
    for _ in range(4):
        with suppress(PlatformError):
            events.get(caller=polling, eid="evt_1")
    assert calls(told()) == {
        ("POST /auth", "both", "ok"): 1,
        (EVENT, "polling", "malformed"): 2,
        (EVENT, "polling", "ok"): 2,
    }


@pytest.mark.parametrize("act", [answer(404, {}), answer(204), answer(200, {})])
def test_none_yet_is_read_where_the_contract_has_it(
    platform: Scripted, caller: Caller, told: Callable[[], Samples], act: Act
) -> None:
    platform.on(PUT.replace("PUT", "GET"), act)
    assert packages.settings(caller=caller, package_id="pkg_1").value.model is None
    assert {key[2] for key in calls(told())} <= {"ok", "not_found"}


def test_an_answer_of_the_wrong_shape_costs_no_round_trip_of_its_own(
    platform: Scripted, caller: Caller, from_nothing: None, clean_redis: redis.Redis
) -> None:
    def commands(act: Act) -> int:
        platform.on(GET, act)
        before = int(clean_redis.info("stats")["total_commands_processed"])
        with suppress(PlatformError):
            events.get(caller=replace(caller, lane="polling"), eid="evt_1")
        return int(clean_redis.info("stats")["total_commands_processed"]) - before

    commands(answer(200, {"id": "evt_1"}))
    # What is not understood is not kept, which spares the commands that keep it.
    assert commands(answer(200, {"identity": "evt_1"})) < commands(answer(200, {"id": "evt_1"}))
    assert not clean_redis.exists(tally.KEY)


def test_so_is_a_write_that_gets_no_answer(
    platform: Scripted, caller: Caller, told: Callable[[], Samples], settings: Settings
) -> None:
    platform.on(PUT, hang())
    tokens.current(caller.account, until=time.monotonic() + 20)
    settings.PLATFORM_READ_SECONDS = 0.3
    with suppress(PlatformError):
        packages.put_settings(caller=caller, package_id="pkg_1", settings=SETTINGS)
    assert calls(told()) == {("POST /auth", "both", "ok"): 1, (DETAILS, "people", "unknown"): 1}


def test_silence_is_a_timeout_and_a_closed_door_unreachable(
    platform: Scripted, told: Callable[[], Samples], settings: Settings
) -> None:
    settings.PLATFORM_READ_SECONDS = 0.1
    platform.on("GET /status/", hang())
    assert not status.get()
    settings.PLATFORM_BASE_URL = "http://127.0.0.1:9/api/v3"
    assert not status.get()
    assert calls(told()) == {("GET /status/", "people", "timeout"): 1, ("GET /status/", "people", "unreachable"): 1}


def test_polling_is_told_from_people_and_sign_ins_serve_both(
    platform: Scripted, caller: Caller, told: Callable[[], Samples]
) -> None:
    platform.on(GET, answer(200, {"id": "evt_1"}))
    events.get(caller=replace(caller, lane="polling"), eid="evt_1")
    # Read from what is kept: no call.
    events.get(caller=caller, eid="evt_1")
    events.get(caller=caller.rereading(), eid="evt_1")
    assert calls(told()) == {
        ("POST /auth", "both", "ok"): 1,
        (EVENT, "polling", "ok"): 1,
        (EVENT, "people", "ok"): 1,
    }


def test_wrong_credentials_and_dead_tokens_are_no_lack_of_permission(
    platform: Scripted, caller: Caller, told: Callable[[], Samples]
) -> None:
    platform.on("POST /auth", answer(401, {"message": "error.auth.invalid_credentials"}))
    with pytest.raises(PlatformError):
        events.get(caller=caller, eid="evt_1")
    assert calls(told()) == {("POST /auth", "both", "unauthenticated"): 1}


@pytest.mark.parametrize(("body", "outcome"), [({"AccessToken": "a"}, "malformed"), (b"{", "unreadable")])
def test_a_sign_in_that_cannot_be_read_is_no_success(
    platform: Scripted, caller: Caller, told: Callable[[], Samples], body: object, outcome: str
) -> None:
    platform.on("POST /auth", answer(200, body))
    with pytest.raises(PlatformError):
        events.get(caller=caller, eid="evt_1")
    assert calls(told()) == {("POST /auth", "both", outcome): 1}


def test_a_call_that_the_account_may_not_make_is_not_permitted_though_its_status_is_401(
    platform: Scripted, caller: Caller, told: Callable[[], Samples]
) -> None:
    platform.on(GET, answer(401, {"message": "error.auth.not_authorized"}))
    with pytest.raises(PlatformError):
        events.get(caller=caller, eid="evt_1")
    counted = calls(told())
    assert {key[2] for key in counted if key[0] == EVENT} == {"not_permitted"}


def test_durations_are_a_histogram(told: Callable[[], Samples]) -> None:
    for seconds in (0.0, 0.05, 0.0501, 0.9, 5.0, 11.25):
        tally.add(endpoint=EVENT, purpose="polling", outcome="ok", seconds=seconds)
    name, samples = "portal_platform_call_duration_seconds", told()
    below = {key[3]: value for key, value in samples.items() if key[:3] == (f"{name}_bucket", EVENT, "polling")}
    assert below == {
        "0.05": 2,
        "0.1": 3,
        "0.25": 3,
        "0.5": 3,
        "1.0": 4,
        "2.5": 4,
        "5.0": 5,
        "10.0": 5,
        "+Inf": 6,
    }
    assert samples[(f"{name}_count", EVENT, "polling")] == 6
    assert samples[(f"{name}_sum", EVENT, "polling")] == 17.2501


def test_a_call_takes_as_long_as_it_takes(platform: Scripted, told: Callable[[], Samples], settings: Settings) -> None:
    settings.PLATFORM_READ_SECONDS = 0.3
    platform.on("GET /status/", hang())
    began = time.monotonic()
    status.get()
    took = time.monotonic() - began
    name, samples = "portal_platform_call_duration_seconds", told()
    assert 0.3 <= samples[(f"{name}_sum", "GET /status/", "people")] <= took
    assert samples[(f"{name}_bucket", "GET /status/", "people", "0.25")] == 0
    assert samples[(f"{name}_bucket", "GET /status/", "people", "+Inf")] == 1


def test_it_is_written_as_prometheus_expects(
    platform: Scripted, told: Callable[[], Samples], settings: Settings
) -> None:
    platform.on("GET /status/", answer(200, {}))
    status.get()
    text = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert "# TYPE portal_platform_calls_total counter\n" in text
    assert "# TYPE portal_platform_call_duration_seconds histogram\n" in text
    assert 'portal_platform_calls_total{endpoint="GET /status/",outcome="ok",purpose="people"} 1.0\n' in text


def test_labels_are_the_code_s_own_words_and_never_an_id(
    sandbox: Sandbox,
    partners: Partners,
    alice: User,
    client_for: Callable[..., Client],
    told: Callable[[], Samples],
    settings: Settings,
) -> None:
    client = client_for(alice)
    for path in ("", "events/evt_closed/", "campaigns/evt_closed/", "events/no-such-event/"):
        client.get(f"/p/partner-id-acme/{path}")
    counted = calls(told())
    assert len(counted) > 10
    assert {endpoint for endpoint, _, _ in counted} <= templates()
    assert {purpose for _, purpose, _ in counted} == {"people", "both"}
    assert {outcome for _, _, outcome in counted} == {"ok", "not_found"}


def templates() -> set[str]:
    """Of every Endpoint that the code makes, all from constants."""
    found: set[str] = set()
    for file in Path(next(iter(platform_api.__path__))).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Endpoint":
                method, template = (ast.literal_eval(each) for each in node.args)
                found.add(f"{method} {template}")
    return found


def test_many_threads_lose_no_call(platform: Scripted, told: Callable[[], Samples]) -> None:
    platform.on("GET /status/", answer(200, {}))

    def some() -> None:
        for _ in range(25):
            status.get()
            tally.flush()

    threads = [threading.Thread(target=some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls(told()) == {("GET /status/", "people", "ok"): 100}


OTHER = """
import django
django.setup()
from attribution_portal.platform_api import status
assert [status.get(), status.get()] == [True, True]
"""


def test_another_process_is_counted_too_when_it_ends(
    platform: Scripted, told: Callable[[], Samples], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.on("GET /status/", answer(200, {}))
    status.get()
    monkeypatch.setenv("PLATFORM_BASE_URL", platform.base_url)
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "attribution_portal.settings")
    subprocess.run([sys.executable, "-c", OTHER], check=True)
    assert calls(told()) == {("GET /status/", "people", "ok"): 3}


def test_a_call_costs_no_round_trip_of_its_own(
    platform: Scripted, from_nothing: None, clean_redis: redis.Redis
) -> None:
    platform.on("GET /status/", answer(200, {}))
    before = int(clean_redis.info("stats")["total_commands_processed"])
    for _ in range(20):
        status.get()
    # The question itself is a command.
    assert int(clean_redis.info("stats")["total_commands_processed"]) - before == 1
    assert not clean_redis.exists(tally.KEY)


def test_it_adds_what_is_new_by_itself_a_little_later(
    platform: Scripted, from_nothing: None, clean_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "FLUSH_SECONDS", 0.01)
    platform.on("GET /status/", answer(200, {}))
    status.get()
    until = time.monotonic() + 10
    while not clean_redis.exists(tally.KEY) and time.monotonic() < until:
        threading.Event().wait(0.01)
    assert clean_redis.hget(tally.KEY, "calls\tGET /status/\tpeople\tok") == b"1"


def test_without_redis_it_goes_on_counting_and_adds_when_it_is_back(
    platform: Scripted, told: Callable[[], Samples], settings: Settings
) -> None:
    platform.on("GET /status/", answer(200, {}))
    there = settings.REDIS_URL
    store.close()
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    status.get()
    assert told() == {}
    status.get()
    store.close()
    settings.REDIS_URL = there
    assert calls(told()) == {("GET /status/", "people", "ok"): 2}


def test_what_another_release_has_left_there_is_passed_over(
    platform: Scripted, told: Callable[[], Samples], clean_redis: redis.Redis
) -> None:
    clean_redis.hset(tally.KEY, mapping={"odd": 1, "within\tGET /x\tpeople\t0.07": 3, "calls\ta": 2})
    platform.on("GET /status/", answer(200, {}))
    status.get()
    assert calls(told()) == {("GET /status/", "people", "ok"): 1}
