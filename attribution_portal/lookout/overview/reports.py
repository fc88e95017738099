"""Lookout's list of events, one of the platform's pages at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.platform_api.transport import Caller
from attribution_portal.programme import event_rows, listing
from attribution_portal.programme.event_rows import EventRow
from attribution_portal.programme.filters import STATUSES, Choice, Filters
from attribution_portal.programme.listing import Answer, Found, Whole
from attribution_portal.programme.paging import Paging, paging
from attribution_portal.templating import CAMPAIGN_STATES

CITIES_OFFERED: Final = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the list. notes: words at fields, by query parameter. today: the partner's. path: the list's own
    address, without a query."""

    partner: Partner
    filters: Filters
    number: int
    notes: Mapping[str, str]
    today: date
    reader: Reader
    path: str


@dataclass(frozen=True, slots=True)
class EventsPage:
    """`title` is the panel's, and says how many were found; `summary` says the same, or why there is nothing, to those
    who cannot see the panel. `last` is the address of the last page, where one beyond it was asked for; `clear` that of
    the list without filters, "" where none is set. `cities` are offered to be ticked and `known_cities` to be typed.
    `csv` and `xlsx` are the addresses of the same list as a file."""

    filters: Filters
    notes: Mapping[str, str]
    panel: Panel[tuple[EventRow, ...]]
    title: str
    summary: str
    total: int | None
    paging: Paging
    last: str
    clear: str
    cities: tuple[Choice, ...]
    known_cities: tuple[str, ...]
    statuses: tuple[Choice, ...]
    path: str
    address: str
    csv: str
    xlsx: str


def page(asked: Asked) -> EventsPage:
    """Never raises a PlatformError: a list that cannot be read is a panel that says so."""
    filters, number = asked.filters, asked.number
    outcome, cities = _read(asked)
    found = outcome.value if isinstance(outcome, Reading) else None
    links = paging(
        number,
        pages=found.pages if found else None,
        more=found.more if found else False,
        href=lambda n: filters.address(asked.path, page=n),
    )
    panel = _panel(asked, outcome)
    title = _title(found, number, asked.reader) if panel.state == "ready" and found else _("Events")
    return EventsPage(
        filters=filters,
        notes=asked.notes,
        panel=panel,
        title=title,
        summary=title if panel.state == "ready" else str(panel.sentence),
        total=found.total if found else None,
        paging=links,
        last=filters.address(asked.path, page=found.pages or 1) if found and found.is_before(number) else "",
        clear=asked.path if filters.are_set else "",
        cities=_cities(filters, cities),
        known_cities=cities,
        statuses=tuple(
            Choice(status, str(CAMPAIGN_STATES[status][0]), status in filters.statuses) for status in STATUSES
        ),
        path=asked.path,
        address=filters.address(asked.path, page=number),
        csv=filters.address(reverse("lookout:events_csv", args=[asked.partner.partner_id])),
        xlsx=filters.address(reverse("lookout:events_xlsx", args=[asked.partner.partner_id])),
    )


def _read(asked: Asked) -> tuple[Reading[Found] | PlatformError, tuple[str, ...]]:
    """The page that is asked for and, beside it, the cities that can be chosen: there is no call for these, so they are
    those of the first page without any filter, which the list has usually read before."""
    filters, caller = asked.filters, caller_for(asked.partner)
    plain = listing.query_for(Filters(), page=1)
    query = listing.query_for(filters, page=1 if filters.statuses else asked.number)
    answers = listing.answers(caller, {"asked": query} if query == plain else {"asked": query, "plain": plain})
    first, any_ = answers["asked"], answers.get("plain", answers["asked"])
    known = [event.city for event in any_.value.items if event.city] if isinstance(any_, Reading) else []
    cities = tuple(sorted(dict.fromkeys([*filters.cities, *known]), key=str.casefold))
    if not filters.statuses:
        return listing.one_page(first, asked.number), cities
    whole = _matching(caller, query, first, filters)
    if isinstance(whole, PlatformError):
        return whole, cities
    picked = listing.cut(whole.value.events, asked.number, unread=whole.value.unread)
    return Reading(picked, whole.read_at, whole.stale), cities


def every(asked: Asked) -> Reading[Whole] | PlatformError:
    """All events that the filters match, in the list's order, whatever page is shown."""
    caller, query = caller_for(asked.partner), listing.query_for(asked.filters, page=1)
    whole = _matching(caller, query, listing.answers(caller, {"asked": query})["asked"], asked.filters)
    if isinstance(whole, PlatformError):
        return whole
    ordered = event_rows.in_order(whole.value.events, zone=asked.partner.zone, today=asked.today)
    return replace(whole, value=replace(whole.value, events=tuple(ordered)))


def _matching(caller: Caller, query: EventQuery, first: Answer, filters: Filters) -> Reading[Whole] | PlatformError:
    """The platform cannot be asked for campaign states, so they are looked for here, on all its pages."""
    whole = listing.whole(caller, query, first)
    if isinstance(whole, PlatformError) or not filters.statuses:
        return whole
    found = (event for event in whole.value.events if (event.campaign_status or "").upper() in filters.statuses)
    return replace(whole, value=replace(whole.value, events=tuple(found)))


def _panel(asked: Asked, outcome: Reading[Found] | PlatformError) -> Panel[tuple[EventRow, ...]]:
    shown: Reading[tuple[EventRow, ...]] | PlatformError
    caption, empty = "", ""
    if isinstance(outcome, PlatformError):
        shown = outcome
    else:
        found = outcome.value
        ordered = event_rows.in_order(found.events, zone=asked.partner.zone, today=asked.today)
        made = event_rows.rows(ordered, partner=asked.partner, today=asked.today, reader=asked.reader)
        shown = Reading(made, outcome.read_at, outcome.stale)
        caption, empty = _caption(asked, found) if made else "", _empty(asked, found)
    return Panel.of(
        "events", shown, caption=caption, empty=empty, retry=asked.filters.address(asked.path, page=asked.number)
    )


def _caption(asked: Asked, found: Found) -> str:
    said = [
        _("Dates are those of the zone %(zone)s. Flagged events stand first, then the next ones, the past last.")
        % {"zone": asked.partner.zone.key}
    ]
    if asked.filters.statuses:
        said.append(_("The campaign status was looked for here: the platform cannot be asked for it."))
    elif (found.pages or 0) > 1 or found.more:
        said.append(_("Which events are on which page is the platform's order."))
    if found.unread:
        said.append(listing.looked_through(asked.reader))
    return " ".join(said)


def _empty(asked: Asked, found: Found) -> str:
    if found.is_before(asked.number):
        return listing.beyond(found, asked.number, asked.reader)
    if asked.filters.are_set:
        return _("No event matches these filters.")
    return _("The platform lists no events for this partner yet. Once it does, they appear here.")


def _title(found: Found, number: int, reader: Reader) -> str:
    """ "63 events, page 1 of 2"; of what the platform does not say, nothing."""
    counted = ""
    if found.total is not None:
        total = max(found.total, len(found.events))
        counted = ngettext("%(n)s event", "%(n)s events", total) % {"n": reader.count(total)}
    return listing.paged_title(found, number, counted, reader)


def _cities(filters: Filters, known: tuple[str, ...]) -> tuple[Choice, ...]:
    """Those chosen and, to choose from, the first of the known ones; any other can be typed."""
    offered = [city for city in known if city not in filters.cities][: max(0, CITIES_OFFERED - len(filters.cities))]
    return tuple(
        Choice(city, city, city in filters.cities) for city in sorted([*filters.cities, *offered], key=str.casefold)
    )
