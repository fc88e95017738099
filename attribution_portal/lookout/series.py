"""The event page's list of the other events of its series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Event, Page, Reading
from attribution_portal.programme import event_rows
from attribution_portal.programme.event_rows import EventRow

ROWS = 12


@dataclass(frozen=True, slots=True)
class Series:
    """The events nearest in time, by date; `more` counts the others."""

    table: Table
    more: int


def panel(
    answer: Reading[Page[Event]] | PlatformError,
    *,
    partner: Partner,
    eid: str,
    event_day: date | None,
    today: date,
    reader: Reader,
    retry: str,
) -> Panel[Series]:
    shown: Reading[Series] | PlatformError
    if isinstance(answer, PlatformError):
        shown = answer
    else:
        others = {event.id: event for event in answer.value.items if event.id != eid}
        middle = event_day or today
        near = sorted(others.values(), key=lambda event: _distance(event, middle, partner))[:ROWS]
        near.sort(key=lambda event: (event.starts_at is None, event_rows.day_of(event, partner.zone), event.id))
        rows = event_rows.rows(near, partner=partner, today=today, reader=reader)
        listed = len(answer.value.items)
        # What the list holds twice, or is this event itself, is no other event.
        total = max(answer.value.total or 0, listed) - (listed - len(others))
        shown = Reading(Series(_table(rows, reader), total - len(near)), answer.read_at, answer.stale)
    return Panel.of(
        "series",
        shown,
        caption=_("Other dates of the same series, in the zone %(zone)s.") % {"zone": partner.zone.key},
        empty=_("This event belongs to no series."),
        is_empty=lambda data: not data.table.rows,
        retry=retry,
    )


def _distance(event: Event, middle: date, partner: Partner) -> tuple[bool, int, str]:
    """Those without a date come last."""
    days = abs((event_rows.day_of(event, partner.zone) - middle).days)
    return event.starts_at is None, days, event.id


def _table(rows: tuple[EventRow, ...], reader: Reader) -> Table:
    columns = (
        Column("title", _("Event"), numeric=False),
        Column("date", _("Date"), numeric=False),
        Column("sales", _("Expected sales"), numeric=True),
    )
    return Table(
        "events",
        columns,
        tuple(
            Row(
                row.id,
                (
                    Cell(row.title, href=row.href or None, note=row.place),
                    Cell(reader.instant(row.starts_at) if row.starts_at else _("No date yet"), note=row.when),
                    Cell(row.prediction[1], row.prediction[0], note=row.benchmark),
                ),
            )
            for row in rows
        ),
        None,
    )
