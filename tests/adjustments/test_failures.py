"""Whatever the network and the platform do: never a second row, and what became of it is known or said to be unknown.

The platform's own list of rows is the judge.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.connection import caller_for
from attribution_portal.platform_api import adjustments
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, deletes, fields, posts, rows_of
from tests.conftest import Partners
from tests.pages import read

RESULTS = "/campaign_results/"
FOUR = ["cr_closed_a1", "cr_closed_a2", "cr_closed_m1", "cr_closed_m2"]

# What the platform does to a write, and whether it was carried out.
LOST: list[tuple[dict[str, Any], bool]] = [
    ({"kind": "timeout", "seconds": 20}, False),
    ({"kind": "timeout", "seconds": 20, "applied": True}, True),
    ({"kind": "status", "status": 500}, False),
    ({"kind": "status", "status": 500, "applied": True}, True),
    ({"kind": "status", "status": 503, "applied": True}, True),
    ({"kind": "html"}, False),
    ({"kind": "html", "applied": True}, True),
    ({"kind": "html", "status": 200, "applied": True}, True),
    ({"kind": "empty", "applied": True}, True),
    ({"kind": "reset"}, False),
    ({"kind": "reset", "applied": True}, True),
    ({"kind": "truncated"}, True),
]
REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"kind": "status", "status": 400}, 422),
    ({"kind": "status", "status": 403}, 403),
    ({"kind": "status", "status": 404}, 422),
    ({"kind": "status", "status": 409}, 422),
    ({"kind": "status", "status": 422, "fields": (("revenue", "TOO_HIGH"),)}, 422),
    ({"kind": "validation_errors", "fields": (("purchase", "INVALID"),)}, 422),
    ({"kind": "status", "status": 429}, 503),
]


def name(fault: tuple[dict[str, Any], object]) -> str:
    return " ".join(str(each) for each in fault[0].values())


@pytest.fixture(autouse=True)
def _impatient(settings: Settings) -> None:
    # Long enough for a machine that is busy with something else; what never answers is waited for so long.
    settings.PLATFORM_READ_SECONDS = 3.0
    settings.PLATFORM_RATE_LIMIT_SECONDS = 0.001


def outcomes(kind: str) -> list[str]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("position").values_list("outcome", flat=True))


@pytest.mark.parametrize("case", LOST, ids=name)
def test_a_post_whose_answer_is_lost_is_read_back_and_never_sent_again(
    editor: Visitor, sandbox: Sandbox, case: tuple[dict[str, Any], bool]
) -> None:
    fault, carried_out = case
    sandbox.faults.add(RESULTS, method="POST", count=1, **fault)
    answer = editor.create("evt_closed", "3", "150")
    assert answer.status_code == 303
    new = sorted(set(rows_of(sandbox, "evt_closed")) - set(FOUR))
    assert len(new) == int(carried_out)
    request = AdjustmentRequest.objects.get()
    assert (request.outcome, request.platform_id) == (("done", new[0]) if carried_out else ("unknown", ""))
    assert outcomes("adjustment_created") == ["intended", "unknown", *(["done"] if carried_out else [])]
    panel = editor.look("evt_closed").panel("adjustments")
    told = [note.text for note in panel.all("div", data_request="unknown")]
    assert bool(told) is not carried_out
    if told:
        assert told[0].startswith("We don't know yet whether the platform took it: 3 purchases, €150.00")
    editor.look("evt_closed", "wave")
    assert posts(sandbox) == 1


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_a_refused_post_leaves_the_values_for_another_try(
    editor: Visitor, sandbox: Sandbox, case: tuple[dict[str, Any], int]
) -> None:
    fault, status = case
    sandbox.faults.add(RESULTS, method="POST", count=1, **fault)
    answer = editor.create("evt_closed", "3", "150")
    assert answer.status_code == status
    shown = read(answer)
    form = shown.root.one("form", data_form="adjustment")
    assert "Nothing was added." in form.text
    assert (fields(form)["purchases"], fields(form)["revenue"]) == ("3", "150.00")
    assert rows_of(sandbox, "evt_closed") == FOUR
    assert AdjustmentRequest.objects.get().outcome == "refused"
    assert outcomes("adjustment_created") == ["intended", "refused"]
    previewed = read(editor.send(form))
    assert editor.send(previewed.root.one("form", data_form="adjustment"), "confirm").status_code == 303
    assert len(rows_of(sandbox, "evt_closed")) == 5


def test_field_errors_of_the_platform_stand_at_their_field(editor: Visitor, sandbox: Sandbox) -> None:
    sandbox.faults.add(RESULTS, "status", method="POST", count=1, status=422, fields=(("revenue", "TOO_HIGH"),))
    shown = read(editor.create("evt_closed", "3", "150"))
    assert shown.root.one("p", id="adjustment_revenue_error").text == "The platform refused this value."
    assert "TOO_HIGH" not in shown.root.text


def test_what_cannot_be_reached_is_not_sent(editor: Visitor, sandbox: Sandbox) -> None:
    form = editor.adjustment_form("evt_closed")
    sandbox.faults.add(RESULTS, "status", method="GET", status=503)
    answer = editor.send(form, "confirm", purchases="3", revenue="150", reason="why")
    assert answer.status_code == 503
    assert "Nothing was sent." in read(answer).root.text
    assert (posts(sandbox), AdjustmentRequest.objects.count()) == (0, 0)


def comes_late(partners: Partners, times: int = 1) -> None:
    """A gateway held the call back and delivers it now; as far as anybody can see from the outside."""
    for _time in range(times):
        adjustments.create(caller=caller_for(partners.acme), eid="evt_closed", purchases=3, revenue=Decimal(150))


@pytest.fixture
def unknown(editor: Visitor, sandbox: Sandbox) -> AdjustmentRequest:
    """An adjustment of which nobody knows whether it was taken."""
    sandbox.faults.add(RESULTS, "status", method="POST", count=1, status=500)
    editor.create("evt_closed", "3", "150")
    request = AdjustmentRequest.objects.get()
    assert request.outcome == "unknown"
    return request


def test_a_row_that_comes_late_is_found_by_the_next_look(
    editor: Visitor, sandbox: Sandbox, partners: Partners, unknown: AdjustmentRequest
) -> None:
    comes_late(partners)
    panel = editor.look("evt_closed").panel("adjustments")
    assert panel.all("div", data_request="unknown") == []
    assert "Box office list" in panel.text
    unknown.refresh_from_db()
    assert (unknown.outcome, [unknown.platform_id]) == ("done", sorted(set(rows_of(sandbox, "evt_closed")) - set(FOUR)))
    assert outcomes("adjustment_created") == ["intended", "unknown", "done"]
    assert AuditEvent.objects.get(kind="adjustment_created", outcome="done").email == ""


def test_checking_again_finds_it_and_says_so(
    editor: Visitor, sandbox: Sandbox, partners: Partners, unknown: AdjustmentRequest
) -> None:
    panel = editor.look("evt_closed").panel("adjustments")
    form = panel.one("form", data_form="check-adjustment")
    assert editor.send(form).status_code == 303
    assert "We don't know yet whether the platform took it." in editor.look("evt_closed").root.text
    comes_late(partners)
    assert editor.send(form).status_code == 303
    assert "Adjustment added." in editor.look("evt_closed").root.text
    assert AuditEvent.objects.get(kind="adjustment_created", outcome="done").email == "alice@acme.example"
    assert editor.send(form).status_code == 303


def test_a_viewer_is_told_too_but_asks_nothing(viewer: Visitor, sandbox: Sandbox, unknown: AdjustmentRequest) -> None:
    panel = viewer.look("evt_closed").panel("adjustments")
    assert len(panel.all("div", data_request="unknown")) == 1
    assert panel.all("form") == []


def test_two_equal_rows_leave_it_unknown_and_that_is_said(
    editor: Visitor, sandbox: Sandbox, partners: Partners, unknown: AdjustmentRequest
) -> None:
    comes_late(partners, times=2)
    (note,) = editor.look("evt_closed").panel("adjustments").all("div", data_request="unknown")
    assert "Several equal rows have come since, so it cannot be told which one is this." in note.text
    unknown.refresh_from_db()
    assert (unknown.outcome, unknown.platform_id) == ("unknown", "")


def test_one_row_for_two_equal_requests_leaves_both_unknown(
    editor: Visitor, sandbox: Sandbox, partners: Partners, unknown: AdjustmentRequest
) -> None:
    sandbox.faults.add(RESULTS, "status", method="POST", count=1, status=500)
    editor.create("evt_closed", "3", "150")
    comes_late(partners)
    notes = editor.look("evt_closed").panel("adjustments").all("div", data_request="unknown")
    assert len(notes) == 2
    assert all("another equal adjustment was sent too" in note.text for note in notes)
    assert set(AdjustmentRequest.objects.values_list("outcome", flat=True)) == {"unknown"}


def test_what_is_not_there_long_after_was_not_taken(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller, unknown: AdjustmentRequest
) -> None:
    on_the_day.shift(timedelta(minutes=14))
    assert len(editor.look("evt_closed").panel("adjustments").all("div", data_request="unknown")) == 1
    on_the_day.shift(timedelta(minutes=6))
    (note,) = editor.look("evt_closed").panel("adjustments").all("div", data_request="not_taken")
    assert "No such row has come, so the platform did not take it." in note.text
    assert note.all("form") == []
    assert outcomes("adjustment_created") == ["intended", "unknown", "refused"]


def test_what_a_dead_process_left_behind_is_looked_after(
    editor: Visitor, sandbox: Sandbox, partners: Partners, on_the_day: time_machine.Traveller
) -> None:
    editor.create("evt_closed", "3", "150")
    AdjustmentRequest.objects.update(outcome="sending", platform_id="", settled_at=None)
    panel = editor.look("evt_closed").panel("adjustments")
    assert panel.one("div", data_request="sending").text.startswith("Being sent: 3 purchases, €150.00")
    on_the_day.shift(timedelta(minutes=2))
    editor.look("evt_closed")
    on_the_day.shift(timedelta(minutes=1))
    assert editor.look("evt_closed").panel("adjustments").all("div", data_request="sending") == []
    request = AdjustmentRequest.objects.get()
    assert request.outcome == "done"
    assert request.platform_id in rows_of(sandbox, "evt_closed")
    assert posts(sandbox) == 1


@pytest.mark.parametrize("case", LOST, ids=name)
def test_a_delete_whose_answer_is_lost_is_read_back_and_never_sent_again(
    editor: Visitor, sandbox: Sandbox, case: tuple[dict[str, Any], bool]
) -> None:
    fault, carried_out = case
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    sandbox.faults.add(RESULTS, method="DELETE", count=1, **fault)
    assert editor.send(form, reason="Entered twice").status_code == 303
    assert ("cr_closed_m1" in rows_of(sandbox, "evt_closed")) is not carried_out
    assert AdjustmentRequest.objects.get().outcome == ("done" if carried_out else "unknown")
    assert DeletedAdjustment.objects.exists() is carried_out
    panel = editor.look("evt_closed").panel("adjustments")
    if not carried_out:
        (note,) = panel.all("div", data_request="unknown")
        assert note.text.startswith("We don't know yet whether the platform deleted this row: 25 purchases, €1,125.50")
        row = panel.one("table", data_table="adjustments").one("tr", data_id="cr_closed_m1")
        assert row.all("form") == []
        assert "Being deleted" in row.text
    editor.send(form, reason="Entered twice")
    assert deletes(sandbox) == 1


def test_a_deletion_that_took_late_is_buried_by_the_next_look(
    editor: Visitor, sandbox: Sandbox, partners: Partners
) -> None:
    sandbox.faults.add(RESULTS, "status", method="DELETE", count=1, status=500)
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    adjustments.delete(caller=caller_for(partners.acme), adjustment_id="cr_closed_m1", eid="evt_closed")
    assert editor.look("evt_closed").rows("deleted-adjustments") == ["cr_closed_m1"]
    assert outcomes("adjustment_deleted") == ["intended", "unknown", "done"]


def test_a_row_that_is_still_there_long_after_was_not_deleted_and_can_be(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller
) -> None:
    sandbox.faults.add(RESULTS, "status", method="DELETE", count=1, status=500)
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    on_the_day.shift(timedelta(minutes=20))
    (note,) = editor.look("evt_closed").panel("adjustments").all("div", data_request="not_taken")
    assert "The row is still there" in note.text
    assert editor.look("evt_closed").panel("adjustments").all("form", data_form="delete-adjustment")


@pytest.mark.parametrize("case", [each for each in REFUSED if "fields" not in each[0]], ids=name)
def test_a_refused_delete_leaves_the_row(editor: Visitor, sandbox: Sandbox, case: tuple[dict[str, Any], int]) -> None:
    fault, status = case
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    sandbox.faults.add(RESULTS, method="DELETE", count=1, **fault)
    answer = editor.send(form, reason="Entered twice")
    gone = fault["status"] == 404
    assert answer.status_code == (303 if gone else status)
    if not gone:
        assert "Nothing was deleted." in read(answer).root.text
    assert rows_of(sandbox, "evt_closed") == FOUR
    assert AdjustmentRequest.objects.get().outcome == "refused"
    assert not DeletedAdjustment.objects.exists()
    assert outcomes("adjustment_deleted") == ["intended", "refused"]


def test_while_the_platform_is_away_nothing_can_be_changed_and_the_last_rows_stand(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller
) -> None:
    for room in ("lookout", "wave"):
        editor.look("evt_closed", room)
    sandbox.faults.add("/*", "status", status=503)
    on_the_day.shift(timedelta(minutes=20))
    for room in ("lookout", "wave"):
        panel = editor.look("evt_closed", room).panel("adjustments")
        assert len(panel.one("table", data_table="adjustments").one("tbody").all("tr")) == 4
        assert "The platform cannot be reached right now, so nothing can be changed." in panel.text
        assert panel.all("form") == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "wrong_type"}, "The platform's answer could not be understood."),
        ({"kind": "status", "status": 500}, "The platform cannot be reached right now."),
    ],
    ids=("malformed", "500"),
)
def test_rows_that_cannot_be_read_say_why_once(
    editor: Visitor, sandbox: Sandbox, fault: dict[str, Any], why: str
) -> None:
    sandbox.faults.add(RESULTS, method="GET", **fault)
    for room in ("lookout", "wave"):
        panel = editor.look("evt_closed", room).panel("adjustments")
        assert panel["data-state"] == "failed"
        assert "As long as adjustments cannot be read, nothing can be changed." in panel.text
        assert panel.text.count(why) == 1
        assert ("cannot be reached" in panel.text) is ("cannot be reached" in why)
        assert panel.all("form") == []
