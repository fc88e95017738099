"""The operators' page of service accounts, against the stand-in platform."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners
from tests.pages import Shown, read

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
LIST = "/operate/"
GOOD = "sandbox-demo-only"


@pytest.fixture
def operator(client_for: ClientFor, olga: User) -> Client:
    return client_for(olga)


def add(operator: Client, username: str, password: str = GOOD) -> HttpResponse:
    return operator.post("/operate/accounts/add/", {"username": username, "password": password})


def told(answer: HttpResponse) -> str:
    return read(answer).root.one(id="messages").text


def only_account() -> ServiceAccount:
    return ServiceAccount.objects.get()


def about(page: Shown, partner_id: str) -> str:
    return page.panel("check").one("tr", data_id=partner_id).text


def test_without_accounts_it_says_what_to_do(operator: Client) -> None:
    page = read(operator.get(LIST))
    assert page.states() == {"service-accounts": "empty"}
    assert page.root.one("form", data_form="add-account")["action"] == "/operate/accounts/add/"


def test_an_account_that_signs_in_is_stored_with_what_it_serves(sandbox: Sandbox, operator: Client) -> None:
    answer = add(operator, "portal@sandbox.example")
    assert (answer.status_code, answer["Location"]) == (303, f"/operate/accounts/{only_account().pk}/")
    assert only_account().password() == GOOD
    answer = operator.get(answer["Location"])
    assert told(answer) == "portal@sandbox.example signs in and is stored."
    page = read(answer)
    assert about(page, "partner-id-acme") == (
        "Acme Concerts (demo)partner-id-acme EUR, Lookout and Wave."
        "may read: events, packages, daily revenue, sales adjustments, Meta statistics, evaluations"
    )
    assert "may not read: sales adjustments, Meta statistics" in about(page, "fd4711")
    assert sorted(Partner.objects.values_list("partner_id", flat=True)) == [
        "fd4711",
        "partner-id-acme",
        "partner-id-sakura",
    ]
    events = list(AuditEvent.objects.filter(kind="service_account_added").values_list("email", "title", "partner"))
    assert events == [("olga@portal.example", "portal@sandbox.example", None)]
    assert set(AuditEvent.objects.filter(kind="partner_connected").values_list("email", flat=True)) == {
        "olga@portal.example"
    }


REFUSED = [
    (
        "portal@sandbox.example",
        "wrong",
        "The platform refuses the service account's user name or password. Correct them, then connect again.",
    ),
    (
        "challenge@sandbox.example",
        GOOD,
        "The platform asks the service account for an interactive step (NEW_PASSWORD_REQUIRED) that a server cannot "
        "answer. Switch multi-factor sign-in off for this account and set a permanent password.",
    ),
    (
        "disabled@sandbox.example",
        GOOD,
        "The platform has disabled the service account. Ask the platform's operators to enable it.",
    ),
]


@pytest.mark.parametrize(("username", "password", "words"), REFUSED, ids=["wrong password", "challenge", "disabled"])
def test_an_account_that_does_not_sign_in_is_not_stored(
    sandbox: Sandbox, operator: Client, username: str, password: str, words: str
) -> None:
    answer = add(operator, username, password)
    assert answer.status_code == 422
    form = read(answer).root.one("form", data_form="add-account")
    assert form.one(role="alert").text == f"{words} Nothing was stored."
    assert form.one("input", name="username")["value"] == username
    assert form.one("input", name="password").get("value") == ""
    assert not ServiceAccount.objects.exists()
    assert not AuditEvent.objects.exists()


def test_while_the_platform_is_down_nothing_is_stored(sandbox: Sandbox, operator: Client) -> None:
    sandbox.faults.add("/auth", "status", status=503)
    answer = add(operator, "portal@sandbox.example")
    assert answer.status_code == 503
    alert = read(answer).root.one("form", data_form="add-account").one(role="alert")
    assert alert.text == "The platform cannot be reached right now. Nothing was stored."
    assert not ServiceAccount.objects.exists()


def test_a_name_is_stored_once(sandbox: Sandbox, operator: Client) -> None:
    add(operator, "portal@sandbox.example")
    sealed = only_account().sealed_password
    sandbox.log.clear()
    answer = add(operator, "portal@sandbox.example", "another")
    assert answer.status_code == 422
    assert "An account of this name is stored already." in read(answer).root.one(id="id_username_error").text
    assert only_account().sealed_password == sealed
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("fields", [{}, {"username": "a"}, {"password": "b"}, {"username": "a\x00", "password": "b"}])
def test_an_incomplete_form_asks_nobody(sandbox: Sandbox, operator: Client, fields: dict[str, str]) -> None:
    answer = operator.post("/operate/accounts/add/", fields)
    assert answer.status_code == 422
    assert read(answer).root.all(class_="field-error")
    assert sandbox.log.all() == ()


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/events/", "events"),
        ("/package_builder/packages/", "packages"),
        ("/daily_revenue_summary/", "daily revenue"),
        ("/campaign_results/", "sales adjustments"),
        ("/integrations/facebook/events/*", "Meta statistics"),
        ("/package_builder/packages/*/backhaul_evaluation", "evaluations"),
    ],
)
def test_what_it_may_not_read_is_named(sandbox: Sandbox, operator: Client, path: str, what: str) -> None:
    sandbox.faults.add(path, "status", status=403, partner="partner-id-acme")
    page = read(operator.get(add(operator, "acme@sandbox.example")["Location"]))
    assert f"may not read: {what}" in about(page, "partner-id-acme")


def test_what_could_not_be_told_is_told_apart(sandbox: Sandbox, operator: Client) -> None:
    sandbox.faults.add("/package_builder/packages/", "truncated")
    page = read(operator.get(add(operator, "acme@sandbox.example")["Location"]))
    words = about(page, "partner-id-acme")
    assert "could not tell for packages: The platform's answer could not be understood." in words
    assert "may read: events, daily revenue, sales adjustments, Meta statistics" in words


def test_a_partner_that_cannot_be_read_says_why(sandbox: Sandbox, operator: Client) -> None:
    sandbox.faults.add("/partners/", "status", status=403, partner="partner-id-acme")
    page = read(operator.get(add(operator, "acme@sandbox.example")["Location"]))
    assert about(page, "partner-id-acme").endswith(
        "Not readable. The platform does not let this account read or change this."
    )
    assert not Partner.objects.exists()


def test_an_account_without_partners_says_so(sandbox: Sandbox, operator: Client) -> None:
    page = read(operator.get(add(operator, "nobody@sandbox.example")["Location"]))
    assert "Its token names no partner." in page.panel("check").text


def test_the_password_is_replaced_only_by_one_that_signs_in(
    sandbox: Sandbox, operator: Client, partners: Partners
) -> None:
    account = only_account()
    account.set_password("outdated")
    account.save()
    address = f"/operate/accounts/{account.pk}/password/"
    answer = operator.post(address, {"password": "wrong-too"})
    assert answer.status_code == 422
    alert = read(answer).root.one("form", data_form="change-password").one(role="alert")
    assert alert.text.endswith("Correct them, then connect again. The password stored before is kept.")
    assert only_account().password() == "outdated"
    assert not AuditEvent.objects.exists()
    assert "wrong-too" not in answer.content.decode()
    answer = operator.post(address, {"password": GOOD})
    assert answer.status_code == 303
    assert only_account().password() == GOOD
    assert told(operator.get(answer["Location"])) == "portal@sandbox.example signs in with the new password."
    (event,) = AuditEvent.objects.filter(kind="service_account_changed")
    assert (event.title, event.after) == ("portal@sandbox.example", {"password": "given anew"})


def test_a_password_whose_key_is_gone_can_be_given_again(
    sandbox: Sandbox, operator: Client, partners: Partners
) -> None:
    ServiceAccount.objects.update(sealed_password="sealed with a key that is gone")
    pk = only_account().pk
    operator.post(f"/operate/accounts/{pk}/check/")
    words = "The portal can no longer open the service account's stored password: its encryption key is gone."
    assert words in read(operator.get(f"/operate/accounts/{pk}/")).root.text
    operator.post(f"/operate/accounts/{pk}/password/", {"password": GOOD})
    assert only_account().password() == GOOD


def test_a_check_on_request_says_why_it_does_not_sign_in(
    sandbox: Sandbox, operator: Client, partners: Partners
) -> None:
    pk = only_account().pk
    sandbox.faults.add("/auth", "status", status=503)
    operator.post(f"/operate/accounts/{pk}/check/")
    row = read(operator.get(LIST)).panel("service-accounts").one("tr", data_id=str(pk))
    assert "Could not tell" in row.text
    assert "The platform cannot be reached right now." in row.text
    assert ServiceAccount.objects.get().signs_in is None
    assert Partner.objects.filter(connected=True).count() == 3


def test_an_account_that_partners_are_read_with_stays(sandbox: Sandbox, operator: Client, partners: Partners) -> None:
    pk = only_account().pk
    answer = operator.post(f"/operate/accounts/{pk}/remove/")
    assert answer.status_code == 409
    assert "Acme Concerts (demo), Nordlicht Kultur (demo), Sakura Live (demo)" in told(answer)
    assert ServiceAccount.objects.exists()
    assert not AuditEvent.objects.exists()


def test_an_account_that_serves_nobody_goes_and_its_tokens_too(
    sandbox: Sandbox, operator: Client, clean_redis: object
) -> None:
    add(operator, "nobody@sandbox.example")
    Partner.objects.create(partner_id="partner-id-old", name="Old", service_account=only_account(), connected=False)
    answer = operator.post(f"/operate/accounts/{only_account().pk}/remove/")
    assert (answer.status_code, answer["Location"]) == (303, "/operate/")
    assert not ServiceAccount.objects.exists()
    assert Partner.objects.get().service_account is None
    assert AuditEvent.objects.filter(kind="service_account_removed", title="nobody@sandbox.example").count() == 1


def test_every_write_asks_for_a_recent_proof_and_keeps_no_password(
    sandbox: Sandbox, client_for: ClientFor, olga: User, partners: Partners
) -> None:
    stale = client_for(olga, stale=True)
    pk = only_account().pk
    sealed = only_account().sealed_password
    for path in ("accounts/add/", *(f"accounts/{pk}/{name}/" for name in ("check", "password", "remove"))):
        answer = stale.post(f"/operate/{path}", {"username": "new@sandbox.example", "password": "my-secret"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/")
    assert only_account().sealed_password == sealed
    assert "my-secret" not in str(dict(stale.session))
    assert sandbox.log.all() == ()
    page = read(stale.get(LIST))
    assert page.root.one("form", data_form="add-account").one("input", name="username")["value"] == (
        "new@sandbox.example"
    )


def test_no_page_and_no_log_line_holds_a_password_or_a_token(
    sandbox: Sandbox, operator: Client, caplog: pytest.LogCaptureFixture, clean_redis: object
) -> None:
    with caplog.at_level("DEBUG"):
        pages = [add(operator, "portal@sandbox.example"), add(operator, "acme@sandbox.example", "wrong-one")]
        pages += [operator.get(LIST), operator.get(f"/operate/accounts/{only_account().pk}/")]
    for secret in (GOOD, "wrong-one", "sandbox-access-", "sandbox-refresh-", only_account().sealed_password):
        assert secret not in caplog.text
        assert all(secret not in page.content.decode() for page in pages)
