"""Inviting, sending again and revoking, through the members page."""

from __future__ import annotations

import hashlib
import socket
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Membership, Partner
from tests.conftest import Partners
from tests.members.conftest import MEMBERS, PASSWORD, ClientFor, invite, link, token
from tests.pages import read


def trail(partner: Partner) -> list[tuple[str, str, str, object, object]]:
    events = AuditEvent.objects.filter(partner=partner).order_by("position")
    return [(event.kind, event.email, event.target, event.before, event.after) for event in events]


def test_the_invitation_is_stored_without_its_token(manager: Client, partners: Partners, mara: User) -> None:
    answer = invite(manager, " Ada@Example.ORG ", note="See you  there")
    assert (answer.status_code, answer["Location"]) == (303, MEMBERS)
    kept = Invitation.objects.get()
    assert (kept.partner, kept.email, kept.role, kept.note) == (
        partners.acme,
        "ada@example.org",
        "editor",
        "See you there",
    )
    assert kept.token_digest == hashlib.sha256(token().encode()).hexdigest()
    assert len(token()) == 43  # 32 bytes
    assert kept.expires_at - kept.made_at == timedelta(days=7)
    assert kept.mailed_at is not None
    assert kept.invited_by == mara
    everything = "".join(str(row) for model in (Invitation, AuditEvent) for row in model.objects.values())
    assert token() not in everything
    assert trail(partners.acme) == [
        ("member_invited", "mara@portal.example", "ada@example.org", {}, {"role": "editor"})
    ]
    assert AuditEvent.objects.get().reason == "See you there"


def test_the_mail_says_who_invites_to_what_and_until_when(manager: Client, mara: User, settings: Settings) -> None:
    User.objects.filter(pk=mara.pk).update(name="Mara Manager")
    invite(manager, note="See you there")
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert sent.from_email == settings.DEFAULT_FROM_EMAIL
    assert sent.subject == "Invitation to Acme Concerts (demo) in the Attribution Portal"
    body = str(sent.body)
    assert "Mara Manager (mara@portal.example) invites you to Acme Concerts (demo)" in body
    assert "Your role: Editor." in body
    assert "\n> See you there\n" in body
    assert f"\nhttp://testserver{link()}\n" in body
    assert "(Europe/Berlin)" in body
    assert sent.content_subtype == "plain"


def test_the_mail_is_in_the_language_that_the_sender_chose(manager: Client) -> None:
    invite(manager, language="de")
    invite(manager, "bea@example.org", language="en")
    german, english = mail.outbox
    assert str(english.body).startswith("Hello,\n\n")
    assert Invitation.objects.get(email="ada@example.org").language == "de"
    assert german.to == ["ada@example.org"]


def test_markup_and_line_breaks_in_names_stay_what_they_are(manager: Client, partners: Partners) -> None:
    name = "Acme <b>\r\nBcc: eve@evil.example"
    Partner.objects.filter(pk=partners.acme.pk).update(name=name)
    assert invite(manager, note="<script>alert(1)</script>").status_code == 303
    (sent,) = mail.outbox
    assert sent.subject == "Invitation to Acme <b> Bcc: eve@evil.example in the Attribution Portal"
    assert sent.recipients() == ["ada@example.org"]
    assert "\n> <script>alert(1)</script>\n" in str(sent.body)
    assert "<script>alert(1)" not in manager.get(MEMBERS).content.decode()


REFUSED = {
    "": "Enter the address of the person to invite.",
    "ada": "Enter a valid e-mail address.",
    "ada@example": "Enter a valid e-mail address.",
    "ada@example.org\x00": "This address contains a character that cannot be seen. Type it anew.",
    "ada@example.org\nBcc: eve@evil.example": "This address contains a character that cannot be seen. Type it anew.",
    "a\x00da@example.org": "This address contains a character that cannot be seen. Type it anew.",
    "ＡＤＡ@example.org": "Some characters of this address only look like plain ones",
    "bob@acme\u2024example": "Some characters of this address only look like plain ones",
    "al\u0131ce@acme.example": "Some characters of this address only look like plain ones",
    "\u212aate@example.org": "Some characters of this address only look like plain ones",
    "аda@example.org": "Some characters of this address only look like plain ones",
    "ada\u200b@example.org": "Some characters of this address only look like plain ones",
    "ada@exa\u202emple.org": "Some characters of this address only look like plain ones",
    "a" * 250 + "@example.org": "Ensure this value has at most 254 characters (it has 262).",
}


