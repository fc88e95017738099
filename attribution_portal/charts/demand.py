"""The demand curve: tickets sold of one event against comparable ones (contract §5, `sales-graph`).

The platform normalises the numbers and does not say by what, so they are drawn as they came, without a unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from attribution_portal.charts import Cell, Chart, Column, Figure, Row, Table, plotly_text
from attribution_portal.formats import Reader, raw
from attribution_portal.platform_api.payloads import SalesPoint

_TICKS = 7


def chart(points: Sequence[SalesPoint], *, reader: Reader) -> Chart:
    """points: in the order of their days, at least one."""
    names = reader.gettext("This event"), reader.gettext("Comparable events")
    return Chart(
        "demand",
        _figure(points, names, reader),
        _table(points, names, reader),
        _summary(points, reader),
        reader.gettext("Tickets sold, as the platform normalises them"),
    )


def _figure(points: Sequence[SalesPoint], names: tuple[str, str], reader: Reader) -> Figure:
    days = [point.mapped_date for point in points]
    chosen = days[:: -(-len(days) // _TICKS)]
    return {
        "data": [
            _line(days, [p.current for p in points], names[0], "measured", "solid", reader),
            _line(days, [p.average for p in points], names[1], "comparison", "dot", reader),
        ],
        "layout": {
            "separators": reader.separators,
            "showlegend": True,
            "height": 240,
            "xaxis": {
                "type": "date",
                "tickmode": "array",
                "tickvals": [day.isoformat() for day in chosen],
                "ticktext": [reader.day_of_year(day, short=True) for day in chosen],
            },
            "yaxis": {"rangemode": "tozero", "tickformat": ",~f"},
        },
    }


def _line(
    days: list[date], values: list[Decimal | None], name: str, role: str, dash: str, reader: Reader
) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plotly_text(name),
        "meta": {"role": role},
        "line": {"width": 2, "dash": dash},
        "marker": {"size": 5, "symbol": "circle", "line": {"width": 0}},
        "connectgaps": False,
        "cliponaxis": False,
        "x": [day.isoformat() for day in days],
        "y": [None if value is None else float(value) for value in values],
        "customdata": [
            None if value is None else [reader.day(day), reader.ratio(value)]
            for day, value in zip(days, values, strict=True)
        ],
        "hovertemplate": f"%{{customdata[0]}}<br>{plotly_text(name)}: %{{customdata[1]}}<extra></extra>",
    }


def _table(points: Sequence[SalesPoint], names: tuple[str, str], reader: Reader) -> Table:
    columns = (
        Column("day", reader.gettext("Day"), numeric=False),
        Column("current", names[0], numeric=True),
        Column("average", names[1], numeric=True),
    )
    rows = tuple(
        Row(
            point.mapped_date.isoformat(),
            (
                Cell(reader.day(point.mapped_date)),
                Cell(reader.ratio(point.current), raw(point.current)),
                Cell(reader.ratio(point.average), raw(point.average)),
            ),
        )
        for point in points
    )
    return Table("demand", columns, rows, None)


def _summary(points: Sequence[SalesPoint], reader: Reader) -> str:
    """Where the event's own line ends."""
    last = next((point for point in reversed(points) if point.current is not None), None)
    if last is None:
        return reader.gettext("The platform has no sales of this event in its demand curve yet.")
    said = {
        "day": reader.day(last.mapped_date),
        "current": reader.ratio(last.current),
        "average": reader.ratio(last.average),
    }
    if last.average is None:
        return reader.gettext("On %(day)s this event stood at %(current)s.") % said
    return reader.gettext("On %(day)s this event stood at %(current)s, comparable events at %(average)s.") % said
