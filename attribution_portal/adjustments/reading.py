"""An event and its adjustments as they are now: what every change here is decided on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from django.utils import timezone

from attribution_portal.adjustments.readback import ReadAt
from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import adjustments, events
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import Adjustment, DailyRevenue, Event, Reading


@dataclass(frozen=True, slots=True)
class Desk:
    """began: when the reading began; whatever the platform took before is in it. event: None when it could not be
    read. daily: the event's sales; campaign results among `found` were read past the cache."""

    eid: str
    event: Event | None
    daily: Reading[DailyRevenue] | PlatformError
    found: Adjustments
    began: datetime

    @property
    def title(self) -> str:
        return (self.event.title if self.event else "") or self.eid

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies that the platform names for the event's numbers."""
        named = (
            self.event.currency if self.event else None,
            self.daily.value.currency if isinstance(self.daily, Reading) else None,
        )
        return tuple(dict.fromkeys(currency for currency in named if currency))

    @property
    def read_at(self) -> ReadAt:
        """Of a desk where everything was read anew."""
        return ReadAt(
            None if self.found.results_error else self.began,
            None if self.found.daily_error else self.began,
        )

    @property
    def known_ids(self) -> list[str]:
        return [row.id for row in self.found.rows if "results" in row.seen_in]


def read(
    partner: Partner, eid: str, *, everything_anew: bool = False, lane: Literal["person", "polling"] = "person"
) -> Desk:
    """The event, its sales, and its campaign results past the cache; with `everything_anew` the sales too, which carry
    adjustments as well. Raises NotFound or NotPermitted when the platform says so of the event."""
    began = timezone.now()
    caller = caller_for(partner, lane=lane)
    anew = caller.rereading()
    outcomes = gather(
        deadline=caller.deadline,
        event=lambda: events.get(caller=caller, eid=eid),
        daily=lambda: events.daily_revenue(
            caller=anew if everything_anew else caller, eid=eid, currency=partner.currency or None
        ),
        results=lambda: adjustments.list_for_event(caller=anew, eid=eid),
    )
    event = cast("Reading[Event] | PlatformError", outcomes["event"])
    if isinstance(event, NotFound | NotPermitted):
        raise event
    daily = cast("Reading[DailyRevenue] | PlatformError", outcomes["daily"])
    results = cast("Reading[tuple[Adjustment, ...]] | PlatformError", outcomes["results"])
    found = merge(
        partner_id=partner.partner_id,
        event_id=eid,
        daily=daily.value.adjustments if isinstance(daily, Reading) else daily,
        results=results.value if isinstance(results, Reading) else results,
        zone=partner.zone,
    )
    return Desk(eid, event.value if isinstance(event, Reading) else None, daily, found, began)
