"""The key figures of an event: measured sales of the chosen period, and the adjustments beside them.

The two are never added here. What is unknown is "—" with the reason; a zero is a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.adjustments.rows import AdjustmentRow, Adjustments
from attribution_portal.charts.sales import Totals
from attribution_portal.credit import Credit
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Kpi
from attribution_portal.periods import Period


@dataclass(frozen=True, slots=True)
class Currencies:
    """The currencies that the platform names for one event's numbers; None where it names none.

    measured: of the daily revenue. adjusted: of the adjustment rows, which carry none, so the partner's.
    named: every different one that the answers and the partner name. More than one: nothing may be added up.
    """

    measured: str | None
    adjusted: str | None
    named: tuple[str, ...]

    @classmethod
    def of(cls, *, daily: str | None, event: str | None, partner: str | None) -> Currencies:
        named = tuple(dict.fromkeys(currency for currency in (partner, event, daily) if currency))
        return cls(measured=daily or partner or event, adjusted=partner or event or daily, named=named)

    @property
    def agree(self) -> bool:
        return len(self.named) <= 1


def in_period(rows: tuple[AdjustmentRow, ...], period: Period) -> tuple[AdjustmentRow, ...]:
    """The rows recorded within the period. Rows without a moment belong to no period but `all`."""
    return tuple(row for row in rows if (row.day in period if row.day else period.name == "all"))


def measured(
    totals: Totals | None,
    *,
    why: str,
    credit: Credit | None,
    changes: Mapping[str, str],
    currency: str | None,
    reader: Reader,
) -> tuple[Kpi, ...]:
    """Revenue, purchases and their split. totals: None when daily revenue could not be read, and `why` says so.
    changes: against what they are compared with, in words, by name."""
    labels = {
        "revenue": _("Measured revenue"),
        "purchases": _("Measured purchases"),
        "campaign_revenue": _("Campaign revenue"),
        "organic_revenue": _("Organic revenue"),
    }
    if totals is None:
        return tuple(_unknown(name, label, why) for name, label in labels.items())
    purchases = totals.purchases
    split = _why_unsplit(totals, credit)
    return (
        Kpi(
            "revenue",
            labels["revenue"],
            raw(totals.revenue),
            reader.money(totals.revenue, currency, trim=True),
            note=changes.get("revenue", ""),
        ),
        Kpi(
            "purchases",
            labels["purchases"],
            raw(purchases),
            reader.count(purchases),
            note=changes.get("purchases", ""),
        )
        if purchases is not None
        else _unknown("purchases", labels["purchases"], _("On some days the platform gives no number of purchases.")),
        *(
            Kpi(
                name,
                labels[name],
                raw(part),
                reader.money(part, currency, trim=True),
                note=_share(part, totals, reader),
            )
            if part is not None
            else _unknown(name, labels[name], split)
            for name, part in (
                ("campaign_revenue", totals.campaign_revenue),
                ("organic_revenue", totals.organic_revenue),
            )
        ),
    )


def adjusted(found: Adjustments, *, period: Period, currency: str | None, reader: Reader) -> tuple[Kpi, ...]:
    """The adjustments recorded in the period, and what is known of those outside it."""
    labels = {
        "adjustment_revenue": _("Adjustment revenue"),
        "adjustment_purchases": _("Adjustment purchases"),
    }
    if unread := _unread(found):
        return tuple(_unknown(name, label, unread) for name, label in labels.items())
    rows = in_period(found.rows, period)
    revenue = sum((row.revenue for row in rows), Decimal(0))
    purchases = sum(row.purchases for row in rows)
    outside = len(found.rows) - len(rows)
    note = _("No adjustments")
    if rows:
        note = ngettext("%(n)s adjustment", "%(n)s adjustments", len(rows)) % {"n": reader.count(len(rows))}
    if outside:
        note = _("%(inside)s, %(n)s more outside this period") % {"inside": note, "n": reader.count(outside)}
    return (
        Kpi(
            "adjustment_revenue",
            labels["adjustment_revenue"],
            raw(revenue),
            reader.money(revenue, currency, trim=True),
            note=note,
        ),
        Kpi(
            "adjustment_purchases",
            labels["adjustment_purchases"],
            raw(purchases),
            reader.count(purchases),
            note=_("Not added to the measured sales") if rows else "",
        ),
    )


def _unknown(name: str, label: str, why: str) -> Kpi:
    return Kpi(name, label, "", "—", note=why)


def _unread(found: Adjustments) -> str:
    """Why nothing is known about adjustments; "" when at least one of the two ways answered."""
    results, daily = found.results_error, found.daily_error
    if results is None or daily is None:
        return ""
    if not found.results_permitted:
        return _("This account may not read adjustments.")
    return str(results.sentence)


def _why_unsplit(totals: Totals, credit: Credit | None) -> str:
    if totals.days == 0:
        return _("No sales in this period, so nothing to split.")
    if credit is not None and credit.is_external:
        return _("The credit is computed outside the platform.")
    if totals.measured_revenue.split_days == 0:
        return _("The platform does not split these sales into campaign and organic.")
    return _("The platform split only %(split)s of %(days)s days.") % {
        "split": totals.measured_revenue.split_days,
        "days": totals.days,
    }


def _share(part: Decimal, totals: Totals, reader: Reader) -> str:
    if not totals.revenue:
        return ""
    return _("%(share)s of the measured revenue") % {"share": reader.percent(part / totals.revenue)}
