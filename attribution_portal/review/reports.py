"""The account managers' board: packages across the partners that somebody manages, what needs attention first. Reads
Postgres only, and adds no money across currencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Count, Min, Q
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import PartnerPoll, Summary
from attribution_portal.backhaul.overview import listed, row_words, selection
from attribution_portal.backhaul.overview.listed import Boxes, Listed
from attribution_portal.backhaul.overview.selection import Filters, Reason
from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.partners.permissions import ROLES, Action
from attribution_portal.programme.filters import Choice

COLUMNS: Final = ("package", "partner", "state", "settings", "customers", "items", "revenue", "changed")
SORTS: Final = ("attention", "package", "partner", "created", "window", "customers", "items", "revenue", "changed")
DEFAULT: Final = "attention"


class Managed(NamedTuple):
    """A partner as the board needs it. There are hundreds, of which a page shows a few: so no models."""

    pk: int
    partner_id: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the board. partners: those that the person manages. path, csv, xlsx: addresses without a
    query."""

    partners: Sequence[Managed]
    filters: Filters
    number: int
    notes: Mapping[str, str]
    path: str
    csv: str
    xlsx: str
    reader: Reader
    now: datetime


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many packages there is one reason to look at; `href` lists them alone."""

    reason: str
    label: str
    n: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Board:
    """As `inventory.PackagesPage`. `counts`: how much of what matches the other filters needs attention, and why."""

    filters: Filters
    notes: Mapping[str, str]
    panel: Panel[Listed]
    title: str
    summary: str
    counts: tuple[ReasonCount, ...]
    boxes: Boxes
    reasons: tuple[Choice, ...]
    partner_options: SafeString
    last: str
    clear: str
    path: str
    address: str
    csv: str
    xlsx: str


def managed_by(user: User) -> list[Managed]:
    """The partners whose packages this person may review. One that an operator switched off is closed."""
    roles = [role.value for role in ROLES[Action.REVIEW]]
    managed = Partner.objects.filter(memberships__user=user, memberships__role__in=roles, switched_off_at=None)
    return [Managed(*row) for row in managed.order_by("name", "pk").values_list(*Managed._fields)]


def board(asked: Asked) -> Board:
    filters, reader = asked.filters, asked.reader
    found = listed.listed(
        {partner.pk: partner.currency for partner in asked.partners},
        filters=filters,
        number=asked.number,
        columns=COLUMNS,
        default=DEFAULT,
        path=asked.path,
        with_reasons=True,
        reader=reader,
        now=asked.now,
    )
    panel = _panel(asked, found)
    title = listed.title(found, reader) if panel.state == "ready" else reader.gettext("Packages")
    beyond = bool(found.figures.total and not found.lines)
    return Board(
        filters=filters,
        notes=asked.notes,
        panel=panel,
        title=title,
        summary=title if panel.state == "ready" else str(panel.sentence),
        counts=_counts(asked, found),
        boxes=listed.boxes(filters, reader),
        reasons=tuple(
            Choice(reason.value, row_words.reason_name(reason, reader), reason.value in filters.why)
            for reason in Reason
        ),
        partner_options=_partner_options(asked),
        last=filters.address(asked.path, page=found.paging.pages or 1) if beyond else "",
        clear=asked.path if filters.are_set else "",
        path=asked.path,
        address=filters.address(asked.path, page=asked.number),
        csv=filters.address(asked.csv),
        xlsx=filters.address(asked.xlsx),
    )


def _partner_options(asked: Asked) -> SafeString:
    """Hundreds of them, so not by a template."""
    chosen = frozenset(asked.filters.partners)
    options = [
        f'<option value="{escape(each.partner_id)}"{" selected" if each.partner_id in chosen else ""}>'
        f"{escape(each.name)}</option>"
        for each in asked.partners
    ]
    return mark_safe("".join(options))  # noqa: S308 - all that is not written here is escaped


def rows_by_partner(asked: Asked) -> dict[int, int]:
    """How many packages of each partner match: what each partner's trail says of a file."""
    partners = [partner.pk for partner in asked.partners]
    rows = selection.of_partners(partners, asked.now, parked=selection.parked_of(partners))
    found = selection.matching(rows, asked.filters, asked.now).order_by("partner_id")
    return dict(found.values("partner_id").annotate(n=Count("pk")).values_list("partner_id", "n"))


def _counts(asked: Asked, found: Listed) -> tuple[ReasonCount, ...]:
    """Only what there is; what is chosen stays, also at none."""
    filters, counts = asked.filters, []
    for reason in Reason:
        n, chosen = found.figures.reasons[reason], reason.value in filters.why
        if n or chosen:
            alone = filters.why == (reason.value,)
            href = replace(filters, why=() if alone else (reason.value,)).address(asked.path)
            name = row_words.reason_name(reason, asked.reader)
            counts.append(ReasonCount(reason.value, name, n, href, chosen))
    return tuple(counts)


def _panel(asked: Asked, found: Listed) -> Panel[Listed]:
    reader = asked.reader
    partners = [partner.pk for partner in asked.partners]
    polls = PartnerPoll.objects.filter(selection.among(partners))
    read = polls.aggregate(
        oldest=Min("listed_at"), silent=Count("pk", filter=~Q(last_error="")), listed=Count("listed_at")
    )
    n = read["silent"]
    silent = ""
    if n:
        silent = reader.ngettext(
            "The packages of %(n)s partner cannot be read at the moment.",
            "The packages of %(n)s partners cannot be read at the moment.",
            n,
        ) % {"n": reader.count(n)}
    if found.lines:
        caption = reader.gettext(
            "As the portal last read each package. What needs attention comes first; who has waited longest, before "
            "others. Days are those of each partner's zone; amounts are never added across currencies."
        )
        return Panel(
            "review",
            "ready",
            data=found,
            caption=f"{caption} {silent}".strip(),
            read_at=read["oldest"],
            stale=bool(n),
            failing=bool(n),
        )
    if found.figures.total:
        return Panel("review", "empty", sentence=reader.gettext("The list ends before this page."))
    if asked.filters.are_set and Summary.objects.filter(selection.among(partners)).exists():
        return Panel("review", "empty", sentence=reader.gettext("No package matches these filters."))
    if n and not read["listed"]:
        return Panel("review", "failed", sentence=silent, retry=asked.path)
    sentence = reader.gettext(
        "Your partners have no packages yet. They appear here as soon as the portal has read them."
    )
    return Panel("review", "empty", sentence=f"{sentence} {silent}".strip(), read_at=read["oldest"])
