"""What the members page shows, and to whom it is offered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Membership, Role
from tests.conftest import Partners
from tests.members.conftest import MEMBERS, ClientFor, invite, membership
from tests.pages import Element, read


def rows(client: Client, table: str) -> list[Element]:
    return read(client.get(MEMBERS)).table(table).one("tbody").all("tr")


def cell(row: Element, label: str) -> str:
    return row.one("td", data_label=label).text


def test_each_member_stands_there_with_what_a_manager_must_know(
    manager: Client, mara: User, bob: User, partners: Partners
) -> None:
    User.objects.filter(pk=bob.pk).update(name="Bob Viewer", last_login=None)
    Membership.objects.filter(user=bob).update(since=datetime(2026, 5, 4, 8, 30, tzinfo=UTC))
    first, second = rows(manager, "members")
    assert first["data-id"] == str(membership(mara, partners.acme).pk)
    assert first.one("th").text == "mara@portal.example (you)"
    assert (cell(first, "Role"), cell(first, "Second factor")) == ("Account manager", "Set up")
    assert cell(first, "Last sign-in") == "just now"
    assert second.one("th").text == "Bob Viewer bob@acme.example"
    assert (cell(second, "Role"), cell(second, "Second factor")) == ("Viewer", "None yet")
    assert cell(second, "Last sign-in") == "never"
    assert cell(second, "Member since") == "4 May 2026, 10:30"


def test_a_member_who_cannot_sign_in_is_marked(manager: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert rows(manager, "members")[1].one("th").text == "bob@acme.example Switched off: cannot sign in"


def test_people_of_other_partners_are_not_there(manager: Client, charlie: User, nils: User) -> None:
    invite(manager, "sue@sakura.example", partner="partner-id-sakura")
    manager.get("/p/partner-id-sakura/members/")
    page = manager.get(MEMBERS).content.decode()
    assert "charlie@sakura.example" not in page
    assert "sue@sakura.example" not in page
    assert "nils@nordlicht.example" not in page


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "יוסי כהן", "x" * 120, "👩‍🎤 \u202eevil"])
def test_names_are_text_and_keep_to_themselves(manager: Client, bob: User, name: str) -> None:
    User.objects.filter(pk=bob.pk).update(name=name)
    answer = manager.get(MEMBERS)
    assert "<script>alert" not in answer.content.decode()
    row = read(answer).table("members").one("tbody").all("tr")[1]
    assert row.one("th").all("bdi")[0].text == name
    member = manager.get(MEMBERS + row["data-id"] + "/")
    assert "<script>alert" not in member.content.decode()


def test_an_invitation_stands_there_with_who_sent_it(manager: Client, mara: User) -> None:
    User.objects.filter(pk=mara.pk).update(name="Mara <i>Manager</i>")
    invite(manager, note="שלום <b>")
    Invitation.objects.update(expires_at=datetime(2036, 6, 22, 8, tzinfo=UTC))
    (row,) = rows(manager, "invitations")
    assert row.one("th").text == "ada@example.org by Mara <i>Manager</i> (mara@portal.example), just now “שלום <b>”"
    assert (cell(row, "Role"), cell(row, "State")) == ("Editor", "Waiting for an answer")
    assert cell(row, "Link works until") == "22 Jun 2036, 10:00"


def test_an_invitation_that_nobody_answers_for_is_listed_and_works_no_more(manager: Client) -> None:
    invite(manager)
    Invitation.objects.update(invited_by=None)
    (row,) = rows(manager, "invitations")
    assert "by Somebody who looks after this partner" in row.text
    assert cell(row, "State") == "Sender may not invite any more"


def test_what_needs_somebody_to_act_comes_first(manager: Client) -> None:
    for email in ("expired@example.org", "failed@example.org", "waiting@example.org"):
        invite(manager, email)
    Invitation.objects.filter(email="expired@example.org").update(expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    Invitation.objects.filter(email="failed@example.org").update(mailed_at=None)
    invited = [row.one("th").all("bdi")[0].text for row in rows(manager, "invitations")]
    assert invited == ["failed@example.org", "expired@example.org", "waiting@example.org"]


def test_without_invitations_the_panel_says_so_and_offers_the_form(manager: Client) -> None:
    shown = read(manager.get(MEMBERS))
    assert shown.states() == {"members": "ready", "invitations": "empty", "mfa-rule": "ready"}
    panel = shown.panel("invitations")
    assert "No invitation is open." in panel.text
    roles = panel.one("form", data_form="invite").one("select", name="role")
    assert roles.one("option", selected="")["value"] == "viewer"


def test_the_menu_leads_account_managers_there_and_nobody_else(
    manager: Client, alice: User, client_for: ClientFor
) -> None:
    page = "/p/partner-id-acme/members/"

    def links(client: Client, path: str) -> list[str]:
        menu = read(client.get(path)).root.one("div", id="person-menu")
        return [each["href"] for each in menu.all("a") if each.get("href").endswith("/members/")]

    assert links(manager, MEMBERS) == [page]
    assert links(client_for(alice), "/p/partner-id-acme/packages/") == []
    # Outside of any partner there are no members to lead to.
    assert links(manager, "/partners/") == []


def test_no_cache_keeps_the_page(manager: Client) -> None:
    assert "no-store" in manager.get(MEMBERS)["Cache-Control"]


@pytest.mark.parametrize("path", ["", "invite/", "second-factor/"])
def test_somebody_signed_out_is_led_to_sign_in(partners: Partners, path: str) -> None:
    answer = Client().get(MEMBERS + path)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/account/login/")


def test_a_form_without_its_csrf_token_is_refused(clean_redis: object, mara: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mara)
    assert invite(client).status_code == 403
    assert not Invitation.objects.exists()


def test_an_operator_who_is_no_member_sees_nobody(olga: User, partners: Partners, client_for: ClientFor) -> None:
    assert client_for(olga).get(MEMBERS).status_code == 404


def test_roles_stand_in_the_form_with_what_they_do(manager: Client) -> None:
    form = read(manager.get(MEMBERS)).root.one("form", data_form="invite")
    assert [option["value"] for option in form.one("select", name="role").all("option")] == list(Role.values)
    assert len(form.one("details").all("li")) == len(Role)
