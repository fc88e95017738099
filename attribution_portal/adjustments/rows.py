"""An event's sales adjustments (contract §6) as one list, whichever way they came.

Pure: no clock, no HTTP, no database. The same rows arrive twice, inside daily revenue and from campaign
results. What is decided here:

- One `id` counts once, whether it is repeated within an answer or across both. Where the two ways disagree
  about a row, campaign results win, being the endpoint that owns the rows; within one answer the first row
  wins. The row says so.
- A row that only one of two answers knows is shown and counted, and marked `one_way`.
- A row that names another event, or another tenant, than the one asked about is left out and counted in
  `left_out`, also where only one of the two ways says so. What is missing, or is not a tenant's name (§1: the
  platform also numbers its partners), contradicts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Adjustment

Answer = tuple[Adjustment, ...] | PlatformError | None

AUTOMATED, MANUAL = "automated", "manual"
_TENANT = re.compile(r"partner-id-.+|fd\d+")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """One adjustment. `purchases` counts, `revenue` is money in the partner's currency.

    day: the calendar day of `created_at` in the partner's zone; None when the platform gives no instant.
    source: the platform's word, `automated`, `manual` or any other; None when it gives none.
    seen_in: which of "daily" and "results" carried it. one_way: both answered, and only one of them has it.
    conflicting: the platform gave this id with different values; these are the ones that count.
    """

    id: str
    purchases: int
    revenue: Decimal
    created_at: datetime | None
    day: date | None
    source: str | None
    seen_in: frozenset[str]
    one_way: bool = False
    conflicting: bool = False


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """What the rows of one source sum to; `source` None gathers the rows that name none."""

    source: str | None
    purchases: int
    revenue: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Adjustments:
    """Newest row first; rows without an instant last. Sums are over `rows`.

    by_source: automated, manual, then any other word by name, then rows without one.
    results_error, daily_error: why that way gave nothing; None when it answered or was not asked.
    left_out: how many rows were for another event or tenant, and are neither shown nor counted.
    """

    rows: tuple[AdjustmentRow, ...]
    by_source: tuple[SourceTotal, ...]
    results_error: PlatformError | None = None
    daily_error: PlatformError | None = None
    left_out: int = 0

    @property
    def results_permitted(self) -> bool:
        """False when the platform does not let this account read campaign results: a normal state (§6)."""
        return not isinstance(self.results_error, NotPermitted)

    @property
    def purchases(self) -> int:
        return sum(total.purchases for total in self.by_source)

    @property
    def revenue(self) -> Decimal:
        return sum((total.revenue for total in self.by_source), Decimal(0))


def merge(*, partner_id: str, event_id: str, daily: Answer, results: Answer, zone: ZoneInfo) -> Adjustments:
    """The adjustments of one event of one partner.

    daily: `DailyRevenue.adjustments`; results: the answer of campaign results. Each may be the error it
    ended in, or None when it was not asked. zone: the partner's, in which `created_at` becomes a day.
    """
    results_rows, daily_rows = (answer if isinstance(answer, tuple) else () for answer in (results, daily))
    strays = {row.id for row in (*results_rows, *daily_rows) if not _is_own(row, partner_id, event_id)}
    both_answered = isinstance(daily, tuple) and isinstance(results, tuple)

    found: dict[str, Adjustment] = {}
    seen_in: dict[str, set[str]] = {}
    conflicting: set[str] = set()
    for way, answer in (("results", results_rows), ("daily", daily_rows)):
        for adjustment in answer:
            if adjustment.id in strays:
                continue
            kept = found.setdefault(adjustment.id, adjustment)
            if _values(kept) != _values(adjustment):
                conflicting.add(adjustment.id)
            seen_in.setdefault(adjustment.id, set()).add(way)

    rows = tuple(
        AdjustmentRow(
            id=adjustment.id,
            purchases=adjustment.purchases,
            revenue=adjustment.revenue,
            created_at=adjustment.created_at,
            day=adjustment.created_at.astimezone(zone).date() if adjustment.created_at else None,
            source=adjustment.source,
            seen_in=frozenset(seen_in[adjustment.id]),
            one_way=both_answered and len(seen_in[adjustment.id]) == 1,
            conflicting=adjustment.id in conflicting,
        )
        for adjustment in sorted(
            sorted(found.values(), key=lambda a: a.id), key=lambda a: a.created_at or _LONG_AGO, reverse=True
        )
    )
    return Adjustments(
        rows=rows,
        by_source=_by_source(rows),
        results_error=results if isinstance(results, PlatformError) else None,
        daily_error=daily if isinstance(daily, PlatformError) else None,
        left_out=len(strays),
    )


def _is_own(row: Adjustment, partner_id: str, event_id: str) -> bool:
    other_tenant = row.partner_id is not None and row.partner_id != partner_id and _TENANT.fullmatch(row.partner_id)
    return not other_tenant and row.event_id in ("", event_id)


def _values(row: Adjustment) -> tuple[int, Decimal, datetime | None, str | None]:
    return row.purchases, row.revenue, row.created_at, row.source


def _by_source(rows: Iterable[AdjustmentRow]) -> tuple[SourceTotal, ...]:
    sums: dict[str | None, SourceTotal] = {}
    for row in rows:
        before = sums.get(row.source) or SourceTotal(row.source, 0, Decimal(0), 0)
        sums[row.source] = SourceTotal(
            row.source, before.purchases + row.purchases, before.revenue + row.revenue, before.count + 1
        )
    known = {AUTOMATED: 0, MANUAL: 1}

    def order(total: SourceTotal) -> tuple[int, str]:
        return (3, "") if total.source is None else (known.get(total.source, 2), total.source)

    return tuple(sorted(sums.values(), key=order))
