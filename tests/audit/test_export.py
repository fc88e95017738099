"""The activity as a file: exactly what the filters match, on record itself."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from django.test import Client
from django.utils.translation import override
from openpyxl import load_workbook

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.models import Role
from tests.conftest import Partners

ClientFor = Callable[..., Client]
AT = datetime(2026, 6, 15, 21, 30, 5, tzinfo=UTC)
CSV = "/p/partner-id-acme/activity.csv"
XLSX = "/p/partner-id-acme/activity.xlsx"


@pytest.fixture
def history(partners: Partners, alice: User) -> list[AuditEvent]:
    with time_machine.travel(AT, tick=False) as clock:
        actor = Actor(alice, alice.email, "203.0.113.7", "0123456789abcdef")
        first = record(
            kind=Kind.ROLE_CHANGED,
            actor=actor,
            partner=partners.acme,
            target="bob@acme.example",
            title="=HYPERLINK(1)",
            before={"role": "viewer"},
            after={"role": "editor", "window": -3},
            reason="-1+1",
        )
        clock.shift(timedelta(hours=1))
        second = record(kind=Kind.EXPORTED, actor=actor, partner=partners.acme, target="activity")
        record(kind=Kind.EXPORTED, actor=actor, partner=partners.sakura, target="secret")
    return [first, second]


def rows(client: Client, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text, newline="")))


def test_the_csv_holds_every_column_and_no_formula(
    history: list[AuditEvent], alice: User, client_for: ClientFor
) -> None:
    newest, oldest = rows(client_for(alice), CSV)
    assert (newest["What"], newest["On what"], newest["Id"]) == ("Export", "Activity", "activity")
    assert oldest == {
        "Time": "2026-06-15T23:30:05+02:00",
        "Person": "alice@acme.example",
        "Address": "203.0.113.7",
        "Session": "0123456789abcdef",
        "What": "Role change",
        "On what": "'=HYPERLINK(1)",
        "Id": "bob@acme.example",
        "Before": "Role: Viewer",
        "After": "Role: Editor; Window in days: −3",
        "Reason": "'-1+1",
        "Outcome": "done",
        "Platform's request": "",
        "Position": "1",
        "Hash": history[0].hash,
    }


def test_the_workbook_holds_the_same_and_says_what_it_is(
    history: list[AuditEvent], alice: User, client_for: ClientFor
) -> None:
    answer = client_for(alice).get(XLSX + "?kind=people&from=2026-06-15")
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    assert book.sheetnames == ["Activity", "About"]
    head, row = book["Activity"].iter_rows()
    found = {name.value: cell for name, cell in zip(head, row, strict=True)}
    assert found["Time"].value == datetime(2026, 6, 15, 23, 30, 5)  # noqa: DTZ001 Excel knows no zones
    assert (found["On what"].value, found["On what"].data_type) == ("=HYPERLINK(1)", "s")
    assert (found["Position"].value, found["Position"].data_type) == (1, "n")
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert about["Whose"] == "Acme Concerts (demo)"
    assert about["Filters"] == "Kind: People and roles; From: 2026-06-15"
    assert about["Entries"] == "1"
    assert about["Times"] == "In the zone Europe/Berlin."


@pytest.mark.parametrize(("path", "form"), [(CSV, "csv"), (XLSX, "xlsx")])
def test_taking_a_file_is_on_record_and_not_in_it(
    history: list[AuditEvent], partners: Partners, alice: User, client_for: ClientFor, path: str, form: str
) -> None:
    answer = client_for(alice).get(path + "?person=alice@acme.example&q=", REMOTE_ADDR="203.0.113.9")
    assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    event = AuditEvent.objects.get(partner=partners.acme, position=3)
    assert (event.kind, event.user, event.address) == ("exported", alice, "203.0.113.9")
    assert event.target == "activity"
    assert event.after == {"format": form, "rows": 2, "filter": "person=alice@acme.example"}
    assert answer["Content-Disposition"].startswith('attachment; filename="activity-partner-id-acme-20')
    assert answer["Content-Disposition"].endswith(f'.{form}"')
    assert "no-store" in answer["Cache-Control"]


def test_a_file_holds_all_that_the_filters_match_however_much(
    partners: Partners, alice: User, client_for: ClientFor
) -> None:
    for number in range(230):
        record(kind=Kind.EXPORTED, actor=Actor.portal(), partner=partners.acme, target=f"evt_{number % 2}")
    assert len(rows(client_for(alice), CSV + "?q=evt_1")) == 115
    assert len(rows(client_for(alice), CSV + "?q=evt")) == 230


def test_a_filter_that_cannot_be_used_makes_no_file(
    history: list[AuditEvent], alice: User, client_for: ClientFor
) -> None:
    events = AuditEvent.objects.count()
    answer = client_for(alice).get(CSV + "?from=yesterday&q=a%20b")
    assert (answer.status_code, answer["Location"]) == (302, "/p/partner-id-acme/activity/?from=yesterday&q=a+b")
    assert AuditEvent.objects.count() == events


def test_only_getting_makes_a_file(history: list[AuditEvent], alice: User, client_for: ClientFor) -> None:
    events = AuditEvent.objects.count()
    assert client_for(alice).head(CSV).status_code == 405
    assert client_for(alice).post(CSV).status_code == 405
    assert AuditEvent.objects.count() == events


def test_operators_files_hold_what_their_page_shows(
    history: list[AuditEvent], partners: Partners, olga: User, client_for: ClientFor
) -> None:
    found = rows(client_for(olga), "/operate/activity.csv")
    assert [(row["Partner"], row["What"]) for row in found] == [("Acme Concerts (demo)", "Role change")]
    event = AuditEvent.objects.get(partner=None, kind="exported")
    assert (event.user, event.after["rows"]) == (olga, 1)


def test_a_german_file_is_german_to_its_last_row(history: list[AuditEvent], alice: User, client_for: ClientFor) -> None:
    answer = client_for(alice).get(CSV, headers={"accept-language": "de"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    with override("de"):
        assert f": {Role.VIEWER.label}" in text
