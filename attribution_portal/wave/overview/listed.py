"""Which events the campaigns list holds, and in what order.

They are read as one list, up to a limit that is said, because they stand by the state of their campaigns, which the
platform neither filters nor sorts by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from attribution_portal.formats import Reader
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import store
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Event, Reading
from attribution_portal.programme import listing
from attribution_portal.programme.listing import Whole
from attribution_portal.wave.overview import campaign_rows, results
from attribution_portal.wave.overview.campaign_rows import CampaignRow
from attribution_portal.wave.overview.results import Known
from attribution_portal.wave.overview.selection import Selection


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the list. `again`: the page is here already and asks what has come in since; the platform is then
    asked for nothing. path: the list's address, without a query."""

    partner: Partner
    selection: Selection
    number: int
    notes: Mapping[str, str]
    now: datetime
    reader: Reader
    path: str
    again: bool = False

    @property
    def today(self) -> date:
        return self.now.astimezone(self.partner.zone).date()


@dataclass(frozen=True, slots=True)
class Listed:
    """Every event that matches, in the reader's order, and what is known of those that had to be looked up for it."""

    events: tuple[Event, ...]
    known: Mapping[str, Known]
    states: tuple[str, ...]
    unread: bool
    kept: bool


def listed(asked: Asked) -> Reading[Listed] | PlatformError:
    """The whole list in the reader's order. Raises nothing."""
    partner, selection = asked.partner, asked.selection
    caller = caller_for(partner)
    if asked.again:
        caller = caller.asking_nobody()
    query = listing.query_for(selection.filters, page=1)
    whole: Reading[Whole] | PlatformError = listing.whole(
        caller, query, listing.answers(caller, {"first": query})["first"]
    )
    if isinstance(whole, PlatformError):
        return whole
    states = tuple(dict.fromkeys(_state(event) for event in whole.value.events if event.campaign_status))
    wanted = selection.filters.statuses
    events = [event for event in whole.value.events if not wanted or _state(event) in wanted]
    known, kept = look_up(partner, events) if selection.order.of_results else ({}, True)
    ordered = campaign_rows.in_order(events, known, selection.order, partner=partner, today=asked.today)
    made = Listed(tuple(ordered), known, states, whole.value.unread, kept)
    return Reading(made, whole.read_at, whole.stale)


def _state(event: Event) -> str:
    return " ".join((event.campaign_status or "").upper().split())


def look_up(partner: Partner, events: list[Event] | tuple[Event, ...]) -> tuple[dict[str, Known], bool]:
    """What is kept of each, and whether anything can be kept at the moment."""
    ids = [event.id for event in events]
    try:
        return results.look_up(partner, ids), True
    except store.StoreDown:
        return dict.fromkeys(ids, Known()), False


def rows(asked: Asked, whole: Listed) -> tuple[CampaignRow, ...]:
    """Every row of the list, with what is known of it."""
    known = whole.known or look_up(asked.partner, whole.events)[0]
    return tuple(
        campaign_rows.row(event, known[event.id], partner=asked.partner, today=asked.today, reader=asked.reader)
        for event in whole.events
    )
