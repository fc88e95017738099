"""The platform's list of events (contract §5 `GET /events/`): one of its pages, or all that match, up to a limit.

The platform filters, except by campaign status, for which the contract names no parameter, and promises no order. Who
needs either reads the pages that match the other filters together, up to `MOST_PAGES`, and chooses and sorts here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.formats import Reader
from attribution_portal.platform_api import events
from attribution_portal.platform_api.asking import ask
from attribution_portal.platform_api.errors import NotFound, PlatformError
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.payloads import Event, Page, Reading
from attribution_portal.platform_api.transport import Caller
from attribution_portal.programme.filters import Filters

LIMIT: Final = 50
# How many of the platform's pages are looked through for what it cannot be asked for: 1 000 events, for a minute.
MOST_PAGES: Final = 20

Answer = Reading[Page[Event]] | PlatformError


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the events that match. `total` and `pages` are None where the platform does not say; `more` whether
    another page is to be expected then. `unread`: matches may be among events that were not looked through."""

    events: tuple[Event, ...]
    total: int | None
    pages: int | None
    more: bool = False
    unread: bool = False

    def is_before(self, number: int) -> bool:
        """Whether the list ended before this page."""
        return not self.events and number > 1


@dataclass(frozen=True, slots=True)
class Whole:
    """Every event that matches, each once; with `unread` only those of the first `MOST_PAGES` pages."""

    events: tuple[Event, ...]
    unread: bool


def query_for(filters: Filters, *, page: int) -> EventQuery:
    """What the platform can be asked for: all but the campaign status."""
    return EventQuery(
        page=page,
        limit=LIMIT,
        q=filters.q,
        since=filters.start,
        until=filters.end,
        city=filters.cities,
        include_archived=filters.archived,
        campaigns=filters.with_campaigns,
        flagged_to_top=True,
    )


def answers(caller: Caller, queries: Mapping[str, EventQuery]) -> dict[str, Answer]:
    """The platform's pages, read together."""
    return ask(caller, **{name: events.list_events_of(query=query) for name, query in queries.items()}).answers()


def one_page(answer: Answer, number: int) -> Reading[Found] | PlatformError:
    """One of the platform's pages as a page of the list."""
    if isinstance(answer, NotFound) and number > 1:
        # Some platforms have no page beyond the last; which that is, they do not say.
        return Reading(Found((), None, None), timezone.now())
    if isinstance(answer, PlatformError):
        return answer
    return Reading(_found(answer.value, number), answer.read_at, answer.stale)


def _found(page: Page[Event], number: int) -> Found:
    """What one of the platform's pages says. One with more rows than asked for is the whole list, whatever page it
    claims to be."""
    if len(page.items) > LIMIT:
        return cut(page.items, number)
    pages = _pages(page)
    if number > 1 and (not page.items or (pages is not None and number > pages)):
        return Found((), page.total, pages)
    return Found(page.items, page.total, pages, more=pages is None and len(page.items) == LIMIT)


def _pages(page: Page[Event]) -> int | None:
    if page.pages is not None:
        return max(1, page.pages)
    return None if page.total is None else max(1, -(-page.total // LIMIT))


def cut(found: Iterable[Event], number: int, *, unread: bool = False) -> Found:
    """A page of a list that is here as a whole."""
    once = tuple({event.id: event for event in found}.values())
    start = (number - 1) * LIMIT
    return Found(once[start : start + LIMIT], len(once), max(1, -(-len(once) // LIMIT)), unread=unread)


def whole(caller: Caller, query: EventQuery, first: Answer) -> Reading[Whole] | PlatformError:
    """All pages after the `first` one, which answers `query`. Raises nothing; one page that cannot be read fails the
    list, because what is missing could not be told."""
    if isinstance(first, PlatformError):
        return first
    pages = 1 if len(first.value.items) > LIMIT else _pages(first.value)
    if pages is None:
        read, ended = _until_the_end(caller, query, first)
    else:
        last = min(pages, MOST_PAGES)
        beside = answers(caller, {f"page_{n}": replace(query, page=n) for n in range(2, last + 1)})
        read, ended = [first, *beside.values()], pages == last
    found: list[Event] = []
    for answer in read:
        if isinstance(answer, PlatformError):
            return answer
        found += answer.value.items
    readings = cast("list[Reading[Page[Event]]]", read)
    return Reading(
        Whole(tuple({event.id: event for event in found}.values()), unread=not ended),
        min(reading.read_at for reading in readings),
        any(reading.stale for reading in readings),
    )


def _until_the_end(caller: Caller, query: EventQuery, first: Reading[Page[Event]]) -> tuple[list[Answer], bool]:
    """Where neither a total nor pages are named: one page after the other until one is not full, is not there or brings
    nothing new, and whether one was."""
    read: list[Answer] = [first]
    known = {event.id for event in first.value.items}
    full = len(first.value.items) == LIMIT
    for number in range(2, MOST_PAGES + 1):
        if not full:
            break
        (answer,) = answers(caller, {"next": replace(query, page=number)}).values()
        if isinstance(answer, NotFound):
            return read, True
        read.append(answer)
        if isinstance(answer, PlatformError):
            break
        full = len(answer.value.items) == LIMIT and not known.issuperset(event.id for event in answer.value.items)
        known.update(event.id for event in answer.value.items)
    return read, not full


# What is said of a list, wherever it stands.


def paged_title(found: Found, number: int, counted: str, reader: Reader) -> str:
    """ "63 events, page 1 of 2"; of what the platform does not say, nothing. counted: "63 events", or ""."""
    said = [counted] if counted else []
    if found.pages is not None and found.pages > 1:
        said.append(_("page %(n)s of %(total)s") % {"n": reader.count(number), "total": reader.count(found.pages)})
    elif found.pages is None:
        said.append(_("page %(n)s") % {"n": reader.count(number)})
    return ", ".join(said)


def beyond(found: Found, number: int, reader: Reader) -> str:
    """Why there is nothing on a page that does not exist."""
    if found.pages is None:
        return _("The list ends before page %(n)s.") % {"n": reader.count(number)}
    return ngettext(
        "There is no page %(n)s: the list has %(pages)s page.",
        "There is no page %(n)s: the list has %(pages)s pages.",
        found.pages,
    ) % {"n": reader.count(number), "pages": reader.count(found.pages)}


def looked_through(reader: Reader) -> str:
    """What to say of a list that is `unread` beyond the limit."""
    return _("Only the first %(n)s events were looked through; a date or a city brings the others.") % {
        "n": reader.count(MOST_PAGES * LIMIT)
    }
