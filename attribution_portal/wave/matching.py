"""Which of a campaign's days are compared with which days before it. Pure.

As many days before the campaign as of it, on the same weekdays: moved back by the fewest whole weeks that leave no
common day. Only days that are over count, and only those whose counterpart is not before the first sale: before
anything was on sale there is nothing to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from attribution_portal.periods import Period, previous

_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Match:
    """`during` is compared with the days `shift` days before. `wanted`: how many days of the campaign are over.
    `unsold`: that sales began too late for some of them to have a counterpart."""

    during: Period
    shift: int
    wanted: int
    unsold: bool

    @property
    def before(self) -> Period:
        back = timedelta(days=self.shift)
        return Period(self.during.start - back, self.during.end - back)


Nothing = Literal["no-sales", "ahead", "first-day", "not-on-sale"]


def match(campaign: Period, *, first_sale: date | None, today: date) -> Match | Nothing:
    """first_sale: the first day that the platform lists sales of. What comes out instead of a match: nothing is sold
    yet; the campaign lies ahead; it began today; sales began with it or too shortly before."""
    if first_sale is None:
        return "no-sales"
    if campaign.start > today:
        return "ahead"
    last = min(campaign.end, today - timedelta(days=1))
    if last < campaign.start:
        return "first-day"
    over = Period(campaign.start, last)
    available = (campaign.start - first_sale).days
    if available < _WEEK:
        # Less than a week of sales has no counterpart for the weekdays that it lacks.
        return "not-on-sale"
    if (shift := _shift(over)) <= available:
        return Match(over, shift, over.days, unsold=False)
    # Too few days before: as many whole weeks as there are, from the campaign's first day on.
    whole = available - available % _WEEK
    during = Period(over.start, min(over.end, over.start + timedelta(days=whole - 1)))
    return Match(during, _shift(during), over.days, unsold=True)


def _shift(period: Period) -> int:
    return (period.start - previous(period).start).days
