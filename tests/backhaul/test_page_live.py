"""What an open page learns by itself, and what a package that has ended no longer offers."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Package, PollState, SettingsChange
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, hidden, news_url, panel, text
from tests.backhaul.stored import sign

pytestmark = pytest.mark.django_db

Stored = Callable[[str], Package]
URL = "/p/partner-id-acme/packages/"
HTMX = {"HX-Request": "true"}


def told_to(client: Client, html: str) -> str:
    address = news_url(html)
    assert address is not None
    return client.get(address, headers=HTMX).content.decode()


def test_an_open_page_is_told_of_a_sign_off_and_of_new_settings(
    acme: Partner, alice: User, mara: User, client_for: Callable[[User], Client], package: Stored
) -> None:
    reader, manager = client_for(alice), client_for(mara)
    theirs, hers = (client.get(f"{URL}pkg_final/").content.decode() for client in (reader, manager))
    assert told_to(reader, theirs) == ""
    sign(package("pkg_final"), mara, "Checked with the venue.")
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


@pytest.mark.parametrize(
    ("status", "vanishes", "why"),
    [
        ("EXPIRED", False, "The package has expired: its customer lists are gone, and the last results are kept."),
        ("FAILED", False, "The platform could not build this package."),
        ("DONE", True, "The platform no longer lists this package. The last results are kept here."),
    ],
)
def test_a_form_whose_package_ends_gives_way_to_words_and_to_what_was_typed(
    status: str,
    vanishes: bool,
    why: str,
    acme: Partner,
    alice: User,
    client_for: Callable[[User], Client],
    sandbox: Sandbox,
    time: Time,
) -> None:
    client = client_for(alice)
    html = client.get(f"{URL}pkg_final/").content.decode()
    form = {**hidden(html, "settings"), "model": "ALL_PURCHASES", "window": "7", "email_sent_date": "2026-05-20"}
    Package.objects.filter(package_id="pkg_final").update(status=status, vanished_at=time.now if vanishes else None)
    told = told_to(client, html)
    assert 'data-evaluation="ended"' in told
    assert news_url(told.partition('id="settings-facts"')[0]) is None
    facts = told.partition('id="settings-facts"')[2]
    assert "Counts any ticket bought by the people in this package from 20 May to 27 May 2026, for any event." in facts
    assert f"The package has ended: its settings cannot be changed any more. {why}" in text(facts)
    # The page hands what was typed over and gets back what stands where the form was.
    assert f'hx-post="{URL}pkg_final/settings/" hx-trigger="load" hx-include="[data-form=\'settings\']"' in facts
    assert 'hx-vals=\'{"ended": "yes"}\' hx-target="#settings-form"' in facts
    assert '<div id="settings-form">' in html
    sandbox.log.clear()
    typed = {"model": "EVENT_SERIES", "window": "9", "email_sent_date": "2026-05-21", "reason": "Late <b>buyers</b>"}
    answer = client.post(f"{URL}pkg_final/settings/", {**form, **typed, "ended": "yes"}, headers=HTMX)
    assert answer.status_code == 200
    assert "The package has ended" in answer["HX-Trigger"]
    said = (
        "The package ended before this was saved, so nothing was sent. You had entered: "
        "Model Event series Attribution window, in days 9 E-mail date 21 May 2026 Reason Late <b>buyers</b>"
    )
    assert text(answer.content.decode()) == said
    untouched = client.post(f"{URL}pkg_final/settings/", {**form, "reason": " ", "ended": "yes"}, headers=HTMX)
    assert text(untouched.content.decode()) == ""
    # Who saves without having been told is told now, and keeps what was typed before their eyes, too.
    refused = client.post(f"{URL}pkg_final/settings/", {**form, "window": "9", "confirm": "yes"})
    assert refused.status_code == 409
    shown = text(panel(refused.content.decode(), "settings"))
    assert "so nothing was sent. You had entered: Attribution window, in days 9" in shown
    assert 'data-form="settings"' not in refused.content.decode()
    assert sandbox.log.all() == ()
    assert not SettingsChange.objects.exists()


def test_what_a_page_hands_over_is_never_saved_also_when_the_package_is_back(
    acme: Partner, alice: User, client_for: Callable[[User], Client], sandbox: Sandbox
) -> None:
    client = client_for(alice)
    form = hidden(client.get(f"{URL}pkg_final/").content.decode(), "settings")
    sandbox.log.clear()
    typed = {**form, "model": "EVENT_SERIES", "window": "9", "email_sent_date": "2026-05-21", "ended": "yes"}
    answer = client.post(f"{URL}pkg_final/settings/", typed, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert sandbox.log.all() == ()
    assert not SettingsChange.objects.exists()


def test_settings_say_when_they_were_read_also_after_they_were_swapped(
    acme: Partner, alice: User, client_for: Callable[[User], Client], time: Time
) -> None:
    client = client_for(alice)
    time.forward(minutes=19)
    html = client.get(f"{URL}pkg_final/").content.decode()
    settings = panel(html, "settings")
    assert settings.count("As of") == 1
    assert "As of 19 min ago" in text(settings)
    PollState.objects.filter(package__package_id="pkg_final").update(window=9, last_ok_at=time.now)
    told = told_to(client, html).partition('id="settings-facts"')[2]
    assert "As of just now" in text(told)
    # What is not swapped names no time that would get old.
    assert "As of" not in text(settings.partition('data-form="settings"')[2])


def test_a_page_without_a_form_keeps_its_sentence_in_step(
    acme: Partner, bob: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(bob)
    html = client.get(f"{URL}pkg_final/").content.decode()
    PollState.objects.filter(package__package_id="pkg_final").update(window=9)
    told = told_to(client, html).partition('id="settings-facts"')[2]
    assert "from 20 May to 29 May 2026, for any event." in told
    Package.objects.filter(package_id="pkg_final").update(status="EXPIRED")
    told = told_to(client, html).partition('id="settings-facts"')[2]
    assert "its settings cannot be changed any more" in told
    assert "hx-post" not in told
