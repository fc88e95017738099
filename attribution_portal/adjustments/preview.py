"""The event as it would be with one adjustment more: key figures, chart, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from attribution_portal.adjustments import tables, wording
from attribution_portal.adjustments.guard import Finding, Known, Proposal, examine
from attribution_portal.adjustments.reading import Desk
from attribution_portal.adjustments.rows import MANUAL
from attribution_portal.charts import Chart, revenue
from attribution_portal.charts.sales import SeenAdjustment
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Kpi
from attribution_portal.partners.models import Partner
from attribution_portal.periods import FIRST_DAY, LAST_DAY, granularity, resolve
from attribution_portal.platform_api.payloads import DailyRow, Reading


@dataclass(frozen=True, slots=True)
class Preview:
    """warnings want a confirmation; unchecked says what could not be looked at. seen: the warnings by name, as the
    form carries them. chart: None where the sales could not be read."""

    kpis: tuple[Kpi, ...]
    chart: Chart | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    unchecked: tuple[str, ...]
    seen: str


def findings(partner: Partner, desk: Desk, proposal: Proposal, *, equal_under_way: bool) -> tuple[Finding, ...]:
    sales = _sales(desk)
    counts = [row.purchases for row in sales]
    comparable = isinstance(desk.daily, Reading) and set(desk.currencies) <= {partner.currency}
    known = Known(
        rows=desk.found.rows,
        capacity=desk.event.capacity if desk.event else None,
        sold=sum(count for count in counts if count is not None)
        if isinstance(desk.daily, Reading) and None not in counts
        else None,
        measured=_measured(sales) if comparable else None,
        equal_under_way=equal_under_way,
    )
    return examine(proposal, known)


def preview(partner: Partner, desk: Desk, proposal: Proposal, found: tuple[Finding, ...], *, reader: Reader) -> Preview:
    warning = [finding for finding in found if finding.verdict == "warns"]
    chart, notes = _chart(partner, desk, proposal, reader)
    return Preview(
        kpis=_kpis(partner, desk, proposal, reader),
        chart=chart,
        notes=notes,
        warnings=tuple(wording.warning(finding, currency=partner.currency, reader=reader) for finding in warning),
        unchecked=tuple(wording.unknown(finding.check) for finding in found if finding.verdict == "unknown"),
        seen=" ".join(finding.check for finding in warning),
    )


def _sales(desk: Desk) -> tuple[DailyRow, ...]:
    return desk.daily.value.days if isinstance(desk.daily, Reading) else ()


def _measured(sales: tuple[DailyRow, ...]) -> Decimal:
    return sum((row.revenue for row in sales), Decimal(0))


def _kpis(partner: Partner, desk: Desk, proposal: Proposal, reader: Reader) -> tuple[Kpi, ...]:
    """The measured sales, which stay as they are, and the adjustments as they would be."""
    before, count = desk.found.revenue, desk.found.purchases
    after, counted = before + proposal.revenue, count + proposal.purchases
    note = _("%(before)s now, %(more)s more")

    def money(value: Decimal | None) -> str:
        return reader.money(value, partner.currency, trim=True)

    measured = (
        Kpi("revenue", _("Measured revenue"), "", "—", note=str(desk.daily.sentence))
        if not isinstance(desk.daily, Reading)
        else Kpi(
            "revenue",
            _("Measured revenue"),
            raw(_measured(_sales(desk))),
            reader.money(_measured(_sales(desk)), desk.daily.value.currency or partner.currency, trim=True),
            note=_("Stays as it is"),
        )
    )
    each = after / counted if counted else None
    return (
        measured,
        Kpi(
            "adjustment_revenue",
            _("Adjustment revenue"),
            raw(after),
            money(after),
            note=note % {"before": money(before), "more": money(proposal.revenue)},
        ),
        Kpi(
            "adjustment_purchases",
            _("Adjustment purchases"),
            raw(counted),
            reader.count(counted),
            note=note % {"before": reader.count(count), "more": reader.count(proposal.purchases)},
        ),
        Kpi(
            "average_value",
            _("Average purchase"),
            raw(each.quantize(Decimal("0.0001")) if each is not None else None),
            reader.money_each(each, partner.currency),
            note=_("%(before)s now") % {"before": reader.money_each(before / count, partner.currency)}
            if count
            else _("No purchases yet"),
        ),
    )


def _chart(partner: Partner, desk: Desk, proposal: Proposal, reader: Reader) -> tuple[Chart | None, tuple[str, ...]]:
    """The daily revenue over all days with the new mark at today, where the platform would record it."""
    if not isinstance(desk.daily, Reading):
        return None, (_("The sales could not be read, so there is no chart."),)
    currency = desk.daily.value.currency or partner.currency
    same = not currency or currency == partner.currency
    new = SeenAdjustment(
        id="new",
        day=proposal.today,
        purchases=proposal.purchases,
        revenue=proposal.revenue,
        source=MANUAL,
        href="#panel-adjustment-preview",
    )
    # One axis holds one currency.
    drawn = (*tables.marks(desk.found), new) if same else ()
    days = _sales(desk)
    seen = [row.date for row in days] + [mark.day for mark in drawn if mark.day is not None]
    seen = [day for day in seen if FIRST_DAY <= day <= LAST_DAY]
    period = resolve("all", proposal.today, first=min(seen, default=None), last=max(seen, default=None))
    assert period is not None  # noqa: S101
    chart = revenue.chart(
        days=days,
        adjustments=drawn,
        period=period,
        by=granularity(period),
        metric="revenue",
        layers=frozenset(revenue.LAYERS),
        bands=(),
        event_day=_event_day(desk, partner),
        today=proposal.today,
        currency=currency or None,
        reader=reader,
    )
    notes = () if same else (_("Adjustments are in another currency, so they are not drawn."),)
    return chart, notes


def _event_day(desk: Desk, partner: Partner) -> date | None:
    starts = desk.event.starts_at if desk.event else None
    return starts.astimezone(partner.zone).date() if starts else None
