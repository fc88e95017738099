"""What a deployer hears about mail, second factors and single sign-on."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.environment import Environment
from attribution_portal.partners.models import Partner

ROLES = ("viewer", "editor", "account_manager", "operator")
OIDC = {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "s3cret"}


def roles(values: dict[str, str], *, needs_default: bool = False) -> tuple[frozenset[str], list[str]]:
    env = Environment(values)
    default = ("account_manager", "operator")
    found = env.choices("MFA_REQUIRED_ROLES", ROLES, default=default, needs_default=needs_default)
    return found, env.problems


def test_the_roles_that_need_a_second_factor_are_words() -> None:
    assert roles({}) == (frozenset({"account_manager", "operator"}), [])
    assert roles({"MFA_REQUIRED_ROLES": " viewer, editor "}) == (frozenset({"viewer", "editor"}), [])
    assert roles({"MFA_REQUIRED_ROLES": ""}) == (frozenset(), [])


def test_in_production_account_managers_and_operators_always_need_one() -> None:
    assert roles({}, needs_default=True) == (frozenset({"account_manager", "operator"}), [])
    more = roles({"MFA_REQUIRED_ROLES": "operator,viewer,account_manager"}, needs_default=True)
    assert more == (frozenset({"account_manager", "operator", "viewer"}), [])
    for less in ("", " , ", "viewer", "operator", "account_manager,editor"):
        assert roles({"MFA_REQUIRED_ROLES": less}, needs_default=True)[1] == [
            "MFA_REQUIRED_ROLES must contain account_manager and operator, except in a local run"
        ]


def test_an_unknown_role_is_named_by_its_place() -> None:
    assert roles({"MFA_REQUIRED_ROLES": "viewer,admin"})[1] == [
        "MFA_REQUIRED_ROLES: word 2 is none of viewer, editor, account_manager, operator"
    ]


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "ssl"),
    [
        ("smtp+tls://me:p%40ss@mail.example.org", "mail.example.org", 587, True, False),
        ("smtp+tls://me:p%40ss@mail.example.org:2587", "mail.example.org", 2587, True, False),
        ("smtp+ssl://me:p%40ss@mail.example.org", "mail.example.org", 465, False, True),
        ("smtp://me:p%40ss@mail.example.org", "mail.example.org", 25, False, False),
    ],
)
def test_mail_goes_where_one_address_says(url: str, host: str, port: int, tls: bool, ssl: bool) -> None:
    env = Environment({"EMAIL_URL": url})
    assert env.mail("EMAIL_URL", required=True) == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": "me",
        "EMAIL_HOST_PASSWORD": "p@ss",
        "EMAIL_USE_TLS": tls,
        "EMAIL_USE_SSL": ssl,
    }
    assert env.problems == []


def test_mail_without_an_address_goes_to_the_console_where_none_is_required() -> None:
    console = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    assert Environment({}).mail("EMAIL_URL", required=False) == console
    assert Environment({"EMAIL_URL": "consolemail://"}).mail("EMAIL_URL", required=False) == console
    env = Environment({})
    env.mail("EMAIL_URL", required=True)
    assert env.problems == ["EMAIL_URL is missing"]


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail", "smtp://", "smtp://host:many", "smtp://[", "smtps:x", "consolemail://"]
)
def test_an_address_for_mail_that_cannot_be_is_named_and_not_repeated(url: str) -> None:
    env = Environment({"EMAIL_URL": url})
    assert env.mail("EMAIL_URL", required=True) == {}
    assert env.problems == ["EMAIL_URL must be smtp+tls://user:password@host:587, smtp+ssl://… or smtp://…"]


@pytest.mark.parametrize(("sender", "good"), [("a@b.example", True), ("Portal <a@b.example>", True), ("Portal", False)])
def test_a_sender_is_an_address(sender: str, good: bool) -> None:
    env = Environment({})
    env.check_sender("DEFAULT_FROM_EMAIL", sender)
    assert env.problems == (
        [] if good else ["DEFAULT_FROM_EMAIL must be an address such as Attribution Portal <portal@example.org>"]
    )


def test_single_sign_on_is_three_settings_or_none() -> None:
    assert Environment({}).single_sign_on(allow_loopback=False) == {}
    found = Environment(OIDC | {"OIDC_NAME": "Acme ID"}).single_sign_on(allow_loopback=False)
    assert found == {"issuer": "https://id.example.org", "client_id": "portal", "secret": "s3cret", "name": "Acme ID"}
    env = Environment({"OIDC_ISSUER": "https://id.example.org"})
    env.single_sign_on(allow_loopback=False)
    assert env.problems == [
        "OIDC_CLIENT_ID is missing, although single sign-on is set up",
        "OIDC_CLIENT_SECRET is missing, although single sign-on is set up",
    ]


@pytest.mark.parametrize(
    ("issuer", "local", "good"),
    [
        ("https://id.example.org/realms/a", False, True),
        ("http://id.example.org", False, False),
        ("http://id.example.org", True, False),
        ("http://localhost:8080", True, True),
        ("http://localhost:8080", False, False),
        ("id.example.org", False, False),
    ],
)
def test_an_issuer_is_reached_by_tls_or_on_this_machine_in_a_local_run(issuer: str, local: bool, good: bool) -> None:
    env = Environment(OIDC | {"OIDC_ISSUER": issuer})
    env.single_sign_on(allow_loopback=local)
    assert env.problems == ([] if good else ["OIDC_ISSUER must be an address that starts with https://"])


def test_the_demo_says_that_it_asks_for_no_second_factor(db: None, settings: Settings) -> None:
    settings.DEMO, settings.MFA_REQUIRED_ROLES = True, frozenset()
    words = "No second factor is asked for here."
    assert words in Client().get("/account/login/").content.decode()
    partner = Partner.objects.create(partner_id="p1", name="One", members_need_mfa=True)
    assert words not in Client().get("/account/login/").content.decode()
    partner.delete()
    settings.MFA_REQUIRED_ROLES = frozenset({"operator"})
    assert words not in Client().get("/account/login/").content.decode()
