"""The arithmetic of a campaign page: what was counted, and why a number is missing. Pure.

Money is `Decimal` in major units. Every quotient is either a value or the reason for having none, never a
zero in place of "unknown". Sums are exact; quotients carry twelve significant digits. Sources: contract §5
(statistics), §6 (campaign results), §7 (Meta).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from enum import StrEnum

from attribution_portal.adjustments.rows import AdjustmentRow, Adjustments
from attribution_portal.platform_api.payloads import MetaInsights, MetaResult

RUNNING = "RUNNING"

# A fixed number of digits: rounding to a decimal place would raise on amounts too long for the context.
_TWELVE_DIGITS = Context(prec=12)


class Missing(StrEnum):
    """Why a number cannot be told. What is unknown is said before what cannot be divided."""

    NO_RESULTS = "no-results"
    REVENUE_UNKNOWN = "revenue-unknown"
    SPEND_UNKNOWN = "spend-unknown"
    IMPRESSIONS_UNKNOWN = "impressions-unknown"
    CLICKS_UNKNOWN = "clicks-unknown"
    SPEND_ZERO = "spend-zero"
    SPEND_NEGATIVE = "spend-negative"
    OTHER_CURRENCY = "other-currency"
    CURRENCY_UNKNOWN = "currency-unknown"
    NO_PURCHASES = "no-purchases"
    NO_IMPRESSIONS = "no-impressions"
    NO_CLICKS = "no-clicks"
    REVENUE_NEGATIVE = "revenue-negative"
    SALES_UNKNOWN = "sales-unknown"
    SALES_ZERO = "sales-zero"
    SALES_NEGATIVE = "sales-negative"
    SALES_EXCEEDED = "sales-exceeded"
    SALES_OTHER_CURRENCY = "sales-other-currency"
    SALES_CURRENCY_UNKNOWN = "sales-currency-unknown"


@dataclass(frozen=True, slots=True)
class Quotient:
    """A ratio, or an amount per piece. Exactly one of the two is None."""

    value: Decimal | None
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class Amount:
    """Money and its currency, ISO 4217. Currency None: the tenant's one currency, whose name nobody told."""

    value: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class SourceCard:
    """The rows of one source. `source` is the platform's word, None gathers the rows that name none;
    `last_at` is the newest `created_at`, None where no row has one."""

    source: str | None
    count: int
    purchases: int
    revenue: Decimal
    average_value: Quotient
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """The post-campaign performance card.

    `purchases` and `revenue` are None while there are no rows: nothing was counted yet, which is not zero. `share` is a
    fraction of what the event sold as measured, of which the rows may or may not be a part.
    """

    purchases: int | None
    revenue: Amount
    sources: tuple[SourceCard, ...]
    average_value: Quotient
    spend: Amount
    roas: Quotient
    cost_per_purchase: Quotient
    share: Quotient
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How Meta delivered the ads. `ctr` is a fraction (0.012 = 1.2 %), `cpc` money per click."""

    ctr: Quotient
    cpc: Quotient


def card(*, adjustments: Adjustments, currency: str | None, spend: Amount, sales: Amount) -> Card:
    """The card of one event's merged adjustment rows.

    currency: of the rows, which say none themselves (§6). spend: what the event's statistics state (§5). sales: what
    the event sold, as measured, over all its days (§5).
    """
    counted = bool(adjustments.rows)
    purchases = adjustments.purchases if counted else None
    revenue = Amount(adjustments.revenue if counted else None, currency)
    return Card(
        purchases=purchases,
        revenue=revenue,
        sources=tuple(
            SourceCard(
                source=total.source,
                count=total.count,
                purchases=total.purchases,
                revenue=total.revenue,
                average_value=average_value(revenue=total.revenue, purchases=total.purchases),
                last_at=_last(row for row in adjustments.rows if row.source == total.source),
            )
            for total in adjustments.by_source
        ),
        average_value=average_value(revenue=revenue.value, purchases=purchases),
        spend=spend,
        roas=roas(revenue=revenue, spend=spend),
        cost_per_purchase=cost_per_purchase(spend=spend.value, purchases=purchases),
        share=share(revenue=revenue, sales=sales),
        last_at=_last(adjustments.rows),
    )


def average_value(*, revenue: Decimal | None, purchases: int | None) -> Quotient:
    """Revenue ÷ purchases of the same rows; None means that there are no rows."""
    if revenue is None or purchases is None:
        return Quotient(None, Missing.NO_RESULTS)
    if purchases <= 0:
        return Quotient(None, Missing.NO_PURCHASES)
    return _quotient(revenue, purchases)


def roas(*, revenue: Amount, spend: Amount) -> Quotient:
    """Revenue ÷ spend, only where both are known, spend is above zero and both are in the same currency.

    Two amounts without a currency are both in the tenant's (§3): their ratio holds although its unit has no
    name. One with and one without cannot be compared.
    """
    if revenue.value is None:
        return Quotient(None, Missing.REVENUE_UNKNOWN)
    if spend.value is None:
        return Quotient(None, Missing.SPEND_UNKNOWN)
    if spend.value == 0:
        return Quotient(None, Missing.SPEND_ZERO)
    if spend.value < 0:
        return Quotient(None, Missing.SPEND_NEGATIVE)
    if revenue.currency != spend.currency:
        both_named = revenue.currency is not None and spend.currency is not None
        return Quotient(None, Missing.OTHER_CURRENCY if both_named else Missing.CURRENCY_UNKNOWN)
    return _quotient(revenue.value, spend.value)


def cost_per_purchase(*, spend: Decimal | None, purchases: int | None) -> Quotient:
    """Spend ÷ purchases, in the currency of the spend. No spend costs 0; no purchase has no cost."""
    if purchases is None:
        return Quotient(None, Missing.NO_RESULTS)
    if spend is None:
        return Quotient(None, Missing.SPEND_UNKNOWN)
    if spend < 0:
        return Quotient(None, Missing.SPEND_NEGATIVE)
    if purchases <= 0:
        return Quotient(None, Missing.NO_PURCHASES)
    return _quotient(spend, purchases)


def share(*, revenue: Amount, sales: Amount) -> Quotient:
    """Revenue ÷ the event's measured sales, a fraction. The same rule of currencies as for ROAS. No sales, or more
    refunds than sales, have no shares; and what is more than the whole, or less than nothing, is no share of it."""
    if revenue.value is None:
        return Quotient(None, Missing.NO_RESULTS)
    if sales.value is None:
        return Quotient(None, Missing.SALES_UNKNOWN)
    if sales.value == 0:
        return Quotient(None, Missing.SALES_ZERO)
    if sales.value < 0:
        return Quotient(None, Missing.SALES_NEGATIVE)
    if revenue.currency != sales.currency:
        both_named = revenue.currency is not None and sales.currency is not None
        return Quotient(None, Missing.SALES_OTHER_CURRENCY if both_named else Missing.SALES_CURRENCY_UNKNOWN)
    if not 0 <= revenue.value <= sales.value:
        return Quotient(None, Missing.SALES_EXCEEDED if revenue.value > 0 else Missing.REVENUE_NEGATIVE)
    return _quotient(revenue.value, sales.value)


def meta_roas(result: MetaResult) -> Quotient:
    """Meta's own ROAS where it states one, else its revenue ÷ its spend: one report is in one currency."""
    if result.roas is not None:
        return Quotient(result.roas, None)
    return roas(revenue=Amount(result.revenue, None), spend=Amount(result.spend, None))


