"""When a package is read next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from attribution_portal.backhaul import cadence
from attribution_portal.backhaul.cadence import Course
from attribution_portal.backhaul.state import State

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
PLAIN = Course(
    state=State.CURRENT,
    package_status="DONE",
    failures=0,
    retry_after=None,
    settings_changed_at=None,
    since=NOW - timedelta(days=3),
    window=None,
    email_sent_date=None,
    watched=False,
    now=NOW,
    today=date(2026, 6, 15),
)
ANCHORED = replace(PLAIN, window=14, email_sent_date=date(2026, 6, 1))


def waiting(**elapsed: float) -> Course:
    return replace(PLAIN, state=State.WAITING, settings_changed_at=NOW - timedelta(**elapsed))


def closed(days_ago: int) -> Course:
    return replace(ANCHORED, state=State.FINAL, email_sent_date=date(2026, 6, 1) - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("course", "seconds"),
    [
        (waiting(seconds=0), 10),
        (waiting(seconds=10), 15),
        (waiting(seconds=25), 22.5),
        (waiting(seconds=580), 300),
        (waiting(seconds=3599), 300),
        (waiting(hours=1), 900),
        (waiting(hours=47, minutes=59), 900),
        (replace(waiting(hours=48), state=State.UNCHANGED), 86_400),
        (replace(waiting(days=13), state=State.UNCHANGED), 86_400),
        (replace(waiting(days=14), state=State.UNCHANGED), 7 * 86_400),
        # Results may move twice after one change: the first answer does not end the close look.
        (replace(waiting(seconds=40), state=State.PROVISIONAL), 30),
        (replace(waiting(hours=2), state=State.PROVISIONAL), 3600),
        (replace(waiting(hours=2), state=State.NONE), 900),
        (replace(PLAIN, state=State.NONE, package_status="INITIALIZING", since=NOW), 10),
        (replace(PLAIN, state=State.NONE, package_status="INPROGRESS", since=NOW - timedelta(seconds=100)), 20),
        (replace(PLAIN, state=State.NONE, package_status="INPROGRESS", since=NOW - timedelta(hours=3)), 60),
        (replace(PLAIN, state=State.NONE), 3600),
        (replace(PLAIN, state=State.NONE, since=NOW - timedelta(days=14)), 86_400),
        (replace(ANCHORED, state=State.PROVISIONAL), 3600),
        (closed(1), 86_400),
        (closed(13), 86_400),
        (closed(14), 7 * 86_400),
        (PLAIN, 86_400),
        (replace(PLAIN, since=NOW - timedelta(days=14)), 7 * 86_400),
        (replace(PLAIN, failures=1), 30),
        (replace(PLAIN, failures=2), 60),
        (replace(PLAIN, failures=7), 1920),
        (replace(PLAIN, failures=8), 3600),
        (replace(PLAIN, failures=5000), 3600),
        (replace(PLAIN, failures=1, retry_after=90.0), 90),
        (replace(PLAIN, failures=1, retry_after=1e9), 3600),
        (replace(PLAIN, state=State.ENDED, failures=3), 120),
        (replace(PLAIN, state=State.ENDED, failures=9), 7680),
        (replace(PLAIN, state=State.ENDED, failures=12), 61_440),
        (replace(PLAIN, watched=True), 60),
        (replace(waiting(seconds=0), watched=True), 10),
        (replace(PLAIN, failures=8, watched=True), 60),
        (replace(PLAIN, failures=1, retry_after=90.0, watched=True), 90),
        # A clock that runs behind the one that saw the change.
        (waiting(seconds=-5), 10),
    ],
)
def test_the_wait_follows_from_the_state(course: Course, seconds: float) -> None:
    assert cadence.next_due(course) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("failures", [13, 5000])
def test_an_ended_package_that_cannot_be_read_is_given_up(failures: int) -> None:
    assert cadence.next_due(replace(PLAIN, state=State.ENDED, failures=failures)) is None


def test_an_ended_package_is_not_read_again_after_one_good_reading() -> None:
    assert cadence.next_due(replace(PLAIN, state=State.ENDED, watched=True)) is None


def test_waits_after_a_change_grow_by_half_of_themselves() -> None:
    elapsed = timedelta(0)
    waits: list[timedelta] = []
    while len(waits) < 8:
        waits.append(cadence.close(elapsed))
        elapsed += waits[-1]
    assert [round(wait.total_seconds(), 1) for wait in waits] == [10, 15, 22.5, 33.8, 50.6, 75.9, 113.9, 170.9]


def test_nothing_is_ever_read_more_often_than_the_contract_allows() -> None:
    for state in State:
        for status in ("INITIALIZING", "INPROGRESS", "DONE", "EXPIRED"):
            for changed in (None, NOW, NOW - timedelta(hours=1)):
                course = replace(PLAIN, state=state, package_status=status, settings_changed_at=changed, watched=True)
                due = cadence.next_due(course)
                assert due is None or due >= NOW + timedelta(seconds=10)


def course_of(since_change: timedelta, state: State = State.WAITING) -> Course:
    return replace(PLAIN, state=state, settings_changed_at=NOW - since_change)


def test_a_whole_wait_for_a_result_that_never_comes_is_the_issues_sequence() -> None:
    """Growing by half each time to 5 minutes within the hour, then every quarter of an hour up to two days, then daily
    for two weeks and weekly."""
    elapsed, waits = timedelta(0), []
    while elapsed < timedelta(days=30):
        state = State.WAITING if elapsed < timedelta(hours=48) else State.UNCHANGED
        due = cadence.next_due(course_of(elapsed, state))
        assert due is not None
        waits.append((elapsed, due - NOW))
        elapsed += due - NOW
    first_hour = [wait for at, wait in waits if at < timedelta(hours=1)]
    growing = [wait for wait in first_hour if wait < timedelta(minutes=5)]
    assert growing[0] == timedelta(seconds=10)
    for before, after in pairwise(growing):
        assert after == before * 1.5
    assert set(first_hour[len(growing) :]) == {timedelta(minutes=5)}
    assert len(first_hour) == 19
    assert {wait for at, wait in waits if timedelta(hours=1) <= at < timedelta(hours=48)} == {timedelta(minutes=15)}
    assert {wait for at, wait in waits if timedelta(hours=48) <= at < timedelta(days=14)} == {timedelta(days=1)}
    assert {wait for at, wait in waits if at >= timedelta(days=14)} == {timedelta(days=7)}


def test_building_is_read_every_10_to_60_seconds_for_as_long_as_it_takes() -> None:
    elapsed, waits = timedelta(0), []
    while elapsed < timedelta(hours=2):
        course = replace(PLAIN, state=State.NONE, package_status="INPROGRESS", since=NOW - elapsed)
        due = cadence.next_due(course)
        assert due is not None
        waits.append((due - NOW).total_seconds())
        elapsed += due - NOW
    assert waits[0] == 10
    assert waits == sorted(waits)
    assert waits[-1] == 60


def test_failures_double_to_an_hour_and_a_good_reading_begins_anew() -> None:
    waits = []
    for failures in range(1, 12):
        due = cadence.next_due(replace(PLAIN, failures=failures))
        assert due is not None
        waits.append((due - NOW).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert cadence.next_due(replace(PLAIN, failures=0)) == NOW + timedelta(days=1)


def test_somebody_who_looks_never_makes_it_seldomer_and_never_more_often_than_once_a_minute() -> None:
    for state in State:
        for status in ("INITIALIZING", "INPROGRESS", "DONE", "EXPIRED"):
            for failures in (0, 1, 5, 50):
                for changed in (None, timedelta(0), timedelta(minutes=30), timedelta(hours=3), timedelta(days=3)):
                    plain = replace(
                        PLAIN,
                        state=state,
                        package_status=status,
                        failures=failures,
                        settings_changed_at=None if changed is None else NOW - changed,
                    )
                    alone = cadence.next_due(plain)
                    watched = cadence.next_due(replace(plain, watched=True))
                    if alone is None:
                        assert watched is None
                    else:
                        assert watched == min(alone, NOW + timedelta(seconds=60))


@pytest.mark.parametrize(("is_building", "minutes"), [(False, 4), (True, 1)])
def test_lists_are_read_often_enough_to_know_a_new_package_within_five_minutes(is_building: bool, minutes: int) -> None:
    assert cadence.list_due(read_at=NOW, is_building=is_building) == NOW + timedelta(minutes=minutes)
