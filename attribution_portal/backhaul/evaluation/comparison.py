"""The panel that holds a package's stored results under different settings against each other. One query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from attribution_portal import charts
from attribution_portal.backhaul import wording
from attribution_portal.backhaul.ledger.history import Past
from attribution_portal.backhaul.models import Evaluation
from attribution_portal.backhaul.state import window_end
from attribution_portal.charts import comparison
from attribution_portal.formats import Reader
from attribution_portal.panels import Panel

# Of a package with more results than these the older ones are left out, and the panel says so.
LOOKED_AT: Final = 1000
NAME: Final = "comparison"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ranges`: one sentence for each window that was evaluated under several models; `breaks`: what cannot be true
    together; `doubts`: what only looks like it, because one was read too early."""

    ranges: tuple[str, ...]
    breaks: tuple[str, ...]
    doubts: tuple[str, ...]
    table: charts.Table


def results(
    rows: QuerySet[Evaluation], past: Past, *, newest: int, zone: ZoneInfo, reader: Reader
) -> list[comparison.Result]:
    """The latest of `rows` (one package's) under each model, window and e-mail date. `newest`: their last number;
    `past`: a page of them, which is enough when it holds them all."""
    if len(past.rows) == newest:
        latest: dict[object, Evaluation] = {}
        for row in past.rows:
            latest.setdefault(row.settings, row)
        return [_result(row, zone, reader) for row in latest.values()]
    found = (
        rows.filter(number__gt=newest - LOOKED_AT)
        .order_by("model", "window", "email_sent_date", "-number")
        .distinct("model", "window", "email_sent_date")
        .defer("clusters")
    )
    return [_result(row, zone, reader) for row in found]


def panel(
    rows: QuerySet[Evaluation], past: Past, *, newest: int, zone: ZoneInfo, currency: str | None, reader: Reader
) -> Panel[Comparison]:
    """One query, or none where the whole ledger is on the page."""
    found = results(rows, past, newest=newest, zone=zone, reader=reader) if newest else []
    if len(found) < 2:
        return Panel(
            NAME,
            "empty",
            sentence=reader.gettext(
                "Results under different models and windows are held against each other here, once there are some: a "
                "package has one setting at a time, and each result stays."
            ),
        )
    broken = comparison.breaks(found)
    caption = reader.gettext(
        "The latest stored result under each setting. What “Events from the package” counts is part of what “Event "
        "series” counts, and that of “All purchases”."
    )
    if newest > LOOKED_AT:
        caption += " " + reader.gettext("Among the newest %(n)s results.") % {"n": reader.count(LOOKED_AT)}
    return Panel(
        NAME,
        "ready",
        data=Comparison(
            ranges=comparison.range_words(found, currency, reader),
            breaks=tuple(comparison.break_words(each, reader) for each in broken if not each.excused),
            doubts=tuple(comparison.break_words(each, reader) for each in broken if each.excused),
            table=comparison.table(found, currency, reader),
        ),
        caption=caption,
    )


def _result(row: Evaluation, zone: ZoneInfo, reader: Reader) -> comparison.Result:
    end = window_end(window=row.window, email_sent_date=row.email_sent_date)
    return comparison.Result(
        id=str(row.number),
        model=row.model or None,
        model_name=wording.model_name(row.model or None, reader),
        window=row.window,
        window_words=wording.window_words(row.window, reader),
        sent=row.email_sent_date,
        customers=row.customers,
        items=row.items,
        revenue=row.revenue,
        read_at=row.last_confirmed,
        is_complete=end is not None and row.last_confirmed.astimezone(zone).date() > end,
        is_sure=row.certainty != Evaluation.Certainty.UNKNOWN,
    )
