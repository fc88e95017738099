"""Creating, deleting and restoring adjustments: one call per intent, and what became of it.

All three return the request with its outcome, `done` or `unknown`. They raise PlatformError when the platform certainly
did not take it, and one of the exceptions below when nothing was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.adjustments import intents, readback, reading
from attribution_portal.adjustments.intents import OPEN, Outcome
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.adjustments.reading import Desk
from attribution_portal.adjustments.rows import AdjustmentRow
from attribution_portal.audit.trail import Actor
from attribution_portal.formats import raw
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import adjustments
from attribution_portal.platform_api.errors import PlatformError, Unknown
from attribution_portal.platform_api.payloads import Taken

T = TypeVar("T")
Action = AdjustmentRequest.Action
UNTAKEN = (Outcome.REFUSED, Outcome.NOT_TAKEN)


class EqualUnderWay(Exception):  # noqa: N818 - what happened, not what went wrong
    """An equal adjustment of this event is being sent, or was while the rows were read, or nobody knows yet whether it
    was taken."""


class BeingDeleted(Exception):  # noqa: N818
    """The row is being deleted already, or it is not known yet whether it was."""


class RestoredBefore(Exception):  # noqa: N818
    """This row was restored already, or it is not known yet whether it was."""


class StillThere(Exception):  # noqa: N818
    """The row that was deleted is there, still or again: a second one would count twice."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and under which one-time token."""

    user: User
    actor: Actor
    partner: Partner
    token: UUID


@dataclass(frozen=True, slots=True)
class Values:
    """purchases counts; revenue is money in currency, "" where nobody names one."""

    purchases: int
    revenue: Decimal
    currency: str


def create(
    person: Person, desk: Desk, values: Values, *, reason: str, although_under_way: bool = False
) -> AdjustmentRequest:
    """although_under_way: the person confirmed to send it beside an equal one; else that raises EqualUnderWay."""
    request = _request(person, desk, values, Action.CREATE, reason=reason)

    def check() -> None:
        if not although_under_way and equal_under_way(person.partner, desk, values):
            raise EqualUnderWay

    return _post(request, person, check)


def restore(person: Person, desk: Desk, tombstone: DeletedAdjustment) -> AdjustmentRequest:
    """Create again what was deleted; it gets a new id. Raises RestoredBefore, and StillThere for a row that the desk
    shows."""
    if tombstone.platform_id in desk.known_ids:
        raise StillThere
    values = Values(tombstone.purchases, tombstone.revenue, tombstone.currency)
    request = _request(person, desk, values, Action.UNDO)
    request.undoes = tombstone

    def check() -> None:
        # By the row and not by the deletion: a row may have been deleted twice, when the platform went on showing it.
        undoings = AdjustmentRequest.of_event(person.partner, desk.eid).filter(
            undoes__platform_id=tombstone.platform_id
        )
        if undoings.exclude(outcome__in=UNTAKEN).exists():
            raise RestoredBefore

    return _post(request, person, check)


def delete(person: Person, desk: Desk, row: AdjustmentRow, *, reason: str) -> AdjustmentRequest:
    """row: one of the desk's, so just read for this partner and this event. The call itself names a bare id, and
    nothing else would keep it from hitting somebody else's row. Raises BeingDeleted, and ValueError for a row that is
    not the desk's."""
    if row not in desk.found.rows:
        raise ValueError("only a row that was just read may be deleted")
    partner = person.partner
    values = Values(row.purchases, row.revenue, partner.currency)
    request = _request(person, desk, values, Action.DELETE, reason=reason)
    request.platform_id, request.source, request.recorded_at = row.id, row.source or "", row.created_at

    def check() -> None:
        same = Q(action=Action.DELETE, platform_id=row.id)
        # One that was done while the row was being read leaves nothing to delete either.
        under_way = Q(outcome__in=OPEN) | Q(outcome=Outcome.DONE, settled_at__gte=desk.began)
        if AdjustmentRequest.of_event(partner, desk.eid).filter(same & under_way).exists():
            raise BeingDeleted

    intents.begin(request, actor=person.actor, check=check)
    answer = _send(
        request,
        person,
        lambda: adjustments.delete(caller=caller_for(partner), adjustment_id=row.id, eid=desk.eid),
    )
    if answer is None:
        return look_again(request, person.actor)
    return intents.settle(
        request, Outcome.DONE, actor=person.actor, platform_request=answer.request_id, change=readback.bury
    )


