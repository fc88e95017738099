"""What the portal keeps of events' campaign results, for a list: looked up in one go, never asked for.

Revenue and purchases come from an event's campaign results (contract §6). Where this account may not read these, the
rows inside daily revenue are the only source (§6) and are looked up instead. Ad spend is what the event's statistics
state (§5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import adjustments, calls, events
from attribution_portal.platform_api.cache import Kept
from attribution_portal.platform_api.calls import Question
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Adjustment, DailyRevenue, EventStatistics, Reading

T = TypeVar("T")

# Seconds for which a list takes an answer as it is. The attribution job runs on the platform's own schedule, commonly
# overnight, and what people change here is dropped from what is kept at once.
AGE: Final = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """Of one event: the answer, the error that came instead, or None where nothing is known. `daily` is looked up only
    where there are no `results`, or only old ones."""

    results: Kept[tuple[Adjustment, ...]] = None
    daily: Kept[DailyRevenue] = None
    statistics: Kept[EventStatistics] = None

    @property
    def rows(self) -> Kept[tuple[Adjustment, ...]]:
        """The campaign results or, where they are not to be had any more, the rows that daily revenue carries."""
        daily = self.daily
        if not isinstance(daily, Reading):
            return self.results
        if isinstance(self.results, Reading) and self.results.read_at >= daily.read_at:
            return self.results
        return Reading(daily.value.adjustments, daily.read_at, daily.stale)

    @property
    def has_results(self) -> bool:
        """Whether there is something that ad spend could be held against."""
        return isinstance(self.rows, Reading) and bool(self.rows.value)

    def failing(self, failures: Mapping[str, PlatformError]) -> Known:
        """With what a reading ended in, by half, where nothing better is known."""
        return replace(
            self,
            results=self.results or failures.get("results"),
            statistics=self.statistics or failures.get("spend"),
        )

    def adjustments(self, partner: Partner, eid: str) -> Adjustments | None:
        """The rows as the campaign page counts them; None where they are not known."""
        rows = self.rows
        if not isinstance(rows, Reading):
            return None
        return merge(partner_id=partner.partner_id, event_id=eid, daily=None, results=rows.value, zone=partner.zone)


def look_up(partner: Partner, eids: Sequence[str]) -> dict[str, Known]:
    """What is kept of each event, however old. Raises StoreDown."""
    name = partner.partner_id
    results = dict(zip(eids, calls.kept([results_of(partner, eid) for eid in eids], partner_id=name), strict=True))
    statistics = dict(zip(eids, calls.kept([spend_of(eid) for eid in eids], partner_id=name), strict=True))
    # A year of sales is a large answer to look up for nothing.
    now = datetime.now(UTC)
    without = [eid for eid in eids if isinstance(results[eid], PlatformError) or is_due(results[eid], now)]
    daily = dict(zip(without, calls.kept([daily_of(partner, eid) for eid in without], partner_id=name), strict=True))
    return {eid: Known(results[eid], daily.get(eid), statistics[eid]) for eid in eids}


def is_due(answer: Kept[T], now: datetime) -> bool:
    """Whether it should be read: nothing is known, or only something old. A failure of a moment ago is an answer."""
    return answer is None or (isinstance(answer, Reading) and (now - answer.read_at).total_seconds() > AGE)


def results_of(partner: Partner, eid: str) -> Question[tuple[Adjustment, ...]]:
    return adjustments.of_event(partner_id=partner.partner_id, eid=eid)


def daily_of(partner: Partner, eid: str) -> Question[DailyRevenue]:
    return events.daily_revenue_of(eid=eid, currency=partner.currency or None)


def spend_of(eid: str) -> Question[EventStatistics]:
    return events.statistics_of(eid=eid)
