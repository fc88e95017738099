"""What an event's page shows (pages.md): the platform's answers as one frozen page of panels."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from attribution_portal import bands, rereading
from attribution_portal.adjustments import panel as adjustment_panel
from attribution_portal.adjustments import readback
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.panel import Listing
from attribution_portal.adjustments.rows import Adjustments
from attribution_portal.credit import Credit
from attribution_portal.hero import Hero, hero
from attribution_portal.lookout import answers, campaign_list, demand, figures, series
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.lookout.campaign_list import CampaignList
from attribution_portal.lookout.daily import panel as daily_panel
from attribution_portal.lookout.daily.panel import Daily
from attribution_portal.lookout.demand import Demand
from attribution_portal.lookout.event_model import changing
from attribution_portal.lookout.event_model import panel as model_panel
from attribution_portal.lookout.event_model.panel import ModelChoice
from attribution_portal.lookout.scene import Asked, Scene, notices, work_out
from attribution_portal.lookout.selection import DEFAULT_PERIOD
from attribution_portal.lookout.series import Series
from attribution_portal.panels import Kpi, Panel
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Event, Reading


@dataclass(frozen=True, slots=True)
class EventPage:
    """`event` is drawn only when it failed: what it tells is in `hero`. `listing` also holds what daily revenue carries
    when campaign results may not or cannot be read. `seen` and `query` are what the form that reads the page anew has
    to know: what is shown, and by which choices."""

    eid: str
    hero: Hero
    event: Panel[Event]
    notices: tuple[str, ...]
    kpis: Panel[tuple[Kpi, ...]]
    daily: Panel[Daily]
    adjustments: Panel[Adjustments]
    listing: Listing
    model: Panel[Credit]
    model_choice: ModelChoice
    campaigns: Panel[CampaignList]
    demand: Panel[Demand]
    series: Panel[Series]
    seen: str
    query: str


def page(asked: Asked) -> EventPage:
    """An event's page. Raises NotFound or NotPermitted when the platform says so of the event itself; every other
    failure is a panel that says so."""
    partner, eid, reader = asked.partner, asked.eid, asked.reader
    calls = answers.ask(partner, eid=eid, sibling=asked.selection.sibling)
    # Postgres is asked while the platform thinks.
    windows = bands.of_event(partner, eid)
    requests = readback.requests_of(partner, eid)
    changes = changing.open_changes(partner, eid)
    read = calls.answers()
    if isinstance(read.event, NotFound | NotPermitted):
        raise read.event
    scene = work_out(asked, read, windows)
    model = model_panel.panel(read.model, partner=partner, retry=asked.retry)
    daily = daily_panel.panel(asked, read, scene)
    return EventPage(
        eid=eid,
        hero=hero(value(read.event), eid=eid, reader=reader),
        event=Panel.of("event", read.event, retry=asked.retry),
        notices=notices(scene),
        kpis=_kpis(asked, read, scene, daily=daily, credit=model.data),
        daily=daily,
        adjustments=adjustment_panel.panel(_adjustments(asked), scene.found, results=read.results, daily=read.daily),
        listing=adjustment_panel.listing(
            _adjustments(asked),
            scene.found,
            results=read.results,
            daily=read.daily,
            currency=scene.currencies.adjusted,
            named=scene.currencies.named,
            requests=requests,
        ),
        model=model,
        model_choice=model_panel.choice(
            read.model, changes=changes, partner=partner, eid=eid, role=asked.role, reader=reader
        ),
        campaigns=campaign_list.panel(
            read, partner=partner, eid=eid, currency=scene.currencies.adjusted, reader=reader, retry=asked.retry
        ),
        demand=demand.panel(read, reader=reader, retry=asked.retry),
        series=series.panel(
            read.series,
            partner=partner,
            eid=eid,
            event_day=scene.reach.event_day,
            today=asked.today,
            reader=reader,
            retry=asked.retry,
        ),
        seen=rereading.marks(read.outcomes),
        query=asked.selection.query.removeprefix("./"),
    )


def _kpis(
    asked: Asked, read: Answers, scene: Scene, *, daily: Panel[Daily], credit: Credit | None
) -> Panel[tuple[Kpi, ...]]:
    """Fails as a whole only when neither sales nor adjustments could be read; a part that is missing says why."""
    if isinstance(read.daily, PlatformError) and isinstance(read.results, PlatformError):
        return Panel("event-kpis", daily.state, sentence=daily.sentence, reference=daily.reference, retry=daily.retry)
    known = [outcome for outcome in (read.daily, read.results) if isinstance(outcome, Reading)]
    period, reader = scene.reach.period, asked.reader
    days = reader.day_range(period.start, period.end)
    if period.name == DEFAULT_PERIOD and not scene.days and not scene.found.rows:
        days = _("All days")  # there is no first and no last one
    kpis = (
        *figures.measured(
            scene.sums if isinstance(read.daily, Reading) else None,
            why="" if isinstance(read.daily, Reading) else str(read.daily.sentence),
            credit=credit,
            changes=scene.comparison.changes,
            currency=scene.currencies.measured,
            reader=reader,
        ),
        *figures.adjusted(scene.found, period=period, currency=scene.currencies.adjusted, reader=reader),
    )
    return Panel(
        "event-kpis",
        "ready",
        data=kpis,
        caption=" ".join(
            part
            for part in (
                _("%(days)s, in the zone %(zone)s. Adjustments are counted at the day they were recorded.")
                % {"days": days, "zone": asked.partner.zone.key},
                scene.comparison.against,
            )
            if part
        ),
        read_at=min(reading.read_at for reading in known),
        stale=any(reading.stale for reading in known),
    )


def _adjustments(asked: Asked) -> adjustment_panel.Asked:
    return adjustment_panel.Asked(
        partner=asked.partner,
        eid=asked.eid,
        role=asked.role,
        origin=Origin.LOOKOUT,
        reader=asked.reader,
        retry=asked.retry,
    )
