"""A person changes a package's settings: one intent, at most one PUT, and an outcome that is known or said to be
unknown."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import ledger, polling
from attribution_portal.backhaul.models import Package, PollState, SettingsChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import PlatformError, Unknown
from attribution_portal.platform_api.payloads import AttributionSettings

# Longer than sending a change and reading it back, each within the deadline of a page.
LONGEST_PUT: Final = timedelta(seconds=30)


class Outcome(Enum):
    """SENT_BEFORE: this very intent was sent earlier, and nothing was sent now."""

    DONE = "done"
    NOTHING_CHANGED = "nothing changed"
    SENT_BEFORE = "sent before"
    UNKNOWN = "unknown"


def save(
    *,
    partner: Partner,
    package: Package,
    wanted: AttributionSettings,
    reason: str,
    user: User,
    token: UUID,
) -> Outcome:
    """Replace the settings, which triggers a re-evaluation (contract §8). Raises PlatformError when they certainly
    were not taken: unreadable before, refused, or never sent.

    Settings and results are read just before: the first show whether there is anything to change, the second are the
    baseline against which the ledger can prove what the change brought. Unreadable results cost the proof only. The
    intent is stored before it is sent, so that a second click, a reload or another tab finds its token used.
    """
    if SettingsChange.objects.filter(token=token).exists():
        return Outcome.SENT_BEFORE
    caller = caller_for(partner)
    failed = polling.read_now(partner=partner, package=package, caller=caller)
    # As just read and cached; when that failed, asked for once more and never taken from an older answer.
    own = packages.settings(caller=caller.rereading() if failed else caller, package_id=package.package_id)
    if own.value == wanted:
        return Outcome.NOTHING_CHANGED
    state = PollState.objects.get(pk=package.pk)
    now = timezone.now()
    with transaction.atomic():
        change, created = SettingsChange.objects.get_or_create(
            token=token,
            defaults={
                "partner": partner,
                "package": package,
                "user": user,
                "reason": reason,
                "made_at": now,
                "outcome": SettingsChange.Outcome.UNKNOWN,
                "model": wanted.model or "",
                "window": wanted.window,
                "email_sent_date": wanted.email_sent_date,
                "before_model": state.model,
                "before_window": state.window,
                "before_email_sent_date": state.email_sent_date,
            },
        )
        if created:
            # Whoever dies while the change is under way leaves a package that polling looks at all the same.
            later = Q(next_due=None) | Q(next_due__gt=now + LONGEST_PUT)
            PollState.objects.filter(later, pk=package.pk).update(next_due=now + LONGEST_PUT)
    if not created:
        return Outcome.SENT_BEFORE
    outcome = SettingsChange.Outcome.DONE
    try:
        packages.put_settings(caller=caller_for(partner), package_id=package.package_id, settings=wanted)
    except Unknown:
        outcome = _read_back(partner, package, wanted)
    except PlatformError:
        ledger.settings_sent(change=change, outcome=SettingsChange.Outcome.REFUSED, now=timezone.now())
        raise
    ledger.settings_sent(change=change, outcome=outcome, now=timezone.now())
    return Outcome.DONE if outcome == SettingsChange.Outcome.DONE else Outcome.UNKNOWN


def _read_back(partner: Partner, package: Package, wanted: AttributionSettings) -> SettingsChange.Outcome:
    """Nobody can tell whether the platform took it, so it is asked what is set, once. Anything but the wanted settings
    leaves it open: the PUT may still be on its way, and polling goes on looking."""
    try:
        reading = packages.settings(caller=caller_for(partner).rereading(), package_id=package.package_id)
    except PlatformError:
        return SettingsChange.Outcome.UNKNOWN
    return SettingsChange.Outcome.DONE if reading.value == wanted else SettingsChange.Outcome.UNKNOWN
