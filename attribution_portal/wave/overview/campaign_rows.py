"""The rows of the campaigns list: an event, the state of its campaigns, and what they sold, as far as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.formats import UNKNOWN, Reader, raw
from attribution_portal.panels import Text
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.cache import Kept
from attribution_portal.platform_api.errors import BadPayload, PlatformError
from attribution_portal.platform_api.payloads import Event, Reading
from attribution_portal.programme import event_rows
from attribution_portal.programme.event_rows import EventRow
from attribution_portal.programme.filters import STATUSES
from attribution_portal.wave import card, figures
from attribution_portal.wave.card import Amount, Missing, Quotient
from attribution_portal.wave.overview.results import Known
from attribution_portal.wave.overview.selection import Order
from attribution_portal.wave.overview.totals import Counted, NoTotal, Sum, Totals

T = TypeVar("T")

NOT_READ: Final = gettext_lazy("Not read yet.")
NOT_ASKED: Final = gettext_lazy("Not read.")
_NO_TOTAL: Final[Mapping[NoTotal, Text]] = {
    NoTotal.NOTHING_KNOWN: gettext_lazy("Nothing to add up."),
    NoTotal.CURRENCIES_DIFFER: gettext_lazy("No total: the rows are in different currencies."),
    NoTotal.CURRENCY_MISSING: gettext_lazy("No total: the platform names no currency for some rows."),
    NoTotal.NOT_THE_SAME_ROWS: gettext_lazy("No ratio: not every row has both revenue and ad spend."),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a row: plain and as shown, or "" and "—" with the reason."""

    raw: str
    shown: str
    why: Text = ""


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """`event` without the state of its campaigns, which is `state`, the platform's word. `href` is the campaign page's
    address. `counted`: what the figures are made of."""

    event: EventRow
    state: str
    href: str
    purchases: Figure
    revenue: Figure
    spend: Figure
    roas: Figure
    counted: Counted
    results_at: datetime | None
    spend_at: datetime | None
    is_read: bool


def row(
    event: Event, known: Known, *, partner: Partner, today: date, reader: Reader, asks_spend: bool = True
) -> CampaignRow:
    """known: with what a reading ended in, where it brought nothing. asks_spend: whether ad spend is read for this
    row."""
    (shown,) = event_rows.rows([replace(event, campaign_status=None)], partner=partner, today=today, reader=reader)
    counted = count(event, known, partner=partner)
    revenue, spend = counted.revenue, counted.spend
    why_no_results = _why(known.rows, figures.WHY[Missing.NO_RESULTS]) if revenue.value is None else ""
    why_no_spend: Text = ""
    if spend.value is None:
        why_no_spend = _why(known.statistics, _("The event's statistics state none."))
        if known.statistics is None and not asks_spend:
            why_no_spend = NOT_ASKED
    return CampaignRow(
        event=shown,
        state=event.campaign_status or "",
        href=event_rows.address("wave:campaign", partner, event),
        purchases=Figure(raw(counted.purchases), reader.count(counted.purchases), why_no_results),
        revenue=_money(revenue, why_no_results, reader),
        spend=_money(spend, why_no_spend, reader),
        roas=_ratio(ratio(counted), why_no_results or why_no_spend, reader),
        counted=counted,
        results_at=known.rows.read_at if isinstance(known.rows, Reading) else None,
        spend_at=known.statistics.read_at if isinstance(known.statistics, Reading) else None,
        is_read=known.rows is not None,
    )


def count(event: Event, known: Known, *, partner: Partner) -> Counted:
    """Rows name no currency of their own (§6): they are in the tenant's or, where nobody names that, the event's. So is
    the spend where the event's statistics name none."""
    adjustments = known.adjustments(partner, event.id)
    has_rows = adjustments is not None and bool(adjustments.rows)
    currency = partner.currency or event.currency or None
    statistics = known.statistics.value if isinstance(known.statistics, Reading) else None
    stated = statistics.currency if statistics else None
    return Counted(
        purchases=adjustments.purchases if adjustments and has_rows else None,
        revenue=Amount(adjustments.revenue if adjustments and has_rows else None, currency),
        spend=Amount(statistics.spent if statistics else None, stated or currency),
        revenue_named=_named(partner.currency, event.currency),
        spend_named=_named(stated) or _named(partner.currency, event.currency),
    )


