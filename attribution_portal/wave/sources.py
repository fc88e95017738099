"""What each source states about the same event, side by side. They count different things in different ways, so
they are labelled and compared by the reader; nothing here adds, averages or prefers one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import RATIO, Reader, raw
from attribution_portal.panels import Panel
from attribution_portal.platform_api import adjustments, campaigns, events
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import EventStatistics, MetaInsights, MetaResults, Reading
from attribution_portal.wave import figures
from attribution_portal.wave.inputs import Inputs

NAME = "sources"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says. All four None with a `reason`: it says nothing, and why. `endpoints`: the platform's calls
    that it says it in."""

    key: str
    label: str
    meaning: str
    purchases: int | None
    revenue: Decimal | None
    spend: Decimal | None
    roas: Decimal | None
    currency: str | None
    read_at: datetime | None
    endpoints: tuple[str, ...]
    reason: str = ""

    @property
    def is_silent(self) -> bool:
        return self.purchases is None and self.revenue is None and self.spend is None and self.roas is None


def panel(
    inputs: Inputs,
    *,
    results: Reading[MetaResults] | PlatformError,
    insights: Reading[MetaInsights] | PlatformError,
    reader: Reader,
    retry: str,
) -> Panel[Table]:
    """Failed only when no source says anything and at least one could not be read."""
    statements = (
        _adjustments(inputs),
        _statistics(inputs.statistics, inputs.currency),
        *_meta(results, insights, inputs.currency),
    )
    caption = _(
        "The sources count different sales in different ways: they are neither added nor averaged, and none is"
        " preferred."
    )
    if all(statement.is_silent for statement in statements):
        for answer in (inputs.results, inputs.statistics, results, insights):
            if figures.is_failure(answer):
                return Panel.of(NAME, answer, caption=caption, retry=retry)
        return Panel(NAME, "empty", caption=caption, sentence=_("No source states a result for this event yet."))
    return Panel(NAME, "ready", data=_table(statements, reader), caption=caption)


def _adjustments(inputs: Inputs) -> Statement:
    rows = inputs.adjustments.rows
    reason = ""
    if not rows:
        silent = inputs.results if isinstance(inputs.results, PlatformError) else None
        reason = str(figures.shortly(silent)) if silent else _("None for this event.")
    return Statement(
        key="adjustments",
        label=_("Sales adjustments"),
        meaning=_("Sales attached to this event's campaigns after the fact."),
        purchases=inputs.adjustments.purchases if rows else None,
        revenue=inputs.adjustments.revenue if rows else None,
        spend=None,
        roas=None,
        currency=inputs.rows_currency,
        read_at=inputs.read_at if rows else None,
        endpoints=tuple(
            call.endpoint.name
            for call, answer in ((adjustments.LIST, inputs.results), (events.DAILY_REVENUE, inputs.daily))
            if isinstance(answer, Reading)
        ),
        reason=reason,
    )


def _statistics(answer: Reading[EventStatistics] | PlatformError, currency: str | None) -> Statement:
    value = None if isinstance(answer, PlatformError) else answer.value
    return Statement(
        key="statistics",
        label=_("Event statistics"),
        meaning=_(
            "The platform's own sums for the event. The card above takes this ad spend, and no other, for ROAS and cost"
            " per purchase."
        ),
        purchases=value.purchases if value else None,
        revenue=value.revenue if value else None,
        spend=value.spent if value else None,
        roas=value.roas if value else None,
        currency=(value.currency if value else None) or currency,
        read_at=_read_at(answer),
        endpoints=(events.STATISTICS.endpoint.name,),
        reason=_reason(answer),
    )


def _meta(
    results: Reading[MetaResults] | PlatformError,
    insights: Reading[MetaInsights] | PlatformError,
    currency: str | None,
) -> list[Statement]:
    """This event always; its series and the delivery numbers only where Meta has them or could not be asked."""
    event = None if isinstance(results, PlatformError) else results.value.event
    series = None if isinstance(results, PlatformError) else results.value.series
    statements = [
        Statement(
            key="meta-event",
            label=_("Meta, this event"),
            meaning=_("What Meta credits to its ads for this event."),
            purchases=event.purchases if event else None,
            revenue=event.revenue if event else None,
            spend=event.spend if event else None,
            roas=event.roas if event else None,
            currency=currency,
            read_at=_read_at(results),
            endpoints=(campaigns.META_RESULTS.endpoint.name,),
            reason=_reason(results),
        )
    ]
    if series is not None:
        statements.append(
            Statement(
                key="meta-series",
                label=_("Meta, whole series"),
                meaning=_("The same for all events of the series together."),
                purchases=series.purchases,
                revenue=series.revenue,
                spend=series.spend,
                roas=series.roas,
                currency=currency,
                read_at=_read_at(results),
                endpoints=(campaigns.META_RESULTS.endpoint.name,),
            )
        )
    if isinstance(insights, Reading) and insights.value.spend is not None:
        statements.append(
            Statement(
                key="meta-delivery",
                label=_("Meta, delivery"),
                meaning=_("What delivering the ads cost."),
                purchases=None,
                revenue=None,
                spend=insights.value.spend,
                roas=None,
                currency=currency,
                read_at=insights.read_at,
                endpoints=(campaigns.META_INSIGHTS.endpoint.name,),
            )
        )
    return statements


Answer = Reading[EventStatistics] | Reading[MetaResults] | PlatformError


def _read_at(answer: Answer) -> datetime | None:
    return None if isinstance(answer, PlatformError) else answer.read_at


def _reason(answer: Answer) -> str:
    return str(figures.shortly(answer)) if isinstance(answer, PlatformError) else _("None for this event.")


def _table(statements: Sequence[Statement], reader: Reader) -> Table:
    return Table(
        name="sources",
        columns=(
            Column("source", _("Source"), False),
            Column("purchases", _("Purchases"), True),
            Column("revenue", _("Revenue"), True),
            Column("spend", _("Ad spend"), True),
            Column("roas", _("ROAS"), True),
            Column("read", _("Read"), False),
        ),
        rows=tuple(_row(statement, reader) for statement in statements),
        totals=None,
    )


def _row(statement: Statement, reader: Reader) -> Row:
    currency = statement.currency or ""
    return Row(
        statement.key,
        (
            Cell(statement.label, note=statement.reason if statement.is_silent else statement.meaning),
            Cell(reader.count(statement.purchases), raw(statement.purchases)),
            Cell(reader.money(statement.revenue, statement.currency), raw(statement.revenue), measure=currency),
            Cell(reader.money(statement.spend, statement.currency), raw(statement.spend), measure=currency),
            Cell(reader.ratio(statement.roas), raw(statement.roas), measure=RATIO),
            Cell(reader.instant(statement.read_at), note=reader.listing(statement.endpoints)),
        ),
    )
