"""The daily revenue chart: measured sales as bars, adjustments as marks on an untouched series (pages.md).

Campaign and organic are stacked when the platform split every shown day, one series when it split none; days
that it did not split among others that it did are a third series, never zero. Adjustments are drawn at the
day they were recorded, because the platform gives no sales date, and are never added to a bar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from attribution_portal.charts import Chart, Figure, Layout, plotly_text
from attribution_portal.charts.revenue_table import table
from attribution_portal.charts.revenue_words import kind_names, notes, purchases, summary, total_line
from attribution_portal.charts.sales import Compared, Kind, Metric, SeenAdjustment, Totals, totals
from attribution_portal.charts.scene import Band, Scene, scene
from attribution_portal.formats import Reader
from attribution_portal.periods import By, Period
from attribution_portal.platform_api.payloads import DailyRow

__all__ = [
    "LAYERS",
    "Band",
    "Compared",
    "Metric",
    "SeenAdjustment",
    "Totals",
    "chart",
    "figure",
    "notes",
    "total_line",
    "totals",
]

LAYERS: Final = ("measured", "automated", "manual")

_SYMBOLS: Final[dict[Kind, str]] = {"automated": "diamond", "manual": "circle", "other": "square"}
_TICKS: Final = 7
_DAY_MS: Final = 86_400_000
# The share of a bucket's width on each side of its bar: half of the templates' `bargap`.
_BAR_EDGE: Final = 0.09
# Plotly counts weeks from a Sunday unless told otherwise; ours start on Monday.
_SPANS: Final[dict[By, dict[str, object]]] = {
    "day": {"xperiod": _DAY_MS, "xperiodalignment": "middle"},
    "week": {"xperiod": 7 * _DAY_MS, "xperiod0": "2001-01-01", "xperiodalignment": "middle"},
    "month": {"xperiod": "M1", "xperiodalignment": "middle"},
}
# Above the bars there is a lane for the label of the event's line and one for each band that overlaps another, so that
# bars hide no label; a lane is a fraction of the picture's height. More bands than lanes share the last one.
_LANE: Final = 0.1
_BAND_LANES: Final = 3


def chart(
    *,
    days: Sequence[DailyRow],
    adjustments: Sequence[SeenAdjustment],
    period: Period,
    by: By,
    metric: Metric,
    layers: frozenset[str],
    bands: Sequence[Band],
    event_day: date | None,
    today: date,
    currency: str | None,
    reader: Reader,
    compared: Compared | None = None,
) -> Chart:
    """Figure, table and sentence of one event's sales. Days are the partner's; `today` marks the unfinished
    bucket.

    `layers` are some of `LAYERS`; what is not among them is in none of the three. Each adjustment counts as
    often as it is given: the caller has merged the two ways they arrive (contract §5). `compared` is a line of its own,
    never part of a sum."""
    view = scene(
        days=days,
        adjustments=adjustments,
        period=period,
        by=by,
        metric=metric,
        layers=layers,
        today=today,
        currency=currency,
        reader=reader,
        compared=compared,
    )
    words = summary(view, bands=bands, event_day=event_day)
    return Chart("daily-revenue", _figure(view, bands, event_day), table(view), words, _unit(view))


def figure(
    *,
    days: Sequence[DailyRow],
    adjustments: Sequence[SeenAdjustment],
    period: Period,
    by: By,
    metric: Metric,
    layers: frozenset[str],
    bands: Sequence[Band],
    event_day: date | None,
    today: date,
    currency: str | None,
    reader: Reader,
    compared: Compared | None = None,
) -> Figure:
    """The figure alone: the same as `chart(…).figure`."""
    view = scene(
        days=days,
        adjustments=adjustments,
        period=period,
        by=by,
        metric=metric,
        layers=layers,
        today=today,
        currency=currency,
        reader=reader,
        compared=compared,
    )
    return _figure(view, bands, event_day)


def _figure(view: Scene, bands: Sequence[Band], event_day: date | None) -> Figure:
    traces: list[dict[str, object]] = []
    if view.measured:
        traces += _bars(view)
    if view.compared:
        traces.append(_line(view, view.compared))
    for kind in view.kinds:
        marks = [each for piece in view.slices for each in piece.adjustments if each.kind == kind]
        if marks:
            traces.append(_marks(view, kind, marks))
    return {"data": traces, "layout": _layout(view, bands, event_day)}


def _bars(view: Scene) -> list[dict[str, object]]:
    """The measured series. A bucket without rows, or with a day whose number is not known, has no bar."""
    reader, measures, whole = view.reader, view.measures, view.whole
    if not whole.split_days:
        series = [(reader.gettext("Measured sales"), "measured", [m.value for m in measures])]
    else:
        series = [
            (reader.gettext("Campaigns"), "campaign", [m.campaign for m in measures]),
            (reader.gettext("Organic"), "organic", [m.organic for m in measures]),
        ]
        if whole.unsplit_days:
            series.append((reader.gettext("Not split"), "unsplit", [m.unsplit for m in measures]))
    starts = [piece.bucket.start.isoformat() for piece in view.slices]
    hatches = ["/" if piece.provisional else "" for piece in view.slices]
    return [_bar(view, name, role, starts, values, hatches) for name, role, values in series]


def _bar(
    view: Scene, name: str, role: str, starts: list[str], values: list[Decimal | None], hatches: list[str]
) -> dict[str, object]:
    trace: dict[str, object] = {
        "type": "bar",
        "name": name,
        "meta": {"role": role},
        "x": starts,
        "y": [None if value is None else float(value) for value in values],
        "customdata": [
            None if value is None else [label, view.amount(value)]
            for label, value in zip(view.labels, values, strict=True)
        ],
        "hovertemplate": f"%{{customdata[0]}}<br>{plotly_text(name)}: %{{customdata[1]}}<extra></extra>",
        **_SPANS[view.by],
    }
    if any(hatches):
        trace["marker"] = {"pattern": {"shape": hatches, "solidity": 0.5}}
    return trace


def _line(view: Scene, compared: Compared) -> dict[str, object]:
    """What the measured sales are compared with. Dots keep a bucket in sight that has gaps on both sides."""
    values = view.others[0]
    name = compared.name
    beside = plotly_text(view.reader.gettext("Beside"))
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "meta": {"role": "comparison"},
        "line": {"width": 2, "dash": "dot"},
        "marker": {"size": 5, "symbol": "circle", "line": {"width": 0}},
        "connectgaps": False,
        "x": [piece.bucket.start.isoformat() for piece in view.slices],
        "y": [None if value is None else float(value) for value in values],
        "customdata": [
            None if value is None else [label, view.amount(value)]
            for label, value in zip(view.labels, values, strict=True)
        ],
        "hovertemplate": (f"{beside} %{{customdata[0]}}<br>{plotly_text(name)}: %{{customdata[1]}}<extra></extra>"),
        **_SPANS[view.by],
    }


def _marks(view: Scene, kind: Kind, marks: list[SeenAdjustment]) -> dict[str, object]:
    """One source's adjustments, each at its own day, also among weeks and months, and as high as its own amount."""
    reader = view.reader
    name = kind_names(reader)[kind]
    source = plotly_text(reader.gettext("Source"))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "meta": {"role": kind},
        "marker": {"symbol": _SYMBOLS[kind]},
        "x": [_noon(each.day) for each in marks if each.day is not None],
        "y": [float(each.amount(view.metric)) for each in marks],
        "customdata": [
            {
                "id": each.id,
                "href": each.href,
                "label": reader.day(each.day),
                "value": f"{reader.money(each.revenue, view.currency)}, {purchases(each.purchases, reader)}",
                "source": plotly_text(each.source or reader.gettext("not said by the platform")),
            }
            for each in marks
        ],
        "hovertemplate": (
            f"%{{customdata.label}}<br>{plotly_text(name)}: %{{customdata.value}}"
            f"<br>{source}: %{{customdata.source}}<extra></extra>"
        ),
        # A small amount lies on the zero line: its mark is drawn whole.
        "cliponaxis": False,
    }


