"""What Celery runs for changes whose outcome nobody knows: an event in, a look at the platform, nothing is sent.

Whoever opens the event's page settles them as well. This is for when nobody does, so that the trail has an outcome for
each intent whose process died and whose person went away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from celery import shared_task
from django.utils import timezone

from attribution_portal.adjustments import intents, sending
from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.lookout.event_model import changing
from attribution_portal.lookout.models import ModelChange
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError

EXPIRES: Final = 290


@shared_task(name="lookout.look_after")
def look_after() -> None:
    for partner, eid in _in_doubt(timezone.now()):
        look_after_event.apply_async(args=(partner, eid), expires=EXPIRES)


@shared_task(name="lookout.look_after_event")
def look_after_event(partner: int, eid: str) -> None:
    found = Partner.objects.filter(connected=True, switched_off_at=None, pk=partner)
    tenant = found.select_related("service_account").first()
    if tenant is None:
        return
    for look in (sending.look_after, changing.look_after):
        try:
            look(tenant, eid)
        except PlatformError:
            # Asked again in a few minutes, for a week; and whenever somebody opens the page.
            continue


def _in_doubt(now: datetime) -> list[tuple[int, str]]:
    """The events, by partner, with a change that is not being sent any more and whose outcome is not known."""
    open_since_long = intents.looked_after(now) & intents.sent(now)
    return sorted(
        {
            pair
            for model in (AdjustmentRequest, ModelChange)
            for pair in model.objects.filter(open_since_long).values_list("partner_id", "event_id")
        }
    )
