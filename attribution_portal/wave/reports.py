"""What a campaign page shows (pages.md): the platform's answers, read together, as one frozen page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from attribution_portal.adjustments import panel as adjustment_panel
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.panel import Listing
from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.charts import Table
from attribution_portal.credit import credit
from attribution_portal.formats import Reader
from attribution_portal.hero import Hero, hero
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner, Role
from attribution_portal.platform_api import adjustments as adjustment_calls
from attribution_portal.platform_api import campaigns as campaign_calls
from attribution_portal.platform_api import events
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import (
    Adjustment,
    Campaign,
    DailyRevenue,
    Event,
    EventClusters,
    EventStatistics,
    MetaInsights,
    MetaResults,
    Page,
    Reading,
)
from attribution_portal.wave import campaigns, card, meta, performance, sources
from attribution_portal.wave.campaigns import CampaignCards
from attribution_portal.wave.meta import MetaNumbers
from attribution_portal.wave.performance import Inputs, Performance


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """`event` is drawn only when it could not be read; what it tells is in `hero`. `model` is a sentence, "" where the
    event attribution model is not known."""

    eid: str
    hero: Hero
    event: Panel[Event]
    model: str
    performance: Panel[Performance]
    adjustments: Panel[Adjustments]
    listing: Listing
    sources: Panel[Table]
    meta: Panel[MetaNumbers]
    campaigns: Panel[CampaignCards]


@dataclass(frozen=True, slots=True)
class _Answers:
    """One outcome per call. Every call is made at most once per page."""

    event: Reading[Event] | PlatformError
    statistics: Reading[EventStatistics] | PlatformError
    results: Reading[tuple[Adjustment, ...]] | PlatformError
    daily: Reading[DailyRevenue] | PlatformError
    campaigns: Reading[Page[Campaign]] | PlatformError
    clusters: Reading[EventClusters] | PlatformError
    model: Reading[str | None] | PlatformError
    meta_results: Reading[MetaResults] | PlatformError
    meta_insights: Reading[MetaInsights] | PlatformError
    meta_connected: Reading[bool | None] | PlatformError


def _read(partner: Partner, eid: str) -> _Answers:
    caller = caller_for(partner)
    answers = gather(
        deadline=caller.deadline,
        event=lambda: events.get(caller=caller, eid=eid),
        statistics=lambda: events.statistics(caller=caller, eid=eid),
        results=lambda: adjustment_calls.list_for_event(caller=caller, eid=eid),
        daily=lambda: events.daily_revenue(caller=caller, eid=eid, currency=partner.currency or None),
        campaigns=lambda: campaign_calls.for_event(caller=caller, eid=eid),
        clusters=lambda: events.clusters(caller=caller, eid=eid),
        model=lambda: events.attribution_model(caller=caller, eid=eid),
        meta_results=lambda: campaign_calls.meta_results(caller=caller, eid=eid),
        meta_insights=lambda: campaign_calls.meta_insights(caller=caller, eid=eid),
        meta_connected=lambda: campaign_calls.meta_connected(caller=caller),
    )
    return _Answers(
        event=cast("Reading[Event] | PlatformError", answers["event"]),
        statistics=cast("Reading[EventStatistics] | PlatformError", answers["statistics"]),
        results=cast("Reading[tuple[Adjustment, ...]] | PlatformError", answers["results"]),
        daily=cast("Reading[DailyRevenue] | PlatformError", answers["daily"]),
        campaigns=cast("Reading[Page[Campaign]] | PlatformError", answers["campaigns"]),
        clusters=cast("Reading[EventClusters] | PlatformError", answers["clusters"]),
        model=cast("Reading[str | None] | PlatformError", answers["model"]),
        meta_results=cast("Reading[MetaResults] | PlatformError", answers["meta_results"]),
        meta_insights=cast("Reading[MetaInsights] | PlatformError", answers["meta_insights"]),
        meta_connected=cast("Reading[bool | None] | PlatformError", answers["meta_connected"]),
    )


def page(partner: Partner, *, eid: str, role: Role, reader: Reader, address: str) -> CampaignPage:
    """An event's campaign page. Raises NotFound or NotPermitted when the platform says so of the event itself; every
    other failure is a panel that says so.

    role: what the reader is to the partner. address: the page's own, as it stands in a link; a failed panel asks for
    itself there.
    """
    answers = _read(partner, eid)
    if isinstance(answers.event, NotFound | NotPermitted):
        raise answers.event
    event = answers.event.value if isinstance(answers.event, Reading) else None
    currency = partner.currency or (event.currency if event else None)
    in_force = (
        credit(event_model=answers.model.value, partner_default=partner.default_event_model)
        if isinstance(answers.model, Reading)
        else None
    )
    inputs = Inputs(
        adjustments=merge(
            partner_id=partner.partner_id,
            event_id=eid,
            daily=answers.daily.value.adjustments if isinstance(answers.daily, Reading) else answers.daily,
            results=answers.results.value if isinstance(answers.results, Reading) else answers.results,
            zone=partner.zone,
        ),
        results=answers.results,
        daily=answers.daily,
        statistics=answers.statistics,
        credit=in_force,
        running=_is_running(event, answers.campaigns),
        currency=currency,
    )

    def again(name: str) -> str:
        return f"{address}?panel={name}"

    asked = adjustment_panel.Asked(
        partner=partner, eid=eid, role=role, origin=Origin.WAVE, reader=reader, retry=again("adjustments")
    )
    return CampaignPage(
        eid=eid,
        hero=hero(event, eid=eid, reader=reader),
        event=Panel.of("event", answers.event),
        model=performance.model_sentence(in_force),
        performance=performance.panel(inputs, reader=reader, retry=again("post-campaign")),
        adjustments=adjustment_panel.panel(asked, inputs.adjustments, results=answers.results, daily=answers.daily),
        listing=adjustment_panel.listing(
            asked,
            inputs.adjustments,
            results=answers.results,
            daily=answers.daily,
            currency=inputs.rows_currency,
            named=_named(event, answers.daily),
        ),
        sources=sources.panel(
            inputs,
            results=answers.meta_results,
            insights=answers.meta_insights,
            reader=reader,
            retry=again("sources"),
        ),
        meta=meta.panel(
            results=answers.meta_results,
            insights=answers.meta_insights,
            connected=answers.meta_connected,
            currency=currency,
            reader=reader,
            retry=again("meta"),
        ),
        campaigns=campaigns.panel(
            campaigns=answers.campaigns,
            clusters=answers.clusters,
            currency=currency,
            reader=reader,
            retry=again("campaigns"),
        ),
    )


def _named(event: Event | None, daily: Reading[DailyRevenue] | PlatformError) -> tuple[str, ...]:
    """The currencies that the platform names for the event's numbers."""
    found = (event.currency if event else None, daily.value.currency if isinstance(daily, Reading) else None)
    return tuple(dict.fromkeys(currency for currency in found if currency))


def _is_running(event: Event | None, answer: Reading[Page[Campaign]] | PlatformError) -> bool:
    """The campaigns say it best; the event's own word stands in where they could not be read or say nothing."""
    statuses = [row.status for row in answer.value.items] if isinstance(answer, Reading) else []
    return card.is_running([*statuses, event.campaign_status if event else None])
