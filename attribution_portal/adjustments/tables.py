"""An event's adjustments as a table, one for every page that lists them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from attribution_portal.adjustments.rows import AUTOMATED, MANUAL, AdjustmentRow, Adjustments
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import Reader, raw


def source_name(source: str | None) -> str:
    """A source in words; the platform may use words that we do not know, which stay as they are."""
    if source is None:
        return _("Not said")
    return {AUTOMATED: _("Automated"), MANUAL: _("Manual")}.get(source, source)


def adjustments(found: Adjustments, *, currency: str | None, reader: Reader) -> Table:
    """Every adjustment of the event, newest first. currency: the rows', which name none themselves (§6)."""
    columns = (
        Column("created_at", _("Recorded"), numeric=False),
        Column("source", _("Source"), numeric=False),
        Column("purchases", _("Purchases"), numeric=True),
        Column("revenue", _("Revenue"), numeric=True),
    )
    rows = tuple(
        Row(
            row.id,
            (
                Cell(reader.instant(row.created_at) if row.created_at else _("Time not stated")),
                Cell(source_name(row.source), note=_provenance(row)),
                Cell(reader.count(row.purchases), raw(row.purchases)),
                Cell(reader.money(row.revenue, currency), raw(row.revenue)),
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
            Cell(reader.money(found.revenue, currency), raw(found.revenue)),
        ),
    )
    return Table("adjustments", columns, rows, totals if len(rows) > 1 else None)


def _provenance(row: AdjustmentRow) -> str:
    """What to keep in mind about how this row arrived; most rows came both ways and agree."""
    words = []
    if row.one_way:
        words.append(
            _("Only in campaign results, not in daily revenue.")
            if "results" in row.seen_in
            else _("Only in daily revenue, not in campaign results.")
        )
    if row.conflicting:
        words.append(_("The platform gave this row twice with different values."))
    return " ".join(words)