@pytest.mark.parametrize(("typed", "words"), REFUSED.items(), ids=[ascii(each)[:40] for each in REFUSED])
def test_a_bad_address_is_refused_in_words_at_its_field(manager: Client, typed: str, words: str) -> None:
    answer = invite(manager, typed, note="kept")
    assert answer.status_code == 422
    form = read(answer).root.one("form", data_form="invite")
    assert words in form.one("p", id="invite_email_error").text
    assert form.one("input", name="note")["value"] == "kept"
    assert not Invitation.objects.exists()
    assert mail.outbox == []
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"role": "operator"}, "Choose one of the roles in the list."),
        ({"role": ""}, "Choose one of the roles in the list."),
        ({"language": "tlh"}, "Choose one of the languages in the list."),
        ({"note": "x\x00"}, "This contains a character that cannot be seen. Type it anew."),
        ({"note": "pay \u202egpj.exe"}, "This contains a character that cannot be seen. Type it anew."),
        ({"note": "x" * 301}, "Ensure this value has at most 300 characters (it has 301)."),
    ],
)
def test_other_bad_input_is_refused_as_well(manager: Client, fields: dict[str, str], words: str) -> None:
    answer = invite(manager, **fields)
    assert answer.status_code == 422
    assert words in read(answer).root.one("form", data_form="invite").text
    assert not Invitation.objects.exists()
    assert mail.outbox == []


def test_somebody_who_is_a_member_is_not_invited(manager: Client, bob: User) -> None:
    answer = invite(manager, "BOB@acme.example")
    assert answer.status_code == 422
    assert "This person is a member already." in read(answer).root.one("p", id="invite_email_error").text
    assert mail.outbox == []


def test_somebody_who_is_invited_is_not_invited_twice(manager: Client) -> None:
    invite(manager)
    answer = invite(manager, "ADA@example.org", role="viewer")
    assert answer.status_code == 422
    assert "This person is invited already." in read(answer).root.one("p", id="invite_email_error").text
    assert len(mail.outbox) == 1
    assert Invitation.objects.get().role == "editor"


