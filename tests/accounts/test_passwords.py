"""Passwords that are forgotten, and those that are changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from attribution_portal.celery import app
from tests.accounts.conftest import PASSWORD, is_signed_in, sign_in
from tests.pages import read

NEW = "another-long-passphrase"


def asked(email: str, *, client: Client | None = None, **headers: str) -> tuple[int, str]:
    answer = (client or Client()).post("/account/password/reset/", {"email": email}, headers=headers)
    return answer.status_code, answer.headers.get("Location", "")


def link() -> str:
    """The way that the one mail shows."""
    (sent,) = mail.outbox
    found = re.search(r"http://testserver(/account/password/reset/key/\S+)\n", sent.body)
    assert found is not None
    return found[1]


def set_password(client: Client, way: str, password: str = NEW) -> str:
    """Follow the link and send the form; where that leads to."""
    opened = client.get(way)
    answer = client.post(opened["Location"], {"password1": password, "password2": password})
    return answer.headers.get("Location", "")


def test_a_known_address_gets_a_link_in_plain_words(ada: User, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Attribution Portal <portal@example.org>"
    assert asked("Ada@Example.org") == (302, "/account/password/reset/done/")
    (sent,) = mail.outbox
    assert (sent.to, sent.from_email) == (["ada@example.org"], "Attribution Portal <portal@example.org>")
    assert sent.subject == "Set a new password"
    assert sent.body.startswith("Somebody, probably you, asked the Attribution Portal for a new password.")
    assert "It works for 2 hours, once." in sent.body
    assert sent.content_subtype == "plain"


@pytest.mark.parametrize("email", ["nobody@example.org", "off@example.org"])
def test_an_unknown_address_gets_the_same_answer_and_no_mail(ada: User, email: str) -> None:
    User.objects.create(email="off@example.org", is_active=False)
    assert asked(email) == asked(ada.email)
    assert [sent.to for sent in mail.outbox] == [["ada@example.org"]]
    page = Client().get("/account/password/reset/done/").content.decode()
    assert "If the address belongs to an account here" in page


@pytest.mark.parametrize("spelling", ["\u212aate@example.org", "kate@\uff45xample.org", "kate@example.org\x00", "kate"])
def test_what_only_looks_like_an_address_gets_no_mail(db: None, spelling: str) -> None:
    User.objects.create_user("kate@example.org", PASSWORD)
    assert asked(spelling)[0] == 200
    assert mail.outbox == []


def test_the_mail_is_in_the_language_of_the_person(ada: User) -> None:
    asked(ada.email, **{"Accept-Language": "de"})
    (sent,) = mail.outbox
    assert "/account/password/reset/key/" in sent.body


def test_a_forged_host_gets_no_link(ada: User, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    assert asked(ada.email, host="evil.example")[0] == 400
    assert mail.outbox == []


def test_the_link_sets_a_password_once_and_ends_every_session(ada: User) -> None:
    before = sign_in(ada)
    asked(ada.email)
    way = link()
    person = Client()
    assert set_password(person, way) == "/account/password/reset/key/done/"
    assert not is_signed_in(person)
    assert before.get("/account/")["Location"].startswith("/account/login/")
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert [sent.subject for sent in mail.outbox] == ["Set a new password", "Your password was set anew"]
    assert AuditEvent.objects.filter(kind=Kind.PASSWORD_RESET, target=ada.email).count() == 1

    again = Client().get(way)
    assert "This link no longer works" in again.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(NEW)


def test_the_link_is_not_in_the_address_of_the_form(ada: User) -> None:
    asked(ada.email)
    way = link()
    assert Client().get(way)["Location"] == re.sub(r"-[^/]+-[^/]+/$", "-set-password/", way)


def test_the_link_dies_after_two_hours(ada: User) -> None:
    asked(ada.email)
    way = link()
    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1)):
        assert "This link no longer works" in Client().get(way).content.decode()


@pytest.mark.parametrize("way", ["1-abc-def", "zzzzzzzzzzzzzz-abc", "1-%00", "0-set-password", "1-" + "x" * 2000])
def test_a_made_up_link_is_a_sentence(ada: User, way: str) -> None:
    answer = Client().get(f"/account/password/reset/key/{way}/")
    assert answer.status_code == 200
    assert "This link no longer works" in answer.content.decode()


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "at least 10 characters"), ("password1234", "too common"), ("ada@example.org", "too similar")],
)
def test_a_weak_password_is_refused_with_the_reason(ada: User, password: str, words: str) -> None:
    asked(ada.email)
    person = Client()
    form = person.get(link())["Location"]
    answer = person.post(form, {"password1": password, "password2": password})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_asking_again_and_again_is_stopped_alike_for_known_and_unknown(ada: User) -> None:
    for email in (ada.email, "nobody@example.org"):
        statuses = [asked(email)[0] for _attempt in range(4)]
        assert statuses == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_changing_the_password_ends_the_other_sessions_and_keeps_this_one(ada: User) -> None:
    here, there = sign_in(ada), sign_in(ada)
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/account/password/change/", fields)["Location"] == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/")["Location"].startswith("/account/login/")
    (sent,) = mail.outbox
    assert sent.subject == "Your password was changed"
    assert "From: 127.0.0.1, Unknown browser\n" in sent.body
    assert "http://testserver/account/" in sent.body
    assert AuditEvent.objects.filter(kind=Kind.PASSWORD_CHANGED).count() == 1


def test_the_password_changes_only_for_who_knows_the_present_one(ada: User) -> None:
    here = sign_in(ada)
    answer = here.post("/account/password/change/", {"oldpassword": "x", "password1": NEW, "password2": NEW})
    assert answer.status_code == 200
    assert "This is not your present password." in read(answer).root.text
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert mail.outbox == []
    event = AuditEvent.objects.get(kind=Kind.PASSWORD_CHANGED)
    assert (event.outcome, event.email, event.target, event.after) == (
        "refused",
        "ada@example.org",
        "ada@example.org",
        {"method": "password"},
    )
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": "another"})
    here.post("/account/password/change/", {"oldpassword": "", "password1": NEW, "password2": NEW})
    assert AuditEvent.objects.filter(kind=Kind.PASSWORD_CHANGED).count() == 1  # nobody guessed


def test_somebody_without_a_password_is_told_how_to_get_one(db: None) -> None:
    person = User.objects.create_user("sso@example.org")
    client = Client()
    client.force_login(person)
    assert client.get("/account/password/change/")["Location"] == "/account/password/set/"
    assert client.get("/account/password/set/")["Location"] == "/account/"
    assert "You can set one by mail." in client.get("/account/").content.decode()


@pytest.fixture
def broker_away() -> Iterator[None]:
    """Nobody listens where tasks go."""
    known = app.conf.broker_url
    app.conf.task_always_eager = False
    app.conf.broker_url = "redis://127.0.0.1:1/0"
    app._pool = app.amqp._producer_pool = None
    yield
    app.conf.broker_url = known
    app._pool = app.amqp._producer_pool = None


def test_without_a_broker_the_answer_is_the_same_and_the_log_says_so(
    ada: User, broker_away: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert asked(ada.email) == asked("nobody@example.org") == (302, "/account/password/reset/done/")
    assert mail.outbox == []
    assert "No mail could be queued" in caplog.text
    assert ada.email not in caplog.text
