from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import redis
from pytest_django import Settings

from attribution_portal.platform_api import adjustments, cache, calls, entries, events, packages
from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.errors import (
    BadPayload,
    NotFound,
    NotPermitted,
    PlatformError,
    SignInFailed,
    Unavailable,
    Unknown,
)
from attribution_portal.platform_api.payloads import AttributionSettings, Event, Reading
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.scripted import Act, Scripted, after_gate, answer, reset

GET = "GET /events/evt_1"


def titled(title: str) -> Act:
    return answer(200, {"id": "evt_1", "title": title}, headers={"x-request-id": f"req-{title}"})


def get(caller: Caller) -> Reading[Event]:
    return events.get(caller=caller, eid="evt_1")


def get_aged(caller: Caller, *, soft: float, hard: float) -> Reading[Event]:
    """The same reading under other ages, so that no test waits for time to pass."""
    aged = replace(events.EVENT, ages=Ages(soft=soft, hard=hard))
    return calls.read(aged, caller=caller, scope=events.scope("evt_1"), eid="evt_1")


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        threading.Event().wait(0.005)


def test_a_young_answer_is_served_without_asking(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), titled("second"))
    first, again = get(caller), get(caller)
    assert (first.value, first.stale) == (again.value, again.stale)
    assert again.value.title == "first"
    assert abs((datetime.now(UTC) - again.read_at).total_seconds()) < 5
    assert len(platform.to(GET)) == 1


def test_past_its_soft_age_it_is_served_at_once_and_read_behind_the_page(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), after_gate(titled("second")))
    get(caller)
    stale = get_aged(caller, soft=0, hard=100)
    assert (stale.value.title, stale.stale) == ("first", True)
    platform.gate.set()
    eventually(lambda: get(caller).value.title == "second")
    assert len(platform.to(GET)) == 2


def test_only_one_refreshes_behind_the_page(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), after_gate(titled("second")))
    get(caller)
    for _ in range(5):
        assert get_aged(caller, soft=0, hard=100).stale
    eventually(lambda: len(platform.to(GET)) == 2)
    platform.gate.set()
    eventually(lambda: get(caller).value.title == "second")
    assert len(platform.to(GET)) == 2


def test_past_its_hard_age_it_is_read_again(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), titled("second"))
    get(caller)
    again = get_aged(caller, soft=0, hard=0)
    assert (again.value.title, again.stale) == ("second", False)


@pytest.mark.parametrize("act", [answer(503), answer(429), reset(), answer(200, b"<html>"), answer(200, {})])
def test_when_the_platform_fails_the_last_answer_known_is_served(platform: Scripted, caller: Caller, act: Act) -> None:
    platform.on(GET, titled("first"), act)
    first = get(caller)
    last = get_aged(caller, soft=0, hard=0)
    assert (last.value, last.stale) == (first.value, True)
    assert last.read_at == first.read_at
    asked = len(platform.to(GET))
    assert get_aged(caller, soft=0, hard=0).stale
    assert len(platform.to(GET)) == asked


def test_when_signing_in_fails_the_last_answer_known_is_served(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), answer(401))
    get(caller)
    platform.on("POST /auth", answer(401))
    assert get_aged(caller, soft=0, hard=0).stale


@pytest.mark.parametrize("act", [answer(503), answer(200, b"<html>")])
def test_what_could_not_be_read_replaces_nothing(platform: Scripted, caller: Caller, act: Act) -> None:
    platform.on(GET, titled("first"), act)
    get(caller)
    with pytest.raises((Unavailable, BadPayload)):
        get(caller.rereading())
    assert get(caller).value.title == "first"