def ratio(counted: Counted) -> Quotient:
    """ROAS as on the campaign page."""
    return card.roas(revenue=counted.revenue, spend=counted.spend)


def _named(*currencies: str | None) -> frozenset[str]:
    return frozenset(currency for currency in currencies if currency)


def _why(answer: Kept[T], none: Text) -> Text:
    """Why a number is missing: it is not read, could not be, or the answer holds none."""
    if answer is None:
        return NOT_READ
    if isinstance(answer, BadPayload):
        return answer.sentence
    return figures.shortly(answer) if isinstance(answer, PlatformError) else none


def _money(amount: Amount, why: Text, reader: Reader) -> Figure:
    if amount.value is None:
        return Figure("", UNKNOWN, why)
    return Figure(raw(amount.value), reader.money(amount.value, amount.currency, trim=True))


def _ratio(found: Quotient, why: Text, reader: Reader) -> Figure:
    if found.value is not None:
        return Figure(raw(found.value), reader.ratio(found.value))
    return Figure("", UNKNOWN, why or (figures.WHY[found.missing] if found.missing else ""))


# The order of rows.


def in_order(
    events: Iterable[Event], known: Mapping[str, Known], order: Order, *, partner: Partner, today: date
) -> list[Event]:
    """By state, the liveliest first, and by date within a state, unless the reader chose another column. What has no
    such number stands last whichever way it is sorted; `known` is needed for the columns of results only."""

    def by_state(event: Event) -> tuple[int, str, int, float, str]:
        word = (event.campaign_status or "").upper()
        rank = STATUSES.index(word) if word in STATUSES else len(STATUSES) + (not word)
        return rank, word, *event_rows.nearness(event, zone=partner.zone, today=today)

    ordered = sorted(events, key=by_state, reverse=order.column == "state" and order.descending)
    if order.column == "state":
        return ordered
    if order.column == "title":
        return sorted(ordered, key=lambda event: (event.title or event.id).casefold(), reverse=order.descending)
    value: Callable[[Event], Decimal | float | None]
    if order.column == "date":
        value = _moment
    else:
        counts = {event.id: count(event, known[event.id], partner=partner) for event in ordered}

        def value(event: Event) -> Decimal | float | None:
            return _number(counts[event.id], order.column)

    found = [(event, number) for event in ordered if (number := value(event)) is not None]
    found.sort(key=lambda pair: pair[1], reverse=order.descending)
    placed = [event for event, _number in found]
    return placed + [event for event in ordered if value(event) is None]


def _moment(event: Event) -> float | None:
    return event.starts_at.timestamp() if event.starts_at else None


def _number(counted: Counted, column: str) -> Decimal | None:
    if column == "purchases":
        return None if counted.purchases is None else Decimal(counted.purchases)
    if column == "roas":
        return ratio(counted).value
    return (counted.revenue if column == "revenue" else counted.spend).value


# What rows add up to.


@dataclass(frozen=True, slots=True)
class TotalRow:
    purchases: Figure
    revenue: Figure
    spend: Figure
    roas: Figure


def total_row(found: Totals, reader: Reader) -> TotalRow:
    nothing = "" if found.purchases is not None else _NO_TOTAL[NoTotal.NOTHING_KNOWN]
    why = found.roas_missing
    words = _NO_TOTAL[why] if isinstance(why, NoTotal) else figures.WHY[why] if why else ""
    return TotalRow(
        purchases=Figure(raw(found.purchases), reader.count(found.purchases), nothing),
        revenue=_sum(found.revenue, reader),
        spend=_sum(found.spend, reader),
        roas=Figure(raw(found.roas), reader.ratio(found.roas), words),
    )


def _sum(found: Sum, reader: Reader) -> Figure:
    return _money(found.amount, _NO_TOTAL[found.missing] if found.missing else "", reader)
