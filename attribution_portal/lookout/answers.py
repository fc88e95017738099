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
    Campaign,
    DailyRevenue,
    Event,
    EventClusters,
    Page,
    Reading,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answers:
    """One outcome per call; no call is made twice for a page."""

    event: Reading[Event] | PlatformError
    daily: Reading[DailyRevenue] | PlatformError
    results: Reading[tuple[Adjustment, ...]] | PlatformError
    model: Reading[str | None] | PlatformError
    campaigns: Reading[Page[Campaign]] | PlatformError
    clusters: Reading[EventClusters] | PlatformError


def read(partner: Partner, *, eid: str) -> Answers:
    """All calls at once. Daily revenue has to name a currency (§5): the partner's is known here, so that call need
    not wait for the event."""
    caller = caller_for(partner)
    outcomes = gather(
        deadline=caller.deadline,
        event=lambda: events.get(caller=caller, eid=eid),
        daily=lambda: events.daily_revenue(caller=caller, eid=eid, currency=partner.currency or None),
        results=lambda: adjustments.list_for_event(caller=caller, eid=eid),
        model=lambda: events.attribution_model(caller=caller, eid=eid),
        campaigns=lambda: campaigns.for_event(caller=caller, eid=eid),
        clusters=lambda: events.clusters(caller=caller, eid=eid),
    )
    return Answers(
        event=cast("Reading[Event] | PlatformError", outcomes["event"]),
        daily=cast("Reading[DailyRevenue] | PlatformError", outcomes["daily"]),
        results=cast("Reading[tuple[Adjustment, ...]] | PlatformError", outcomes["results"]),
        model=cast("Reading[str | None] | PlatformError", outcomes["model"]),
        campaigns=cast("Reading[Page[Campaign]] | PlatformError", outcomes["campaigns"]),
        clusters=cast("Reading[EventClusters] | PlatformError", outcomes["clusters"]),
    )


def value(outcome: Reading[T] | PlatformError) -> T | None:
    """What was read, or None where the call failed."""
    return outcome.value if isinstance(outcome, Reading) else None
