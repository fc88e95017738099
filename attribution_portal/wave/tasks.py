"""What Celery runs for the campaigns list: a partner and a page of the list in, its results into the cache."""

from __future__ import annotations

from celery import shared_task

from attribution_portal.partners.models import Partner
from attribution_portal.wave.overview import filling


@shared_task(name="wave.read_results")
def read_results(partner: int, page: str) -> None:
    found = Partner.objects.filter(connected=True, switched_off_at=None, pk=partner)
    tenant = found.select_related("service_account").first()
    if tenant is not None:
        filling.fill(tenant, page)


def send(partner: int, page: str) -> None:
    """Into the queue; a page does not wait for a broker that is away."""
    read_results.apply_async(args=(partner, page), expires=filling.EXPIRES, retry=False)
