"""What was typed into a form whose sender was signed out meanwhile: kept for that person, shown again, never sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from attribution_portal.accounts import drafts
from attribution_portal.accounts.models import User
from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.backhaul.models import DefaultsChange, Package, Review, SettingsChange
from attribution_portal.backhaul.polling import engine
from attribution_portal.lookout.models import ModelChange
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import fields, posts
from tests.adjustments.conftest import on_the_day as frozen_day
from tests.conftest import Partners
from tests.pages import Element, Shown, read

frozen = frozen_day
ACME = "/p/partner-id-acme/"
KEPT = (
    "You were signed out meanwhile, so nothing was sent. What you typed is kept for a quarter of an hour and is there "
    "again when you sign in."
)
LOST = "You were signed out meanwhile, so nothing was sent. Sign in and enter it once more."
AGAIN = "Nothing has been sent yet. Look at what you entered once more, then send it again."


@dataclass(frozen=True)
class Kept:
    """A form on a page, with what somebody types into it."""

    page: str
    name: str
    typed: Mapping[str, str]


FORMS = (
    Kept("events/evt_closed/", "adjustment", {"purchases": "12", "revenue": "600", "reason": "É <b>list</b>"}),
    Kept("campaigns/evt_closed/", "adjustment", {"purchases": "x", "revenue": "", "reason": "Box office"}),
    Kept("events/evt_plain/", "event-model", {"model": "META"}),
    Kept("packages/pkg_final/", "settings", {"window": "9", "email_sent_date": "2026-05-21", "reason": "Late buyers"}),
    Kept("package-defaults/", "defaults", {"window": "21"}),
    Kept("packages/pkg_final/", "review", {"note": "Checked with the venue.\r\nAll fine."}),
    Kept("members/", "invite", {"email": "new@acme.example", "note": "Welcome"}),
)
each_form = pytest.mark.parametrize("kept", FORMS, ids=[f"{each.page} {each.name}" for each in FORMS])


@pytest.fixture
def acme(frozen: time_machine.Traveller, sandbox: Sandbox, partners: Partners) -> Partner:
    engine.list_packages(partner=partners.acme)
    for chunk in engine.claim_due(now=timezone.now(), capacity=1000):
        engine.poll_chunk(chunk)
    return partners.acme


@pytest.fixture
def client(acme: Partner, mara: User, client_for: Callable[..., Client]) -> Client:
    return client_for(mara)


def form_of(page: Shown, name: str) -> Element:
    return page.root.one("form", data_form=name)


def typed_into(client: Client, kept: Kept) -> tuple[str, dict[str, str]]:
    """Where the form is sent, and what is sent."""
    form = form_of(read(client.get(ACME + kept.page)), kept.name)
    return form["action"], {**fields(form), **choices(form), **kept.typed}


def choices(form: Element) -> dict[str, str]:
    return {
        select["name"]: option["value"]
        for select in form.all("select")
        for option in select.all("option")
        if "selected" in option.attributes
    }


def values(form: Element) -> dict[str, str]:
    """What stands in a form's fields."""
    areas = {each["name"]: each.text for each in form.all("textarea")}
    return {**fields(form), **choices(form), **areas}


def nothing_was_sent(sandbox: Sandbox) -> bool:
    stored = (AdjustmentRequest, ModelChange, SettingsChange, DefaultsChange, Review, Invitation)
    written = [entry for method in ("PUT", "DELETE") for entry in sandbox.log.of(method=method)]
    return not written and not posts(sandbox) and not any(each.objects.exists() for each in stored)


def sign_out_elsewhere() -> None:
    """As from another browser, or when the time of a session is over: this one keeps its cookies."""
    Session.objects.all().delete()


@each_form
def test_what_was_typed_is_there_again_for_the_same_person_and_nothing_was_sent(
    client: Client, mara: User, sandbox: Sandbox, kept: Kept
) -> None:
    address, sent = typed_into(client, kept)
    sign_out_elsewhere()
    answer = client.post(address, sent)
    assert answer["Location"] == f"/account/login/?next={quote(address, safe='')}"
    assert KEPT in client.get(answer["Location"]).content.decode()
    client.force_login(mara)
    page = read(client.get(address, follow=True))
    shown = values(form_of(page, kept.name))
    assert {name: shown[name] for name in kept.typed} == {
        name: " ".join(text.split()) for name, text in kept.typed.items()
    }
    assert page.root.text.count(AGAIN) == 1
    assert shown.get("token", "new") != sent.get("token")
    assert nothing_was_sent(sandbox)
    # It is given once.
    assert AGAIN not in client.get(address, follow=True).content.decode()