def delivery(insights: MetaInsights) -> Delivery:
    """Click-through rate and cost per click from Meta's delivery numbers."""
    return Delivery(
        ctr=click_through_rate(clicks=insights.clicks, impressions=insights.impressions),
        cpc=cost_per_click(spend=insights.spend, clicks=insights.clicks),
    )


def click_through_rate(*, clicks: int | None, impressions: int | None) -> Quotient:
    """Clicks ÷ impressions, a fraction."""
    if impressions is None:
        return Quotient(None, Missing.IMPRESSIONS_UNKNOWN)
    if clicks is None:
        return Quotient(None, Missing.CLICKS_UNKNOWN)
    if impressions <= 0:
        return Quotient(None, Missing.NO_IMPRESSIONS)
    return _quotient(Decimal(clicks), impressions)


def cost_per_click(*, spend: Decimal | None, clicks: int | None) -> Quotient:
    """Spend ÷ clicks."""
    if spend is None:
        return Quotient(None, Missing.SPEND_UNKNOWN)
    if clicks is None:
        return Quotient(None, Missing.CLICKS_UNKNOWN)
    if spend < 0:
        return Quotient(None, Missing.SPEND_NEGATIVE)
    if clicks <= 0:
        return Quotient(None, Missing.NO_CLICKS)
    return _quotient(spend, clicks)


def is_running(statuses: Iterable[str | None]) -> bool:
    """Whether any of these campaign statuses says that ads are being delivered; the platform mixes cases."""
    return any(status is not None and status.upper() == RUNNING for status in statuses)


def _quotient(over: Decimal, under: Decimal | int) -> Quotient:
    return Quotient(_TWELVE_DIGITS.divide(over, under), None)


def _last(rows: Iterable[AdjustmentRow]) -> datetime | None:
    return max((row.created_at for row in rows if row.created_at is not None), default=None)
