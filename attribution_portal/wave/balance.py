"""Where the credit comes from: what the event sold, and who claims how much of it. Nothing is added across claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.charts import Chart
from attribution_portal.charts import balance as drawing
from attribution_portal.charts.balance import Balance, Package, Part
from attribution_portal.charts.sales import KINDS, Kind
from attribution_portal.claims import Claim
from attribution_portal.formats import Reader
from attribution_portal.panels import Kpi, Panel, Text
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.wave import figures
from attribution_portal.wave.card import Amount
from attribution_portal.wave.inputs import Inputs

NAME: Final = "balance"


@dataclass(frozen=True, slots=True)
class CreditBalance:
    """`excess` says why claims exceed the sales, "" where they do not; `notes` how to read the picture and what is
    missing in it."""

    kpis: tuple[Kpi, ...]
    chart: Chart
    excess: Text
    notes: tuple[Text, ...]


def panel(
    inputs: Inputs, *, claims: Sequence[Claim], packages_currency: str | None, reader: Reader, retry: str
) -> Panel[CreditBalance]:
    """packages_currency: the partner's, in which packages' results are (§8)."""
    caption = _(
        "All days of the event, as the platform measured them in %(zone)s. Campaign and organic are its split of the"
        " same sales; adjustments and packages count by rules of their own."
    ) % {"zone": reader.zone.key}
    daily = inputs.daily
    if isinstance(daily, PlatformError):
        return Panel.of(NAME, daily, caption=caption, retry=retry)
    found = _balance(inputs, claims, packages_currency, reader)
    if found.measured is None and not inputs.adjustments.rows:
        return Panel(
            NAME,
            "empty",
            caption=caption,
            read_at=daily.read_at,
            stale=daily.stale,
            sentence=_("No sales have been measured for this event yet. Once they are, their credit is drawn here."),
        )
    return Panel(
        NAME,
        "ready",
        data=CreditBalance(
            kpis=_kpis(found, inputs, reader),
            chart=drawing.chart(found, reader=reader),
            excess=_excess(found),
            notes=tuple(_notes(found, inputs)),
        ),
        caption=caption,
        read_at=inputs.read_at,
        stale=inputs.stale,
    )


def _balance(inputs: Inputs, claims: Sequence[Claim], packages_currency: str | None, reader: Reader) -> Balance:
    sales = inputs.sales
    parts: dict[Kind, Decimal] = {}
    if _same(sales, inputs.rows_currency):
        for total in inputs.adjustments.by_source:
            kind: Kind = next((kind for kind in KINDS if kind == total.source), "other")
            parts[kind] = parts.get(kind, Decimal(0)) + total.revenue
    comparable = _same(sales, packages_currency)
    return Balance(
        measured=inputs.measured,
        parts=tuple(Part(kind, parts[kind]) for kind in KINDS if kind in parts),
        packages=tuple(_package(claim, sold=sales.value, comparable=comparable, reader=reader) for claim in claims),
        currency=sales.currency,
    )


def _same(sales: Amount, currency: str | None) -> bool:
    """Amounts of different currencies share no axis. Two that name none are both in the tenant's (§3)."""
    return sales.currency == currency


def _package(claim: Claim, *, sold: Decimal | None, comparable: bool, reader: Reader) -> Package:
    """A package's revenue is that of its people and its model. Of this event it can be no more than the event sold,
    unless it counts this event alone."""
    at_most, why = None, ""
    if claim.revenue is None:
        why = _("no result yet")
    elif not comparable:
        why = _("in another currency")
    elif claim.alone:
        at_most = claim.revenue
    elif sold is None:
        why = _("no sales measured")
    else:
        at_most = max(min(claim.revenue, sold), Decimal(0))
    return Package(
        id=claim.id,
        title=claim.title,
        href=claim.href,
        counts=claim.counts,
        revenue=claim.revenue if comparable else None,
        at_most=at_most,
        alone=claim.alone,
        events=claim.events,
        why=why,
    )


