"""`manage.py add_operator`: how the first operator comes to be."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent

GOOD = "a-long-enough-passphrase"


def add(email: str, monkeypatch: pytest.MonkeyPatch, *, password: str | None = None) -> str:
    out = io.StringIO()
    arguments = [email]
    if password is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        arguments.append("--password-stdin")
    call_command("add_operator", *arguments, stdout=out)
    return out.getvalue()


def test_it_creates_the_person_who_operates_the_portal(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert add("Ole@Example.org", monkeypatch, password=GOOD) == "ole@example.org operates the portal.\n"
    person = User.objects.get()
    assert (person.email, person.is_operator, person.check_password(GOOD)) == ("ole@example.org", True, True)
    assert list(AuditEvent.objects.order_by("position").values_list("kind", "email", "target", "after")) == [
        ("password_changed", "manage.py add_operator", "ole@example.org", {}),
        ("operator_changed", "manage.py add_operator", "ole@example.org", {"operator": True}),
    ]


def test_run_again_it_changes_and_records_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    add("ole@example.org", monkeypatch, password=GOOD)
    assert add("OLE@example.org", monkeypatch) == "ole@example.org operates the portal.\n"
    assert User.objects.get().check_password(GOOD)
    assert AuditEvent.objects.count() == 2


def test_it_says_when_no_password_is_set(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert add("ole@example.org", monkeypatch).endswith("No password is set yet: run again with --password-stdin.\n")


def test_it_says_that_a_disabled_person_stays_disabled(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    person = User.objects.create_user("ole@example.org", GOOD)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert add("ole@example.org", monkeypatch) == "ole@example.org would operate the portal, but is switched off.\n"
    assert not User.objects.get().is_operator


@pytest.mark.parametrize(("email", "password"), [("ole@example.org", "short"), ("no address", GOOD)])
def test_what_is_refused_changes_nothing(db: None, monkeypatch: pytest.MonkeyPatch, email: str, password: str) -> None:
    with pytest.raises(CommandError):
        add(email, monkeypatch, password=password)
    assert not User.objects.exists()
    assert not AuditEvent.objects.exists()
