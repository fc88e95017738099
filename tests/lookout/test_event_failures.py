"""An event's page when the platform is down, slow, talks nonsense, or does not let the account read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Kind
from tests.lookout.conftest import Open
from tests.pages import Element, read

pytestmark = pytest.mark.django_db

ADDRESS = "/p/partner-id-acme/events/evt_closed/"
DAILY = "/daily_revenue_summary/"
RESULTS = "/campaign_results/"
EVENT = "/events/evt_closed"

# evt_closed belongs to no series, and nobody has read the packages.
BESIDE = {"demand": "ready", "series": "empty", "packages": "empty"}
NONSENSE: list[Kind] = ["html", "truncated", "wrong_type", "empty", "reset", "status"]


def assert_failed(panel: Element) -> None:
    """In words, with something to quote and a way to try again."""
    assert panel["data-state"] == "failed"
    assert panel.one("p", class_="reference").one("code").text
    assert panel.one("a", class_="btn").text == "Try again"


def test_an_unknown_event_is_the_portals_404(client: Client) -> None:
    response = client.get(reverse("lookout:event", args=["partner-id-acme", "evt_nowhere"]))
    assert response.status_code == 404
    assert "This page does not exist" in response.content.decode()


def test_an_event_of_another_partner_does_not_exist_here(client: Client) -> None:
    assert client.get(reverse("lookout:event", args=["partner-id-acme", "evt_jpy"])).status_code == 404


def test_an_event_that_the_account_may_not_read_says_so(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.add(EVENT, "status", status=403)
    response = client.get(ADDRESS)
    assert response.status_code == 403
    panel = read(response).panel("event")
    assert panel["data-state"] == "not-permitted"
    assert "The platform does not let this account read or change this." in panel.text


def test_a_stranger_finds_nothing_and_the_platform_is_not_asked(
    sandbox: Sandbox, charlie: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(charlie).get(ADDRESS).status_code == 404
    assert len(sandbox.log) == 0


def test_somebody_signed_out_is_led_to_sign_in(sandbox: Sandbox) -> None:
    response = Client().get(ADDRESS)
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")
    assert len(sandbox.log) == 0


def test_the_page_is_only_read(sandbox: Sandbox, client: Client) -> None:
    assert client.post(ADDRESS).status_code == 405
    assert len(sandbox.log) == 0


@pytest.mark.parametrize("kind", NONSENSE)
def test_without_daily_revenue_the_rest_of_the_page_lives(sandbox: Sandbox, page: Open, kind: Kind) -> None:
    sandbox.faults.add(DAILY, kind)
    shown = page("evt_closed")
    assert shown.states() == {
        "event-kpis": "ready",
        "daily-revenue": "failed",
        "adjustments": "ready",
        "event-model": "ready",
        "campaigns": "ready",
        **BESIDE,
    }
    assert_failed(shown.panel("daily-revenue"))
    assert [shown.kpi(name) for name in ("revenue", "purchases", "campaign_revenue", "organic_revenue")] == [None] * 4
    assert shown.kpi("adjustment_revenue") == Decimal("9990.9")
    assert "rows that only it carries are missing" in shown.panel("adjustments").text


@pytest.mark.parametrize("kind", NONSENSE)
def test_without_the_event_the_page_is_headed_by_its_id(sandbox: Sandbox, page: Open, kind: Kind) -> None:
    sandbox.faults.add(EVENT, kind, body=[1] if kind == "wrong_type" else None)
    shown = page("evt_closed")
    assert shown.root.one("h1").text == "evt_closed"
    assert_failed(shown.panel("event"))
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")


@pytest.mark.parametrize("kind", NONSENSE)
def test_without_campaign_results_the_rows_of_daily_revenue_are_shown(sandbox: Sandbox, page: Open, kind: Kind) -> None:
    sandbox.faults.add(RESULTS, kind)
    shown = page("evt_closed")
    assert_failed(shown.panel("adjustments"))
    assert len(shown.rows("adjustments")) == len(shown.marks()) == 4
    assert shown.kpi("adjustment_revenue") == Decimal("9990.9")
    assert "the adjustments here are those in daily revenue" in shown.panel("daily-revenue").text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{EVENT}/attribution_model", "event-model"),
        (f"{EVENT}/campaigns", "campaigns"),
        (f"{EVENT}/series", "series"),
    ],
)
@pytest.mark.parametrize("kind", NONSENSE)
def test_a_panel_that_is_not_vital_fails_alone(sandbox: Sandbox, page: Open, path: str, name: str, kind: Kind) -> None:
    sandbox.faults.add(path, kind, body=[1] if kind == "wrong_type" else None)
    shown = page("evt_closed")
    assert_failed(shown.panel(name))
    assert {panel: state for panel, state in shown.states().items() if panel in BESIDE and panel != name} == {
        panel: state for panel, state in BESIDE.items() if panel != name
    }
    assert {state for panel, state in shown.states().items() if panel not in (name, *BESIDE)} == {"ready"}


def test_a_platform_that_is_down_fails_every_panel_in_words(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("*", "status", status=503)
    shown = page("evt_closed")
    assert shown.root.one("h1").text == "evt_closed"
    of_the_platform = {"event", "event-kpis", "daily-revenue", "adjustments", "event-model", "campaigns", "demand"}
    of_the_platform |= {"series"}
    assert set(shown.states()) == {*of_the_platform, "packages"}
    for name in of_the_platform:
        assert_failed(shown.panel(name))


def test_a_silent_platform_costs_no_more_than_the_page_deadline(
    sandbox: Sandbox, page: Open, settings: Settings
) -> None:
    settings.PLATFORM_PAGE_SECONDS = 4.0
    sandbox.faults.add(DAILY, "timeout", seconds=600)
    started = time.monotonic()
    shown = page("evt_closed")
    assert time.monotonic() - started < 15
    assert_failed(shown.panel("daily-revenue"))
    assert shown.panel("adjustments")["data-state"] == "ready"


def test_an_answer_that_drips_costs_no_more_than_the_page_deadline(
    sandbox: Sandbox, page: Open, settings: Settings
) -> None:
    settings.PLATFORM_PAGE_SECONDS = 4.0
    sandbox.faults.add(RESULTS, "drip", seconds=600)
    started = time.monotonic()
    shown = page("evt_closed")
    assert time.monotonic() - started < 15
    assert_failed(shown.panel("adjustments"))
    assert shown.panel("daily-revenue")["data-state"] == "ready"


def test_an_account_that_may_not_read_adjustments_sees_those_in_daily_revenue(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_nord", partner="fd4711")
    panel = shown.panel("adjustments")
    assert panel["data-state"] == "not-permitted"
    assert "This account may not read adjustments." in panel.text
    assert sorted(shown.rows("adjustments")) == sorted(sandbox.adjustment_ids("fd4711", "evt_nord"))
    assert shown.kpi("adjustment_revenue") == sum(shown.column("adjustments", "Revenue")) == Decimal("1365.9")
    assert shown.kpi("revenue") == sandbox.ledger_revenue("fd4711", "evt_nord")
    assert "Only in daily revenue" not in panel.text


def test_no_call_is_made_twice_and_a_second_look_makes_none(sandbox: Sandbox, page: Open) -> None:
    page("evt_closed")
    reads = Counter(entry.path for entry in sandbox.log.of(method="GET"))
    assert reads == {
        EVENT: 1,
        f"{EVENT}/attribution_model": 1,
        f"{EVENT}/campaigns": 1,
        f"{EVENT}/clusters": 1,
        f"{EVENT}/series": 1,
        f"{EVENT}/sales-graph": 1,
        f"{EVENT}/benchmark": 1,
        DAILY: 1,
        RESULTS: 1,
    }
    sandbox.log.clear()
    page("evt_closed", period="campaign", layers="measured")
    assert len(sandbox.log) == 0


def test_an_unreachable_redis_makes_the_page_slower_and_nothing_else(
    sandbox: Sandbox, page: Open, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    shown = page("evt_closed")
    assert {state for panel, state in shown.states().items() if panel not in BESIDE} == {"ready"}
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")
