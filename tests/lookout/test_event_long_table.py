"""Three years by day: the picture whole, the table in parts, and every sum that of all days."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open
from tests.pages import Shown, read

pytestmark = pytest.mark.django_db

FIRST = date(2023, 6, 16)
DAYS = 1_096
LAST = FIRST + timedelta(days=DAYS - 1)


@pytest.fixture
def three_years(sandbox: Sandbox) -> Decimal:
    """The event's daily sales, every day of three years, with 200 adjustments. Answers what they sum to."""
    days = [
        {
            "date": (FIRST + timedelta(days=n)).isoformat(),
            "revenue": 1_000 + n * 37 % 911 + 0.25,
            "purchases": 20 + n % 31,
            "campaign_revenue": 100 + n * 13 % 389,
            "campaign_purchases": n % 17,
        }
        for n in range(DAYS)
    ]
    rows = [
        {
            "id": f"cr_{n:03}",
            "eid": "evt_plain",
            "partner_id": "partner-id-acme",
            "purchase": n,
            "revenue": n * 45,
            "created_at": f"{FIRST + timedelta(days=n * 5)}T08:00:00Z",
            "source": "automated" if n % 2 else "manual",
        }
        for n in range(200)
    ]
    sandbox.faults.add("/campaign_results/", "wrong_type", body=rows)
    sandbox.faults.add(
        "/daily_revenue_summary/",
        "wrong_type",
        body={"currency": "EUR", "daily_revenue": days, "manual_adjustments": rows},
    )
    return sum((Decimal(str(day["revenue"])) for day in days), Decimal(0))


def total(shown: Shown, label: str) -> Decimal:
    return Decimal(shown.table("daily-revenue").one("tfoot").one("td", data_label=label)["data-value"])


def test_parts_of_the_table_are_the_picture_and_each_totals_all_of_it(three_years: Decimal, page: Open) -> None:
    parts = [page("evt_plain", by="day", page=str(number)) for number in (2, 1)]
    rows = [row for part in parts for row in part.rows("daily-revenue")]
    assert rows == [(FIRST + timedelta(days=n)).isoformat() for n in range(DAYS)]
    told = [value for part in parts for value in part.column("daily-revenue", "Revenue")]
    assert sum(told) == three_years
    for part in parts:
        drawn = {trace["meta"]["role"]: trace["y"] for trace in part.figure()["data"] if trace["type"] == "bar"}
        both = [Decimal(str(a)) + Decimal(str(b)) for a, b in zip(drawn["campaign"], drawn["organic"], strict=True)]
        assert both == told
        assert part.kpi("revenue") == part.bars() == total(part, "Revenue") == three_years
        assert len(part.marks()) == 200
        assert "open" in part.panel("daily-revenue").one("details", class_="chart-table").attributes


def test_the_latest_days_come_first_and_links_lead_to_the_others(three_years: Decimal, page: Open) -> None:
    shown = page("evt_plain", by="day", metric="purchases")
    assert shown.rows("daily-revenue")[-1] == LAST.isoformat()
    panel = shown.panel("daily-revenue")
    assert "Rows 547 to 1,096 of 1,096." in panel.text
    assert "open" not in panel.one("details", class_="chart-table").attributes
    assert panel.one("a", id="rows-earlier")["href"] == "?by=day&metric=purchases&page=2"
    assert "href" not in panel.one("a", id="rows-later").attributes
    first = page("evt_plain", by="day", page="2")
    assert "Rows 1 to 546 of 1,096." in first.panel("daily-revenue").text
    assert "href" not in first.root.one("a", id="rows-earlier").attributes
    assert first.root.one("a", id="rows-later")["href"] == "?by=day&page=1"


def test_any_other_choice_starts_again_at_the_end(three_years: Decimal, page: Open) -> None:
    panel = page("evt_plain", by="day", page="2").panel("daily-revenue")
    for link in ("metric-purchases", "layer-manual", "period-last-28", "by-week"):
        assert "page=" not in panel.one("a", id=link)["href"]
    assert panel.all("input", name="page") == []


@pytest.mark.parametrize(("asked", "words"), [("999", "Rows 1 to 546"), ("0", "Rows 547"), ("x", "Rows 547")])
def test_a_part_that_there_is_not_is_the_nearest(three_years: Decimal, page: Open, asked: str, words: str) -> None:
    panel = page("evt_plain", by="day", page=asked).panel("daily-revenue")
    assert words in panel.text
    assert ("There is no such part of the table" in panel.text) == (asked != "999")


def test_a_year_of_days_stands_whole(sandbox: Sandbox, three_years: Decimal, page: Open) -> None:
    shown = page("evt_plain", by="day", **{"from": "2024-01-01", "to": "2024-12-31"})
    assert len(shown.rows("daily-revenue")) == 366
    assert shown.root.all("a", id="rows-earlier") == []


@pytest.mark.parametrize("query", [{"by": "day"}, {"by": "day", "page": "2"}, {}])
def test_the_page_stays_below_150_kilobytes(client: Client, three_years: Decimal, query: dict[str, str]) -> None:
    response = client.get(reverse("lookout:event", args=["partner-id-acme", "evt_plain"]), query)
    assert len(read(response).rows("adjustments")) == 200
    assert len(gzip.compress(response.content, 6)) < 150_000