def _kpis(found: Balance, inputs: Inputs, reader: Reader) -> tuple[Kpi, ...]:
    measured, currency = found.measured, found.currency
    campaign = measured.whole_campaign if measured else None
    organic = measured.whole_organic if measured else None
    split = "" if campaign is not None else _unsplit(inputs)
    counted = bool(inputs.adjustments.rows)

    def share(part: Decimal | None) -> Text:
        if part is None or found.sold is None or found.sold <= 0 or not 0 <= part <= found.sold:
            return ""
        return _("%(share)s of the measured sales") % {"share": reader.percent(part / found.sold)}

    return (
        figures.money(
            "revenue",
            _("Measured revenue"),
            Amount(found.sold, currency),
            reader=reader,
            note="" if measured else _("No day is listed yet."),
        ),
        figures.money(
            "campaign_revenue",
            _("Campaign revenue"),
            Amount(campaign, currency),
            reader=reader,
            note=split or share(campaign),
        ),
        figures.money(
            "organic_revenue",
            _("Organic revenue"),
            Amount(organic, currency),
            reader=reader,
            note=split or share(organic),
        ),
        figures.money(
            "adjustment_revenue",
            _("Adjustment revenue"),
            Amount(inputs.adjustments.revenue if counted else None, inputs.rows_currency),
            reader=reader,
            note=_("Beside it, not on top of it.") if counted else _no_rows(inputs),
        ),
    )


def _no_rows(inputs: Inputs) -> Text:
    if isinstance(inputs.results, PlatformError):
        return figures.shortly(inputs.results)
    return _("None for this event.")


def _unsplit(inputs: Inputs) -> Text:
    """Why there is no split."""
    if inputs.measured is None:
        return _("No day is listed yet.")
    if inputs.is_external:
        return _("Attribution is computed elsewhere (EXTERNAL).")
    if inputs.measured.split_days:
        return _("The platform split only some of the days.")
    return _("The platform does not split this event's sales.")


def _excess(found: Balance) -> Text:
    """Claims beyond what was sold, in words: a share above 100 % would look like more success."""
    sold, measured = found.sold, found.measured
    if sold is None or sold <= 0 or measured is None:
        return ""
    alone = [package for package in found.packages if package.alone and package.at_most is not None]
    campaign = measured.campaign or Decimal(0)
    claimed = campaign + found.adjusted + sum((package.at_most or Decimal(0) for package in alone), Decimal(0))
    if campaign > sold:
        return _(
            "Campaigns are credited with more than the event sold in all. Refunds are taken off the organic sales,"
            " which are below zero."
        )
    if found.adjusted > sold:
        return _(
            "The adjustments alone come to more than the event sold as measured. They cannot all be a part of it:"
            " either they are sales that were not measured, or some purchases were entered more than once."
        )
    if any((package.at_most or Decimal(0)) > sold for package in alone):
        return _(
            "A package alone claims more than the event sold as measured. It counts by rules of its own, and may count"
            " purchases that were not measured."
        )
    if claimed > sold:
        return _(
            "Taken together these claims come to more than the event sold. That is not a greater success: each counts"
            " by rules of its own, and the same purchase can be in several. So they are shown beside each other and"
            " never added."
        )
    return ""


def _notes(found: Balance, inputs: Inputs) -> list[Text]:
    notes: list[Text] = []
    if inputs.adjustments.rows and not found.parts:
        notes.append(_("Adjustments are not drawn: they are not in the currency of the measured sales."))
    if any(not package.alone for package in found.drawn):
        notes.append(
            _(
                "A package's revenue is for all its events, by its model. How much of it is this event's is not told:"
                " it can be anything from nothing to the hatched bar, and never more than the event sold."
            )
        )
    if more := sum(1 for package in found.packages if package.at_most) - len(found.drawn):
        notes.append(
            ngettext("%(n)s more package is in the table only.", "%(n)s more packages are in the table only.", more)
            % {"n": more}
        )
    if inputs.adjustments.results_error is not None and not inputs.adjustments.rows:
        notes.append(_("Adjustments could not be read, so none are drawn."))
    return notes
