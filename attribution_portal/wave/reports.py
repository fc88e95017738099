"""What a campaign page shows (pages.md): the platform's answers, read together, as one frozen page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from attribution_portal import claims, rereading
from attribution_portal.adjustments import panel as adjustment_panel
from attribution_portal.adjustments import readback
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.panel import Listing
from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.charts import Table
from attribution_portal.credit import credit
from attribution_portal.formats import Reader
from attribution_portal.hero import Hero, hero
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner, Role
from attribution_portal.periods import Period
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Campaign, DailyRevenue, Event, Page, Reading
from attribution_portal.wave import balance, before_during, campaigns, card, meta, performance, sources
from attribution_portal.wave.answers import Answers, ask
from attribution_portal.wave.balance import CreditBalance
from attribution_portal.wave.before_during import BeforeDuring
from attribution_portal.wave.campaigns import CampaignCards
from attribution_portal.wave.card import Amount
from attribution_portal.wave.inputs import Inputs
from attribution_portal.wave.meta import MetaNumbers
from attribution_portal.wave.performance import Performance
from attribution_portal.wave.runs import runs, standing


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """`event` is drawn only when it could not be read; what it tells is in `hero`. `model` is a sentence, "" where the
    event attribution model is not known. `lookout` leads to the event's sales on the campaigns' days, which `days` says
    in words; to all of them, and "", where these are not known. `files` are the addresses of the page as CSV and XLSX,
    `refresh` that of the form which reads everything again, and `seen` what it has to know: what is shown."""

    eid: str
    hero: Hero
    event: Panel[Event]
    model: str
    lookout: str
    days: str
    files: tuple[str, str]
    refresh: str
    seen: str
    performance: Panel[Performance]
    balance: Panel[CreditBalance]
    before_during: Panel[BeforeDuring]
    adjustments: Panel[Adjustments]
    listing: Listing
    sources: Panel[Table]
    meta: Panel[MetaNumbers]
    campaigns: Panel[CampaignCards]

    @property
    def has_charts(self) -> bool:
        """Also where one may still come, when its panel is read again."""
        return any(panel.state in ("ready", "failed") for panel in (self.balance, self.before_during))


def page(partner: Partner, *, eid: str, role: Role, reader: Reader, address: str, today: date) -> CampaignPage:
    """An event's campaign page. Raises NotFound or NotPermitted when the platform says so of the event itself; every
    other failure is a panel that says so.

    role: what the reader is to the partner. address: the page's own, as it stands in a link; a failed panel asks for
    itself there. today: the partner's day.
    """
    calls = ask(partner, eid=eid)
    # Postgres is asked while the platform thinks.
    claimed = claims.of_event(partner, eid, reader=reader)
    requests = readback.requests_of(partner, eid)
    answers = calls.answers()
    if isinstance(answers.event, NotFound | NotPermitted):
        raise answers.event
    event = answers.event.value if isinstance(answers.event, Reading) else None
    currency = partner.currency or (event.currency if event else None)
    in_force = (
        credit(event_model=answers.model.value, partner_default=partner.default_event_model)
        if isinstance(answers.model, Reading)
        else None
    )
    ran = None if isinstance(answers.campaigns, PlatformError) else runs(answers.campaigns.value.items)
    is_running = _is_running(event, answers.campaigns)
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
        campaigns=answers.campaigns,
        credit=in_force,
        running=is_running,
        runs=ran,
        standing=standing(ran or runs(()), running=is_running, today=today),
        currency=currency,
    )
    span = ran.span if ran else None

    def days(start: date, end: date) -> str:
        return _lookout(partner, eid, Period(start, end))

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
        lookout=_lookout(partner, eid, span),
        days=reader.day_range(span.start, span.end) if span else "",
        files=(
            reverse("wave:csv", args=[partner.partner_id, eid]),
            reverse("wave:xlsx", args=[partner.partner_id, eid]),
        ),
        refresh=reverse("wave:refresh", args=[partner.partner_id, eid]),
        seen=rereading.marks(answers.outcomes),
        performance=performance.panel(
            inputs,
            other_spends=_other_spends(answers, currency),
            reader=reader,
            retry=again("post-campaign"),
        ),
        balance=balance.panel(
            inputs,
            claims=claimed,
            packages_currency=partner.currency or inputs.rows_currency,
            reader=reader,
            retry=again("balance"),
        ),
        before_during=before_during.panel(inputs, today=today, reader=reader, retry=again("before-during")),
        adjustments=adjustment_panel.panel(asked, inputs.adjustments, results=answers.results, daily=answers.daily),
        listing=adjustment_panel.listing(
            asked,
            inputs.adjustments,
            results=answers.results,
            daily=answers.daily,
            currency=inputs.rows_currency,
            named=_named(event, answers.daily),
            requests=requests,
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
            days=days,
            reader=reader,
            retry=again("campaigns"),
        ),
    )


def _lookout(partner: Partner, eid: str, days: Period | None) -> str:
    """The event's page in Lookout, at these days or at all of them. The parameters are its own (pages.md, "Routes")."""
    address = reverse("lookout:event", args=[partner.partner_id, eid])
    if days is None:
        return address
    chosen = {"period": "custom", "from": days.start.isoformat(), "to": days.end.isoformat()}
    return f"{address}?{urlencode(chosen)}"


def _other_spends(answers: Answers, currency: str | None) -> tuple[Amount, ...]:
    """What Meta states as spent, in its two places."""
    found = (
        answers.meta_results.value.event.spend
        if isinstance(answers.meta_results, Reading) and answers.meta_results.value.event
        else None,
        answers.meta_insights.value.spend if isinstance(answers.meta_insights, Reading) else None,
    )
    return tuple(Amount(spend, currency) for spend in found if spend is not None)


def _named(event: Event | None, daily: Reading[DailyRevenue] | PlatformError) -> tuple[str, ...]:
    """The currencies that the platform names for the event's numbers."""
    found = (event.currency if event else None, daily.value.currency if isinstance(daily, Reading) else None)
    return tuple(dict.fromkeys(currency for currency in found if currency))


def _is_running(event: Event | None, answer: Reading[Page[Campaign]] | PlatformError) -> bool:
    """The campaigns say it best; the event's own word stands in where they could not be read or say nothing."""
    statuses = [row.status for row in answer.value.items] if isinstance(answer, Reading) else []
    return card.is_running([*statuses, event.campaign_status if event else None])
