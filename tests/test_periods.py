from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.periods import (
    FIRST_DAY,
    GRANULARITIES,
    LAST_DAY,
    PRESETS,
    Period,
    beside,
    bucket,
    buckets,
    granularity,
    laid_over,
    last_year,
    over_on_both,
    previous,
    resolve,
    year_before,
)

TODAY = date(2026, 6, 15)
KNOWN = {
    "first": date(2026, 2, 10),
    "last": date(2026, 6, 14),
    "event_day": date(2026, 7, 12),
    "campaign": (date(2026, 5, 1), date(2026, 6, 1)),
    "start": date(2026, 3, 3),
    "end": date(2026, 3, 9),
}

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2040, 12, 31))
periods = st.builds(lambda start, n: Period(start, start + timedelta(days=n)), days, st.integers(0, 900))


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("all", date(2026, 2, 10), date(2026, 6, 14)),
        ("since-on-sale", date(2026, 2, 10), date(2026, 6, 15)),
        ("last-30-before-show", date(2026, 6, 13), date(2026, 7, 12)),
        ("campaign", date(2026, 5, 1), date(2026, 6, 1)),
        ("last-7", date(2026, 6, 9), date(2026, 6, 15)),
        ("last-28", date(2026, 5, 19), date(2026, 6, 15)),
        ("this-month", date(2026, 6, 1), date(2026, 6, 15)),
        ("last-month", date(2026, 5, 1), date(2026, 5, 31)),
        ("this-year", date(2026, 1, 1), date(2026, 6, 15)),
        ("custom", date(2026, 3, 3), date(2026, 3, 9)),
    ],
)
def test_presets_resolve_against_today(name, start, end):
    assert resolve(name, TODAY, **KNOWN) == Period(start, end, name)


def test_every_preset_is_in_the_table_above():
    assert len(PRESETS) == 10


@pytest.mark.parametrize("name", ["since-on-sale", "last-30-before-show", "campaign", "custom", "banana", ""])
def test_what_is_not_known_resolves_to_nothing(name):
    assert resolve(name, TODAY) is None


def test_all_is_today_when_there_are_no_rows():
    assert resolve("all", TODAY) == Period(TODAY, TODAY, "all")


def test_all_holds_whatever_dates_the_rows_have():
    period = resolve("all", TODAY, first=date(1, 1, 1), last=date(9999, 12, 31))
    assert period == Period(FIRST_DAY, LAST_DAY, "all")


def test_since_on_sale_ends_with_the_show():
    period = resolve("since-on-sale", TODAY, first=date(2026, 1, 1), event_day=date(2026, 3, 1))
    assert period == Period(date(2026, 1, 1), date(2026, 3, 1), "since-on-sale")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 6, 2), date(2026, 6, 1)),
        (date(1899, 12, 31), date(2026, 6, 1)),
        (date(2026, 6, 1), date(2100, 1, 2)),
        (date(2026, 6, 1), None),
    ],
)
def test_a_custom_period_must_make_sense(start, end):
    assert resolve("custom", TODAY, start=start, end=end) is None


def test_a_period_does_not_end_before_it_starts():
    with pytest.raises(ValueError, match="ends on or after"):
        Period(date(2026, 6, 2), date(2026, 6, 1))


@given(periods)
def test_the_previous_period_is_as_long_and_has_the_same_weekdays(period):
    before = previous(period)
    assert before.days == period.days
    assert before.start.weekday() == period.start.weekday()
    assert before.end < period.start
    assert (period.start - before.end).days <= 7


def test_the_previous_30_days_start_five_weeks_earlier():
    assert previous(Period(date(2026, 6, 1), date(2026, 6, 30))) == Period(
        date(2026, 4, 27), date(2026, 5, 26), "previous"
    )


def test_last_year_has_the_same_dates():
    assert last_year(Period(date(2028, 2, 29), date(2028, 3, 31))) == Period(
        date(2027, 2, 28), date(2027, 3, 31), "last-year"
    )


