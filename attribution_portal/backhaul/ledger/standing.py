"""From stored rows to the pure questions of `state` and `cadence`."""

from __future__ import annotations

from datetime import datetime

from attribution_portal.backhaul import cadence, state
from attribution_portal.backhaul.ledger.known import Known
from attribution_portal.backhaul.models import Evaluation, Package, PartnerPoll, PollState
from attribution_portal.partners.models import Partner


def facts(
    *,
    partner: Partner,
    package: Package,
    poll: PollState,
    latest: Evaluation | None,
    parked: PartnerPoll | None,
    now: datetime,
) -> state.Facts:
    """A partner that is parked fails all its packages, since the moment it began to fail."""
    failing = poll.failing_since
    if parked is not None and parked.parked_until is not None and parked.failing_since is not None:
        failing = min(failing, parked.failing_since) if failing else parked.failing_since
    return state.Facts(
        package_status=package.status,
        vanished=package.vanished_at is not None,
        window=poll.window,
        email_sent_date=poll.email_sent_date,
        settings_changed_at=poll.settings_changed_at,
        pending_changes=poll.pending_changes,
        has_results=latest is not None,
        confirmed_on=latest.last_confirmed.astimezone(partner.zone).date() if latest else None,
        failing_since=failing,
        now=now,
        today=now.astimezone(partner.zone).date(),
    )


def next_due(*, partner: Partner, known: Known, retry_after: float | None, now: datetime) -> datetime | None:
    """When to read again, after the reading that `known` already tells of."""
    zone, latest, settings = partner.zone, known.latest, known.settings
    today = now.astimezone(zone).date()
    held = state.of(
        state.Facts(
            package_status=known.status,
            vanished=known.vanished,
            window=settings.window,
            email_sent_date=settings.email_sent_date,
            settings_changed_at=known.settings_changed_at,
            pending_changes=known.pending_changes,
            has_results=latest is not None,
            confirmed_on=latest.last_confirmed.astimezone(zone).date() if latest else None,
            failing_since=known.failing_since,
            now=now,
            today=today,
        )
    )
    return cadence.next_due(
        cadence.Course(
            state=held,
            package_status=known.status,
            failures=known.failures,
            retry_after=retry_after,
            settings_changed_at=known.settings_changed_at,
            since=latest.first_seen if latest else known.first_seen,
            window=settings.window,
            email_sent_date=settings.email_sent_date,
            watched=known.watched_until is not None and known.watched_until > now,
            now=now,
            today=today,
        )
    )
