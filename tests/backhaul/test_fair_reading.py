"""While one partner's budget is spent or its platform does not answer, others are read as ever, and people first."""

from __future__ import annotations

import threading
import time as clock_of_the_machine
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import PartnerPoll, PollState
from attribution_portal.backhaul.polling import engine
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import budget, packages
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.conftest import Partners

PollAll = Callable[[], tuple[recording.Recorded, ...]]


def spend(partner: Partner, count: int) -> None:
    """People have read so much in this minute."""
    for _ in range(count):
        budget.spend(
            partner_id=partner.partner_id,
            kind="read",
            lane="person",
            endpoint="GET /events/",
            until=clock_of_the_machine.monotonic() + 1,
        )


@pytest.mark.django_db
def test_a_partner_whose_budget_is_spent_waits_in_postgres_and_the_others_are_read(
    acme: Partner, partners: Partners, sandbox: Sandbox, time: Time, poll_all: PollAll, settings: object
) -> None:
    engine.list_packages(partner=partners.sakura)
    time.forward(minutes=5)
    PollState.objects.update(next_due=time.now)
    settings.PLATFORM_READS_PER_MINUTE = 100  # type: ignore[attr-defined]
    sandbox.log.clear()
    spend(acme, 80)
    assert sum(each.taken for each in poll_all()) == 4
    assert {entry.partner for entry in sandbox.log.all()} == {"partner-id-sakura"}
    poll = PartnerPoll.objects.get(partner=acme)
    assert (poll.failures, poll.parked_until) == (0, None)
    assert poll.budget_until is not None
    assert time.now < poll.budget_until <= time.now + timedelta(seconds=61)
    mine = PollState.objects.filter(partner=acme)
    assert not mine.exclude(lease=None).exists()
    assert set(mine.values_list("next_due", "failures")) == {(time.now, 0)}
    assert engine.claim_due(now=time.now) == ()
    # Polling leaves the rest to people.
    assert packages.list_packages(caller=caller_for(acme).rereading()).value
    (chunk,) = engine.claim_due(now=poll.budget_until)
    assert chunk.partner == acme.pk


@pytest.mark.django_db
def test_a_chunk_reads_as_much_as_its_budget_has_room_for(
    acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll, settings: object
) -> None:
    time.forward(minutes=5)
    PollState.objects.filter(next_due__isnull=False).update(next_due=time.now)
    due = PollState.objects.filter(next_due__isnull=False).count()
    settings.PLATFORM_READS_PER_MINUTE = 100_000  # type: ignore[attr-defined]
    left, _seconds = budget.room(partner_id=acme.partner_id, kind="read", lane="polling")
    used = 80_000 - left
    settings.PLATFORM_READS_PER_MINUTE = used + 100  # type: ignore[attr-defined]
    allowed = int((used + 100) * budget.POLLING_SHARE) - used
    sandbox.log.clear()
    recorded = poll_all()
    assert (sum(each.taken for each in recorded), sum(each.failures for each in recorded)) == (
        min(due, (allowed - engine.SPARE_READS) // 2),
        0,
    )
    assert len(sandbox.log.all()) <= allowed
    assert sandbox.log.of(path="*") == tuple(entry for entry in sandbox.log.all() if entry.status != 429)


@pytest.mark.django_db(transaction=True)
def test_a_platform_that_hangs_for_one_partner_keeps_no_thread_of_the_others(
    partners: Partners, sandbox: Sandbox, settings: object
) -> None:
    """In one process, while every read of Acme's chunk hangs."""
    engine.list_packages(partner=partners.acme)
    engine.list_packages(partner=partners.sakura)
    settings.PLATFORM_READ_SECONDS = 10.0  # type: ignore[attr-defined]
    settings.PLATFORM_POLLING_SECONDS = 10.0  # type: ignore[attr-defined]
    sandbox.faults.add(path="/package_builder/*", kind="timeout", seconds=600, partner="partner-id-acme")
    chunks = {chunk.partner: chunk for chunk in engine.claim_due(now=timezone.now())}
    done: list[int] = []

    def read(partner: Partner) -> None:
        try:
            engine.poll_chunk(chunks[partner.pk])
            done.append(partner.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        hanging = workers.submit(read, partners.acme)
        pause = threading.Event()
        while len(sandbox.log.of(partner="partner-id-acme", path="*/backhaul_evaluation*")) < engine.READERS:
            assert not hanging.done()
            pause.wait(0.01)
        workers.submit(read, partners.sakura).result(300)
        hanging.result(300)
    assert done == [partners.sakura.pk, partners.acme.pk]
    assert PartnerPoll.objects.get(partner=partners.acme).parked_until is not None
    assert PartnerPoll.objects.get(partner=partners.sakura).parked_until is None
