"""When campaigns ran and whether results can still move: every combination of dates, and the days around the rule's."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest

from attribution_portal.periods import Period
from attribution_portal.platform_api.payloads import Campaign, Creative
from attribution_portal.wave.runs import SETTLING, Runs, Standing, runs, standing

TODAY = date(2026, 6, 15)
MAY = date(2026, 5, 1)
JUNE = date(2026, 6, 1)


def campaign(start: date | None, end: date | None, status: str | None = "COMPLETED") -> Campaign:
    return Campaign(
        event_id="evt_1",
        tc="jazz",
        tc_run_id="42",
        status=status,
        creative=Creative(headline=None, body=None, media_url=None),
        geo=(),
        demographics=(),
        budget=None,
        start_date=start,
        end_date=end,
        audience_id=None,
        published=True,
    )


@pytest.mark.parametrize(("start", "end"), list(product((None, MAY, JUNE, date(1850, 1, 1)), (None, MAY, JUNE))))
def test_days_count_only_where_they_make_sense(start: date | None, end: date | None) -> None:
    found = runs([campaign(start, end)])
    whole = start in (MAY, JUNE) and end is not None and end >= (start or end)
    usable_end = end is not None and (start is None or start <= end)
    assert found == Runs(
        count=1,
        span=Period(start, end) if whole and start and end else None,
        last=end if usable_end else None,
        undated=0 if usable_end else 1,
        unstarted=0 if whole else 1,
        idle=0,
    )


def test_the_span_reaches_over_all_runs_and_tells_the_days_between() -> None:
    found = runs(
        [
            campaign(date(2026, 5, 10), date(2026, 5, 12)),
            campaign(date(2026, 5, 1), date(2026, 5, 3)),
            campaign(date(2026, 5, 2), date(2026, 5, 2)),
            campaign(date(2026, 5, 4), date(2026, 5, 5)),
        ]
    )
    assert found.span == Period(date(2026, 5, 1), date(2026, 5, 12))
    assert found.idle == 4
    assert (found.undated, found.unstarted) == (0, 0)


@pytest.mark.parametrize("word", ["IGNORED", "ignored"])
def test_ignored_campaigns_never_ran(word: str) -> None:
    assert runs([campaign(MAY, JUNE, word)]) == runs([])
    assert runs([campaign(MAY, JUNE, None)]).count == 1


@pytest.mark.parametrize(
    ("ended", "name"),
    [(-10, "settling"), (0, "settling"), (1, "settling"), (28, "settling"), (29, "settled"), (400, "settled")],
)
def test_results_settle_28_days_after_the_last_campaigns_end(ended: int, name: str) -> None:
    end = TODAY - timedelta(days=ended)
    found = standing(runs([campaign(None, date(2025, 1, 1)), campaign(None, end)]), running=False, today=TODAY)
    assert found.name == name
    assert found.until == (end + timedelta(days=28) if name == "settling" else None)
    assert found.is_provisional is (name == "settling")
    assert SETTLING.days == 28


@pytest.mark.parametrize("end", [None, date(2025, 1, 1), TODAY])
def test_what_runs_is_provisional_whatever_its_dates_say(end: date | None) -> None:
    assert standing(runs([campaign(None, end, "RUNNING")]), running=True, today=TODAY) == Standing("running")


def test_nothing_is_called_settled_while_one_end_is_not_told() -> None:
    old = campaign(None, date(2025, 1, 1))
    assert standing(runs([old, campaign(MAY, None)]), running=False, today=TODAY).name == "unknown"
    assert standing(runs([old, campaign(JUNE, MAY)]), running=False, today=TODAY).name == "unknown"
    assert standing(runs([]), running=False, today=TODAY).name == "unknown"
    assert standing(runs([campaign(None, TODAY), campaign(MAY, None)]), running=False, today=TODAY).name == "settling"
