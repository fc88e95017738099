"""Packages with results, as the polling engine would have stored them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from attribution_portal.backhaul.models import Evaluation, Package, PollState
from attribution_portal.partners.models import Partner

READ_AT = datetime(2026, 6, 14, 6, tzinfo=UTC)


def stored(
    partner: Partner,
    package_id: str,
    *events: str,
    revenue: str | None = "5000",
    model: str = "EVENTS_FROM_PACKAGE",
    vanished: bool = False,
) -> Package:
    """A package with these events and, unless `revenue` is None, a result in the ledger."""
    package = Package.objects.create(
        partner=partner,
        package_id=package_id,
        title=f"Package {package_id}",
        events=[{"id": event, "title": event} for event in events],
        first_seen=READ_AT,
        last_seen=READ_AT,
        vanished_at=READ_AT if vanished else None,
    )
    latest = None
    if revenue is not None:
        latest = Evaluation.objects.create(
            partner=partner,
            package=package,
            number=1,
            model=model,
            window=14,
            email_sent_date=date(2026, 6, 1),
            settings_fingerprint="s",
            fingerprint="f",
            clusters=[],
            customers=10,
            items=20,
            revenue=Decimal(revenue),
            first_seen=READ_AT,
            last_confirmed=READ_AT,
            certainty=Evaluation.Certainty.PRESUMED,
        )
    PollState.objects.create(package=package, partner=partner, latest=latest)
    return package
