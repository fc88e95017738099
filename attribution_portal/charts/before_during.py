"""An event's sales on a campaign's days beside those on as many days before it, weekday by weekday.

Bars are the campaign's days, the line the days before, laid under the day that they are compared with. More than two
months are drawn in steps of seven days: whole weeks keep the weekdays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from attribution_portal.charts import Cell, Chart, Column, Figure, Row, Table, plotly_text
from attribution_portal.charts.sales import measured
from attribution_portal.formats import Reader, raw
from attribution_portal.periods import Period
from attribution_portal.platform_api.payloads import DailyRow

_DAYS_BY_DAY: Final = 62
_WEEK: Final = 7
_TICKS: Final = 7
# More large dots than these hide the bars of a phone.
_MOST_DOTS: Final = 31


@dataclass(frozen=True, slots=True)
class Step:
    """Some days of the campaign and as many before it. A side of which the platform lists no day has no revenue."""

    during: Period
    before: Period
    revenue: Decimal | None
    revenue_before: Decimal | None


def steps(*, rows: Sequence[DailyRow], during: Period, shift: int) -> tuple[Step, ...]:
    """The compared days in order; each is `shift` days after the one that it is compared with."""
    size = 1 if during.days <= _DAYS_BY_DAY else _WEEK
    days = {row.date: row for row in rows}
    found = []
    first = during.start
    while first <= during.end:
        span = Period(first, min(first + timedelta(days=size - 1), during.end))
        back = timedelta(days=shift)
        before = Period(span.start - back, span.end - back)
        found.append(Step(span, before, _revenue(days, span), _revenue(days, before)))
        first = span.end + timedelta(days=1)
    return tuple(found)


def _revenue(days: Mapping[date, DailyRow], period: Period) -> Decimal | None:
    within = (period.start + timedelta(days=n) for n in range(period.days))
    return measured(tuple(days[day] for day in within if day in days), "revenue").value


def chart(*, found: Sequence[Step], summary: str, currency: str | None, reader: Reader) -> Chart:
    unit = reader.gettext("Revenue") + (f" ({currency})" if currency else "")
    return Chart("before-during", _figure(found, currency, reader), _table(found, currency, reader), summary, unit)


def _figure(found: Sequence[Step], currency: str | None, reader: Reader) -> Figure:
    during, before = reader.gettext("Campaign's days"), reader.gettext("Days before")
    starts = [step.during.start.isoformat() for step in found]
    bars: dict[str, object] = {
        "type": "bar",
        "name": during,
        "meta": {"role": "measured"},
        "x": starts,
        "y": _floats(step.revenue for step in found),
        "customdata": [_told(step.during, step.revenue, currency, reader) for step in found],
        "hovertemplate": f"%{{customdata[0]}}<br>{plotly_text(during)}: %{{customdata[1]}}<extra></extra>",
    }
    line: dict[str, object] = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": before,
        "meta": {"role": "comparison"},
        "line": {"width": 2, "dash": "dot"},
        # With the template's outline in the colour of the ground a dot is seen on a bar.
        "marker": {"size": 7 if len(found) <= _MOST_DOTS else 4, "symbol": "circle"},
        "connectgaps": False,
        "x": starts,
        "y": _floats(step.revenue_before for step in found),
        "customdata": [_told(step.before, step.revenue_before, currency, reader) for step in found],
        "hovertemplate": f"%{{customdata[0]}}<br>{plotly_text(before)}: %{{customdata[1]}}<extra></extra>",
    }
    chosen = found[:: -(-len(found) // _TICKS)]
    return {
        "data": [bars, line],
        "layout": {
            "separators": reader.separators,
            "showlegend": True,
            "xaxis": {
                "type": "date",
                "tickmode": "array",
                "tickvals": [step.during.start.isoformat() for step in chosen],
                "ticktext": [reader.day_of_year(step.during.start, short=True) for step in chosen],
            },
            "yaxis": {"rangemode": "tozero", "tickformat": ",~f"},
        },
    }


def _floats(values: Iterable[Decimal | None]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _told(days: Period, value: Decimal | None, currency: str | None, reader: Reader) -> list[str] | None:
    return None if value is None else [_days(days, reader), reader.money(value, currency)]


def _days(days: Period, reader: Reader) -> str:
    return reader.day_range(days.start, days.end)


def _table(found: Sequence[Step], currency: str | None, reader: Reader) -> Table:
    columns = (
        Column("during", reader.gettext("Campaign's days"), numeric=False),
        Column("revenue", reader.gettext("Revenue"), numeric=True),
        Column("before", reader.gettext("Compared with"), numeric=False),
        Column("revenue_before", reader.gettext("Revenue before"), numeric=True),
    )
    rows = tuple(
        Row(
            step.during.start.isoformat(),
            (
                Cell(_days(step.during, reader)),
                Cell(reader.money(step.revenue, currency), raw(step.revenue), measure=currency or ""),
                Cell(_days(step.before, reader)),
                Cell(reader.money(step.revenue_before, currency), raw(step.revenue_before), measure=currency or ""),
            ),
        )
        for step in found
    )
    sums = total(found), total_before(found)
    totals = Row(
        "total",
        (
            Cell(reader.gettext("Total")),
            Cell(reader.money(sums[0], currency), raw(sums[0]), measure=currency or ""),
            Cell(""),
            Cell(reader.money(sums[1], currency), raw(sums[1]), measure=currency or ""),
        ),
    )
    return Table("before-during", columns, rows, totals)


def total(found: Sequence[Step]) -> Decimal | None:
    """Of the campaign's days; None where the platform lists none of them."""
    return _sum([step.revenue for step in found])


def total_before(found: Sequence[Step]) -> Decimal | None:
    return _sum([step.revenue_before for step in found])


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def first_sale(rows: Sequence[DailyRow]) -> date | None:
    """The first day that the platform lists; days come in order of their date."""
    return rows[0].date if rows else None
