from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import plotly.graph_objects as go
import pytest

from attribution_portal.charts import plotly_text, theme


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_there_is_a_template_for_light_and_for_dark_that_plotly_accepts():
    templates = theme.templates()
    assert list(templates) == ["light", "dark"]
    for template in templates.values():
        assert go.Figure({"data": [], "layout": {"template": template}})
        assert json.loads(json.dumps(template, allow_nan=False)) == template
    assert templates is theme.templates()


@pytest.mark.parametrize("ground", [theme.LIGHT, theme.DARK])
def test_colours_can_be_seen_on_their_ground(ground):
    assert contrast(ground.text, ground.surface) >= 7
    assert contrast(ground.muted, ground.surface) >= 4.5
    for colour in (*ground.series, *ground.shapes.values()):
        assert contrast(colour, ground.surface) >= 3


def test_drawing_imports_neither_plotly_nor_django():
    # A fresh process: this one has imported both.
    code = (
        "import sys; from attribution_portal.charts import clusters, revenue, theme; "
        "print([name for name in ('plotly', 'django') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plotly_text_is_text():
    assert plotly_text("R&B <b>live</b>\n at\t8") == "R&amp;B &lt;b&gt;live&lt;/b&gt; at 8"
    assert plotly_text(str(date(2026, 6, 1))) == "2026-06-01"
