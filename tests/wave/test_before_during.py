"""Before and during on the campaign page: which days, what they say, and when nothing is compared."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.world import ACME
from tests.conftest import TODAY
from tests.wave.conftest import Open


def runs(sandbox: Sandbox, *days: tuple[str | None, str | None], status: str = "COMPLETED") -> None:
    body: list[Json] = [
        {"tc": f"tc_{number}", "status": status, "start_date": start, "end_date": end}
        for number, (start, end) in enumerate(days)
    ]
    sandbox.faults.add("/events/evt_closed/campaigns", "wrong_type", body=body)


def sold(sandbox: Sandbox, *days: tuple[str, float, int | None]) -> None:
    rows: list[Json] = [{"date": day, "revenue": revenue, "purchases": count} for day, revenue, count in days]
    sandbox.faults.add(
        "/daily_revenue_summary/",
        "wrong_type",
        body={"currency": "EUR", "daily_revenue": rows, "manual_adjustments": []},
    )


def test_the_campaigns_days_stand_beside_as_many_before_on_the_same_weekdays(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    panel = campaign_page(alice, ACME, "evt_closed").panel("before-during")
    assert panel.one("p", data_compared="").text == (
        "16 April to 31 May 2026, compared with 26 February to 12 April 2026: 46 days each, on the same weekdays."
    )
    days = {row.date: row for row in sandbox.world[ACME].events["evt_closed"].days}
    start, shift = TODAY - timedelta(days=60), timedelta(days=49)
    during = [days[start + timedelta(days=n)] for n in range(46) if start + timedelta(days=n) in days]
    before = [days[start - shift + timedelta(days=n)] for n in range(46) if start - shift + timedelta(days=n) in days]
    revenue, revenue_before = sum(row.revenue for row in during), sum(row.revenue for row in before)
    assert Decimal(panel.one("data", data_kpi="revenue")["value"]) == revenue
    assert int(panel.one("data", data_kpi="purchases")["value"]) == sum(row.purchases for row in during)
    totals = panel.one("table", data_table="before-during").one("tfoot").all("td")
    assert [Decimal(cell["data-value"]) for cell in totals if cell.get("data-value")] == [revenue, revenue_before]
    assert "This is context and not cause" in panel.text
    assert "1 campaign tells no usable first and last day; it is left out here." in panel.text


def test_a_running_campaign_is_compared_as_far_as_its_days_are_over(campaign_page: Open, alice: User) -> None:
    panel = campaign_page(alice, ACME, "evt_running").panel("before-during")
    assert panel.one("span", class_="state-provisional").text == "Not over"
    assert "1 June to 14 June 2026, compared with 18 May to 31 May 2026: 14 days each" in panel.text
    assert "The campaign goes on until 25 June 2026. Only days that are over are compared." in panel.text


@pytest.mark.parametrize(
    ("days", "first_sale", "words"),
    [
        ([(None, None)], "2026-01-01", "states both a first and a last day for none of the campaigns"),
        ([(None, "2026-05-31")], "2026-01-01", "states both a first and a last day for none of the campaigns"),
        ([("2026-05-31", "2026-05-01")], "2026-01-01", "states both a first and a last day for none of the campaigns"),
        ([("2026-06-20", "2026-06-30")], "2026-01-01", "The campaign begins on 20 June 2026."),
        ([("2026-06-15", "2026-06-30")], "2026-01-01", "The campaign began today."),
        ([("2026-05-01", "2026-05-31")], "2026-04-28", "The first sale is listed on 28 April 2026"),
        ([("2026-05-01", "2026-05-31")], "2026-05-04", "The first sale is listed on 4 May 2026"),
        ([("2026-05-01", "2026-05-31")], None, "No sales have been measured for this event yet"),
        ([], "2026-01-01", "This event has no campaign"),
    ],
)
def test_where_there_is_nothing_to_compare_it_says_why(
    campaign_page: Open,
    sandbox: Sandbox,
    alice: User,
    days: list[tuple[str | None, str | None]],
    first_sale: str | None,
    words: str,
) -> None:
    runs(sandbox, *days)
    sold(sandbox, *([(first_sale, 100, 2)] if first_sale else []))
    panel = campaign_page(alice, ACME, "evt_closed").panel("before-during")
    assert panel["data-state"] == "empty"
    assert words in panel.text
    assert not panel.all("data", class_="kpi")


def test_days_that_are_missing_and_days_between_runs_are_told(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    runs(sandbox, ("2026-05-01", "2026-05-03"), ("2026-05-06", "2026-05-07"))
    sold(sandbox, ("2026-04-01", 5, 1), ("2026-04-24", 200, 4), ("2026-05-01", 250, 5), ("2026-05-06", 50, 2))
    panel = campaign_page(alice, ACME, "evt_closed").panel("before-during")
    assert panel.one("data", data_kpi="revenue")["value"] == "300"
    assert "Before: €200, so 50.0% more." in panel.text
    assert "Before: 4, so 75.0% more." in panel.text
    assert "no sales on 5 of the campaign's days and on 6 of the days before" in panel.text
    assert "On 2 of the days between the first and the last no campaign ran." in panel.text


def test_sales_that_began_late_shorten_both_sides_and_say_so(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    runs(sandbox, ("2026-05-01", "2026-05-31"))
    sold(sandbox, ("2026-04-20", 100, 2), ("2026-05-02", 100, 2))
    panel = campaign_page(alice, ACME, "evt_closed").panel("before-during")
    assert "the first 7 of 31 are compared" in panel.text
    assert "Before: not known." in panel.text


@pytest.mark.parametrize(
    ("before", "during", "words"),
    [
        ((100, 2), (100, 2), "Before: the same."),
        ((0, 0), (100, 2), "Before: €0."),
        ((-20, 1), (100, 2), "Before: −€20."),
        ((200, 4), (-50, 1), "Before: €200."),
        ((200, 4), (100, 2), "Before: €200, so 50.0% less."),
        ((200, 4), (100, None), "On some days the platform gives no number of purchases."),
    ],
)
def test_a_change_is_in_words_and_a_percentage_only_of_sales(
    campaign_page: Open,
    sandbox: Sandbox,
    alice: User,
    before: tuple[int, int],
    during: tuple[int, int | None],
    words: str,
) -> None:
    runs(sandbox, ("2026-05-08", "2026-05-08"))
    sold(sandbox, ("2026-04-01", 1, 1), ("2026-05-01", *before), ("2026-05-08", *during))
    panel = campaign_page(alice, ACME, "evt_closed").panel("before-during")
    assert words in panel.text
    assert "8 May 2026, compared with 1 May 2026, on the same weekday." in panel.text


def test_ignored_campaigns_have_no_days(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    runs(sandbox, ("2026-05-01", "2026-05-31"), status="IGNORED")
    panel = campaign_page(alice, ACME, "evt_closed").panel("before-during")
    assert "This event has no campaign whose days could be compared" in panel.text
