"""The daily revenue chart as a table: a row a bucket, exactly the layers that are drawn, and their sums."""

from __future__ import annotations

from decimal import Decimal

from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.charts.sales import Measure, SourceTotal, source_total
from attribution_portal.charts.scene import Scene
from attribution_portal.formats import UNKNOWN, raw


def table(scene: Scene) -> Table:
    """Row ids are the buckets' first days. A bucket that the platform has no row for is "—" throughout;
    campaign, organic and adjustments are in the chosen metric."""
    rows = tuple(_row(scene, index) for index in range(len(scene.slices)))
    sums = scene.totals
    cells = [Cell(scene.reader.gettext("Total"))]
    if scene.measured:
        cells += _measured_cells(scene, sums.measured_revenue, sums.measured_purchases, scene.whole)
    if scene.compared:
        cells.append(_amount_cell(scene, scene.others[1]))
    if scene.kinds:
        cells.append(_adjusted_cell(scene, scene.adjusted, ""))
    return Table("daily-revenue", _columns(scene), rows, Row("totals", tuple(cells)))


def _columns(scene: Scene) -> tuple[Column, ...]:
    first = {
        "day": scene.reader.gettext("Day"),
        "week": scene.reader.gettext("Week"),
        "month": scene.reader.gettext("Month"),
    }[scene.by]
    columns = [Column("bucket", first, numeric=False)]
    if scene.measured:
        columns += [
            Column("revenue", scene.reader.gettext("Revenue"), numeric=True),
            Column("purchases", scene.reader.gettext("Purchases"), numeric=True),
            Column("campaign", scene.reader.gettext("Campaigns"), numeric=True),
            Column("organic", scene.reader.gettext("Organic"), numeric=True),
        ]
        if _partly_split(scene):
            columns.append(Column("unsplit", scene.reader.gettext("Not split"), numeric=True))
    if scene.compared:
        columns.append(Column("compared", scene.compared.name, numeric=True))
    if scene.kinds:
        columns.append(Column("adjustments", scene.reader.gettext("Adjustments"), numeric=True))
    return tuple(columns)


def _partly_split(scene: Scene) -> bool:
    return bool(scene.whole.split_days and scene.whole.unsplit_days)


def _row(scene: Scene, index: int) -> Row:
    piece = scene.slices[index]
    cells = [Cell(scene.labels[index])]
    if scene.measured:
        cells += _measured_cells(scene, piece.measure("revenue"), piece.measure("purchases"), scene.measures[index])
    if scene.compared:
        cells.append(_amount_cell(scene, scene.others[0][index]))
    if scene.kinds:
        shown = tuple(each for each in piece.adjustments if each.kind in scene.kinds)
        href = shown[0].href if len(shown) == 1 else ""
        cells.append(_adjusted_cell(scene, source_total(shown), href))
    return Row(piece.bucket.start.isoformat(), tuple(cells), provisional=piece.provisional)


def _measured_cells(scene: Scene, revenue: Measure, purchases: Measure, split: Measure) -> list[Cell]:
    cells = [
        Cell(scene.reader.money(revenue.value, scene.currency), raw(revenue.value)),
        Cell(scene.reader.count(purchases.value), raw(purchases.value)),
        _amount_cell(scene, split.campaign),
        _amount_cell(scene, split.organic),
    ]
    if _partly_split(scene):
        cells.append(_amount_cell(scene, split.unsplit))
    return cells


def _amount_cell(scene: Scene, value: Decimal | None) -> Cell:
    return Cell(scene.amount(value), raw(value))


def _adjusted_cell(scene: Scene, sums: SourceTotal, href: str) -> Cell:
    if not sums.count:
        return Cell(UNKNOWN, "")
    amount = sums.amount(scene.metric)
    return Cell(scene.amount(amount), raw(amount), href=href or None)
