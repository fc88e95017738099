"""Where an event's revenue is credited: its measured sales as one bar, and beside it what else claims them.

The measured bar is campaign + organic (contract §5). Adjustments (§6) and packages (§8) stand beside it on the same
axis, each beginning at zero: they overlap the sales and each other, and are never added to them or together. A package
is drawn no longer than what it can have sold of this event; its own revenue is in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from attribution_portal.charts import Cell, Chart, Column, Figure, Row, Table, plotly_text
from attribution_portal.charts.revenue_words import kind_names
from attribution_portal.charts.sales import Kind, Measure
from attribution_portal.formats import PERCENT, UNKNOWN, Reader, raw

_MOST_PACKAGES: Final = 6
_LONGEST_LABEL: Final = 20
# Heights in px: of a row with its label, of what stands around all rows, of a bar; a place has at least that height.
_ROW_PX, _FRAME_PX, _BAR_PX, _LEAST_PX = 56, 48, 24, 160
# Room above the first row's label, in rows.
_HEADROOM: Final = 0.2
_PLACES: Final = 6
_ZERO: Final = Decimal(0)

MEASURED, ADJUSTED = "measured", "adjustments"


@dataclass(frozen=True, slots=True)
class Part:
    """One source's adjustments, summed."""

    kind: Kind
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Package:
    """What one package's result says. `revenue` is the whole package's, `at_most` how much of it can be this event's;
    `alone`: all of it is. Both None: no result, or one in another currency. `counts` says which purchases."""

    id: str
    title: str
    href: str
    counts: str
    revenue: Decimal | None
    at_most: Decimal | None
    alone: bool
    events: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """`measured` of all days, None where there is no day. `parts`: adjustments in the same currency as the sales.
    `currency`: of the sales, of which everything drawn is."""

    measured: Measure | None
    parts: tuple[Part, ...]
    packages: tuple[Package, ...]
    currency: str | None

    @property
    def sold(self) -> Decimal | None:
        return self.measured.value if self.measured else None

    @property
    def adjusted(self) -> Decimal:
        return sum((part.revenue for part in self.parts), _ZERO)

    @property
    def drawn(self) -> tuple[Package, ...]:
        return tuple(package for package in self.packages if package.at_most)[:_MOST_PACKAGES]


def chart(found: Balance, *, reader: Reader) -> Chart:
    unit = reader.gettext("Revenue") + (f" ({found.currency})" if found.currency else "")
    return Chart("balance", _figure(found, reader), _table(found, reader), _summary(found, reader), unit)


def _split(measured: Measure, reader: Reader) -> list[tuple[str, str, Decimal]]:
    """Role, name and amount of the measured bar's parts. What the platform did not split is a part of its own."""
    if measured.value is None:
        return []
    if not measured.split_days:
        return [("measured", reader.gettext("Measured sales"), measured.value)]
    parts = [
        ("campaign", reader.gettext("Campaigns"), measured.campaign or _ZERO),
        ("organic", reader.gettext("Organic"), measured.organic or _ZERO),
    ]
    if measured.unsplit_days:
        parts.append(("unsplit", reader.gettext("Not split"), measured.unsplit or _ZERO))
    return parts


