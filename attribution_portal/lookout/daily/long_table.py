"""The daily revenue table where it is long: three years of days are more than anybody reads, or a phone loads."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.utils.translation import gettext as _

from attribution_portal.charts import Chart, Window
from attribution_portal.formats import Reader
from attribution_portal.lookout.selection import Selection

# A year and a half of days stands on one page: the sales of almost every event.
ROWS: Final = 550


def windowed(chart: Chart, selection: Selection, *, reader: Reader) -> Chart:
    """The chart with so many of its table's rows as a page holds, the latest first; the picture, the sentence and the
    totals stay those of all rows. A number of a page that there is not is the last there is."""
    rows = chart.table.rows
    if len(rows) <= ROWS:
        return chart
    pages = -(-len(rows) // ROWS)
    page = min(selection.page or 1, pages)
    end = len(rows) - (page - 1) * ROWS
    start = max(end - ROWS, 0)
    words = _("Rows %(first)s to %(last)s of %(all)s. The total is that of all rows.") % {
        "first": reader.count(start + 1),
        "last": reader.count(end),
        "all": reader.count(len(rows)),
    }
    return replace(
        chart,
        table=replace(chart.table, rows=rows[start:end]),
        window=Window(
            words,
            earlier=selection.on_page(page + 1).query if page < pages else "",
            later=selection.on_page(page - 1).query if page > 1 else "",
            asked=selection.page is not None,
        ),
    )
