"""What a reader of an event page asked to see. It is the page's query string, and nothing else keeps it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from attribution_portal.periods import By

Metric = Literal["revenue", "purchases"]
Layer = Literal["measured", "automated", "manual"]

METRICS: Final[tuple[Metric, ...]] = get_args(Metric)
LAYERS: Final[tuple[Layer, ...]] = get_args(Layer)
ALL_LAYERS: Final[frozenset[Layer]] = frozenset(LAYERS)

# The presets that mean something for one event; `custom` has its own form.
PERIODS: Final = ("all", "since-on-sale", "last-30-before-show", "campaign", "last-28", "custom")
DEFAULT_PERIOD: Final = "all"

# What sales may be compared with; any other word is the id of an event.
PREVIOUS: Final = "previous"
LAST_YEAR: Final = "last-year"


@dataclass(frozen=True, slots=True)
class Selection:
    """period: one of PERIODS; start and end are set for `custom` only. by: None = the rule by range decides.

    layers: None = nobody chose, so all are drawn and none are added to another; a set = the reader asks for exactly
    these, and for their sum.

    compare: PREVIOUS, LAST_YEAR, the id of another event, or "" for nothing.

    page: of a table that is too long for one, counted from its end; None where nobody asked. Any other choice starts
    again at the end.
    """

    period: str = DEFAULT_PERIOD
    start: date | None = None
    end: date | None = None
    by: By | None = None
    metric: Metric = "revenue"
    layers: frozenset[Layer] | None = None
    compare: str = ""
    page: int | None = None

    @property
    def sibling(self) -> str:
        """The event to compare with, "" when it is none."""
        return "" if self.compare in (PREVIOUS, LAST_YEAR) else self.compare

    @property
    def visible(self) -> frozenset[Layer]:
        return ALL_LAYERS if self.layers is None else self.layers

    @property
    def adds(self) -> bool:
        """Whether measured sales and adjustments are to be added up: only when the reader named both (pages.md)."""
        return self.layers is not None and "measured" in self.layers and len(self.layers) > 1

    def in_period(self, name: str) -> Selection:
        return replace(self, period=name, start=None, end=None, page=None)

    def by_steps(self, by: By) -> Selection:
        return replace(self, by=by, page=None)

    def of_metric(self, metric: Metric) -> Selection:
        return replace(self, metric=metric, page=None)

    def with_layers(self, layers: frozenset[Layer]) -> Selection:
        return replace(self, layers=layers, page=None)

    def on_page(self, page: int) -> Selection:
        return replace(self, page=page)

    def toggled(self, layer: Layer) -> Selection | None:
        """With this layer switched; None when it is the only one left, because a chart of nothing answers nothing."""
        layers = self.visible ^ {layer}
        return replace(self, layers=layers, page=None) if layers else None

    def parameters(self) -> list[tuple[str, str]]:
        """The query parameters that bring this selection back; what is the default is left out."""
        found = []
        if self.period != DEFAULT_PERIOD:
            found.append(("period", self.period))
        if self.start is not None and self.end is not None:
            found += [("from", self.start.isoformat()), ("to", self.end.isoformat())]
        if self.by is not None:
            found.append(("by", self.by))
        if self.metric != METRICS[0]:
            found.append(("metric", self.metric))
        if self.layers is not None:
            found.append(("layers", ",".join(layer for layer in LAYERS if layer in self.layers)))
        if self.compare:
            found.append(("compare", self.compare))
        if self.page is not None:
            found.append(("page", str(self.page)))
        return found

    @property
    def query(self) -> str:
        """An address relative to the page's own, which ends in a slash: `?…`, or `./` where all is default."""
        parameters = self.parameters()
        return "?" + urlencode(parameters, safe=",") if parameters else "./"
