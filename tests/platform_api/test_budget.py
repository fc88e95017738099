from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest
import time_machine
from pytest_django import Settings

from attribution_portal.platform_api import adjustments, events
from attribution_portal.platform_api.errors import Unavailable
from attribution_portal.platform_api.transport import Caller
from tests.platform_api.scripted import Scripted, answer


@pytest.fixture
def tight(settings: Settings, platform: Scripted) -> None:
    settings.PLATFORM_READS_PER_MINUTE = 10
    settings.PLATFORM_WRITES_PER_MINUTE = 2
    platform.on("GET /events/evt_1", answer(200, {"id": "evt_1"}))
    platform.on("DELETE /campaign_results/", answer(204))


def reads(caller: Caller, times: int) -> int:
    """How many of so many reads got through."""
    refused: list[float | None] = []
    for _ in range(times):
        try:
            events.get(caller=caller.rereading(), eid="evt_1")
        except Unavailable as error:
            refused.append(error.retry_after)
    assert all(seconds is not None and 0 < seconds <= 60 for seconds in refused)
    return times - len(refused)


def in_lane(caller: Caller, lane: str) -> Caller:
    return replace(caller, lane=lane, deadline=time.monotonic() + 15)  # type: ignore[arg-type]


@pytest.mark.usefixtures("tight")
def test_people_may_use_all_of_it(platform: Scripted, caller: Caller) -> None:
    assert reads(in_lane(caller, "person"), 14) == 10
    assert len(platform.to("GET /events/evt_1")) == 10


@pytest.mark.usefixtures("tight")
def test_polling_leaves_a_fifth_to_people(platform: Scripted, caller: Caller) -> None:
    assert reads(in_lane(caller, "polling"), 14) == 8
    assert reads(in_lane(caller, "person"), 14) == 2
    assert len(platform.to("GET /events/evt_1")) == 10


@pytest.mark.usefixtures("tight")
def test_what_people_use_counts_against_polling(caller: Caller) -> None:
    assert reads(in_lane(caller, "person"), 6) == 6
    assert reads(in_lane(caller, "polling"), 6) == 2
    assert reads(in_lane(caller, "person"), 6) == 2


@pytest.mark.usefixtures("tight")
def test_what_people_use_beyond_the_share_counts_against_polling_too(caller: Caller) -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        assert reads(in_lane(caller, "person"), 8) == 8
        clock.shift(50)
        assert reads(in_lane(caller, "person"), 2) == 2
        clock.shift(11)
        assert reads(in_lane(caller, "polling"), 10) == 6
        assert reads(in_lane(caller, "person"), 10) == 2


@pytest.mark.usefixtures("tight")
def test_calls_that_are_refused_use_up_nothing(caller: Caller) -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        assert reads(in_lane(caller, "person"), 30) == 10
        assert reads(in_lane(caller, "polling"), 30) == 0
        clock.shift(61)
        assert reads(in_lane(caller, "polling"), 30) == 8


@pytest.mark.usefixtures("tight")
def test_each_partner_has_its_own(caller: Caller) -> None:
    assert reads(in_lane(caller, "person"), 10) == 10
    assert reads(replace(in_lane(caller, "person"), partner_id="partner-id-sakura"), 3) == 3


@pytest.mark.usefixtures("tight")
def test_writes_have_their_own_and_are_not_sent_without_it(platform: Scripted, caller: Caller) -> None:
    assert reads(in_lane(caller, "person"), 10) == 10
    for _ in range(2):
        adjustments.delete(caller=caller, adjustment_id="cr_1", eid="evt_1")
    with pytest.raises(Unavailable) as raised:
        adjustments.create(caller=caller, eid="evt_1", purchases=1, revenue=Decimal(1))
    assert type(raised.value) is Unavailable
    assert platform.to("POST /campaign_results/") == []


@pytest.mark.usefixtures("tight", "no_redis")
def test_without_redis_every_call_passes(caller: Caller) -> None:
    assert reads(in_lane(caller, "polling"), 14) == 14
