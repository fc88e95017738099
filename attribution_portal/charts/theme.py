"""The look of every chart, as Plotly templates: one for light pages and print, one for dark.

Calm: horizontal hairlines, no frame, few ticks, the legend above left, the zero line visible. Heights are the
page's. Traces are painted in the browser, by role, from the style sheet's `--data-*` properties; `series` is
what they fall back to. Bands and lines refer to the templates' shapes by name, so the theme can change under
a drawn figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class _Ground:
    """Colours of one theme; `shapes` by the name that a figure's shape refers to."""

    surface: str
    text: str
    muted: str
    hairline: str
    series: tuple[str, ...]
    shapes: dict[str, str]


_FONT: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

LIGHT: Final = _Ground(
    surface="#ffffff",
    text="#1c2333",
    muted="#5b6478",
    hairline="#e3e6ee",
    series=("#51699c", "#c2660a", "#7c8496"),
    shapes={"band-campaign": "#c2660a", "band-package": "#51699c", "event-day": "#1c2333", "unfinished": "#1c2333"},
)

DARK: Final = _Ground(
    surface="#161a25",
    text="#e8ebf4",
    muted="#a3acc2",
    hairline="#2c3345",
    series=("#8aa2d6", "#f0a04b", "#9aa3b8"),
    shapes={"band-campaign": "#f0a04b", "band-package": "#8aa2d6", "event-day": "#e8ebf4", "unfinished": "#e8ebf4"},
)


@cache
def templates() -> dict[str, dict[str, object]]:
    """`{"light": …, "dark": …}`, plain and JSON-safe, for the page's json_script. Print uses light.

    Plotly checks them once per process, on first use: importing it costs a quarter of a second that a process
    which draws nothing (a worker, a health check) must not pay."""
    return {"light": _template(LIGHT), "dark": _template(DARK)}


def _template(ground: _Ground) -> dict[str, object]:
    from plotly.graph_objs.layout import Template

    axis = {
        "color": ground.muted,
        "gridcolor": ground.hairline,
        "linecolor": ground.hairline,
        "zerolinecolor": ground.muted,
        "tickfont": {"size": 12},
        "automargin": True,
        "fixedrange": True,
        "title": {"standoff": 8, "font": {"size": 12}},
    }
    layout = {
        "colorway": list(ground.series),
        "font": {"family": _FONT, "size": 13, "color": ground.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8, "pad": 4},
        "bargap": 0.18,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": ground.surface,
            "bordercolor": ground.hairline,
            "font": {"family": _FONT, "size": 13, "color": ground.text},
            "align": "left",
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 12, "color": ground.text},
            # A click would hide a series, and then the picture would no longer sum to the number above it.
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "xaxis": {**axis, "showgrid": False, "zeroline": False, "ticks": ""},
        "yaxis": {**axis, "showgrid": True, "zeroline": True, "zerolinewidth": 1, "nticks": 6},
        "shapes": [_shape(name, colour, ground.muted) for name, colour in ground.shapes.items()],
    }
    data = {
        "bar": [{"marker": {"line": {"width": 0}}, "insidetextfont": {"color": ground.surface}}],
        "scatter": [{"marker": {"size": 12, "line": {"width": 1, "color": ground.surface}}}],
    }
    checked: dict[str, object] = Template(layout=layout, data=data).to_plotly_json()
    return checked


def _shape(name: str, colour: str, muted: str) -> dict[str, object]:
    """A shape that figures refer to. Hidden, because Plotly draws a template's shapes in every figure
    otherwise."""
    label = {"font": {"size": 11, "color": muted}, "padding": 4}
    if name.startswith("band-"):
        look: dict[str, object] = {"fillcolor": colour, "opacity": 0.1, "line": {"width": 0}, "layer": "below"}
    else:
        look = {"line": {"color": colour, "width": 1, "dash": "dash" if name == "unfinished" else "dot"}}
    return {"name": name, "visible": False, "label": label, **look}
