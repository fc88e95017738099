"""The credit balance as a picture and as a table: one bar of what was sold, and every claim beside it, none added."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import plotly.graph_objects
import pytest
from django.utils.translation import gettext, ngettext

from attribution_portal.charts import balance
from attribution_portal.charts.balance import Balance, Package, Part
from attribution_portal.charts.sales import Measure, measure
from attribution_portal.formats import Reader
from attribution_portal.platform_api.payloads import DailyRow

READER = Reader(locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=gettext, ngettext=ngettext)


def day(revenue: int, campaign: int | None, on: int = 1) -> DailyRow:
    return DailyRow(
        date=date(2026, 5, on),
        revenue=Decimal(revenue),
        purchases=1,
        campaign_revenue=None if campaign is None else Decimal(campaign),
        campaign_purchases=None,
    )


def package(name: str, at_most: int | None, *, alone: bool = False, revenue: int | None = 5000) -> Package:
    return Package(
        id=name,
        title=f"Package {name}",
        href=f"/packages/{name}/",
        counts="Counts any ticket.",
        revenue=None if revenue is None else Decimal(revenue),
        at_most=None if at_most is None else Decimal(at_most),
        alone=alone,
        events=3,
        why="" if at_most is not None else "no result yet",
    )


MEASURES: dict[str, Measure | None] = {
    "none": None,
    "split": measure([day(1000, 250)], "revenue"),
    "unsplit": measure([day(1000, None)], "revenue"),
    "partly": measure([day(600, 250, 1), day(400, None, 2)], "revenue"),
    "refunded": measure([day(-100, 50)], "revenue"),
}
PARTS = {"none": (), "both": (Part("automated", Decimal(300)), Part("manual", Decimal(-20)))}
PACKAGES = {"none": (), "some": (package("a", 900), package("b", 1200, alone=True), package("c", None))}


def bars(found: Balance) -> dict[str, list[tuple[str, float]]]:
    chart = balance.chart(found, reader=READER)
    plotly.graph_objects.Figure(chart.figure)
    return {
        trace["meta"]["role"]: list(zip(trace["y"], trace["x"], strict=True))  # type: ignore[index, call-overload]
        for trace in chart.figure["data"]
    }


@pytest.mark.parametrize(("measured", "parts", "packages"), list(product(MEASURES, PARTS, PACKAGES)))
def test_the_measured_bar_is_what_was_sold_and_every_claim_begins_at_zero(
    measured: str, parts: str, packages: str
) -> None:
    found = Balance(MEASURES[measured], PARTS[parts], PACKAGES[packages], "EUR")
    drawn = bars(found)
    sold = [value for rows in drawn.values() for key, value in rows if key == "measured"]
    assert sum(sold) == float(found.sold or 0)
    adjusted = [value for rows in drawn.values() for key, value in rows if key == "adjustments"]
    assert sum(adjusted) == float(found.adjusted)
    assert drawn.get("package", []) == ([("package-a", 900.0), ("package-b", 1200.0)] if packages == "some" else [])
    table = balance.chart(found, reader=READER).table
    assert table.totals is None
    stated = {row.id: row.cells[1].raw for row in table.rows}
    assert stated.get("measured", "") == ("" if found.sold is None else str(found.sold))
    assert all(stated[part.kind] == str(part.revenue) for part in found.parts)


def test_the_sentence_says_how_the_sales_split() -> None:
    said = balance.chart(Balance(MEASURES["split"], PARTS["both"], PACKAGES["some"], "EUR"), reader=READER).summary
    assert said == (
        "The event sold €1,000: €250 (25.0%) is credited to campaigns, €750 is organic. Adjustments come to €280."
        " 2 packages count people who may have bought this event. The bars begin at the same point because they can be"
        " the same purchases: they overlap."
    )
    assert balance.chart(Balance(MEASURES["unsplit"], (), (), "EUR"), reader=READER).summary == (
        "The event sold €1,000; how much of it campaigns brought is not told."
    )
    refunded_campaign = Balance(measure([day(1000, -10)], "revenue"), (), (), "EUR")
    assert balance.chart(refunded_campaign, reader=READER).summary == (
        "The event sold €1,000: −€10 is credited to campaigns, €1,010 is organic."
    )
    assert balance.chart(Balance(MEASURES["partly"], (), (), "EUR"), reader=READER).summary == (
        "The event sold €1,000: €250 is credited to campaigns, €350 is organic, and €400 is not split."
    )
    assert balance.chart(Balance(MEASURES["refunded"], (), (), "EUR"), reader=READER).summary == (
        "The event sold −€100: €50 by campaigns and −€150 organic, refunds taken off."
    )
    assert balance.chart(Balance(None, (), (), "EUR"), reader=READER).summary == (
        "No sales have been measured for this event yet."
    )


def test_a_package_states_its_own_revenue_and_how_much_can_be_this_events() -> None:
    table = balance.chart(Balance(MEASURES["split"], (), PACKAGES["some"], "EUR"), reader=READER).table
    told = {
        row.id: [(cell.raw, cell.note) for cell in row.cells[1:]] for row in table.rows if row.id.startswith("package")
    }
    assert told == {
        "package-a": [("5000", ""), ("900", "at most; how much of it is not told"), ("", "")],
        "package-b": [("5000", ""), ("1200", ""), ("", "")],
        "package-c": [("5000", ""), ("", "no result yet"), ("", "")],
    }


def test_what_is_only_a_bound_is_hatched_and_many_packages_are_in_the_table_alone() -> None:
    many = tuple(package(f"p{number}", 100 + number, alone=number == 0) for number in range(9))
    found = Balance(MEASURES["split"], (), many, "EUR")
    chart = balance.chart(found, reader=READER)
    trace = chart.figure["data"][-1]
    assert trace["marker"] == {
        "pattern": {"shape": ["", "/", "/", "/", "/", "/"], "fillmode": "overlay", "solidity": 0.35}
    }
    assert len(found.drawn) == 6
    assert sum(row.id.startswith("package") for row in chart.table.rows) == 9


def test_a_line_marks_where_the_sales_end_and_labels_are_plain_text() -> None:
    evil = Package("x", "<b>&", "/", "", Decimal(5), Decimal(5), alone=False, events=1)
    figure = balance.chart(Balance(MEASURES["split"], (), (evil,), None), reader=READER).figure
    assert [(shape["x0"], shape["x1"]) for shape in figure["layout"]["shapes"]] == [(1000.0, 1000.0)]
    assert [label["text"] for label in figure["layout"]["annotations"]] == [
        "Measured sales: 1,000",
        "&lt;b&gt;&amp;: at most 5",
    ]
    assert balance.chart(Balance(MEASURES["refunded"], (), (), None), reader=READER).figure["layout"]["shapes"] == []
