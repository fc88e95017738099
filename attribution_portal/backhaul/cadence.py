"""When a package is read next. Pure, and asked after each reading; the contract allows 3–10 s apart at the fastest
(§3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from attribution_portal.backhaul.state import BUILDING, PATIENCE, State, window_end

FASTEST = timedelta(seconds=10)
CLOSELY = timedelta(hours=1)
CLOSE_AT_MOST = timedelta(minutes=5)
PATIENTLY = timedelta(minutes=15)
BUILDING_AT_MOST = timedelta(seconds=60)
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)
WEEKLY = timedelta(days=7)
DAILY_FOR = timedelta(days=14)
FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=1)
# An ended package that cannot be read is left in peace after waits of 34 hours in all.
LAST_TRIES = 12
LOOKED_AT = timedelta(seconds=60)
# With the beat's tick of half a minute and a reading on top, a new package is known within five.
LIST = timedelta(minutes=4)
LIST_WHILE_BUILDING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a package stands after a reading.

    failures: readings that failed in a row. retry_after: seconds the platform asked to wait, if it did. since: when
    the package was first seen, or its present results if there are any. watched: a person has its page open.
    """

    state: State
    package_status: str
    failures: int
    retry_after: float | None
    settings_changed_at: datetime | None
    since: datetime
    window: int | None
    email_sent_date: date | None
    watched: bool
    now: datetime
    today: date


def next_due(course: Course) -> datetime | None:
    """The instant of the next reading; None: never again. An ended package is read well once more; one that cannot be
    read is tried ever more seldom, `LAST_TRIES` times: its last results are kept either way."""
    is_over = course.state is State.ENDED
    if is_over and not 0 < course.failures <= LAST_TRIES:
        return None
    if course.failures:
        wait = _retry(course.failures, course.retry_after, last=DAILY if is_over else LAST_RETRY)
    else:
        wait = _wait(course)
    if course.watched and not course.retry_after:
        wait = min(wait, LOOKED_AT)
    return course.now + wait


def _retry(failures: int, retry_after: float | None, *, last: timedelta) -> timedelta:
    """Doubling from 30 s to `last`; never earlier than the platform asked for, which is heeded up to 1 h."""
    doubled = min(last, FIRST_RETRY * (1 << min(failures - 1, LAST_TRIES)))
    return max(doubled, timedelta(seconds=min(retry_after or 0.0, LAST_RETRY.total_seconds())))


def _wait(course: Course) -> timedelta:
    changed = course.settings_changed_at
    if changed is not None:
        elapsed = max(course.now - changed, timedelta(0))
        # Also after a first answer: results may move twice after one change.
        if elapsed < CLOSELY:
            return close(elapsed)
        if elapsed < PATIENCE and course.state in (State.WAITING, State.NONE):
            return PATIENTLY
    if course.package_status in BUILDING:
        return min(BUILDING_AT_MOST, FASTEST + max(course.now - course.since, timedelta(0)) / 10)
    end = window_end(window=course.window, email_sent_date=course.email_sent_date)
    if course.state is State.PROVISIONAL:
        return HOURLY
    if course.state is State.FINAL and end is not None:
        settled = timedelta(days=(course.today - end).days)
    else:
        settled = course.now - (changed if course.state is State.UNCHANGED and changed else course.since)
    if course.state is State.NONE:
        return HOURLY if settled < DAILY_FOR else DAILY
    return DAILY if settled < DAILY_FOR else WEEKLY


def close(elapsed: timedelta) -> timedelta:
    """10 s, then each wait 1.5 times the one before, up to 5 min.

    After waits that grew so for `elapsed`, the next is 10 s + elapsed / 2; so no count of readings has to be kept."""
    return min(CLOSE_AT_MOST, FASTEST + elapsed / 2)


def list_due(*, read_at: datetime, is_building: bool) -> datetime:
    """When a partner's list of packages is read next. How far the building of one has come, the list alone tells."""
    return read_at + (LIST_WHILE_BUILDING if is_building else LIST)
