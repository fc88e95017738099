"""The list of an event's adjustments with what a person may do about them: one panel for Lookout and Wave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid4

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal.adjustments import readback, tables, wording
from attribution_portal.adjustments.forms import AdjustmentForm
from attribution_portal.adjustments.intents import LOOKED_AFTER, Outcome
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.adjustments.origins import Origin
from attribution_portal.adjustments.rows import Adjustments
from attribution_portal.audit.trail import Actor
from attribution_portal.charts import Cell, Row
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner, Role
from attribution_portal.partners.permissions import Action, may
from attribution_portal.platform_api import adjustments as platform_adjustments
from attribution_portal.platform_api.calls import Read
from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Adjustment, DailyRevenue, Reading

T = TypeVar("T")

NAME: Final = "adjustments"
# What a page takes between its readings and its words.
LATE: Final = timedelta(seconds=15)
# How long it is told that something was not taken after all.
TOLD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose page this is, of which event, and where its forms return to. role: what the reader is to the partner."""

    partner: Partner
    eid: str
    role: Role
    origin: Origin
    reader: Reader
    retry: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row: label, whether it is a number, and cell, per column. token: of its deletion, None where it may not be
    deleted. named: what its button does, for those who do not see the row. going: its deletion is under way or not
    known."""

    id: str
    cells: tuple[tuple[str, bool, Cell], ...]
    token: UUID | None
    named: str
    going: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A request whose outcome is not known or that was not taken. check: whether it may be asked for again."""

    id: int
    sentence: str
    outcome: str
    check: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was deleted here, its numbers plain and as shown. restored: how far taking it back has come, "" when it can
    be; new_id: of the row that this made, where known. token: of taking it back, None where that is not possible."""

    id: int
    platform_id: str
    recorded: str
    source: str
    purchases: tuple[str, str]
    revenue: tuple[str, str]
    currency: str
    who: str
    reason: str
    at: datetime
    restored: str
    new_id: str
    token: UUID | None


@dataclass(frozen=True, slots=True)
class Listing:
    """labels: the heads of the columns, with whether each is one of numbers. form: None where nothing may be added,
    and `why_not` says why to those whose role would let them. may_change: the reader's role lets them, and the
    platform can be reached."""

    address: str
    origin: Origin
    labels: tuple[tuple[str, bool], ...]
    lines: tuple[Line, ...]
    totals: tuple[tuple[str, bool, Cell], ...]
    standing: tuple[Standing, ...]
    tombstones: tuple[Tombstone, ...]
    may_change: bool
    form: AdjustmentForm | None
    why_not: str


Results = Reading[tuple[Adjustment, ...]] | PlatformError
Daily = Reading[DailyRevenue] | PlatformError


def panel(asked: Asked, found: Adjustments, *, results: Results, daily: Daily) -> Panel[Adjustments]:
    """The state is that of campaign results, the endpoint that owns the rows; what daily revenue carries is listed
    below the words in any case."""
    caption = _(
        "All adjustments of this event, over all time. The platform gives no sales date; times in %(zone)s."
    ) % {"zone": asked.reader.zone.key}
    if isinstance(results, NotPermitted):
        words = _("This account may not read adjustments.")
        if found.rows:
            words += " " + _("These came with the daily revenue.")
        carried = daily if isinstance(daily, Reading) else None
        return Panel(
            NAME,
            "not-permitted",
            caption=caption,
            sentence=words,
            read_at=carried.read_at if carried else None,
            stale=carried is not None and carried.stale,
        )
    if isinstance(results, PlatformError):
        return Panel.of(NAME, results, caption=caption, retry=asked.retry)
    if found.daily_error is not None:
        caption += " " + _("Daily revenue could not be read, so rows that only it carries are missing.")
    return Panel.of(
        NAME,
        Reading(found, results.read_at, results.stale),
        caption=caption,
        empty=_("Nothing has been adjusted. The platform adds rows here when its attribution job has run."),
        is_empty=lambda seen: not seen.rows,
    )


def listing(
    asked: Asked,
    found: Adjustments,
    *,
    results: Results,
    daily: Daily,
    currency: str | None,
    named: tuple[str, ...],
    requests: list[AdjustmentRequest] | None = None,
) -> Listing:
    """Reads Postgres alone; on the way, requests nobody knew the end of are settled by what these rows tell.

    currency: what the rows are shown in. named: the currencies that the platform names for the event. requests: those
    about the event's adjustments, from whoever has looked at them while the platform was asked.
    """
    now = timezone.now()
    if requests is None:
        requests = readback.requests_of(asked.partner, asked.eid)
    read_at = readback.ReadAt(
        results.read_at if isinstance(results, Reading) else None,
        daily.read_at if isinstance(daily, Reading) else None,
    )
    if readback.resolve(requests, found, read_at=read_at, actor=Actor.portal()):
        requests = readback.requests_of(asked.partner, asked.eid)
    made = {request.platform_id: request for request in requests if request.makes_a_row and request.platform_id}
    table = tables.adjustments(found, made=made, currency=currency, reader=asked.reader)
    may_change = may(asked.role, Action.CHANGE_ADJUSTMENTS)
    why_not = _why_not(asked, results, named, now) if may_change else ""
    reachable = may_change and not _barred(results, now)
    labels = tuple((column.label, column.numeric) for column in table.columns)
    going = {request.platform_id for request in requests if request.is_open and not request.makes_a_row}

    delete = _("Delete %(day)s, %(revenue)s")

    def cells(row: Row) -> tuple[tuple[str, bool, Cell], ...]:
        return tuple((label, number, cell) for (label, number), cell in zip(labels, row.cells, strict=True))

    return Listing(
        address=reverse("adjustments:create", args=[asked.partner.partner_id, asked.eid]),
        origin=asked.origin,
        labels=labels,
        lines=tuple(
            Line(
                id=row.id,
                cells=cells(row),
                token=uuid4() if reachable and row.id not in going else None,
                named=delete % {"day": row.cells[0].shown, "revenue": row.cells[3].shown},
                going=row.id in going,
            )
            for row in table.rows
        ),
        totals=cells(table.totals) if table.totals else (),
        standing=tuple(_standing(requests, found, may_check=reachable, reader=asked.reader, now=now)),
        tombstones=tuple(_tombstones(asked, requests, found, may_undo=reachable)),
        may_change=reachable,
        form=AdjustmentForm(currency=asked.partner.currency, reader=asked.reader)
        if reachable and asked.partner.currency
        else None,
        why_not=why_not,
    )


def is_cut_off(reading: Reading[T], call: Read[T], now: datetime) -> bool:
    """Whether this is the last answer known of a platform that cannot be reached: younger than the call's hard age, it
    is only being read again."""
    return reading.stale and now - reading.read_at > timedelta(seconds=call.ages.hard) + LATE


def _barred(results: Results, now: datetime) -> bool:
    return isinstance(results, PlatformError) or is_cut_off(results, platform_adjustments.LIST, now)


def _why_not(asked: Asked, results: Results, named: tuple[str, ...], now: datetime) -> str:
    """Why nothing can be added, or what to keep in mind about amounts; the panel itself tells of answers that failed.
    "" where all is well."""
    if isinstance(results, NotPermitted):
        return ""
    if isinstance(results, PlatformError):
        # Why it failed stands right above, and need not be that the platform is away.
        return _("As long as adjustments cannot be read, nothing can be changed.")
    if _barred(results, now):
        return _("The platform cannot be reached right now, so nothing can be changed.")
    currency = asked.partner.currency
    if not currency:
        return _(
            "The platform names no currency for this partner, so amounts cannot be entered: nobody could tell what"
            " they are in."
        )
    others = [name for name in named if name != currency]
    if others:
        return _(
            "Adjustments are in %(currency)s, the partner's currency; the event's own numbers are in %(others)s."
            " Nothing is added up or compared across them."
        ) % {"currency": currency, "others": ", ".join(others)}
    return ""


def _standing(
    requests: list[AdjustmentRequest], found: Adjustments, *, may_check: bool, reader: Reader, now: datetime
) -> Iterable[Standing]:
    for request in requests:
        age = now - request.made_at
        # From when it was found out, which may be long after: nobody was there to be told.
        lost = request.outcome == Outcome.NOT_TAKEN and now - (request.settled_at or request.made_at) < TOLD
        if not lost and not (request.is_open and age < LOOKED_AFTER):
            continue
        candidates = len(readback.candidates_for(request, requests, found)) if request.makes_a_row else 0
        yield Standing(
            id=request.pk,
            sentence=wording.standing(request, candidates=candidates, reader=reader, now=now),
            outcome=request.outcome,
            check=may_check and request.is_open,
        )


def _tombstones(
    asked: Asked, requests: list[AdjustmentRequest], found: Adjustments, *, may_undo: bool
) -> Iterable[Tombstone]:
    undoings = {
        request.undoes.platform_id: request
        for request in requests
        if request.undoes and request.outcome not in (Outcome.REFUSED, Outcome.NOT_TAKEN)
    }
    reader = asked.reader
    there = {row.id for row in found.rows if "results" in row.seen_in}
    deletions = {request.pk: request for request in requests}
    # By the same look at the requests: a deletion that began since then is for the next page.
    deleted = DeletedAdjustment.objects.filter(partner=asked.partner, event_id=asked.eid, deletion__in=list(deletions))
    for each in sorted(deleted, key=lambda each: (deletions[each.deletion_id].made_at, each.pk), reverse=True):
        deletion = deletions[each.deletion_id]
        undoing = undoings.get(each.platform_id)
        restored = _("The row is there again") if each.platform_id in there else ""
        if undoing is not None:
            restored = _("Restored") if undoing.outcome == Outcome.DONE else _("Restoring, not confirmed yet")
        yield Tombstone(
            id=each.pk,
            platform_id=each.platform_id,
            recorded=reader.instant(each.recorded_at) if each.recorded_at else _("Time not stated"),
            source=tables.source_name(each.source or None),
            purchases=(raw(each.purchases), reader.count(each.purchases)),
            revenue=(raw(each.revenue), reader.money(each.revenue, each.currency or None)),
            currency=each.currency,
            who=deletion.user.shown_name,
            reason=deletion.reason,
            at=deletion.made_at,
            restored=restored,
            new_id=undoing.platform_id if undoing else "",
            token=uuid4() if may_undo and not restored else None,
        )
