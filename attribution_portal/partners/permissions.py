"""Which role may do what: the one table that views, templates and tests go by.

A partner's actions belong to a membership's role. What concerns the whole portal belongs to operators, who see no
partner's numbers unless they are a member as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attribution_portal.partners.models import Role


class Action(StrEnum):
    """What a person may do with one partner. The value is the name by which templates ask: `may.change_settings`."""

    READ = "read"
    CHANGE_ADJUSTMENTS = "change_adjustments"
    CHANGE_EVENT_MODEL = "change_event_model"
    CHANGE_SETTINGS = "change_settings"
    READ_ACTIVITY = "read_activity"
    CHANGE_DEFAULTS = "change_defaults"
    REVIEW = "review"
    MANAGE_MEMBERS = "manage_members"


_READERS: Final = frozenset(Role)
_EDITORS: Final = frozenset({Role.EDITOR, Role.ACCOUNT_MANAGER})
_MANAGERS: Final = frozenset({Role.ACCOUNT_MANAGER})

ROLES: Final[Mapping[Action, frozenset[Role]]] = {
    Action.READ: _READERS,
    Action.CHANGE_ADJUSTMENTS: _EDITORS,
    Action.CHANGE_EVENT_MODEL: _EDITORS,
    Action.CHANGE_SETTINGS: _EDITORS,
    Action.READ_ACTIVITY: _EDITORS,
    Action.CHANGE_DEFAULTS: _MANAGERS,
    Action.REVIEW: _MANAGERS,
    Action.MANAGE_MEMBERS: _MANAGERS,
}


def may(role: Role | None, action: Action) -> bool:
    """False for somebody without a role."""
    return role is not None and role in ROLES[action]


class Rights:
    """For templates: `{% if may.change_settings %}`. An action that does not exist raises."""

    def __init__(self, role: Role | None) -> None:
        self._role = role

    def __getitem__(self, name: str) -> bool:
        return may(self._role, Action(name))
