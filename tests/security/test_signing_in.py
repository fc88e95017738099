"""Guessing, forging and prolonging a sign-in: by real attempts through the door."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest
import time_machine
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User

ClientFor = Callable[..., Client]
SIGN_IN, RESET = "/account/login/", "/account/password/reset/"
PASSWORD, WRONG = "a-long-enough-passphrase", "not-the-passphrase"
EVIL = "https://evil.example/"
# Every way of writing another site that some parser takes for a path, or some browser for an address.
ELSEWHERE = [
    EVIL,
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\x00//evil.example/",
    "\t//evil.example/",
    " //evil.example/",
    "https://localhost@evil.example/",
    "https://testserver.evil.example/",
    "//testserver:80@evil.example/",
    "https://evil.example#testserver",
    "/%09/evil.example/../..//evil.example",
    "ftp://testserver/",
]


@pytest.fixture
def ada(db: None, clean_redis: object, settings: Settings) -> User:
    """With a password that costs nothing to check, unlike those of real people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_user("ada@example.org", PASSWORD)


def attempt(password: str = WRONG, email: str = "ada@example.org", **headers: str) -> Client:
    client = Client(headers=headers)
    client.post(SIGN_IN, {"login": email, "password": password})
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def ends_elsewhere(location: str) -> bool:
    """Whether a browser that is told this address leaves the portal: anything but one slash and a path."""
    plain = "".join(sign for sign in location if sign > " ").replace("\\", "/")
    return not plain.startswith("/") or plain.startswith("//")


# Guessing


