"""The platform's answers that a campaign page is made of, read together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import cast

from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import adjustments, asking, campaigns, events
from attribution_portal.platform_api.asking import Asked
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import (
    Adjustment,
    Campaign,
    DailyRevenue,
    Event,
    EventClusters,
    EventStatistics,
    MetaInsights,
    MetaResults,
    Page,
    Reading,
)
from attribution_portal.rereading import Outcomes


@dataclass(frozen=True, slots=True)
class Answers:
    """One outcome per call. Every call is made at most once per page."""

    event: Reading[Event] | PlatformError
    statistics: Reading[EventStatistics] | PlatformError
    results: Reading[tuple[Adjustment, ...]] | PlatformError
    daily: Reading[DailyRevenue] | PlatformError
    campaigns: Reading[Page[Campaign]] | PlatformError
    clusters: Reading[EventClusters] | PlatformError
    model: Reading[str | None] | PlatformError
    meta_results: Reading[MetaResults] | PlatformError
    meta_insights: Reading[MetaInsights] | PlatformError
    meta_connected: Reading[bool | None] | PlatformError

    @property
    def outcomes(self) -> Outcomes:
        """All of them, by name."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


@dataclass(frozen=True, slots=True)
class Asking:
    """The calls are in the air: whoever has other work does it before `answers`, which waits."""

    asked: Asked

    def answers(self) -> Answers:
        outcomes = self.asked.answers()
        return Answers(
            event=cast("Reading[Event] | PlatformError", outcomes["event"]),
            statistics=cast("Reading[EventStatistics] | PlatformError", outcomes["statistics"]),
            results=cast("Reading[tuple[Adjustment, ...]] | PlatformError", outcomes["results"]),
            daily=cast("Reading[DailyRevenue] | PlatformError", outcomes["daily"]),
            campaigns=cast("Reading[Page[Campaign]] | PlatformError", outcomes["campaigns"]),
            clusters=cast("Reading[EventClusters] | PlatformError", outcomes["clusters"]),
            model=cast("Reading[str | None] | PlatformError", outcomes["model"]),
            meta_results=cast("Reading[MetaResults] | PlatformError", outcomes["meta_results"]),
            meta_insights=cast("Reading[MetaInsights] | PlatformError", outcomes["meta_insights"]),
            meta_connected=cast("Reading[bool | None] | PlatformError", outcomes["meta_connected"]),
        )


def ask(partner: Partner, *, eid: str, again: bool = False) -> Asking:
    """All calls at once. again: past the cache, whose answers are then renewed."""
    caller = caller_for(partner)
    if again:
        caller = caller.rereading()
    return Asking(
        asking.ask(
            caller,
            event=events.get_of(eid=eid),
            statistics=events.statistics_of(eid=eid),
            results=adjustments.of_event(partner_id=partner.partner_id, eid=eid),
            daily=events.daily_revenue_of(eid=eid, currency=partner.currency or None),
            campaigns=campaigns.for_event_of(eid=eid),
            clusters=events.clusters_of(eid=eid),
            model=events.attribution_model_of(eid=eid),
            meta_results=campaigns.meta_results_of(eid=eid),
            meta_insights=campaigns.meta_insights_of(eid=eid),
            meta_connected=campaigns.meta_connected_of(),
        )
    )