@pytest.mark.parametrize(("status", "error"), [(403, NotPermitted), (404, NotFound)])
def test_a_no_is_remembered_for_a_moment(
    platform: Scripted, caller: Caller, clean_redis: redis.Redis, status: int, error: type[PlatformError]
) -> None:
    platform.on(GET, answer(status, {}, headers={"x-request-id": "req-5"}))
    for _ in range(3):
        with pytest.raises(error) as raised:
            get(caller)
        assert (raised.value.status, raised.value.request_id) == (status, "req-5")
    assert len(platform.to(GET)) == 1
    (key,) = clean_redis.scan_iter("portal:partner-id-acme:GET*")
    assert 0 < clean_redis.ttl(key) <= 60


def test_a_no_takes_the_place_of_the_last_answer_known(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), answer(404))
    get(caller)
    with pytest.raises(NotFound):
        get_aged(caller, soft=0, hard=0)
    with pytest.raises(NotFound):
        get(caller)


@pytest.mark.parametrize("how", ["polling", "reread"])
def test_polling_and_rereading_ask_the_platform_and_keep_the_answer(
    platform: Scripted, caller: Caller, how: str
) -> None:
    platform.on(GET, titled("first"), titled("second"))
    get(caller)
    past = caller.rereading() if how == "reread" else replace(caller, lane="polling", deadline=None)
    assert get(past).value.title == "second"
    assert get(caller).value.title == "second"
    assert len(platform.to(GET)) == 2


def test_rereading_never_gets_the_last_answer_known(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), answer(503))
    get(caller)
    with pytest.raises(Unavailable):
        get(caller.rereading())


def test_another_partner_never_gets_the_answer(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("acme"), titled("sakura"))
    assert get(caller).value.title == "acme"
    assert get(replace(caller, partner_id="partner-id-sakura")).value.title == "sakura"
    assert [request.headers["x-preferred-partner-id"] for request in platform.to(GET)] == [
        "partner-id-acme",
        "partner-id-sakura",
    ]


def test_the_partner_is_in_every_key(platform: Scripted, caller: Caller, clean_redis: redis.Redis) -> None:
    platform.on(GET, titled("acme"))
    platform.on("GET /events/gone", answer(404))
    platform.on("GET /events/down", answer(503))
    get(caller)
    for eid in ("gone", "down"):
        with pytest.raises(PlatformError):
            events.get(caller=caller, eid=eid)
    entries.drop(caller.partner_id, "event:evt_1")
    keys = [key.decode() for key in clean_redis.scan_iter("portal:*")]
    assert len(keys) == 4
    assert all(key.startswith("portal:partner-id-acme:") for key in keys)


def test_no_key_is_made_without_a_partner() -> None:
    with pytest.raises(ValueError, match="partner"):
        entries.key_for(partner_id="", endpoint="GET /x", params=(), scope="x")


def test_a_partner_cannot_name_itself_into_another_ones_keys() -> None:
    one = entries.key_for(partner_id="a:GET", endpoint="x", params=(), scope="s")
    other = entries.key_for(partner_id="a", endpoint="GET:x", params=(), scope="s")
    assert one.name.split(":")[1] == "a%3AGET"
    assert one.name != other.name


