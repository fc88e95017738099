"""Names of time zones as this machine knows them, and what stands in for one that it does not know. Pure."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

UTC: Final = ZoneInfo("UTC")
# What a machine's own folder of zones may hold besides zones: they mean another thing on another machine.
NO_ZONES: Final = frozenset({"localtime", "Factory", "posixrules"})


@cache
def names() -> frozenset[str]:
    """Every IANA name, old ones included. Python's own list leaves out `posix/…` and `right/…`, which it would open."""
    return frozenset(available_timezones() - NO_ZONES)


def zone(name: str) -> ZoneInfo | None:
    """None for what this machine does not know: its tables may be older, or newer, than those the name came from."""
    if name in NO_ZONES:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def spelled(name: str) -> str | None:
    """The name as it is written, for one that is wrong only in its capitals."""
    folded = name.casefold()
    return next((known for known in names() if known.casefold() == folded), None)
