"""Periods of calendar days, the presets that name them, and the buckets that a chart divides them into.

Pure: today and what is known of the event are arguments; a day is the partner's calendar day (the caller has
already turned instants into days in the partner's zone). Both ends of a period belong to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal, get_args

By = Literal["day", "week", "month"]
GRANULARITIES: Final[tuple[By, ...]] = get_args(By)

# The platform's own words for "all time" (contract §5, "Daily revenue"); no period reaches outside.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2100, 1, 1)

_DAYS_BY_DAY: Final = 62
_DAYS_BY_WEEK: Final = 400
_MOST_BUCKETS: Final = 1_100


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included. `name` is the preset's, `custom`, or what a comparison is
    called."""

    start: date
    end: date
    name: str = "custom"

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a period ends on or after the day it starts")

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Known:
    """What a preset may be resolved from. `first` and `last` are the outermost days with any row (sales or
    adjustments)."""

    today: date
    first: date | None = None
    last: date | None = None
    event_day: date | None = None
    campaign: tuple[date, date] | None = None
    start: date | None = None
    end: date | None = None


Span = tuple[date, date]


def _all(known: Known) -> Span:
    """Always a period, whatever the rows' dates are: it is what every other preset falls back to."""
    start = _within(known.first or known.last or known.today)
    return start, max(start, _within(known.last or known.today))


def _within(day: date) -> date:
    return min(max(day, FIRST_DAY), LAST_DAY)


def _since_on_sale(known: Known) -> Span | None:
    """From the first row to the show, or to today while the show is ahead."""
    if known.first is None:
        return None
    return known.first, max(known.first, min(known.today, known.event_day or known.today))


def _last_30_before_show(known: Known) -> Span | None:
    """Thirty days, the show's own among them: the box office sells on the night."""
    return None if known.event_day is None else (known.event_day - timedelta(days=29), known.event_day)


def _campaign(known: Known) -> Span | None:
    return known.campaign


def _last_days(count: int) -> Callable[[Known], Span]:
    return lambda known: (known.today - timedelta(days=count - 1), known.today)


def _this_month(known: Known) -> Span:
    return known.today.replace(day=1), known.today


def _last_month(known: Known) -> Span:
    last = known.today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _this_year(known: Known) -> Span:
    return known.today.replace(month=1, day=1), known.today


def _custom(known: Known) -> Span | None:
    return None if known.start is None or known.end is None else (known.start, known.end)


# The names of the `period` query parameter, in the order of the picker. A resolver answers None where what it
# needs is not known: no event day, no campaign, no first day of sales.
PRESETS: Final[dict[str, Callable[[Known], Span | None]]] = {
    "all": _all,
    "since-on-sale": _since_on_sale,
    "last-30-before-show": _last_30_before_show,
    "campaign": _campaign,
    "last-7": _last_days(7),
    "last-28": _last_days(28),
    "this-month": _this_month,
    "last-month": _last_month,
    "this-year": _this_year,
    "custom": _custom,
}


def resolve(
    name: str,
    today: date,
    *,
    first: date | None = None,
    last: date | None = None,
    event_day: date | None = None,
    campaign: tuple[date, date] | None = None,
    start: date | None = None,
    end: date | None = None,
) -> Period | None:
    """The preset's period, or None when there is no such preset, what it needs is not known, its ends are the
    wrong way round, or it reaches outside 1900 to 2100. The caller then falls back to `all` and says so."""
    preset = PRESETS.get(name)
    if preset is None:
        return None
    span = preset(Known(today, first, last, event_day, campaign, start, end))
    if span is None or not FIRST_DAY <= span[0] <= span[1] <= LAST_DAY:
        return None
    return Period(*span, name=name)


def previous(period: Period) -> Period:
    """The period to compare with: equally long, before it, and on the same weekdays, so a Saturday meets a
    Saturday.

    Shifted back by the fewest whole weeks that leave no common day."""
    shift = timedelta(days=-(-period.days // 7) * 7)
    return Period(period.start - shift, period.end - shift, "previous")


def last_year(period: Period) -> Period:
    """The same calendar dates one year earlier; 29 February becomes the 28th."""
    return Period(_year_before(period.start), _year_before(period.end), "last-year")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A period laid over another, day on day. `period` are its own days; `shift` is how many days each of them moves to
    its place on the other, None = to the same date of the year after."""

    period: Period
    shift: int | None

    def onto(self, day: date) -> date:
        """Where a day of this period stands on the other one. Two may share a place: 29 February has none of its own in
        most years, and stands on the 28th."""
        return _years_away(day, 1) if self.shift is None else day + timedelta(days=self.shift)


def laid_over(period: Period, other: Period) -> Counterpart:
    """`other`, moved so that both begin on the same day."""
    return Counterpart(other, (period.start - other.start).days)


def year_before(period: Period) -> Counterpart:
    return Counterpart(last_year(period), None)


def beside(period: Period, *, day: date, other_day: date) -> Counterpart:
    """The same days as counted from another day: what `other_day` is to the other's period, `day` is to this one."""
    shift = (day - other_day).days
    moved = timedelta(days=shift)
    return Counterpart(Period(period.start - moved, period.end - moved, "beside"), shift)


def over_on_both(period: Period, counterpart: Counterpart, today: date) -> Period | None:
    """The days of a period that are over here and on the other side too, from its start; None when there is none yet.
    Only these can be compared: what a day sold is known when it is over."""
    yesterday = today - timedelta(days=1)
    last = min(period.end, yesterday, counterpart.onto(yesterday))
    return None if last < period.start else Period(period.start, last, period.name)


def _year_before(day: date) -> date:
    return _years_away(day, -1)


def _years_away(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def granularity(period: Period, asked: By | None = None) -> By:
    """Bars per day up to 62 days, per week up to 400, per month beyond: two months of days and a year of
    weeks are each about 60 bars, which a phone 360 px wide can still tell apart; a season's worth of months
    is fewer.

    `asked` is the reader's choice. It is honoured up to three years of days (or as many weeks), so that a
    link cannot ask for a table of two centuries of days; beyond that the rule decides."""
    if asked is not None and _bucket_count(period, asked) <= _MOST_BUCKETS:
        return asked
    if period.days <= _DAYS_BY_DAY:
        return "day"
    return "week" if period.days <= _DAYS_BY_WEEK else "month"


def _bucket_count(period: Period, by: By) -> int:
    return period.days // {"day": 1, "week": 7, "month": 30}[by]


def bucket(day: date, by: By) -> date:
    """The first day of the bucket that a day falls in: itself, its Monday (ISO), or the first of its
    month."""
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar's worth of days. `start` names it (the Monday or first of the month, which may lie before the
    period); `first` and `last` are the days of the period that are in it; `next` is the start of the bucket
    after."""

    start: date
    first: date
    last: date
    next: date


def buckets(period: Period, by: By) -> tuple[Bucket, ...]:
    """Every bucket of a period in order, empty ones too; together their days are exactly the period's."""
    if by == "day":
        each = [date.fromordinal(n) for n in range(period.start.toordinal(), period.end.toordinal() + 2)]
        return tuple(Bucket(day, day, day, following) for day, following in pairwise(each))
    found = []
    start = bucket(period.start, by)
    while start <= period.end:
        following = start + timedelta(days=7) if by == "week" else (start + timedelta(days=31)).replace(day=1)
        found.append(Bucket(start, max(start, period.start), min(following - timedelta(days=1), period.end), following))
        start = following
    return tuple(found)