def test_other_parameters_are_another_answer(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/", answer(200, [{"id": 1}]), answer(200, [{"id": 2}]))
    one = events.list_events(caller=caller, query=events.EventQuery(city=("Berlin",)))
    two = events.list_events(caller=caller, query=events.EventQuery(city=("Bonn",)))
    assert (one.value.items[0].id, two.value.items[0].id) == ("1", "2")


def test_another_platform_is_another_answer(platform: Scripted, caller: Caller, settings: Settings) -> None:
    before = entries.key_for(partner_id="a", endpoint="x", params=(), scope="s")
    settings.PLATFORM_BASE_URL = "https://staging.example/api/v3"
    assert entries.key_for(partner_id="a", endpoint="x", params=(), scope="s") != before


def test_cold_readers_together_cause_one_call(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, after_gate(titled("first")), titled("second"))
    with ThreadPoolExecutor(6) as pool:
        readings = [pool.submit(get, caller) for _ in range(6)]
        eventually(lambda: len(platform.to(GET)) == 1)
        platform.gate.set()
        assert {future.result(30).value.title for future in readings} == {"first"}
    assert len(platform.to(GET)) == 1


def test_cold_readers_share_a_failure_too(platform: Scripted, caller: Caller, clean_redis: redis.Redis) -> None:
    def looks() -> int:
        return int(clean_redis.info("commandstats").get("cmdstat_mget", {"calls": 0})["calls"])

    platform.on(GET, after_gate(answer(200, b"<html>")))
    before = looks()
    together = threading.Barrier(4)

    def read() -> Reading[Event]:
        together.wait(30)
        return get(caller)

    with ThreadPoolExecutor(4) as pool:
        readings = [pool.submit(read) for _ in range(4)]
        # So many looks into Redis that every reader is past its first one: a later comer asks for itself, rightly.
        eventually(lambda: len(platform.to(GET)) == 1 and looks() >= before + 20)
        platform.gate.set()
        for future in readings:
            with pytest.raises(BadPayload):
                future.result(30)
    assert len(platform.to(GET)) == 1


def test_waiting_for_another_reader_ends_at_the_deadline(
    platform: Scripted, caller: Caller, within: Callable[[Caller, float], Caller]
) -> None:
    platform.on(GET, after_gate(titled("first")))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, caller)
        eventually(lambda: len(platform.to(GET)) == 1)
        with pytest.raises(Unavailable):
            get(within(caller, 0.1))
        platform.gate.set()
        assert first.result(30).value.title == "first"


def test_a_reader_that_was_killed_keeps_nobody_from_reading(
    platform: Scripted, caller: Caller, within: Callable[[Caller, float], Caller], clean_redis: redis.Redis
) -> None:
    platform.on(GET, titled("first"), titled("second"))
    get(caller)
    (name,) = [key for key in clean_redis.scan_iter("portal:partner-id-acme:*") if b":mark:" not in key]
    clean_redis.delete(name)
    clean_redis.set(name + b":lock", "held by a process that is gone")
    assert get(within(caller, 4)).value.title == "second"


ANOTHER_PROCESS = """
import sys, time, django
django.setup()
from attribution_portal.platform_api import events
from attribution_portal.platform_api.tokens import Account
from attribution_portal.platform_api.transport import Caller
account = Account(id=sys.argv[1], username="portal@example.org", password=lambda: "correct-horse-battery")
print("ready", flush=True)
sys.stdin.readline()
caller = Caller(account, "partner-id-acme", deadline=time.monotonic() + 30)
print(events.get(caller=caller, eid="evt_1").value.title, flush=True)
"""


def test_processes_together_cause_one_call(platform: Scripted, caller: Caller, settings: Settings) -> None:
    platform.on(GET, after_gate(titled("first")), titled("second"))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "attribution_portal.settings",
        "PLATFORM_BASE_URL": platform.base_url,
        "REDIS_URL": settings.REDIS_URL,
    }
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER_PROCESS, caller.account.id],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with ThreadPoolExecutor(1) as pool:
            mine = pool.submit(get, replace(caller, deadline=time.monotonic() + 30))
            eventually(lambda: len(platform.to(GET)) == 1)
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            platform.gate.set()
            assert process.communicate(timeout=60)[0] == "first\n"
            assert mine.result(30).value.title == "first"
    assert len(platform.to(GET)) == 1


