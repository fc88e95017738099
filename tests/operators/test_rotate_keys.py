"""`manage.py rotate_keys`: every secret opens with the newest key alone, and nobody has to sign in again."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

import pytest
import redis
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.connection import account_of
from attribution_portal.partners.models import ServiceAccount
from attribution_portal.platform_api import tokens
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sealing import is_newest, seal, unseal
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


@pytest.fixture
def new_key(settings: Settings) -> Callable[[], None]:
    """Put a new key in front, as a deployer does; the old ones still open."""

    def add() -> None:
        settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]

    return add


def drop_old_keys(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]


def test_after_the_old_key_is_gone_everything_still_opens(
    sandbox: Sandbox,
    partners: Partners,
    bob: User,
    client_for: Callable[..., Client],
    clean_redis: redis.Redis,
    settings: Settings,
    new_key: Callable[[], None],
) -> None:
    account = account_of(ServiceAccount.objects.get())
    tokens.current(account, until=time.monotonic() + 5)
    TOTP.activate(bob, SECRET)
    codes = RecoveryCodes.activate(bob).get_unused_codes()
    signed_in = client_for(bob)
    new_key()
    assert rotate() == (
        "Secrets sealed anew in the database: 3.\n"
        "Sets of tokens sealed anew in Redis: 1.\n"
        "Every secret opens with the newest key alone: older ones can be removed.\n"
    )
    drop_old_keys(settings)
    tokens._memory.clear()
    assert ServiceAccount.objects.get().password() == "sandbox-demo-only"
    tokens.current(account, until=time.monotonic() + 5)
    assert len(sandbox.log.of(method="POST", path="/auth")) == 1
    totp = Authenticator.objects.get(user=bob, type="totp")
    assert unseal(totp.data["secret"]) == SECRET
    assert RecoveryCodes.activate(bob).get_unused_codes() == codes
    assert RecoveryCodes.activate(bob).validate_code(codes[0])
    assert signed_in.get("/p/partner-id-acme/packages/").status_code == 200
    event = AuditEvent.objects.get(kind="keys_rotated")
    assert (event.email, event.after) == ("manage.py rotate_keys", {"resealed": 3, "unopened": 0})


def test_it_may_be_repeated(sandbox: Sandbox, partners: Partners, new_key: Callable[[], None]) -> None:
    new_key()
    rotate()
    sealed = ServiceAccount.objects.get().sealed_password
    assert rotate().startswith("Secrets sealed anew in the database: 0.\n")
    assert ServiceAccount.objects.get().sealed_password == sealed
    assert AuditEvent.objects.filter(kind="keys_rotated").count() == 1


def test_the_password_given_stays_the_one_given_then(partners: Partners, new_key: Callable[[], None]) -> None:
    """Sealing anew is no change of the password."""
    changed_at = ServiceAccount.objects.get().changed_at
    new_key()
    rotate()
    assert ServiceAccount.objects.get().changed_at == changed_at


def test_what_no_key_opens_is_named_and_the_rest_is_sealed_anew(
    partners: Partners, bob: User, new_key: Callable[[], None]
) -> None:
    ServiceAccount.objects.update(sealed_password="nothing opens this")
    TOTP.activate(bob, SECRET)
    Authenticator.objects.create(user=bob, type="recovery_codes", data={"seed": "nor this", "used_mask": 0})
    new_key()
    with pytest.raises(CommandError) as raised:
        rotate()
    assert "service account portal@sandbox.example" in str(raised.value)
    assert "Recovery codes of bob@acme.example" in str(raised.value)
    assert "nothing opens this" not in str(raised.value)
    assert ServiceAccount.objects.get().sealed_password == "nothing opens this"
    assert is_newest(Authenticator.objects.get(type="totp").data["secret"])


def test_codes_used_before_stay_used(bob: User, new_key: Callable[[], None]) -> None:
    codes = RecoveryCodes.activate(bob)
    first = codes.get_unused_codes()[0]
    assert codes.validate_code(first)
    new_key()
    rotate()
    assert not RecoveryCodes.activate(bob).validate_code(first)


def test_codes_of_before_are_found_in_lists_too(bob: User, new_key: Callable[[], None]) -> None:
    row = Authenticator.objects.create(
        user=bob, type="recovery_codes", data={"migrated_codes": [seal("11111111"), seal("22222222")], "used_mask": 0}
    )
    new_key()
    rotate()
    row.refresh_from_db()
    assert all(is_newest(text) for text in row.data["migrated_codes"])
    assert RecoveryCodes(row).generate_codes() == ["11111111", "22222222"]


@pytest.mark.django_db(transaction=True)
def test_a_password_that_is_changed_meanwhile_is_not_lost(new_key: Callable[[], None], settings: Settings) -> None:
    account = ServiceAccount(username="busy@sandbox.example")
    account.set_password("0")
    account.save()
    new_key()
    done = threading.Event()

    def change() -> None:
        for number in range(1, 60):
            row = ServiceAccount.objects.get()
            row.set_password(str(number))
            row.save(update_fields=["sealed_password"])
        done.set()
        connection.close()

    busy = threading.Thread(target=change)
    busy.start()
    while not done.is_set():
        rotate()
    busy.join()
    drop_old_keys(settings)
    assert ServiceAccount.objects.get().password() == "59"


def test_without_redis_it_says_what_that_means(
    partners: Partners, settings: Settings, new_key: Callable[[], None]
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    new_key()
    assert "Redis cannot be reached: service accounts sign in anew when the older keys are gone." in rotate()


def test_no_secret_is_said(sandbox: Sandbox, partners: Partners, bob: User, new_key: Callable[[], None]) -> None:
    TOTP.activate(bob, SECRET)
    new_key()
    said = rotate()
    assert SECRET not in said
    assert "sandbox-demo-only" not in said