def _figure(found: Balance, reader: Reader) -> Figure:
    rows = [(MEASURED, _named(reader.gettext("Measured sales"), found.sold, found.currency, reader))]
    traces: list[dict[str, object]] = []
    if found.measured:
        traces += [
            _bar(role, name, [(MEASURED, name, value)], found.currency, reader)
            for role, name, value in _split(found.measured, reader)
        ]
    if found.parts:
        rows.append((ADJUSTED, _named(reader.gettext("Adjustments"), found.adjusted, found.currency, reader)))
        names = kind_names(reader)
        traces += [
            _bar(part.kind, names[part.kind], [(ADJUSTED, names[part.kind], part.revenue)], found.currency, reader)
            for part in found.parts
        ]
    if found.drawn:
        rows += [(_package_id(each), _bounded(each, found.currency, reader)) for each in found.drawn]
        # Hatched: how much of it is this event's is not known, only that it is no more than this.
        packages = _bar(
            "package",
            reader.gettext("Packages, at most"),
            [(_package_id(each), each.title, each.at_most or _ZERO) for each in found.drawn],
            found.currency,
            reader,
        )
        shapes = ["" if each.alone else "/" for each in found.drawn]
        packages["textposition"] = "none"
        packages["marker"] = {"pattern": {"shape": shapes, "fillmode": "overlay", "solidity": 0.35}}
        traces.append(packages)
    height = max(_LEAST_PX, _FRAME_PX + _ROW_PX * len(rows))
    width = _BAR_PX * (len(rows) + _HEADROOM) / (height - _FRAME_PX)
    for trace in traces:
        trace["width"] = width
    return {
        "data": traces,
        "layout": {
            "barmode": "relative",
            "separators": reader.separators,
            "showlegend": True,
            "height": height,
            "uniformtext": {"mode": "hide", "minsize": 11},
            "xaxis": {"rangemode": "tozero", "tickformat": ",~f", "nticks": 5, "showgrid": True, "zeroline": True},
            "yaxis": {
                "type": "category",
                "categoryorder": "array",
                "categoryarray": [key for key, _label in reversed(rows)],
                "range": [-0.5, len(rows) - 0.5 + _HEADROOM],
                "showticklabels": False,
                "showgrid": False,
                "zeroline": False,
            },
            # A long name beside its bar would leave a phone no room for the bar.
            "annotations": [_label(key, text) for key, text in rows],
            "shapes": _end(found.sold),
        },
    }


def _named(name: str, value: Decimal | None, currency: str | None, reader: Reader) -> str:
    return name if value is None else f"{name}: {reader.money(value, currency, trim=True)}"


def _bounded(package: Package, currency: str | None, reader: Reader) -> str:
    """The amount stands beside the name: nobody reads it on a hatched bar."""
    amount = reader.money(package.at_most, currency, trim=True)
    if not package.alone:
        amount = reader.gettext("at most %(amount)s") % {"amount": amount}
    return f"{_short(package.title)}: {amount}"


def _package_id(package: Package) -> str:
    return f"package-{package.id}"


def _bar(
    role: str, name: str, bars: Sequence[tuple[str, str, Decimal]], currency: str | None, reader: Reader
) -> dict[str, object]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": plotly_text(name),
        "meta": {"role": role},
        "x": [float(value) for _key, _label, value in bars],
        "y": [key for key, _label, _value in bars],
        "text": [reader.money(value, currency, trim=True) for _key, _label, value in bars],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "customdata": [[plotly_text(label), reader.money(value, currency)] for _key, label, value in bars],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }


def _label(key: str, text: str) -> dict[str, object]:
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "y": key,
        "yanchor": "bottom",
        "yshift": _BAR_PX // 2,
        "showarrow": False,
        "align": "left",
        "text": plotly_text(text),
        "font": {"size": 12},
    }


