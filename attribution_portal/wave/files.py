"""The campaign page as a file: every number that it shows, one a line, with what the page says beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from attribution_portal import glossary
from attribution_portal.adjustments.panel import Listing
from attribution_portal.charts import Cell, Row, Table
from attribution_portal.exports import Column, Quantity, Sheet, Value
from attribution_portal.formats import PERCENT, RATIO, UNKNOWN, Reader
from attribution_portal.panels import Kpi, Panel
from attribution_portal.partners.models import Partner
from attribution_portal.wave.campaigns import CampaignCard
from attribution_portal.wave.reports import CampaignPage

Line = tuple[Value, ...]


def sheet(page: CampaignPage, *, partner: Partner, reader: Reader, now: datetime) -> Sheet:
    lines = tuple(_lines(page))
    return Sheet(
        name=f"campaign-{partner.partner_id}-{page.eid}-{now.astimezone(partner.zone):%Y-%m-%d}",
        title=_("Campaign"),
        columns=(
            Column(_("Part"), width=24),
            Column(_("Row"), width=32),
            Column(_("Number"), width=28),
            Column(_("Value"), width=16),
            Column(_("Currency"), width=10),
            Column(_("As shown"), width=24),
            Column(_("Remark"), width=60),
            Column(_("As of"), width=20),
        ),
        rows=lines,
        zone=reader.zone,
        about=(
            (_("Event"), page.hero.title),
            (_("Id"), page.eid),
            (_("Partner"), partner.name),
            (_("Facts"), " · ".join(page.hero.facts)),
            (_("Campaigns' days"), page.days or UNKNOWN),
            (_("Attribution"), page.model or UNKNOWN),
            (_("Written"), reader.instant(now)),
            *((panel_name, str(panel.caption)) for panel_name, panel in _panels(page) if panel.caption),
            *_definitions(page),
        ),
    )


def _panels(page: CampaignPage) -> tuple[tuple[str, Panel[object]], ...]:
    """In the order of the page, by their titles there."""
    return (  # type: ignore[return-value]
        (_("Post-campaign performance"), page.performance),
        (_("Where the credit comes from"), page.balance),
        (_("Before and during"), page.before_during),
        (_("Campaigns"), page.campaigns),
        (_("Meta"), page.meta),
        (_("What each source states"), page.sources),
        (_("Adjustments"), page.adjustments),
    )


def _definitions(page: CampaignPage) -> Iterator[tuple[str, str]]:
    """Of each number that stands in the file, once."""
    kpis = [
        *((*page.performance.data.sold, *page.performance.data.cost) if page.performance.data else ()),
        *(page.balance.data.kpis if page.balance.data else ()),
        *(page.before_during.data.kpis if page.before_during.data else ()),
        *((*page.meta.data.results, *page.meta.data.delivery) if page.meta.data else ()),
    ]
    for key in dict.fromkeys(kpi.term or kpi.name for kpi in kpis):
        term = glossary.term(key)
        yield str(term.label), f"{term.definition} {term.formula}".strip()


def _lines(page: CampaignPage) -> Iterator[Line]:
    for title, panel in _panels(page):
        if panel.state != "ready":
            yield title, "", "", None, None, UNKNOWN, str(panel.sentence), panel.read_at
        yield from _panel(page, panel.name, title, panel.read_at)


def _panel(page: CampaignPage, name: str, title: str, read_at: datetime | None) -> Iterator[Line]:
    """What stands in one panel; nothing where it has no data."""
    if name == "post-campaign" and (shown := page.performance.data):
        made = {row.id: row for row in shown.made.rows}
        for kpi in (*shown.sold, *shown.cost):
            cells = made[kpi.name].cells
            yield _kpi(title, kpi, read_at, more=(cells[2].shown, cells[3].shown, cells[4].shown))
        yield title, "", shown.state.text, None, None, "", shown.standing, read_at
        yield from _table(title, shown.sources, read_at)
        yield from _remarks(title, shown.notes, read_at)
    elif name == "balance" and (balance := page.balance.data):
        yield from (_kpi(title, kpi, read_at) for kpi in balance.kpis)
        yield from _table(title, balance.chart.table, read_at)
        yield from _remarks(title, (*((balance.excess,) if balance.excess else ()), *balance.notes), read_at)
    elif name == "before-during" and (before := page.before_during.data):
        yield from (_kpi(title, kpi, read_at) for kpi in before.kpis)
        yield from _table(title, before.chart.table, read_at)
        yield from _remarks(title, (before.days, *before.notes), read_at)
    elif name == "campaigns" and (cards := page.campaigns.data):
        for card in cards.cards:
            yield from _card(title, card, read_at)
    elif name == "meta" and (meta := page.meta.data):
        yield from (_kpi(title, kpi, read_at) for kpi in (*meta.results, *meta.delivery))
        yield from _remarks(title, meta.notes, read_at)
    elif name == "sources" and (sources := page.sources.data):
        yield from _table(title, sources, read_at)
    elif name == "adjustments":
        yield from _adjustments(title, page.listing, read_at)


def _kpi(title: str, kpi: Kpi, read_at: datetime | None, more: Iterable[str] = ()) -> Line:
    remark = " · ".join(part for part in (str(kpi.note), *more) if part)
    return title, "", str(kpi.label), *_number(kpi.raw, kpi.measure), kpi.shown, remark, read_at


def _table(title: str, table: Table, read_at: datetime | None) -> Iterator[Line]:
    for row in (*table.rows, *((table.totals,) if table.totals else ())):
        yield from _row(title, row, [column.label for column in table.columns], read_at)


def _row(title: str, row: Row, labels: list[str], read_at: datetime | None) -> Iterator[Line]:
    """One line a cell; the first names the row, and what it remarks stands with each of them."""
    head, *cells = row.cells
    for label, cell in zip(labels[1:], cells, strict=True):
        if cell.shown or cell.note:
            yield _cell(title, head, label, cell, read_at)


def _cell(title: str, head: Cell, label: str, cell: Cell, read_at: datetime | None) -> Line:
    remark = " · ".join(part for part in (cell.note, head.note) if part)
    return title, head.shown, label, *_number(cell.raw or "", cell.measure), cell.shown, remark, read_at


def _remarks(title: str, notes: Iterable[object], read_at: datetime | None) -> Iterator[Line]:
    for note in notes:
        yield title, "", _("Remark"), None, None, "", str(note), read_at


def _card(title: str, card: CampaignCard, read_at: datetime | None) -> Iterator[Line]:
    run = _("Run %(run)s") % {"run": card.run}
    name = f"{card.label} · {run}" if card.run else card.label
    texts = (
        (_("State"), card.status or UNKNOWN),
        (_("Dates"), card.dates),
        (_("Targeting"), card.targeting),
        (_("Creative"), " ".join(part for part in (card.headline, card.body) if part) or UNKNOWN),
    )
    yield title, name, _("Budget"), *_number(card.budget_raw, card.currency), card.budget, "", read_at
    for label, text in texts:
        yield title, name, label, None, None, text, "", read_at
    for each in card.expected:
        yield title, name, each.label, *_number(each.raw, each.measure), each.shown, card.other_run, read_at


def _adjustments(title: str, listing: Listing, read_at: datetime | None) -> Iterator[Line]:
    """Rows, then what was deleted here. Without campaign results these are the rows that came with daily revenue."""
    for line in listing.lines:
        head = line.cells[0][2]
        for label, _is_number, cell in line.cells[1:]:
            yield _cell(title, Cell(f"{head.shown} · {line.id}"), label, cell, read_at)
    if listing.totals:
        head = listing.totals[0][2]
        for label, is_number, cell in listing.totals[1:]:
            if is_number:
                yield _cell(title, head, label, cell, read_at)
    for gone in listing.tombstones:
        name = f"{gone.recorded} · {gone.platform_id}"
        remark = f"{gone.who}: {gone.reason}"
        deleted = _("Deleted adjustments")
        yield deleted, name, _("Purchases"), *_number(gone.purchases[0], ""), gone.purchases[1], remark, gone.at
        yield deleted, name, _("Revenue"), *_number(gone.revenue[0], gone.currency), gone.revenue[1], remark, gone.at


def _number(raw: str, measure: str) -> tuple[Value, Value]:
    """The number and, of money, its currency."""
    if not raw:
        return None, None
    return Quantity(Decimal(raw), measure), measure if measure not in ("", PERCENT, RATIO) else None
