"""What an event's page shows (pages.md): the platform's answers as one frozen page of panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal import bands
from attribution_portal.adjustments import panel as adjustment_panel
from attribution_portal.adjustments import readback
from attribution_portal.adjustments import tables as adjustment_tables
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.panel import Listing
from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.charts import Chart, revenue
from attribution_portal.charts.revenue import Band
from attribution_portal.charts.sales import SeenAdjustment, Totals, totals
from attribution_portal.credit import Credit
from attribution_portal.formats import Reader
from attribution_portal.hero import Hero, hero
from attribution_portal.lookout import (
    answers,
    campaign_list,
    comparison,
    demand,
    figures,
    freshness,
    long_table,
    model_change,
    model_panel,
    series,
)
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.lookout.campaign_list import CampaignList
from attribution_portal.lookout.comparison import Comparison, Rival
from attribution_portal.lookout.demand import Demand
from attribution_portal.lookout.figures import Currencies
from attribution_portal.lookout.model_panel import ModelChoice
from attribution_portal.lookout.picker import Picker, picker
from attribution_portal.lookout.reach import Reach, reach
from attribution_portal.lookout.selection import ALL_LAYERS, DEFAULT_PERIOD, Selection
from attribution_portal.lookout.series import Series
from attribution_portal.panels import Kpi, Panel
from attribution_portal.partners.models import Partner, Role
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import DailyRow, Event, Reading


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an event's page. notes: words at fields of the query string. today: the partner's. retry: the
    page's own address. role: what the reader is to the partner."""

    partner: Partner
    eid: str
    selection: Selection
    notes: Mapping[str, str]
    today: date
    reader: Reader
    retry: str
    role: Role


@dataclass(frozen=True, slots=True)
class Daily:
    """The daily revenue panel. `total` is the one line that sums, and says what it includes; `add_up` is the query
    that adds the adjustments to it, "" where they are added or may not be. `compared` says what the sales are compared
    with, "" for nothing."""

    chart: Chart
    picker: Picker
    total: str
    add_up: str
    compared: str


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


@dataclass(frozen=True, slots=True)
class Sales:
    """What a file holds of the daily revenue panel. words: the sentences around the picture, some of them empty."""

    title: str
    chart: Chart
    reach: Reach
    currency: str | None
    words: tuple[str, ...]
    caption: str
    read_at: datetime
    stale: bool


@dataclass(frozen=True, slots=True)
class _Scene:
    """What several panels are made of, worked out once. `drawn` are the adjustments that fit the chart's axis, `rivals`
    the events that this one may be compared with."""

    found: Adjustments
    days: tuple[DailyRow, ...]
    drawn: tuple[SeenAdjustment, ...]
    sums: Totals
    currencies: Currencies
    reach: Reach
    rivals: tuple[Rival, ...]
    comparison: Comparison


def page(asked: Asked) -> EventPage:
    """An event's page. Raises NotFound or NotPermitted when the platform says so of the event itself; every other
    failure is a panel that says so."""
    partner, eid, reader = asked.partner, asked.eid, asked.reader
    calls = answers.ask(partner, eid=eid, sibling=asked.selection.sibling)
    # Postgres is asked while the platform thinks.
    windows = bands.of_event(partner, eid)
    requests = readback.requests_of(partner, eid)
    changes = model_change.open_changes(partner, eid)
    read = calls.answers()
    if isinstance(read.event, NotFound | NotPermitted):
        raise read.event
    scene = _scene(asked, read, windows)
    model = model_panel.panel(read.model, partner=partner, retry=asked.retry)
    daily = _daily(asked, read, scene)
    return EventPage(
        eid=eid,
        hero=hero(value(read.event), eid=eid, reader=reader),
        event=Panel.of("event", read.event, retry=asked.retry),
        notices=_notices(scene),
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
        seen=freshness.marks(read),
        query=asked.selection.query.removeprefix("./"),
    )


def sales(asked: Asked) -> Sales:
    """The daily revenue panel alone, of everything that it shows. Raises the platform's error where there is none."""
    read = answers.read(asked.partner, eid=asked.eid, sibling=asked.selection.sibling)
    if isinstance(read.event, NotFound | NotPermitted):
        raise read.event
    if isinstance(read.daily, PlatformError):
        raise read.daily
    scene = _scene(asked, read, bands.of_event(asked.partner, asked.eid))
    return Sales(
        title=hero(value(read.event), eid=asked.eid, reader=asked.reader).title,
        chart=_chart(asked, scene),
        reach=scene.reach,
        currency=scene.currencies.measured,
        words=(
            _total(asked, scene),
            scene.comparison.sentence,
            scene.comparison.note,
            *scene.reach.notes.values(),
            *_notices(scene),
        ),
        caption=_caption(asked, scene),
        read_at=read.daily.read_at,
        stale=read.daily.stale,
    )


