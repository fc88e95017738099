"""The list of events as a file: every event that the filters match, in the list's order."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from attribution_portal import glossary
from attribution_portal.exports import Column, Sheet, Value
from attribution_portal.formats import PERCENT
from attribution_portal.lookout.overview.reports import Asked
from attribution_portal.platform_api.payloads import Event, Reading
from attribution_portal.programme import event_rows, listing
from attribution_portal.programme.event_rows import EventRow
from attribution_portal.programme.listing import Whole


def sheet(asked: Asked, every: Reading[Whole], *, now: datetime) -> Sheet:
    """Expected sales and the benchmark are fractions of the capacity, as the platform states them."""
    partner, reader, events = asked.partner, asked.reader, every.value.events
    rows = event_rows.rows(events, partner=partner, today=asked.today, reader=reader)
    expected = glossary.term("expected_sales")
    return Sheet(
        name=f"events-{partner.partner_id}-{asked.today:%Y-%m-%d}",
        title=_("Events"),
        columns=(
            Column(_("Event"), width=36),
            Column(_("Id"), width=20),
            Column(_("Date"), width=20),
            Column(_("Place"), width=28),
            Column(_("State"), width=24),
            Column(_("Expected sales"), measure=PERCENT, width=14),
            Column(_("Benchmark"), measure=PERCENT, width=14),
            Column(_("Remark"), width=36),
        ),
        rows=tuple(_line(event, row) for event, row in zip(events, rows, strict=True)),
        zone=reader.zone,
        about=(
            (_("Partner"), partner.name),
            (_("Filters"), "; ".join(f"{name}: {value}" for name, value in asked.filters.parameters()) or _("none")),
            (_("Rows"), reader.count(len(events))),
            *(((_("What is missing"), listing.looked_through(reader)),) if every.value.unread else ()),
            (_("Events as of"), reader.instant(every.read_at)),
            (_("Written"), reader.instant(now)),
            (str(expected.label), f"{expected.definition} {expected.formula}".strip()),
        ),
    )


def _line(event: Event, row: EventRow) -> tuple[Value, ...]:
    found = event.benchmark
    return (
        row.title,
        row.id,
        row.starts_at,
        row.place,
        ", ".join(str(badge.text) for badge in row.badges),
        found.prediction if found else None,
        found.benchmark if found else None,
        row.benchmark,
    )
