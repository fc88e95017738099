"""Second factors: who needs one, how theirs are set up, and that each code counts once."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.sandbox.app import Sandbox
from tests.accounts.conftest import PASSWORD, code, is_signed_in, sign_in
from tests.conftest import TOTP_SECRET, Partners
from tests.pages import read

ENROLMENT = "/account/second-factor/"
# The first second of one.
HALF_MINUTE = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
OnCommit = Callable[..., AbstractContextManager[object]]
ACME = "/p/partner-id-acme/"


@pytest.fixture
def app(ada: User) -> Authenticator:
    """Ada's authenticator app."""
    made: Authenticator = TOTP.activate(ada, TOTP_SECRET).instance
    return made


def second_step(client: Client, entered: str) -> str:
    return client.post("/account/mfa/authenticate/", {"code": entered}).headers.get("Location", "")


def refusal(client: Client, entered: str) -> str:
    answer = client.post("/account/mfa/authenticate/", {"code": entered})
    assert answer.status_code == 200
    assert not is_signed_in(client)
    return read(answer).root.one("p", class_="field-error").text


def test_after_the_password_comes_the_code(ada: User, app: Authenticator) -> None:
    client = sign_in(ada)
    assert not is_signed_in(client)
    assert client.get("/account/")["Location"].startswith("/account/login/")
    assert second_step(client, code(TOTP_SECRET)) == "/"
    assert is_signed_in(client)


def test_a_code_may_have_a_space_and_be_half_a_minute_old(ada: User, app: Authenticator) -> None:
    client = sign_in(ada)
    with time_machine.travel(HALF_MINUTE, tick=False):
        entered = code(TOTP_SECRET, later=-1)
        assert second_step(client, f" {entered[:3]} {entered[3:]} ") == "/"


def test_the_way_that_was_asked_for_is_kept_over_both_steps(ada: User, app: Authenticator) -> None:
    client = Client()
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD, "next": "/account/sessions/"})
    assert second_step(client, code(TOTP_SECRET)) == "/account/sessions/"


def test_a_code_counts_once(ada: User, app: Authenticator) -> None:
    with time_machine.travel(HALF_MINUTE, tick=False):
        entered = code(TOTP_SECRET)
        assert second_step(sign_in(ada), entered) == "/"
        assert refusal(sign_in(ada), entered).startswith("This code has been used already.")


@pytest.mark.parametrize("seconds", [0, 31])
def test_nor_does_a_code_count_that_is_older_than_the_last_one(ada: User, app: Authenticator, seconds: int) -> None:
    with time_machine.travel(HALF_MINUTE, tick=False) as clock:
        older, newer = code(TOTP_SECRET, later=-1), code(TOTP_SECRET)
        assert second_step(sign_in(ada), newer) == "/"
        clock.shift(seconds)
        assert "This code" in refusal(sign_in(ada), older)
        assert "used already" in refusal(sign_in(ada), newer)


@pytest.mark.parametrize("entered", ["000000", "", "abc", "１２３４５６", "\x00", "9" * 500, "00000000"])
def test_a_wrong_code_is_a_sentence(ada: User, app: Authenticator, entered: str) -> None:
    RecoveryCodes.activate(ada)
    assert refusal(sign_in(ada), entered)
    failures = AuditEvent.objects.filter(kind=Kind.SIGN_IN_FAILED)
    assert [event.target for event in failures] in ([ada.email], [])


def test_wrong_codes_are_counted_and_on_record(ada: User, app: Authenticator) -> None:
    client = sign_in(ada)
    for _attempt in range(5):
        refusal(client, "000000")
    assert refusal(client, code(TOTP_SECRET)).startswith("Too many attempts.")
    assert AuditEvent.objects.filter(kind=Kind.SIGN_IN_FAILED, target=ada.email).count() == 5
    assert AuditEvent.objects.filter(kind=Kind.SIGN_IN_THROTTLED, target=ada.email).count() == 1


def test_a_recovery_code_signs_in_once(ada: User, app: Authenticator) -> None:
    spare = RecoveryCodes.activate(ada).generate_codes()
    assert second_step(sign_in(ada), spare[4]) == "/"
    assert refusal(sign_in(ada), spare[4]).startswith("This code is not right.")
    assert RecoveryCodes.activate(ada).get_unused_codes() == spare[:4] + spare[5:]


