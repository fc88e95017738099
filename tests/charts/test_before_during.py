"""The campaign's days beside the days before: the steps, what is drawn of them, and what is left out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import plotly.graph_objects
import pytest
from django.utils.translation import gettext, ngettext

from attribution_portal.charts import before_during
from attribution_portal.formats import Reader
from attribution_portal.periods import Period
from attribution_portal.platform_api.payloads import DailyRow

READER = Reader(locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=gettext, ngettext=ngettext)
START = date(2026, 5, 4)


def rows(first: date, count: int) -> list[DailyRow]:
    """1, 2, 3 … a day, none on each tenth."""
    return [DailyRow(first + timedelta(days=n), Decimal(n + 1), 1, None, None) for n in range(count) if (n + 1) % 10]


@pytest.mark.parametrize(("length", "steps"), [(1, 1), (14, 14), (62, 62), (63, 9), (65, 10), (200, 29)])
def test_its_steps_hold_every_day_once_and_sum_to_the_whole(length: int, steps: int) -> None:
    shift = -(-length // 7) * 7
    during = Period(START, START + timedelta(days=length - 1))
    sales = rows(START - timedelta(days=shift), shift + length)
    found = before_during.steps(rows=sales, during=during, shift=shift)
    assert len(found) == steps
    assert sum(step.during.days for step in found) == length
    assert all(step.during.start - step.before.start == timedelta(days=shift) for step in found)
    assert before_during.total(found) == sum(row.revenue for row in sales if row.date in during)
    before = Period(during.start - timedelta(days=shift), during.end - timedelta(days=shift))
    assert before_during.total_before(found) == sum(row.revenue for row in sales if row.date in before)


def test_days_that_are_not_listed_are_gaps_and_not_zero() -> None:
    during = Period(START, START + timedelta(days=1))
    sales = [DailyRow(START, Decimal(0), 0, None, None), DailyRow(START - timedelta(days=6), Decimal(7), 1, None, None)]
    found = before_during.steps(rows=sales, during=during, shift=7)
    chart = before_during.chart(found=found, summary="", currency="EUR", reader=READER)
    plotly.graph_objects.Figure(chart.figure)
    assert [trace["y"] for trace in chart.figure["data"]] == [[0.0, None], [None, 7.0]]
    assert [trace["meta"] for trace in chart.figure["data"]] == [{"role": "measured"}, {"role": "comparison"}]
    assert [[cell.raw for cell in row.cells] for row in chart.table.rows] == [
        [None, "0", None, ""],
        [None, "", None, "7"],
    ]
    assert chart.table.totals is not None
    assert [cell.raw for cell in chart.table.totals.cells] == [None, "0", None, "7"]


def test_sides_without_any_listed_day_are_not_known() -> None:
    found = before_during.steps(rows=[], during=Period(START, START), shift=7)
    assert (before_during.total(found), before_during.total_before(found)) == (None, None)
    assert before_during.first_sale([]) is None
