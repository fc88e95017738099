"""The campaigns list (pages.md): a partner's events with campaigns, and what these sold, where the portal has it.

The events are read as one list, up to a limit that is said, because they stand by the state of their campaigns, which
the platform neither filters nor sorts by. Their results are looked up among what is kept; what is missing is read
behind the page (`filling`), so that the page waits for no row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import store
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Event, Reading
from attribution_portal.programme import listing
from attribution_portal.programme.filters import STATUSES, Choice, Filters
from attribution_portal.programme.listing import Found, Whole
from attribution_portal.programme.paging import Paging, paging
from attribution_portal.templating import CAMPAIGN_STATES
from attribution_portal.wave import filling, list_rows, list_totals, list_words, results
from attribution_portal.wave.filling import Plan, Stop
from attribution_portal.wave.list_rows import CampaignRow, TotalRow
from attribution_portal.wave.list_selection import OF_RESULTS, OF_SPEND, Selection
from attribution_portal.wave.list_words import Progress
from attribution_portal.wave.results import Known

# Readings for one page of the list: one for the results of each row and a handful. Ad spend takes another one a row: it
# is read by itself where that fits for all rows or at least for those with results; else the reader is asked first.
MOST_READS: Final = listing.LIMIT + 8
MOST_READS_WITH_SPEND: Final = 2 * listing.LIMIT


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
class Head:
    """A column's head: the address that sorts by it, and how it is sorted now, "" when by another column. `term` is its
    key in the glossary, "" where it needs no definition."""

    column: str
    label: str
    href: str
    sorted: Literal["ascending", "descending", ""]
    term: str

    @property
    def numeric(self) -> bool:
        return self.column in OF_RESULTS


@dataclass(frozen=True, slots=True)
class Table:
    """`spend_for_all` is the address that asks for ad spend of all these rows, "" where that goes without asking.
    `order_words`: for how many events the order does not hold yet, "" where it does for all."""

    rows: tuple[CampaignRow, ...]
    heads: tuple[Head, ...]
    total: TotalRow
    total_words: str
    progress: Progress
    spend_for_all: str
    order_words: str


@dataclass(frozen=True, slots=True)
class CampaignsPage:
    """`title` is the panel's; `summary` says the same, or why there is nothing, to those who cannot see the panel.
    `last` is the address of the last page, where one beyond it was asked for; `clear` that of the list without filters,
    "" where none is set."""

    selection: Selection
    notes: Mapping[str, str]
    panel: Panel[Table]
    title: str
    summary: str
    total: int | None
    paging: Paging
    last: str
    clear: str
    statuses: tuple[Choice, ...]
    path: str
    address: str
    csv: str
    xlsx: str

    @property
    def filters(self) -> Filters:
        return self.selection.filters

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of filters carries along without showing it."""
        return [(name, value) for name, value in self.selection.parameters() if name in ("sort", "spend")]


@dataclass(frozen=True, slots=True)
class Listed:
    """Every event that matches, in the reader's order, and what is known of those that had to be looked up for it."""

    events: tuple[Event, ...]
    known: Mapping[str, Known]
    states: tuple[str, ...]
    unread: bool
    kept: bool


def page(asked: Asked, *, send: filling.Send) -> CampaignsPage:
    """Never raises a PlatformError: a list that cannot be read is a panel that says so. send: puts the reading of
    results into the queue."""
    selection, number, reader = asked.selection, asked.number, asked.reader
    # Looked at before the rows are: what is read between the two then counts as being read, not as lost.
    before = _under_way(asked) if asked.again else None
    outcome = listed(asked)
    found: Found | None = None
    shown: Reading[Table] | PlatformError
    if isinstance(outcome, PlatformError):
        shown = outcome
    else:
        found = listing.cut(outcome.value.events, number, unread=outcome.value.unread)
        shown = _table(asked, outcome, found, before=before, send=send)
    panel = Panel.of(
        "campaigns",
        shown,
        caption=list_words.caption(asked.partner, found, asked.reader) if found and found.events else "",
        empty=list_words.empty(selection, found, number, asked.reader) if found else "",
        is_empty=lambda table: not table.rows,
        retry=selection.address(asked.path, page=number),
    )
    title = _("Campaigns")
    if found and panel.state == "ready":
        counted = ngettext("%(n)s event with campaigns", "%(n)s events with campaigns", found.total or 0)
        title = listing.paged_title(found, number, counted % {"n": reader.count(found.total)}, reader)
    pages = found.pages if found else None
    return CampaignsPage(
        selection=selection,
        notes=asked.notes,
        panel=panel,
        title=title,
        summary=title if panel.state == "ready" else str(panel.sentence),
        total=found.total if found else None,
        paging=paging(number, pages=pages, more=False, href=lambda n: selection.address(asked.path, page=n)),
        last=selection.address(asked.path, page=pages or 1) if found and found.is_before(number) else "",
        clear=asked.path if selection.is_filtered else "",
        statuses=_statuses(selection, outcome),
        path=asked.path,
        address=selection.address(asked.path, page=number),
        csv=selection.address(reverse("wave:campaigns_csv", args=[asked.partner.partner_id])),
        xlsx=selection.address(reverse("wave:campaigns_xlsx", args=[asked.partner.partner_id])),
    )


# The events.


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
    known, kept = _look_up(partner, events) if selection.order.of_results else ({}, True)
    ordered = list_rows.in_order(events, known, selection.order, partner=partner, today=asked.today)
    made = Listed(tuple(ordered), known, states, whole.value.unread, kept)
    return Reading(made, whole.read_at, whole.stale)


def _state(event: Event) -> str:
    return " ".join((event.campaign_status or "").upper().split())


