"""Deleting an adjustment, what remains of it, and taking the deletion back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.audit.models import AuditEvent
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, deletes, fields, posts, rows_of
from tests.conftest import Partners
from tests.pages import read

FOUR = ["cr_closed_a1", "cr_closed_a2", "cr_closed_m1", "cr_closed_m2"]


def undo_form(editor: Visitor, room: str = "lookout") -> object:
    return editor.look("evt_closed", room).panel("adjustments").one("form", data_form="undo-adjustment")


@pytest.mark.parametrize(("room", "place"), [("lookout", "events"), ("wave", "campaigns")])
def test_a_deleted_row_is_gone_and_a_tombstone_says_who_and_why(
    editor: Visitor, sandbox: Sandbox, room: str, place: str
) -> None:
    answer = editor.send(editor.delete_form("evt_closed", "cr_closed_m1", room), reason="Entered twice")
    assert (answer.status_code, answer["Location"]) == (
        303,
        f"/p/partner-id-acme/{place}/evt_closed/#panel-adjustments",
    )
    assert rows_of(sandbox, "evt_closed") == ["cr_closed_a1", "cr_closed_a2", "cr_closed_m2"]
    (sent,) = sandbox.log.of(method="DELETE")
    assert sent.query == "id=cr_closed_m1"
    shown = editor.look("evt_closed", room)
    assert "Adjustment deleted." in shown.root.text
    assert "cr_closed_m1" not in shown.rows("adjustments")
    stone = shown.table("deleted-adjustments").one("tr", data_id="cr_closed_m1")
    assert stone.one("th").text == "7 Jun 2026, 15:12"
    assert [cell["data-value"] for cell in stone.all("td", class_="num")] == ["25", "1125.5"]
    assert "alice@acme.example, just now Entered twice" in stone.text


def test_the_campaign_s_file_names_the_currency_of_what_was_deleted(editor: Visitor) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    DeletedAdjustment.objects.update(currency="USD")
    answer = editor.client.get("/p/partner-id-acme/campaigns/evt_closed/campaign.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    stone = {line["Number"]: line for line in csv.DictReader(StringIO(text)) if line["Part"] == "Deleted adjustments"}
    assert (stone["Revenue"]["Value"], stone["Revenue"]["Currency"]) == ("1125.5", "USD")
    assert (stone["Purchases"]["Value"], stone["Purchases"]["Currency"]) == ("25", "")


def test_it_is_on_record_with_what_it_was(editor: Visitor, sandbox: Sandbox) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    intended, done = AuditEvent.objects.filter(kind="adjustment_deleted").order_by("position")
    assert (intended.outcome, done.outcome, done.of) == ("intended", "done", intended)
    assert done.before == {"id": "cr_closed_m1", "purchases": 25, "revenue": "1125.5", "currency": "EUR"}
    assert (done.after, done.reason, done.email) == ({}, "Entered twice", "alice@acme.example")
    (sent,) = sandbox.log.of(method="DELETE")
    assert done.platform_request == sent.request_id


def test_a_reason_is_needed(editor: Visitor, sandbox: Sandbox) -> None:
    answer = editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason=" ")
    assert answer.status_code == 422
    form = read(answer).root.one("form", data_form="delete-adjustment")
    assert "Say why: it is what remains of the row." in form.text
    assert deletes(sandbox) == 0
    assert editor.send(form, reason="Entered twice").status_code == 303
    assert deletes(sandbox) == 1


def test_a_row_of_the_platforms_job_wants_a_confirmation(editor: Visitor, sandbox: Sandbox) -> None:
    answer = editor.send(editor.delete_form("evt_closed", "cr_closed_a1"), reason="Wrong campaign")
    assert answer.status_code == 200
    assert "The platform's own job recorded this row." in read(answer).root.text
    assert (deletes(sandbox), rows_of(sandbox, "evt_closed")) == (0, FOUR)
    form = read(answer).root.one("form", data_form="delete-adjustment")
    assert fields(form)["reason"] == "Wrong campaign"
    assert editor.send(form, "confirm").status_code == 303
    assert "cr_closed_a1" not in rows_of(sandbox, "evt_closed")


@pytest.mark.parametrize(
    "row", ["cr_running_a1", "cr_jpy_m1", "cr_nord_m1", "nothing", "", "cr_closed_m1 ", "cr_closed_m1&id=cr_jpy_m1"]
)
def test_a_row_that_was_not_just_read_for_this_event_is_not_deleted(
    editor: Visitor, sandbox: Sandbox, row: str
) -> None:
    """Rows of another event, of other partners, and none at all: the call by bare id never leaves the portal."""
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    answer = editor.send(form, "confirm", id=row, reason="why")
    assert answer.status_code == 404
    assert "no longer there" in read(answer).root.text
    assert deletes(sandbox) == 0
    assert not AdjustmentRequest.objects.exists()


def test_a_row_that_the_platform_names_for_another_partner_is_not_deleted(editor: Visitor, sandbox: Sandbox) -> None:
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    stray = {"id": "cr_jpy_m1", "eid": "evt_closed", "partner_id": "partner-id-sakura", "purchase": 1, "revenue": 1}
    sandbox.faults.add("/campaign_results/", "wrong_type", method="GET", body=[stray])
    assert editor.send(form, id="cr_jpy_m1", reason="why").status_code == 404
    assert deletes(sandbox) == 0


def test_a_row_that_is_in_the_cache_only_is_not_deleted(editor: Visitor, sandbox: Sandbox) -> None:
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    sandbox.faults.add("/campaign_results/", "wrong_type", method="GET", body=[])
    sandbox.faults.add("/daily_revenue_summary/", "wrong_type", body={"daily_revenue": [], "manual_adjustments": []})
    assert editor.send(form, reason="why").status_code == 404
    assert deletes(sandbox) == 0


def test_a_row_that_only_daily_revenue_carries_can_be_deleted(editor: Visitor, sandbox: Sandbox) -> None:
    editor.send(editor.delete_form("evt_oneway", "cr_oneway_daily"), reason="why")
    assert "cr_oneway_daily" not in rows_of(sandbox, "evt_oneway")


def test_without_the_list_nothing_is_deleted(editor: Visitor, sandbox: Sandbox) -> None:
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    sandbox.faults.add("/campaign_results/", "status", method="GET", status=503)
    answer = editor.send(form, reason="why")
    assert answer.status_code == 503
    assert "Nothing was deleted." in read(answer).root.text
    assert deletes(sandbox) == 0


def test_a_form_sent_twice_deletes_once(editor: Visitor, sandbox: Sandbox) -> None:
    form = editor.delete_form("evt_closed", "cr_closed_m1")
    assert editor.send(form, reason="why").status_code == 303
    assert editor.send(form, reason="why").status_code == 303
    assert deletes(sandbox) == 1
    assert DeletedAdjustment.objects.count() == 1


def test_who_signed_in_long_ago_confirms_first_and_finds_the_form_as_it_was(
    on_the_day: time_machine.Traveller, sandbox: Sandbox, alice: User, client_for: Callable[..., Client]
) -> None:
    visitor = Visitor(client_for(alice, stale=True))
    alice.set_password("a-long-password")
    alice.save()
    visitor.client.force_login(alice)
    session = visitor.client.session
    session["account_authentication_methods"] = []
    session.save()
    answer = visitor.send(visitor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    assert answer.status_code == 302
    assert "/reauthenticate/" in answer["Location"]
    assert "next=%2Fp%2Fpartner-id-acme%2Fevents%2Fevt_closed%2Fadjustments%2Fdelete%2F" in answer["Location"]
    assert (deletes(sandbox), rows_of(sandbox, "evt_closed")) == (0, FOUR)
    visitor.client.post(answer["Location"], {"password": "a-long-password"})
    again = visitor.client.get("/p/partner-id-acme/events/evt_closed/adjustments/delete/")
    assert deletes(sandbox) == 0
    form = read(again).root.one("form", data_form="delete-adjustment")
    assert (fields(form)["id"], fields(form)["reason"]) == ("cr_closed_m1", "Entered twice")
    assert visitor.send(form).status_code == 303
    assert deletes(sandbox) == 1


@pytest.mark.parametrize("room", ["lookout", "wave"])
def test_a_deletion_is_taken_back_once_and_linked(editor: Visitor, sandbox: Sandbox, room: str) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1", room), reason="Entered twice")
    form = undo_form(editor, room)
    assert editor.send(form).status_code == 303  # type: ignore[arg-type]
    (new,) = set(rows_of(sandbox, "evt_closed")) - set(FOUR)
    (post,) = sandbox.log.of(method="POST", path="/campaign_results/")
    assert post.query == "eid=evt_closed&partner_id=partner-id-acme&purchase=25&revenue=1125.5"
    shown = editor.look("evt_closed", room)
    stone = shown.table("deleted-adjustments").one("tr", data_id="cr_closed_m1")
    assert stone.one("a")["href"] == f"#adjustments-{new}"
    assert stone.all("form") == []
    assert "Restored after a deletion." in shown.table("adjustments").one("tr", data_id=new).text
    assert editor.send(form).status_code == 303  # type: ignore[arg-type]
    assert posts(sandbox) == 1
    done = AuditEvent.objects.get(kind="adjustment_restored", outcome="done")
    assert (done.before, done.after["id"]) == ({"id": "cr_closed_m1"}, new)


def test_another_form_takes_nothing_back_a_second_time(editor: Visitor, sandbox: Sandbox) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    first, second = undo_form(editor), undo_form(editor)
    editor.send(first)  # type: ignore[arg-type]
    answer = editor.send(second, "confirm")  # type: ignore[arg-type]
    assert answer.status_code == 303
    assert "This was restored already. Nothing was sent again." in editor.look("evt_closed").root.text
    assert posts(sandbox) == 1


def test_an_equal_row_that_was_entered_meanwhile_is_a_warning(editor: Visitor, sandbox: Sandbox) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    form = undo_form(editor)
    editor.create("evt_closed", "25", "1125.50")
    answer = editor.send(form)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert posts(sandbox) == 1
    confirmed = editor.send(read(answer).root.one("form", data_form="undo-adjustment"), "confirm")
    assert confirmed.status_code == 303
    assert posts(sandbox) == 2


@pytest.mark.parametrize(("status", "outcome"), [(403, "refused"), (500, "unknown")])
def test_a_restoring_that_did_not_work_is_told(editor: Visitor, sandbox: Sandbox, status: int, outcome: str) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    sandbox.faults.add("/campaign_results/", "status", method="POST", count=1, status=status)
    editor.send(undo_form(editor))  # type: ignore[arg-type]
    assert AdjustmentRequest.objects.get(action="undo").outcome == outcome
    shown = editor.look("evt_closed")
    stone = shown.table("deleted-adjustments").one("tr", data_id="cr_closed_m1")
    assert bool(stone.all("form")) is (outcome == "refused")
    words = "Nothing was restored." if outcome == "refused" else "We don't know yet whether the platform took it"
    assert words in shown.root.text


def test_a_tombstone_of_another_event_or_partner_is_none(editor: Visitor, sandbox: Sandbox, partners: Partners) -> None:
    editor.send(editor.delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    values = fields(undo_form(editor))  # type: ignore[arg-type]
    address = "/p/partner-id-acme/events/evt_plain/adjustments/undo/"
    assert editor.client.post(address, values).status_code == 404
    DeletedAdjustment.objects.update(partner=partners.sakura)
    address = "/p/partner-id-acme/events/evt_closed/adjustments/undo/"
    assert editor.client.post(address, values).status_code == 404
    assert posts(sandbox) == 0


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "9" * 40, "²"])
def test_a_number_that_is_none_changes_nothing(editor: Visitor, sandbox: Sandbox, number: str) -> None:
    base = "/p/partner-id-acme/events/evt_closed/adjustments/"
    token = {"token": "5f1c2a0e-7a1d-4a4e-9a55-1f2a3b4c5d6e"}
    assert editor.client.post(f"{base}undo/", {"id": number, **token}).status_code == 303
    assert editor.client.post(f"{base}check/", {"id": number}).status_code == 404
    assert (posts(sandbox), deletes(sandbox)) == (0, 0)


def test_a_restored_row_has_exactly_the_values_of_before(editor: Visitor, sandbox: Sandbox) -> None:
    precise = {"id": "cr_x", "eid": "evt_plain", "purchase": 3, "revenue": 10.005, "source": "manual"}
    form_fault = sandbox.faults.add("/campaign_results/", "wrong_type", method="GET", body=[precise])
    form = editor.delete_form("evt_plain", "cr_x")
    sandbox.faults.add("/campaign_results/", "status", method="DELETE", status=204)
    sandbox.faults.clear(form_fault.id)
    sandbox.faults.add("/campaign_results/", "wrong_type", method="GET", count=1, body=[precise])
    editor.send(form, reason="why")
    assert DeletedAdjustment.objects.get().revenue == Decimal("10.005")
    panel = editor.look("evt_plain").panel("adjustments")
    editor.send(panel.one("form", data_form="undo-adjustment"))
    (post,) = sandbox.log.of(method="POST", path="/campaign_results/")
    assert post.query.endswith("&purchase=3&revenue=10.005")