def test_an_account_is_closed_to_guesses_after_five_from_wherever_they_come(ada: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        attempt(**{"x-forwarded-for": f"203.0.113.{number}"})
    assert not is_signed_in(attempt(PASSWORD, **{"x-forwarded-for": "203.0.113.99"}))
    with time_machine.travel(time.time() + 301):
        assert is_signed_in(attempt(PASSWORD))


def test_one_address_cannot_try_one_account_after_the_other(ada: User) -> None:
    for number in range(10):
        attempt(email=f"person{number}@example.org")
    assert not is_signed_in(attempt(PASSWORD))


def test_a_made_up_address_buys_no_further_guess(ada: User) -> None:
    """No proxy of ours is in front, so that whatever the header says was made up."""
    for number in range(10):
        attempt(email=f"person{number}@example.org", **{"x-forwarded-for": f"203.0.113.{number}"})
    assert not is_signed_in(attempt(PASSWORD, **{"x-forwarded-for": "203.0.113.99"}))


def test_behind_a_proxy_what_stands_before_its_own_entry_buys_no_further_guess(ada: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    for number in range(10):
        attempt(email=f"person{number}@example.org", **{"x-forwarded-for": f"10.9.9.{number}, 203.0.113.7"})
    assert not is_signed_in(attempt(PASSWORD, **{"x-forwarded-for": "10.9.9.99, 203.0.113.7"}))
    # Somebody else behind the same proxy is not made to pay for it.
    assert is_signed_in(attempt(PASSWORD, **{"x-forwarded-for": "203.0.113.8"}))


def test_a_network_of_addresses_is_one_visitor(ada: User, settings: Settings) -> None:
    """Whoever has one IPv6 address has billions."""
    settings.TRUSTED_PROXIES = 1
    for number in range(10):
        attempt(email=f"person{number}@example.org", **{"x-forwarded-for": f"2001:db8:0:1::{number}"})
    assert not is_signed_in(attempt(PASSWORD, **{"x-forwarded-for": "2001:db8:0:1:ffff::1"}))


def test_case_and_space_do_not_make_another_account(ada: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    spellings = ["ada@example.org", "ADA@example.org", " ada@example.org", "Ada@Example.Org ", "adA@example.org"]
    for number, spelling in enumerate(spellings):
        attempt(email=spelling, **{"x-forwarded-for": f"203.0.113.{number}"})
    assert not is_signed_in(attempt(PASSWORD, **{"x-forwarded-for": "203.0.113.99"}))


def test_links_for_a_new_password_are_not_sent_without_end(ada: User) -> None:
    statuses = [Client().post(RESET, {"email": f"person{number}@example.org"}).status_code for number in range(12)]
    assert statuses == [302] * 10 + [429] * 2


def test_too_many_requests_are_refused_in_words_and_in_ones_language(ada: User) -> None:
    for number in range(10):
        Client().post(RESET, {"email": f"person{number}@example.org"})
    answer = Client().post(RESET, {"email": "ada@example.org"}, headers={"accept-language": "de"})
    assert answer.status_code == 429
    assert '<html lang="de"' in answer.content.decode()
    assert "<h1" in answer.content.decode()


def test_an_unknown_person_and_a_wrong_password_take_equally_long(ada: User, settings: Settings) -> None:
    """Both cost one argon2. Ten times as long, or a tenth, would tell who has an account; medians are compared, so
    that a busy machine does not."""
    settings.ACCOUNT_RATE_LIMITS = {}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    ada.set_password(PASSWORD)
    ada.save()

    def took(email: str) -> float:
        began = time.perf_counter()
        attempt(email=email)
        return time.perf_counter() - began

    pairs = [(took("ada@example.org"), took(f"person{number}@example.org")) for number in range(7)]
    ratio = median(known / unknown for known, unknown in pairs)
    assert 1 / 3 < ratio < 3


# Sessions


def test_signing_in_makes_a_new_session_so_that_none_can_be_planted(ada: User) -> None:
    client = Client()
    planted = client.session
    planted["planted"] = True
    planted.save()
    before = planted.session_key
    client.post(SIGN_IN, {"login": "ada@example.org", "password": PASSWORD})
    assert is_signed_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_session_key_that_nobody_gave_out_is_not_taken(ada: User) -> None:
    client = Client()
    client.cookies[portal_settings.SESSION_COOKIE_NAME] = "a" * 32
    client.post(SIGN_IN, {"login": "ada@example.org", "password": PASSWORD})
    assert is_signed_in(client)
    assert client.session.session_key != "a" * 32


def test_signing_out_ends_the_session_on_the_server_too(ada: User) -> None:
    client = attempt(PASSWORD)
    key = client.session.session_key
    client.post("/account/logout/")
    copied = Client()
    copied.cookies[portal_settings.SESSION_COOKIE_NAME] = key
    assert copied.get("/").status_code == 302
    assert not Session.objects.filter(session_key=key).exists()


def test_a_new_password_ends_every_other_session(ada: User) -> None:
    stolen, own = attempt(PASSWORD), attempt(PASSWORD)
    fresh = "another-long-enough-passphrase"
    answer = own.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert answer.status_code == 302
    assert own.get("/").status_code == 200
    assert stolen.get("/").headers["Location"] == "/account/login/?next=/"


def test_somebody_who_may_not_sign_in_any_more_is_out_at_once(ada: User) -> None:
    client = attempt(PASSWORD)
    User.objects.update(is_active=False)
    assert client.get("/").headers["Location"] == "/account/login/?next=/"


def test_a_session_ends_after_a_week(ada: User) -> None:
    client = attempt(PASSWORD)
    assert client.get("/").status_code == 200
    with time_machine.travel(time.time() + timedelta(days=7, minutes=1).total_seconds()):
        assert client.get("/").headers["Location"] == "/account/login/?next=/"


# Leading elsewhere


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_to_another_site(ada: User, target: str) -> None:
    for where, fields in ((SIGN_IN, {"next": target}), (SIGN_IN, {"redirect_to": target})):
        answer = Client().post(where, {"login": "ada@example.org", "password": PASSWORD, **fields})
        assert answer.status_code == 302
        assert not ends_elsewhere(answer.headers["Location"])
    answer = Client().post(SIGN_IN, {"login": "ada@example.org", "password": PASSWORD}, query_params={"next": target})
    assert not ends_elsewhere(answer.headers["Location"])


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("path", ["/account/setlang/", "/account/logout/", "/account/reauthenticate/"])
def test_no_other_form_of_the_account_leads_to_another_site(
    ada: User, client_for: ClientFor, path: str, target: str
) -> None:
    client = client_for(ada)
    answer = client.post(
        path,
        {"language": "de", "next": target, "password": PASSWORD},
        query_params={"next": target},
        headers={"referer": target.strip().replace("\x00", "")},
    )
    assert answer.status_code == 302
    assert not ends_elsewhere(answer.headers["Location"])


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("header", ["hx-current-url", "referer"])
def test_where_a_panel_was_asked_from_never_leads_to_another_site(ada: User, header: str, target: str) -> None:
    told = target.strip().replace("\x00", "")
    for address in (told, f"http://testserver/{told}"):
        answer = Client().get("/p/partner-id-acme/", headers={"hx-request": "true", header: address})
        location = answer.headers.get("HX-Redirect") or answer.headers["Location"]
        assert location.startswith("/account/login/?next=")
        then = Client().post(location, {"login": "ada@example.org", "password": PASSWORD})
        assert not ends_elsewhere(then.headers["Location"])


# Links in mails


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "testserver", "x-forwarded-host": "evil.example"},
        {"host": "testserver:80@evil.example"},
        {"host": "testserver", "forwarded": "host=evil.example"},
        {"host": "testserver", "x-original-url": EVIL, "x-rewrite-url": EVIL},
    ],
    ids=range(5),
)
def test_no_request_makes_a_link_for_a_new_password_lead_elsewhere(
    ada: User, mailoutbox: list[EmailMessage], tasks_at_once: None, headers: dict[str, str]
) -> None:
    answer = Client().post(RESET, {"email": "ada@example.org"}, headers=headers)
    assert answer.status_code in {302, 400}
    assert [mail for mail in mailoutbox if "evil" in str(mail.body)] == []
    if answer.status_code == 302:
        assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
        assert "http://testserver/account/password/reset/key/" in str(mailoutbox[0].body)
