"""People with passwords, and mail that is sent at once instead of by a worker."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from attribution_portal.accounts.models import User

PASSWORD = "a-long-enough-passphrase"


@pytest.fixture(autouse=True)
def _mail_at_once(tasks_at_once: None) -> None:
    """Mail leaves within the request."""


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 as ever, but for a guesser's ease: these tests make hundreds of hashes."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 256)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.org", PASSWORD)


def sign_in(user: User, *, client: Client | None = None) -> Client:
    """A browser that went through the form with the password."""
    client = client or Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def code(secret: str, *, later: int = 0) -> str:
    """What an authenticator app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))