def _end(sold: Decimal | None) -> list[dict[str, object]]:
    """Where the event's sales end: what reaches further claims more than was sold."""
    if sold is None or sold <= 0:
        return []
    x = float(sold)
    return [
        {
            "type": "line",
            "templateitemname": "event-day",
            "visible": True,
            "yref": "paper",
            "x0": x,
            "x1": x,
            "y0": 0,
            "y1": 1,
        }
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"


def _table(found: Balance, reader: Reader) -> Table:
    """What is stated, of how much of it can be this event's, and its part of what the event sold. No totals: the rows
    overlap."""
    columns = (
        Column("claim", reader.gettext("Who claims it"), numeric=False),
        Column("revenue", reader.gettext("Revenue stated"), numeric=True),
        Column("of_event", reader.gettext("Of this event"), numeric=True),
        Column("share", reader.gettext("Share of the sales"), numeric=True),
    )
    rows = []
    if found.measured:
        rows.append(_line(MEASURED, reader.gettext("Measured sales"), found.measured.value, found, reader))
        parts = _split(found.measured, reader)
        if len(parts) > 1:
            rows += [_line(role, name, value, found, reader) for role, name, value in parts]
    names = kind_names(reader)
    rows += [_line(part.kind, names[part.kind], part.revenue, found, reader) for part in found.parts]
    rows += [_package_line(each, found, reader) for each in found.packages]
    return Table("balance", columns, tuple(rows), None)


def _line(key: str, label: str, value: Decimal | None, found: Balance, reader: Reader) -> Row:
    share, currency = _share(value, found.sold), found.currency or ""
    return Row(
        key,
        (
            Cell(label),
            Cell(reader.money(value, found.currency), raw(value), measure=currency),
            Cell(reader.money(value, found.currency), raw(value), measure=currency),
            Cell(reader.percent(share), raw(share and round(share, _PLACES)), measure=PERCENT),
        ),
    )


def _package_line(each: Package, found: Balance, reader: Reader) -> Row:
    currency = found.currency or ""
    stated = reader.money(each.revenue, found.currency)
    bound = reader.money(each.at_most, found.currency)
    if each.at_most is None:
        of_event = Cell(UNKNOWN, "", note=each.why)
    elif each.alone:
        of_event = Cell(bound, raw(each.at_most), measure=currency)
    else:
        note = reader.gettext("at most; how much of it is not told")
        of_event = Cell(bound, raw(each.at_most), note=note, measure=currency)
    return Row(
        _package_id(each),
        (
            Cell(each.title, href=each.href, note=each.counts),
            Cell(stated, raw(each.revenue), measure=currency),
            of_event,
            Cell(UNKNOWN, ""),
        ),
    )


def _share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A fraction; None of what is more than the whole, which is no share of it."""
    if part is None or whole is None or whole <= 0 or not 0 <= part <= whole:
        return None
    return part / whole


def _summary(found: Balance, reader: Reader) -> str:
    sentences = [_sold(found, reader)]
    if found.parts:
        sentences.append(
            reader.gettext("Adjustments come to %(revenue)s.")
            % {"revenue": reader.money(found.adjusted, found.currency, trim=True)}
        )
    claiming = [package for package in found.packages if package.at_most]
    if claiming:
        sentences.append(
            reader.ngettext(
                "%(n)s package counts people who may have bought this event.",
                "%(n)s packages count people who may have bought this event.",
                len(claiming),
            )
            % {"n": reader.count(len(claiming))}
        )
    if found.parts or claiming:
        sentences.append(
            reader.gettext("The bars begin at the same point because they can be the same purchases: they overlap.")
        )
    return " ".join(sentences)


def _sold(found: Balance, reader: Reader) -> str:
    def money(value: Decimal | None) -> str:
        return reader.money(value, found.currency, trim=True)

    measured = found.measured
    if measured is None or measured.value is None:
        return reader.gettext("No sales have been measured for this event yet.")
    said = {
        "sold": money(measured.value),
        "campaign": money(measured.campaign),
        "organic": money(measured.organic),
        "unsplit": money(measured.unsplit),
        "share": reader.percent(_share(measured.campaign, measured.value)),
    }
    if not measured.split_days:
        return reader.gettext("The event sold %(sold)s; how much of it campaigns brought is not told.") % said
    if measured.unsplit_days:
        return (
            reader.gettext(
                "The event sold %(sold)s: %(campaign)s is credited to campaigns, %(organic)s is organic, and"
                " %(unsplit)s is not split."
            )
            % said
        )
    if measured.value <= 0:
        return (
            reader.gettext(
                "The event sold %(sold)s: %(campaign)s by campaigns and %(organic)s organic, refunds taken off."
            )
            % said
        )
    if _share(measured.campaign, measured.value) is None:
        return (
            reader.gettext("The event sold %(sold)s: %(campaign)s is credited to campaigns, %(organic)s is organic.")
            % said
        )
    return (
        reader.gettext(
            "The event sold %(sold)s: %(campaign)s (%(share)s) is credited to campaigns, %(organic)s is organic."
        )
        % said
    )
