"""What other rooms know that claims an event's revenue, for pages that do not know those rooms.

A room adds its own when the portal starts: `claims.register(claims.of_event)` in its `AppConfig.ready`. A source reads
what the portal keeps, never the platform: a page waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attribution_portal.formats import Reader
    from attribution_portal.partners.models import Partner

__all__ = ["Claim", "Source", "of_event", "register"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one package is said to have sold, of the event and of others.

    revenue: money in the partner's currency, of the package as a whole; None while there is no result. counts: which
    purchases it counts, in words. events: how many events the package holds. alone: it counts purchases of this event
    and of no other, so its revenue is this event's. read_at: when the result was last confirmed."""

    id: str
    title: str
    href: str
    counts: str
    revenue: Decimal | None
    events: int
    alone: bool
    read_at: datetime | None


# The partner, the platform's id of the event, and who reads.
Source = Callable[["Partner", str, "Reader"], Sequence[Claim]]

_sources: list[Source] = []


def register(source: Source) -> None:
    """Once, however often it is asked for."""
    if source not in _sources:
        _sources.append(source)


def of_event(partner: Partner, eid: str, *, reader: Reader) -> tuple[Claim, ...]:
    """Every source's claims on this event: those with a result first, the largest before smaller ones."""
    found = [claim for source in _sources for claim in source(partner, eid, reader)]
    return tuple(sorted(found, key=lambda claim: (claim.revenue is None, -(claim.revenue or 0), claim.title, claim.id)))
