"""Since when "what changed since my last visit" counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from attribution_portal.accounts.models import User
from attribution_portal.dashboard.models import Visit
from attribution_portal.partners.models import Partner

# A visit ends with a look that none follows for this long; a reload within it shows the same changes again.
PAUSE: Final = timedelta(minutes=30)


def look(*, user: User, partner: Partner, now: datetime) -> datetime | None:
    """Put this look down. The last look of the visit before this one, or None during the first.

    The database decides in one statement, so that two tabs that open at once are one visit."""
    own = Visit.objects.filter(user=user, partner=partner)
    known = own.update(
        before=Case(When(seen_at__lte=now - PAUSE, then=F("seen_at")), default=F("before")),
        seen_at=Greatest(F("seen_at"), Value(now)),
    )
    if not known:
        Visit.objects.bulk_create([Visit(user=user, partner=partner, seen_at=now)], ignore_conflicts=True)
    return own.values_list("before", flat=True).get()
