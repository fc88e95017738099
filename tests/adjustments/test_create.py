"""Adding an adjustment: typed, previewed, confirmed, and then one row at the platform."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.audit.models import AuditEvent
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, fields, posts, rows_of
from tests.conftest import Partners
from tests.pages import read

FOUR = ["cr_closed_a1", "cr_closed_a2", "cr_closed_m1", "cr_closed_m2"]


@pytest.mark.parametrize("room", ["lookout", "wave"])
def test_a_preview_shows_what_it_would_be_and_sends_nothing(editor: Visitor, sandbox: Sandbox, room: str) -> None:
    answer = editor.preview("evt_closed", "3", "150", room=room)
    assert answer.status_code == 200
    shown = read(answer)
    panel = shown.panel("adjustment-preview")
    numbers = {data["data-kpi"]: data["value"] for data in panel.all("data", class_="kpi")}
    assert Decimal(numbers["adjustment_revenue"]) == Decimal("10140.9")
    assert numbers["adjustment_purchases"] == "225"
    assert Decimal(numbers["revenue"]) == sandbox.world["partner-id-acme"].events["evt_closed"].revenue
    assert "€9,990.90 now, €150 more" in panel.text
    assert "new" in shown.marks()
    assert posts(sandbox) == 0
    assert not AdjustmentRequest.objects.exists()
    assert rows_of(sandbox, "evt_closed") == FOUR


@pytest.mark.parametrize(("room", "place"), [("lookout", "events"), ("wave", "campaigns")])
def test_a_confirmed_adjustment_is_one_row_and_the_reader_returns_to_it(
    editor: Visitor, sandbox: Sandbox, alice: User, room: str, place: str
) -> None:
    answer = editor.create("evt_closed", "3", "150,50", room=room)
    (made,) = set(rows_of(sandbox, "evt_closed")) - set(FOUR)
    assert answer.status_code == 303
    assert answer["Location"] == f"/p/partner-id-acme/{place}/evt_closed/#adjustments-{made}"
    (post,) = sandbox.log.of(method="POST", path="/campaign_results/")
    assert post.query == "eid=evt_closed&partner_id=partner-id-acme&purchase=3&revenue=150.5"
    shown = editor.look("evt_closed", room)
    assert "Adjustment added." in shown.root.text
    row = shown.table("adjustments").one("tr", data_id=made)
    assert [cell["data-value"] for cell in row.all("td", class_="num")] == ["3", "150.5"]
    assert "alice@acme.example Box office list" in row.text
    request = AdjustmentRequest.objects.get()
    assert (request.outcome, request.platform_id, request.user, request.revenue) == (
        "done",
        made,
        alice,
        Decimal("150.5"),
    )


def test_it_is_on_record_as_intended_and_as_done(editor: Visitor, sandbox: Sandbox, partners: Partners) -> None:
    editor.create("evt_closed", "3", "150")
    (made,) = set(rows_of(sandbox, "evt_closed")) - set(FOUR)
    intended, done = AuditEvent.objects.filter(kind="adjustment_created").order_by("position")
    assert (intended.outcome, intended.after["id"], intended.reason) == ("intended", None, "Box office list")
    assert (done.outcome, done.of, done.partner, done.target) == ("done", intended, partners.acme, "evt_closed")
    assert done.after == {"id": made, "purchases": 3, "revenue": "150", "currency": "EUR"}
    (post,) = sandbox.log.of(method="POST", path="/campaign_results/")
    assert done.platform_request == post.request_id


def test_a_row_that_the_platform_does_not_show_is_found_by_reading(editor: Visitor, sandbox: Sandbox) -> None:
    editor.create("evt_quiet", "3", "150")
    (made,) = rows_of(sandbox, "evt_quiet")
    assert AdjustmentRequest.objects.get().platform_id == made
    assert posts(sandbox) == 1


def test_the_preview_offers_to_change_the_values(editor: Visitor, sandbox: Sandbox) -> None:
    previewed = read(editor.preview("evt_closed", "3", "1.500,50 €"))
    again = editor.send(previewed.root.one("form", data_form="adjustment"), "change")
    assert again.status_code == 200
    form = read(again).root.one("form", data_form="adjustment")
    assert (fields(form)["purchases"], fields(form)["revenue"]) == ("3", "1500.50")
    assert fields(form)["reason"] == "Box office list"
    assert posts(sandbox) == 0


@pytest.mark.parametrize(
    ("purchases", "revenue", "reason", "words"),
    [
        ("", "5", "why", "Enter the number of purchases; 0 is possible."),
        ("5", "", "why", "Enter the revenue; 0 is possible."),
        ("5", "5", " ", "Say why, so that colleagues understand this row later."),
        ("1.5", "5", "why", "Enter a whole number: a purchase cannot be divided."),
        ("1e3", "5", "why", "Write the number out, without an exponent."),
        ("5", "1E3", "why", "Write the number out, without an exponent."),
        ("-1", "5", "why", "Enter 0 or more. To take sales back, delete their row."),
        ("5", "\u221212,50", "why", "Enter 0 or more. To take sales back, delete their row."),
        ("5", "$12", "why", "Amounts here are in EUR; this one names another currency."),
        ("5", "1.234", "why", "“1.234” can be read in two ways. Write it without a separator for thousands."),
        ("5", "12.345,678", "why", "EUR has 2 decimals at most."),
        ("5", "1000000000000", "why", "Enter an amount below €1,000,000,000,000."),
        ("10000001", "5", "why", "Enter at most 10,000,000 purchases."),
        ("five", "5", "why", "Enter a whole number, in digits only."),
        ("5", "<b>5</b>", "why", "This is not a number that can be read. Write it as 1,234.50."),
        ("0", "0,00", "why", "An adjustment of 0 purchases and no revenue would change nothing."),
        ("5", "5", "y" * 501, "Ensure this value has at most 500 characters (it has 501)."),
        ("5", "5\x00", "why", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_sent(
    editor: Visitor, sandbox: Sandbox, purchases: str, revenue: str, reason: str, words: str
) -> None:
    answer = editor.preview("evt_closed", purchases, revenue, reason)
    assert answer.status_code == 422
    form = read(answer).root.one("form", data_form="adjustment")
    assert words in form.text
    assert fields(form)["purchases"] == purchases
    assert (posts(sandbox), AdjustmentRequest.objects.count()) == (0, 0)


@pytest.mark.parametrize("token", ["", "no-token"])
def test_a_form_without_its_token_is_incomplete(editor: Visitor, sandbox: Sandbox, token: str) -> None:
    answer = editor.send(editor.adjustment_form("evt_closed"), "confirm", purchases="1", revenue="5", token=token)
    assert answer.status_code == 422
    assert "This form is incomplete." in read(answer).root.text
    assert posts(sandbox) == 0


@pytest.mark.parametrize(
    ("language", "typed", "sent"),
    [
        ("en", "1,234.50", "1234.5"),
        ("en", "1.234,50", "1234.5"),
        ("en", "1,234", "1234"),
        ("de", "1.234,50", "1234.5"),
        ("de", "1,234.50", "1234.5"),
        ("de", "1.234", "1234"),
        ("de", "1\u202f234,50\u00a0€", "1234.5"),
        ("de", "EUR 1’234.50", "1234.5"),
    ],
)
def test_numbers_are_read_as_people_write_them(
    editor: Visitor, sandbox: Sandbox, language: str, typed: str, sent: str
) -> None:
    editor.client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    editor.create("evt_closed", "10", typed)
    (post,) = sandbox.log.of(method="POST", path="/campaign_results/")
    assert post.query.endswith(f"&purchase=10&revenue={sent}")


def test_yen_have_no_decimals(sakura: Visitor, sandbox: Sandbox) -> None:
    assert "JPY has no decimals: enter a whole amount." in read(sakura.preview("evt_jpy", "2", "100.5")).root.text
    sakura.create("evt_jpy", "2", "¥18,000")
    (post,) = sandbox.log.of(method="POST", path="/campaign_results/")
    assert post.query.endswith("&purchase=2&revenue=18000")


def test_a_form_sent_twice_makes_one_row(editor: Visitor, sandbox: Sandbox) -> None:
    previewed = read(editor.preview("evt_closed", "3", "150"))
    form = previewed.root.one("form", data_form="adjustment")
    first, second = editor.send(form, "confirm"), editor.send(form, "confirm")
    assert (first.status_code, second.status_code) == (303, 303)
    assert second["Location"] == first["Location"]
    assert "This form was sent before, and it worked." in editor.look("evt_closed").root.text
    assert (posts(sandbox), len(rows_of(sandbox, "evt_closed"))) == (1, 5)


def test_going_back_to_the_first_form_makes_no_second_row(editor: Visitor, sandbox: Sandbox) -> None:
    first = editor.adjustment_form("evt_closed")
    previewed = read(editor.send(first, purchases="3", revenue="150", reason="why"))
    editor.send(previewed.root.one("form", data_form="adjustment"), "confirm")
    again = editor.send(first, purchases="3", revenue="150", reason="why")
    assert again.status_code == 303
    assert posts(sandbox) == 1


def test_a_name_of_a_page_that_is_none_leads_to_lookout(editor: Visitor, sandbox: Sandbox) -> None:
    previewed = read(editor.preview("evt_closed", "3", "150"))
    form = previewed.root.one("form", data_form="adjustment")
    answer = editor.send(form, "confirm", origin="https://evil.example/")
    assert answer["Location"].startswith("/p/partner-id-acme/events/evt_closed/#")


@pytest.mark.parametrize(
    ("currency", "words"),
    [
        ("", "The platform names no currency for this partner, so amounts cannot be entered"),
        ("CHF", "Adjustments are in CHF, the partner's currency; the event's own numbers are in EUR."),
    ],
)
def test_a_missing_or_other_currency_is_told(
    editor: Visitor, partners: Partners, sandbox: Sandbox, currency: str, words: str
) -> None:
    partners.acme.currency = currency
    partners.acme.save()
    panel = editor.look("evt_closed").panel("adjustments")
    assert words in panel.text
    assert bool(panel.all("form", data_form="adjustment")) is bool(currency)


def test_nothing_is_added_for_a_partner_without_a_currency(
    editor: Visitor, partners: Partners, sandbox: Sandbox
) -> None:
    form = editor.adjustment_form("evt_closed")
    partners.acme.currency = ""
    partners.acme.save()
    answer = editor.send(form, "confirm", purchases="1", revenue="5", reason="why")
    assert answer.status_code == 422
    assert posts(sandbox) == 0


def test_a_viewer_sees_the_rows_and_no_form(viewer: Visitor, sandbox: Sandbox) -> None:
    for room in ("lookout", "wave"):
        panel = viewer.look("evt_closed", room).panel("adjustments")
        assert len(panel.one("table").one("tbody").all("tr")) == 4
        assert panel.all("form") == []


@pytest.mark.parametrize("place", ["", "delete/", "undo/", "check/"])
def test_to_a_viewer_and_to_strangers_the_forms_do_not_exist(
    viewer: Visitor, sakura: Visitor, sandbox: Sandbox, place: str
) -> None:
    address = f"/p/partner-id-acme/events/evt_closed/adjustments/{place}"
    values = {"id": "cr_closed_m1", "purchases": "1", "revenue": "1", "reason": "x", "confirm": "yes"}
    for visitor in (viewer, sakura):
        assert visitor.client.post(address, values).status_code == 404
        assert visitor.client.get(address).status_code == 404
    assert sandbox.log.of(method="POST", path="/campaign_results/") == ()
    assert rows_of(sandbox, "evt_closed") == FOUR


def test_an_event_of_another_partner_is_none(editor: Visitor, sandbox: Sandbox) -> None:
    values = fields(editor.adjustment_form("evt_closed")) | {"purchases": "1", "revenue": "5", "reason": "why"}
    answer = editor.client.post("/p/partner-id-acme/events/evt_jpy/adjustments/", values | {"confirm": "yes"})
    assert answer.status_code == 404
    assert posts(sandbox) == 0


def test_an_account_that_may_not_read_adjustments_is_told_once_and_gets_no_form(
    sandbox: Sandbox, on_the_day: object, nils: User, client_for: object
) -> None:
    visitor = Visitor(client_for(nils), "fd4711")  # type: ignore[operator]
    for room in ("lookout", "wave"):
        panel = visitor.look("evt_nord", room).panel("adjustments")
        assert panel["data-state"] == "not-permitted"
        assert panel.text.count("This account may not read adjustments.") == 1
        assert panel.all("form") == []
        assert panel.one("span", class_="as-of").text == "As of just now"
    answer = visitor.client.post(
        "/p/fd4711/events/evt_nord/adjustments/",
        {"purchases": "1", "revenue": "5", "reason": "x", "token": "5f1c2a0e-7a1d-4a4e-9a55-1f2a3b4c5d6e"},
    )
    assert answer.status_code == 403
    assert posts(sandbox) == 0


def test_get_leads_back_to_the_page(editor: Visitor) -> None:
    answer = editor.client.get("/p/partner-id-acme/events/evt_closed/adjustments/?origin=wave")
    assert (answer.status_code, answer["Location"]) == (
        303,
        "/p/partner-id-acme/campaigns/evt_closed/#panel-adjustments",
    )


@pytest.mark.parametrize("room", ["lookout", "wave"])
def test_every_form_carries_what_proves_that_it_is_ours(
    on_the_day: object, sandbox: Sandbox, alice: User, room: str
) -> None:
    """A browser sends the token of the form itself; without it the portal refuses."""
    visitor = Visitor(Client(enforce_csrf_checks=True))
    visitor.client.force_login(alice)
    forms = visitor.look("evt_closed", room).root.all("form", method="post")
    named = {form["data-form"] for form in forms}
    assert {"adjustment", "delete-adjustment"} <= named
    assert ("event-model" in named) is (room == "lookout")
    for form in forms:
        assert "csrfmiddlewaretoken" in fields(form), form["data-form"]
    values = fields(visitor.adjustment_form("evt_closed", room)) | {
        "purchases": "1",
        "revenue": "50",
        "reason": "why",
    }
    address = "/p/partner-id-acme/events/evt_closed/adjustments/"
    previewed = visitor.client.post(address, values)
    assert previewed.status_code == 200
    assert "csrfmiddlewaretoken" in fields(read(previewed).root.one("form", data_form="adjustment"))
    refused = visitor.client.post(address, values | {"csrfmiddlewaretoken": "", "confirm": "1", "sender": ""})
    assert refused.status_code == 403
    assert posts(sandbox) == 0
