"""Budgets by the minute (contract §3)."""

from __future__ import annotations

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.world import SAKURA

from .conftest import TODAY, HandClock, Platform


def test_reads_and_writes_have_their_own_minutes(hand: HandClock) -> None:
    platform = Platform(Sandbox(today=TODAY, clock=hand, reads_per_minute=3, writes_per_minute=1))
    platform.sign_in()
    write = "/events/evt_running/attribution_model"
    assert [platform.call("GET", "/partners/")[0] for _ in range(4)] == [200, 200, 200, 429]
    assert [platform.call("PUT", write, json_body={"model": "FD"})[0] for _ in range(2)] == [200, 429]
    assert platform.call("GET", "/partners/", partner=SAKURA)[0] == 200
    hand.forward(seconds=60)
    assert platform.call("GET", "/partners/")[0] == 200


def test_a_spent_budget_names_no_time(hand: HandClock) -> None:
    platform = Platform(Sandbox(today=TODAY, clock=hand, reads_per_minute=0))
    platform.sign_in()
    headers = {
        "authorization": f"Bearer {platform.tokens['AccessToken']}",
        "x-preferred-partner-id": SAKURA,
    }
    answer = platform.raw("GET", "/partners/", headers=headers)
    assert answer.status == 429
    assert "Retry-After" not in dict(answer.headers)


def test_sign_ins_are_limited_only_with_budgets(hand: HandClock, platform: Platform) -> None:
    limited = Platform(Sandbox(today=TODAY, clock=hand, reads_per_minute=600))
    assert [limited.sign_in()[0] for _ in range(11)] == [200] * 10 + [429]
    assert [platform.sign_in()[0] for _ in range(11)] == [200] * 11