def test_a_write_drops_what_it_makes_untrue_and_nothing_else(platform: Scripted, caller: Caller) -> None:
    listing = "GET /campaign_results/"
    row = {"id": "cr_1", "eid": "evt_1", "purchase": 1, "revenue": 2.5}
    platform.on(listing, answer(200, []))
    platform.on("GET /events/evt_2", answer(200, {"id": "evt_2"}))
    platform.on("POST /campaign_results/", answer(200, row))
    sakura = replace(caller, partner_id="partner-id-sakura")
    for one in (caller, sakura):
        adjustments.list_for_event(caller=one, eid="evt_1")
    events.get(caller=caller, eid="evt_2")

    platform.on(listing, answer(200, [row]))
    created = adjustments.create(caller=caller, eid="evt_1", purchases=1, revenue=Decimal("2.50"))

    assert created.value is not None
    assert created.value.id == "cr_1"
    assert platform.to("POST /campaign_results/")[0].query == (
        "eid=evt_1&partner_id=partner-id-acme&purchase=1&revenue=2.50"
    )
    assert [entry.id for entry in adjustments.list_for_event(caller=caller, eid="evt_1").value] == ["cr_1"]
    assert adjustments.list_for_event(caller=sakura, eid="evt_1").value == ()
    events.get(caller=caller, eid="evt_2")
    assert len(platform.to(listing)) == 3
    assert len(platform.to("GET /events/evt_2")) == 1


def test_a_write_of_unknown_outcome_drops_as_well(platform: Scripted, caller: Caller) -> None:
    path = "/package_builder/packages/pkg_1/backhaul_evaluation_details"
    platform.on(f"GET {path}", answer(200, {}), answer(200, {"backhaul_evaluation_model": "EVENT_SERIES"}))
    platform.on(f"PUT {path}", answer(500))
    assert packages.settings(caller=caller, package_id="pkg_1").value.is_empty
    with pytest.raises(Unknown):
        packages.put_settings(
            caller=caller, package_id="pkg_1", settings=AttributionSettings("EVENT_SERIES", None, None)
        )
    assert packages.settings(caller=caller, package_id="pkg_1").value.model == "EVENT_SERIES"


def test_a_reading_that_began_before_a_drop_is_not_kept(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, after_gate(titled("before")), titled("after"))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(get, caller)
        eventually(lambda: len(platform.to(GET)) == 1)
        entries.drop(caller.partner_id, events.scope("evt_1"))
        platform.gate.set()
        assert slow.result(30).value.title == "before"
    assert get(caller).value.title == "after"


def test_a_large_answer_is_kept_compressed(platform: Scripted, caller: Caller, clean_redis: redis.Redis) -> None:
    platform.on(GET, titled("x" * 5000))
    get(caller)
    (key,) = clean_redis.scan_iter("portal:partner-id-acme:GET*")
    assert clean_redis.strlen(key) < 1000
    cache._values.clear()
    assert get(caller).value.title == "x" * 5000
    assert len(platform.to(GET)) == 1


def test_a_warm_answer_is_decoded_once(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"))
    assert get(caller).value is get(caller).value


def test_what_another_release_left_behind_is_read_again(
    platform: Scripted, caller: Caller, clean_redis: redis.Redis
) -> None:
    platform.on(GET, titled("first"), titled("second"))
    get(caller)
    (key,) = clean_redis.scan_iter("portal:partner-id-acme:GET*")
    clean_redis.set(key, b"something else")
    assert get(caller).value.title == "second"


@pytest.mark.usefixtures("no_redis")
def test_without_redis_pages_read_directly(platform: Scripted, caller: Caller) -> None:
    platform.on(GET, titled("first"), titled("second"), answer(404))
    platform.on("DELETE /campaign_results/", answer(204))
    assert [get(caller).value.title, get(caller.rereading()).value.title] == ["first", "second"]
    with pytest.raises(NotFound):
        get(caller)
    adjustments.delete(caller=caller, adjustment_id="cr_1", eid="evt_1")


@pytest.mark.usefixtures("no_redis")
def test_a_dead_redis_is_mentioned_once(platform: Scripted, caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    platform.on(GET, titled("first"))
    for _ in range(3):
        get(caller)
    assert [record.message for record in caplog.records if "redis unreachable" in record.message] == [
        "redis unreachable (ConnectionError): working without it"
    ]


def test_a_sign_in_failure_without_anything_known_comes_out(platform: Scripted, caller: Caller) -> None:
    platform.on("POST /auth", answer(401))
    with pytest.raises(SignInFailed):
        get(caller)
