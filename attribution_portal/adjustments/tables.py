"""An event's adjustments as a table and as marks of a chart, one for every page that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from django.utils.translation import gettext as _

from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.adjustments.rows import AUTOMATED, MANUAL, AdjustmentRow, Adjustments
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.charts.sales import SeenAdjustment
from attribution_portal.formats import Reader, raw


def anchor(adjustment_id: str) -> str:
    """The address, within its page, of an adjustment's row."""
    return f"#adjustments-{quote(adjustment_id, safe='')}"


def marks(found: Adjustments) -> tuple[SeenAdjustment, ...]:
    """The rows as a chart takes them; each leads to its row."""
    return tuple(
        SeenAdjustment(
            id=row.id,
            day=row.day,
            purchases=row.purchases,
            revenue=row.revenue,
            source=row.source,
            href=anchor(row.id),
        )
        for row in found.rows
    )


def source_name(source: str | None) -> str:
    """A source in words; the platform may use words that we do not know, which stay as they are."""
    if source is None:
        return _("Not said")
    return {AUTOMATED: _("Automated"), MANUAL: _("Manual")}.get(source, source)


def adjustments(
    found: Adjustments, *, made: Mapping[str, AdjustmentRequest], currency: str | None, reader: Reader
) -> Table:
    """Every adjustment of the event, newest first. made: the requests of this portal, by the id of the row that each
    made. currency: the rows', which name none themselves (§6)."""
    columns = (
        Column("created_at", _("Recorded"), numeric=False),
        Column("source", _("Source"), numeric=False),
        Column("purchases", _("Purchases"), numeric=True),
        Column("revenue", _("Revenue"), numeric=True),
        Column("entered_by", _("Entered by"), numeric=False),
        Column("seen_in", _("Seen in"), numeric=False),
    )
    rows = tuple(
        Row(
            row.id,
            (
                Cell(reader.instant(row.created_at) if row.created_at else _("Time not stated")),
                Cell(source_name(row.source)),
                Cell(reader.count(row.purchases), raw(row.purchases)),
                Cell(reader.money(row.revenue, currency), raw(row.revenue), measure=currency or ""),
                entered_by(row, made.get(row.id)),
                seen_in(row, found),
            ),
        )
        for row in found.rows
    )
    totals = Row(
        "total",
        (
            Cell(_("Total")),
            Cell(""),
            Cell(reader.count(found.purchases), raw(found.purchases)),
            Cell(reader.money(found.revenue, currency), raw(found.revenue), measure=currency or ""),
            Cell(""),
            Cell(""),
        ),
    )
    return Table("adjustments", columns, rows, totals if len(rows) > 1 else None)


def entered_by(row: AdjustmentRow, request: AdjustmentRequest | None) -> Cell:
    """Who and why, where it was made here; the platform itself tells neither."""
    if request is None:
        return Cell(_("The platform's job") if row.source == AUTOMATED else _("Not entered here"))
    if request.undoes is not None:
        again = _("Restored after a deletion.")
        return Cell(request.user.shown_name, note=again)
    return Cell(request.user.shown_name, note=request.reason)


def seen_in(row: AdjustmentRow, found: Adjustments) -> Cell:
    """Which of the platform's two answers carried this row, and what is known of the other one."""
    twice = _("The platform gave this row twice with different values.") if row.conflicting else ""
    return Cell(_ways(row, found), note=twice)


def _ways(row: AdjustmentRow, found: Adjustments) -> str:
    if len(row.seen_in) == 2:
        return _("Campaign results and daily revenue")
    if "results" in row.seen_in:
        return (
            _("Campaign results only, not in daily revenue")
            if row.one_way
            else _("Campaign results; daily revenue could not be read")
        )
    if row.one_way:
        return _("Daily revenue only, not in campaign results")
    if not found.results_permitted:
        return _("Daily revenue; campaign results may not be read")
    return _("Daily revenue; campaign results could not be read")
