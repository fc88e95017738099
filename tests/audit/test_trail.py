"""What is put on record, and what the database keeps of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import RequestFactory

from attribution_portal.accounts.models import User
from attribution_portal.audit.chain import digest
from attribution_portal.audit.models import AuditEvent, ChainHead
from attribution_portal.audit.trail import Actor, Kind, Outcome, record
from tests.conftest import Partners

NOW = datetime(2026, 6, 15, 10, 0, 0, 123456, tzinfo=UTC)
COMMAND = Actor.command("add_member")


@time_machine.travel(NOW, tick=False)
def test_an_event_keeps_all_that_was_said_of_it(partners: Partners, alice: User) -> None:
    intent = record(kind=Kind.ADJUSTMENT_CREATED, actor=COMMAND, partner=partners.acme, outcome=Outcome.INTENDED)
    made = record(
        kind=Kind.ADJUSTMENT_CREATED,
        actor=Actor(alice, alice.email, "203.0.113.7", "0123456789abcdef"),
        partner=partners.acme,
        target="cr_1",
        title="Concert at Olympiahalle",
        before={"model": None},
        after={"purchases": 147, "revenue": "6615", "counted": True},
        reason="Box office",
        outcome=Outcome.UNKNOWN,
        platform_request="req-1",
        of=intent,
    )
    stored = AuditEvent.objects.get(pk=made.pk)
    assert (stored.partner, stored.user, stored.of) == (partners.acme, alice, intent)
    assert (stored.kind, stored.outcome, stored.at) == ("adjustment_created", "unknown", NOW)
    assert (stored.email, stored.address, stored.session) == ("alice@acme.example", "203.0.113.7", "0123456789abcdef")
    assert (stored.target, stored.title) == ("cr_1", "Concert at Olympiahalle")
    assert stored.before == {"model": None}
    assert stored.after == {"purchases": 147, "revenue": "6615", "counted": True}
    assert (stored.reason, stored.platform_request) == ("Box office", "req-1")
    assert digest(stored) == stored.hash == made.hash


def test_each_partner_has_a_chain_of_its_own_and_the_portal_one(partners: Partners) -> None:
    made = [record(kind=Kind.EXPORTED, actor=COMMAND, partner=who) for who in (partners.acme, None, partners.sakura)]
    made += [record(kind=Kind.EXPORTED, actor=COMMAND, partner=who) for who in (partners.acme, None, partners.acme)]
    assert [event.position for event in made] == [1, 1, 1, 2, 2, 3]
    assert [event.previous_hash for event in made] == ["", "", "", made[0].hash, made[1].hash, made[3].hash]
    heads = {head.partner: (head.position, head.hash) for head in ChainHead.objects.all()}
    assert heads == {partners.acme: (3, made[5].hash), None: (2, made[4].hash), partners.sakura: (1, made[2].hash)}


def test_a_position_is_taken_once_in_either_kind_of_chain(partners: Partners) -> None:
    for partner in (partners.acme, None):
        made = record(kind=Kind.EXPORTED, actor=COMMAND, partner=partner)
        made.pk = "00000000-0000-4000-8000-000000000000"
        with pytest.raises(IntegrityError), transaction.atomic():
            made.save(force_insert=True)
    for partner in (partners.acme, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            ChainHead.objects.create(partner=partner)


def test_what_is_rolled_back_leaves_no_gap(partners: Partners) -> None:
    record(kind=Kind.EXPORTED, actor=COMMAND, partner=partners.acme)
    with transaction.atomic():
        record(kind=Kind.EXPORTED, actor=COMMAND, partner=partners.acme)
        transaction.set_rollback(True)
    assert record(kind=Kind.EXPORTED, actor=COMMAND, partner=partners.acme).position == 2


def test_an_outcome_belongs_into_the_chain_of_its_intent(partners: Partners) -> None:
    intent = record(kind=Kind.EXPORTED, actor=COMMAND, partner=partners.acme, outcome=Outcome.INTENDED)
    with pytest.raises(ValueError, match="chain of its intent"):
        record(kind=Kind.EXPORTED, actor=COMMAND, partner=partners.sakura, of=intent)
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("value", [1.5, ["a"], {"a": 1}, b"a"])
def test_only_plain_values_can_be_on_record(partners: Partners, value: Any) -> None:
    with pytest.raises(TypeError, match="model is"):
        record(kind=Kind.EXPORTED, actor=COMMAND, partner=partners.acme, after={"model": value})
    assert not AuditEvent.objects.exists()


def test_odd_and_endless_texts_are_stored_as_far_as_they_can_be(partners: Partners) -> None:
    odd = "a\x00b\ud800c"
    made = record(
        kind=Kind.EXPORTED,
        actor=Actor(None, odd + "x" * 300, odd),
        partner=partners.acme,
        target=odd,
        title="t" * 501,
        reason="\u202eright to left",
        after={"note": odd + "y" * 2000, "kind": Kind.EXPORTED},
    )
    stored = AuditEvent.objects.get(pk=made.pk)
    assert stored.target == stored.address == "a\ufffdb\ufffdc"
    assert (len(stored.email), stored.email[-2:]) == (254, "x…")
    assert stored.title == "t" * 499 + "…"
    assert stored.reason == "\u202eright to left"
    assert len(stored.after["note"]) == 1000
    assert stored.after["kind"] == "exported"
    assert digest(stored) == stored.hash


def test_who_is_on_record_cannot_be_deleted(partners: Partners, alice: User) -> None:
    record(kind=Kind.EXPORTED, actor=Actor(alice, alice.email), partner=partners.acme)
    with pytest.raises(ProtectedError):
        alice.delete()
    with pytest.raises(ProtectedError):
        partners.acme.delete()


def test_a_request_tells_the_person_the_address_and_a_digest_of_the_session(alice: User, client_for: Any) -> None:
    client = client_for(alice)
    request = RequestFactory(REMOTE_ADDR="203.0.113.7").get("/")
    request.user, request.session = alice, client.session
    actor = Actor.of(request)
    assert (actor.user, actor.email, actor.address) == (alice, "alice@acme.example", "203.0.113.7")
    assert len(actor.session) == 16
    assert actor.session not in client.session.session_key
    assert Actor.of(request) == actor
    other = client_for(alice)
    request.session = other.session
    assert Actor.of(request).session != actor.session
