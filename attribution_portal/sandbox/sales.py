"""How tickets sell: one row a day from the start of the sale to the show or to today, whichever comes first.

A curve gives each day of the whole sale a weight; the weights are scaled so that `share` of the house is sold at the
show. Everything is drawn from the generator passed in, so the same seed gives the same days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Literal

TICKETS_PER_PURCHASE = 2.1
WEEKDAYS = (0.92, 0.86, 0.95, 1.08, 1.24, 1.02, 0.93)

Period = tuple[date, date]
SplitKind = Literal["known", "none", "some"]


@dataclass(frozen=True, slots=True)
class Day:
    """One day's measured sales; money in major units. `campaign_*` None: the platform did not split this day."""

    date: date
    revenue: Decimal
    purchases: int
    tickets: int
    campaign_revenue: Decimal | None = None
    campaign_purchases: int | None = None


def steady(i: int, n: int) -> float:
    return 1 + 5 * math.exp(-i / 3) + 2.5 * math.exp(-(n - 1 - i) / 8)


def spike(i: int, n: int) -> float:
    return 0.7 + 60 * math.exp(-i / 0.9) + 12 * math.exp(-abs(i - 31) / 0.8)


def slow(i: int, n: int) -> float:
    return 0.25 + 4 * (i / n) ** 3


def sellout(i: int, n: int) -> float:
    return math.exp(-i / 3.5) if i < 24 else 0.0


def late(i: int, n: int) -> float:
    return 0.15 + 6 * math.exp(-(n - 1 - i) / 12)


CURVES: dict[str, Callable[[int, int], float]] = {
    "steady": steady,
    "spike": spike,
    "slow": slow,
    "sellout": sellout,
    "late": late,
}


def sell(
    rng: Random,
    *,
    curve: str,
    on_sale: date,
    show: date,
    today: date,
    capacity: int,
    share: float,
    price: Decimal,
    quantum: Decimal,
) -> list[Day]:
    """Days with sales between `on_sale` and the earlier of `show` and `today`; days without sales are left out.

    `today` itself is unfinished: it carries about 40 % of a day. Never sells more tickets than `capacity`.
    """
    length = max((show - on_sale).days + 1, 1)
    shape = CURVES[curve]
    dates = [on_sale + timedelta(days=i) for i in range(length)]
    weights = [shape(i, length) * WEEKDAYS[day.weekday()] * rng.uniform(0.75, 1.25) for i, day in enumerate(dates)]
    scale = capacity * share / TICKETS_PER_PURCHASE / (sum(weights) or 1)
    left = capacity
    days = []
    for day, weight in zip(dates, weights, strict=True):
        if day > today:
            break
        # Rounding by chance keeps the expectation: a slow event sells on some days, not on none.
        purchases = math.floor(weight * scale * (0.4 if day == today else 1) + rng.random())
        tickets = min(left, max(purchases, round(purchases * rng.uniform(1.9, 2.3))))
        purchases = min(purchases, tickets)
        if not purchases:
            continue
        left -= tickets
        factor = Decimal(rng.randint(920, 1080)) / 1000
        revenue = (price * tickets * factor).quantize(quantum, ROUND_HALF_UP)
        days.append(Day(day, revenue, purchases, tickets))
    return days


def split(
    rng: Random, days: Sequence[Day], *, periods: Sequence[Period], kind: SplitKind, quantum: Decimal
) -> tuple[Day, ...]:
    """The days with their campaign part: a share while a campaign runs, a known zero outside it.

    `none` leaves every day unsplit, `some` leaves about every fifth day unsplit.
    """
    rows = []
    for position, day in enumerate(days):
        if kind == "none" or (kind == "some" and position % 5 == 2):
            rows.append(day)
            continue
        during = any(start <= day.date <= end for start, end in periods)
        share = Decimal(rng.randint(180, 420)) / 1000 if during else Decimal(0)
        rows.append(
            replace(
                day,
                campaign_revenue=(day.revenue * share).quantize(quantum, ROUND_HALF_UP),
                campaign_purchases=int(day.purchases * share),
            )
        )
    return tuple(rows)


def as_meta_reports(day: Day, quantum: Decimal) -> Day:
    """The same day as Meta's pixel would split it: more to the campaign, never more than was sold."""
    if day.campaign_revenue is None or day.campaign_purchases is None or day.revenue < 0:
        return day
    more = (day.campaign_revenue * Decimal("1.3")).quantize(quantum, ROUND_HALF_UP)
    return replace(
        day,
        campaign_revenue=min(more, day.revenue),
        campaign_purchases=min(round(day.campaign_purchases * 1.3), day.purchases),
    )