@pytest.mark.parametrize(("count", "by"), [(1, "day"), (62, "day"), (63, "week"), (400, "week"), (401, "month")])
def test_longer_periods_have_coarser_bars(count, by):
    period = Period(TODAY, TODAY + timedelta(days=count - 1))
    assert granularity(period) == by
    assert [granularity(period, asked) for asked in GRANULARITIES] == list(GRANULARITIES)


def test_nobody_can_ask_for_two_centuries_of_days():
    ages = Period(FIRST_DAY, LAST_DAY)
    assert granularity(ages, "day") == "month"
    assert granularity(ages, "week") == "month"


@pytest.mark.parametrize(
    ("by", "start"), [("day", date(2026, 6, 14)), ("week", date(2026, 6, 8)), ("month", date(2026, 6, 1))]
)
def test_a_day_falls_in_a_bucket(by, start):
    assert bucket(date(2026, 6, 14), by) == start


@given(periods, st.sampled_from(GRANULARITIES))
def test_buckets_divide_a_period_without_gap_or_overlap(period, by):
    cut = buckets(period, by)
    assert (cut[0].first, cut[-1].last) == (period.start, period.end)
    assert sum((each.last - each.first).days + 1 for each in cut) == period.days
    for one, other in pairwise(cut):
        assert one.next == other.start
        assert other.first - one.last == timedelta(days=1)
    for each in cut:
        assert each.start == bucket(each.first, by) == bucket(each.last, by)


@given(periods, st.data())
def test_totals_do_not_change_under_bucketing(period, data):
    offsets = data.draw(st.lists(st.tuples(st.integers(0, period.days - 1), st.integers(-500, 500))))
    for by in GRANULARITIES:
        sums: Counter[date] = Counter()
        for offset, amount in offsets:
            sums[bucket(period.start + timedelta(days=offset), by)] += amount
        assert sum(sums.values()) == sum(amount for _, amount in offsets)
        assert set(sums) <= {each.start for each in buckets(period, by)}


@pytest.mark.parametrize(
    ("start", "end", "last"),
    [
        (date(2026, 6, 1), date(2026, 6, 14), date(2026, 6, 14)),
        (date(2026, 6, 1), date(2026, 6, 15), date(2026, 6, 14)),
        (date(2026, 6, 1), date(2026, 12, 31), date(2026, 6, 14)),
        (date(2026, 6, 15), date(2026, 6, 15), None),
        (date(2026, 7, 1), date(2026, 7, 31), None),
    ],
)
def test_only_days_that_are_over_can_be_compared(start, end, last):
    period = Period(start, end, "custom")
    for other in (laid_over(period, previous(period)), year_before(period)):
        assert over_on_both(period, other, TODAY) == (Period(start, last, "custom") if last else None)


def test_days_that_lie_ahead_on_the_other_side_cannot_be_compared():
    period = Period(date(2026, 5, 1), date(2026, 5, 31))
    later = beside(period, day=date(2026, 6, 1), other_day=date(2026, 6, 29))
    assert later.period == Period(date(2026, 5, 29), date(2026, 6, 28), "beside")
    assert later.onto(date(2026, 6, 14)) == date(2026, 5, 17)
    assert over_on_both(period, later, TODAY) == Period(period.start, date(2026, 5, 17))
    ahead = beside(period, day=date(2026, 6, 1), other_day=date(2026, 9, 1))
    assert over_on_both(period, ahead, TODAY) is None


def test_29_february_has_a_place_in_every_year():
    february = Period(date(2025, 2, 1), date(2025, 3, 1))
    assert year_before(february).onto(date(2024, 2, 29)) == date(2025, 2, 28)
    assert year_before(Period(date(2024, 2, 29), date(2024, 2, 29))).period.start == date(2023, 2, 28)
