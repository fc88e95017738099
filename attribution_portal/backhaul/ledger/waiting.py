"""From a change of the settings to the results that answer it: what a package waits for, and what that proves.

The platform's results carry no time and no echo of the settings (contract §8), so the portal proves what can be
proved:

- *proved*: exactly one settings change stands between the row before and this one, and the old results were read once
  more at that change (within `BASELINE` before it was sent, or after it). What came then came from it. Of first
  results only when nothing could be evaluated before the change: else an evaluation was still to come anyway.
- *presumed*: no settings change was seen since the row before; also a package's first results.
- *unknown*: settings and results changed between the same two readings, several changes are unanswered, the settings
  changed while the results were being read or before there were any, or 48 hours after a change the results are still
  the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.ledger import intents, known, standing
from attribution_portal.backhaul.ledger.known import Known
from attribution_portal.backhaul.models import Evaluation, PollState, SettingsChange
from attribution_portal.backhaul.state import IN_DOUBT, PATIENCE

BASELINE: Final = timedelta(seconds=10)


def settings_sent(
    *,
    change: SettingsChange,
    outcome: SettingsChange.Outcome,
    actor: Actor,
    platform_request: str = "",
    now: datetime,
) -> None:
    """What became of a change made here, stored and on record. When it is done, the package waits for its results from
    now on; a poll that has already seen the new settings has done the same, and it counts once. In doubt the package is
    read soon, too."""
    with transaction.atomic():
        states = known.lock(partner=change.partner, packages=[change.package_id])
        if not states:
            raise PollState.DoesNotExist
        (state,) = states
        change.refresh_from_db()
        if change.outcome == SettingsChange.Outcome.DONE:
            return
        change.outcome = outcome
        change.save(update_fields=["outcome"])
        if outcome == SettingsChange.Outcome.DONE:
            newer = SettingsChange.objects.get(pk=state.last_change_id) if state.last_change_id else None
            if newer is not None and newer.user_id and newer.made_at > change.made_at:
                # Somebody saved after this and has heard back before: theirs are in force, and results may answer both.
                state.pending_changes += 1
                state.settings_changed_at = now
            elif state.settings != change.settings:
                # From now on and not from when it was sent: a reading that began in between may have come before it.
                begin(state, change, at=now)
                state.settings = change.settings
            state.inherited = ()
        state.next_due = standing.next_due(partner=change.partner, known=state, retry_after=None, now=now)
        if outcome == SettingsChange.Outcome.UNKNOWN:
            state.next_due = now
        known.save(states, let_go=False)
        intents.conclude(change, actor=actor, platform_request=platform_request)


def begin(state: Known, change: SettingsChange, *, at: datetime) -> None:
    """Changes after which the portal has given up waiting no longer stand in the way of the next proof."""
    given_up = state.settings_changed_at is not None and change.made_at - state.settings_changed_at >= PATIENCE
    state.pending_changes = 1 if given_up else state.pending_changes + 1
    state.settings_changed_at = at
    state.last_change_id, state.last_change = change.pk, change


def has_lasted(state: Known, *, until: datetime) -> bool:
    """Whether the portal has waited for other results for as long as it does."""
    changed = state.settings_changed_at
    return state.pending_changes > 0 and changed is not None and until - changed >= PATIENCE


def certainty(state: Known, *, before: datetime | None, changed_now: bool) -> Evaluation.Certainty:
    """How sure it is that results which differ belong to the settings read with them."""
    if state.pending_changes == 0:
        return Evaluation.Certainty.PRESUMED
    change = state.last_change
    if state.pending_changes > 1 or changed_now or change is None or before is None:
        return Evaluation.Certainty.UNKNOWN
    if state.latest is None and change.before_model and change.before_window is not None:
        return Evaluation.Certainty.UNKNOWN
    slack = BASELINE if change.user_id else timedelta(0)
    return Evaluation.Certainty.PROVED if before >= change.made_at - slack else Evaluation.Certainty.UNKNOWN


def did_not_arrive(state: Known, change: SettingsChange) -> bool:
    """Its settings were not in force long after it was sent. If they are later, somebody else has set them."""
    return state.last_ok_at is not None and state.last_ok_at - change.made_at > IN_DOUBT
