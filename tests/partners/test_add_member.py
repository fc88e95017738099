"""`manage.py add_member`: letting people in from the command line."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.models import Membership
from tests.conftest import Partners

GOOD = "a-long-enough-passphrase"


def add(
    email: str, *, role: str, password: str | None, monkeypatch: pytest.MonkeyPatch, partner: str = "fd4711"
) -> str:
    out = io.StringIO()
    arguments = [email, "--partner", partner, "--role", role]
    if password is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        arguments.append("--password-stdin")
    call_command("add_member", *arguments, stdout=out)
    return out.getvalue()


def test_it_creates_the_person_and_the_membership(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    said = add("Ada@Example.org", role="editor", password=GOOD, monkeypatch=monkeypatch)
    assert said == "ada@example.org is editor of Nordlicht Kultur (demo).\n"
    membership = Membership.objects.get()
    assert (membership.partner, membership.role) == (partners.nordlicht, "editor")
    assert membership.user.check_password(GOOD)


def test_it_is_idempotent_and_knows_addresses_in_any_case(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    add("ada@example.org", role="viewer", password=GOOD, monkeypatch=monkeypatch)
    add("ADA@example.org", role="account_manager", password=None, monkeypatch=monkeypatch)
    membership = Membership.objects.get()
    assert membership.role == "account_manager"
    assert membership.user.check_password(GOOD)
    assert User.objects.count() == 1


def test_it_says_when_no_password_is_set(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    said = add("ada@example.org", role="viewer", password=None, monkeypatch=monkeypatch)
    assert said.endswith("No password is set yet: run again with --password-stdin.\n")


@pytest.mark.parametrize("password", ["", "short", "password123"])
def test_a_weak_password_changes_nothing(partners: Partners, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(CommandError):
        add("ada@example.org", role="viewer", password=password, monkeypatch=monkeypatch)
    assert not User.objects.exists()
    assert not Membership.objects.exists()


def test_a_bad_address_is_refused(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="valid e-mail address"):
        add("not an address", role="viewer", password=None, monkeypatch=monkeypatch)
    assert not User.objects.exists()


def test_an_unknown_partner_is_named_with_the_known_ones(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    known = r"No partner 'nobody' is connected\. Known: partner-id-acme, fd4711, partner-id-sakura\."
    with pytest.raises(CommandError, match=known):
        add("ada@example.org", role="viewer", password=None, monkeypatch=monkeypatch, partner="nobody")
    assert not User.objects.exists()


def test_each_change_is_on_record_once(partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    add("ada@example.org", role="viewer", password=None, monkeypatch=monkeypatch)
    add("ada@example.org", role="viewer", password=None, monkeypatch=monkeypatch)
    add("ada@example.org", role="editor", password=GOOD, monkeypatch=monkeypatch)
    recorded = AuditEvent.objects.order_by("at").values_list("kind", "email", "target", "before", "after", "partner")
    assert list(recorded) == [
        ("member_added", "manage.py add_member", "ada@example.org", {}, {"role": "viewer"}, partners.nordlicht.pk),
        ("password_changed", "manage.py add_member", "ada@example.org", {}, {}, None),
        (
            "role_changed",
            "manage.py add_member",
            "ada@example.org",
            {"role": "viewer"},
            {"role": "editor"},
            partners.nordlicht.pk,
        ),
    ]
