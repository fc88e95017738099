"""Several people at once: real threads, each with a connection of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, transaction

from attribution_portal.audit.models import AuditEvent, ChainHead
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.audit.verification import chains, verify
from attribution_portal.partners.models import Partner
from tests.conftest import Partners

WRITERS, EACH = 6, 15


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_leave_one_chain_without_gaps_or_forks(partners: Partners) -> None:
    together = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        try:
            together.wait(timeout=30)
            for turn in range(EACH):
                partner = (partners.acme, None)[turn % 2]
                with transaction.atomic():
                    record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partner, target=f"{number}-{turn}")
                    # Some take back what they did: their position goes to the next.
                    transaction.set_rollback(turn % 5 == 4)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert chains() == (None, partners.acme.pk)
    kept = {key: verify(key) for key in chains()}
    assert [(chain.events, chain.faults) for chain in kept.values()] == [(36, ()), (36, ())]
    assert {head.partner_id: head.position for head in ChainHead.objects.all()} == {None: 36, partners.acme.pk: 36}


@pytest.mark.django_db(transaction=True)
def test_who_changes_a_partner_and_records_it_does_not_block_who_only_records(partners: Partners) -> None:
    """With foreign keys in the database, each would wait for the other: the first for the chain, the second, at its
    commit, for the partner's row."""
    holds_chain, waits = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Partner.objects.select_for_update().get(pk=partners.acme.pk)
                assert holds_chain.wait(timeout=30)
                waits.set()
                record(kind=Kind.PARTNER_SWITCHED_OFF, actor=Actor.portal(), partner=partners.acme)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(change)
        with transaction.atomic():
            record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partners.acme)
            holds_chain.set()
            assert waits.wait(timeout=30)
        other.result(timeout=30)
    assert list(AuditEvent.objects.values_list("position", "kind")) == [(1, "exported"), (2, "partner_switched_off")]
    close_old_connections()
