"""Stretches of days that are drawn behind an event's sales and come from rooms that Lookout does not know.

A room adds its own when the portal starts: `bands.register(windows.of_event)` in its `AppConfig.ready`. A source reads
what the portal keeps, never the platform: a page waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attribution_portal.charts.revenue import Band

if TYPE_CHECKING:
    from attribution_portal.partners.models import Partner

__all__ = ["Band", "Source", "of_event", "register"]

# The partner and the platform's id of the event.
Source = Callable[["Partner", str], Sequence[Band]]

_sources: list[Source] = []


def register(source: Source) -> None:
    """Once, however often it is asked for."""
    if source not in _sources:
        _sources.append(source)


def of_event(partner: Partner, eid: str) -> tuple[Band, ...]:
    """Every source's bands for this event, in the order of their days."""
    found = [band for source in _sources for band in source(partner, eid)]
    return tuple(sorted(found, key=lambda band: (band.start, band.end, band.kind, band.label)))
