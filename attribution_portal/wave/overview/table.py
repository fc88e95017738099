"""The rows of one page of the campaigns list, with what is kept of their results.

What is missing is read behind the page (`filling`), so that the page waits for no row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from django.utils.translation import gettext as _

from attribution_portal.platform_api import store
from attribution_portal.platform_api.payloads import Event, Reading
from attribution_portal.programme import listing
from attribution_portal.programme.listing import Found
from attribution_portal.wave.overview import campaign_rows, filling, results, totals, words
from attribution_portal.wave.overview.campaign_rows import CampaignRow, TotalRow
from attribution_portal.wave.overview.filling import Plan, Stop
from attribution_portal.wave.overview.listed import Asked, Listed, look_up
from attribution_portal.wave.overview.results import Known
from attribution_portal.wave.overview.selection import OF_RESULTS, OF_SPEND, Selection
from attribution_portal.wave.overview.words import Progress

# Readings for one page of the list: one for the results of each row and a handful. Ad spend takes another one a row: it
# is read by itself where that fits for all rows or at least for those with results; else the reader is asked first.
MOST_READS: Final = listing.LIMIT + 8
MOST_READS_WITH_SPEND: Final = 2 * listing.LIMIT


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


def _page_key(asked: Asked) -> str:
    """What two people look at when they look at the same page of the list."""
    address = asked.selection.address("", page=asked.number)
    return hashlib.sha256(address.encode()).hexdigest()[:24]


def under_way(asked: Asked) -> Plan | None:
    try:
        return filling.under_way(asked.partner, _page_key(asked))
    except store.StoreDown:
        return None


def table(
    asked: Asked, outcome: Reading[Listed], found: Found, *, before: Plan | None, send: filling.Send
) -> Reading[Table]:
    partner, selection, whole, shown = asked.partner, asked.selection, outcome.value, found.events
    known, kept = (whole.known, whole.kept) if selection.order.of_results else look_up(partner, shown)
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
        campaign_rows.row(
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
    made = Table(
        rows=rows,
        heads=_heads(asked),
        total=campaign_rows.total_row(totals.totals([row.counted for row in rows]), asked.reader),
        total_words=words.totals(rows, asked.reader),
        progress=words.progress(asked.reader, known, current, is_due=not wanted.is_empty, now=asked.now),
        spend_for_all="" if spend is not None and len(spend) == len(shown) else _with_spend(asked),
        order_words=words.order(selection, whole.known, asked.reader),
    )
    return Reading(made, min([outcome.read_at, *moments]), outcome.stale)


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
