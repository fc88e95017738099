"""Events as rows of a table, on the events list and on the dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.formats import Reader, raw
from attribution_portal.hero import hero
from attribution_portal.panels import Badge
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import Event, EventBenchmark


@dataclass(frozen=True, slots=True)
class EventRow:
    """`when` tells next from past in words. `prediction` is what is expected to be sold, a fraction of the capacity,
    plain and as shown; `benchmark` what comparable events reach. `href` and `campaigns` are the addresses of the
    event's page and of its campaign page, "" where there is none."""

    id: str
    title: str
    place: str
    starts_at: datetime | None
    when: str
    is_past: bool
    badges: tuple[Badge, ...]
    prediction: tuple[str, str]
    benchmark: str
    href: str
    campaigns: str


def in_order(events: Iterable[Event], *, zone: ZoneInfo, today: date) -> list[Event]:
    """Flagged ones first; then those ahead, the next one first; those without a date; and the past, the latest first.

    An event that stands twice, as it may when the platform's pages shift between two readings, counts once."""

    def rank(event: Event) -> tuple[bool, int, float, str]:
        return not is_flagged(event), *nearness(event, zone=zone, today=today)

    return sorted({event.id: event for event in events}.values(), key=rank)


def is_flagged(event: Event) -> bool:
    return (event.frontend_status or "").upper() == "FLAGGED"


def nearness(event: Event, *, zone: ZoneInfo, today: date) -> tuple[int, float, str]:
    """What puts the next events first, those without a date after them, and the past last, the latest first."""
    if event.starts_at is None:
        return 1, 0.0, event.id
    seconds = event.starts_at.timestamp()
    ahead = day_of(event, zone) >= today
    return 0 if ahead else 2, seconds if ahead else -seconds, event.id


def next_ones(events: Iterable[Event], *, zone: ZoneInfo, today: date) -> list[Event]:
    """Those from today on by date, each once. Without a date there is no telling."""
    ahead = {event.id: event for event in events if event.starts_at and day_of(event, zone) >= today}
    return sorted(ahead.values(), key=lambda event: (event.starts_at.timestamp() if event.starts_at else 0.0, event.id))


def day_of(event: Event, zone: ZoneInfo) -> date:
    """The show's day where the partner is; the first of all days for an event without a date."""
    return event.starts_at.astimezone(zone).date() if event.starts_at else date.min


def rows(events: Iterable[Event], *, partner: Partner, today: date, reader: Reader) -> tuple[EventRow, ...]:
    return tuple(_row(event, partner=partner, today=today, reader=reader) for event in events)


def _row(event: Event, *, partner: Partner, today: date, reader: Reader) -> EventRow:
    day = day_of(event, partner.zone) if event.starts_at else None
    return EventRow(
        id=event.id,
        title=event.title or event.id,
        place=", ".join(part for part in (event.venue, event.city) if part),
        starts_at=event.starts_at,
        when=_when(day, today, reader) if day else "",
        is_past=day is not None and day < today,
        badges=hero(event, eid=event.id, reader=reader).badges,
        prediction=_prediction(event.benchmark, reader),
        benchmark=_benchmark(event.benchmark, reader),
        href=address("lookout:event", partner, event),
        campaigns=address("wave:campaign", partner, event) if event.campaign_status else "",
    )


def address(name: str, partner: Partner, event: Event) -> str:
    """The event's page of that name, "" where it has none. Ids are the platform's, and some cannot stand in an address:
    a browser makes another one of `.` and `..`."""
    if event.id in (".", ".."):
        return ""
    try:
        return reverse(name, args=[partner.partner_id, event.id])
    except NoReverseMatch:
        return ""


def _when(day: date, today: date, reader: Reader) -> str:
    days = (day - today).days
    if days == 0:
        return _("today")
    n = {"n": reader.count(abs(days))}
    if days > 0:
        return _("tomorrow") if days == 1 else ngettext("in %(n)s day", "in %(n)s days", days) % n
    return _("past: yesterday") if days == -1 else ngettext("past: %(n)s day ago", "past: %(n)s days ago", -days) % n


def _prediction(found: EventBenchmark | None, reader: Reader) -> tuple[str, str]:
    value = found.prediction if found else None
    return raw(value), reader.percent(value, _digits(value))


def _benchmark(found: EventBenchmark | None, reader: Reader) -> str:
    """`state` is an open word: one that is not known is shown as it came."""
    if found is None:
        return ""
    if found.benchmark is None:
        return {"above": _("above the benchmark"), "at": _("at the benchmark"), "below": _("below the benchmark")}.get(
            found.state or "", found.state or ""
        )
    share = reader.percent(found.benchmark, _digits(found.benchmark))
    known = {
        "above": _("above the benchmark of %(share)s"),
        "at": _("at the benchmark of %(share)s"),
        "below": _("below the benchmark of %(share)s"),
        None: _("benchmark %(share)s"),
    }
    if (state := found.state.lower() if found.state else None) in known:
        return known[state] % {"share": share}
    return _("benchmark %(share)s, “%(state)s”") % {"share": share, "state": found.state}


def _digits(fraction: Decimal | None) -> int:
    """Whole percents say enough, unless they would say nothing."""
    return 1 if fraction is not None and Decimal(0) < abs(fraction) < Decimal("0.01") else 0
