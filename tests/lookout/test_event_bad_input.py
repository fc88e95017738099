"""An event's page when the platform's rows are odd: it shows what they say, and sums exactly that."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open
from tests.pages import Shown

pytestmark = pytest.mark.django_db

DAILY = "/daily_revenue_summary/"
RESULTS = "/campaign_results/"


def day(when: str, revenue: object, purchases: object = 1, **split: object) -> dict[str, Any]:
    return {"date": when, "revenue": revenue, "purchases": purchases, **split}


def row(name: str, created: str | None, revenue: object = 10, source: object = "automated", **more: object) -> Any:
    return {
        "id": name,
        "eid": "evt_plain",
        "purchase": 1,
        "revenue": revenue,
        "created_at": created,
        "source": source,
    } | (more)


def answer(
    sandbox: Sandbox, days: list[Any], rows: list[Any] | None = None, results: list[Any] | None = None, **more: object
) -> None:
    body = {"currency": "EUR", "daily_revenue": days, "manual_adjustments": rows or []} | more
    sandbox.faults.add(DAILY, "wrong_type", body=body)
    sandbox.faults.add(RESULTS, "wrong_type", body=results or [])


def money(shown: Shown, name: str) -> str:
    return shown.panel("event-kpis").one("data", data_kpi=name).text


def assert_adds_up(shown: Shown) -> None:
    """KPI, bars, rows and total of the table are one number."""
    total = shown.table("daily-revenue").one("tfoot").one("td", data_label="Revenue")["data-value"]
    assert shown.kpi("revenue") == shown.bars() == sum(shown.column("daily-revenue", "Revenue")) == Decimal(total)


def test_a_source_that_nobody_knows_has_a_mark_of_its_own_and_its_own_word(sandbox: Sandbox, page: Open) -> None:
    rows = [row("cr_1", "2026-06-10T10:00:00Z", 10, "import<b>"), row("cr_2", "2026-06-10T11:00:00Z", 20, None)]
    answer(sandbox, [day("2026-06-10", 100)], results=rows)
    shown = page("evt_plain")
    marks = [trace for trace in shown.figure()["data"] if trace.get("mode") == "markers"]
    assert [(trace["meta"]["role"], trace["marker"]["symbol"]) for trace in marks] == [("other", "square")]
    assert [mark["source"] for mark in marks[0]["customdata"]] == ["not said by the platform", "import&lt;b&gt;"]
    assert [cell.text for cell in shown.table("adjustments").all("td", data_label="Source")][:2] == [
        "Not said",
        "import<b>",
    ]
    assert shown.kpi("adjustment_revenue") == 30
    assert_adds_up(shown)


def test_refund_days_count_against_the_others(sandbox: Sandbox, page: Open) -> None:
    answer(sandbox, [day("2026-06-01", 500, 5), day("2026-06-02", -620.5, 0), day("2026-06-03", 20, 1)])
    shown = page("evt_plain")
    assert shown.kpi("revenue") == Decimal("-100.5")
    assert money(shown, "revenue").replace("\N{MINUS SIGN}", "-") == "-€100.50"
    assert_adds_up(shown)


def test_days_that_are_not_split_are_a_series_of_their_own_and_never_zero(sandbox: Sandbox, page: Open) -> None:
    answer(
        sandbox,
        [
            day("2026-06-01", 100, campaign_revenue=40, campaign_purchases=0),
            day("2026-06-02", 50, campaign_revenue=None, campaign_purchases=None),
            day("2026-06-03", 7),
        ],
    )
    shown = page("evt_plain", by="day")
    bars = {trace["meta"]["role"]: trace["y"] for trace in shown.figure()["data"] if trace["type"] == "bar"}
    assert bars == {
        "campaign": [40.0, None, None],
        "organic": [60.0, None, None],
        "unsplit": [None, 50.0, 7.0],
    }
    assert shown.kpi("campaign_revenue") is None
    assert "The platform split only 1 of 3 days." in shown.panel("event-kpis").text
    assert_adds_up(shown)


def test_rows_from_before_the_first_and_after_the_last_sale_stretch_the_period(sandbox: Sandbox, page: Open) -> None:
    rows = [row("cr_early", "2026-05-01T10:00:00Z"), row("cr_late", "2026-06-14T10:00:00Z")]
    answer(sandbox, [day("2026-06-01", 100)], results=rows)
    shown = page("evt_plain", by="day")
    assert (shown.rows("daily-revenue")[0], shown.rows("daily-revenue")[-1]) == ("2026-05-01", "2026-06-14")
    assert shown.marks() == {"cr_early", "cr_late"}
    assert shown.kpi("adjustment_revenue") == 20


@pytest.mark.parametrize(
    ("created", "recorded"),
    [
        ("2026-06-09T21:59:59Z", "2026-06-09"),  # Berlin is two hours ahead of UTC
        ("2026-06-09T22:00:00Z", "2026-06-10"),
        ("2026-03-28T22:59:59Z", "2026-03-28"),  # the night in which the clocks go forward
        ("2026-03-28T23:00:00Z", "2026-03-29"),
        ("2026-03-29T21:59:59Z", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "2026-03-30"),
    ],
)
def test_near_midnight_a_row_belongs_to_the_partners_day(
    sandbox: Sandbox, page: Open, created: str, recorded: str
) -> None:
    answer(sandbox, [day("2026-03-27", 100), day("2026-06-12", 100)], results=[row("cr_1", created)])
    shown = page("evt_plain", by="day", layers="measured,automated")
    cell = shown.table("daily-revenue").one("tr", data_id=recorded).one("td", data_label="Adjustments")
    assert cell["data-value"] == "10"
    inside = page("evt_plain", **{"from": recorded, "to": recorded})
    assert inside.kpi("adjustment_revenue") == 10


@pytest.mark.parametrize("never", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_moment_that_stands_for_never_is_none(sandbox: Sandbox, page: Open, never: str) -> None:
    sandbox.faults.add("/events/evt_plain", "wrong_type", body={"id": "evt_plain", "start_date_time": never})
    answer(sandbox, [day("2026-06-10", 1)], results=[row("cr_1", never)])
    shown = page("evt_plain", compare="evt_tour_ber")
    assert shown.kpi("adjustment_revenue") == 10
    assert shown.marks() == set()
    assert "Time not stated" in shown.table("adjustments").one("tr", data_id="cr_1").text


def test_an_id_counts_once_within_and_across_the_two_ways(sandbox: Sandbox, page: Open) -> None:
    twice = row("cr_1", "2026-06-10T10:00:00Z", 10)
    answer(
        sandbox, [day("2026-06-10", 1)], rows=[twice, twice, row("cr_2", "2026-06-10T10:00:00Z", 5)], results=[twice]
    )
    shown = page("evt_plain")
    assert sorted(shown.rows("adjustments")) == ["cr_1", "cr_2"]
    assert shown.kpi("adjustment_revenue") == 15
    cells = {name: shown.table("adjustments").one("tr", data_id=name) for name in ("cr_1", "cr_2")}
    seen = {name: cell.one("td", data_label="Seen in").text for name, cell in cells.items()}
    assert seen == {
        "cr_1": "Campaign results and daily revenue",
        "cr_2": "Daily revenue only, not in campaign results",
    }


def test_a_day_that_stands_twice_counts_as_it_was_last_told(sandbox: Sandbox, page: Open) -> None:
    answer(sandbox, [day("2026-06-10", 10), day("2026-06-10", 12)])
    shown = page("evt_plain")
    assert shown.kpi("revenue") == 12
    assert_adds_up(shown)


@pytest.mark.parametrize(
    ("amounts", "total", "shown_as"),
    [
        ([10**12, 1], "1000000000001", "€1,000,000,000,001"),
        ([0.1, 0.2], "0.3", "€0.30"),
        ([10.005, 0.0001], "10.0051", "€10.01"),
        (["1240.50", "0.5"], "1241", "€1,241"),
    ],
)
def test_sums_are_exact_whatever_the_amounts(
    sandbox: Sandbox, page: Open, amounts: list[object], total: str, shown_as: str
) -> None:
    answer(sandbox, [day(f"2026-06-0{number}", amount) for number, amount in enumerate(amounts, start=1)])
    shown = page("evt_plain")
    assert shown.panel("event-kpis").one("data", data_kpi="revenue")["value"] == total
    assert money(shown, "revenue") == shown_as
    assert sum(shown.column("daily-revenue", "Revenue")) == Decimal(total)


def test_yen_have_no_cents(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_jpy", partner="partner-id-sakura", layers="measured,automated,manual", compare="previous")
    assert money(shown, "revenue").startswith("¥")
    assert "." not in money(shown, "revenue")
    cells = [cell.text for cell in shown.table("daily-revenue").all("td", data_label="Revenue")]
    assert not [cell for cell in cells if "." in cell]
    assert_adds_up(shown)


@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize("layers", ["measured", "manual,measured", "measured,automated,manual"])
def test_the_total_is_the_same_however_it_is_cut(sandbox: Sandbox, page: Open, by: str, layers: str) -> None:
    shown = page("evt_closed", by=by, layers=layers)
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")
    assert_adds_up(shown)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "UTC"])
def test_the_zone_moves_marks_and_changes_no_sum(sandbox: Sandbox, page: Open, zone: str) -> None:
    Partner.objects.filter(partner_id="partner-id-acme").update(timezone=zone)
    shown = page("evt_closed", layers="measured,automated,manual")
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")
    assert shown.kpi("adjustment_revenue") == Decimal("9990.9")
    total = shown.panel("daily-revenue").one("p", data_total="").text
    assert total.startswith("€441,056.20: measured sales, automated adjustments and manual adjustments.")


def test_three_years_of_days_with_two_hundred_adjustments_stay_light(
    sandbox: Sandbox, page: Open, client: Client
) -> None:
    first = date(2023, 6, 15)
    days = [
        day((first + timedelta(days=n)).isoformat(), 1000.5 + n % 97, 20 + n % 9, campaign_revenue=n % 400)
        for n in range(1096)
    ]
    rows = [
        row(f"cr_{n}", f"{first + timedelta(days=5 * n)}T10:00:00Z", 11 * n, "manual" if n % 2 else "automated")
        for n in range(200)
    ]
    answer(sandbox, days, results=rows)
    shown = page("evt_plain")
    assert len(shown.rows("daily-revenue")) == 37  # months
    for query in ("", "?by=day&compare=previous"):
        content = client.get(f"/p/partner-id-acme/events/evt_plain/{query}").content
        assert len(gzip.compress(content, 6)) < 150_000
    shown = page("evt_plain", by="week")
    assert len(shown.marks()) == 200
    assert_adds_up(shown)
