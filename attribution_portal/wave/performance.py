"""The post-campaign performance card: what the campaigns of one event sold, and how each number was made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.adjustments.tables import source_name
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.credit import Credit
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge, Kpi, Panel, Text
from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.wave import card, figures
from attribution_portal.wave import made as making
from attribution_portal.wave.card import Amount, Card, SourceCard
from attribution_portal.wave.inputs import Inputs
from attribution_portal.wave.runs import SETTLING, Standing

NAME = "post-campaign"


@dataclass(frozen=True, slots=True)
class Performance:
    """The card as it is shown. `state` and `standing`, a badge and a sentence, say whether its numbers can still move.
    `sold` is what was credited, `cost` what it took. `sources` sums by source, `made` says for each number how it came
    about, from what and as of when."""

    sold: tuple[Kpi, ...]
    cost: tuple[Kpi, ...]
    notes: tuple[Text, ...]
    state: Badge
    standing: str
    last_at: datetime | None
    sources: Table
    made: Table


def model_sentence(credit: Credit | None) -> str:
    """Which event attribution model the results are under, and whose choice it is; "" where it is not known."""
    if credit is None or credit.model is None:
        return ""
    named = f"{credit.name} ({credit.code})" if credit.code else credit.name
    return " ".join((_("Event attribution model: %(model)s.") % {"model": named}, credit.sentence, credit.origin))


def panel(inputs: Inputs, *, other_spends: tuple[Amount, ...] = (), reader: Reader, retry: str) -> Panel[Performance]:
    """other_spends: what other sources state as spent on ads, which the card does not divide by."""
    caption = _(
        "Campaign results (“sales adjustments”) attached to this event, over all time, each row once; times in"
        " %(zone)s. The platform does not tell whether they are already part of the measured sales."
    ) % {"zone": reader.zone.key}
    if not inputs.adjustments.rows:
        return _without_rows(inputs, caption=caption, retry=retry)
    made = card.card(
        adjustments=inputs.adjustments, currency=inputs.rows_currency, spend=inputs.spend, sales=inputs.sales
    )
    sold, cost = _sold(made, inputs, reader), _cost(made, inputs, other_spends, reader)
    return Panel(
        NAME,
        "ready",
        data=Performance(
            sold=sold,
            cost=cost,
            notes=_notes(inputs),
            state=_state(inputs.standing),
            standing=_standing(inputs, reader),
            last_at=made.last_at,
            sources=_source_table(made, reader),
            made=making.table(made, (*sold, *cost), inputs, reader),
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


def _state(found: Standing) -> Badge:
    return {
        "running": Badge(_("Provisional"), "provisional"),
        "settling": Badge(_("Provisional"), "provisional"),
        "settled": Badge(_("Settled"), "final"),
        "unknown": Badge(_("May still change"), "unknown"),
    }[found.name]


def _standing(inputs: Inputs, reader: Reader) -> str:
    """Whether the numbers can still move, and by whose rule."""
    found, days = inputs.standing, SETTLING.days
    if found.name == "running":
        return _("A campaign is still running, so these numbers can still move.")
    if found.name == "unknown":
        if inputs.runs is None:
            return _("The campaigns could not be read, so nothing tells whether these numbers can still move.")
        if not inputs.runs.count:
            return _("The platform lists no campaign, so nothing tells whether these numbers can still move.")
        return _("The platform does not tell when every campaign ended, so these numbers may still move.")
    rule = ngettext(
        "The platform documents no such period: %(n)s day after the last campaign's end is this portal's rule.",
        "The platform documents no such period: %(n)s days after the last campaign's end is this portal's rule.",
        days,
    ) % {"n": reader.count(days)}
    if found.name == "settling":
        until = _("Until %(day)s the platform may still credit purchases to the campaigns.")
        return f"{until % {'day': reader.day(found.until)}} {rule}"
    settled = _("The campaigns ended long enough ago, so these numbers should not move any more.")
    return f"{settled} {rule}"


def _sold(made: Card, inputs: Inputs, reader: Reader) -> tuple[Kpi, ...]:
    return (
        figures.money("revenue", _("Adjustment revenue"), made.revenue, reader=reader, term="adjustment_revenue"),
        figures.count(
            "purchases", _("Adjustment purchases"), made.purchases, reader=reader, term="adjustment_purchases"
        ),
        figures.money_each(
            "average_value", _("Average purchase"), made.average_value, made.revenue.currency, reader=reader
        ),
        figures.percent(
            "share",
            _("Share of the event's revenue"),
            made.share,
            reader=reader,
            digits=1,
            note=_share_note(made, inputs, reader),
            term="revenue_share",
        ),
    )


def _cost(made: Card, inputs: Inputs, other_spends: tuple[Amount, ...], reader: Reader) -> tuple[Kpi, ...]:
    return (
        figures.money(
            "spend", _("Ad spend"), made.spend, reader=reader, note=_spend_note(inputs, other_spends, reader)
        ),
        figures.ratio("roas", _("ROAS"), made.roas, reader=reader),
        figures.money_each(
            "cost_per_purchase", _("Cost per purchase"), made.cost_per_purchase, made.spend.currency, reader=reader
        ),
    )


def _spend_note(inputs: Inputs, others: tuple[Amount, ...], reader: Reader) -> Text:
    """Where the spend comes from that ROAS and the cost divide by, and what other sources say of it."""
    differing = dict.fromkeys(
        reader.money(other.value, other.currency)
        for other in others
        if other.value is not None and other.value != inputs.spend.value
    )
    beside = _("Meta states %(amounts)s.") % {"amounts": reader.listing(list(differing))} if differing else ""
    if isinstance(inputs.statistics, PlatformError):
        own = _("Event statistics: %(reason)s") % {"reason": figures.shortly(inputs.statistics)}
    elif inputs.spend.value is None:
        own = _("The event's statistics state none.")
    else:
        own = _("From the event's statistics.")
    return f"{own} {beside}".strip()


def _share_note(made: Card, inputs: Inputs, reader: Reader) -> Text:
    if made.share.missing is not None:
        if isinstance(inputs.daily, PlatformError):
            return _("Daily revenue: %(reason)s") % {"reason": figures.shortly(inputs.daily)}
        return ""
    return _("Beside %(amount)s measured; whether they are part of it is not told.") % {
        "amount": reader.money(inputs.sales.value, inputs.sales.currency, trim=True)
    }


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
        return Cell(reader.money(quotient.value, currency), raw(quotient.value), note=note, measure=currency or "")

    def cells(label: str, counted: int, source: SourceCard | Card, revenue: Amount) -> tuple[Cell, ...]:
        return (
            Cell(label),
            Cell(reader.count(counted), raw(counted)),
            Cell(reader.count(source.purchases), raw(source.purchases)),
            Cell(reader.money(revenue.value, currency), raw(revenue.value), measure=currency or ""),
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
