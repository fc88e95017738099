"""The platform's answers that an event's page is made of, read together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import adjustments, campaigns, events
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.gather import gather
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


def read(partner: Partner, *, eid: str, sibling: str = "", again: bool = False) -> Answers:
    """All calls at once. Daily revenue has to name a currency (§5): the partner's is known here, so that call need
    not wait for the event. Nor does that of a sibling wait for the series: the platform answers it for this partner or
    not at all, and the page shows it only if it is of the series.

    again: past the cache, whose answers are then renewed."""
    caller = caller_for(partner)
    if again:
        caller = caller.rereading()
    currency = partner.currency or None
    calls = {
        "event": lambda: events.get(caller=caller, eid=eid),
        "daily": lambda: events.daily_revenue(caller=caller, eid=eid, currency=currency),
        "results": lambda: adjustments.list_for_event(caller=caller, eid=eid),
        "model": lambda: events.attribution_model(caller=caller, eid=eid),
        "campaigns": lambda: campaigns.for_event(caller=caller, eid=eid),
        "clusters": lambda: events.clusters(caller=caller, eid=eid),
        "series": lambda: events.series(caller=caller, eid=eid),
        "demand": lambda: events.sales_graph(caller=caller, eid=eid),
        "benchmark": lambda: events.benchmark(caller=caller, eid=eid),
    }
    if sibling and sibling != eid:
        calls["sibling"] = lambda: events.daily_revenue(caller=caller, eid=sibling, currency=currency)
    outcomes = gather(deadline=caller.deadline, **calls)
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


def value(outcome: Reading[T] | PlatformError) -> T | None:
    """What was read, or None where the call failed."""
    return outcome.value if isinstance(outcome, Reading) else None
