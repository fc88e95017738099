"""Reading an event's page as a person or a program reads it: panels, headline numbers, tables and the figure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

Figure = dict[str, Any]
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Element:
    """One element with its attributes and children; text children are str."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Descendants in document order; `data_panel="x"` matches `data-panel="x"`, `class_` a class among others."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, str):
                continue
            if (not tag or child.tag == tag) and child._matches(attributes):
                found.append(child)
            found += child.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} × {tag} {attributes}"
        return found[0]

    def _matches(self, attributes: dict[str, str]) -> bool:
        for name, wanted in attributes.items():
            if name == "class_":
                if wanted not in self.get("class").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != wanted:
                return False
        return True

    @property
    def text(self) -> str:
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return re.sub(r"\s+", " ", "".join(parts)).strip()


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for position in range(len(self.open) - 1, 0, -1):
            if self.open[position].tag == tag:
                if tag == "template":
                    # Stock for scripts, and in no browser part of the page.
                    self.open[position].children.clear()
                del self.open[position:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@dataclass(frozen=True)
class Shown:
    """An answer of the portal, parsed."""

    root: Element

    def panel(self, name: str) -> Element:
        return self.root.one("section", data_panel=name)

    def states(self) -> dict[str, str]:
        panels = [section for section in self.root.all("section") if section.get("data-panel")]
        return {panel["data-panel"]: panel["data-state"] for panel in panels}

    def kpi(self, name: str) -> Decimal | None:
        """A headline number of the key figures; None when it is not known."""
        raw = self.panel("event-kpis").one("data", data_kpi=name)["value"]
        return Decimal(raw) if raw else None

    def figure(self) -> Figure:
        """The figure as the browser gets it."""
        found: Figure = json.loads(self.root.one("script", id="chart-daily-revenue-figure").text)
        return found

    def bars(self) -> Decimal:
        """The sum of every bar of the chart, in cents: a figure holds floats."""
        values = [y for trace in self.figure()["data"] if trace["type"] == "bar" for y in trace["y"] if y is not None]
        return sum((Decimal(repr(y)).quantize(Decimal("0.01")) for y in values), Decimal(0))

    def marks(self) -> set[str]:
        """Ids of the adjustments in the chart."""
        scatter = [trace for trace in self.figure()["data"] if trace.get("mode") == "markers"]
        return {mark["id"] for trace in scatter for mark in trace["customdata"]}

    def table(self, name: str) -> Element:
        return self.root.one("table", data_table=name)

    def column(self, name: str, label: str) -> list[Decimal]:
        """The known numbers of a table's column, without its total."""
        rows = self.table(name).one("tbody").all("tr")
        cells = [cell for row in rows for cell in row.all("td", data_label=label)]
        return [Decimal(cell["data-value"]) for cell in cells if cell["data-value"]]

    def rows(self, name: str) -> list[str]:
        """Ids of a table's rows, in order."""
        return [row["data-id"] for row in self.table(name).one("tbody").all("tr")]


def read(response: HttpResponse) -> Shown:
    builder = _Builder()
    builder.feed(response.content.decode())
    return Shown(builder.root)
