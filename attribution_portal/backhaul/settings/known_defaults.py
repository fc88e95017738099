"""A partner's defaults as last read, kept so that lists can tell which packages deviate without asking the platform."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.models import KnownDefaults
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.platform_api.transport import Caller

# One read a partner: what somebody changes elsewhere is known the same day.
AFTER: Final = timedelta(hours=6)
REMEMBER: Final = """
INSERT INTO backhaul_knowndefaults AS known (partner_id, model, "window", email_sent_date, read_at)
VALUES (%(partner)s, %(model)s, %(window)s, %(day)s, %(read_at)s)
ON CONFLICT (partner_id) DO UPDATE
SET model = excluded.model, "window" = excluded."window", email_sent_date = excluded.email_sent_date,
    read_at = excluded.read_at
WHERE known.read_at <= excluded.read_at
"""


def remember(*, partner: Partner, settings: AttributionSettings, read_at: datetime) -> None:
    """`read_at` is by the database's clock. What was read earlier than what is known changes nothing."""
    values: dict[str, int | str | date | datetime | None] = {
        "partner": partner.pk,
        "model": settings.model or "",
        "window": settings.window,
        "day": settings.email_sent_date,
        "read_at": read_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, values)


def refresh(*, partner: Partner, caller: Caller, now: datetime) -> None:
    """Read them where they are not known, or not since long. A partner whose defaults cannot be read has none to
    deviate from, or keeps those last known: the list of its packages does not fail for that."""
    if KnownDefaults.objects.filter(partner=partner, read_at__gt=now - AFTER).exists():
        return
    try:
        reading = packages.partner_defaults(caller=caller)
    except PlatformError:
        return
    remember(partner=partner, settings=reading.value, read_at=reading.read_at + clock.ahead(clock.now()))
