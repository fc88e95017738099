"""Sign-ins and everything around them are on record in the portal-wide chain, without anything secret."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client, RequestFactory

from attribution_portal.accounts.models import User
from attribution_portal.audit import sign_ins
from attribution_portal.audit.models import AuditEvent
from tests.conftest import TOTP_SECRET

PASSWORD = "a-long-enough-passphrase"
ClientFor = Callable[..., Client]


pytestmark = pytest.mark.usefixtures("tasks_at_once")


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD)


def sign_in(email: str, password: str = PASSWORD) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.7")
    client.post("/account/login/", {"login": email, "password": password})
    return client


def told() -> list[tuple[str, str, str, dict[str, str]]]:
    """Kind, outcome, whom it is about and what is known of it, in order."""
    events = AuditEvent.objects.filter(partner=None).order_by("position")
    return [(event.kind, event.outcome, event.target, event.before | event.after) for event in events]


def everything() -> str:
    return json.dumps(list(AuditEvent.objects.values()), cls=DjangoJSONEncoder)


def code() -> str:
    return str(format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // 30)))


def test_a_sign_in_and_a_sign_out(ada: User) -> None:
    client = sign_in(ada.email)
    client.post("/account/logout/")
    assert told() == [
        ("signed_in", "done", "ada@example.org", {"method": "password"}),
        ("signed_out", "done", "ada@example.org", {}),
    ]
    signed_in, signed_out = AuditEvent.objects.order_by("position")
    assert (signed_in.user, signed_in.email, signed_in.address) == (ada, "ada@example.org", "203.0.113.7")
    assert len(signed_in.session) == 16
    assert signed_in.session == signed_out.session
    assert sign_in(ada.email)
    assert AuditEvent.objects.get(position=3).session != signed_in.session


def test_a_sign_in_in_two_steps_is_one_and_names_both_proofs(olga: User) -> None:
    olga.set_password(PASSWORD)
    olga.save()
    client = sign_in(olga.email)
    assert told() == []
    client.post("/account/mfa/authenticate/", {"code": "000000"})
    client.post("/account/mfa/authenticate/", {"code": code()})
    assert told() == [
        ("sign_in_failed", "refused", "olga@portal.example", {"method": "totp"}),
        ("signed_in", "done", "olga@portal.example", {"method": "password+totp"}),
    ]
    assert AuditEvent.objects.get(position=1).user is None
    assert "000000" not in everything()


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_a_wrong_password_is_on_record_by_the_address_that_was_typed(ada: User, email: str) -> None:
    sign_in(email.upper(), "not the passphrase")
    assert told() == [("sign_in_failed", "refused", email, {"method": "password"})]
    event = AuditEvent.objects.get()
    assert (event.user, event.email, event.address) == (None, "", "203.0.113.7")
    assert "not the passphrase" not in everything()


def test_a_password_typed_where_the_address_belongs_is_not_kept(ada: User) -> None:
    request = RequestFactory(REMOTE_ADDR="203.0.113.7").post("/")
    for typed in ("correct horse battery", "a\x00@b", "x" * 400 + "@example.org", None, 7):
        assert sign_ins.typed_address(typed) == ""
    sign_in("correct horse battery")
    assert "correct horse" not in everything()
    assert sign_ins.typed_address("  Ada@Example.ORG ") == "ada@example.org"
    assert request.path == "/"


def test_the_right_password_of_somebody_who_may_not_sign_in_is_a_failed_attempt(ada: User) -> None:
    User.objects.update(is_active=False)
    sign_in(ada.email)
    assert told() == [("sign_in_failed", "refused", "ada@example.org", {"method": "password"})]


def test_no_number_of_attempts_fills_the_trail(ada: User) -> None:
    for _attempt in range(30):
        sign_in(ada.email, "not the passphrase")
    kinds = [kind for kind, *_rest in told()]
    assert kinds.count("sign_in_throttled") == 1
    assert kinds.count("sign_in_failed") == 5
    assert len(kinds) == 6


def test_no_number_of_broken_single_sign_ons_fills_the_trail(ada: User, rf: RequestFactory, client: Client) -> None:
    request = client.get("/account/login/").wsgi_request
    for _attempt in range(30):
        sign_ins.refused_elsewhere(request, "ada@example.org")
    assert told() == [("sign_in_failed", "refused", "ada@example.org", {"method": "socialaccount"})] * 20


def test_confirming_who_one_is_and_failing_to(ada: User) -> None:
    client = sign_in(ada.email)
    client.post("/account/reauthenticate/", {"password": "not the passphrase"})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert told()[1:] == [
        ("reauthenticated", "refused", "ada@example.org", {"method": "password"}),
        ("reauthenticated", "done", "ada@example.org", {"method": "password"}),
    ]
    assert set(AuditEvent.objects.values_list("email", flat=True)) == {"ada@example.org"}


def test_a_changed_and_a_reset_password(ada: User) -> None:
    client = sign_in(ada.email)
    changed = "another-long-passphrase"
    fields = {"oldpassword": PASSWORD, "password1": changed, "password2": changed}
    client.post("/account/password/change/", fields)
    assert ("password_changed", "done", "ada@example.org", {}) in told()

    other = Client()
    other.post("/account/password/reset/", {"email": ada.email})
    link = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    form = other.get("/" + link.split("/", 3)[3])["Location"]
    again = "a-third-long-passphrase"
    other.post(form, {"password1": again, "password2": again})
    kinds = [kind for kind, *_rest in told()]
    assert kinds.count("password_reset") == 1
    assert AuditEvent.objects.get(kind="password_reset").target == "ada@example.org"
    for secret in (PASSWORD, changed, again, link.rstrip("/").rsplit("/", 1)[-1]):
        assert secret not in everything()


def test_second_factors_and_recovery_codes(
    ada: User, client_for: ClientFor, django_capture_on_commit_callbacks: Any
) -> None:
    TOTP.activate(ada, TOTP_SECRET)
    client = client_for(ada)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/mfa/recovery-codes/generate/")
    assert told() == [("recovery_codes_made", "done", "ada@example.org", {})]
    client.post("/account/mfa/totp/deactivate/")
    assert ("mfa_removed", "done", "ada@example.org", {"method": "totp"}) in told()

    client.get("/account/mfa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    shown = str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/mfa/totp/activate/", {"code": shown})
    assert ("mfa_added", "done", "ada@example.org", {"method": "totp"}) in told()
    assert told()[-1] == ("recovery_codes_made", "done", "ada@example.org", {})
    assert secret not in everything()
    assert client.session.session_key not in everything()
