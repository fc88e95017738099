"""The list of a partner's packages, from Postgres: never one platform call per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from attribution_portal.backhaul.ledger.reading import error_words, parked
from attribution_portal.backhaul.models import Package, PartnerPoll
from attribution_portal.backhaul.overview import listed
from attribution_portal.backhaul.overview.listed import Boxes, Listed
from attribution_portal.backhaul.overview.selection import Filters
from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner

COLUMNS: Final = ("package", "state", "settings", "customers", "items", "revenue", "changed")
SORTS: Final = ("package", "created", "window", "customers", "items", "revenue", "changed")
DEFAULT: Final = "-created"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the list. notes: words at fields, by query parameter. path: the list's own address, without a
    query; csv, xlsx: those of its files."""

    partner: Partner
    filters: Filters
    number: int
    notes: Mapping[str, str]
    path: str
    csv: str
    xlsx: str
    reader: Reader
    now: datetime


@dataclass(frozen=True, slots=True)
class PackagesPage:
    """`summary` says how many were found, or why there is nothing. `last` is the address of the last page, where one
    beyond it was asked for; `clear` that of the list without filters; each "" where there is no need. `event`: the
    title of the one event whose packages are listed."""

    filters: Filters
    notes: Mapping[str, str]
    panel: Panel[Listed]
    title: str
    summary: str
    boxes: Boxes
    event: str
    last: str
    clear: str
    path: str
    address: str
    csv: str
    xlsx: str


def page(asked: Asked) -> PackagesPage:
    partner, filters, reader = asked.partner, asked.filters, asked.reader
    poll = parked(partner)
    found = listed.listed(
        {partner.pk: partner.currency},
        filters=filters,
        number=asked.number,
        columns=COLUMNS,
        default=DEFAULT,
        path=asked.path,
        with_reasons=False,
        reader=reader,
        now=asked.now,
    )
    panel = _panel(asked, found, poll)
    title = listed.title(found, reader) if panel.state == "ready" else reader.gettext("Packages")
    beyond = bool(found.figures.total and not found.lines)
    return PackagesPage(
        filters=filters,
        notes=asked.notes,
        panel=panel,
        title=title,
        summary=title if panel.state == "ready" else str(panel.sentence),
        boxes=listed.boxes(filters, reader),
        event=_event_title(partner, filters.event),
        last=filters.address(asked.path, page=found.paging.pages or 1) if beyond else "",
        clear=asked.path if filters.are_set else "",
        path=asked.path,
        address=filters.address(asked.path, page=asked.number),
        csv=filters.address(asked.csv),
        xlsx=filters.address(asked.xlsx),
    )


def _panel(asked: Asked, found: Listed, poll: PartnerPoll | None) -> Panel[Listed]:
    """What is stored is shown also while the list cannot be read, with the reason."""
    reader, total = asked.reader, found.figures.total
    words = error_words(poll.last_error) if poll else ""
    listed_at = poll.listed_at if poll else None
    if found.lines:
        said = [reader.gettext("As the portal last read each package. Days are those of the zone %(zone)s.")]
        if words:
            said.append(reader.gettext("The list cannot be read at the moment. %(why)s"))
        caption = " ".join(said) % {"zone": asked.partner.zone.key, "why": words}
        return Panel(
            "packages",
            "ready",
            data=found,
            caption=caption,
            read_at=listed_at,
            stale=bool(words),
            failing=bool(words),
        )
    if total:
        sentence = reader.gettext("The list ends before this page.")
        return Panel("packages", "empty", sentence=sentence, read_at=listed_at)
    if asked.filters.are_set and Package.objects.filter(partner=asked.partner).exists():
        sentence = reader.gettext("No package matches these filters.")
        return Panel("packages", "empty", sentence=sentence, read_at=listed_at, stale=bool(words), failing=bool(words))
    if words and poll is not None:
        state: Final = "not-permitted" if poll.last_error == "NotPermitted" else "failed"
        return Panel("packages", state, sentence=words, retry=asked.path)
    if listed_at is None:
        sentence = reader.gettext(
            "The packages have not been read yet. They appear here as soon as the platform answers."
        )
        return Panel("packages", "empty", sentence=sentence)
    return Panel(
        "packages",
        "empty",
        sentence=reader.gettext(
            "No packages yet. They appear here within five minutes of being ordered at the platform."
        ),
        read_at=listed_at,
    )


def _event_title(partner: Partner, event: str) -> str:
    """As a package names it; the id where none does."""
    if not event:
        return ""
    found = Package.objects.filter(partner=partner, events__contains=[{"id": event}]).values_list("events", flat=True)
    named = [each["title"] for each in found.first() or () if each["id"] == event]
    return next(iter(named), "") or event
