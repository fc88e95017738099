"""The activity page and its exports: one partner's audit trail, or what operators may see of all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from attribution_portal.audit.filters import NO_SUCH_ENTRY, NOBODY, Filters
from attribution_portal.audit.kinds import GROUPS, Group, Kind, Outcome
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.wording import (
    Change,
    actor_words,
    changes,
    kind_words,
    outcome_words,
    title_words,
    values_text,
)
from attribution_portal.exports import Column, Sheet, Value
from attribution_portal.formats import Reader
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners.models import Partner

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PER_PAGE: Final = 50
ROWS_AT_ONCE: Final = 2000
NEWEST_FIRST: Final = ("-at", "-position", "-pk")
# Of a partner's trail operators see who belongs to it and how it is connected: nothing that holds its numbers.
FOR_OPERATORS: Final = (Group.PEOPLE, Group.CONNECTION)
_BADGES: Final = {
    Outcome.INTENDED.value: "waiting",
    Outcome.DONE.value: "final",
    Outcome.REFUSED.value: "failing",
    Outcome.UNKNOWN.value: "unknown",
}
# Where the target of an event has its page.
_PAGES: Final[dict[str, str]] = {
    **dict.fromkeys(GROUPS[Group.ADJUSTMENTS], "lookout:event"),
    Kind.EVENT_MODEL_CHANGED: "lookout:event",
    Kind.SETTINGS_CHANGED: "backhaul:package",
    Kind.PACKAGE_REVIEWED: "backhaul:package",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose events are read: a partner's or, without one, the portal's as operators see it."""

    partner: Partner | None

    def events(self) -> QuerySet[AuditEvent]:
        if self.partner is not None:
            return AuditEvent.objects.filter(partner=self.partner)
        kinds = [kind for group in FOR_OPERATORS for kind in GROUPS[group]]
        return AuditEvent.objects.filter(Q(partner=None) | Q(kind__in=kinds)).select_related("partner")

    @property
    def groups(self) -> tuple[Group, ...]:
        """The kinds of events that there can be."""
        if self.partner is None:
            return (Group.SIGN_IN, Group.PEOPLE, Group.CONNECTION, Group.EXPORTS)
        return tuple(group for group in Group if group is not Group.SIGN_IN)

    def address(self, what: Literal["activity", "csv", "xlsx"]) -> str:
        if self.partner is None:
            return reverse(f"audit:portal_{what}")
        return reverse(f"audit:{what}", args=[self.partner.partner_id])

    def currency(self) -> str:
        return self.partner.currency if self.partner else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, ready to be shown. `remark`: what became of an intent, "" for any other event."""

    id: UUID
    at: datetime
    who: str
    address: str
    session: str
    partner: str
    what: str
    title: str
    target: str
    href: str
    changes: tuple[Change, ...]
    reason: str
    outcome: Badge
    remark: str
    platform_request: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """`newer` and `older` are addresses of the pages beside this one, `clear` that of the page without filters, each ""
    where there is none. `summary` says how many entries match, or why there are none."""

    filters: Filters
    notes: Mapping[str, str]
    panel: Panel[tuple[Entry, ...]]
    total: int
    summary: str
    path: str
    address: str
    newer: str
    older: str
    clear: str
    csv: str
    xlsx: str
    people: tuple[Choice, ...]
    groups: tuple[Choice, ...]
    shows_partners: bool


Cursor = tuple[Literal["before", "after"], UUID]


def page(
    *, scope: Scope, filters: Filters, cursor: Cursor | None, notes: Mapping[str, str], reader: Reader
) -> ActivityPage:
    """The entries that match, newest first, 50 a page."""
    found = scope.events().filter(filters.condition)
    total = found.count()
    from_there = scope.events().filter(pk=cursor[1]).first() if cursor else None
    if cursor and from_there is None:
        notes = {**notes, "before": str(NO_SUCH_ENTRY)}
        cursor = None
    events, newer, older = _window(found, cursor and cursor[0], from_there)
    path = scope.address("activity")
    return ActivityPage(
        filters=filters,
        notes=notes,
        panel=_panel(scope, filters, _entries(scope, events, reader)),
        total=total,
        summary=ngettext("%(n)s entry", "%(n)s entries", total) % {"n": reader.count(total)},
        path=path,
        address=filters.address(path, **({cursor[0]: str(cursor[1])} if cursor else {})),
        newer=filters.address(path, after=str(events[0].pk)) if newer else "",
        older=filters.address(path, before=str(events[-1].pk)) if older else "",
        clear=path if filters.set else "",
        csv=filters.address(scope.address("csv")),
        xlsx=filters.address(scope.address("xlsx")),
        people=_people(scope, filters),
        groups=tuple(Choice(group.value, str(group.label), group is filters.group) for group in scope.groups),
        shows_partners=scope.partner is None,
    )


def _window(
    found: QuerySet[AuditEvent], direction: Literal["before", "after"] | None, there: AuditEvent | None
) -> tuple[list[AuditEvent], bool, bool]:
    """One page of events, newest first, and whether there are newer and older ones."""
    if there is None or direction is None:
        events = list(found.order_by(*NEWEST_FIRST)[: PER_PAGE + 1])
        return events[:PER_PAGE], False, len(events) > PER_PAGE
    if direction == "before":
        events = list(found.filter(_beside(there, "lt")).order_by(*NEWEST_FIRST)[: PER_PAGE + 1])
        newer = found.filter(~_beside(there, "lt")).exists()
        return events[:PER_PAGE], newer and bool(events), len(events) > PER_PAGE
    oldest_first = [column.removeprefix("-") for column in NEWEST_FIRST]
    events = list(found.filter(_beside(there, "gt")).order_by(*oldest_first)[: PER_PAGE + 1])
    older = found.filter(~_beside(there, "gt")).exists()
    return events[:PER_PAGE][::-1], len(events) > PER_PAGE, older and bool(events)


def _beside(there: AuditEvent, side: Literal["lt", "gt"]) -> Q:
    """Events older (`lt`) or newer (`gt`) than one of them, in the order of the page."""
    return (
        Q(**{f"at__{side}": there.at})
        | Q(at=there.at, **{f"position__{side}": there.position})
        | Q(at=there.at, position=there.position, **{f"pk__{side}": there.pk})
    )


def _panel(scope: Scope, filters: Filters, entries: tuple[Entry, ...]) -> Panel[tuple[Entry, ...]]:
    caption = _("Times are in the zone %(zone)s. Entries are never changed or removed.") % {"zone": filters.zone.key}
    if entries:
        return Panel("activity", "ready", data=entries, caption=caption)
    sentence = (
        _("No entries match these filters.")
        if filters.set or scope.events().exists()
        else _("Nothing is on record yet. What people change and export appears here at once.")
    )
    return Panel("activity", "empty", data=(), caption=caption, sentence=sentence)


def _people(scope: Scope, filters: Filters) -> tuple[Choice, ...]:
    emails = scope.events().exclude(email="").order_by("email").values_list("email", flat=True).distinct()
    known = list(emails)
    if filters.person not in ("", NOBODY, *known):
        known.append(filters.person)
    nobody = Choice(NOBODY, _("Nobody who was signed in"), filters.person == NOBODY)
    return (*(Choice(email, email, email == filters.person) for email in known), nobody)


def _entries(scope: Scope, events: list[AuditEvent], reader: Reader) -> tuple[Entry, ...]:
    intents = [event.pk for event in events if event.outcome == Outcome.INTENDED]
    outcomes = dict(AuditEvent.objects.filter(of__in=intents).order_by("position").values_list("of", "outcome"))
    return tuple(_entry(scope, event, outcomes.get(event.pk), reader) for event in events)


def _entry(scope: Scope, event: AuditEvent, became: str | None, reader: Reader) -> Entry:
    remark = ""
    if event.outcome == Outcome.INTENDED:
        remark = (
            _("Outcome: %(outcome)s") % {"outcome": outcome_words(became)} if became else _("No outcome on record yet")
        )
    return Entry(
        id=event.pk,
        at=event.at,
        who=actor_words(event),
        address=event.address,
        session=event.session,
        partner=event.partner.name if scope.partner is None and event.partner else "",
        what=kind_words(event.kind),
        # Who signs in is told once.
        title="" if event.target == event.email and not event.title else title_words(event),
        target=event.target if event.title not in ("", event.target) else "",
        href=_href(scope, event),
        changes=changes(event, reader, scope.currency()),
        reason=event.reason,
        outcome=Badge(outcome_words(event.outcome), _BADGES.get(event.outcome, "neutral")),
        remark=remark,
        platform_request=event.platform_request,
    )


def _href(scope: Scope, event: AuditEvent) -> str:
    """The page of what the event is about; "" where there is none, and for operators, who have no partner's pages."""
    name = _PAGES.get(event.kind)
    if scope.partner is None or name is None or not event.target:
        return ""
    try:
        return reverse(name, args=[scope.partner.partner_id, event.target])
    except NoReverseMatch:
        return ""


