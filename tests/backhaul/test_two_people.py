"""Two people, two tabs, two presses: each change is sent once, and whoever comes second learns of the first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test import Client
from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models import DefaultsChange, SettingsChange
from attribution_portal.backhaul.polling import engine
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Membership, Role
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.html import hidden, text
from tests.conftest import TOTP_SECRET, Partners

pytestmark = pytest.mark.django_db(transaction=True)

ACME = "partner-id-acme"
DEFAULTS = f"/p/{ACME}/package-defaults/"
PACKAGE = f"/p/{ACME}/packages/pkg_final/"
POSTS = "/partners/*/backhaul_attribution_details"
PUTS = "/package_builder/packages/*/backhaul_evaluation_details"
ClientFor = Callable[..., Client]
Answer = tuple[int, str]


def at_once(clients: list[Client], url: str, forms: list[Mapping[str, str]]) -> list[Answer]:
    """Each form sent by its client, all let go at the same moment; status and page of each."""
    barrier = threading.Barrier(len(forms))

    def send(client: Client, form: Mapping[str, str]) -> Answer:
        try:
            barrier.wait(120)
            answer = client.post(url, form)
            return answer.status_code, answer.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, clients, forms))


@pytest.fixture
def nina(partners: Partners, mara: User) -> User:
    """Mara's colleague, with the same second factor as hers."""
    nina = User.objects.create(email="nina@portal.example")
    Membership.objects.create(user=nina, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
    TOTP.activate(nina, TOTP_SECRET)
    return nina


@pytest.fixture
def _read(partners: Partners, sandbox: Sandbox) -> None:
    engine.list_packages(partner=partners.acme)
    for chunk in engine.claim_due(now=timezone.now()):
        engine.poll_chunk(chunk)
    sandbox.log.clear()


def defaults_form(client: Client, window: int) -> dict[str, str]:
    """As it stands after the first of its two steps."""
    values = {"model": "ALL_PURCHASES", "window": str(window), "email_sent_date": ""}
    opened = client.get(DEFAULTS).content.decode()
    preview = client.post(DEFAULTS, {**hidden(opened, "defaults"), **values}).content.decode()
    return {**hidden(preview, "defaults"), **values, "confirm": "yes"}


def settings_form(client: Client, window: int) -> dict[str, str]:
    values = {"model": "EVENTS_FROM_PACKAGE", "window": str(window), "email_sent_date": "2026-05-20", "reason": ""}
    return {**hidden(client.get(PACKAGE).content.decode(), "settings"), **values}


def outcomes(kind: str) -> list[str]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("position").values_list("outcome", flat=True))


@pytest.mark.usefixtures("_read")
def test_one_form_of_defaults_pressed_six_times_at_once_is_posted_once(
    mara: User, sandbox: Sandbox, client_for: ClientFor
) -> None:
    clients = [client_for(mara) for _ in range(6)]
    form = defaults_form(clients[0], 21)
    assert [status for status, _page in at_once(clients, DEFAULTS, [form] * 6)] == [303] * 6
    assert len(sandbox.log.of(method="POST", path=POSTS)) == 1
    assert DefaultsChange.objects.get().outcome == "done"
    assert outcomes("defaults_changed") == ["intended", "done"]


@pytest.mark.usefixtures("_read")
def test_of_two_managers_who_save_at_once_the_second_is_asked(
    mara: User, nina: User, partners: Partners, sandbox: Sandbox, client_for: ClientFor
) -> None:
    clients = [client_for(mara), client_for(nina)]
    forms = [defaults_form(clients[0], 21), defaults_form(clients[1], 35)]
    # The first one's call is under way for so long that the second comes while nobody knows what became of it.
    sandbox.faults.add(path=POSTS, method="POST", kind="latency", seconds=0.5)
    answers = at_once(clients, DEFAULTS, forms)
    assert sorted(status for status, _page in answers) == [303, 409]
    assert len(sandbox.log.of(method="POST", path=POSTS)) == 1
    change = DefaultsChange.objects.get()
    asked = next(page for status, page in answers if status == 409)
    assert change.user is not None
    # Whether it was taken already when the second came is a matter of milliseconds.
    told = ("sent other values on", "changed this on")
    assert any(f"{change.user.email} {words}" in text(asked) for words in told)
    assert outcomes("defaults_changed") == ["intended", "done"]
    in_force = packages.partner_defaults(caller=caller_for(partners.acme).rereading()).value
    assert in_force == change.settings


@pytest.mark.usefixtures("_read")
def test_one_settings_form_pressed_six_times_at_once_is_put_once(
    alice: User, sandbox: Sandbox, client_for: ClientFor
) -> None:
    clients = [client_for(alice) for _ in range(6)]
    form = settings_form(clients[0], 21)
    assert [status for status, _page in at_once(clients, PACKAGE + "settings/", [form] * 6)] == [303] * 6
    assert len(sandbox.log.of(method="PUT", path=PUTS)) == 1
    assert outcomes("settings_changed") == ["intended", "done"]


@pytest.mark.usefixtures("_read")
def test_of_two_editors_who_save_at_once_the_second_is_asked(
    alice: User, mara: User, partners: Partners, sandbox: Sandbox, client_for: ClientFor
) -> None:
    clients = [client_for(alice), client_for(mara)]
    forms = [settings_form(clients[0], 21), settings_form(clients[1], 35)]
    sandbox.faults.add(path=PUTS, method="PUT", kind="latency", seconds=0.5)
    answers = at_once(clients, PACKAGE + "settings/", forms)
    assert sorted(status for status, _page in answers) == [303, 409]
    assert len(sandbox.log.of(method="PUT", path=PUTS)) == 1
    change = SettingsChange.objects.get()
    assert outcomes("settings_changed") == ["intended", "done"]
    in_force = packages.settings(caller=caller_for(partners.acme).rereading(), package_id="pkg_final").value
    assert in_force == change.settings


@pytest.mark.usefixtures("_read")
def test_whoever_is_asked_and_goes_on_replaces_what_the_first_one_saved(
    alice: User, mara: User, partners: Partners, sandbox: Sandbox, client_for: ClientFor
) -> None:
    alices, maras = client_for(alice), client_for(mara)
    form = settings_form(maras, 35)
    assert alices.post(PACKAGE + "settings/", settings_form(alices, 21)).status_code == 303
    answer = maras.post(PACKAGE + "settings/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    said = text(page)
    assert "alice@acme.example changed this on" in said
    assert "Shown to you before All purchases · 7 days · 20 May 2026" in said
    assert "In force now Events from the package · 21 days · 20 May 2026" in said
    assert "Entered by you Events from the package · 35 days · 20 May 2026" in said
    assert len(sandbox.log.of(method="PUT", path=PUTS)) == 1
    assert 'value="35"' in page
    values = {"model": "EVENTS_FROM_PACKAGE", "window": "35", "email_sent_date": "2026-05-20", "reason": ""}
    assert maras.post(PACKAGE + "settings/", {**hidden(page, "settings"), **values}).status_code == 303
    in_force = packages.settings(caller=caller_for(partners.acme).rereading(), package_id="pkg_final").value
    assert in_force == AttributionSettings(model="EVENTS_FROM_PACKAGE", window=35, email_sent_date=date(2026, 5, 20))