def _look_up(partner: Partner, events: list[Event] | tuple[Event, ...]) -> tuple[dict[str, Known], bool]:
    """What is kept of each, and whether anything can be kept at the moment."""
    ids = [event.id for event in events]
    try:
        return results.look_up(partner, ids), True
    except store.StoreDown:
        return dict.fromkeys(ids, Known()), False


def _statuses(selection: Selection, outcome: Reading[Listed] | PlatformError) -> tuple[Choice, ...]:
    """The states of the contract, others that the list has, and what was asked for."""
    present = outcome.value.states if isinstance(outcome, Reading) else ()
    chosen = selection.filters.statuses
    words = dict.fromkeys([*STATUSES, *sorted(present), *chosen])
    return tuple(Choice(word, str(CAMPAIGN_STATES.get(word, (word,))[0]), word in chosen) for word in words)


# Their results.


def _page_key(asked: Asked) -> str:
    """What two people look at when they look at the same page of the list."""
    address = asked.selection.address("", page=asked.number)
    return hashlib.sha256(address.encode()).hexdigest()[:24]


def _under_way(asked: Asked) -> Plan | None:
    try:
        return filling.under_way(asked.partner, _page_key(asked))
    except store.StoreDown:
        return None


def _table(
    asked: Asked, outcome: Reading[Listed], found: Found, *, before: Plan | None, send: filling.Send
) -> Reading[Table]:
    partner, selection, whole, shown = asked.partner, asked.selection, outcome.value, found.events
    known, kept = (whole.known, whole.kept) if selection.order.of_results else _look_up(partner, shown)
    spend = _spend_of(selection, shown, known)
    wanted = _wanted(asked, whole, shown, known, spend)
    if not kept:
        current = Plan(ended=True, stop=Stop.NOWHERE_TO_KEEP)
    elif wanted.is_empty:
        current = wanted
    elif asked.again:
        current = before or Plan(ended=True, stop=Stop.INTERRUPTED)
    else:
        current = filling.start(partner, _page_key(asked), wanted, send)
    known = {event.id: known[event.id].failing(current.failures_of(event.id)) for event in shown}
    rows = tuple(
        list_rows.row(
            event,
            known[event.id],
            partner=partner,
            today=asked.today,
            reader=asked.reader,
            asks_spend=spend is None or event.id in spend,
        )
        for event in shown
    )
    moments = [moment for row in rows for moment in (row.results_at, row.spend_at) if moment]
    table = Table(
        rows=rows,
        heads=_heads(asked),
        total=list_rows.total_row(list_totals.totals([row.counted for row in rows]), asked.reader),
        total_words=list_words.totals(rows, asked.reader),
        progress=list_words.progress(asked.reader, known, current, is_due=not wanted.is_empty),
        spend_for_all="" if spend is not None and len(spend) == len(shown) else _with_spend(asked),
        order_words=list_words.order(selection, whole.known, asked.reader),
    )
    return Reading(table, min([outcome.read_at, *moments]), outcome.stale)


def rows(asked: Asked, whole: Listed) -> tuple[CampaignRow, ...]:
    """Every row of the list, with what is known of it."""
    known = whole.known or _look_up(asked.partner, whole.events)[0]
    return tuple(
        list_rows.row(event, known[event.id], partner=asked.partner, today=asked.today, reader=asked.reader)
        for event in whole.events
    )


def _spend_of(selection: Selection, shown: tuple[Event, ...], known: Mapping[str, Known]) -> list[str] | None:
    """Whose ad spend is read; None while that depends on which rows turn out to have results."""
    ids = [event.id for event in shown]
    if selection.spend or selection.order.column in OF_SPEND or 2 * len(shown) <= MOST_READS:
        return ids
    if any(known[eid].rows is None for eid in ids):
        return None
    found = [eid for eid in ids if known[eid].has_results]
    return found if len(ids) + len(found) <= MOST_READS else []


def _with_spend(asked: Asked) -> str:
    return replace(asked.selection, spend=True).address(asked.path, page=asked.number)


def _wanted(
    asked: Asked, whole: Listed, shown: tuple[Event, ...], known: Mapping[str, Known], spend: list[str] | None
) -> Plan:
    """What this page needs; by an order of results it needs those of the whole list, and reads them visit by visit."""
    order = asked.selection.order
    page = [event.id for event in shown]
    rest = [event.id for event in whole.events] if order.of_results else []
    ids = list(dict.fromkeys([*page, *rest]))
    most = MOST_READS_WITH_SPEND if asked.selection.spend or order.column in OF_SPEND else listing.LIMIT
    due = [eid for eid in ids if results.is_due(known[eid].rows, asked.now)][:most]
    if spend is None:
        return Plan(results=tuple(due), page=tuple(page), room=MOST_READS - len(page))
    also = dict.fromkeys([*spend, *(rest if order.column in OF_SPEND else [])])
    unspent = [eid for eid in also if results.is_due(known[eid].statistics, asked.now)]
    most = MOST_READS if most == listing.LIMIT else most
    return Plan(results=tuple(due), spend=tuple(unspent[: most - len(due)]))


def _heads(asked: Asked) -> tuple[Head, ...]:
    labels = {
        "title": (_("Event"), ""),
        "state": (_("Campaigns"), ""),
        "date": (_("Date"), ""),
        "purchases": (_("Purchases"), "adjustment_purchases"),
        "revenue": (_("Revenue"), "adjustment_revenue"),
        "spend": (_("Ad spend"), "spend"),
        "roas": (_("ROAS"), "roas"),
    }
    order = asked.selection.order
    turned: Literal["ascending", "descending"] = "descending" if order.descending else "ascending"
    return tuple(
        Head(
            column,
            label,
            asked.selection.sorted_by(column).address(asked.path),
            turned if column == order.column else "",
            term,
        )
        for column, (label, term) in labels.items()
    )
