"""The daily revenue panel of an event's page, and all that it shows for a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from attribution_portal import bands
from attribution_portal.charts import Chart, revenue
from attribution_portal.hero import hero
from attribution_portal.lookout import answers
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.lookout.daily import long_table
from attribution_portal.lookout.daily.picker import Picker, picker
from attribution_portal.lookout.reach import Reach
from attribution_portal.lookout.scene import Asked, Scene, notices, work_out
from attribution_portal.lookout.selection import ALL_LAYERS
from attribution_portal.panels import Panel
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Reading


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


def panel(asked: Asked, read: Answers, scene: Scene) -> Panel[Daily]:
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


def sales(asked: Asked) -> Sales:
    """The daily revenue panel alone, of everything that it shows. Raises the platform's error where there is none."""
    read = answers.read(asked.partner, eid=asked.eid, sibling=asked.selection.sibling)
    if isinstance(read.event, NotFound | NotPermitted):
        raise read.event
    if isinstance(read.daily, PlatformError):
        raise read.daily
    scene = work_out(asked, read, bands.of_event(asked.partner, asked.eid))
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
            *notices(scene),
        ),
        caption=_caption(asked, scene),
        read_at=read.daily.read_at,
        stale=read.daily.stale,
    )


def _chart(asked: Asked, scene: Scene) -> Chart:
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


def _may_add(scene: Scene) -> bool:
    return scene.currencies.agree and bool(scene.drawn)


def _total(asked: Asked, scene: Scene) -> str:
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
        "zone": asked.partner.zone.key
    }


def _caption(asked: Asked, scene: Scene) -> str:
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
