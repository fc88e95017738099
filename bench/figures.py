"""What figures cost: a year of days against writing the same numbers as JSON, and three years in milliseconds."""

from __future__ import annotations

import gettext
import json
import statistics
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from attribution_portal.charts import Chart, revenue
from attribution_portal.charts.revenue import SeenAdjustment
from attribution_portal.formats import Reader
from attribution_portal.periods import Period
from attribution_portal.platform_api.payloads import DailyRow
from bench.measure import Result, milliseconds, paired, seconds

DAYS = 365
LONG = 3 * 365
ROWS = 200
FIRST = date(2025, 6, 1)


def daily_figure() -> Result:
    """A year of days, split into campaign and organic."""
    days, reader = _days(DAYS), _reader()
    period = Period(FIRST, FIRST + timedelta(days=DAYS - 1), "all")

    def figure() -> object:
        return revenue.figure(
            days=days,
            adjustments=(),
            period=period,
            by="day",
            metric="revenue",
            layers=frozenset({"measured"}),
            bands=(),
            event_day=None,
            today=FIRST + timedelta(days=DAYS),
            currency="EUR",
            reader=reader,
        )

    columns = {
        "date": [row.date.isoformat() for row in days],
        "revenue": [float(row.revenue) for row in days],
        "purchases": [row.purchases for row in days],
        "campaign_revenue": [float(row.campaign_revenue or 0) for row in days],
        "campaign_purchases": [row.campaign_purchases for row in days],
    }
    figure()
    ratio, one, other = paired(figure, lambda: json.dumps(columns), rounds=200)
    detail = f"{DAYS} days: {milliseconds(one)} against json.dumps of the same numbers {milliseconds(other)}"
    return Result("daily figure", ratio, 25, detail)


def three_years() -> Result:
    """Every day of three years with two hundred adjustments, as the reader may ask for it: figure, table and sentence,
    the figure written as the page carries it."""
    days, reader = _days(LONG), _reader()
    adjustments = tuple(
        SeenAdjustment(
            id=f"cr_{number}",
            day=FIRST + timedelta(days=number * 5),
            purchases=number % 40,
            revenue=Decimal(number * 11),
            source="automated" if number % 2 else "manual",
            href=f"#adjustments-cr_{number}",
        )
        for number in range(ROWS)
    )

    def drawn() -> Chart:
        chart = revenue.chart(
            days=days,
            adjustments=adjustments,
            period=Period(FIRST, FIRST + timedelta(days=LONG - 1), "all"),
            by="day",
            metric="revenue",
            layers=frozenset(revenue.LAYERS),
            bands=(),
            event_day=None,
            today=FIRST + timedelta(days=LONG),
            currency="EUR",
            reader=reader,
        )
        json.dumps(chart.figure)
        return chart

    drawn()
    took = statistics.median(seconds(drawn) for _ in range(30)) * 1000
    return Result("three years of days", took, 60, f"figure and table, {LONG} days, {ROWS} adjustments", unit=" ms")


def _days(count: int) -> tuple[DailyRow, ...]:
    return tuple(
        DailyRow(
            date=FIRST + timedelta(days=number),
            revenue=Decimal(1000 + number * 7 % 500) + Decimal("0.5"),
            purchases=20 + number % 9,
            campaign_revenue=Decimal(number * 3 % 400),
            campaign_purchases=number % 5,
        )
        for number in range(count)
    )


def _reader() -> Reader:
    translations = gettext.NullTranslations()
    return Reader(
        locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=translations.gettext, ngettext=translations.ngettext
    )


ALONE = (daily_figure, three_years)
