"""What Meta reports for one event (contract §7): results and delivery, or why there are none.

404 and an empty object say that Meta has no statistics for this event, 403 that this account may not read them;
neither is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from attribution_portal.formats import Reader
from attribution_portal.panels import Kpi, Panel, Text
from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import MetaInsights, MetaResult, MetaResults, Reading
from attribution_portal.wave import card, figures
from attribution_portal.wave.card import Amount

NO_RESULT = MetaResult(revenue=None, purchases=None, spend=None, roas=None)
NO_INSIGHTS = MetaInsights(impressions=None, clicks=None, spend=None)


@dataclass(frozen=True, slots=True)
class MetaNumbers:
    """`results`: what Meta credits to its ads. `delivery`: how they ran. `notes`: what to keep in mind."""

    results: tuple[Kpi, ...]
    delivery: tuple[Kpi, ...]
    notes: tuple[Text, ...]


def panel(
    *,
    results: Reading[MetaResults] | PlatformError,
    insights: Reading[MetaInsights] | PlatformError,
    connected: Reading[bool | None] | PlatformError,
    currency: str | None,
    reader: Reader,
    retry: str,
) -> Panel[MetaNumbers]:
    """One of: numbers; not connected; could not be read; not permitted; none for this event."""
    result = (isinstance(results, Reading) and results.value.event) or NO_RESULT
    insight = insights.value if isinstance(insights, Reading) else NO_INSIGHTS
    disconnected = isinstance(connected, Reading) and connected.value is False
    if result.is_empty and insight.is_empty:
        return _nothing(results, insights, disconnected=disconnected, retry=retry)
    notes: list[Text] = []
    if disconnected:
        notes.append(_("Meta is no longer connected; these are the last numbers that the platform has."))
    readings = [answer for answer in (results, insights) if isinstance(answer, Reading)]
    return Panel(
        "meta",
        "ready",
        data=MetaNumbers(
            results=_results(result, insight, _absence(results, result.is_empty), currency, reader),
            delivery=_delivery(insight, _absence(insights, insight.is_empty), currency, reader),
            notes=tuple(notes),
        ),
        caption=_caption(),
        read_at=min(answer.read_at for answer in readings),
        stale=any(answer.stale for answer in readings),
    )


def _caption() -> str:
    return _("As Meta reports it for this event, over all time. Meta's amounts name no currency of their own.")


def _nothing(
    results: Reading[MetaResults] | PlatformError,
    insights: Reading[MetaInsights] | PlatformError,
    *,
    disconnected: bool,
    retry: str,
) -> Panel[MetaNumbers]:
    """Why there is not one number: the reason that explains the most goes first."""
    answers = (results, insights)
    if disconnected:
        return Panel(
            "meta",
            "empty",
            caption=_caption(),
            sentence=_(
                "Meta is not connected for this partner. Once it is connected in the platform, revenue, spend,"
                " impressions and clicks appear here."
            ),
        )
    for answer in answers:
        if figures.is_failure(answer):
            return Panel.of("meta", answer, caption=_caption(), retry=retry)
    if all(isinstance(answer, NotPermitted) for answer in answers):
        return Panel(
            "meta",
            "not-permitted",
            caption=_caption(),
            sentence=_("The platform does not let this account read Meta's statistics for this event."),
        )
    readings = [answer for answer in answers if isinstance(answer, Reading)]
    return Panel(
        "meta",
        "empty",
        caption=_caption(),
        read_at=min((answer.read_at for answer in readings), default=None),
        stale=any(answer.stale for answer in readings),
        sentence=_("Meta has no statistics for this event. They appear once ads for it have run there."),
    )


def _absence(answer: Reading[MetaResults] | Reading[MetaInsights] | PlatformError, is_empty: bool) -> Text:
    """Why one half is missing while the other is there; "" when it is not missing."""
    if isinstance(answer, PlatformError):
        return figures.shortly(answer)
    return _("None for this event.") if is_empty else ""


def _stated(value: Decimal | int | None, absent: Text) -> Text:
    return absent or (_("Meta does not state it.") if value is None else "")


def _results(
    result: MetaResult, insight: MetaInsights, absent: Text, currency: str | None, reader: Reader
) -> tuple[Kpi, ...]:
    roas = card.meta_roas(result)
    computed = roas.value is not None and result.roas is None
    return (
        figures.money(
            "revenue",
            _("Revenue"),
            Amount(result.revenue, currency),
            reader=reader,
            note=_stated(result.revenue, absent),
            term="meta_revenue",
        ),
        figures.count(
            "purchases",
            _("Purchases"),
            result.purchases,
            reader=reader,
            note=_stated(result.purchases, absent),
            term="meta_purchases",
        ),
        _spend(result, insight, absent, currency, reader),
        figures.ratio(
            "roas",
            _("ROAS"),
            roas,
            reader=reader,
            note=absent or (_("Computed here from Meta's revenue and spend.") if computed else ""),
        ),
    )


def _spend(result: MetaResult, insight: MetaInsights, absent: Text, currency: str | None, reader: Reader) -> Kpi:
    """Meta states its spend in two places. Where they differ the line beneath says what the other one is."""
    spend, note = result.spend, _stated(result.spend, absent)
    if insight.spend is not None:
        if spend is None:
            spend, note = insight.spend, _("From Meta's delivery numbers.")
        elif spend != insight.spend:
            note = _("With the results; the delivery numbers state %(amount)s.") % {
                "amount": reader.money(insight.spend, currency)
            }
    return figures.money("spend", _("Ad spend"), Amount(spend, currency), reader=reader, note=note)


def _delivery(insight: MetaInsights, absent: Text, currency: str | None, reader: Reader) -> tuple[Kpi, ...]:
    made = card.delivery(insight)
    return (
        figures.count(
            "impressions",
            _("Impressions"),
            insight.impressions,
            reader=reader,
            note=_stated(insight.impressions, absent),
        ),
        figures.count("clicks", _("Clicks"), insight.clicks, reader=reader, note=_stated(insight.clicks, absent)),
        figures.percent("ctr", _("Click-through rate"), made.ctr, reader=reader, note=absent),
        figures.money_each("cpc", _("Cost per click"), made.cpc, currency, reader=reader, note=absent),
    )