def _layout(view: Scene, bands: Sequence[Band], event_day: date | None) -> Layout:
    """Axes that do not move when a layer is switched, localised ticks, and what is marked behind the bars."""
    edges = view.slices[0].bucket.start, view.slices[-1].bucket.next
    line = [_event_line(view, event_day, edges)] if event_day is not None and event_day in view.period else []
    behind, lanes = _bands(bands, edges, len(line))
    return {
        "barmode": "relative",
        "separators": view.reader.separators,
        "showlegend": True,
        "xaxis": {"type": "date", "range": [edge.isoformat() for edge in edges], **_ticks(view)},
        "yaxis": {
            "rangemode": "tozero",
            "tickformat": ",~f",
            "domain": [0, round(1 - _LANE * lanes, 2)],
        },
        "shapes": behind + line + _unfinished(view),
    }


def _unit(view: Scene) -> str:
    if view.metric == "purchases":
        return view.reader.gettext("Purchases")
    return view.reader.gettext("Revenue") + (f" ({view.currency})" if view.currency else "")


def _ticks(view: Scene) -> dict[str, object]:
    """At most seven, in the reader's language, under the middle of their bar; the year where it begins to
    count."""
    chosen = view.slices[:: -(-len(view.slices) // _TICKS)]
    starts = [piece.bucket.start for piece in chosen]
    if view.by == "month":
        texts = [view.reader.month(start, short=True) for start in starts]
    else:
        texts = [view.reader.day_of_year(start, short=True) for start in starts]
        changes = [True, *(one.year != other.year for one, other in pairwise(starts))]
        texts = [
            f"{text}<br>{start.year}" if change else text
            for text, start, change in zip(texts, starts, changes, strict=True)
        ]
    middles = [_moment(p.bucket.start) + (p.bucket.next - p.bucket.start) / 2 for p in chosen]
    return {"tickmode": "array", "tickvals": [each.isoformat() for each in middles], "ticktext": texts}


def _moment(day: date) -> datetime:
    # Plotly's dates have no zone: the axis is the partner's calendar.
    return datetime.combine(day, time())


def _noon(day: date) -> str:
    return (_moment(day) + timedelta(hours=12)).isoformat()


def _is_late(day: date, edges: tuple[date, date]) -> bool:
    """Whether a label that begins here has more room to its left."""
    return day - edges[0] > (edges[1] - edges[0]) / 2


def _bands(bands: Sequence[Band], edges: tuple[date, date], above: int) -> tuple[list[dict[str, object]], int]:
    """The bands inside the picture, and the lanes taken once they hang under the `above` lanes taken before.

    Several of one kind on the same days are one band."""
    labels: dict[tuple[date, date, str], list[str]] = {}
    for band in sorted(bands, key=lambda each: (each.start, each.end)):
        first, after = max(band.start, edges[0]), min(band.end + timedelta(days=1), edges[1])
        if first < after:
            labels.setdefault((first, after, band.kind), []).append(band.label)
    shapes: list[dict[str, object]] = []
    ends: list[date] = []
    for (first, after, kind), named in labels.items():
        lane = next((n for n, end in enumerate(ends) if end <= first), min(len(ends), _BAND_LANES - 1))
        ends[lane : lane + 1] = [after]
        label = named[0] if len(named) == 1 else f"{named[0]} +{len(named) - 1}"
        shapes.append(
            {
                "type": "rect",
                "templateitemname": f"band-{kind}",
                "visible": True,
                "yref": "paper",
                "x0": first.isoformat(),
                "x1": after.isoformat(),
                "y0": 0,
                "y1": round(1 - _LANE * (above + lane), 2),
                "label": {
                    "text": plotly_text(label),
                    "textposition": "top right" if _is_late(first, edges) else "top left",
                },
            }
        )
    return shapes, above + len(ends)


def _unfinished(view: Scene) -> list[dict[str, object]]:
    """A dashed outline around the bar of the bucket that is not over. Plotly has no dashed bars."""
    if not view.measured:
        return []
    shapes: list[dict[str, object]] = []
    for piece, measure in zip(view.slices, view.measures, strict=True):
        if not piece.provisional or not measure.value:
            continue
        start, whole = _moment(piece.bucket.start), piece.bucket.next - piece.bucket.start
        shapes.append(
            {
                "type": "rect",
                "templateitemname": "unfinished",
                "visible": True,
                "x0": (start + whole * _BAR_EDGE).isoformat(),
                "x1": (start + whole * (1 - _BAR_EDGE)).isoformat(),
                "y0": 0,
                "y1": float(measure.value),
            }
        )
    return shapes


def _event_line(view: Scene, event_day: date, edges: tuple[date, date]) -> dict[str, object]:
    """Through the middle of the event's day, its label on the side that has room."""
    noon = _noon(event_day)
    return {
        "type": "line",
        "templateitemname": "event-day",
        "visible": True,
        "yref": "paper",
        "x0": noon,
        "x1": noon,
        "y0": 0,
        "y1": 1,
        "label": {
            "text": plotly_text(view.reader.gettext("Event day")),
            "textposition": "end",
            "textangle": 0,
            "xanchor": "right" if _is_late(event_day, edges) else "left",
            "yanchor": "top",
        },
    }