def sheet(*, scope: Scope, filters: Filters, reader: Reader, now: datetime) -> tuple[Sheet, int]:
    """Every event up to now that matches, newest first, and how many there are."""
    found = scope.events().filter(filters.condition, at__lte=now)
    total = found.count()
    whose = scope.partner.partner_id if scope.partner else "portal"
    partner = () if scope.partner else (Column(_("Partner"), width=24),)
    return Sheet(
        name=f"activity-{whose}-{now.astimezone(reader.zone):%Y-%m-%d}",
        title=_("Activity"),
        columns=(
            Column(_("Time"), width=20),
            Column(_("Person"), width=28),
            Column(_("Address")),
            Column(_("Session")),
            *partner,
            Column(_("What"), width=28),
            Column(_("On what"), width=36),
            Column(_("Id"), width=24),
            Column(_("Before"), width=36),
            Column(_("After"), width=36),
            Column(_("Reason"), width=36),
            Column(_("Outcome"), width=14),
            Column(_("Platform's request"), width=28),
            Column(_("Position"), width=10),
            Column(_("Hash"), width=66),
        ),
        rows=_rows(scope, found.order_by(*NEWEST_FIRST), reader),
        zone=reader.zone,
        about=_about(scope, filters, reader, total, now),
    ), total


def _rows(scope: Scope, found: QuerySet[AuditEvent], reader: Reader) -> Iterator[tuple[Value, ...]]:
    currency = scope.currency()
    # A file is still being sent when the request is over, and with it its language.
    with override(reader.locale):
        for event in found.iterator(ROWS_AT_ONCE):
            partner = () if scope.partner else (event.partner.name if event.partner else None,)
            yield (
                event.at,
                actor_words(event),
                event.address,
                event.session,
                *partner,
                kind_words(event.kind),
                title_words(event),
                event.target,
                values_text(event.before, reader, currency),
                values_text(event.after, reader, currency),
                event.reason,
                outcome_words(event.outcome),
                event.platform_request,
                event.position,
                event.hash,
            )


def _about(scope: Scope, filters: Filters, reader: Reader, total: int, now: datetime) -> tuple[tuple[str, str], ...]:
    labels: dict[str, StrOrPromise] = {
        "q": _("Search"),
        "person": _("Person"),
        "kind": _("Kind"),
        "from": _("From"),
        "to": _("To"),
    }
    shown = {name: f"{labels[name]}: {value}" for name, value in filters.set.items()}
    if filters.group:
        shown["kind"] = f"{labels['kind']}: {filters.group.label}"
    return (
        (_("Whose"), scope.partner.name if scope.partner else _("The portal")),
        (_("Filters"), "; ".join(shown.values()) or _("none: everything on record")),
        (_("Entries"), reader.count(total)),
        (_("As of"), reader.instant(now)),
        (
            _("Position and hash"),
            _(
                "Events are numbered without gaps, and each one's hash covers the one before it. "
                "The command verify_audit tells whether any was changed or removed."
            ),
        ),
    )
