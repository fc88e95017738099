"""Partners as operators see and set them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.models import Grant, Partner, ServiceAccount
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners
from tests.pages import Element, read

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
LIST, ACME = "/operate/partners/", "/operate/partners/partner-id-acme/"


@pytest.fixture
def operator(client_for: ClientFor, olga: User) -> Client:
    return client_for(olga)


def row(operator: Client, partner_id: str) -> Element:
    return read(operator.get(LIST)).panel("partners").one("tr", data_id=partner_id)


def messages(answer: HttpResponse) -> str:
    return read(answer).root.one(id="messages").text


def test_every_partner_is_listed_with_how_it_is_connected(
    sandbox: Sandbox, operator: Client, partners: Partners, alice: User, bob: User
) -> None:
    Partner.objects.filter(pk=partners.sakura.pk).update(connected=False)
    Partner.objects.filter(pk=partners.nordlicht.pk).update(switched_off_at="2026-06-15T10:00Z")
    assert row(operator, "partner-id-acme").text == (
        "Acme Concerts (demo)partner-id-acme Connected portal@sandbox.example EUR Europe/Berlin 2"
    )
    assert "Disconnected No account's token names it any more." in row(operator, "partner-id-sakura").text.replace(
        "DisconnectedNo", "Disconnected No"
    )
    assert "Switched off" in row(operator, "fd4711").text
    assert sandbox.log.all() == ()


def test_a_partner_whose_account_does_not_sign_in_is_not_readable(operator: Client, partners: Partners) -> None:
    ServiceAccount.objects.update(signs_in=False)
    assert "The account that it is read with does not sign in." in row(operator, "partner-id-acme").text


def test_its_page_names_the_account_in_use_and_those_that_would_take_over(operator: Client, partners: Partners) -> None:
    for username in ("second", "third"):
        other = ServiceAccount(username=username)
        other.set_password("x")
        other.save()
        Grant.objects.create(service_account=other, partner=partners.acme)
    text = read(operator.get(ACME)).panel("partner").text
    assert "Read with portal@sandbox.example Also named by second, third" in text


@pytest.mark.parametrize(("words", "found"), [("sakura", ["partner-id-sakura"]), ("FD47", ["fd4711"]), ("%", [])])
def test_partners_are_searched_by_name_and_id(
    operator: Client, partners: Partners, words: str, found: list[str]
) -> None:
    page = read(operator.get(LIST, {"q": words}))
    assert [each["data-id"] for each in page.root.all("tr") if each.get("data-id")] == found
    assert page.root.one("input", name="q")["value"] == words


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 300, "page=nonsense", "page=99", "q=%ff"])
def test_an_odd_question_is_answered(operator: Client, partners: Partners, query: str) -> None:
    assert operator.get(f"{LIST}?{query}").status_code == 200


def test_a_zone_is_set_and_on_record_at_the_partner(operator: Client, partners: Partners) -> None:
    answer = operator.post(f"{ACME}zone/", {"zone": "Asia/Tokyo", "seen": "Europe/Berlin"})
    assert (answer.status_code, answer["Location"]) == (303, ACME)
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Asia/Tokyo"
    event = AuditEvent.objects.get()
    assert (event.kind, event.partner, event.email, event.before, event.after) == (
        "partner_zone_changed",
        partners.acme,
        "olga@portal.example",
        {"zone": "Europe/Berlin"},
        {"zone": "Asia/Tokyo"},
    )
    operator.post(f"{ACME}zone/", {"zone": "Asia/Tokyo", "seen": "Asia/Tokyo"})
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize(
    "zone", ["", "Asia/Atlantis", "../../etc/passwd", "localtime", "europe/berlin", "UTC+1", "x" * 80]
)
def test_what_is_no_zone_is_refused(operator: Client, partners: Partners, zone: str) -> None:
    answer = operator.post(f"{ACME}zone/", {"zone": zone, "seen": "Europe/Berlin"})
    assert answer.status_code == 422
    assert read(answer).root.one("form", data_form="zone").all(class_="field-error")
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Europe/Berlin"
    assert not AuditEvent.objects.exists()


def test_two_operators_do_not_overwrite_each_others_zone(operator: Client, partners: Partners) -> None:
    Partner.objects.update(timezone="Asia/Tokyo")
    answer = operator.post(f"{ACME}zone/", {"zone": "Europe/Paris", "seen": "Europe/Berlin"})
    assert answer.status_code == 409
    assert "somebody else set the time zone meanwhile" in messages(answer)
    assert read(answer).root.one("input", name="zone")["value"] == "Asia/Tokyo"
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Asia/Tokyo"
    assert not AuditEvent.objects.exists()


def test_a_partner_is_switched_off_and_on_with_a_reason(
    operator: Client, partners: Partners, bob: User, client_for: ClientFor
) -> None:
    operator.post(f"{ACME}switch/", {"to": "off", "reason": "contract ended"})
    assert client_for(bob).get("/p/partner-id-acme/").status_code == 403
    page = read(operator.get(ACME))
    assert page.root.one("form", data_form="switch").one("input", name="to")["value"] == "on"
    again = operator.post(f"{ACME}switch/", {"to": "off", "reason": "contract ended"})
    assert "somebody else has done this meanwhile" in messages(operator.get(again["Location"]))
    operator.post(f"{ACME}switch/", {"to": "on", "reason": "signed again"})
    assert Partner.objects.get(pk=partners.acme.pk).switched_off_at is None
    recorded = AuditEvent.objects.order_by("position").values_list("kind", "partner", "email", "reason")
    assert list(recorded) == [
        ("partner_switched_off", partners.acme.pk, "olga@portal.example", "contract ended"),
        ("partner_switched_on", partners.acme.pk, "olga@portal.example", "signed again"),
    ]


@pytest.mark.parametrize("fields", [{}, {"to": "off"}, {"to": "off", "reason": "  "}, {"to": "away", "reason": "x"}])
def test_without_a_reason_nothing_is_switched(operator: Client, partners: Partners, fields: dict[str, str]) -> None:
    assert operator.post(f"{ACME}switch/", fields).status_code == 422
    assert Partner.objects.get(pk=partners.acme.pk).switched_off_at is None
    assert not AuditEvent.objects.exists()


def test_a_partner_that_does_not_exist_has_no_page(operator: Client, partners: Partners) -> None:
    for path in ("", "zone/", "switch/"):
        address = f"/operate/partners/nowhere/{path}"
        answer = operator.post(address, {"zone": "Europe/Paris", "reason": "x"}) if path else operator.get(address)
        assert answer.status_code == 404


def test_what_was_typed_survives_the_way_to_confirm(partners: Partners, olga: User, client_for: ClientFor) -> None:
    stale = client_for(olga, stale=True)
    assert stale.post(f"{ACME}zone/", {"zone": "Asia/Tokyo", "seen": "Europe/Berlin"}).status_code == 302
    assert stale.post(f"{ACME}switch/", {"to": "off", "reason": "typed before"}).status_code == 302
    page = read(stale.get(ACME))
    assert page.root.one("input", name="zone")["value"] == "Asia/Tokyo"
    assert page.root.one("form", data_form="switch").one("input", name="reason")["value"] == "typed before"
    assert Partner.objects.get(pk=partners.acme.pk).timezone == "Europe/Berlin"
    assert not AuditEvent.objects.exists()
