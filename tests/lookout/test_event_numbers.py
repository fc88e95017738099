"""The numbers of an event's page, against the sandbox's own ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest

from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open

pytestmark = pytest.mark.django_db

EVERYBODY = ("partner-id-acme", "partner-id-sakura", "fd4711")


@pytest.mark.parametrize("partner", EVERYBODY)
def test_every_events_kpi_is_the_sum_of_its_bars_of_its_table_and_of_the_ledger(
    sandbox: Sandbox, page: Open, partner: str
) -> None:
    for eid in sandbox.event_ids(partner):
        shown = page(eid, partner=partner)
        truth = sandbox.ledger_revenue(partner, eid)
        assert shown.kpi("revenue") == truth, eid
        assert shown.kpi("purchases") == sandbox.ledger_purchases(partner, eid), eid
        if shown.panel("daily-revenue")["data-state"] == "empty":
            assert truth == 0, eid
            continue
        assert shown.bars() == truth, eid
        assert sum(shown.column("daily-revenue", "Revenue")) == truth, eid


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize("eid", ["evt_refund", "evt_year", "evt_closed", "evt_partsplit", "evt_gaps"])
def test_the_sum_does_not_depend_on_the_steps(sandbox: Sandbox, page: Open, eid: str, by: str) -> None:
    shown = page(eid, by=by)
    truth = sandbox.ledger_revenue("partner-id-acme", eid)
    assert (shown.kpi("revenue"), shown.bars()) == (truth, truth)
    assert sum(shown.column("daily-revenue", "Revenue")) == truth


def test_purchases_are_drawn_when_they_are_asked_for(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_closed", metric="purchases")
    truth = sandbox.ledger_purchases("partner-id-acme", "evt_closed")
    assert shown.bars() == truth
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")


def test_campaign_and_organic_add_up_to_the_measured_revenue(page: Open) -> None:
    shown = page("evt_closed")
    campaign, organic = shown.kpi("campaign_revenue"), shown.kpi("organic_revenue")
    assert campaign is not None
    assert organic is not None
    assert campaign > 0
    assert campaign + organic == shown.kpi("revenue")


@pytest.mark.parametrize(
    ("eid", "reason"),
    [
        ("evt_nosplit", "The platform does not split these sales into campaign and organic."),
        ("evt_external", "The credit is computed outside the platform."),
        ("evt_announced", "No sales in this period, so nothing to split."),
    ],
)
def test_an_unknown_split_is_a_dash_with_its_reason(page: Open, eid: str, reason: str) -> None:
    shown = page(eid)
    assert shown.kpi("campaign_revenue") is None
    assert shown.kpi("organic_revenue") is None
    assert shown.panel("event-kpis").text.count(reason) == 2


def test_a_split_of_some_days_only_is_unknown_as_a_whole(page: Open) -> None:
    shown = page("evt_partsplit")
    assert shown.kpi("campaign_revenue") is None
    assert "The platform split only" in shown.panel("event-kpis").text
    assert sum(shown.column("daily-revenue", "Not split")) > 0


def test_adjustments_stand_beside_the_measured_sales_and_are_not_part_of_them(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_closed")
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")
    assert shown.kpi("adjustment_revenue") == sum(shown.column("adjustments", "Revenue")) == Decimal("9990.9")
    assert shown.kpi("adjustment_purchases") == sum(shown.column("adjustments", "Purchases")) == 222
    assert set(shown.rows("adjustments")) == set(sandbox.adjustment_ids("partner-id-acme", "evt_closed"))


def test_every_dated_adjustment_is_a_mark_that_leads_to_its_row(page: Open) -> None:
    shown = page("evt_closed")
    assert shown.marks() == set(shown.rows("adjustments"))
    for trace in shown.figure()["data"]:
        if trace["type"] == "scatter":
            for mark in trace["customdata"]:
                assert shown.root.one("tr", id=mark["href"].removeprefix("#"))["data-id"] == mark["id"]


def test_a_row_that_came_only_one_way_is_counted_once_and_marked(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_oneway")
    ids = sandbox.adjustment_ids("partner-id-acme", "evt_oneway")
    assert sorted(shown.rows("adjustments")) == sorted(set(ids))
    assert shown.kpi("adjustment_revenue") == sum(shown.column("adjustments", "Revenue"))
    words = shown.panel("adjustments").text
    assert "Daily revenue only, not in campaign results" in words
    assert "Campaign results only, not in daily revenue" in words


def test_yen_have_no_decimals(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_jpy_closed", partner="partner-id-sakura")
    truth = sandbox.ledger_revenue("partner-id-sakura", "evt_jpy_closed")
    assert shown.kpi("revenue") == truth
    assert shown.panel("event-kpis").one("data", data_kpi="revenue").text == f"¥{truth:,.0f}"


def test_an_event_without_sales_shows_zeros_and_an_empty_chart(page: Open) -> None:
    shown = page("evt_announced")
    assert (shown.kpi("revenue"), shown.kpi("purchases")) == (0, 0)
    assert "All days, in the zone Europe/Berlin." in shown.panel("event-kpis").text
    assert shown.panel("daily-revenue")["data-state"] == "empty"
    assert "No sales have been measured for this event yet." in shown.panel("daily-revenue").text
    assert shown.panel("campaigns")["data-state"] == "empty"


def test_the_same_id_at_two_partners_never_mixes(sandbox: Sandbox, page: Open) -> None:
    acme, sakura = page("evt_shared"), page("evt_shared", partner="partner-id-sakura")
    assert acme.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_shared")
    assert sakura.kpi("revenue") == sandbox.ledger_revenue("partner-id-sakura", "evt_shared")
    assert acme.root.one("h1").text != sakura.root.one("h1").text
