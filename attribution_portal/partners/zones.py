"""The time zones that a partner may have."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

# What a machine's own folder of zones may hold besides zones: they mean another thing on another machine.
NO_ZONES = {"localtime", "Factory", "posixrules"}


@cache
def zones() -> tuple[str, ...]:
    """Every IANA name, sorted."""
    return tuple(sorted(available_timezones() - NO_ZONES))


def is_zone(name: str) -> bool:
    return name in zones()
