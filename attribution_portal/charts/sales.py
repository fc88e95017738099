"""An event's measured sales and its adjustments, summed: for one bucket, for a period, by metric.

One sum for everything that shows it: KPI, bar, table cell and sentence come from here, so they cannot
disagree. Unknown is kept apart from zero all the way: a sum is known only when each of its parts is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from attribution_portal.periods import Bucket, By, Period, bucket, buckets
from attribution_portal.platform_api.payloads import DailyRow

Metric = Literal["revenue", "purchases"]
Kind = Literal["automated", "manual", "other"]
KINDS: Final[tuple[Kind, ...]] = ("automated", "manual", "other")
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class SeenAdjustment:
    """A sales adjustment where a reader sees it (contract §6). `day` is `created_at` in the partner's zone,
    None when the platform gave no moment; `href` opens its row."""

    id: str
    day: date | None
    purchases: int
    revenue: Decimal
    source: str | None
    href: str

    @property
    def kind(self) -> Kind:
        """Who made it, as far as it is known: `source` is an open word."""
        for kind in KINDS:
            if self.source == kind:
                return kind
        return "other"

    def amount(self, metric: Metric) -> Decimal:
        return self.revenue if metric == "revenue" else Decimal(self.purchases)


@dataclass(frozen=True, slots=True)
class Measure:
    """Measured sales of some days in one metric; money, or a count as a whole Decimal.

    `value` is None when a day in it has no number for this metric, and then the parts are None too.
    `campaign` and `organic` cover the days that the platform split, `unsplit` the others; each is None where
    there is no such day. What is known adds up: value = campaign + organic + unsplit."""

    value: Decimal | None
    campaign: Decimal | None
    organic: Decimal | None
    unsplit: Decimal | None
    split_days: int
    unsplit_days: int
    unknown_days: int

    @property
    def whole_campaign(self) -> Decimal | None:
        """What campaigns brought, None unless every day is split."""
        return None if self.unsplit_days else self.campaign

    @property
    def whole_organic(self) -> Decimal | None:
        return None if self.unsplit_days else self.organic


@dataclass(frozen=True, slots=True)
class Compared:
    """Measured sales of other days or of another event, laid over a period. `rows` stand at the day of that period that
    they are compared with, several may stand at one; `name` is what people call them."""

    name: str
    rows: tuple[DailyRow, ...]


# No row at all: the platform says nothing of these days, which is not zero.
GAP: Final = Measure(None, None, None, None, 0, 0, 0)


def measure(rows: Iterable[DailyRow], metric: Metric) -> Measure:
    """The sum of these days. No day at all sums to zero, with nothing known about campaigns."""
    total = campaign = unsplit = _ZERO
    split_days = unsplit_days = unknown_days = 0
    for row in rows:
        value: Decimal | int | None = row.revenue
        part: Decimal | int | None = row.campaign_revenue
        if metric == "purchases":
            value, part = row.purchases, row.campaign_purchases
        if value is None:
            unknown_days += 1
        elif part is None:
            total += value
            unsplit += value
            unsplit_days += 1
        else:
            total += value
            campaign += part
            split_days += 1
    if unknown_days:
        return Measure(None, None, None, None, split_days, unsplit_days, unknown_days)
    return Measure(
        value=total,
        campaign=campaign if split_days else None,
        organic=total - unsplit - campaign if split_days else None,
        unsplit=unsplit if unsplit_days else None,
        split_days=split_days,
        unsplit_days=unsplit_days,
        unknown_days=0,
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """One bucket. `rows` is empty where the platform has no day: that is a gap, not zero sales. `provisional`
    = today is in it, so it is not over."""

    bucket: Bucket
    rows: Sequence[DailyRow]
    adjustments: Sequence[SeenAdjustment]
    provisional: bool

    def measure(self, metric: Metric) -> Measure:
        return measured(self.rows, metric)


def measured(rows: Sequence[DailyRow], metric: Metric) -> Measure:
    """Their sum, or the gap where there is none."""
    return measure(rows, metric) if rows else GAP


def slices(
    *,
    days: Iterable[DailyRow],
    adjustments: Iterable[SeenAdjustment],
    period: Period,
    by: By,
    today: date,
) -> tuple[Slice, ...]:
    """The period's buckets in order, each with its days and adjustments; what lies outside the period is left
    out."""
    rows: dict[date, list[DailyRow]] = {}
    for row in days:
        if row.date in period:
            rows.setdefault(bucket(row.date, by), []).append(row)
    seen: dict[date, list[SeenAdjustment]] = {}
    for adjustment in adjustments:
        if adjustment.day is not None and adjustment.day in period:
            seen.setdefault(bucket(adjustment.day, by), []).append(adjustment)
    unfinished = bucket(today, by) if today in period else None
    return tuple(
        Slice(each, rows.get(each.start, ()), seen.get(each.start, ()), each.start == unfinished)
        for each in buckets(period, by)
    )


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """Adjustments of one source, summed."""

    count: int
    purchases: int
    revenue: Decimal

    def amount(self, metric: Metric) -> Decimal:
        return self.revenue if metric == "revenue" else Decimal(self.purchases)


def source_total(adjustments: Iterable[SeenAdjustment]) -> SourceTotal:
    seen = tuple(adjustments)
    return SourceTotal(len(seen), sum(a.purchases for a in seen), sum((a.revenue for a in seen), _ZERO))


@dataclass(frozen=True, slots=True)
class Totals:
    """A period's sums. Measured sales and adjustments are never added here: the platform does not say whether
    an automated result is already part of the measured sales.

    `days` counts the platform's rows; `undated` are adjustments without a moment, which no period holds."""

    days: int
    measured_revenue: Measure
    measured_purchases: Measure
    automated: SourceTotal
    manual: SourceTotal
    other: SourceTotal
    undated: int

    def measured(self, metric: Metric) -> Measure:
        return self.measured_revenue if metric == "revenue" else self.measured_purchases

    def adjusted(self, kinds: Iterable[Kind] = KINDS) -> SourceTotal:
        """The adjustments of these sources together."""
        parts = [{"automated": self.automated, "manual": self.manual, "other": self.other}[kind] for kind in kinds]
        return SourceTotal(
            sum(part.count for part in parts),
            sum(part.purchases for part in parts),
            sum((part.revenue for part in parts), _ZERO),
        )

    @property
    def revenue(self) -> Decimal:
        """Measured revenue; always known, because every row has one."""
        return self.measured_revenue.value or _ZERO

    @property
    def purchases(self) -> int | None:
        """Measured purchases; None when a day of the period came without its number."""
        return _whole(self.measured_purchases.value)

    @property
    def campaign_revenue(self) -> Decimal | None:
        """None unless the platform split every day of the period."""
        return self.measured_revenue.whole_campaign

    @property
    def organic_revenue(self) -> Decimal | None:
        return self.measured_revenue.whole_organic

    @property
    def campaign_purchases(self) -> int | None:
        return _whole(self.measured_purchases.whole_campaign)

    @property
    def organic_purchases(self) -> int | None:
        return _whole(self.measured_purchases.whole_organic)


def _whole(count: Decimal | None) -> int | None:
    return None if count is None else int(count)


def totals(*, days: Iterable[DailyRow], adjustments: Iterable[SeenAdjustment], period: Period) -> Totals:
    """What the period's KPIs show: the same sums as its chart's series and its table's last row."""
    rows = tuple(row for row in days if row.date in period)
    seen = tuple(adjustments)
    dated = tuple(each for each in seen if each.day is not None and each.day in period)
    by_kind = {kind: source_total(each for each in dated if each.kind == kind) for kind in KINDS}
    return Totals(
        days=len(rows),
        measured_revenue=measure(rows, "revenue"),
        measured_purchases=measure(rows, "purchases"),
        automated=by_kind["automated"],
        manual=by_kind["manual"],
        other=by_kind["other"],
        undated=sum(each.day is None for each in seen),
    )
