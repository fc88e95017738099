"""What a person does to a package's settings is on record, and is based on what they saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.ledger import intents
from attribution_portal.backhaul.models import Package, PollState, SettingsChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import hidden, text
from tests.backhaul.settings_sent import PUTS, puts

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
URL = f"/p/{ACME}/packages/pkg_final/"
WANTED = {
    "model": "EVENTS_FROM_PACKAGE",
    "window": "21",
    "email_sent_date": "2026-05-20",
    "reason": "The campaign ran longer",
}
BEFORE = {"model": "ALL_PURCHASES", "window": 7, "email_sent_date": "2026-05-20"}
AFTER = {"model": "EVENTS_FROM_PACKAGE", "window": 21, "email_sent_date": "2026-05-20"}
ClientFor = Callable[[User], Client]
Stored = Callable[[str], Package]
PollAll = Callable[[], object]


def page(client: Client) -> str:
    return client.get(URL).content.decode()


def send(client: Client, html: str, **values: str) -> HttpResponse:
    answer = client.post(URL + "settings/", {**WANTED, **hidden(html, "settings"), **values})
    assert isinstance(answer, HttpResponse)
    return answer


def put_elsewhere(partner: Partner, window: int) -> None:
    settings = AttributionSettings(model="ALL_PURCHASES", window=window, email_sent_date=date(2026, 5, 20))
    packages.put_settings(caller=caller_for(partner), package_id="pkg_final", settings=settings)


def on_record() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind="settings_changed").order_by("position"))


def test_the_intent_is_on_record_and_then_what_became_of_it(alices: Client, alice: User, acme: Partner) -> None:
    assert send(alices, page(alices)).status_code == 303
    intended, done = on_record()
    assert (intended.outcome, done.outcome, done.of) == ("intended", "done", intended)
    for event in (intended, done):
        assert (event.partner, event.user, event.email) == (acme, alice, "alice@acme.example")
        assert (event.target, event.title) == ("pkg_final", Package.objects.get(package_id="pkg_final").title)
        assert (event.before, event.after, event.reason) == (BEFORE, AFTER, "The campaign ran longer")
        assert event.address == "127.0.0.1"
        assert len(event.session) == 16
    assert intended.platform_request == ""
    assert done.platform_request.startswith("req-")
    assert SettingsChange.objects.get().intent == intended


def test_a_refusal_is_on_record_with_the_platforms_reference(alices: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="status", status=409)
    assert send(alices, page(alices)).status_code == 422
    intended, refused = on_record()
    assert (intended.outcome, refused.outcome, refused.of) == ("intended", "refused", intended)
    assert refused.platform_request.startswith("req-")


def test_an_unknown_outcome_is_on_record_and_so_is_what_polling_finds_out(
    alices: Client, acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="reset", count=1)
    time.forward(minutes=4)
    assert send(alices, page(alices)).status_code == 303
    assert [event.outcome for event in on_record()] == ["intended", "unknown"]
    time.forward(seconds=5)
    settings = AttributionSettings(model="EVENTS_FROM_PACKAGE", window=21, email_sent_date=date(2026, 5, 20))
    packages.put_settings(caller=caller_for(acme), package_id="pkg_final", settings=settings)
    poll_all()
    intended, unknown, done = on_record()
    assert (done.outcome, done.email, done.user) == ("done", "", None)
    assert (unknown.of, done.of) == (intended, intended)
    time.forward(minutes=5)
    PollState.objects.update(next_due=time.now)
    poll_all()
    assert len(on_record()) == 3


@pytest.mark.parametrize("values", [{"window": "0"}, {"token": ""}, {"seen_change": "-1"}])
def test_what_is_not_sent_is_not_on_record(alices: Client, sandbox: Sandbox, values: dict[str, str]) -> None:
    assert send(alices, page(alices), **values).status_code == 422
    assert on_record() == []
    assert puts(sandbox) == 0


def test_settings_that_are_in_force_already_are_not_on_record(alices: Client) -> None:
    assert send(alices, page(alices), model="ALL_PURCHASES", window="7").status_code == 303
    assert on_record() == []


def test_settings_that_moved_since_the_form_was_opened_are_shown_and_asked_about(
    alices: Client, acme: Partner, sandbox: Sandbox
) -> None:
    html = page(alices)
    put_elsewhere(acme, 30)
    sandbox.log.clear()
    answer = send(alices, html)
    html = answer.content.decode()
    assert answer.status_code == 409
    said = text(html)
    assert (
        "Something else is in force than this form showed. It was not changed in this portal. Nothing was sent." in said
    )
    assert "Shown to you before All purchases · 7 days · 20 May 2026" in said
    assert "In force now All purchases · 30 days · 20 May 2026" in said
    assert "Entered by you Events from the package · 21 days · 20 May 2026" in said
    assert "The campaign ran longer" in html
    assert puts(sandbox) == 0
    assert on_record() == []
    # Sent again, it replaces what the person has been shown.
    assert send(alices, html).status_code == 303
    assert puts(sandbox) == 1
    assert on_record()[1].before == {**BEFORE, "window": 30}


def test_somebody_elses_values_that_are_mine_as_well_are_no_reason_to_ask(
    alices: Client, acme: Partner, sandbox: Sandbox
) -> None:
    html = page(alices)
    settings = AttributionSettings(model="EVENTS_FROM_PACKAGE", window=21, email_sent_date=date(2026, 5, 20))
    packages.put_settings(caller=caller_for(acme), package_id="pkg_final", settings=settings)
    sandbox.log.clear()
    assert send(alices, html).status_code == 303
    assert "Nothing was sent: these settings are in force already." in text(page(alices))
    assert puts(sandbox) == 0


def test_defaults_that_changed_under_a_package_that_follows_them_are_asked_about_too(
    alices: Client, acme: Partner, sandbox: Sandbox
) -> None:
    url = f"/p/{ACME}/packages/pkg_partial/"
    html = alices.get(url).content.decode()
    packages.post_partner_defaults(
        caller=caller_for(acme), settings=AttributionSettings(model="EVENT_SERIES", window=14, email_sent_date=None)
    )
    sandbox.log.clear()
    answer = alices.post(url + "settings/", {**WANTED, **hidden(html, "settings")})
    assert answer.status_code == 409
    assert "In force now Event series · 14 days" in text(answer.content.decode())
    assert puts(sandbox) == 0


def test_ones_own_change_in_doubt_is_no_reason_to_ask_when_the_page_told_of_it(
    alices: Client, sandbox: Sandbox, time: Time
) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="reset", count=1)
    time.forward(minutes=4)
    opened_before = page(alices)
    assert send(alices, opened_before).status_code == 303
    html = page(alices)
    assert "We don't know yet whether the platform took the change" in text(html)
    answer = send(alices, hidden_of(opened_before), window="22")
    assert answer.status_code == 409
    assert "and it is not known yet whether the platform took them." in text(answer.content.decode())
    assert "On its way Events from the package · 21 days" in text(answer.content.decode())
    assert puts(sandbox) == 1
    assert send(alices, html, window="22").status_code == 303
    assert puts(sandbox) == 2


def hidden_of(html: str) -> str:
    """The page as it was opened, with a token that was not used yet."""
    used = hidden(html, "settings")["token"]
    return html.replace(used, "00000000-0000-4000-8000-000000000001")


def test_a_form_from_elsewhere_that_saw_nothing_is_taken_at_its_word(alices: Client, acme: Partner) -> None:
    html = page(alices)
    put_elsewhere(acme, 30)
    form = {**WANTED, "token": hidden(html, "settings")["token"]}
    assert alices.post(URL + "settings/", form).status_code == 303
    assert on_record()[1].before == {**BEFORE, "window": 30}


def test_a_change_whose_process_died_and_that_was_never_taken_is_concluded_by_what_is_read_later(
    alices: Client, acme: Partner, alice: User, package: Stored, time: Time, poll_all: PollAll
) -> None:
    found = package("pkg_final")
    change = SettingsChange(
        partner=acme, package=found, user=alice, made_at=time.now, outcome=SettingsChange.Outcome.UNKNOWN
    )
    change.before = found.poll.settings
    change.settings = AttributionSettings(model="EVENT_SERIES", window=9, email_sent_date=date(2026, 5, 20))
    with transaction.atomic():
        change.save()
        intents.put_on_record(change, actor=Actor(alice, alice.email))
    for minutes, outcomes, outcome in ((1, ["intended"], "unknown"), (2, ["intended", "refused"], "not_taken")):
        time.forward(minutes=minutes)
        PollState.objects.filter(package=found).update(next_due=time.now)
        poll_all()
        assert [event.outcome for event in on_record()] == outcomes
        change.refresh_from_db()
        assert change.outcome == outcome
    assert (on_record()[1].of, on_record()[1].user, on_record()[1].email) == (on_record()[0], None, "")
    html = page(alices)
    assert "did not arrive: the platform answers other settings." in text(html)
    assert "not taken: others were read afterwards" in text(html)
    # Nobody is asked about it when they save something else.
    assert send(alices, html, window="22").status_code == 303


def test_a_change_of_a_package_that_the_platform_deleted_is_concluded_too(
    alices: Client, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="reset", count=1)
    assert send(alices, page(alices)).status_code == 303
    for path in ("backhaul_evaluation_details", "backhaul_evaluation"):
        sandbox.faults.add(path=f"/package_builder/packages/pkg_final/{path}", method="GET", kind="status", status=404)
    sandbox.faults.add(path="/partners/*", method="GET", kind="status", status=404)
    time.forward(minutes=3)
    PollState.objects.filter(package__package_id="pkg_final").update(next_due=time.now)
    poll_all()
    assert [event.outcome for event in on_record()] == ["intended", "unknown", "refused"]
    assert SettingsChange.objects.get(user__isnull=False).outcome == "not_taken"
