from __future__ import annotations

import threading
import time

import pytest
from pytest_django import Settings

from attribution_portal.platform_api.errors import NotFound, Unavailable
from attribution_portal.platform_api.gather import gather


def fail() -> int:
    raise NotFound(endpoint="GET /x")


def test_each_call_has_its_own_outcome() -> None:
    outcomes = gather(deadline=None, one=lambda: 1, two=fail)
    assert outcomes["one"] == 1
    assert isinstance(outcomes["two"], NotFound)
    assert list(outcomes) == ["one", "two"]


def test_calls_run_together() -> None:
    meet = threading.Barrier(8)
    outcomes = gather(deadline=time.monotonic() + 5, **{f"call{n}": lambda: meet.wait(5) for n in range(8)})
    assert sorted(str(value) for value in outcomes.values()) == [str(n) for n in range(8)]


def test_a_call_past_the_deadline_is_unavailable_and_the_others_live() -> None:
    release = threading.Event()
    started = time.monotonic()
    outcomes = gather(deadline=started + 0.1, slow=lambda: release.wait(10), quick=lambda: True)
    took = time.monotonic() - started
    release.set()
    assert outcomes["quick"] is True
    assert isinstance(outcomes["slow"], Unavailable)
    assert outcomes["slow"].endpoint == "slow"
    assert took < 0.5


def test_a_call_that_found_no_place_in_the_pool_is_unavailable(settings: Settings) -> None:
    release = threading.Event()
    calls = {f"call{n}": lambda: release.wait(10) for n in range(100)}
    outcomes = gather(deadline=time.monotonic() + 0.1, **calls)
    release.set()
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes.values())


def test_a_mistake_comes_out() -> None:
    def mistake() -> int:
        raise KeyError("typo")

    with pytest.raises(KeyError):
        gather(deadline=time.monotonic() + 5, fine=lambda: 1, wrong=mistake)


def test_nothing_to_gather_is_nothing() -> None:
    assert gather(deadline=None) == {}
