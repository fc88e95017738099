"""The choices above the daily revenue chart: links that each bring the page with one thing changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from attribution_portal.formats import Reader
from attribution_portal.lookout.comparison import Rival
from attribution_portal.lookout.selection import LAST_YEAR, LAYERS, METRICS, PERIODS, PREVIOUS, Selection
from attribution_portal.periods import GRANULARITIES, By, Period

# The query parameters that choose days; the others choose how they are drawn.
DAYS = ("period", "from", "to")
COMPARE = "compare"
# Where in a long table somebody is; any choice leads to its end again.
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Choice:
    """One link. `query` is "" for a choice that cannot be changed now."""

    kind: str
    name: str
    label: str
    query: str
    current: bool

    @property
    def id(self) -> str:
        """Keeps the focus where it was when a part of the page is replaced."""
        return f"{self.kind}-{self.name}"


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a list to choose from."""

    value: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """Every choice of the panel. `carried` are the parameters that the form for two dates sends along, `kept` those of
    the form for a comparison, whose options are `comparisons` and, of the series, `rivals`.

    start, end: the days now shown, for the form's fields.
    notes: words at a field, by query parameter.
    """

    periods: tuple[Choice, ...]
    steps: tuple[Choice, ...]
    metrics: tuple[Choice, ...]
    layers: tuple[Choice, ...]
    start: str
    end: str
    carried: tuple[tuple[str, str], ...]
    comparisons: tuple[Option, ...]
    rivals: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...]
    notes: Mapping[str, str]

    @property
    def notes_on_days(self) -> list[tuple[str, str]]:
        return [(name, words) for name, words in self.notes.items() if name in DAYS]

    @property
    def notes_on_drawing(self) -> list[tuple[str, str]]:
        return [(name, words) for name, words in self.notes.items() if name not in (*DAYS, COMPARE)]

    @property
    def note_on_comparison(self) -> str:
        return self.notes.get(COMPARE, "")


def picker(
    selection: Selection,
    *,
    period: Period,
    by: By,
    offered: frozenset[str],
    rivals: tuple[Rival, ...],
    notes: Mapping[str, str],
    reader: Reader,
) -> Picker:
    """period and by: what is shown, which may differ from what was asked. offered: presets that can be resolved.
    rivals: the events that this one may be compared with."""
    labels = {
        "all": _("All"),
        "since-on-sale": _("Since on-sale"),
        "last-30-before-show": _("Last 30 days before the show"),
        "campaign": _("Campaign"),
        "last-28": _("Last 28 days"),
        "day": _("Days"),
        "week": _("Weeks"),
        "month": _("Months"),
        "revenue": _("Revenue"),
        "purchases": _("Purchases"),
        "measured": _("Measured"),
        "automated": _("Automated"),
        "manual": _("Manual"),
    }
    layers = []
    for layer in LAYERS:
        toggled = selection.toggled(layer)
        query = toggled.query if toggled else ""
        layers.append(Choice("layer", layer, labels[layer], query, layer in selection.visible))
    return Picker(
        periods=tuple(
            Choice("period", name, labels[name], selection.in_period(name).query, name == period.name)
            for name in PERIODS
            if name in labels and name in offered
        ),
        steps=tuple(
            Choice("by", step, labels[step], selection.by_steps(step).query, step == by) for step in GRANULARITIES
        ),
        metrics=tuple(
            Choice("metric", metric, labels[metric], selection.of_metric(metric).query, metric == selection.metric)
            for metric in METRICS
        ),
        layers=tuple(layers),
        start=period.start.isoformat(),
        end=period.end.isoformat(),
        carried=tuple((name, value) for name, value in selection.parameters() if name not in (*DAYS, PAGE)),
        comparisons=tuple(
            Option(name, label, name == selection.compare)
            for name, label in (
                ("", _("Nothing")),
                (PREVIOUS, _("The days before, same weekdays")),
                (LAST_YEAR, _("The same dates last year")),
            )
        ),
        rivals=tuple(
            Option(rival.id, f"{rival.title}, {reader.day(rival.day, short=True)}", rival.id == selection.compare)
            for rival in rivals
        ),
        kept=tuple((name, value) for name, value in selection.parameters() if name not in (COMPARE, PAGE)),
        notes=notes,
    )