@each_form
def test_what_was_typed_is_never_shown_to_anybody_else(
    client: Client, partners: Partners, sandbox: Sandbox, kept: Kept
) -> None:
    address, sent = typed_into(client, kept)
    sign_out_elsewhere()
    client.post(address, sent)
    other = User.objects.create(email="other@portal.example")
    Membership.objects.create(user=other, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
    client.force_login(other)
    assert drafts.SESSION_KEY in client.session
    assert client.session[drafts.SESSION_KEY] == {}
    page = client.get(address, follow=True)
    assert AGAIN not in page.content.decode()
    assert nothing_was_sent(sandbox)


@each_form
def test_a_form_from_before_a_new_sign_in_is_shown_again_instead_of_sent(
    client: Client, mara: User, sandbox: Sandbox, kept: Kept
) -> None:
    """Signing in, in whichever tab, takes the token away that all forms of before carry."""
    client.handler.enforce_csrf_checks = True
    address, sent = typed_into(client, kept)
    client.force_login(mara)
    client.cookies["portal-csrf"] = "x" * 32
    answer = client.post(address, sent)
    assert (answer.status_code, answer["Location"]) == (303, address)
    page = read(client.get(address, follow=True))
    shown = values(form_of(page, kept.name))
    assert {name: shown[name] for name in kept.typed} == {
        name: " ".join(text.split()) for name, text in kept.typed.items()
    }
    assert page.root.text.count(AGAIN) == 1
    assert nothing_was_sent(sandbox)


def test_a_form_from_before_somebody_else_signed_in_is_refused_and_not_kept(
    client: Client, partners: Partners, alice: User, sandbox: Sandbox
) -> None:
    client.handler.enforce_csrf_checks = True
    address, sent = typed_into(client, FORMS[0])
    client.force_login(alice)
    client.cookies["portal-csrf"] = "x" * 32
    answer = client.post(address, sent)
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()
    assert drafts.SESSION_KEY not in client.session
    assert nothing_was_sent(sandbox)


def test_signed_out_as_well_a_form_without_its_token_leads_to_sign_in(
    client: Client, mara: User, sandbox: Sandbox
) -> None:
    client.handler.enforce_csrf_checks = True
    address, sent = typed_into(client, FORMS[0])
    sign_out_elsewhere()
    client.cookies["portal-csrf"] = "x" * 32
    answer = client.post(address, sent, follow=True)
    assert answer.redirect_chain[-1][0] == f"/account/login/?next={address}"
    assert KEPT in answer.content.decode()
    client.force_login(mara)
    assert values(form_of(read(client.get(address)), "adjustment"))["reason"] == "É <b>list</b>"
    assert nothing_was_sent(sandbox)


@pytest.mark.parametrize("note", ["", "nobody", "1:abc:def", "\x00", "9" * 5000])
def test_what_does_not_say_whose_it_is_is_not_kept(client: Client, note: str) -> None:
    address, sent = typed_into(client, FORMS[0])
    sign_out_elsewhere()
    page = f"http://testserver{ACME}events/evt_closed/"
    answer = client.post(address, {**sent, "sender": note}, headers={"Referer": page})
    assert answer["Location"] == f"/account/login/?next={quote(ACME, safe='')}events%2Fevt_closed%2F"
    assert drafts.SESSION_KEY not in client.session
    assert LOST in client.get(answer["Location"]).content.decode()


def test_what_is_too_long_or_was_drawn_more_than_a_week_ago_is_not_kept(
    client: Client, frozen: time_machine.Traveller
) -> None:
    address, sent = typed_into(client, FORMS[0])
    sign_out_elsewhere()
    client.post(address, {**sent, "reason": "x" * drafts.LONGEST})
    assert drafts.SESSION_KEY not in client.session
    frozen.shift(timedelta(days=7, minutes=1))
    client.post(address, sent)
    assert drafts.SESSION_KEY not in client.session


def test_what_nobody_comes_back_for_is_gone_after_a_quarter_of_an_hour(
    client: Client, mara: User, frozen: time_machine.Traveller
) -> None:
    address, sent = typed_into(client, FORMS[0])
    sign_out_elsewhere()
    client.post(address, {**sent, "password": "hunter2"})
    (left,) = Session.objects.all()
    assert left.expire_date - timezone.now() <= timedelta(minutes=15)
    fields_kept = client.session[drafts.SESSION_KEY][address]["fields"]
    assert "reason=%C3%89+%3Cb%3Elist%3C%2Fb%3E" in fields_kept
    assert not any(name in fields_kept for name in ("hunter2", "token", "sender", "csrf"))
    frozen.shift(timedelta(minutes=14))
    client.force_login(mara)
    (left,) = Session.objects.all()
    # The session of who signs in lasts as long as any.
    assert left.expire_date - timezone.now() > timedelta(days=6)
    frozen.shift(timedelta(minutes=2))
    assert AGAIN not in client.get(address, follow=True).content.decode()


def test_settings_whose_package_has_ended_meanwhile_are_told_as_words(
    client: Client, mara: User, sandbox: Sandbox
) -> None:
    address, sent = typed_into(client, FORMS[3])
    sign_out_elsewhere()
    client.post(address, sent)
    Package.objects.filter(package_id="pkg_final").update(status="EXPIRED")
    client.force_login(mara)
    page = read(client.get(address))
    told = page.panel("settings").text
    assert "You had entered: Attribution window, in days9E-mail date21 May 2026ReasonLate buyers" in told
    assert AGAIN not in page.root.text
    assert nothing_was_sent(sandbox)


def test_a_reason_for_taking_a_sign_off_back_is_kept_as_well(client: Client, mara: User, sandbox: Sandbox) -> None:
    address, sent = typed_into(client, FORMS[5])
    client.post(address, sent)
    address, sent = typed_into(client, Kept("packages/pkg_final/", "withdraw-review", {"note": "Wrong list"}))
    sign_out_elsewhere()
    client.post(address, sent)
    client.force_login(mara)
    assert values(form_of(read(client.get(address)), "withdraw-review"))["note"] == "Wrong list"
    assert Review.objects.get().withdrawn_at is None


def test_what_was_typed_when_a_second_factor_became_due_is_there_after_it(
    acme: Partner, alice: User, client_for: Callable[..., Client], sandbox: Sandbox
) -> None:
    client = client_for(alice)
    address, sent = typed_into(client, FORMS[0])
    Partner.objects.filter(pk=acme.pk).update(members_need_mfa=True)
    assert client.post(address, sent)["Location"] == "/account/second-factor/"
    assert client.session["portal_after_enrolment"] == address
    Partner.objects.filter(pk=acme.pk).update(members_need_mfa=False)
    assert values(form_of(read(client.get(address)), "adjustment"))["purchases"] == "12"
    assert nothing_was_sent(sandbox)
