"""What somebody meets who holds an invitation's link."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Membership, Partner, Role
from tests.conftest import TOTP_SECRET, Partners
from tests.members.conftest import MEMBERS, PASSWORD, ClientFor, invite, link, page_of, token
from tests.pages import read

JOIN = {"name": "Ada Lovelace", "password": PASSWORD, "again": PASSWORD}
HOME = "/p/partner-id-acme/"


def answer_path() -> str:
    return f"/invitation/{Invitation.objects.latest('pk').pk}/answer/"


def opened(path: str, client: Client | None = None) -> Client:
    """A browser that has opened the link."""
    browser = client or Client()
    first = browser.get(path)
    assert (first.status_code, first["Location"]) == (302, answer_path())
    return browser


def accepted_events(partner: Partner) -> list[tuple[str, str, object]]:
    events = AuditEvent.objects.filter(partner=partner, kind="invitation_accepted")
    return [(event.email, event.target, event.after) for event in events]


def test_a_new_person_makes_an_account_and_is_in(manager: Client, partners: Partners) -> None:
    invite(manager, note="Welcome")
    browser = opened(link())
    shown = read(browser.get(answer_path())).panel("invitation")
    assert "Invitation to Acme Concerts (demo)" in shown.text
    assert "ada@example.org" in shown.text
    assert "Welcome" in shown.text
    fields = {each.get("name") for each in shown.one("form", data_form="join").all("input")}
    assert fields == {"csrfmiddlewaretoken", "", "name", "password", "again"}

    answer = browser.post(answer_path(), JOIN)
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    ada = User.objects.get(email="ada@example.org")
    assert (ada.name, ada.check_password(PASSWORD)) == ("Ada Lovelace", True)
    membership = Membership.objects.get(user=ada)
    assert (membership.partner, membership.role) == (partners.acme, "editor")
    assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
        (ada.pk, "ada@example.org", True, True)
    ]
    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.accepted_by) == ("accepted", ada)
    assert accepted_events(partners.acme) == [("ada@example.org", "ada@example.org", {"role": "editor"})]
    assert browser.session["_auth_user_id"] == str(ada.pk)


def test_an_invited_account_manager_meets_the_second_factor_before_anything_else(manager: Client) -> None:
    invite(manager, role="account_manager")
    browser = opened(link())
    browser.post(answer_path(), JOIN)
    answer = browser.get(MEMBERS)
    assert answer.status_code == 302
    assert "members" not in answer["Location"].partition("?")[0]


def test_opening_a_link_accepts_nothing(manager: Client) -> None:
    """Mail scanners open links before people do."""
    invite(manager)
    for _ in range(2):
        scanner = Client()
        assert scanner.head(link()).status_code == 302
        assert page_of(scanner, link()).status_code == 200
        assert scanner.head(answer_path()).status_code == 200
    assert Invitation.objects.get().state == "open"
    assert not User.objects.filter(email="ada@example.org").exists()
    assert opened(link()).post(answer_path(), JOIN).status_code == 302


def test_without_the_link_the_page_does_not_exist(manager: Client) -> None:
    invite(manager)
    there, nowhere = Client().get(answer_path()), Client().get("/invitation/999999999999999999999/answer/")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    unknown = Client().get("/invitation/" + "x" * 43 + "/")
    assert unknown.status_code == 404
    texts = {read(page).root.one("main").text for page in (there, nowhere, unknown)}
    assert len(texts) == 1
    assert Client().post(answer_path(), JOIN).status_code == 404
    assert Client().post(answer_path().replace("answer", "sign-out")).status_code == 404
    assert not User.objects.filter(email="ada@example.org").exists()


@pytest.mark.parametrize("strange", ["%00", "..", "a" * 3000, "%F0%9F%98%80", "ada@example.org", "%ff"])
def test_a_strange_token_is_no_invitation(manager: Client, strange: str) -> None:
    invite(manager)
    answer = Client().get(f"/invitation/{strange}/")
    assert answer.status_code == 404
    assert "ada@example.org" not in answer.content.decode().replace(strange, "")


def expired() -> None:
    Invitation.objects.update(expires_at=timezone.now())


def revoked(manager: Client) -> None:
    manager.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/revoke/")


ENDS = {
    "expired": "This invitation has expired",
    "accepted": "This invitation was used already",
    "revoked": "This invitation was withdrawn",
    "replaced": "This invitation was sent again",
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("when", ["before the link is opened", "while the page is open"])
def test_each_end_has_its_own_words_which_name_nobody(manager: Client, end: str, when: str) -> None:
    invite(manager)
    path, answer_at = link(), answer_path()
    browser = Client()
    if when == "while the page is open":
        page_of(browser, path)
    number = Invitation.objects.get().pk
    if end == "expired":
        expired()
    elif end == "accepted":
        opened(path).post(answer_at, JOIN)
    elif end == "revoked":
        revoked(manager)
    else:
        manager.post(f"{MEMBERS}invitations/{number}/resend/")
    people = User.objects.count()
    late = browser.post(answer_at, JOIN) if when == "while the page is open" else page_of(browser, path)
    assert late.status_code == 410
    shown = read(late).root.one("main")
    assert shown.one("h1").text == ENDS[end]
    assert not re.search(r"ada@|acme|mara", late.content.decode(), re.IGNORECASE)
    assert User.objects.count() == people
    assert Membership.objects.filter(user__email="ada@example.org").count() == (1 if end == "accepted" else 0)


def test_it_works_until_the_seventh_day_is_over(manager: Client) -> None:
    invite(manager)
    end = Invitation.objects.get().expires_at
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert page_of(Client(), link()).status_code == 200
    with time_machine.travel(end, tick=False):
        assert page_of(Client(), link()).status_code == 410


def test_the_newer_link_works_after_sending_again(manager: Client) -> None:
    invite(manager)
    manager.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/resend/")
    assert opened(link(1)).post(answer_path(), JOIN).status_code == 302


def test_a_known_person_signs_in_first_and_then_accepts(manager: Client, partners: Partners) -> None:
    charlie = User.objects.create_user("charlie@sakura.example", PASSWORD)
    invite(manager, "charlie@sakura.example", role="viewer")
    browser = opened(link())
    shown = read(browser.get(answer_path())).panel("invitation")
    assert shown.all("form") == []
    sign_in = shown.one("a")["href"]
    assert sign_in == f"/account/login/?next={answer_path().replace('/', '%2F')}"
    assert token() not in sign_in
    assert browser.post(answer_path(), JOIN).status_code == 200
    assert not Membership.objects.filter(user=charlie).exists()

    entered = browser.post(sign_in, {"login": charlie.email, "password": PASSWORD})
    assert (entered.status_code, entered["Location"]) == (302, answer_path())
    form = read(browser.get(answer_path())).root.one("form", data_form="accept-invitation")
    answer = browser.post(form["action"])
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    assert Membership.objects.get(user=charlie).role == "viewer"
    assert EmailAddress.objects.get(user=charlie).verified is True
    assert accepted_events(partners.acme) == [("charlie@sakura.example", "charlie@sakura.example", {"role": "viewer"})]


def test_somebody_else_who_is_signed_in_accepts_nothing_and_may_sign_out(
    manager: Client, bob: User, partners: Partners, client_for: ClientFor
) -> None:
    invite(manager, role="account_manager")
    browser = opened(link(), client_for(bob))
    page = browser.get(answer_path())
    assert "You are signed in as bob@acme.example, and the invitation is for another address." in read(page).root.text
    assert browser.post(answer_path(), JOIN).status_code == 409
    assert Invitation.objects.get().state == "open"
    assert Membership.objects.get(user=bob).role == "viewer"
    assert not User.objects.filter(email="ada@example.org").exists()

    form = read(page).root.one("form", data_form="switch-person")
    answer = browser.post(form["action"])
    assert (answer.status_code, answer["Location"]) == (303, answer_path())
    assert "_auth_user_id" not in browser.session
    assert browser.post(answer_path(), JOIN).status_code == 302
    assert Membership.objects.get(user__email="ada@example.org").role == "account_manager"


def test_a_member_keeps_the_role_they_have(manager: Client, partners: Partners, client_for: ClientFor) -> None:
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    invite(manager, role="account_manager")
    Membership.objects.create(user=ada, partner=partners.acme, role="viewer")
    browser = opened(link(), client_for(ada))
    assert browser.post(answer_path()).status_code == 303
    assert Membership.objects.get(user=ada).role == "viewer"
    assert Invitation.objects.get().state == "accepted"


def test_who_sends_the_form_twice_is_let_on(manager: Client, client_for: ClientFor) -> None:
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    invite(manager)
    browser, twin = opened(link(), client_for(ada)), opened(link(), client_for(ada))
    for each in (browser, twin):
        answer = each.post(answer_path())
        assert (answer.status_code, answer["Location"]) == (303, HOME)
    assert Membership.objects.filter(user=ada).count() == 1
    assert AuditEvent.objects.filter(kind="invitation_accepted").count() == 1


def test_whoever_was_removed_since_does_not_come_back_by_the_used_link(manager: Client, client_for: ClientFor) -> None:
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    invite(manager)
    browser = opened(link(), client_for(ada))
    browser.post(answer_path())
    Membership.objects.filter(user=ada).delete()
    again = client_for(ada)
    again.get(link())
    assert again.post(answer_path()).status_code == 410
    assert not Membership.objects.filter(user=ada).exists()


def test_a_partner_that_is_switched_off_takes_nobody_in_for_the_time_being(manager: Client, partners: Partners) -> None:
    invite(manager)
    browser = opened(link())
    Partner.objects.filter(pk=partners.acme.pk).update(switched_off_at=timezone.now())
    for answer in (browser.get(answer_path()), browser.post(answer_path(), JOIN)):
        assert answer.status_code == 403
        assert "The partner is switched off in the portal at present." in read(answer).root.text
        assert "Acme" not in answer.content.decode()
    assert not User.objects.filter(email="ada@example.org").exists()
    Partner.objects.filter(pk=partners.acme.pk).update(switched_off_at=None)
    assert browser.post(answer_path(), JOIN).status_code == 302


def test_a_disconnected_partner_takes_members_whose_last_data_is_kept(manager: Client, partners: Partners) -> None:
    invite(manager)
    Partner.objects.filter(pk=partners.acme.pk).update(connected=False)
    assert opened(link()).post(answer_path(), JOIN).status_code == 302


def test_an_account_that_is_switched_off_is_said(manager: Client) -> None:
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    invite(manager)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    answer = page_of(Client(), link())
    assert answer.status_code == 403
    assert "Your account is switched off" in read(answer).root.text
    assert not Membership.objects.filter(user=ada).exists()


def disable(sender: User) -> None:
    User.objects.filter(pk=sender.pk).update(is_active=False)


def lower(sender: User) -> None:
    Membership.objects.filter(user=sender).update(role=Role.EDITOR)


def remove(sender: User) -> None:
    Membership.objects.filter(user=sender).delete()


@pytest.mark.parametrize("lose_right", [disable, lower, remove])
def test_a_sender_without_the_right_lets_nobody_in_until_somebody_else_sends_it_again(
    manager: Client, mara: User, alice: User, client_for: ClientFor, lose_right: Callable[[User], None]
) -> None:
    invite(manager, role="account_manager")
    path, answer_at = link(), answer_path()
    browser = opened(path)
    lose_right(mara)
    assert page_of(Client(), path).status_code == 410
    late = browser.post(answer_at, JOIN)
    assert late.status_code == 410
    assert read(late).root.one("h1").text == "This invitation was withdrawn"
    assert not User.objects.filter(email="ada@example.org").exists()
    Membership.objects.filter(user=alice).update(role=Role.ACCOUNT_MANAGER)
    TOTP.activate(alice, TOTP_SECRET)
    other = client_for(alice)
    listed = read(other.get(MEMBERS)).table("invitations")
    assert listed.one("td", data_invitation="ended").text == "Sender may not invite any more"
    other.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/resend/")
    assert opened(link()).post(answer_path(), JOIN).status_code == 302


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"password": "short", "again": "short"}, "password", "at least"),
        ({"password": "password123", "again": "password123"}, "password", "too common"),
        ({"password": "ada-lovelace", "again": "ada-lovelace", "name": "Ada Lovelace"}, "password", "too similar"),
        ({"password": "ada@example.org", "again": "ada@example.org"}, "password", "too similar"),
        ({"again": "another-passphrase"}, "again", "The two passwords differ."),
        ({"password": "x\x00" * 10, "again": "x\x00" * 10}, "password", "Null characters are not allowed."),
        ({"name": " "}, "name", "Enter your name."),
        ({"name": "A\x00"}, "name", "This contains a character that cannot be seen."),
        ({"name": "\u202eadA"}, "name", "This contains a character that cannot be seen."),
        ({"name": "x" * 121}, "name", "at most 120 characters"),
    ],
)
def test_a_refused_account_says_why_at_the_field(
    manager: Client, change: dict[str, str], name: str, words: str
) -> None:
    invite(manager)
    answer = opened(link()).post(answer_path(), {**JOIN, **change})
    assert answer.status_code == 422
    form = read(answer).root.one("form", data_form="join")
    assert words in form.one("p", id=f"id_{name}_error").text
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.filter(email="ada@example.org").exists()
    assert Invitation.objects.get().state == "open"


def test_the_address_cannot_be_chosen(manager: Client) -> None:
    invite(manager)
    opened(link()).post(answer_path(), {**JOIN, "email": "eve@evil.example", "role": "account_manager"})
    assert not User.objects.filter(email="eve@evil.example").exists()
    assert Membership.objects.get(user__email="ada@example.org").role == "editor"


def test_two_invitations_in_one_browser_are_not_mixed_up(
    manager: Client, partners: Partners, client_for: ClientFor
) -> None:
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    invite(manager, role="viewer")
    browser = opened(link(0), client_for(ada))
    first = answer_path()
    invite(manager, role="editor", partner="partner-id-sakura")
    opened(link(1), browser)
    browser.post(first)
    assert list(Membership.objects.filter(user=ada).values_list("partner", "role")) == [(partners.acme.pk, "viewer")]


def test_a_form_without_its_csrf_token_accepts_nothing(manager: Client) -> None:
    invite(manager)
    browser = opened(link(), Client(enforce_csrf_checks=True))
    assert browser.post(answer_path(), JOIN).status_code == 403
    assert not User.objects.filter(email="ada@example.org").exists()


def test_no_header_page_or_log_line_carries_the_token(
    manager: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    invite(manager)
    browser = Client()
    first = browser.get(link())
    page = browser.get(answer_path())
    refused = browser.post(answer_path(), {**JOIN, "again": "x"})
    done = browser.post(answer_path(), JOIN)
    reused = Client().get(link(), follow=True)
    for answer in (first, page, refused, done, reused):
        assert token() not in answer.content.decode()
        assert token() not in str(answer.headers)
    for answer in (first, page, refused, reused):
        assert answer["Referrer-Policy"] == "strict-origin"
        assert "no-store" in answer["Cache-Control"]
    assert token() not in caplog.text
    assert token() not in "".join(capfd.readouterr())
    assert token() not in str(dict(browser.session))
