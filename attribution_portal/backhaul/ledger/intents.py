"""What a person wants to change, from what they saw, and how that and its outcome go on record.

A form carries its `Basis`: the settings that it showed as being in force, and the newest change that was known with
them. Whoever sends it while something else is in force, or on its way, is asked again and nothing is sent (`Moved`):
of two people who save at the same moment the second learns what the first one did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import Final

from attribution_portal.audit import trail
from attribution_portal.audit.trail import Actor, Kind, Values
from attribution_portal.backhaul.models import Change, DefaultsChange, SettingsChange
from attribution_portal.platform_api.payloads import AttributionSettings

# Longer than sending a change and reading it back, each within the deadline of a page.
LONGEST_SENDING: Final = timedelta(seconds=30)
_ON_RECORD: Final = {
    Change.Outcome.DONE: trail.Outcome.DONE,
    Change.Outcome.REFUSED: trail.Outcome.REFUSED,
    Change.Outcome.UNKNOWN: trail.Outcome.UNKNOWN,
    Change.Outcome.NOT_TAKEN: trail.Outcome.REFUSED,
}


class Outcome(Enum):
    """What became of a form that was sent. SENT_BEFORE: this very intent was sent earlier, and nothing was sent now."""

    DONE = "done"
    NOTHING_CHANGED = "nothing changed"
    SENT_BEFORE = "sent before"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Basis:
    """What somebody saw before they decided. `change`: primary key of the newest change, 0 when there was none."""

    settings: AttributionSettings
    change: int


class Moved(Exception):  # noqa: N818 - what happened, not what went wrong
    """Something else is in force than the person saw, or is about to be. Nothing was sent. `basis`: what they are
    shown now; `change`: whose doing it is, None when nobody did it here."""

    def __init__(self, basis: Basis, change: Change | None) -> None:
        super().__init__("the settings moved")
        self.basis = basis
        self.change = change


def check(basis: Basis | None, *, in_force: AttributionSettings, newest: Change | None) -> None:
    """Raises Moved unless both are what the person saw; `in_force` as just read, `newest`: the newest change that was
    not refused. Without a basis (a form from elsewhere) there is nothing to compare with."""
    if basis is None:
        return
    number = newest.pk if newest is not None else 0
    is_seen = _are_same(in_force, basis.settings)
    if newest is not None and number != basis.change and not _are_same(newest.settings, basis.settings):
        # It was taken after this person's reading began, when that does not show it yet.
        is_in_force = is_seen and newest.outcome == Change.Outcome.DONE
        raise Moved(Basis(newest.settings if is_in_force else in_force, number), newest)
    if not is_seen:
        is_doing = newest is not None and newest.settings == in_force
        raise Moved(Basis(in_force, number), newest if is_doing else None)


def _are_same(one: AttributionSettings, other: AttributionSettings) -> bool:
    """A browser may send white space otherwise than it got it, in a model that only the platform knows."""
    first, second = (replace(each, model=" ".join((each.model or "").split())) for each in (one, other))
    return first == second


def put_on_record(change: SettingsChange | DefaultsChange, *, actor: Actor) -> None:
    """The intent, before it is sent: in the transaction that stores the change, and last in it."""
    change.intent = _record(change, actor=actor, outcome=trail.Outcome.INTENDED)
    change.save(update_fields=["intent"])


def conclude(change: SettingsChange | DefaultsChange, *, actor: Actor, platform_request: str = "") -> None:
    """The outcome that the change has now: in the transaction that stores it, and last in it."""
    outcome = _ON_RECORD[Change.Outcome(change.outcome)]
    _record(change, actor=actor, outcome=outcome, platform_request=platform_request)


def _record(
    change: SettingsChange | DefaultsChange, *, actor: Actor, outcome: trail.Outcome, platform_request: str = ""
) -> trail.AuditEvent:
    if isinstance(change, SettingsChange):
        kind, target, title, reason = (
            Kind.SETTINGS_CHANGED,
            change.package.package_id,
            str(change.package),
            change.reason,
        )
    else:
        kind, target, title, reason = Kind.DEFAULTS_CHANGED, change.partner.partner_id, str(change.partner), ""
    return trail.record(
        kind=kind,
        actor=actor,
        partner=change.partner,
        target=target,
        title=title,
        before=_values(change.before),
        after=_values(change.settings),
        reason=reason,
        outcome=outcome,
        platform_request=platform_request,
        of=change.intent,
    )


def _values(settings: AttributionSettings) -> Values:
    day = settings.email_sent_date
    return {
        "model": settings.model,
        "window": settings.window,
        "email_sent_date": day.isoformat() if day else None,
    }
