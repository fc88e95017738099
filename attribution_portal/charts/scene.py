"""One event's sales, cut into buckets once for one view of them: figure, table and sentences all read
this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from attribution_portal.charts.sales import (
    KINDS,
    Compared,
    Kind,
    Measure,
    Metric,
    SeenAdjustment,
    Slice,
    SourceTotal,
    Totals,
    measured,
    slices,
    totals,
)
from attribution_portal.formats import Reader
from attribution_portal.periods import By, Period
from attribution_portal.platform_api.payloads import DailyRow


@dataclass(frozen=True, slots=True)
class Band:
    """A labelled stretch of days behind the bars, both ends included."""

    label: str
    start: date
    end: date
    kind: Literal["campaign", "package"]


@dataclass(frozen=True, slots=True)
class Scene:
    """The slices of a period with what a reader chose to see of them. `labels` name the slices, in their
    order; `measured` and `kinds` are the visible layers. `compared` is what the measured sales are compared with, and
    `others` its numbers, slice by slice and for the whole period; both empty where there is no comparison."""

    slices: tuple[Slice, ...]
    labels: tuple[str, ...]
    measures: tuple[Measure, ...]
    totals: Totals
    period: Period
    by: By
    metric: Metric
    measured: bool
    kinds: tuple[Kind, ...]
    currency: str | None
    reader: Reader
    compared: Compared | None = None
    others: tuple[tuple[Decimal | None, ...], Decimal | None] = ((), None)

    @property
    def whole(self) -> Measure:
        """The period's measured sales in the chosen metric."""
        return self.totals.measured(self.metric)

    @property
    def adjusted(self) -> SourceTotal:
        """The visible adjustments of the period together."""
        return self.totals.adjusted(self.kinds)

    def amount(self, value: Decimal | None, *, trim: bool = False) -> str:
        """A value of the chosen metric as text."""
        if self.metric == "revenue":
            return self.reader.money(value, self.currency, trim=trim)
        return self.reader.count(value)


def visible_kinds(layers: frozenset[str]) -> tuple[Kind, ...]:
    """The sources that these layers show. A source that is neither has no layer of its own: it shows with
    any."""
    kinds = tuple(kind for kind in KINDS if kind in layers)
    return (*kinds, "other") if kinds else ()


def scene(
    *,
    days: Sequence[DailyRow],
    adjustments: Sequence[SeenAdjustment],
    period: Period,
    by: By,
    metric: Metric,
    layers: frozenset[str],
    today: date,
    currency: str | None,
    reader: Reader,
    compared: Compared | None = None,
) -> Scene:
    """A comparison is of measured sales: where these are hidden, it is too."""
    if "measured" not in layers:
        compared = None
    pieces = slices(days=days, adjustments=adjustments, period=period, by=by, today=today)
    return Scene(
        slices=pieces,
        labels=tuple(_label(piece, by, reader) for piece in pieces),
        measures=tuple(piece.measure(metric) for piece in pieces),
        totals=totals(days=days, adjustments=adjustments, period=period),
        period=period,
        by=by,
        metric=metric,
        measured="measured" in layers,
        kinds=visible_kinds(layers),
        currency=currency,
        reader=reader,
        compared=compared,
        others=_others(compared, period=period, by=by, metric=metric, today=today) if compared else ((), None),
    )


def _others(
    compared: Compared, *, period: Period, by: By, metric: Metric, today: date
) -> tuple[tuple[Decimal | None, ...], Decimal | None]:
    pieces = slices(days=compared.rows, adjustments=(), period=period, by=by, today=today)
    whole = measured(tuple(row for row in compared.rows if row.date in period), metric)
    return tuple(piece.measure(metric).value for piece in pieces), whole.value


def _label(piece: Slice, by: By, reader: Reader) -> str:
    """A bucket's days in words; a week or month that the period cuts says which days are in it."""
    cut = piece.bucket
    if by == "day":
        return reader.day(cut.first)
    if by == "month" and cut.first == cut.start and cut.last == cut.next - timedelta(days=1):
        return reader.month(cut.first)
    return reader.day_range(cut.first, cut.last)