def _scene(asked: Asked, read: Answers, windows: Sequence[Band]) -> _Scene:
    partner, event, daily, campaigns = asked.partner, value(read.event), value(read.daily), value(read.campaigns)
    found = merge(
        partner_id=partner.partner_id,
        event_id=asked.eid,
        daily=read.daily if isinstance(read.daily, PlatformError) else read.daily.value.adjustments,
        results=read.results if isinstance(read.results, PlatformError) else read.results.value,
        zone=partner.zone,
    )
    currencies = Currencies.of(
        daily=daily.currency if daily else None,
        event=event.currency if event else None,
        partner=partner.currency or None,
    )
    days = daily.days if daily else ()
    event_day = comparison.show_day(event, partner.zone)
    reached = reach(
        asked.selection,
        days=days,
        adjustments=found,
        event_day=event_day,
        campaigns=campaigns.items if campaigns else (),
        others=windows,
        today=asked.today,
    )
    # One axis holds one currency: adjustments in another are in their table and their KPI only.
    drawn = adjustment_tables.marks(found) if currencies.measured == currencies.adjusted else ()
    sums = totals(days=days, adjustments=drawn, period=reached.period)
    rivals = comparison.rivals(
        read, eid=asked.eid, event_day=event_day, chosen=asked.selection.sibling, zone=partner.zone
    )
    compared = comparison.compare(
        comparison.Asked(
            compare=asked.selection.compare,
            measured="measured" in asked.selection.visible,
            metric=asked.selection.metric,
            days=days,
            period=reached.period,
            event_day=event_day,
            today=asked.today,
            currencies=currencies,
            zone=partner.zone,
            reader=asked.reader,
        ),
        read,
        rivals,
    )
    return _Scene(found, days, drawn, sums, currencies, reached, rivals, compared)


def _notices(scene: _Scene) -> tuple[str, ...]:
    """What a reader must know before any number of the page."""
    found = []
    if not scene.currencies.named:
        found.append(_("The platform names no currency, so amounts are shown without one."))
    if not scene.currencies.agree:
        found.append(
            _("The platform names several currencies for this event: %(names)s. Nothing is added up across them.")
            % {"names": ", ".join(scene.currencies.named)}
        )
    if left_out := scene.found.left_out:
        found.append(
            ngettext(
                "%(n)s adjustment that names another event or partner was left out.",
                "%(n)s adjustments that name another event or partner were left out.",
                left_out,
            )
            % {"n": left_out}
        )
    return tuple(found)


def _kpis(
    asked: Asked, read: Answers, scene: _Scene, *, daily: Panel[Daily], credit: Credit | None
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
                % {"days": days, "zone": asked.partner.timezone},
                scene.comparison.against,
            )
            if part
        ),
        read_at=min(reading.read_at for reading in known),
        stale=any(reading.stale for reading in known),
    )


def _daily(asked: Asked, read: Answers, scene: _Scene) -> Panel[Daily]:
    if isinstance(read.daily, PlatformError):
        return Panel.of("daily-revenue", read.daily, caption=_counted(asked), retry=asked.retry)
    selection, reached, reader = asked.selection, scene.reach, asked.reader
    data = Daily(
        chart=long_table.windowed(_chart(asked, scene), selection, reader=reader),
        picker=picker(
            selection,
            period=reached.period,
            by=reached.by,
            offered=reached.offered,
            rivals=scene.rivals,
            notes={
                **reached.notes,
                **({"compare": scene.comparison.note} if scene.comparison.note else {}),
                **asked.notes,
            },
            reader=reader,
        ),
        total=_total(asked, scene),
        add_up=selection.with_layers(ALL_LAYERS).query if _may_add(scene) and not selection.adds else "",
        compared=scene.comparison.sentence,
    )
    return Panel.of(
        "daily-revenue",
        Reading(data, read.daily.read_at, read.daily.stale),
        caption=_caption(asked, scene),
        empty=_("No sales have been measured for this event yet. Each day's sales will be drawn here."),
        is_empty=lambda _data: not scene.days and not scene.drawn,
    )


def _chart(asked: Asked, scene: _Scene) -> Chart:
    reached = scene.reach
    return revenue.chart(
        days=scene.days,
        adjustments=scene.drawn,
        period=reached.period,
        by=reached.by,
        metric=asked.selection.metric,
        layers=frozenset(asked.selection.visible),
        bands=reached.bands,
        event_day=reached.event_day,
        today=asked.today,
        currency=scene.currencies.measured,
        reader=asked.reader,
        compared=scene.comparison.compared,
    )


def _may_add(scene: _Scene) -> bool:
    return scene.currencies.agree and bool(scene.drawn)


def _total(asked: Asked, scene: _Scene) -> str:
    """The line that sums. Measured sales alone, unless the reader chose layers: then exactly these. "" where the
    summary says it all."""
    layers = asked.selection.layers
    if layers is None and not scene.found.rows:
        return ""
    if layers is None or (asked.selection.adds and not scene.currencies.agree):
        layers = frozenset({"measured"})
    if "measured" not in layers and scene.found.rows and not scene.drawn:
        return ""
    return revenue.total_line(
        totals=scene.sums,
        metric=asked.selection.metric,
        layers=frozenset(layers),
        currency=scene.currencies.measured,
        reader=asked.reader,
    )


def _counted(asked: Asked) -> str:
    return _("Sales per day as the platform measured them; its dates are read as days in the zone %(zone)s.") % {
        "zone": asked.partner.timezone
    }


def _caption(asked: Asked, scene: _Scene) -> str:
    """What is counted, in which zone, and what to keep in mind about this picture."""
    found = [_counted(asked)]
    if scene.days or scene.drawn:
        found += revenue.notes(
            totals=scene.sums,
            period=scene.reach.period,
            metric=asked.selection.metric,
            layers=frozenset(asked.selection.visible),
            reader=asked.reader,
        )
    if scene.found.rows and not scene.drawn:
        found.append(_("Adjustments are in another currency, so they are not drawn."))
    if not scene.found.results_permitted:
        found.append(_("Adjustments are those that come with the daily revenue."))
    elif scene.found.results_error is not None:
        found.append(_("Campaign results could not be read: the adjustments here are those in daily revenue."))
    return " ".join(found)


def _adjustments(asked: Asked) -> adjustment_panel.Asked:
    return adjustment_panel.Asked(
        partner=asked.partner,
        eid=asked.eid,
        role=asked.role,
        origin=Origin.LOOKOUT,
        reader=asked.reader,
        retry=asked.retry,
    )
