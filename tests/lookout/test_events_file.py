"""The events list as a file, through the door."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import AuditEvent, Kind
from attribution_portal.sandbox.app import Sandbox
from tests.pages import read

pytestmark = pytest.mark.django_db

EVENTS = "/p/partner-id-acme/events/"
LIST = "/events/"


@pytest.fixture
def client(alice: User, on_the_day: None, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


def body(response: HttpResponse) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_it_holds_every_page_of_the_list_in_its_order_and_is_on_record(sandbox: Sandbox, client: Client) -> None:
    pages = [read(client.get(f"{EVENTS}{query}")) for query in ("", "?page=2")]
    lines = list(csv.DictReader(io.StringIO(body(client.get(f"{EVENTS}events.csv")).decode("utf-8-sig"))))
    assert sorted(line["Id"] for line in lines) == sorted(eid for shown in pages for eid in shown.rows("events"))
    assert len(lines) == 60
    book = load_workbook(io.BytesIO(body(client.get(f"{EVENTS}events.xlsx?status=RUNNING&archived=1"))))
    listed = read(client.get(f"{EVENTS}?status=RUNNING&archived=1")).rows("events")
    assert [cell.value for cell in book.worksheets[0]["B"]] == ["Id", *listed]
    shares = [cell for column in ("F", "G") for cell in book.worksheets[0][column][1:] if cell.value is not None]
    assert shares
    assert {(cell.data_type, cell.number_format) for cell in shares} == {("n", "0.00%")}
    about = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert about["Filters"] == "status: RUNNING; archived: 1"
    on_record = AuditEvent.objects.filter(kind=Kind.EXPORTED).order_by("position").values_list("target", "after")
    assert list(on_record) == [
        ("events", {"format": "csv", "rows": 60, "filter": None}),
        ("events", {"format": "xlsx", "rows": len(listed), "filter": "status=RUNNING&archived=1"}),
    ]


def test_what_the_platform_says_of_a_row_stands_in_it(sandbox: Sandbox, client: Client) -> None:
    sold = {"prediction": {"value": 0.78, "benchmark": 0.65}, "state": "above"}
    row = {"id": "evt_1", "title": "=1+1", "city": "Berlin", "frontend_status": "FLAGGED", "benchmark": sold}
    sandbox.faults.add(LIST, "wrong_type", body=[row | {"start_date_time": "2026-07-01T18:30:00Z"}])
    lines = list(csv.DictReader(io.StringIO(body(client.get(f"{EVENTS}events.csv")).decode("utf-8-sig"))))
    assert lines == [
        {
            "Event": "'=1+1",
            "Id": "evt_1",
            "Date": "2026-07-01T20:30:00+02:00",
            "Place": "Berlin",
            "State": "Flagged",
            "Expected sales": "0.78",
            "Benchmark": "0.65",
            "Remark": "above the benchmark of 65%",
        }
    ]


def test_no_file_is_made_of_a_filter_that_cannot_be_used_or_of_a_list_that_cannot_be_read(
    sandbox: Sandbox, client: Client
) -> None:
    assert client.get(f"{EVENTS}events.csv?from=soon")["Location"] == f"{EVENTS}?from=soon"
    sandbox.faults.add(LIST, "status", status=503)
    refused = client.get(f"{EVENTS}events.xlsx?q=Open")
    assert (refused.status_code, refused["Location"]) == (302, f"{EVENTS}?q=Open")
    assert "No file was made." in read(client.get(refused["Location"])).root.text
    assert not AuditEvent.objects.filter(kind=Kind.EXPORTED).exists()
