"""The database refuses to change or remove what is on record, whoever asks."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from attribution_portal.audit.models import AuditEvent, ChainHead
from attribution_portal.audit.trail import Actor, Kind, record
from tests.conftest import Partners

STATEMENTS = [
    "UPDATE audit_auditevent SET reason = 'another'",
    "UPDATE audit_auditevent SET user_id = NULL",
    "DELETE FROM audit_auditevent",
    "UPDATE audit_chainhead SET position = position - 1",
    "UPDATE audit_chainhead SET position = position + 2",
    "UPDATE audit_chainhead SET hash = ''",
    "UPDATE audit_chainhead SET position = position + 1, partner_id = NULL",
    "DELETE FROM audit_chainhead",
]


@pytest.fixture
def recorded(partners: Partners) -> AuditEvent:
    return record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partners.acme, reason="as it was")


def rows() -> list[tuple[object, ...]]:
    return [*AuditEvent.objects.values_list(), *ChainHead.objects.values_list()]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_refuses_to_change_or_remove_a_row(recorded: AuditEvent, statement: str) -> None:
    kept = rows()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert rows() == kept


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_refuses_also_where_ordinary_triggers_are_silent(recorded: AuditEvent, statement: str) -> None:
    kept = rows()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
        transaction.set_rollback(True)
    assert rows() == kept


def test_it_refuses_through_the_models_too(recorded: AuditEvent) -> None:
    kept = rows()
    recorded.reason = "another"
    with pytest.raises(IntegrityError), transaction.atomic():
        recorded.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        recorded.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.update(reason="another")
    assert rows() == kept


@pytest.mark.parametrize(
    ("table", "trigger"), [("audit_auditevent", "audit_events_stay"), ("audit_chainhead", "audit_heads_stay")]
)
def test_it_refuses_to_empty_its_tables(recorded: AuditEvent, table: str, trigger: str) -> None:
    kept = rows()
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Tests switch this one off (tests/conftest.py): here it is as the migration leaves it.
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        with pytest.raises(IntegrityError, match="TRUNCATE of"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
        transaction.set_rollback(True)
    assert len(kept) == 2


def test_every_refusal_is_in_force_but_the_one_that_tests_switch_off(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN "
            "('audit_auditevent'::regclass, 'audit_chainhead'::regclass)"
        )
        states = dict(cursor.fetchall())
    assert states == {
        "audit_event_stays": "A",
        "audit_head_steps": "A",
        "audit_head_stays": "A",
        "audit_events_stay": "D",
        "audit_heads_stay": "D",
    }


def test_a_role_that_may_only_add_can_record_and_change_nothing(partners: Partners) -> None:
    """What docs/audit.md advises: the owner of the tables migrates, and the portal runs as another role."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE portal_runs")
        cursor.execute("GRANT SELECT, INSERT ON audit_auditevent TO portal_runs")
        cursor.execute("GRANT SELECT, INSERT, UPDATE ON audit_chainhead TO portal_runs")
        cursor.execute("SET LOCAL ROLE portal_runs")
        for _turn in range(2):
            record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partners.acme)
        for statement in (
            *STATEMENTS,
            "TRUNCATE audit_auditevent",
            "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
            "SET session_replication_role = replica",
        ):
            with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
                cursor.execute(statement)
        assert AuditEvent.objects.count() == 2
        transaction.set_rollback(True)
