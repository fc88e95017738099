"""The post-campaign performance card: what the campaigns of one event sold, and how each number was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.adjustments.rows import Adjustments
from attribution_portal.adjustments.tables import source_name
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.credit import Credit
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Kpi, Panel, Text
from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Adjustment, DailyRevenue, EventStatistics, Reading
from attribution_portal.wave import card, figures
from attribution_portal.wave.card import Amount, Card, SourceCard

NAME = "post-campaign"


@dataclass(frozen=True, slots=True)
class Performance:
    """The card as it is shown. `provisional`: a campaign is still running. `sources` sums by source, `made`
    says for each number how it came about, from what and as of when."""

    kpis: tuple[Kpi, ...]
    notes: tuple[Text, ...]
    provisional: bool
    last_at: datetime | None
    sources: Table
    made: Table


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the card is made of, as it was read. `credit` is the event attribution model in force, None where it
    could not be read; `currency` the tenant's."""

    adjustments: Adjustments
    results: Reading[tuple[Adjustment, ...]] | PlatformError
    daily: Reading[DailyRevenue] | PlatformError
    statistics: Reading[EventStatistics] | PlatformError
    credit: Credit | None
    running: bool
    currency: str | None

    @property
    def is_external(self) -> bool:
        return self.credit is not None and self.credit.is_external

    @property
    def readings(self) -> tuple[Reading[tuple[Adjustment, ...]] | Reading[DailyRevenue], ...]:
        """The answers that brought adjustment rows: never empty when there are rows."""
        return tuple(answer for answer in (self.results, self.daily) if isinstance(answer, Reading))

    @property
    def read_at(self) -> datetime | None:
        return min((reading.read_at for reading in self.readings), default=None)

    @property
    def stale(self) -> bool:
        return any(reading.stale for reading in self.readings)

    @property
    def rows_currency(self) -> str | None:
        """Rows name no currency of their own (§6): they are in the tenant's, as far as anybody names it."""
        stated = self.daily.value.currency if isinstance(self.daily, Reading) else None
        return self.currency or stated

    @property
    def spend(self) -> Amount:
        if isinstance(self.statistics, PlatformError):
            return Amount(None, self.rows_currency)
        return Amount(self.statistics.value.spent, self.statistics.value.currency or self.rows_currency)


def model_sentence(credit: Credit | None) -> str:
    """Which event attribution model the results are under, and whose choice it is; "" where it is not known."""
    if credit is None or credit.model is None:
        return ""
    named = credit.name if credit.name == credit.model else f"{credit.name} ({credit.model})"
    return " ".join((_("Event attribution model: %(model)s.") % {"model": named}, credit.sentence, credit.origin))


def panel(inputs: Inputs, *, reader: Reader, retry: str) -> Panel[Performance]:
    caption = _(
        "Campaign results (“sales adjustments”) attached to this event, over all time, each row once; times in"
        " %(zone)s. The platform does not tell whether they are already part of the measured sales."
    ) % {"zone": reader.zone.key}
    if not inputs.adjustments.rows:
        return _without_rows(inputs, caption=caption, retry=retry)
    made = card.card(adjustments=inputs.adjustments, currency=inputs.rows_currency, spend=inputs.spend)
    return Panel(
        NAME,
        "ready",
        data=Performance(
            kpis=_kpis(made, inputs, reader),
            notes=_notes(inputs),
            provisional=inputs.running,
            last_at=made.last_at,
            sources=_source_table(made, reader),
            made=_made_table(made, inputs, reader),
        ),
        caption=caption,
        read_at=inputs.read_at,
        stale=inputs.stale,
    )


def _without_rows(inputs: Inputs, *, caption: str, retry: str) -> Panel[Performance]:
    """No row is known: because there is none, because it may not be read, or because nobody answered."""
    results, daily = inputs.results, inputs.daily
    if isinstance(results, NotPermitted):
        if figures.is_failure(daily):
            return Panel.of(NAME, daily, caption=caption, retry=retry)
        refused: Panel[Performance] = Panel.of(NAME, results, caption=caption)
        if isinstance(daily, PlatformError):
            return refused
        return replace(
            refused,
            sentence=_(
                "The platform does not let this account read campaign results, and the event's daily revenue"
                " carries none."
            ),
        )
    if isinstance(results, PlatformError):
        return Panel.of(NAME, results, caption=caption, retry=retry)
    if inputs.is_external:
        sentence = _(
            "This event's attribution is computed elsewhere (EXTERNAL), so the platform shows no results for it."
        )
    elif inputs.running:
        sentence = _(
            "No results yet, and a campaign is still running. Purchases, revenue, average purchase and ROAS"
            " appear here once the platform's attribution job has run; it runs on the platform's own schedule."
        )
    else:
        sentence = _(
            "No results yet. Purchases, revenue, average purchase and ROAS appear here once the platform's"
            " attribution job has run; it runs on the platform's own schedule and cannot be started from here."
        )
    return Panel(
        NAME,
        "empty",
        caption=caption,
        read_at=inputs.read_at,
        stale=inputs.stale,
        sentence=sentence,
    )


def _kpis(made: Card, inputs: Inputs, reader: Reader) -> tuple[Kpi, ...]:
    return (
        figures.money("revenue", _("Adjusted revenue"), made.revenue, reader=reader, term="adjustment_revenue"),
        figures.count("purchases", _("Adjusted purchases"), made.purchases, reader=reader, term="adjustment_purchases"),
        figures.money_each(
            "average_value", _("Average purchase"), made.average_value, made.revenue.currency, reader=reader
        ),
        figures.money("spend", _("Ad spend"), made.spend, reader=reader, note=_spend_note(inputs)),
        figures.ratio("roas", _("ROAS"), made.roas, reader=reader),
        figures.money_each(
            "cost_per_purchase",
            _("Cost per purchase"),
            made.cost_per_purchase,
            made.spend.currency,
            reader=reader,
        ),
    )