def test_an_app_is_set_up_by_its_first_code_which_is_then_used(
    ada: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with time_machine.travel(HALF_MINUTE, tick=False):
        client = sign_in(ada)
        page = read(client.get("/account/mfa/totp/activate/"))
        secret = page.root.one("code")["data-secret"]
        assert page.root.one("img", class_="qr")["src"].startswith("data:image/svg+xml;base64,")
        assert page.root.one("code").text.replace(" ", "") == secret
        entered = code(secret)
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/account/mfa/totp/activate/", {"code": entered})
        assert answer["Location"] == "/account/mfa/recovery-codes/"
        assert refusal(sign_in(ada), entered).startswith("This code has been used already.")
    assert [sent.subject for sent in mail.outbox] == ["An authenticator app was set up"]
    kinds = set(AuditEvent.objects.values_list("kind", flat=True))
    assert kinds == {Kind.SIGNED_IN, Kind.MFA_ADDED, Kind.RECOVERY_CODES_MADE, Kind.SIGN_IN_FAILED}


def test_an_app_that_shows_another_code_is_not_set_up(ada: User) -> None:
    client = sign_in(ada)
    client.get("/account/mfa/totp/activate/")
    answer = client.post("/account/mfa/totp/activate/", {"code": "000000"})
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()


def test_recovery_codes_are_shown_downloaded_and_made_anew(ada: User, app: Authenticator) -> None:
    old = RecoveryCodes.activate(ada).generate_codes()
    client = sign_in(ada)
    second_step(client, code(TOTP_SECRET))
    listed = read(client.get("/account/mfa/recovery-codes/")).root.one("ul", class_="codes")
    assert [each.text for each in listed.all("code")] == old
    download = client.get("/account/mfa/recovery-codes/download/")
    assert download["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert download["Content-Type"].startswith("text/plain")
    assert [line for line in download.content.decode().splitlines() if line.isdecimal()] == old
    client.post("/account/mfa/recovery-codes/generate/")
    new = RecoveryCodes.activate(ada).generate_codes()
    assert set(new).isdisjoint(old)
    assert refusal(sign_in(ada), old[0]).startswith("This code is not right.")


def test_secrets_lie_sealed_in_the_database(ada: User, app: Authenticator) -> None:
    RecoveryCodes.activate(ada)
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert TOTP_SECRET not in kept
    assert all(len(data.get("secret", data.get("seed", ""))) > 100 for data in json.loads(kept))


def test_new_keys_seal_secrets_anew_and_nobody_is_locked_out(ada: User, app: Authenticator, settings: Settings) -> None:
    spare = RecoveryCodes.activate(ada).generate_codes()
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]
    call_command("rotate_keys", stdout=StringIO())
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert second_step(sign_in(ada), code(TOTP_SECRET)) == "/"
    assert second_step(sign_in(ada), spare[0]) == "/"


# ── Who needs one ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def manager(partners: Partners) -> User:
    """An account manager who has set up nothing yet."""
    person = User.objects.create_user("new@portal.example", PASSWORD)
    Membership.objects.create(user=person, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
    return person


def is_led(client: Client) -> bool:
    answer = client.get("/")
    return answer.status_code == 302 and answer["Location"] == ENROLMENT


@pytest.mark.parametrize(
    ("role", "required", "led"),
    [
        (Role.ACCOUNT_MANAGER, {"account_manager", "operator"}, True),
        (Role.EDITOR, {"account_manager", "operator"}, False),
        (Role.VIEWER, {"viewer"}, True),
        (Role.EDITOR, {"editor"}, True),
        (Role.ACCOUNT_MANAGER, {"viewer", "editor"}, False),
        (Role.ACCOUNT_MANAGER, set(), False),
    ],
)
def test_roles_decide_who_needs_one(
    sandbox: Sandbox, manager: User, settings: Settings, role: Role, required: set[str], led: bool
) -> None:
    settings.MFA_REQUIRED_ROLES = frozenset(required)
    Membership.objects.update(role=role)
    assert is_led(sign_in(manager)) is led


def test_operators_need_one_too(db: None, settings: Settings) -> None:
    person = User.objects.create_user("op@portal.example", PASSWORD)
    person.is_staff = True
    person.save()
    client = sign_in(person)
    assert is_led(client)
    settings.MFA_REQUIRED_ROLES = frozenset({"account_manager"})
    assert not is_led(client)


def test_a_partner_may_ask_it_of_its_members_from_the_next_request_on(sandbox: Sandbox, manager: User) -> None:
    Membership.objects.update(role=Role.VIEWER)
    client = sign_in(manager)
    assert client.get(ACME).status_code == 200
    Partner.objects.filter(partner_id="partner-id-acme").update(members_need_mfa=True)
    assert client.get(ACME)["Location"] == ENROLMENT
    Partner.objects.update(members_need_mfa=False)
    assert client.get(ACME).status_code == 200


def test_it_says_whether_a_role_or_a_partner_asks(sandbox: Sandbox, manager: User, settings: Settings) -> None:
    client = sign_in(manager)
    assert "Your role sees or changes what others rely on" in read(client.get(ENROLMENT)).root.text
    Membership.objects.update(role=Role.VIEWER)
    Partner.objects.filter(partner_id="partner-id-acme").update(members_need_mfa=True, name="Acme & Söhne")
    page = read(client.get(ENROLMENT)).root.text
    assert "Acme & Söhne asks every member for a second factor, so a password alone is not enough." in page
    assert "Your role" not in page
    TOTP.activate(manager, TOTP_SECRET)
    account = read(client.get("/account/")).root.text
    assert "Acme & Söhne asks every member for one: an authenticator app or a passkey." in account
    settings.MFA_REQUIRED_ROLES = frozenset({"viewer"})
    assert "Your role needs one: an authenticator app or a passkey." in read(client.get("/account/")).root.text


def test_a_role_that_is_raised_asks_from_the_next_request_on(sandbox: Sandbox, manager: User) -> None:
    Membership.objects.update(role=Role.VIEWER)
    client = sign_in(manager)
    assert client.get(ACME).status_code == 200
    Membership.objects.update(role=Role.ACCOUNT_MANAGER)
    assert client.get(ACME)["Location"] == ENROLMENT


@pytest.mark.parametrize(
    "page",
    [
        "/",
        ACME,
        "/p/partner-id-acme/packages/",
        "/account/",
        "/account/sessions/",
        "/account/password/change/",
        "/account/mfa/recovery-codes/",
    ],
)
def test_without_one_nothing_else_opens_and_the_platform_is_not_asked(
    sandbox: Sandbox, manager: User, page: str
) -> None:
    client = sign_in(manager)
    assert client.get(page)["Location"] == ENROLMENT
    assert client.post(page)["Location"] == ENROLMENT
    fragment = client.get(page, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})
    assert (fragment.content, fragment["HX-Redirect"]) == (b"", ENROLMENT)
    assert sandbox.log.all() == ()


def test_what_is_needed_to_set_one_up_stays_open(manager: User) -> None:
    client = sign_in(manager)
    assert client.get(ENROLMENT).status_code == 200
    assert client.get("/account/mfa/totp/activate/").status_code == 200
    assert client.get("/account/mfa/passkeys/add/").status_code == 200
    assert client.post("/account/setlang/", {"language": "de", "next": ENROLMENT})["Location"] == ENROLMENT
    assert client.get("/account/logout/").status_code == 200


def test_setting_one_up_opens_the_page_that_was_asked_for(sandbox: Sandbox, manager: User) -> None:
    client = sign_in(manager)
    client.get("/p/partner-id-acme/packages/?page=1")
    secret = read(client.get("/account/mfa/totp/activate/")).root.one("code")["data-secret"]
    client.post("/account/mfa/totp/activate/", {"code": code(secret)})
    onward = read(client.get("/account/mfa/recovery-codes/")).root.one("a", class_="btn-primary")
    assert (onward.text, onward["href"]) == ("I have kept them, continue", "/p/partner-id-acme/packages/?page=1")
    assert client.get(onward["href"]).status_code == 200
    assert client.get(ENROLMENT)["Location"] == "/account/"


def test_setting_one_up_opens_no_session_that_began_without_it(
    sandbox: Sandbox, manager: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    """Somebody who knows the password alone is led to set one up, and waits for the person to do so."""
    thief, owner = sign_in(manager), sign_in(manager)
    assert is_led(thief)
    secret = read(owner.get("/account/mfa/totp/activate/")).root.one("code")["data-secret"]
    with django_capture_on_commit_callbacks(execute=True):
        owner.post("/account/mfa/totp/activate/", {"code": code(secret)})
    assert owner.get("/account/").status_code == 200
    assert not is_signed_in(thief)
    assert thief.get(ACME)["Location"] == f"/account/login/?next={ACME}"
    assert AuditEvent.objects.filter(kind=Kind.SESSION_ENDED, target=manager.email).count() == 1


def test_somebody_without_recovery_codes_is_told_how_to_come_by_some(ada: User) -> None:
    client = sign_in(ada)
    page = read(client.get("/account/mfa/recovery-codes/"))
    assert page.root.one("h1").text == "You have no recovery codes"
    assert [each["href"] for each in page.root.one("div", class_="actions").all("a")] == [
        "/account/mfa/totp/activate/",
        "/account/mfa/passkeys/add/",
    ]
    TOTP.activate(ada, TOTP_SECRET)
    page = read(client.get("/account/mfa/recovery-codes/"))
    onward = page.root.one("div", class_="actions").one("a")
    assert (onward.text, onward["href"]) == ("Make recovery codes", "/account/mfa/recovery-codes/generate/")
    client.post(onward["href"])
    assert len(read(client.get("/account/mfa/recovery-codes/")).root.one("ul", class_="codes").all("li")) == 10


def test_another_factor_ends_no_session(ada: User, django_capture_on_commit_callbacks: OnCommit) -> None:
    phone, desk = sign_in(ada), sign_in(ada)
    Authenticator.objects.create(user=ada, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}})
    secret = read(desk.get("/account/mfa/totp/activate/")).root.one("code")["data-secret"]
    with django_capture_on_commit_callbacks(execute=True):
        desk.post("/account/mfa/totp/activate/", {"code": code(secret)})
    assert Authenticator.objects.filter(user=ada, type=Authenticator.Type.TOTP).exists()
    assert is_signed_in(phone)


