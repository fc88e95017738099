"""The states, enumerated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from attribution_portal.backhaul import state
from attribution_portal.backhaul.state import PATIENCE, Facts, State

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
TODAY = date(2026, 6, 15)
JUST_NOW = NOW - timedelta(seconds=1)
LONG_AGO = NOW - PATIENCE

PLAIN = Facts(
    package_status="DONE",
    vanished=False,
    window=14,
    email_sent_date=date(2026, 5, 1),
    settings_changed_at=None,
    pending_changes=0,
    has_results=True,
    confirmed_on=TODAY,
    failing_since=None,
    now=NOW,
    today=TODAY,
)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PLAIN, State.FINAL),
        (replace(PLAIN, package_status="EXPIRED"), State.ENDED),
        (replace(PLAIN, package_status="FAILED", has_results=False), State.ENDED),
        (replace(PLAIN, vanished=True), State.ENDED),
        (replace(PLAIN, vanished=True, failing_since=JUST_NOW), State.ENDED),
        (replace(PLAIN, failing_since=JUST_NOW), State.FAILING),
        (replace(PLAIN, failing_since=JUST_NOW, has_results=False), State.FAILING),
        (replace(PLAIN, has_results=False, confirmed_on=None), State.NONE),
        (replace(PLAIN, has_results=False, pending_changes=1, settings_changed_at=JUST_NOW), State.NONE),
        (replace(PLAIN, package_status="INPROGRESS", has_results=False), State.NONE),
        (replace(PLAIN, pending_changes=1, settings_changed_at=NOW), State.WAITING),
        (replace(PLAIN, pending_changes=2, settings_changed_at=LONG_AGO + timedelta(seconds=1)), State.WAITING),
        (replace(PLAIN, pending_changes=1, settings_changed_at=LONG_AGO), State.UNCHANGED),
        (replace(PLAIN, pending_changes=0, settings_changed_at=JUST_NOW), State.FINAL),
        (replace(PLAIN, email_sent_date=None), State.CURRENT),
        (replace(PLAIN, window=None), State.CURRENT),
        (replace(PLAIN, window=None, email_sent_date=None), State.CURRENT),
        (replace(PLAIN, window=10**9), State.CURRENT),
        (replace(PLAIN, window=-1), State.CURRENT),
        (replace(PLAIN, window=0, email_sent_date=TODAY), State.PROVISIONAL),
        (replace(PLAIN, window=14, email_sent_date=date(2026, 6, 1)), State.PROVISIONAL),
        (replace(PLAIN, window=13, email_sent_date=date(2026, 6, 1)), State.FINAL),
        (
            replace(PLAIN, window=13, email_sent_date=date(2026, 6, 1), confirmed_on=date(2026, 6, 14)),
            State.PROVISIONAL,
        ),
        (replace(PLAIN, email_sent_date=date(2026, 7, 1)), State.PROVISIONAL),
        (replace(PLAIN, package_status="SOMETHING_NEW"), State.FINAL),
    ],
)
def test_each_state_follows_from_its_facts(facts: Facts, expected: State) -> None:
    assert state.of(facts) is expected


def test_every_combination_has_the_state_that_comes_first() -> None:
    """All facts against the order of precedence, spelled out once more."""
    seen = set()
    for status, vanished, failing, results, pending, changed, (window, sent), confirmed in product(
        ("INITIALIZING", "INPROGRESS", "DONE", "FAILED", "EXPIRED", ""),
        (False, True),
        (None, JUST_NOW),
        (False, True),
        (0, 1, 2),
        (None, JUST_NOW, LONG_AGO),
        ((None, None), (14, None), (None, TODAY), (14, TODAY), (3, date(2026, 6, 1))),
        (None, date(2026, 6, 2), TODAY),
    ):
        got = state.of(
            replace(
                PLAIN,
                package_status=status,
                vanished=vanished,
                failing_since=failing,
                has_results=results,
                pending_changes=pending,
                settings_changed_at=changed,
                window=window,
                email_sent_date=sent,
                confirmed_on=confirmed,
            )
        )
        seen.add(got)
        anchored = window is not None and sent is not None
        ended = vanished or status in ("FAILED", "EXPIRED")
        answered = not (pending and changed)
        assert (got is State.ENDED) == ended
        assert (got is State.FAILING) == (not ended and failing is not None)
        quiet = not ended and failing is None
        assert (got is State.NONE) == (quiet and not results)
        shown = quiet and results
        assert (got is State.WAITING) == (shown and not answered and changed == JUST_NOW)
        assert (got is State.UNCHANGED) == (shown and not answered and changed == LONG_AGO)
        assert (got is State.CURRENT) == (shown and answered and not anchored)
        final = window == 3 and confirmed == TODAY
        assert (got is State.FINAL) == (shown and answered and anchored and final)
        assert (got is State.PROVISIONAL) == (shown and answered and anchored and not final)
    assert seen == set(State)


def test_the_window_ends_so_many_whole_days_after_the_mailing() -> None:
    # The night of 28 to 29 March 2026 is an hour shorter in Europe: days are counted, not hours.
    assert state.window_end(window=14, email_sent_date=date(2026, 3, 22)) == date(2026, 4, 5)
