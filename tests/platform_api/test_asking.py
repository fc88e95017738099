from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from attribution_portal.platform_api import events
from attribution_portal.platform_api.asking import ask
from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.calls import Question
from attribution_portal.platform_api.errors import NotFound, Unavailable
from attribution_portal.platform_api.payloads import Event, Reading
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.scripted import Act, Scripted, after_gate, answer
from tests.platform_api.test_cache import eventually


def titled(eid: str, title: str) -> Act:
    return answer(200, {"id": eid, "title": title})


def event(eid: str) -> Question[Event]:
    return events.get_of(eid=eid)


def title(outcome: object) -> str:
    assert isinstance(outcome, Reading)
    return str(outcome.value.title)


def commands(client: redis.Redis) -> int:
    """How many commands the server has carried out; asking it is one of them."""
    return int(client.info("stats")["total_commands_processed"])


def test_what_is_kept_takes_one_round_trip_and_no_call(
    platform: Scripted, caller: Caller, clean_redis: redis.Redis
) -> None:
    names = [f"evt_{n}" for n in range(9)]
    for name in names:
        platform.on(f"GET /events/{name}", titled(name, name.upper()))
    questions = {name: event(name) for name in names}
    assert [title(each) for each in ask(caller, **questions).answers().values()] == [name.upper() for name in names]
    before = commands(clean_redis)
    again = ask(caller, **questions).answers()
    assert commands(clean_redis) - before == 2
    assert {name: title(each) for name, each in again.items()} == {name: name.upper() for name in names}
    assert all(len(platform.to(f"GET /events/{name}")) == 1 for name in names)


def test_the_page_goes_on_while_the_platform_thinks(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_kept", titled("evt_kept", "kept"))
    platform.on("GET /events/evt_slow", after_gate(titled("evt_slow", "slow")))
    event("evt_kept").read(caller)
    asked = ask(caller, kept=event("evt_kept"), slow=event("evt_slow"))
    assert title(asked.known["kept"]) == "kept"
    platform.gate.set()
    assert {name: title(each) for name, each in asked.answers().items()} == {"kept": "kept", "slow": "slow"}


def test_each_question_has_its_own_outcome_and_a_no_is_remembered(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", titled("evt_1", "one"))
    platform.on("GET /events/evt_2", answer(404, {}))
    for _ in range(2):
        answers = ask(caller, one=event("evt_1"), two=event("evt_2")).answers()
        assert title(answers["one"]) == "one"
        assert isinstance(answers["two"], NotFound)
    assert len(platform.to("GET /events/evt_2")) == 1


def test_an_old_answer_is_told_at_once_and_read_behind_the_page(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", titled("evt_1", "first"), after_gate(titled("evt_1", "second")))
    event("evt_1").read(caller)
    aged = replace(event("evt_1"), call=replace(events.EVENT, ages=Ages(soft=0, hard=100)))
    (found,) = ask(caller, one=aged).answers().values()
    assert isinstance(found, Reading)
    assert (found.value.title, found.stale) == ("first", True)
    platform.gate.set()
    eventually(lambda: title(ask(caller, one=event("evt_1")).answers()["one"]) == "second")
    assert len(platform.to("GET /events/evt_1")) == 2


def test_who_reads_anew_gets_nothing_that_is_kept(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", titled("evt_1", "first"), titled("evt_1", "second"))
    event("evt_1").read(caller)
    assert title(ask(caller.rereading(), one=event("evt_1")).answers()["one"]) == "second"


def test_who_asks_nobody_gets_what_is_kept_alone(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", titled("evt_1", "first"))
    event("evt_1").read(caller)
    answers = ask(caller.asking_nobody(), one=event("evt_1"), two=event("evt_2")).answers()
    assert title(answers["one"]) == "first"
    assert isinstance(answers["two"], Unavailable)
    assert platform.to("GET /events/evt_2") == []


@pytest.mark.usefixtures("no_redis")
def test_without_redis_everything_is_read(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", titled("evt_1", "first"))
    assert title(ask(caller, one=event("evt_1")).answers()["one"]) == "first"


def test_another_partners_answers_are_not_told(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", titled("evt_1", "ours"), titled("evt_1", "theirs"))
    event("evt_1").read(caller)
    other = replace(caller, partner_id="partner-id-other")
    assert title(ask(other, one=event("evt_1")).answers()["one"]) == "theirs"
    assert len(platform.to("GET /events/evt_1")) == 2


def test_nothing_to_ask_is_nothing(caller: Caller) -> None:
    assert ask(caller).answers() == {}
