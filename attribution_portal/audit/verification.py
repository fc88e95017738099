"""Reading a whole chain again, to find what was changed behind the portal's back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from attribution_portal.audit.chain import BEGINNING, digest
from attribution_portal.audit.models import AuditEvent, ChainHead

ROWS_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain breaks: the position, the time of the row there or just after (None when there is none), and what
    is wrong."""

    position: int
    at: datetime | None
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """One chain: how many rows were read, the hash of the last ("" for none), the faults in order of position, and
    which of the hashes that were asked for are in it."""

    events: int
    hash: str
    faults: tuple[Fault, ...]
    known: frozenset[str]


def chains() -> tuple[int | None, ...]:
    """Every chain that has a head or rows, by its partner's key; the portal-wide one, None, comes first."""
    keys = set(ChainHead.objects.values_list("partner_id", flat=True))
    keys |= set(AuditEvent.objects.order_by().values_list("partner_id", flat=True).distinct())
    return tuple(sorted(keys, key=lambda key: (key is not None, key or 0)))


def verify(partner_pk: int | None, known: frozenset[str] = frozenset()) -> Verified:
    """Read a chain from its first event to its last and compare it with its head. Nothing is locked.

    A changed row is found by its own hash; one that is missing, moved or slipped in, by its position or by the hash
    of the event before it; a tail that was cut off, by the head. Each row is compared with what the row before it
    says of itself, so that a fault is told once and does not spoil the rest. A chain that was rebuilt with its head
    is only found by a hash that is known from before (see `chain.py`)."""
    whose = Q(partner=None) if partner_pk is None else Q(partner=partner_pk)
    heads, rows = ChainHead.objects.filter(whose), AuditEvent.objects.filter(whose).order_by("position")
    before = heads.first()
    faults: list[Fault] = []
    events, position, last, met = 0, 0, BEGINNING, set()
    for event in rows.iterator(ROWS_AT_ONCE):
        events += 1
        faults += _broken(event, position, last)
        if before is not None and event.position == before.position and event.hash != before.hash:
            faults.append(Fault(event.position, event.at, "it is not the event that the chain's head knows"))
        if event.hash in known:
            met.add(event.hash)
        position, last = event.position, event.hash
    faults += _end(before, heads, position)
    return Verified(events, last, tuple(faults), frozenset(met))


def _broken(event: AuditEvent, position: int, last: str) -> list[Fault]:
    """`position` and `last` are the position and the hash of the row before."""
    faults = []
    missing = event.position - position - 1
    if missing:
        what = "1 event is missing" if missing == 1 else f"{missing} events are missing"
        faults.append(Fault(position + 1, event.at, what))
    elif event.previous_hash != last:
        faults.append(Fault(event.position, event.at, "it does not follow the event before it"))
    if digest(event) != event.hash:
        faults.append(Fault(event.position, event.at, "its content was changed"))
    return faults


def _end(before: ChainHead | None, heads: QuerySet[ChainHead], position: int) -> list[Fault]:
    """The rows read end between the head as it was before and as it is after: others may record meanwhile."""
    after = heads.first()
    if before is not None and position < before.position:
        missing = before.position - position
        what = "the last event is missing" if missing == 1 else f"the last {missing} events are missing"
        return [Fault(position + 1, None, what)]
    if after is None and position:
        return [Fault(position, None, "the chain's head is missing")]
    if after is not None and position > after.position:
        return [Fault(after.position + 1, None, "it comes after the chain's head")]
    return []
