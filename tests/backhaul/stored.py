"""Packages, results and their readings as rows, without a platform."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.models import Evaluation, Package, PollState
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.partners.models import Partner

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)


def made(partner: Partner, package_id: str, poll: dict[str, Any] | None = None, **columns: Any) -> Package:
    """A package that was read without results; `poll`: what was read."""
    given: dict[str, Any] = {"title": package_id, "status": "DONE", "first_seen": NOW, "last_seen": NOW, **columns}
    package = Package.objects.create(partner=partner, package_id=package_id, **given)
    PollState.objects.create(
        package=package,
        partner=partner,
        last_read_at=NOW,
        last_ok_at=NOW,
        **{"model": "EVENTS_FROM_PACKAGE", **(poll or {})},
    )
    return package


def result(package: Package, confirmed: datetime = NOW, *, number: int = 1, revenue: str = "120.50") -> Evaluation:
    """The package's newest row of the ledger from now on."""
    row = Evaluation.objects.create(
        partner=package.partner,
        package=package,
        number=number,
        settings_fingerprint="s",
        fingerprint=f"f{number}",
        clusters=[{"tc": "a", "customers": str(10 * number), "items": "20", "revenue": revenue}],
        customers=10 * number,
        items=20,
        revenue=Decimal(revenue),
        first_seen=confirmed,
        last_confirmed=confirmed,
        certainty="presumed",
    )
    PollState.objects.filter(pk=package.pk).update(latest=row)
    return row


def sign(package: Package, user: User, note: str = "Checked") -> None:
    """An account manager signs the newest result off."""
    seen = reviews.Seen.of(package.poll)
    assert seen is not None
    reviews.sign_off(
        partner=package.partner,
        package=package,
        seen=seen,
        note=note,
        user=user,
        actor=Actor(user, user.email),
        token=uuid4(),
    )
