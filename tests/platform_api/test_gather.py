from __future__ import annotations

import multiprocessing
import os
import threading
import time
from concurrent.futures import wait

import pytest
from pytest_django import Settings

from attribution_portal.platform_api import events
from attribution_portal.platform_api.errors import NotFound, Unavailable
from attribution_portal.platform_api.gather import begin, gather
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.scripted import Scripted, answer


def fail() -> int:
    raise NotFound(endpoint="GET /x")


def test_each_call_has_its_own_outcome() -> None:
    outcomes = gather(deadline=None, one=lambda: 1, two=fail)
    assert outcomes["one"] == 1
    assert isinstance(outcomes["two"], NotFound)
    assert list(outcomes) == ["one", "two"]


def test_calls_run_together() -> None:
    meet = threading.Barrier(8)
    outcomes = gather(deadline=time.monotonic() + 30, **{f"call{n}": lambda: meet.wait(30) for n in range(8)})
    assert sorted(str(value) for value in outcomes.values()) == [str(n) for n in range(8)]


def test_a_call_past_the_deadline_is_unavailable_and_the_others_live() -> None:
    release = threading.Event()
    started = time.monotonic()
    begun = begin(deadline=started + 0.1, slow=lambda: release.wait(60), quick=lambda: True)
    wait([begun.futures["quick"]])
    outcomes = begun.outcomes()
    took = time.monotonic() - started
    release.set()
    assert outcomes["quick"] is True
    assert isinstance(outcomes["slow"], Unavailable)
    assert outcomes["slow"].endpoint == "slow"
    assert took < 20


def test_a_call_that_found_no_place_in_the_pool_is_unavailable(settings: Settings) -> None:
    release = threading.Event()
    calls = {f"call{n}": lambda: release.wait(60) for n in range(100)}
    outcomes = gather(deadline=time.monotonic() + 0.1, **calls)
    release.set()
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes.values())


def test_a_mistake_comes_out() -> None:
    def mistake() -> int:
        raise KeyError("typo")

    with pytest.raises(KeyError):
        gather(deadline=time.monotonic() + 30, fine=lambda: 1, wrong=mistake)


def test_nothing_to_gather_is_nothing() -> None:
    assert gather(deadline=None) == {}


def test_a_forked_process_makes_its_own_connections_and_threads(platform: Scripted, caller: Caller) -> None:
    platform.on("GET /events/evt_1", answer(200, {"id": "evt_1", "title": "A concert"}))

    def read() -> bool:
        outcomes = gather(
            deadline=time.monotonic() + 20,
            one=lambda: events.get(caller=caller.rereading(), eid="evt_1").value.title,
            two=lambda: events.get(caller=caller, eid="evt_1").value.title,
        )
        return outcomes == {"one": "A concert", "two": "A concert"}

    assert read()
    # os._exit: the child must not run this process's exit hooks, which stop the test's servers.
    child = multiprocessing.get_context("fork").Process(target=lambda: os._exit(0 if read() else 1))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert read()
