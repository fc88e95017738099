"""What became of requests whose outcome is not known: told by reading what is there now, never by sending again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from attribution_portal.adjustments import intents
from attribution_portal.adjustments.intents import LOOKED_AFTER, ON_ITS_WAY, Outcome
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.adjustments.rows import AdjustmentRow, Adjustments
from attribution_portal.audit.trail import Actor
from attribution_portal.partners.models import Partner

Action = AdjustmentRequest.Action


@dataclass(frozen=True, slots=True)
class ReadAt:
    """When campaign results and daily revenue were read; None where that failed."""

    results: datetime | None
    daily: datetime | None

    @property
    def both(self) -> datetime | None:
        return min(self.results, self.daily) if self.results and self.daily else None


def requests_of(partner: Partner, eid: str) -> list[AdjustmentRequest]:
    """Every request about the event's adjustments, newest first."""
    found = AdjustmentRequest.of_event(partner, eid).order_by("-made_at", "-pk")
    # Most events have none, for which joins would be built on every look at the page.
    requests = list(found.prefetch_related("user", "undoes"))
    for request in requests:
        request.partner = partner
    return requests


def resolve(requests: Sequence[AdjustmentRequest], found: Adjustments, *, read_at: ReadAt, actor: Actor) -> bool:
    """Settle what the reading tells. Whether anything was settled.

    requests: all of the event's. found: the event's rows. What was sent after they were read is left alone, and so is
    what somebody is sending right now.
    """
    now = timezone.now()
    unsure = [request for request in requests if _wants_looking_after(request, now)]
    if not unsure or read_at.results is None:
        return False
    settled = [_resolve(request, requests, found, read_at=read_at, actor=actor) for request in unsure]
    return any(settled)


def _wants_looking_after(request: AdjustmentRequest, now: datetime) -> bool:
    if request.outcome == Outcome.SENDING:
        return request.was_left_behind(now)
    if request.outcome == Outcome.UNKNOWN:
        # However long nobody looked: as long as it is open it stands in the way of others about the same row.
        return True
    # The platform may have taken a row without showing it (204); which one it is can be found out later.
    untold = request.outcome == Outcome.DONE and request.makes_a_row and not request.platform_id
    return untold and now - request.made_at < LOOKED_AFTER


def _resolve(
    request: AdjustmentRequest,
    requests: Iterable[AdjustmentRequest],
    found: Adjustments,
    *,
    read_at: ReadAt,
    actor: Actor,
) -> bool:
    """A new row is looked for in campaign results, which own it; a deleted one must be gone from both answers."""
    seen_at = read_at.results if request.makes_a_row else read_at.both
    if seen_at is None or seen_at <= request.made_at:
        return False
    late = seen_at - request.made_at > ON_ITS_WAY
    if not request.makes_a_row:
        there = any(row.id == request.platform_id for row in found.rows)
        if not there:
            return _settle(request, Outcome.DONE, actor)
        return _settle(request, Outcome.NOT_TAKEN if late else Outcome.UNKNOWN, actor)
    candidates = candidates_for(request, requests, found)
    if len(candidates) == 1 and not rivals(request, requests):
        return _name(request, candidates[0].id, actor)
    return _settle(request, Outcome.NOT_TAKEN if not candidates and late else Outcome.UNKNOWN, actor)


def candidates_for(
    request: AdjustmentRequest, requests: Iterable[AdjustmentRequest], found: Adjustments
) -> list[AdjustmentRow]:
    """Rows that were not there before, have the values of this request, and are nobody else's."""
    taken = {other.platform_id for other in requests if other.makes_a_row} | set(request.known_ids)
    return [
        row
        for row in found.rows
        if "results" in row.seen_in
        and row.id not in taken
        and (row.purchases, row.revenue) == (request.purchases, request.revenue)
    ]


def rivals(request: AdjustmentRequest, requests: Iterable[AdjustmentRequest]) -> bool:
    """Whether an equal row could as well be another request's. The row of one that was sent long before is among the
    rows that were known when this one was sent, if it came at all."""
    return any(
        other.pk != request.pk
        and other.makes_a_row
        and not other.platform_id
        and other.outcome not in (Outcome.REFUSED, Outcome.NOT_TAKEN)
        and other.made_at + ON_ITS_WAY > request.made_at
        and (other.purchases, other.revenue) == (request.purchases, request.revenue)
        for other in requests
    )


def _name(request: AdjustmentRequest, platform_id: str, actor: Actor) -> bool:
    """The request's row is this one."""
    if request.outcome == Outcome.DONE:
        nameless = AdjustmentRequest.objects.filter(pk=request.pk, platform_id="")
        return bool(nameless.update(platform_id=platform_id))
    return settle_made(request, platform_id, actor=actor).outcome == Outcome.DONE


def _settle(request: AdjustmentRequest, outcome: Outcome, actor: Actor) -> bool:
    if request.outcome in (outcome, Outcome.DONE):
        return False
    change = bury if outcome == Outcome.DONE else None
    intents.settle(request, outcome, actor=actor, change=change)
    return True


def settle_made(
    request: AdjustmentRequest, platform_id: str, *, actor: Actor, platform_request: str = ""
) -> AdjustmentRequest:
    """Done; platform_id is "" where the platform did not show the row and reading did not tell it either. One that
    was there before, or is another request's, is not this one's: then it has none."""

    def name(locked: AdjustmentRequest) -> None:
        others = AdjustmentRequest.objects.filter(partner=locked.partner, platform_id=platform_id)
        if platform_id not in locked.known_ids and not others.exclude(action=Action.DELETE).exists():
            locked.platform_id = platform_id

    return intents.settle(request, Outcome.DONE, actor=actor, platform_request=platform_request, change=name)


def bury(request: AdjustmentRequest) -> None:
    """Keep what was deleted."""
    DeletedAdjustment.objects.create(
        partner=request.partner,
        event_id=request.event_id,
        platform_id=request.platform_id,
        purchases=request.purchases,
        revenue=request.revenue,
        currency=request.currency,
        source=request.source,
        recorded_at=request.recorded_at,
        deletion=request,
    )