def _spend_note(inputs: Inputs) -> Text:
    if isinstance(inputs.statistics, PlatformError):
        return _("Event statistics: %(reason)s") % {"reason": figures.shortly(inputs.statistics)}
    if inputs.spend.value is None:
        return _("The event's statistics state none.")
    return _("From the event's statistics.")


def _notes(inputs: Inputs) -> tuple[Text, ...]:
    notes: list[Text] = []
    if isinstance(inputs.results, NotPermitted):
        notes.append(
            _(
                "The platform does not let this account read campaign results. These are the rows that the"
                " event's daily revenue carries."
            )
        )
    elif isinstance(inputs.results, PlatformError):
        notes.append(
            _(
                "Campaign results could not be read right now. These are the rows that the event's daily"
                " revenue carries."
            )
        )
    if inputs.is_external:
        notes.append(
            _(
                "This event's attribution is computed elsewhere (EXTERNAL): the platform shows no results of its"
                " own, only the rows below."
            )
        )
    if left_out := inputs.adjustments.left_out:
        notes.append(
            ngettext(
                "The platform also sent %(n)s row of another event; it is not counted.",
                "The platform also sent %(n)s rows of other events; they are not counted.",
                left_out,
            )
            % {"n": left_out}
        )
    if inputs.rows_currency is None:
        notes.append(_("The platform names no currency for this partner, so amounts stand without one."))
    return tuple(notes)


def _source_table(made: Card, reader: Reader) -> Table:
    currency = made.revenue.currency

    def average(quotient: card.Quotient) -> Cell:
        note = "" if quotient.missing is None else str(figures.WHY[quotient.missing])
        return Cell(reader.money(quotient.value, currency), raw(quotient.value), note=note)

    def cells(label: str, counted: int, source: SourceCard | Card, revenue: Amount) -> tuple[Cell, ...]:
        return (
            Cell(label),
            Cell(reader.count(counted), raw(counted)),
            Cell(reader.count(source.purchases), raw(source.purchases)),
            Cell(reader.money(revenue.value, currency), raw(revenue.value)),
            average(source.average_value),
            Cell(reader.instant(source.last_at)),
        )

    return Table(
        name="adjustment-sources",
        columns=(
            Column("source", _("Source"), False),
            Column("rows", _("Rows"), True),
            Column("purchases", _("Purchases"), True),
            Column("revenue", _("Revenue"), True),
            Column("average_value", _("Average purchase"), True),
            Column("last", _("Last result"), False),
        ),
        rows=tuple(
            Row(
                source.source or "",
                cells(source_name(source.source), source.count, source, Amount(source.revenue, currency)),
            )
            for source in made.sources
        ),
        totals=Row(
            "total",
            cells(_("All sources"), sum(source.count for source in made.sources), made, made.revenue),
        ),
    )


def _made_table(made: Card, inputs: Inputs, reader: Reader) -> Table:
    """For each number of the card: how it came about with its inputs, from which answers, as of when."""
    revenue = reader.money(made.revenue.value, made.revenue.currency)
    spend = reader.money(made.spend.value, made.spend.currency)
    purchases = reader.count(made.purchases)
    count = len(inputs.adjustments.rows)
    summed = ngettext("Sum of %(n)s adjustment row", "Sum of %(n)s adjustment rows", count) % {"n": reader.count(count)}
    brought = [
        name
        for name, answer in ((_("campaign results"), inputs.results), (_("daily revenue"), inputs.daily))
        if isinstance(answer, Reading)
    ]
    statistics = _("event statistics")
    rows_from, both = reader.listing(brought), reader.listing([*brought, statistics])
    rows_at = reader.instant(inputs.read_at)
    statistics_at = reader.instant(inputs.statistics.read_at if isinstance(inputs.statistics, Reading) else None)
    both_at = rows_at if rows_at == statistics_at else f"{rows_at} · {statistics_at}"

    def computed(quotient: card.Quotient, over: str, under: str) -> str:
        return figures.division(over, under) if quotient.missing is None else str(figures.WHY[quotient.missing])

    lines = (
        ("revenue", _("Adjusted revenue"), summed, rows_from, rows_at),
        ("purchases", _("Adjusted purchases"), summed, rows_from, rows_at),
        (
            "average_value",
            _("Average purchase"),
            computed(made.average_value, revenue, purchases),
            rows_from,
            rows_at,
        ),
        (
            "spend",
            _("Ad spend"),
            str(_spend_note(inputs)) if made.spend.value is None else _("As stated"),
            statistics,
            statistics_at,
        ),
        ("roas", _("ROAS"), computed(made.roas, revenue, spend), both, both_at),
        (
            "cost_per_purchase",
            _("Cost per purchase"),
            computed(made.cost_per_purchase, spend, purchases),
            both,
            both_at,
        ),
    )
    return Table(
        name="made",
        columns=(
            Column("number", _("Number"), False),
            Column("how", _("How"), False),
            Column("from", _("From the platform's"), False),
            Column("read", _("Read"), False),
        ),
        rows=tuple(
            Row(key, (Cell(label), Cell(how), Cell(origin), Cell(read))) for key, label, how, origin, read in lines
        ),
        totals=None,
    )
