"""Lookout's list of events (contract §5 `GET /events/`), one of the platform's pages at a time.

The platform filters, except by campaign status, for which the contract names no parameter. Then the pages that match
the other filters are read together, up to a limit that is said, and the choice is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import events
from attribution_portal.platform_api.errors import NotFound, PlatformError
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import Event, Page, Reading
from attribution_portal.platform_api.transport import Caller
from attribution_portal.programme import event_rows
from attribution_portal.programme.event_rows import EventRow
from attribution_portal.programme.filters import STATUSES, Filters
from attribution_portal.programme.paging import Paging, paging
from attribution_portal.templating import CAMPAIGN_STATES

LIMIT: Final = 50
# How many of the platform's pages are looked through for a campaign status: 1 000 events, for a minute.
MOST_PAGES: Final = 20
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
class Found:
    """One page of the events that match. `total` and `pages` are None where the platform does not say; `more` whether
    another page is to be expected then. `unread`: matches may be among events that were not looked through."""

    events: tuple[Event, ...]
    total: int | None
    pages: int | None
    more: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A box that can be ticked."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class EventsPage:
    """`title` is the panel's, and says how many were found; `summary` says the same, or why there is nothing, to those
    who cannot see the panel. `last` is the address of the
    last page, where one beyond it was asked for; `clear` that of the list without filters, "" where none is set.
    `cities` are offered to be ticked and `known_cities` to be typed."""

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
    address: str


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
        last=filters.address(asked.path, page=found.pages or 1) if found and _is_beyond(found, number) else "",
        clear=asked.path if filters.are_set else "",
        cities=_cities(filters, cities),
        known_cities=cities,
        statuses=tuple(
            Choice(status, str(CAMPAIGN_STATES[status][0]), status in filters.statuses) for status in STATUSES
        ),
        address=filters.address(asked.path, page=number),
    )


def _read(asked: Asked) -> tuple[Reading[Found] | PlatformError, tuple[str, ...]]:
    """The page that is asked for and, beside it, the cities that can be chosen: there is no call for these, so they are
    those of the first page without any filter, which the list has usually read before."""
    filters, caller = asked.filters, caller_for(asked.partner)
    plain = EventQuery(limit=LIMIT, flagged_to_top=True)
    query = replace(
        plain,
        page=1 if filters.statuses else asked.number,
        q=filters.q,
        since=filters.start,
        until=filters.end,
        city=filters.cities,
        include_archived=filters.archived,
        campaigns=filters.with_campaigns,
    )
    queries = {"asked": query} if query == plain else {"asked": query, "plain": plain}
    answers = _gather(caller, queries)
    first, any_ = answers["asked"], answers.get("plain", answers["asked"])
    known = [event.city for event in any_.value.items if event.city] if isinstance(any_, Reading) else []
    cities = tuple(sorted(dict.fromkeys([*filters.cities, *known]), key=str.casefold))
    if isinstance(first, NotFound) and asked.number > 1:
        # Some platforms have no page beyond the last; which that is, they do not say.
        return Reading(Found((), None, None), timezone.now()), cities
    if isinstance(first, PlatformError):
        return first, cities
    if filters.statuses:
        return _picked(asked, caller, query, first), cities
    return Reading(_found(first.value, asked.number), first.read_at, first.stale), cities


def _gather(caller: Caller, queries: Mapping[str, EventQuery]) -> dict[str, Reading[Page[Event]] | PlatformError]:
    calls = {name: partial(events.list_events, caller=caller, query=query) for name, query in queries.items()}
    return gather(deadline=caller.deadline, **calls)


def _found(page: Page[Event], number: int) -> Found:
    """What one of the platform's pages says. One with more rows than asked for is the whole list, whatever page it
    claims to be."""
    if len(page.items) > LIMIT:
        return _cut(page.items, number)
    pages = _pages(page)
    if number > 1 and (not page.items or (pages is not None and number > pages)):
        return Found((), page.total, pages)
    return Found(page.items, page.total, pages, more=pages is None and len(page.items) == LIMIT)


def _pages(page: Page[Event]) -> int | None:
    if page.pages is not None:
        return max(1, page.pages)
    return None if page.total is None else max(1, -(-page.total // LIMIT))


def _cut(found: tuple[Event, ...], number: int, *, unread: bool = False) -> Found:
    """A page of a list that is here as a whole."""
    once = tuple({event.id: event for event in found}.values())
    start = (number - 1) * LIMIT
    return Found(once[start : start + LIMIT], len(once), max(1, -(-len(once) // LIMIT)), unread=unread)


def _picked(
    asked: Asked, caller: Caller, query: EventQuery, first: Reading[Page[Event]]
) -> Reading[Found] | PlatformError:
    """The events with one of the campaign states. Raises nothing; one page that cannot be read fails the list, because
    what is missing could not be told."""
    whole = len(first.value.items) > LIMIT
    pages = 1 if whole else _pages(first.value)
    last = min(pages or MOST_PAGES, MOST_PAGES)
    answers: list[Reading[Page[Event]] | PlatformError] = [first]
    if pages is not None:
        rest = _gather(caller, {f"page_{n}": replace(query, page=n) for n in range(2, last + 1)})
        answers += rest.values()
    found: list[Event] = []
    for answer in answers:
        if isinstance(answer, PlatformError):
            return answer
        found += answer.value.items
    readings = cast("list[Reading[Page[Event]]]", answers)
    matching = tuple(event for event in found if (event.campaign_status or "").upper() in asked.filters.statuses)
    unread = (pages or 0) > last or (pages is None and len(first.value.items) == LIMIT)
    return Reading(
        _cut(matching, asked.number, unread=unread),
        min(reading.read_at for reading in readings),
        any(reading.stale for reading in readings),
    )


def _is_beyond(found: Found, number: int) -> bool:
    return not found.events and number > 1


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
        % {"zone": asked.partner.timezone}
    ]
    if asked.filters.statuses:
        said.append(_("The campaign status was looked for here: the platform cannot be asked for it."))
    elif (found.pages or 0) > 1 or found.more:
        said.append(_("Which events are on which page is the platform's order."))
    if found.unread:
        said.append(
            _("Only the first %(n)s events were looked through; a date or a city brings the others.")
            % {"n": asked.reader.count(MOST_PAGES * LIMIT)}
        )
    return " ".join(said)


def _empty(asked: Asked, found: Found) -> str:
    if _is_beyond(found, asked.number):
        if found.pages is None:
            return _("The list ends before page %(n)s.") % {"n": asked.reader.count(asked.number)}
        return ngettext(
            "There is no page %(n)s: the list has %(pages)s page.",
            "There is no page %(n)s: the list has %(pages)s pages.",
            found.pages,
        ) % {"n": asked.reader.count(asked.number), "pages": asked.reader.count(found.pages)}
    if asked.filters.are_set:
        return _("No event matches these filters.")
    return _("The platform lists no events for this partner yet. Once it does, they appear here.")


def _title(found: Found, number: int, reader: Reader) -> str:
    """ "63 events, page 1 of 2"; of what the platform does not say, nothing."""
    said = []
    if found.total is not None:
        total = max(found.total, len(found.events))
        said.append(ngettext("%(n)s event", "%(n)s events", total) % {"n": reader.count(total)})
    if found.pages is not None and found.pages > 1:
        said.append(_("page %(n)s of %(total)s") % {"n": reader.count(number), "total": reader.count(found.pages)})
    elif found.pages is None:
        said.append(_("page %(n)s") % {"n": reader.count(number)})
    return ", ".join(said)


def _cities(filters: Filters, known: tuple[str, ...]) -> tuple[Choice, ...]:
    """Those chosen and, to choose from, the first of the known ones; any other can be typed."""
    offered = [city for city in known if city not in filters.cities][: max(0, CITIES_OFFERED - len(filters.cities))]
    return tuple(
        Choice(city, city, city in filters.cities) for city in sorted([*filters.cities, *offered], key=str.casefold)
    )