def test_whoever_needs_one_keeps_the_last_one(mara: User, client_for: Callable[..., Client]) -> None:
    client = client_for(mara)
    page = client.get("/account/mfa/totp/deactivate/").content.decode()
    assert "You cannot remove your last second factor, because you need one to sign in here." in page
    assert 'data-form="remove-authenticator-app"' not in page
    assert client.post("/account/mfa/totp/deactivate/").status_code == 200
    assert Authenticator.objects.filter(user=mara).count() == 1
    assert not AuditEvent.objects.filter(kind=Kind.MFA_REMOVED).exists()


def test_with_another_left_an_app_may_go(mara: User, client_for: Callable[..., Client]) -> None:
    Authenticator.objects.create(user=mara, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}})
    assert client_for(mara).post("/account/mfa/totp/deactivate/").status_code == 302
    assert list(Authenticator.objects.values_list("type", flat=True)) == ["webauthn"]


def test_the_last_passkey_stays_as_well(mara: User, client_for: Callable[..., Client]) -> None:
    Authenticator.objects.all().delete()
    key = Authenticator.objects.create(
        user=mara, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    client = client_for(mara)
    answer = client.post(f"/account/mfa/passkeys/{key.pk}/remove/")
    assert answer.status_code == 409
    assert "You cannot remove your last second factor" in answer.content.decode()
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_whoever_needs_none_may_do_without(alice: User, client_for: Callable[..., Client]) -> None:
    TOTP.activate(alice, TOTP_SECRET)
    RecoveryCodes.activate(alice)
    assert client_for(alice).post("/account/mfa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=alice).exists()


def test_nobody_removes_or_renames_somebody_elses_passkey(
    mara: User, alice: User, client_for: Callable[..., Client]
) -> None:
    key = Authenticator.objects.create(
        user=mara, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    client = client_for(alice)
    for what in ("remove", "edit"):
        assert client.get(f"/account/mfa/passkeys/{key.pk}/{what}/").status_code == 404
        assert client.post(f"/account/mfa/passkeys/{key.pk}/{what}/", {"name": "x"}).status_code == 404
    key.refresh_from_db()
    assert key.data["name"] == "Key"


def test_adding_or_removing_a_factor_asks_for_a_recent_proof(ada: User, client_for: Callable[..., Client]) -> None:
    client = client_for(ada, stale=True)
    for page in ("/account/mfa/totp/activate/", "/account/mfa/passkeys/add/"):
        assert client.get(page)["Location"] == f"/account/reauthenticate/?next={page.replace('/', '%2F')}"
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        fresh = client_for(ada)
        assert fresh.get("/account/mfa/totp/activate/").status_code == 200


JUNK = [
    "",
    "{}",
    "[]",
    "null",
    "1",
    '"x"',
    "{",
    '{"id": 5}',
    '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "attestationObject": "AA", '
    '"authenticatorData": "AA", "signature": "AA", "userHandle": "MQ"}, "clientExtensionResults": {}}',
    '{"response": {"userHandle": "' + "z" * 400 + '"}}',
]


@pytest.mark.parametrize("answer", JUNK)
def test_a_broken_passkey_answer_is_refused_and_never_an_error(
    ada: User, client_for: Callable[..., Client], answer: str
) -> None:
    stranger = Client()
    stranger.get("/account/mfa/passkeys/login/", headers={"Accept": "application/json"})
    assert stranger.post("/account/mfa/passkeys/login/", {"credential": answer})["Location"] == "/account/login/"
    assert not is_signed_in(stranger)
    client = client_for(ada)
    client.get("/account/mfa/passkeys/add/")
    assert client.post("/account/mfa/passkeys/add/", {"name": "Key", "credential": answer}).status_code == 200
    assert not Authenticator.objects.exists()
    TOTP.activate(ada, TOTP_SECRET)
    half = sign_in(ada)
    half.get("/account/mfa/authenticate/")
    assert half.post("/account/mfa/authenticate/", {"credential": answer}).status_code == 200
    assert not is_signed_in(half)
