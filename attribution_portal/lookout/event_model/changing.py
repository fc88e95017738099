"""Changing an event's attribution model: one PUT per intent, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.adjustments import intents
from attribution_portal.adjustments.intents import ON_ITS_WAY, OPEN, Outcome
from attribution_portal.audit.trail import Actor
from attribution_portal.lookout.models import ModelChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import events
from attribution_portal.platform_api.errors import PlatformError, Unknown
from attribution_portal.platform_api.payloads import Reading


class ChangedMeanwhile(Exception):  # noqa: N818 - what happened, not what went wrong
    """Somebody else is changing it, or did while it was being read."""


@dataclass(frozen=True, slots=True)
class Wish:
    """own: the event's model as just read, past the cache, since `read_from`; None where it has none."""

    user: User
    actor: Actor
    partner: Partner
    eid: str
    title: str
    token: UUID
    model: str
    own: str | None
    read_from: datetime


def save(wish: Wish) -> ModelChange:
    """Returns the change, done or unknown. Raises PlatformError when the platform certainly did not take it, and
    SentBefore or ChangedMeanwhile when nothing was sent."""
    change = ModelChange(
        partner=wish.partner,
        event_id=wish.eid,
        event_title=wish.title,
        user=wish.user,
        token=wish.token,
        model=wish.model,
        before=wish.own or "",
        default=wish.partner.default_event_model,
    )

    def check() -> None:
        recent = Q(settled_at__gte=wish.read_from) | Q(outcome=Outcome.SENDING)
        others = ModelChange.of_event(wish.partner, wish.eid).filter(recent)
        now = timezone.now()
        for other in others:
            if other.was_left_behind(now):
                intents.settle(other, Outcome.UNKNOWN, actor=Actor.portal())
            elif other.outcome not in (Outcome.REFUSED, Outcome.NOT_TAKEN):
                raise ChangedMeanwhile

    intents.begin(change, actor=wish.actor, check=check)
    try:
        taken = events.set_attribution_model(caller=caller_for(wish.partner), eid=wish.eid, model=wish.model)
    except Unknown as error:
        unknown = intents.settle(change, Outcome.UNKNOWN, actor=wish.actor, platform_request=error.request_id or "")
        return _look_again(unknown, wish.actor)
    except PlatformError as error:
        intents.settle(change, Outcome.REFUSED, actor=wish.actor, platform_request=error.request_id or "")
        raise
    return intents.settle(change, Outcome.DONE, actor=wish.actor, platform_request=taken.request_id)


def open_changes(partner: Partner, eid: str) -> list[ModelChange]:
    """Newest first: those whose outcome is not known."""
    mine = ModelChange.of_event(partner, eid).filter(intents.looked_after(timezone.now()))
    changes = list(mine.prefetch_related("user").order_by("-made_at"))
    for change in changes:
        change.partner = partner
    return changes


def resolve(changes: Iterable[ModelChange], own: Reading[str | None], *, actor: Actor) -> bool:
    """Settle what the reading tells; what was sent after it, or is being sent right now, is left alone. Whether
    anything was settled."""
    now = timezone.now()
    settled = False
    for change in changes:
        sending = change.outcome == Outcome.SENDING and not change.was_left_behind(now)
        if sending or change.outcome not in OPEN or own.read_at <= change.made_at:
            continue
        if own.value == change.model:
            outcome = Outcome.DONE
        elif own.read_at - change.made_at > ON_ITS_WAY:
            outcome = Outcome.NOT_TAKEN
        else:
            outcome = Outcome.UNKNOWN
        if outcome != change.outcome:
            intents.settle(change, outcome, actor=actor)
            settled = True
    return settled


def look_after(partner: Partner, eid: str) -> None:
    """Read back, for nobody in particular, what became of the event's changes that are not known. Raises
    PlatformError."""
    changes = open_changes(partner, eid)
    if changes:
        own = events.attribution_model(caller=caller_for(partner, lane="polling"), eid=eid)
        resolve(changes, own, actor=Actor.portal())


def _look_again(change: ModelChange, actor: Actor) -> ModelChange:
    """Read back whether the platform took it. What cannot be read leaves it as it is."""
    try:
        own = events.attribution_model(caller=caller_for(change.partner).rereading(), eid=change.event_id)
    except PlatformError:
        return change
    resolve([change], own, actor=actor)
    return ModelChange.objects.get(pk=change.pk)
