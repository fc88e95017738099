"""`manage.py verify_audit` finds what somebody changed who may switch the database's own refusals off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from attribution_portal.audit.chain import digest
from attribution_portal.audit.models import AuditEvent, ChainHead
from attribution_portal.audit.trail import Actor, Kind, record
from tests.conftest import Partners

AT = datetime(2026, 6, 15, 10, tzinfo=UTC)
ALL_WELL = "(portal): 2 events, none tampered with\npartner-id-acme: 5 events, none tampered with\n"


@pytest.fixture
def chain(partners: Partners) -> list[AuditEvent]:
    """Five events of Acme's, a minute apart, among two of the portal."""
    made = []
    with time_machine.travel(AT, tick=False) as clock:
        for number in range(1, 6):
            event = record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partners.acme, target=f"evt_{number}")
            made.append(event)
            clock.shift(60)
        for _number in range(2):
            record(kind=Kind.KEYS_ROTATED, actor=Actor.command("rotate_keys"))
    return made


Tamper = Callable[..., None]


@pytest.fixture
def tamper(db: None) -> Tamper:
    """A statement of the database's superuser, with every trigger off."""

    def run(statement: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (True,)
            for table in ("audit_auditevent", "audit_chainhead"):
                cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, values or None)

    return run


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def found(*arguments: str) -> str:
    out = StringIO()
    with pytest.raises(CommandError, match="tampered with") as refused:
        call_command("verify_audit", *arguments, stdout=out)
    assert refused.value.returncode == 1
    return out.getvalue()


def test_an_untouched_trail_is_well(chain: list[AuditEvent]) -> None:
    assert verify() == ALL_WELL
    assert verify("--partner", "partner-id-acme") == "partner-id-acme: 5 events, none tampered with\n"
    assert verify("--portal") == "(portal): 2 events, none tampered with\n"


def test_a_trail_without_events_is_well(partners: Partners) -> None:
    assert verify() == ""
    assert verify("--partner", "partner-id-acme", "--heads") == (
        "partner-id-acme: 0 events, none tampered with\npartner-id-acme: head 0 \n"
    )


@pytest.mark.parametrize(
    "change",
    [
        "id = gen_random_uuid()",
        "at = at - interval '1 microsecond'",
        "kind = 'signed_in'",
        "outcome = 'refused'",
        "user_id = 1",
        "email = 'mallory@acme.example'",
        "address = '203.0.113.7'",
        "session = 'x'",
        "target = 'evt_9'",
        "title = 'Another'",
        """before = '{"a": null}'""",
        """after = '{"a": 1}'""",
        "reason = 'x'",
        "platform_request = 'x'",
        "of_id = (SELECT id FROM audit_auditevent WHERE target = 'evt_1')",
    ],
)
def test_it_finds_a_changed_row_in_any_column(chain: list[AuditEvent], tamper: Tamper, change: str) -> None:
    tamper("UPDATE audit_auditevent SET " + change + " WHERE target = 'evt_3'")  # noqa: S608 one of the changes above
    lines = found().splitlines()
    assert lines[0] == "(portal): 2 events, none tampered with"
    assert len(lines) == 2
    assert lines[1].startswith("partner-id-acme: event 3, 2026-06-15 10:0")
    assert lines[1].endswith("UTC: its content was changed")


def test_it_finds_a_changed_row_whose_hash_was_made_to_fit(chain: list[AuditEvent], tamper: Tamper) -> None:
    chain[2].reason = "another"
    tamper("UPDATE audit_auditevent SET reason = 'another', hash = %s WHERE target = 'evt_3'", digest(chain[2]))
    assert found("--partner", "partner-id-acme") == (
        "partner-id-acme: event 4, 2026-06-15 10:03:00 UTC: it does not follow the event before it\n"
    )