def test_a_person_of_another_partner_is_invited_like_anybody(manager: Client, charlie: User) -> None:
    """Whether an address has an account is nothing that an account manager learns."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        stranger, known = invite(manager, "nobody@sakura.example"), invite(manager, charlie.email)
    assert (stranger.status_code, known.status_code) == (303, 303)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert invite(manager, charlie.email, partner="partner-id-sakura").status_code == 422
    rows = read(manager.get(MEMBERS)).table("invitations").one("tbody").all("tr")
    first, second = (row.text.replace("nobody", "charlie") for row in rows)
    assert first == second


def test_after_it_expired_a_person_can_be_invited_anew(manager: Client, mara: User, client_for: ClientFor) -> None:
    invite(manager)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=7, seconds=5)):
        later = client_for(mara)
        assert read(later.get(MEMBERS)).table("invitations").one("td", data_invitation="ended").text == "Expired"
        assert invite(later, role="viewer").status_code == 303
    assert list(Invitation.objects.order_by("pk").values_list("state", "role")) == [
        ("replaced", "editor"),
        ("open", "viewer"),
    ]


def test_sending_again_makes_a_new_link_and_ends_the_old_one(
    manager: Client, partners: Partners, mara: User, client_for: ClientFor
) -> None:
    invite(manager, note="hello")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        later = client_for(mara)
        answer = later.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/resend/")
    assert (answer.status_code, answer["Location"]) == (303, MEMBERS)
    old, new = Invitation.objects.order_by("pk")
    assert (old.state, new.state) == ("replaced", "open")
    assert (new.email, new.role, new.note) == (old.email, old.role, old.note)
    assert new.expires_at - old.expires_at > timedelta(days=2, hours=23)
    assert token(0) != token(1)
    assert [event[0] for event in trail(partners.acme)] == ["member_invited", "invitation_resent"]


def test_a_revoked_invitation_leaves_the_list(manager: Client, partners: Partners) -> None:
    invite(manager)
    invitation = Invitation.objects.get()
    answer = manager.post(f"{MEMBERS}invitations/{invitation.pk}/revoke/", follow=True)
    assert "Invitation of ada@example.org revoked: its link no longer works." in read(answer).root.text
    assert read(answer).states()["invitations"] == "empty"
    invitation.refresh_from_db()
    assert invitation.state == "revoked"
    assert trail(partners.acme)[-1] == (
        "invitation_revoked",
        "mara@portal.example",
        "ada@example.org",
        {"role": "editor"},
        {},
    )


@pytest.mark.parametrize("step", ["resend", "revoke"])
def test_what_somebody_else_ended_meanwhile_is_said(manager: Client, step: str) -> None:
    invite(manager)
    number = Invitation.objects.get().pk
    manager.post(f"{MEMBERS}invitations/{number}/revoke/")
    recorded = AuditEvent.objects.count()
    answer = manager.post(f"{MEMBERS}invitations/{number}/{step}/")
    assert answer.status_code == 409
    assert "Nothing was changed: this invitation was revoked meanwhile." in read(answer).root.text
    assert len(mail.outbox) == 1
    assert AuditEvent.objects.count() == recorded


@pytest.mark.parametrize("step", ["resend", "revoke"])
def test_an_invitation_of_another_partner_is_out_of_reach(manager: Client, partners: Partners, step: str) -> None:
    invite(manager, partner="partner-id-sakura")
    answer = manager.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/{step}/")
    assert answer.status_code == 404
    assert Invitation.objects.get().state == "open"
    assert len(mail.outbox) == 1
    assert trail(partners.acme) == []


def test_a_mail_server_that_is_down_is_said_and_the_invitation_stays(manager: Client, settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        answer = manager.post(
            f"{MEMBERS}invite/", {"email": "ada@example.org", "role": "viewer", "note": ""}, follow=True
        )
    shown = read(answer)
    assert "The mail to ada@example.org could not be sent" in shown.root.text
    assert shown.table("invitations").one("td", data_invitation="failing").text == "Mail not sent"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answer = manager.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/resend/", follow=True)
    assert "Invitation sent again to ada@example.org. The link in the earlier mail no" in read(answer).root.text
    assert read(answer).table("invitations").one("td", data_invitation="waiting").text == "Waiting for an answer"


def test_one_address_gets_five_mails_a_day_at_most(manager: Client) -> None:
    invite(manager)
    for _ in range(4):
        assert (
            manager.post(f"{MEMBERS}invitations/{Invitation.objects.get(state='open').pk}/resend/").status_code == 303
        )
    answer = manager.post(f"{MEMBERS}invitations/{Invitation.objects.get(state='open').pk}/resend/")
    assert answer.status_code == 429
    assert "Nothing was sent: this address was sent 5 invitations within a day." in read(answer).root.text
    assert len(mail.outbox) == 5
    assert Invitation.objects.get(state="open").has_expired(datetime.now(UTC)) is False


def sent_before(partner: Partner, user: User | None, n: int, *, hours: float) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours)
    Invitation.objects.bulk_create(
        Invitation(
            partner=partner,
            email=f"p{number}@example.org",
            role="viewer",
            language="en",
            token_digest=hashlib.sha256(f"{hours}{number}{partner.pk}".encode()).hexdigest(),
            invited_by=user,
            made_at=at,
            expires_at=at + timedelta(days=7),
        )
        for number in range(n)
    )


def test_one_person_sends_thirty_an_hour_at_most_over_all_partners(
    manager: Client, partners: Partners, mara: User
) -> None:
    sent_before(partners.sakura, mara, 30, hours=0.9)
    answer = invite(manager)
    assert answer.status_code == 429
    assert "you sent 30 invitations within the last hour" in read(answer).root.text
    assert mail.outbox == []
    assert not Invitation.objects.filter(partner=partners.acme).exists()


def test_one_partner_sends_a_hundred_a_day_at_most(manager: Client, partners: Partners) -> None:
    sent_before(partners.acme, None, 100, hours=23)
    answer = invite(manager)
    assert answer.status_code == 429
    assert "100 invitations to this partner went out within a day" in read(answer).root.text
    assert mail.outbox == []


def test_the_limits_pass_with_time(manager: Client, partners: Partners, mara: User) -> None:
    sent_before(partners.sakura, mara, 30, hours=1.1)
    sent_before(partners.acme, None, 100, hours=24.1)
    assert invite(manager).status_code == 303


def test_the_database_holds_one_open_invitation_per_address(manager: Client) -> None:
    invite(manager)
    kept = Invitation.objects.get()
    for change in ({"token_digest": "0" * 64}, {"token_digest": "1" * 64, "email": "Ada2@example.org"}):
        values = {**Invitation.objects.values().get(), "id": None, **change}
        with pytest.raises(IntegrityError), transaction.atomic():
            Invitation.objects.create(**values)
    assert Invitation.objects.get() == kept


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_nobody_but_account_managers_sees_or_sends_anything(
    clean_redis: object, bob: User, partners: Partners, client_for: ClientFor, role: str
) -> None:
    Membership.objects.filter(user=bob).update(role=role)
    client = client_for(bob)
    assert client.get(MEMBERS).status_code == 404
    assert invite(client).status_code == 404
    assert client.post(f"{MEMBERS}second-factor/", {"seen": "off", "wanted": "on"}).status_code == 404
    assert mail.outbox == []
    assert not Invitation.objects.exists()
    assert not AuditEvent.objects.exists()


def test_who_confirmed_too_long_ago_does_so_first_and_finds_what_was_typed(
    clean_redis: object, mara: User, client_for: ClientFor
) -> None:
    stale = client_for(mara, stale=True)
    answer = invite(stale, note="kept")
    assert answer.status_code == 302
    assert mail.outbox == []
    assert not Invitation.objects.exists()
    shown = read(stale.get(MEMBERS))
    form = shown.root.one("form", data_form="invite")
    assert (form.one("input", name="email")["value"], form.one("input", name="note")["value"]) == (
        "ada@example.org",
        "kept",
    )
    assert "Nothing has been sent yet." in shown.root.text


def test_after_confirming_the_button_is_pressed_once_more_and_the_mail_goes_out(
    clean_redis: object, mara: User, client_for: ClientFor
) -> None:
    mara.set_password(PASSWORD)
    mara.save()
    client = client_for(mara, stale=True)
    confirm = invite(client, note="kept")["Location"]
    answer = client.post(confirm, {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, MEMBERS)
    assert mail.outbox == []
    form = read(client.get(MEMBERS)).root.one("form", data_form="invite")
    fields = {each["name"]: each.get("value") for each in form.all("input")}
    chosen = {each["name"]: each.one("option", selected="")["value"] for each in form.all("select")}
    assert client.post(form["action"], {**fields, **chosen}).status_code == 303
    assert Invitation.objects.get().note == "kept"
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("step", ["resend", "revoke"])
def test_a_button_that_led_away_to_confirm_is_said_to_have_done_nothing(
    manager: Client, mara: User, client_for: ClientFor, step: str
) -> None:
    invite(manager)
    stale = client_for(mara, stale=True)
    assert stale.post(f"{MEMBERS}invitations/{Invitation.objects.get().pk}/{step}/").status_code == 302
    assert "Nothing has been sent yet." in read(stale.get(MEMBERS)).root.text
    assert Invitation.objects.get().state == "open"
    assert len(mail.outbox) == 1
