"""How each number of the performance card was made: definition, formula, its inputs, the platform's endpoints, when."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal import glossary
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import Reader
from attribution_portal.panels import Kpi
from attribution_portal.platform_api import adjustments, events
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.wave import figures
from attribution_portal.wave.card import Card, Quotient
from attribution_portal.wave.inputs import Inputs

RESULTS = adjustments.LIST.endpoint.name
DAILY = events.DAILY_REVENUE.endpoint.name
STATISTICS = events.STATISTICS.endpoint.name


@dataclass(frozen=True, slots=True)
class _Origin:
    """Endpoints and when they answered, both in words."""

    endpoints: str
    read: str


def table(made: Card, kpis: tuple[Kpi, ...], inputs: Inputs, reader: Reader) -> Table:
    """One row for each of the card's numbers, in their order."""
    revenue = reader.money(made.revenue.value, made.revenue.currency)
    spend = reader.money(made.spend.value, made.spend.currency)
    purchases = reader.count(made.purchases)
    sales = reader.money(inputs.sales.value, inputs.sales.currency)
    count = len(inputs.adjustments.rows)
    summed = ngettext("Sum of %(n)s adjustment row", "Sum of %(n)s adjustment rows", count) % {"n": reader.count(count)}
    rows, statistics, daily = _rows_from(inputs, reader), _statistics_from(inputs, reader), _daily_from(inputs, reader)
    stated = _("As the platform states it") if made.spend.value is not None else _("Not stated")
    lines: dict[str, tuple[str, tuple[_Origin, ...]]] = {
        "revenue": (summed, (rows,)),
        "purchases": (summed, (rows,)),
        "average_value": (_computed(made.average_value, revenue, purchases), (rows,)),
        "spend": (stated, (statistics,)),
        "roas": (_computed(made.roas, revenue, spend), (rows, statistics)),
        "cost_per_purchase": (_computed(made.cost_per_purchase, spend, purchases), (rows, statistics)),
        "share": (_computed(made.share, revenue, sales), (rows, daily)),
    }
    return Table(
        name="made",
        columns=(
            Column("number", _("Number"), False),
            Column("formula", _("Formula"), False),
            Column("inputs", _("With these inputs"), False),
            Column("endpoint", _("From the platform's"), False),
            Column("read", _("Read"), False),
        ),
        rows=tuple(_row(kpi, *lines[kpi.name], reader=reader) for kpi in kpis),
        totals=None,
    )


def _row(kpi: Kpi, inputs: str, origins: tuple[_Origin, ...], *, reader: Reader) -> Row:
    term = glossary.term(kpi.term or kpi.name)
    endpoints = dict.fromkeys(name for origin in origins for name in origin.endpoints.split("\n"))
    times = dict.fromkeys(origin.read for origin in origins)
    return Row(
        kpi.name,
        (
            Cell(str(kpi.label), note=str(term.definition)),
            Cell(str(term.formula) or _("Nothing is computed")),
            Cell(inputs),
            Cell(reader.listing(list(endpoints))),
            Cell(" · ".join(times)),
        ),
    )


def _computed(quotient: Quotient, over: str, under: str) -> str:
    """What was divided by what or, where nothing could be, why."""
    return figures.division(over, under) if quotient.missing is None else str(figures.WHY[quotient.missing])


def _rows_from(inputs: Inputs, reader: Reader) -> _Origin:
    """Both calls bring adjustment rows; each that answered is named."""
    brought = [
        name for name, answer in ((RESULTS, inputs.results), (DAILY, inputs.daily)) if isinstance(answer, Reading)
    ]
    return _Origin("\n".join(brought), reader.instant(inputs.read_at))


def _statistics_from(inputs: Inputs, reader: Reader) -> _Origin:
    read = inputs.statistics.read_at if isinstance(inputs.statistics, Reading) else None
    return _Origin(STATISTICS, reader.instant(read))


def _daily_from(inputs: Inputs, reader: Reader) -> _Origin:
    return _Origin(DAILY, reader.instant(inputs.daily.read_at if isinstance(inputs.daily, Reading) else None))
