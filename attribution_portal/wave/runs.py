"""When an event's campaigns ran, and whether their results can still move. Pure: the day is an argument.

The platform tells a campaign's state, its last day and sometimes its first (contract §7). It documents no number of
days after which its attribution is done: `SETTLING` is the portal's rule (docs/adr/0024)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from attribution_portal.periods import FIRST_DAY, LAST_DAY, Period
from attribution_portal.platform_api.payloads import Campaign

IGNORED: Final = "IGNORED"
SETTLING: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Runs:
    """The days of the campaigns that count, those that nobody ignored.

    span: from the first known first day to the last known last one, of campaigns whose days make sense; None where no
    campaign tells both. last: the latest last day that is told. undated: how many tell no end that makes sense. idle:
    how many days of the span no campaign covers."""

    count: int
    span: Period | None
    last: date | None
    undated: int
    unstarted: int
    idle: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether results can still move. `running`: ads are out. `settling`: until that day. `settled`: no longer, by the
    portal's rule. `unknown`: nothing tells when the campaigns ended."""

    name: Literal["running", "settling", "settled", "unknown"]
    until: date | None = None

    @property
    def is_provisional(self) -> bool:
        return self.name in ("running", "settling")


def runs(campaigns: Iterable[Campaign]) -> Runs:
    rows = [row for row in campaigns if (row.status or "").upper() != IGNORED]
    spans = [Period(*days) for row in rows if (days := _days(row))]
    ends = [row.end_date for row in rows if _has_end(row) and row.end_date]
    span = Period(min(each.start for each in spans), max(each.end for each in spans)) if spans else None
    return Runs(
        count=len(rows),
        span=span,
        last=max(ends, default=None),
        undated=len(rows) - len(ends),
        unstarted=len(rows) - len(spans),
        idle=_idle(spans),
    )


def standing(found: Runs, *, running: bool, today: date) -> Standing:
    """Where one campaign tells no end, the others' ends say until when results may move at least, never that they no
    longer do."""
    if running:
        return Standing("running")
    if found.last is not None and today - found.last <= SETTLING:
        return Standing("settling", found.last + SETTLING)
    return Standing("unknown" if found.last is None or found.undated else "settled")


def _days(row: Campaign) -> tuple[date, date] | None:
    start, end = row.start_date, row.end_date
    return (start, end) if start and end and FIRST_DAY <= start <= end <= LAST_DAY else None


def _has_end(row: Campaign) -> bool:
    """An end before the start, or outside the calendar, says nothing."""
    start, end = row.start_date, row.end_date
    return end is not None and FIRST_DAY <= end <= LAST_DAY and (start is None or start <= end)


def _idle(spans: list[Period]) -> int:
    """Days between campaigns."""
    count, covered = 0, None
    for each in sorted(spans, key=lambda period: (period.start, period.end)):
        if covered is not None and each.start > covered:
            count += (each.start - covered).days - 1
        covered = max(covered or each.end, each.end)
    return count
