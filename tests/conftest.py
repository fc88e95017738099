"""The cast, the stand-in platform over real HTTP, and a clean Redis for each test that asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import redis
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test import Client
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import clock as clock_of_the_portal
from attribution_portal.celery import app
from attribution_portal.partners.models import Membership, Partner, Role, ServiceAccount
from attribution_portal.platform_api import store
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.server import run_in_thread

# How fast examples are made depends on what else the machine does; what a test asserts does not.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")

TODAY = date(2026, 6, 15)
# What the authenticator apps of Mara and Olga hold.
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Clock:
    """The sandbox's clock, moved by hand."""

    def __init__(self) -> None:
        self.reset()

    def __call__(self) -> datetime:
        return self.instant

    def reset(self) -> None:
        self.instant = datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)

    def forward(self, **step: float) -> datetime:
        self.instant += timedelta(**step)
        return self.instant


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests in real transactions are cleaned up by TRUNCATE, which the audit trail refuses: only that refusal is
    switched off, in the test database alone. `tests/audit/test_append_only.py` switches it on and proves it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_events_stay")
        cursor.execute("ALTER TABLE audit_chainhead DISABLE TRIGGER audit_heads_stay")


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    """Names of static files without their hashes, which only a deployment has collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _language_of_nobody() -> None:
    """A request answered in the test's own thread leaves its reader's language on, which the next request replaces,
    but what is called without a request does not."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests move the process's clock; the database's, which nobody can move, would contradict it."""
    monkeypatch.setattr(clock_of_the_portal, "source", timezone.now)


@pytest.fixture(autouse=True)
def _patient_with_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine it is slow, and not lost. Where nobody listens is known at once all the same."""
    monkeypatch.setattr(store, "CONNECT_SECONDS", 30.0)
    monkeypatch.setattr(store, "ANSWER_SECONDS", 30.0)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[tuple[Sandbox, str, Clock]]:
    clock = Clock()
    box = Sandbox(today=TODAY, clock=clock)
    base_url, stop = run_in_thread(box)
    yield box, base_url, clock
    stop()


@pytest.fixture
def clock(running_sandbox: tuple[Sandbox, str, Clock]) -> Clock:
    return running_sandbox[2]


@pytest.fixture
def clean_redis(settings: Settings) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client


@pytest.fixture
def sandbox(
    running_sandbox: tuple[Sandbox, str, Clock], settings: Settings, clean_redis: redis.Redis
) -> Iterator[Sandbox]:
    """The stand-in platform as new, with an empty Redis; retries hardly wait."""
    box, base_url, clock = running_sandbox
    clock.reset()
    box.reset()
    settings.PLATFORM_BASE_URL = base_url
    settings.PLATFORM_RETRY_BASE_SECONDS = 0.001
    yield box
    box.reset()


@pytest.fixture
def service_account(db: None) -> ServiceAccount:
    account = ServiceAccount(username="portal@sandbox.example")
    account.set_password("sandbox-demo-only")
    account.save()
    return account


@dataclass(frozen=True)
class Partners:
    acme: Partner
    sakura: Partner
    nordlicht: Partner


@pytest.fixture
def partners(service_account: ServiceAccount) -> Partners:
    """The sandbox's tenants as `connect_partners` stores them."""

    def make(partner_id: str, name: str, currency: str) -> Partner:
        return Partner.objects.create(
            partner_id=partner_id,
            name=name,
            currency=currency,
            has_lookout=True,
            has_wave=True,
            default_event_model="FD",
            service_account=service_account,
        )

    return Partners(
        acme=make("partner-id-acme", "Acme Concerts (demo)", "EUR"),
        sakura=make("partner-id-sakura", "Sakura Live (demo)", "JPY"),
        nordlicht=make("fd4711", "Nordlicht Kultur (demo)", "EUR"),
    )


def _person(email: str, *memberships: tuple[Partner, Role]) -> User:
    user = User.objects.create(email=email)
    for partner, role in memberships:
        Membership.objects.create(user=user, partner=partner, role=role)
    return user


@pytest.fixture
def alice(partners: Partners) -> User:
    return _person("alice@acme.example", (partners.acme, Role.EDITOR))


@pytest.fixture
def bob(partners: Partners) -> User:
    return _person("bob@acme.example", (partners.acme, Role.VIEWER))


@pytest.fixture
def charlie(partners: Partners) -> User:
    return _person("charlie@sakura.example", (partners.sakura, Role.EDITOR))


@pytest.fixture
def nils(partners: Partners) -> User:
    return _person("nils@nordlicht.example", (partners.nordlicht, Role.EDITOR))


@pytest.fixture
def mara(partners: Partners) -> User:
    """Looks after two partners, with the second factor that account managers must have."""
    mara = _person(
        "mara@portal.example", (partners.acme, Role.ACCOUNT_MANAGER), (partners.sakura, Role.ACCOUNT_MANAGER)
    )
    TOTP.activate(mara, TOTP_SECRET)
    return mara


@pytest.fixture
def olga(db: None) -> User:
    """Operates the portal and belongs to no partner, with the second factor that operators must have."""
    olga = User.objects.create(email="olga@portal.example", is_staff=True)
    TOTP.activate(olga, TOTP_SECRET)
    return olga


@pytest.fixture
def client_for() -> Callable[..., Client]:
    """A browser in which this person has just signed in; `stale` when that was too long ago for what asks for a
    recent proof."""

    def make(user: User, *, stale: bool = False) -> Client:
        client = Client()
        client.force_login(user)
        if not stale:
            session = client.session
            session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
            session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
            session.save()
        return client

    return make


@pytest.fixture
def tasks_at_once() -> Iterator[None]:
    """What is sent to a worker runs where it is sent."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False
