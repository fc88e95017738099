"""Headline numbers of the campaign page: a value as the reader writes it, or "—" and the reason in words."""

from __future__ import annotations

from typing import Final, TypeGuard

from django.utils.translation import gettext_lazy as _

from attribution_portal.formats import PERCENT, RATIO, Reader, raw
from attribution_portal.panels import Kpi, Text
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.wave.card import Amount, Missing, Quotient

WHY: Final[dict[Missing, Text]] = {
    Missing.NO_RESULTS: _("No results yet."),
    Missing.REVENUE_UNKNOWN: _("No ratio: the revenue is not known."),
    Missing.SPEND_UNKNOWN: _("Not known without the ad spend."),
    Missing.IMPRESSIONS_UNKNOWN: _("Not known without the impressions."),
    Missing.CLICKS_UNKNOWN: _("Not known without the clicks."),
    Missing.SPEND_ZERO: _("No ratio: the stated ad spend is zero."),
    Missing.SPEND_NEGATIVE: _("Not computed: the stated ad spend is below zero."),
    Missing.OTHER_CURRENCY: _("No ratio: revenue and ad spend are in different currencies."),
    Missing.CURRENCY_UNKNOWN: _("No ratio: only one of revenue and ad spend names its currency."),
    Missing.NO_PURCHASES: _("Not computed: there are no purchases."),
    Missing.NO_IMPRESSIONS: _("Not computed: there are no impressions."),
    Missing.NO_CLICKS: _("Not computed: there are no clicks."),
    Missing.SALES_UNKNOWN: _("Not known without the event's measured sales."),
    Missing.SALES_ZERO: _("No share: nothing has been measured as sold."),
    Missing.SALES_NEGATIVE: _("No share: more was refunded than sold."),
    Missing.SALES_EXCEEDED: _(
        "No share: the adjustments come to more than all measured sales, so they cannot all be a part of these."
    ),
    Missing.REVENUE_NEGATIVE: _("No share: the adjustments are below zero."),
    Missing.SALES_OTHER_CURRENCY: _("No share: the measured sales are in another currency."),
    Missing.SALES_CURRENCY_UNKNOWN: _("No share: only one of adjustments and measured sales names its currency."),
}


def count(name: str, label: Text, value: int | None, *, reader: Reader, note: Text = "", term: str = "") -> Kpi:
    return Kpi(name, label, raw=raw(value), shown=reader.count(value), note=note, term=term)


def money(name: str, label: Text, amount: Amount, *, reader: Reader, note: Text = "", term: str = "") -> Kpi:
    shown = reader.money(amount.value, amount.currency, trim=True)
    return Kpi(name, label, raw=raw(amount.value), shown=shown, note=note, term=term, measure=amount.currency or "")


def money_each(
    name: str, label: Text, quotient: Quotient, currency: str | None, *, reader: Reader, note: Text = ""
) -> Kpi:
    """An amount per piece, such as per purchase or per click, with its cents: it is a rounded quotient."""
    shown = reader.money_each(quotient.value, currency)
    return Kpi(name, label, raw=raw(quotient.value), shown=shown, note=_why(quotient, note), measure=currency or "")


def ratio(name: str, label: Text, quotient: Quotient, *, reader: Reader, note: Text = "") -> Kpi:
    shown = reader.ratio(quotient.value)
    return Kpi(name, label, raw=raw(quotient.value), shown=shown, note=_why(quotient, note), measure=RATIO)


def percent(
    name: str, label: Text, quotient: Quotient, *, reader: Reader, digits: int = 2, note: Text = "", term: str = ""
) -> Kpi:
    """A fraction, shown in percent; with two digits unless told: click-through rates lie around one percent."""
    shown = reader.percent(quotient.value, digits)
    return Kpi(name, label, raw=raw(quotient.value), shown=shown, note=_why(quotient, note), term=term, measure=PERCENT)


def division(over: str, under: str) -> str:
    """How a quotient came about, with its inputs: "€6,615.00 ÷ 147"."""
    return f"{over} ÷ {under}"


def is_failure(answer: object) -> TypeGuard[PlatformError]:
    """Whether something went wrong. "Not permitted" and "none" are answers, each with words of its own."""
    return isinstance(answer, PlatformError) and not isinstance(answer, NotPermitted | NotFound)


def shortly(error: PlatformError) -> Text:
    """Why a source says nothing, for a line beneath a number or in a table."""
    if isinstance(error, NotPermitted):
        return _("This account may not read it.")
    if isinstance(error, NotFound):
        return _("None for this event.")
    return _("Could not be read right now.")


def _why(quotient: Quotient, note: Text) -> Text:
    if note or quotient.missing is None:
        return note
    return WHY[quotient.missing]
