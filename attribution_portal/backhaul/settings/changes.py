"""A person changes a package's settings: one intent, at most one PUT, and an outcome that is known or said to be
unknown."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import clock, precedence
from attribution_portal.backhaul.ledger import history, intents, recording, waiting
from attribution_portal.backhaul.ledger.intents import LONGEST_SENDING, Basis, Outcome
from attribution_portal.backhaul.models import Package, PollState, SettingsChange
from attribution_portal.backhaul.polling import visits
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import PlatformError, Unknown
from attribution_portal.platform_api.payloads import AttributionSettings


def save(
    *,
    partner: Partner,
    package: Package,
    wanted: AttributionSettings,
    basis: Basis | None,
    reason: str,
    actor: Actor,
    token: UUID,
) -> Outcome:
    """Replace the settings, which triggers a re-evaluation (contract §8). Raises PlatformError when they certainly
    were not taken: unreadable before, refused, or never sent; Moved when something else than `basis` is in force.

    Settings and results are read just before: the first show whether there is anything to change, the second are the
    baseline against which the ledger can prove what the change brought. Unreadable results cost the proof only. The
    intent is stored and on record before it is sent, so that a second click, a reload or another tab finds its token
    used.
    """
    if SettingsChange.objects.filter(token=token).exists():
        return Outcome.SENT_BEFORE
    caller = caller_for(partner)
    failed = visits.read_now(partner=partner, package=package, caller=caller)
    asked_at = clock.now()
    # As just read and cached; when that failed, asked for once more and never taken from an older answer.
    own = packages.settings(caller=caller.rereading() if failed else caller, package_id=package.package_id).value
    if failed:
        # Whoever changed them elsewhere did so before this: two changes, and results may answer either.
        recording.record_settings(partner=partner, package=package, own=own, started_at=asked_at, now=clock.now())
    if own == wanted:
        return Outcome.NOTHING_CHANGED
    change = _begin(partner, package, wanted, own=own, basis=basis, reason=reason, actor=actor, token=token)
    if change is None:
        return Outcome.SENT_BEFORE
    try:
        taken = packages.put_settings(caller=caller_for(partner), package_id=package.package_id, settings=wanted)
    except Unknown as error:
        outcome, request_id = _read_back(partner, package, wanted), error.request_id or ""
    except PlatformError as error:
        _settle(change, SettingsChange.Outcome.REFUSED, actor, error.request_id or "")
        raise
    else:
        outcome, request_id = SettingsChange.Outcome.DONE, taken.request_id
    _settle(change, outcome, actor, request_id)
    return Outcome.DONE if outcome == SettingsChange.Outcome.DONE else Outcome.UNKNOWN


def _begin(
    partner: Partner,
    package: Package,
    wanted: AttributionSettings,
    *,
    own: AttributionSettings,
    basis: Basis | None,
    reason: str,
    actor: Actor,
    token: UUID,
) -> SettingsChange | None:
    """The intent, stored; None when its token was used. Whoever saves this package's settings stands in line at its
    poll state, so that the second of two finds what the first one stored. Raises Moved."""
    now = clock.now()
    with transaction.atomic(durable=True):
        state = PollState.objects.select_for_update().get(pk=package.pk)
        if SettingsChange.objects.filter(token=token).exists():
            return None
        in_force = precedence.in_force(own, precedence.only(state.settings, state.inherited)).settings
        intents.check(basis, in_force=in_force, newest=history.newest(package))
        change = SettingsChange(
            partner=partner,
            package=package,
            user=actor.user,
            reason=reason,
            made_at=now,
            outcome=SettingsChange.Outcome.UNKNOWN,
            token=token,
        )
        change.settings, change.before = wanted, in_force
        change.save(force_insert=True)
        # Whoever dies while the change is under way leaves a package that polling looks at all the same.
        later = Q(next_due=None) | Q(next_due__gt=now + LONGEST_SENDING)
        PollState.objects.filter(later, pk=package.pk).update(next_due=now + LONGEST_SENDING)
        intents.put_on_record(change, actor=actor)
    return change


def _settle(change: SettingsChange, outcome: SettingsChange.Outcome, actor: Actor, platform_request: str) -> None:
    waiting.settings_sent(
        change=change, outcome=outcome, actor=actor, platform_request=platform_request, now=clock.now()
    )


def _read_back(partner: Partner, package: Package, wanted: AttributionSettings) -> SettingsChange.Outcome:
    """Nobody can tell whether the platform took it, so it is asked what is set, once. Anything but the wanted settings
    leaves it open: the PUT may still be on its way, and polling goes on looking."""
    try:
        reading = packages.settings(caller=caller_for(partner).rereading(), package_id=package.package_id)
    except PlatformError:
        return SettingsChange.Outcome.UNKNOWN
    return SettingsChange.Outcome.DONE if reading.value == wanted else SettingsChange.Outcome.UNKNOWN
