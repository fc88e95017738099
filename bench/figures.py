"""What one figure costs, against writing the same numbers as JSON."""

from __future__ import annotations

import gettext
import json
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from attribution_portal.charts import revenue
from attribution_portal.formats import Reader
from attribution_portal.periods import Period
from attribution_portal.platform_api.payloads import DailyRow
from bench.measure import Result, milliseconds, paired

DAYS = 365
FIRST = date(2025, 6, 1)


def daily_figure() -> Result:
    """A year of days, split into campaign and organic."""
    days = tuple(
        DailyRow(
            date=FIRST + timedelta(days=number),
            revenue=Decimal(1000 + number * 7 % 500) + Decimal("0.5"),
            purchases=20 + number % 9,
            campaign_revenue=Decimal(number * 3 % 400),
            campaign_purchases=number % 5,
        )
        for number in range(DAYS)
    )
    translations = gettext.NullTranslations()
    reader = Reader(
        locale="en", zone=ZoneInfo("Europe/Berlin"), gettext=translations.gettext, ngettext=translations.ngettext
    )
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
