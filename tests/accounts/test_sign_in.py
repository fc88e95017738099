"""Signing in through the form."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from attribution_portal.accounts.addresses import normal
from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from tests.accounts.conftest import PASSWORD, is_signed_in
from tests.pages import read


def sign_in(email: str, password: str, *, to: str = "") -> tuple[int, str]:
    answer = Client().post(f"/account/login/{to}", {"login": email, "password": password})
    return answer.status_code, answer.headers.get("Location", "")


def test_the_right_password_opens_the_start_page(ada: User) -> None:
    assert sign_in("ada@example.org", PASSWORD) == (302, "/")


def test_addresses_are_known_in_any_case_and_with_space_around(ada: User) -> None:
    assert sign_in(" ADA@Example.ORG ", PASSWORD) == (302, "/")


def test_an_address_that_was_kept_with_capitals_signs_in_all_the_same(db: None) -> None:
    User.objects.create_user("Grace.Hopper@Example.org", PASSWORD)
    assert User.objects.get().email == "grace.hopper@example.org"
    assert sign_in("Grace.Hopper@example.org", PASSWORD) == (302, "/")


def test_it_leads_back_to_where_the_person_wanted_to_go(ada: User) -> None:
    assert sign_in(ada.email, PASSWORD, to="?next=/p/fd4711/") == (302, "/p/fd4711/")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "\x00"]
)
def test_it_never_leads_to_another_site(ada: User, elsewhere: str) -> None:
    client = Client()
    answer = client.post("/account/login/", {"login": ada.email, "password": PASSWORD, "next": elsewhere})
    assert answer["Location"] == "/"


@pytest.mark.parametrize(("email", "password"), [("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD)])
def test_a_wrong_password_and_an_unknown_person_look_the_same(ada: User, email: str, password: str) -> None:
    answer = Client().post("/account/login/", {"login": email, "password": password})
    assert answer.status_code == 200
    note = read(answer).root.one("div", class_="note-failing")
    assert note.text == "E-mail address and password do not fit together."
    assert not is_signed_in(answer.client)
    assert AuditEvent.objects.get().kind == Kind.SIGN_IN_FAILED


def test_somebody_who_is_switched_off_gets_no_session_and_is_told_why(ada: User) -> None:
    User.objects.update(is_active=False)
    client = Client()
    answer = client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    assert answer["Location"] == "/account/inactive/"
    assert "switched off" in client.get("/account/inactive/").content.decode()
    assert not is_signed_in(client)


def test_somebody_who_is_switched_off_while_signed_in_is_out_at_once(ada: User) -> None:
    client = Client()
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    User.objects.update(is_active=False)
    assert client.get("/account/")["Location"] == "/account/login/?next=/account/"


@pytest.mark.parametrize(
    "spelling",
    [
        "\uff41da@example.org",  # full-width a
        "ada@\uff45xample.org",  # full-width e
        "ada@example\u3002org",  # ideographic full stop
        "ad\u0430@example.org",  # Cyrillic a
        "ad\u00aa@example.org",  # feminine ordinal
        "ada\u200b@example.org",  # zero-width space
        "a\u0301da@example.org",
    ],
)
def test_an_address_that_only_looks_like_anothers_is_no_address(ada: User, spelling: str) -> None:
    answer = Client().post("/account/login/", {"login": spelling, "password": PASSWORD})
    assert answer.status_code == 200
    assert "Enter a valid e-mail address." in answer.content.decode()
    assert not is_signed_in(answer.client)


def test_the_kelvin_sign_is_no_k(db: None) -> None:
    User.objects.create_user("kate@example.org", PASSWORD)
    assert "\u212aate@example.org".lower() == "kate@example.org"
    assert sign_in("\u212aate@example.org", PASSWORD)[0] == 200
    with pytest.raises(ValidationError):
        User.objects.create_user("\u212aate@example.org")


@pytest.mark.parametrize(
    "junk", ["\x00", "ada\x00@example.org", "\ud83d", "@", "a" * 300 + "@example.org", "<b>@x.y", "\n"]
)
def test_junk_for_an_address_or_a_password_is_refused_with_words(ada: User, junk: str) -> None:
    for fields in ({"login": junk, "password": PASSWORD}, {"login": ada.email, "password": junk}):
        sent = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
        answer = Client().post("/account/login/", urlencode(sent), "application/x-www-form-urlencoded")
        assert answer.status_code == 200
        assert "is-invalid" in answer.content.decode() or "note-failing" in answer.content.decode()
        assert not is_signed_in(answer.client)


def test_umlauts_of_a_domain_are_kept() -> None:
    assert normal(" Info@Bücher-Konzerte.de") == "info@bücher-konzerte.de"


def test_after_five_wrong_passwords_an_account_waits_and_others_do_not(ada: User) -> None:
    User.objects.create_user("grace@example.org", PASSWORD)
    for attempt in range(5):
        sign_in(ada.email, f"wrong-{attempt}")
    answer = Client().post("/account/login/", {"login": ada.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert "Too many attempts. Wait five minutes" in read(answer).root.one("div", class_="note-failing").text
    assert not is_signed_in(answer.client)
    assert AuditEvent.objects.filter(kind=Kind.SIGN_IN_THROTTLED, target=ada.email).count() == 1
    assert sign_in("grace@example.org", PASSWORD) == (302, "/")


def test_an_unknown_address_is_throttled_like_a_known_one(ada: User) -> None:
    for attempt in range(5):
        sign_in("nobody@example.org", f"wrong-{attempt}")
    answer = Client().post("/account/login/", {"login": "nobody@example.org", "password": PASSWORD})
    assert "Too many attempts. Wait five minutes" in read(answer).root.one("div", class_="note-failing").text


def test_too_many_requests_from_one_address_get_a_page_that_says_so(ada: User) -> None:
    for _attempt in range(30):
        sign_in("", "")
    answer = Client().post("/account/login/", {"login": ada.email, "password": PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "That was too often in a short time" in answer.content.decode()
    assert not is_signed_in(answer.client)
    assert AuditEvent.objects.get(kind=Kind.SIGN_IN_THROTTLED).target == ada.email
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post("/account/login/", {"login": ada.email, "password": PASSWORD})["Location"] == "/"


@pytest.mark.parametrize(
    "closed",
    [
        "/account/signup/",
        "/account/signup/passkey/",
        "/account/email/",
        "/account/confirm-email/",
        "/account/confirm-email/abc/",
        "/account/login/code/",
        "/account/phone/change/",
        "/account/3rdparty/",
        "/account/social/signup/",
        "/account/oidc/sso/login/",
        "/account/sso/login/",
        "/account/sso/callback/",
    ],
)
def test_nobody_signs_themselves_up_or_changes_their_address(ada: User, closed: str) -> None:
    fields = {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD, "action_add": "1"}
    client = Client()
    client.force_login(ada)
    for browser in (Client(), client):
        assert browser.post(closed, fields).status_code in {404, 405}
        assert browser.get(closed).status_code in {404, 405}
    assert list(User.objects.values_list("email", flat=True)) == ["ada@example.org"]


def test_passwords_are_kept_as_argon2(ada: User) -> None:
    assert ada.password.startswith("argon2$argon2id$")


def test_one_address_is_one_person(ada: User) -> None:
    with pytest.raises(ValidationError):
        User.objects.create_user("ADA@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Ada@example.org")


def test_signing_out_is_asked_for_and_ends_the_session(ada: User) -> None:
    client = Client()
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD})
    assert client.get("/account/logout/").status_code == 200
    assert is_signed_in(client)
    assert client.post("/account/logout/")["Location"] == "/account/login/"
    assert not is_signed_in(client)


def test_what_was_typed_comes_back_to_nobody_as_json(ada: User) -> None:
    fields = {"login": ada.email, "password": "not-the-right-phrase"}
    answer = Client().post("/account/login/", fields, headers={"accept": "application/json"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "not-the-right-phrase" not in answer.content.decode()
