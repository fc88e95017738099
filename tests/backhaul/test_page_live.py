"""What an open page learns by itself, and what a package that has ended no longer offers."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.models import Package, PollState, SettingsChange
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, news_url, panel, text

pytestmark = pytest.mark.django_db

Stored = Callable[[str], Package]
URL = "/p/partner-id-acme/packages/"
HTMX = {"HX-Request": "true"}


def told_to(client: Client, html: str) -> str:
    address = news_url(html)
    assert address is not None
    return client.get(address, headers=HTMX).content.decode()


def sign(package: Package, user: User) -> None:
    seen = reviews.Seen.of(package.poll)
    assert seen is not None
    reviews.sign_off(
        partner=package.partner,
        package=package,
        seen=seen,
        note="Checked with the venue.",
        user=user,
        actor=Actor(user, user.email),
        token=uuid4(),
    )


def test_an_open_page_is_told_of_a_sign_off_and_of_new_settings(
    acme: Partner, alice: User, mara: User, client_for: Callable[[User], Client], package: Stored
) -> None:
    reader, manager = client_for(alice), client_for(mara)
    theirs, hers = (client.get(f"{URL}pkg_final/").content.decode() for client in (reader, manager))
    assert told_to(reader, theirs) == ""
    sign(package("pkg_final"), mara)
    told = told_to(reader, theirs)
    assert 'id="package-sign-off" hx-swap-oob="true"' in told
    assert "Signed off by" in text(told)
    assert "Checked with the venue." in text(told)
    assert 'id="settings-facts" hx-swap-oob="true"' in told
    assert 'data-form="review"' not in told
    assert 'data-form="settings"' not in told
    # The manager may be writing: only what stands above the form is new, once there is more than a first result.
    assert 'data-sign-off="signed"' in told_to(manager, hers)
    latest = package("pkg_final").poll.latest
    assert latest is not None
    type(latest).objects.filter(pk=latest.pk).update(number=2)
    told = told_to(manager, hers)
    assert 'id="sign-off-standing" hx-swap-oob="true"' in told
    assert 'id="package-sign-off"' not in told

    PollState.objects.filter(package__package_id="pkg_final").update(window=9)
    told = told_to(reader, theirs)
    assert 'data-setting="window">9 days' in told


@pytest.mark.parametrize(
    ("package_id", "vanished"), [("pkg_expired", False), ("pkg_failed", False), ("pkg_main", True)]
)
def test_a_package_that_has_ended_offers_no_form_and_sends_nothing(
    package_id: str,
    vanished: bool,
    acme: Partner,
    alice: User,
    client_for: Callable[[User], Client],
    sandbox: Sandbox,
    time: Time,
) -> None:
    client = client_for(alice)
    Package.objects.filter(package_id=package_id).update(vanished_at=time.now if vanished else None)
    html = client.get(f"{URL}{package_id}/").content.decode()
    assert evaluation(html) == "ended"
    assert 'data-form="settings"' not in html
    assert "The package has ended: its settings cannot be changed any more." in text(html)
    sandbox.log.clear()
    values = {"model": "ALL_PURCHASES", "window": "9", "email_sent_date": "2026-06-01", "token": str(uuid4())}
    answer = client.post(f"{URL}{package_id}/settings/", values)
    assert answer.status_code == 409
    assert "its settings cannot be changed any more" in text(answer.content.decode())
    assert sandbox.log.all() == ()
    assert not SettingsChange.objects.exists()


def test_what_cannot_be_told_is_said_once(
    acme: Partner, alice: User, client_for: Callable[[User], Client], time: Time, package: Stored
) -> None:
    found = package("pkg_final")
    changed_at = time.now
    PollState.objects.filter(pk=found.pk).update(settings_changed_at=changed_at, pending_changes=1)
    latest = found.poll.latest
    assert latest is not None
    type(latest).objects.filter(pk=latest.pk).update(certainty="unknown")
    time.forward(hours=49)
    said = text(panel(client_for(alice).get(f"{URL}pkg_final/").content.decode(), "evaluation"))
    assert said.count("cannot be told") == 1
    assert "Whether these results belong to these settings is not known." not in said
