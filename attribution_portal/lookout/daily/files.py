"""An event's daily sales as a file: the table of the daily revenue panel, every row of it, with the same choices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from django.utils.translation import gettext as _

from attribution_portal import charts, glossary
from attribution_portal.exports import Column, Sheet, Value
from attribution_portal.lookout.daily.panel import Sales
from attribution_portal.lookout.scene import Asked
from attribution_portal.periods import Bucket, By, buckets

T = TypeVar("T")

# What the columns are called in the glossary, where that is something else than their key.
_TERMS: Final = {"campaign": "campaign_revenue", "organic": "organic_revenue", "adjustments": "adjustment"}


def sheet(asked: Asked, sales: Sales, *, now: datetime) -> Sheet:
    table, by = sales.chart.table, sales.reach.by
    period = sales.reach.period
    numbers = table.columns[1:]
    money = tuple(index for index, column in enumerate(numbers) if _is_money(column.key, asked))
    return Sheet(
        name=f"daily-revenue-{asked.eid}-{period.start}-{period.end}",
        title=_("Daily revenue"),
        columns=(
            *(
                (Column(_("Day"), width=12),)
                if by == "day"
                else (Column(_("First day"), width=12), Column(_("Last day"), width=12))
            ),
            *_after_money(
                [
                    Column(column.label, measure=(sales.currency or "") if index in money else "")
                    for index, column in enumerate(numbers)
                ],
                Column(_("Currency"), width=10),
                money,
            ),
            Column(_("State"), width=14),
        ),
        rows=tuple(
            _row(row, bucket, by, money, sales.currency)
            for row, bucket in zip(table.rows, buckets(period, by), strict=True)
        ),
        zone=asked.partner.zone,
        about=tuple((label, text) for label, text in _about(asked, sales, now) if text),
    )


def _row(row: charts.Row, bucket: Bucket, by: By, money: tuple[int, ...], currency: str | None) -> tuple[Value, ...]:
    days: tuple[date, ...] = (bucket.first,) if by == "day" else (bucket.first, bucket.last)
    numbers = [Decimal(cell.raw) if cell.raw else None for cell in row.cells[1:]]
    has_money = any(numbers[index] is not None for index in money)
    return (
        *days,
        *_after_money(numbers, currency if has_money else None, money),
        _("provisional") if row.provisional else "",
    )


def _after_money(cells: Iterable[T], currency: T, money: tuple[int, ...]) -> tuple[T, ...]:
    """The cells with the currency behind the first of those that are money; all of them are in the same."""
    return tuple(
        each for index, cell in enumerate(cells) for each in ((cell, currency) if index in money[:1] else (cell,))
    )


def _is_money(key: str, asked: Asked) -> bool:
    return key == "revenue" or (key != "purchases" and asked.selection.metric == "revenue")


def _about(asked: Asked, sales: Sales, now: datetime) -> tuple[tuple[str, str], ...]:
    reader, selection, period = asked.reader, asked.selection, sales.reach.period
    layers = {"measured": _("Measured"), "automated": _("Automated"), "manual": _("Manual")}
    age = _("As of")
    if sales.stale:
        age = _("As of, older than usual")
    terms = [
        glossary.term(_TERMS.get(column.key, column.key))
        for column in sales.chart.table.columns[1:]
        if column.key in {"revenue", "purchases", *_TERMS}
    ]
    return (
        (_("Event"), sales.title),
        (_("Id"), asked.eid),
        (_("Partner"), asked.partner.name),
        (_("Days"), reader.day_range(period.start, period.end)),
        (_("Rows"), {"day": _("Days"), "week": _("Weeks"), "month": _("Months")}[sales.reach.by]),
        (_("What is counted"), _("Revenue") if selection.metric == "revenue" else _("Purchases")),
        (_("Layers"), reader.listing([words for name, words in layers.items() if name in selection.visible])),
        (_("Currency"), sales.currency or _("None is named by the platform.")),
        (_("In words"), sales.chart.summary),
        (_("Notes"), " ".join(words for words in sales.words if words)),
        (_("What it is"), sales.caption),
        (age, reader.instant(sales.read_at)),
        (_("Written"), reader.instant(now)),
        *((str(term.label), " ".join(str(part) for part in (term.definition, term.formula) if part)) for term in terms),
    )
