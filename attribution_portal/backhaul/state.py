"""In which state a package's evaluation is. Pure: what was read, the time and the partner's day are arguments.

    ended        the package expired, failed or vanished: the last results are kept
    failing      the platform cannot be read
    none         no results yet
    waiting      settings changed and the platform still answers the old results
    unchanged    48 hours later still the same: whether they belong to the new settings cannot be told
    provisional  the window is still open, or nothing was read since it closed
    final        the window is closed and the results were read after that
    current      results without a window: no e-mail date or no window is set

The first that applies, in this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

PATIENCE = timedelta(hours=48)
# A change that is still not seen at the platform this long after it was sent did not arrive.
IN_DOUBT = timedelta(minutes=2)
BUILDING = frozenset({"INITIALIZING", "INPROGRESS"})
OVER = frozenset({"EXPIRED", "FAILED"})


class State(StrEnum):
    NONE = "none"
    CURRENT = "current"
    WAITING = "waiting"
    UNCHANGED = "unchanged"
    PROVISIONAL = "provisional"
    FINAL = "final"
    FAILING = "failing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the state follows from.

    window: whole days after email_sent_date. settings_changed_at: the last change, None when none was ever seen.
    pending_changes: how many settings changes the present results do not answer. has_results: whether any were ever
    read. confirmed_on: the partner's day on which the results were last read. today: the partner's day at `now`.
    """

    package_status: str
    vanished: bool
    window: int | None
    email_sent_date: date | None
    settings_changed_at: datetime | None
    pending_changes: int
    has_results: bool
    confirmed_on: date | None
    failing_since: datetime | None
    now: datetime
    today: date


def window_end(*, window: int | None, email_sent_date: date | None) -> date | None:
    """The last day that counts, or None where no window is anchored (also for a window beyond the calendar)."""
    if window is None or email_sent_date is None or window < 0:
        return None
    try:
        return email_sent_date + timedelta(days=window)
    except OverflowError:
        return None


def of(facts: Facts) -> State:
    """The state that `facts` amount to."""
    if facts.vanished or facts.package_status in OVER:
        return State.ENDED
    if facts.failing_since is not None:
        return State.FAILING
    if not facts.has_results:
        return State.NONE
    if facts.pending_changes and facts.settings_changed_at is not None:
        patient = facts.now - facts.settings_changed_at < PATIENCE
        return State.WAITING if patient else State.UNCHANGED
    end = window_end(window=facts.window, email_sent_date=facts.email_sent_date)
    if end is None:
        return State.CURRENT
    if facts.today <= end or facts.confirmed_on is None or facts.confirmed_on <= end:
        return State.PROVISIONAL
    return State.FINAL
