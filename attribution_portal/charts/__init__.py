"""What a page shows as a chart: a plain Plotly figure, the same data as a table, and one sentence about it.

Pure: no Django, no HTTP, no clock. A figure holds only what JSON knows (text, float, int, bool, None); it
carries no template and no colours. The browser lays one of `theme.templates()` under it and paints each trace
in the colour that the style sheet gives its `meta.role` (`--data-campaign`); bands and lines name an item of
the template. Its height is the page's (320 px) unless the layout asks for another.

Texts know one tag, `<br>`: for any other Plotly writes inline styles, which the content-security policy forbids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict


class Layout(TypedDict, total=False):
    """What of Plotly's layout the portal's figures use; the rest is the template's."""

    barmode: str
    separators: str
    showlegend: bool
    height: int
    bargap: float
    annotations: list[dict[str, object]]
    uniformtext: dict[str, object]
    xaxis: dict[str, object]
    yaxis: dict[str, object]
    shapes: list[dict[str, object]]


class Figure(TypedDict):
    """Plotly's traces and layout."""

    data: list[dict[str, object]]
    layout: Layout


@dataclass(frozen=True, slots=True)
class Column:
    """`label` is what people read; numeric columns stand right. `href` leads to the table sorted by this column, None
    where it cannot be; `sorted` says that it is, and which way."""

    key: str
    label: str
    numeric: bool
    href: str | None = None
    sorted: Literal["ascending", "descending"] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """`raw` is the plain decimal behind a number ("" = not known), None where the cell is text. `note` says
    why a number is missing or what to keep in mind. `measure` is what it is, as `formats` tells measures apart: what a
    file says beside it."""

    shown: str
    raw: str | None = None
    href: str | None = None
    note: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns. `provisional` = its numbers can still move: the day is not over."""

    id: str
    cells: tuple[Cell, ...]
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is the table's in pages.md; `totals` sums the rows, None where sums would mean nothing."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: Row | None


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a long table stand on the page. `words` say so; `earlier` and `later` are the addresses of the rows
    beside them, "" at the ends. `asked`: the reader chose these rows, so the table stands open."""

    words: str
    earlier: str
    later: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """`summary` is one paragraph for people who do not see the picture; its numbers are those of the
    figure. `unit` names what the value axis counts, "" where each bar says it itself: it stands above the picture,
    where it costs no width. `window` is set where the table holds only some of its rows; its totals are of all."""

    id: str
    figure: Figure
    table: Table
    summary: str
    unit: str = ""
    window: Window | None = None


def plotly_text(text: str) -> str:
    """Text that Plotly shows as it is: labels, hover texts and legends otherwise read tags and entities in
    it."""
    plain = " ".join(text.split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
