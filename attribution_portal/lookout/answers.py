"""The platform's answers that an event's page is made of, read together."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import adjustments, asking, campaigns, events
from attribution_portal.platform_api.asking import Asked
from attribution_portal.platform_api.calls import Question
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import (
    Adjustment,
    Benchmark,
    Campaign,
    DailyRevenue,
    Event,
    EventClusters,
    Page,
    Reading,
    SalesPoint,
)
from attribution_portal.rereading import Outcomes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answers:
    """One outcome per call; no call is made twice for a page. `sibling`: the daily revenue of the event to compare
    with, None when there is none."""

    event: Reading[Event] | PlatformError
    daily: Reading[DailyRevenue] | PlatformError
    results: Reading[tuple[Adjustment, ...]] | PlatformError
    model: Reading[str | None] | PlatformError
    campaigns: Reading[Page[Campaign]] | PlatformError
    clusters: Reading[EventClusters] | PlatformError
    series: Reading[Page[Event]] | PlatformError
    demand: Reading[tuple[SalesPoint, ...]] | PlatformError
    benchmark: Reading[Benchmark] | PlatformError
    sibling: Reading[DailyRevenue] | PlatformError | None

    @property
    def outcomes(self) -> Outcomes:
        """Those that were asked for, by name."""
        found = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: outcome for name, outcome in found.items() if outcome is not None}


@dataclass(frozen=True, slots=True)
class Asking:
    """The calls are in the air: whoever has other work does it before `answers`, which waits."""

    asked: Asked

    def answers(self) -> Answers:
        outcomes = self.asked.answers()
        return Answers(
            event=cast("Reading[Event] | PlatformError", outcomes["event"]),
            daily=cast("Reading[DailyRevenue] | PlatformError", outcomes["daily"]),
            results=cast("Reading[tuple[Adjustment, ...]] | PlatformError", outcomes["results"]),
            model=cast("Reading[str | None] | PlatformError", outcomes["model"]),
            campaigns=cast("Reading[Page[Campaign]] | PlatformError", outcomes["campaigns"]),
            clusters=cast("Reading[EventClusters] | PlatformError", outcomes["clusters"]),
            series=cast("Reading[Page[Event]] | PlatformError", outcomes["series"]),
            demand=cast("Reading[tuple[SalesPoint, ...]] | PlatformError", outcomes["demand"]),
            benchmark=cast("Reading[Benchmark] | PlatformError", outcomes["benchmark"]),
            sibling=cast("Reading[DailyRevenue] | PlatformError | None", outcomes.get("sibling")),
        )


def ask(partner: Partner, *, eid: str, sibling: str = "", again: bool = False) -> Asking:
    """All calls at once. Daily revenue has to name a currency (§5): the partner's is known here, so that call need
    not wait for the event. Nor does that of a sibling wait for the series: the platform answers it for this partner or
    not at all, and the page shows it only if it is of the series.

    again: past the cache, whose answers are then renewed."""
    caller = caller_for(partner)
    if again:
        caller = caller.rereading()
    currency = partner.currency or None
    questions: dict[str, Question[Any]] = {
        "event": events.get_of(eid=eid),
        "daily": events.daily_revenue_of(eid=eid, currency=currency),
        "results": adjustments.of_event(partner_id=caller.partner_id, eid=eid),
        "model": events.attribution_model_of(eid=eid),
        "campaigns": campaigns.for_event_of(eid=eid),
        "clusters": events.clusters_of(eid=eid),
        "series": events.series_of(eid=eid),
        "demand": events.sales_graph_of(eid=eid),
        "benchmark": events.benchmark_of(eid=eid),
    }
    if sibling and sibling != eid:
        questions["sibling"] = events.daily_revenue_of(eid=sibling, currency=currency)
    return Asking(asking.ask(caller, **questions))


def read(partner: Partner, *, eid: str, sibling: str = "", again: bool = False) -> Answers:
    """The same, for those who have nothing else to do meanwhile."""
    return ask(partner, eid=eid, sibling=sibling, again=again).answers()


def value(outcome: Reading[T] | PlatformError) -> T | None:
    """What was read, or None where the call failed."""
    return outcome.value if isinstance(outcome, Reading) else None
