"""Which days are compared with which: as many, on the same weekdays, never one that is not over or before any sale."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.periods import Period
from attribution_portal.wave.matching import Match, match

TODAY = date(2026, 6, 15)
DAY = timedelta(days=1)


def days(first: int, last: int) -> Period:
    return Period(TODAY + first * DAY, TODAY + last * DAY)


def test_as_many_days_before_on_the_same_weekdays() -> None:
    found = match(days(-20, -10), first_sale=TODAY - 90 * DAY, today=TODAY)
    assert found == Match(days(-20, -10), shift=14, wanted=11, unsold=False)
    assert found.before == days(-34, -24)


def test_of_a_running_campaign_only_days_that_are_over_count() -> None:
    assert match(days(-14, 10), first_sale=TODAY - 90 * DAY, today=TODAY) == Match(days(-14, -1), 14, 14, unsold=False)


def test_sales_that_began_too_late_shorten_both_sides() -> None:
    assert match(days(-40, -11), first_sale=TODAY - 57 * DAY, today=TODAY) == Match(days(-40, -27), 14, 30, unsold=True)


@pytest.mark.parametrize(
    ("campaign", "first_sale", "expected"),
    [
        (days(-20, -10), None, "no-sales"),
        (days(1, 10), TODAY - 30 * DAY, "ahead"),
        (days(0, 10), TODAY - 30 * DAY, "first-day"),
        (days(-20, -10), TODAY - 20 * DAY, "not-on-sale"),
        (days(-20, -10), TODAY - 26 * DAY, "not-on-sale"),
        (days(-20, -10), TODAY - 3 * DAY, "not-on-sale"),
    ],
)
def test_where_nothing_can_be_compared_the_reason_comes_out(
    campaign: Period, first_sale: date | None, expected: str
) -> None:
    assert match(campaign, first_sale=first_sale, today=TODAY) == expected


# A machine that runs other tests beside this one is slow, not wrong.
@given(
    start=st.integers(-800, 30),
    length=st.integers(1, 500),
    first_sale=st.integers(-900, 30),
    today=st.integers(-30, 30),
)
def test_a_match_is_always_fair(start: int, length: int, first_sale: int, today: int) -> None:
    campaign, first, now = days(start, start + length - 1), TODAY + first_sale * DAY, TODAY + today * DAY
    found = match(campaign, first_sale=first, today=now)
    if not isinstance(found, Match):
        return
    assert found.shift % 7 == 0
    assert found.before.days == found.during.days
    assert found.during.start == campaign.start
    assert found.during.end in campaign
    assert found.during.end < now
    assert found.before.end < found.during.start
    assert found.before.start >= first
    assert found.unsold is (found.during.days < found.wanted)