def test_it_finds_removed_rows(chain: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE target IN ('evt_2', 'evt_3')")
    assert "event 2, 2026-06-15 10:03:00 UTC: 2 events are missing" in found()


def test_it_finds_a_first_row_removed(chain: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE target = 'evt_1'")
    assert "event 1, 2026-06-15 10:01:00 UTC: 1 event is missing" in found()


def test_it_finds_a_gap_that_was_closed(chain: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE target = 'evt_4'")
    tamper("UPDATE audit_auditevent SET position = 4 WHERE target = 'evt_5'")
    assert found("--partner", "partner-id-acme").splitlines() == [
        "partner-id-acme: event 4, 2026-06-15 10:04:00 UTC: it does not follow the event before it",
        "partner-id-acme: event 4, 2026-06-15 10:04:00 UTC: its content was changed",
        "partner-id-acme: event 5: the last event is missing",
    ]


def test_it_finds_rows_put_in_another_order(chain: list[AuditEvent], tamper: Tamper) -> None:
    for old, new in ((2, 9), (3, 2), (9, 3)):
        tamper("UPDATE audit_auditevent SET position = %s WHERE position = %s AND partner_id IS NOT NULL", new, old)
    lines = found("--partner", "partner-id-acme").splitlines()
    assert [line.split(",")[0] for line in lines] == [f"partner-id-acme: event {n}" for n in (2, 2, 3, 3, 4)]


def test_it_finds_a_tail_that_was_cut_off(chain: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE target IN ('evt_4', 'evt_5')")
    assert found("--partner", "partner-id-acme") == "partner-id-acme: event 4: the last 2 events are missing\n"


def test_it_finds_a_whole_chain_gone(chain: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE partner_id IS NOT NULL")
    assert "partner-id-acme: event 1: the last 5 events are missing" in found()


def test_it_finds_a_head_that_was_removed_or_set_back(chain: list[AuditEvent], tamper: Tamper) -> None:
    tamper("UPDATE audit_chainhead SET position = 3 WHERE partner_id IS NOT NULL")
    lines = found("--partner", "partner-id-acme").splitlines()
    assert lines == [
        "partner-id-acme: event 3, 2026-06-15 10:02:00 UTC: it is not the event that the chain's head knows",
        "partner-id-acme: event 4: it comes after the chain's head",
    ]
    tamper("DELETE FROM audit_chainhead WHERE partner_id IS NOT NULL")
    assert "partner-id-acme: event 5: the chain's head is missing" in found()


def test_a_chain_rebuilt_with_its_head_is_found_by_a_hash_from_before(
    chain: list[AuditEvent], tamper: Tamper, partners: Partners
) -> None:
    heads = verify("--partner", "partner-id-acme", "--heads").splitlines()[1]
    assert heads == f"partner-id-acme: head 5 {chain[4].hash}"
    assert verify("--known", chain[4].hash, "--known", chain[1].hash) == ALL_WELL

    previous = chain[1].hash
    for event in chain[2:]:
        event.reason, event.previous_hash = "another", previous
        previous = event.hash = digest(event)
        tamper(
            "UPDATE audit_auditevent SET reason = 'another', previous_hash = %s, hash = %s WHERE target = %s",
            event.previous_hash,
            event.hash,
            event.target,
        )
    tamper("UPDATE audit_chainhead SET hash = %s WHERE partner_id = %s", previous, partners.acme.pk)
    assert verify() == ALL_WELL
    before = heads.split()[-1]
    assert found("--known", before) == ALL_WELL + f"no event has the hash {before}\n"


def test_a_hash_that_is_none_and_a_partner_that_is_none_are_refused(chain: list[AuditEvent]) -> None:
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        verify("--known", "abc")
    with pytest.raises(CommandError, match="No partner 'partner-id-nowhere' is connected"):
        verify("--partner", "partner-id-nowhere")


def test_the_trail_of_a_partner_deleted_behind_the_portals_back_is_still_read(
    chain: list[AuditEvent], partners: Partners
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM partners_partner WHERE id = %s", [partners.acme.pk])
    assert f"(partner {partners.acme.pk}, deleted): 5 events, none tampered with" in verify()
    assert ChainHead.objects.count() == 2
