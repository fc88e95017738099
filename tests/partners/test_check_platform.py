"""`manage.py check_platform` says what the operators' page says."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

PASSWORD = "sandbox-demo-only"
ALL = "events, packages, daily revenue, sales adjustments, Meta statistics, evaluations"


def stored(username: str, password: str = PASSWORD) -> ServiceAccount:
    account = ServiceAccount(username=username)
    account.set_password(password)
    account.save()
    return account


def check(*options: str) -> tuple[str, str]:
    """What it says, and the error it ends with."""
    out = io.StringIO()
    try:
        call_command("check_platform", *options, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_it_says_per_account_and_partner_what_may_be_read(sandbox: Sandbox, partners: Partners) -> None:
    stored("nobody@sandbox.example")
    said, error = check()
    assert error == ""
    assert said.splitlines() == [
        "portal@sandbox.example: Signs in.",
        "  partner-id-acme, Acme Concerts (demo): EUR, Lookout and Wave.",
        f"      may read: {ALL}",
        "  partner-id-sakura, Sakura Live (demo): JPY, Lookout and Wave.",
        f"      may read: {ALL}",
        *said.splitlines()[5:8],
        "nobody@sandbox.example: Signs in, but its token names no partner.",
    ]
    assert said.splitlines()[5].startswith("  fd4711, Nordlicht Kultur (demo): EUR, ")
    assert said.splitlines()[7] == "      may not read: sales adjustments, Meta statistics"


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        ("portal@sandbox.example", "wrong", "The platform refuses the service account's user name or password."),
        ("challenge@sandbox.example", PASSWORD, "an interactive step (NEW_PASSWORD_REQUIRED)"),
        ("disabled@sandbox.example", PASSWORD, "The platform has disabled the service account."),
    ],
    ids=["wrong password", "challenge", "disabled"],
)
def test_an_account_that_does_not_sign_in_ends_it_with_an_error(
    sandbox: Sandbox, db: None, username: str, password: str, words: str
) -> None:
    stored("acme@sandbox.example")
    stored(username, password)
    said, error = check()
    assert f"{username}: Does not sign in. " in said
    assert words in said
    assert "partner-id-acme, Acme Concerts (demo): EUR, Lookout and Wave." in said
    assert error == f"Without a sign-in: {username}."
    assert f" {password}" not in said + error
    assert ServiceAccount.objects.get(username=username).signs_in is False


def test_a_platform_that_is_away_is_an_error_and_no_refusal(sandbox: Sandbox, partners: Partners) -> None:
    sandbox.faults.add("/auth", "status", status=503)
    said, error = check()
    assert said == (
        "portal@sandbox.example: Could not tell whether it signs in. The platform cannot be reached right now.\n"
    )
    assert error == "Without a sign-in: portal@sandbox.example."
    assert ServiceAccount.objects.get().signs_in is None
    assert Partner.objects.filter(connected=True).count() == 3


def test_one_account_may_be_named(sandbox: Sandbox, partners: Partners) -> None:
    stored("disabled@sandbox.example")
    said, error = check("--account", "portal@sandbox.example")
    assert (error, "disabled" in said) == ("", False)
    assert check("--account", "stranger") == (
        "",
        "No such account is stored. Known: portal@sandbox.example, disabled@sandbox.example.",
    )


def test_without_any_account_it_says_so(db: None) -> None:
    assert check() == ("", "No such account is stored. Known: none yet.")


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
def test_what_may_not_be_read_is_named(sandbox: Sandbox, db: None, path: str, what: str) -> None:
    stored("acme@sandbox.example")
    sandbox.faults.add(path, "status", status=403)
    said, error = check()
    assert f"may not read: {what}" in said
    assert error == ""


def test_no_secret_is_said(sandbox: Sandbox, partners: Partners) -> None:
    said, _error = check()
    for secret in (PASSWORD, "sandbox-access", "sandbox-refresh", ServiceAccount.objects.get().sealed_password):
        assert secret not in said
