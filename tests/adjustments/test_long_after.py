"""What is found out late: nobody looked for days, the platform changed its mind, or it tells less than it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.connection import caller_for
from attribution_portal.platform_api import adjustments
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, deletes, posts, rows_of
from tests.conftest import Partners
from tests.pages import read

Row = dict[str, Any]
RESULTS = "/campaign_results/"
FOUR = ["cr_closed_a1", "cr_closed_a2", "cr_closed_m1", "cr_closed_m2"]


@pytest.fixture
def later(
    editor: Visitor, on_the_day: time_machine.Traveller, alice: User, client_for: Callable[..., Client]
) -> Callable[..., None]:
    """The editor comes back after that time, signed in anew."""

    def come_back(**time: int) -> None:
        on_the_day.shift(timedelta(**time))
        editor.client = client_for(alice)

    return come_back


def lose(sandbox: Sandbox, method: str, *, applied: bool = False) -> None:
    sandbox.faults.add(RESULTS, "status", method=method, count=1, status=500, applied=applied)


def delete(editor: Visitor) -> None:
    assert editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice").status_code == 303


def undo(editor: Visitor, number: int = 0) -> None:
    forms = editor.look("evt_closed").panel("adjustments").all("form", data_form="undo-adjustment")
    answer = editor.send(forms[number])
    if answer.status_code == 200:
        answer = editor.send(read(answer).root.one("form", data_form="undo-adjustment"), "confirm")
    assert answer.status_code == 303


def outcomes(kind: str) -> list[str]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("position").values_list("outcome", flat=True))


def test_a_deletion_that_nobody_looked_at_for_a_week_does_not_bar_the_row_for_ever(
    editor: Visitor, sandbox: Sandbox, later: Callable[..., None]
) -> None:
    lose(sandbox, "DELETE")
    delete(editor)
    later(days=8)
    (note,) = editor.look("evt_closed").panel("adjustments").all("div", data_request="not_taken")
    assert "The row is still there" in note.text
    assert outcomes("adjustment_deleted") == ["intended", "unknown", "refused"]
    delete(editor)
    assert rows_of(sandbox, "evt_closed") == ["cr_closed_a1", "cr_closed_a2", "cr_closed_m2"]


def test_a_restoring_that_nobody_looked_at_for_a_week_can_be_tried_again(
    editor: Visitor, sandbox: Sandbox, later: Callable[..., None]
) -> None:
    delete(editor)
    lose(sandbox, "POST")
    undo(editor)
    later(days=8)
    undo(editor)
    assert posts(sandbox) == 2
    assert len(rows_of(sandbox, "evt_closed")) == 4


def test_what_was_not_taken_is_told_for_a_day_from_when_it_was_found_out(
    editor: Visitor, sandbox: Sandbox, later: Callable[..., None]
) -> None:
    """Sent on a Friday, looked at on a Monday."""
    lose(sandbox, "POST")
    editor.create("evt_closed", "3", "150")
    later(days=3)
    for hours in (0, 20):
        later(hours=hours)
        (note,) = editor.look("evt_closed").panel("adjustments").all("div", data_request="not_taken")
        assert note.text.startswith("Not taken: 3 purchases, €150.00")
    later(hours=20)
    assert editor.look("evt_closed").panel("adjustments").all("div", data_request="not_taken") == []


def test_a_deleted_row_that_is_there_again_is_not_made_a_second_time(editor: Visitor, sandbox: Sandbox) -> None:
    """Recorded long ago, so that no equal row of these days would warn of it."""
    old: Row = {"id": "cr_old", "eid": "evt_plain", "purchase": 3, "revenue": 90, "created_at": "2026-01-05T08:00:00Z"}
    sandbox.faults.add(RESULTS, "wrong_type", method="GET", body=[old])
    sandbox.faults.add(RESULTS, "status", method="DELETE", status=204)
    editor.send(editor.delete_form("evt_plain", "cr_old"), reason="why")
    stone = editor.look("evt_plain").table("deleted-adjustments").one("tr", data_id="cr_old")
    assert stone.all("form") == []
    assert "The row is there again" in stone.text
    deletion = DeletedAdjustment.objects.get()
    answer = editor.client.post(
        "/p/partner-id-acme/events/evt_plain/adjustments/undo/",
        {"id": deletion.pk, "token": "5f1c2a0e-7a1d-4a4e-9a55-1f2a3b4c5d6e", "confirm": "yes"},
    )
    assert answer.status_code == 303
    assert "Nothing was restored." in editor.look("evt_plain").root.text
    assert posts(sandbox) == 0
    assert not AdjustmentRequest.objects.filter(action="undo").exists()


def test_a_row_that_was_deleted_twice_is_restored_once(editor: Visitor, sandbox: Sandbox) -> None:
    """The platform said that it had deleted it, went on showing it, and deleted it the second time."""
    sandbox.faults.add(RESULTS, "status", method="DELETE", count=1, status=204)
    delete(editor)
    delete(editor)
    assert (deletes(sandbox), DeletedAdjustment.objects.count()) == (2, 2)
    panel = editor.look("evt_closed").panel("adjustments")
    first, second = panel.all("form", data_form="undo-adjustment")
    assert editor.send(first).status_code == 303
    assert editor.look("evt_closed").panel("adjustments").all("form", data_form="undo-adjustment") == []
    assert editor.send(second, "confirm").status_code == 303
    assert "This was restored already. Nothing was sent again." in editor.look("evt_closed").root.text
    assert (posts(sandbox), len(rows_of(sandbox, "evt_closed"))) == (1, 4)


@pytest.mark.parametrize("known", ["there before", "another request's"])
def test_a_platform_that_answers_with_a_row_it_had_is_no_error_after_the_fact(
    editor: Visitor, sandbox: Sandbox, known: str
) -> None:
    editor.create("evt_closed", "3", "150")
    first = AdjustmentRequest.objects.get().platform_id
    if known == "another request's":
        # As if it was made while the rows were being read.
        AdjustmentRequest.objects.update(event_id="evt_plain")
        lag: Row = {"id": "cr_closed_m1", "eid": "evt_closed", "purchase": 25, "revenue": 1125.5}
        sandbox.faults.add(RESULTS, "wrong_type", method="GET", body=[lag])
    row: Row = {"id": first, "eid": "evt_closed", "purchase": 3, "revenue": 150}
    sandbox.faults.add(RESULTS, "wrong_type", method="POST", count=1, body=row)
    assert editor.create("evt_closed", "3", "150").status_code == 303
    newest = AdjustmentRequest.objects.latest("pk")
    assert newest.outcome == "done"
    assert newest.platform_id != first
    assert posts(sandbox) == 2


def test_an_equal_one_of_long_ago_does_not_keep_a_new_one_unknown(
    editor: Visitor, sandbox: Sandbox, partners: Partners, later: Callable[..., None]
) -> None:
    """The platform took the first without showing it, and somebody deleted that row elsewhere."""
    editor.create("evt_closed", "3", "150")
    request = AdjustmentRequest.objects.get()
    adjustments.delete(caller=caller_for(partners.acme), adjustment_id=request.platform_id, eid="evt_closed")
    AdjustmentRequest.objects.update(platform_id="")
    later(days=9)
    lose(sandbox, "POST", applied=True)
    editor.create("evt_closed", "3", "150")
    newest = AdjustmentRequest.objects.latest("pk")
    assert (newest.outcome, [newest.platform_id]) == ("done", sorted(set(rows_of(sandbox, "evt_closed")) - set(FOUR)))


def test_money_in_a_currency_of_before_is_not_restored_as_other_money(
    editor: Visitor, sandbox: Sandbox, partners: Partners
) -> None:
    delete(editor)
    partners.acme.currency = "CHF"
    partners.acme.save()
    undo(editor)
    words = "It was in EUR, and the partner's currency is another one now. Nothing was restored."
    assert words in editor.look("evt_closed").root.text
    assert posts(sandbox) == 0
    assert not AdjustmentRequest.objects.filter(action="undo").exists()
