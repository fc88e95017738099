"""`manage.py connect_partners` against the stand-in platform."""

from __future__ import annotations

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.sandbox.app import Sandbox

pytestmark = pytest.mark.django_db

USERNAME, PASSWORD = "portal@sandbox.example", "sandbox-demo-only"


@pytest.fixture
def credentials(settings: Settings) -> None:
    settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD = USERNAME, PASSWORD


def connect(*options: str) -> str:
    out = io.StringIO()
    call_command("connect_partners", *options, stdout=out)
    return out.getvalue()


def test_it_stores_the_partners_of_the_token(sandbox: Sandbox, credentials: None) -> None:
    connect()
    stored = list(
        Partner.objects.values_list("partner_id", "currency", "has_lookout", "has_wave").order_by("partner_id")
    )
    assert ("partner-id-acme", "EUR", True, True) in stored
    assert ("partner-id-sakura", "JPY", True, True) in stored
    assert "fd4711" in [partner_id for partner_id, *_ in stored]
    assert not Partner.objects.filter(partner_id="webapp-access-group-2").exists()


def test_it_says_what_the_account_may_and_may_not_read(sandbox: Sandbox, credentials: None) -> None:
    said = connect()
    acme, nordlicht = said.index("partner-id-acme"), said.index("fd4711")
    about_nordlicht = said[nordlicht:].split("\npartner")[0]
    assert "partner-id-acme, Acme Concerts (demo): EUR, Lookout and Wave." in said[acme:]
    assert "sales adjustments" in about_nordlicht.split("may not read:")[1]
    assert "may not read" not in said[acme:nordlicht]


def test_the_password_is_stored_sealed_and_never_said(sandbox: Sandbox, credentials: None) -> None:
    said = connect()
    account = ServiceAccount.objects.get()
    assert PASSWORD not in account.sealed_password
    assert account.password() == PASSWORD
    assert PASSWORD not in said


def test_it_may_be_repeated(sandbox: Sandbox, credentials: None) -> None:
    first = connect()
    sealed = ServiceAccount.objects.get().sealed_password
    assert connect() == first
    assert ServiceAccount.objects.get().sealed_password == sealed


def test_a_stored_account_needs_no_password_again(sandbox: Sandbox, credentials: None, settings: Settings) -> None:
    connect()
    Partner.objects.update(name="forgotten")
    settings.PLATFORM_USERNAME = settings.PLATFORM_PASSWORD = ""
    connect()
    assert not Partner.objects.filter(name="forgotten").exists()


def test_a_partner_that_left_the_token_is_kept_as_disconnected(
    sandbox: Sandbox, credentials: None, service_account: ServiceAccount
) -> None:
    Partner.objects.create(partner_id="partner-id-gone", name="Gone", service_account=service_account)
    said = connect()
    assert Partner.objects.get(partner_id="partner-id-gone").connected is False
    assert "partner-id-gone, Gone: No longer served by this account; its last data are kept." in said


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        (USERNAME, "", "PLATFORM_PASSWORD is missing."),
        ("", "x", "PLATFORM_USERNAME is missing."),
        ("", "", "PLATFORM_USERNAME and PLATFORM_PASSWORD are missing, and no account is stored yet."),
    ],
)
def test_missing_credentials_are_named(settings: Settings, username: str, password: str, words: str) -> None:
    settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD = username, password
    with pytest.raises(CommandError, match=words):
        connect()
    assert not ServiceAccount.objects.exists()


@pytest.mark.parametrize(
    ("username", "password"), [(USERNAME, "wrong"), ("challenge@sandbox.example", PASSWORD)], ids=["wrong", "challenge"]
)
def test_a_refused_sign_in_stores_no_partner_and_shows_no_password(
    sandbox: Sandbox, settings: Settings, username: str, password: str
) -> None:
    settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD = username, password
    with pytest.raises(CommandError) as raised:
        connect()
    assert username in str(raised.value)
    assert f" {password}" not in str(raised.value)
    assert not Partner.objects.exists()


def lose_the_key(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


def test_a_password_whose_key_is_lost_can_be_given_again(
    sandbox: Sandbox, credentials: None, settings: Settings
) -> None:
    connect()
    lose_the_key(settings)
    assert "signs in" in connect()
    assert ServiceAccount.objects.get().password() == PASSWORD


def test_a_password_whose_key_is_lost_is_a_failed_sign_in_in_words(
    sandbox: Sandbox, credentials: None, settings: Settings
) -> None:
    connect()
    lose_the_key(settings)
    settings.PLATFORM_USERNAME = settings.PLATFORM_PASSWORD = ""
    sandbox.log.clear()
    with pytest.raises(CommandError, match="can no longer open the service account's stored password"):
        connect()
    assert sandbox.log.all() == ()


def test_a_partner_that_tells_next_to_nothing_is_stored_under_its_id(sandbox: Sandbox, credentials: None) -> None:
    sandbox.faults.add("/partners/", "wrong_type", body={"id": 1, "name": None, "currency": "Euro"})
    connect()
    stored = Partner.objects.get(partner_id="partner-id-acme")
    assert (stored.name, stored.currency, stored.has_lookout) == ("partner-id-acme", "", None)


def test_an_operator_names_a_partners_zone(sandbox: Sandbox, credentials: None) -> None:
    said = connect("--zone", "partner-id-sakura=Asia/Tokyo")
    assert said.endswith("partner-id-sakura: days are those of Asia/Tokyo.\n")
    zones = dict(Partner.objects.values_list("partner_id", "timezone"))
    assert (zones["partner-id-sakura"], zones["partner-id-acme"]) == ("Asia/Tokyo", "Europe/Berlin")
    connect()
    assert Partner.objects.get(partner_id="partner-id-sakura").timezone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (
            "partner-id-sakura=Asia/Atlantis",
            "--zone partner-id-sakura=Asia/Atlantis: There is no time zone of this name.",
        ),
        ("Asia/Tokyo", "no partner '' is connected"),
        ("partner-id-nowhere=Asia/Tokyo", "no partner 'partner-id-nowhere' is connected"),
        ("partner-id-sakura=", "There is no time zone of this name."),
        ("partner-id-sakura=asia/tokyo", "written exactly as in the list: Asia/Tokyo."),
        ("partner-id-sakura=UTC+1", "There is no time zone of this name."),
        ("partner-id-sakura=localtime", "There is no time zone of this name."),
        ("partner-id-sakura=posix/Asia/Tokyo", "There is no time zone of this name."),
    ],
)
def test_a_zone_that_is_none_is_refused_in_words(sandbox: Sandbox, credentials: None, zone: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        connect("--zone", zone)
    assert set(Partner.objects.values_list("timezone", flat=True)) <= {"Europe/Berlin"}
