"""A proof that has to be recent, and the form that waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind, Outcome
from tests.accounts import drafts
from tests.accounts.conftest import PASSWORD, code, sign_in
from tests.conftest import TOTP_SECRET
from tests.pages import read

CONFIRM = "/account/reauthenticate/?next=%2Fform%2F"
TYPED = {"model": "ALL_PURCHASES", "reason": "é & <b>", "password": "hunter2", "token": "once"}


@pytest.fixture(autouse=True)
def sent(settings: Settings) -> Iterator[list[dict[str, str]]]:
    """What the forms have done."""
    settings.ROOT_URLCONF = "tests.accounts.drafts"
    drafts.sent.clear()
    yield drafts.sent
    drafts.sent.clear()


@pytest.fixture
def stale(ada: User, client_for: Callable[..., Client]) -> Client:
    return client_for(ada, stale=True)


def confirm(client: Client, password: str = PASSWORD, to: str = "/form/") -> str:
    answer = client.post("/account/reauthenticate/", {"password": password, "next": to})
    return answer.headers.get("Location", "")


def test_a_recent_sign_in_is_proof_enough(ada: User, sent: list[dict[str, str]]) -> None:
    assert sign_in(ada).post("/form/", {"model": "x"}).content == b"sent"
    assert sent == [{"model": "x"}]


def test_after_five_minutes_the_form_waits_for_a_proof(ada: User, sent: list[dict[str, str]]) -> None:
    client = sign_in(ada)
    with time_machine.travel(timezone.now() + timedelta(seconds=299)):
        assert client.post("/form/", {}).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert client.post("/form/", {})["Location"] == CONFIRM
    assert len(sent) == 1


def test_reading_needs_no_proof(stale: Client) -> None:
    assert stale.get("/form/").content == b"empty"


def test_what_was_typed_is_there_again_and_was_not_sent(stale: Client, sent: list[dict[str, str]]) -> None:
    assert stale.post("/form/", TYPED)["Location"] == CONFIRM
    assert confirm(stale) == "/form/"
    assert sent == []
    assert stale.get("/form/").content.decode() == "model=ALL_PURCHASES&reason=%C3%A9+%26+%3Cb%3E"
    assert sent == []
    assert "Nothing has been sent yet." in stale.get("/account/").content.decode()
    assert stale.post("/form/", {"model": "x"}).content == b"sent"


def test_a_draft_is_given_once(stale: Client) -> None:
    stale.post("/form/", TYPED)
    confirm(stale)
    stale.get("/form/")
    assert stale.get("/form/").content == b"empty"


def test_secrets_are_not_kept(stale: Client) -> None:
    stale.post("/form/", TYPED)
    assert "hunter2" not in str(dict(stale.session))


def test_a_draft_is_forgotten_after_a_quarter_of_an_hour(stale: Client) -> None:
    stale.post("/form/", TYPED)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert stale.get("/form/").content == b"empty"


def test_a_draft_is_nobody_elses(stale: Client, client_for: Callable[..., Client]) -> None:
    stale.post("/form/", TYPED)
    grace = User.objects.create_user("grace@example.org", PASSWORD)
    assert client_for(grace).get("/form/").content == b"empty"
    stale.post("/account/logout/")
    stale.force_login(grace)
    assert stale.get("/form/").content == b"empty"


def test_a_form_on_another_page_gets_its_draft_there(stale: Client, sent: list[dict[str, str]]) -> None:
    answer = stale.post("/list/7/delete/", {"reason": "twice"})
    assert answer["Location"] == "/account/reauthenticate/?next=%2Flist%2F%3Frow%3D7"
    assert confirm(stale, to="/list/?row=7") == "/list/?row=7"
    assert stale.get("/list/?row=8").content == b"empty"
    assert stale.get("/list/?row=7").content == b"reason=twice"
    assert sent == []


def test_an_htmx_form_leads_the_whole_page(stale: Client, sent: list[dict[str, str]]) -> None:
    answer = stale.post("/form/", TYPED, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content, answer["HX-Redirect"]) == (200, b"", CONFIRM)
    assert sent == []


def test_a_wrong_password_is_no_proof(stale: Client, ada: User, sent: list[dict[str, str]]) -> None:
    stale.post("/form/", TYPED)
    answer = stale.post("/account/reauthenticate/", {"password": "wrong", "next": "/form/"})
    assert "This is not your password." in read(answer).root.text
    assert stale.post("/form/", TYPED)["Location"] == CONFIRM
    assert sent == []
    event = AuditEvent.objects.get()
    assert (event.kind, event.outcome, event.target) == (Kind.REAUTHENTICATED, Outcome.REFUSED, ada.email)


def test_a_code_is_a_proof_and_is_used_by_it(stale: Client, ada: User) -> None:
    TOTP.activate(ada, TOTP_SECRET)
    entered = code(TOTP_SECRET)
    fields = {"code": entered, "next": "/form/"}
    assert stale.post("/account/mfa/reauthenticate/", fields)["Location"] == "/form/"
    assert stale.post("/form/", {}).content == b"sent"
    again = read(stale.post("/account/mfa/reauthenticate/", fields))
    assert again.root.one("p", class_="field-error").text.startswith("This code has been used already.")


def test_confirming_never_leads_to_another_site(stale: Client) -> None:
    assert confirm(stale, to="https://evil.example/") == "/"


def test_guessing_at_the_confirmation_is_stopped(stale: Client) -> None:
    for attempt in range(5):
        stale.post("/account/reauthenticate/", {"password": f"wrong-{attempt}", "next": "/form/"})
    answer = stale.post("/account/reauthenticate/", {"password": PASSWORD, "next": "/form/"})
    assert "Too many attempts." in answer.content.decode()
    assert stale.post("/form/", {})["Location"] == CONFIRM


def test_somebody_with_nothing_to_confirm_with_is_told_what_to_do(client_for: Callable[..., Client], db: None) -> None:
    client = client_for(User.objects.create_user("sso@example.org"), stale=True)
    assert client.post("/form/", {})["Location"] == CONFIRM
    assert "You have no password yet" in client.get(CONFIRM).content.decode()


def test_what_allauth_asks_a_proof_for_is_not_sent_by_itself_either(stale: Client, ada: User) -> None:
    TOTP.activate(ada, TOTP_SECRET)
    answer = stale.post("/account/mfa/totp/deactivate/")
    assert answer["Location"] == "/account/reauthenticate/?next=%2Faccount%2Fmfa%2Ftotp%2Fdeactivate%2F"
    assert confirm(stale, to="/account/mfa/totp/deactivate/") == "/account/mfa/totp/deactivate/"
    assert ada.authenticator_set.count() == 1  # type: ignore[attr-defined]
