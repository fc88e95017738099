"""Which settings count for a package: its own, and value by value the partner's defaults where it has none. Pure.

That the defaults fill the gaps, and that they do so one by one, is assumed (contract §8, A): the platform documents
that a package may override the defaults, and not what happens when it overrides some of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from attribution_portal.platform_api.payloads import AttributionSettings

SETTING_NAMES: Final = ("model", "window", "email_sent_date")
UNSET: Final = AttributionSettings(model=None, window=None, email_sent_date=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The settings that count for a package, and the names of those that come from its partner's defaults."""

    settings: AttributionSettings
    inherited: tuple[str, ...] = ()


def in_force(own: AttributionSettings, defaults: AttributionSettings) -> InForce:
    """The package's own value where it has one, else the partner's default (A)."""
    values = {name: getattr(own, name) for name in SETTING_NAMES}
    inherited = tuple(name for name in SETTING_NAMES if values[name] is None and getattr(defaults, name) is not None)
    values.update({name: getattr(defaults, name) for name in inherited})
    return InForce(settings=AttributionSettings(**values), inherited=inherited)


def only(settings: AttributionSettings, names: Iterable[str]) -> AttributionSettings:
    """Those settings that are named; the others are not set."""
    wanted = set(names)
    return AttributionSettings(**{name: getattr(settings, name) if name in wanted else None for name in SETTING_NAMES})


def own_of(settings: AttributionSettings, inherited: Iterable[str]) -> AttributionSettings:
    """The package's own part of the settings in force, of which `inherited` are the partner's defaults."""
    return only(settings, set(SETTING_NAMES) - set(inherited))


def changed(before: AttributionSettings, after: AttributionSettings) -> tuple[str, ...]:
    """The names of the settings that differ."""
    return tuple(name for name in SETTING_NAMES if getattr(before, name) != getattr(after, name))
