"""What Celery runs: ids in, the room's function, nothing else. A message that waited too long is dropped (`expires`),
because what it asks for is claimed again from the database."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.polling import engine, listing, rounds
from attribution_portal.backhaul.settings import defaults, known_defaults
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.tasks import suspect
from attribution_portal.platform_api.errors import NotPermitted, PlatformError

# A chunk that waited this long has almost lost its lease.
CHUNK_EXPIRES = 300
# The tick after sends it again.
LIST_EXPIRES = 25


@shared_task(name="backhaul.claim_due")
def claim_due() -> None:
    rounds.ticked()
    _send_due()


def _send_due() -> None:
    for chunk in engine.claim_due(now=clock.now()):
        poll_chunk.apply_async(args=(chunk.partner, list(chunk.packages), str(chunk.lease)), expires=CHUNK_EXPIRES)


@shared_task(name="backhaul.poll_chunk")
def poll_chunk(partner: int, packages: list[int], lease: str) -> None:
    engine.poll_chunk(engine.Chunk(partner=partner, packages=tuple(packages), lease=UUID(lease)))
    # Whoever has read a chunk sees to it that there is a next one: while work is due, nobody waits for the beat.
    _send_due()


@shared_task(name="backhaul.list_packages")
def list_packages() -> None:
    for partner in listing.due(clock.now()):
        list_partner.apply_async(args=(partner.pk,), expires=LIST_EXPIRES)
    for partner in defaults.in_doubt(clock.now()):
        settle_defaults.apply_async(args=(partner.pk,), expires=LIST_EXPIRES)


@shared_task(name="backhaul.list_partner")
def list_partner(partner: int) -> None:
    found = listing.due(clock.now()).filter(pk=partner).first()
    if found is None:
        # Parked, switched off or disconnected since it was sent.
        return
    try:
        engine.list_packages(partner=found)
        known_defaults.refresh(partner=found, caller=caller_for(found, lane="polling"), now=clock.now())
    except NotPermitted:
        # Perhaps it has left its account altogether.
        suspect(found)
    except PlatformError:
        # Remembered with the partner, and shown on its pages.
        return


@shared_task(name="backhaul.settle_defaults")
def settle_defaults(partner: int) -> None:
    for doubtful in defaults.in_doubt(clock.now()):
        if doubtful.pk == partner:
            try:
                defaults.settle(doubtful)
            except PlatformError:
                # Asked again at the next tick, for an hour; and whenever somebody opens the page.
                return


@shared_task(name="backhaul.prune")
def prune() -> None:
    rounds.prune(now=clock.now())