def equal_under_way(partner: Partner, desk: Desk, values: Values) -> bool:
    """Whether an equal row may be there, or come, that the desk does not show."""
    equal = Q(purchases=values.purchases, revenue=values.revenue) & ~Q(action=Action.DELETE)
    since = Q(outcome=Outcome.DONE, settled_at__gte=desk.began)
    return (
        AdjustmentRequest.of_event(partner, desk.eid)
        .filter(equal & (intents.looked_after(timezone.now()) | since))
        .exists()
    )


def look_again(request: AdjustmentRequest, actor: Actor) -> AdjustmentRequest:
    """Read back whether the platform took it. What cannot be read leaves it as it is."""
    try:
        desk = reading.read(request.partner, request.event_id, everything_anew=True)
    except PlatformError:
        desk = None
    if desk is not None:
        requests = readback.requests_of(request.partner, request.event_id)
        readback.resolve(requests, desk.found, read_at=desk.read_at, actor=actor)
    return AdjustmentRequest.objects.select_related("partner", "user").get(pk=request.pk)


def look_after(partner: Partner, eid: str) -> None:
    """Read back, for nobody in particular, what became of the event's requests that are not known. Raises
    PlatformError."""
    unsure = AdjustmentRequest.of_event(partner, eid).filter(intents.looked_after(timezone.now()))
    if not unsure.exists():
        return
    desk = reading.read(partner, eid, everything_anew=True, lane="polling")
    requests = readback.requests_of(partner, eid)
    readback.resolve(requests, desk.found, read_at=desk.read_at, actor=Actor.portal())


def _request(person: Person, desk: Desk, values: Values, action: Action, *, reason: str = "") -> AdjustmentRequest:
    return AdjustmentRequest(
        partner=person.partner,
        event_id=desk.eid,
        event_title=desk.title,
        user=person.user,
        token=person.token,
        action=action,
        purchases=values.purchases,
        revenue=values.revenue,
        currency=values.currency,
        reason=reason,
        known_ids=desk.known_ids,
    )


def _post(request: AdjustmentRequest, person: Person, check: Callable[[], None]) -> AdjustmentRequest:
    intents.begin(request, actor=person.actor, check=check)
    answer = _send(
        request,
        person,
        lambda: adjustments.create(
            caller=caller_for(person.partner),
            eid=request.event_id,
            purchases=request.purchases,
            # Without the zeros of its column.
            revenue=Decimal(raw(request.revenue)),
        ),
    )
    if answer is None:
        return look_again(request, person.actor)
    made = answer.value.id if answer.value else ""
    done = readback.settle_made(request, made, actor=person.actor, platform_request=answer.request_id)
    return done if done.platform_id else look_again(done, person.actor)


def _send(request: AdjustmentRequest, person: Person, call: Callable[[], Taken[T]]) -> Taken[T] | None:
    """The one call. None: nobody knows what became of it, which is on record by then. Whoever dies in between leaves
    the request as `sending`, which reading back resolves like an unknown one."""
    try:
        return call()
    except Unknown as error:
        intents.settle(request, Outcome.UNKNOWN, actor=person.actor, platform_request=error.request_id or "")
        return None
    except PlatformError as error:
        intents.settle(request, Outcome.REFUSED, actor=person.actor, platform_request=error.request_id or "")
        raise
