"""Changing a role, removing a member, and the rule about second factors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Membership, Partner, Role
from tests.conftest import Partners
from tests.members.conftest import MEMBERS, PASSWORD, ClientFor, invite, link, membership
from tests.pages import Shown, read

MakeManager = Callable[[str], User]


@pytest.fixture
def make_manager(partners: Partners) -> MakeManager:
    """Another account manager of Acme, with a second factor."""

    def make(email: str) -> User:
        user = User.objects.create_user(email, PASSWORD)
        Membership.objects.create(user=user, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
        TOTP.activate(user, generate_totp_secret())
        return user

    return make


def change(client: Client, member: Membership, *, to: str, seen: str) -> HttpResponse:
    return client.post(f"{MEMBERS}{member.pk}/role/", {"role": to, "seen": seen})


def remove(client: Client, member: Membership, *, seen: str) -> HttpResponse:
    return client.post(f"{MEMBERS}{member.pk}/remove/", {"seen": seen})


def roles(partner: Partner) -> dict[str, str]:
    return dict(Membership.objects.filter(partner=partner).values_list("user__email", "role"))


def recorded() -> list[tuple[str, str, object, object]]:
    return list(AuditEvent.objects.order_by("position").values_list("kind", "target", "before", "after"))


def after(answer: HttpResponse, client: Client) -> Shown:
    """The page to which a form led."""
    assert answer.status_code == 303
    return read(client.get(answer["Location"]))


def test_a_role_is_changed_and_recorded(manager: Client, bob: User, partners: Partners) -> None:
    member = membership(bob, partners.acme)
    form = read(manager.get(f"{MEMBERS}{member.pk}/")).root.one("form", data_form="change-role")
    assert form.one("input", name="seen")["value"] == "viewer"
    assert form.one("option", selected="")["value"] == "viewer"
    answer = change(manager, member, to="editor", seen="viewer")
    assert answer["Location"] == MEMBERS
    shown = after(answer, manager)
    assert "Role of bob@acme.example changed to: Editor." in shown.root.text
    assert roles(partners.acme)["bob@acme.example"] == "editor"
    assert recorded() == [("role_changed", "bob@acme.example", {"role": "viewer"}, {"role": "editor"})]


def test_a_lowered_role_counts_from_the_next_request_on(
    manager: Client, make_manager: MakeManager, client_for: ClientFor, partners: Partners
) -> None:
    nora = make_manager("nora@acme.example")
    theirs = client_for(nora)
    assert theirs.get(MEMBERS).status_code == 200
    change(manager, membership(nora, partners.acme), to="viewer", seen="account_manager")
    assert theirs.get(MEMBERS).status_code == 404
    assert invite(theirs).status_code == 404
    assert not Invitation.objects.exists()


def test_a_removed_member_is_a_stranger_from_the_next_request_on(
    manager: Client, bob: User, client_for: ClientFor, partners: Partners
) -> None:
    member = membership(bob, partners.acme)
    theirs = client_for(bob)
    answer = remove(manager, member, seen="viewer")
    assert "bob@acme.example is not a member of Acme Concerts (demo) any more." in after(answer, manager).root.text
    assert theirs.get("/p/partner-id-acme/packages/").status_code == 404
    assert roles(partners.acme) == {"mara@portal.example": "account_manager"}
    assert User.objects.filter(pk=bob.pk).exists()
    assert recorded() == [("member_removed", "bob@acme.example", {"role": "viewer"}, {})]


def test_asking_to_remove_removes_nobody(manager: Client, bob: User, partners: Partners) -> None:
    member = membership(bob, partners.acme)
    shown = read(manager.get(f"{MEMBERS}{member.pk}/remove/"))
    form = shown.root.one("form", data_form="remove-member")
    assert form.one("input", name="seen")["value"] == "viewer"
    assert "bob@acme.example (Viewer) is removed from Acme Concerts (demo)" in shown.panel("remove-member").text
    assert "bob@acme.example" in roles(partners.acme)


def test_a_link_that_is_still_open_goes_with_the_member(
    manager: Client, partners: Partners, client_for: ClientFor
) -> None:
    invite(manager)
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    member = Membership.objects.create(user=ada, partner=partners.acme, role="editor")
    remove(manager, member, seen="editor")
    assert Invitation.objects.get().state == "revoked"
    assert [kind for kind, *_ in recorded()] == ["member_invited", "member_removed", "invitation_revoked"]
    assert client_for(ada).get(link(), follow=True).status_code == 410


def test_links_that_the_member_sent_are_named_before_they_go(
    manager: Client, make_manager: MakeManager, client_for: ClientFor, partners: Partners
) -> None:
    nora = make_manager("nora@acme.example")
    invite(client_for(nora))
    page = read(manager.get(f"{MEMBERS}{membership(nora, partners.acme).pk}/remove/"))
    assert "1 invitation that this person sent is still open" in page.panel("remove-member").text


@pytest.mark.parametrize("step", ["change", "remove"])
def test_what_somebody_else_changed_meanwhile_is_said_and_nothing_changes(
    manager: Client, bob: User, partners: Partners, step: str
) -> None:
    member = membership(bob, partners.acme)
    Membership.objects.filter(pk=member.pk).update(role="editor")
    if step == "change":
        answer = change(manager, member, to="account_manager", seen="viewer")
    else:
        answer = remove(manager, member, seen="viewer")
    assert answer.status_code == 409
    shown = read(answer)
    assert "somebody changed this meanwhile. The role is now: Editor." in shown.root.text
    assert shown.root.one("input", name="seen")["value"] == "editor"
    assert roles(partners.acme)["bob@acme.example"] == "editor"
    assert recorded() == []


@pytest.mark.parametrize("step", ["change", "remove"])
def test_somebody_who_was_removed_meanwhile_is_said(manager: Client, bob: User, partners: Partners, step: str) -> None:
    member = membership(bob, partners.acme)
    Membership.objects.filter(pk=member.pk).delete()
    answer = (
        change(manager, member, to="editor", seen="viewer")
        if step == "change"
        else remove(manager, member, seen="viewer")
    )
    assert answer.status_code == 409
    assert "this person is not a member any more" in read(answer).root.text
    assert read(answer).rows("members") != []
    assert recorded() == []


def test_the_role_that_is_there_already_changes_nothing(manager: Client, bob: User, partners: Partners) -> None:
    answer = change(manager, membership(bob, partners.acme), to="viewer", seen="viewer")
    assert "Nothing was changed: that is the role already." in after(answer, manager).root.text
    assert recorded() == []


@pytest.mark.parametrize("fields", [{}, {"role": "operator", "seen": "viewer"}, {"role": "", "seen": "viewer"}])
def test_a_role_that_does_not_exist_is_refused(
    manager: Client, bob: User, partners: Partners, fields: dict[str, str]
) -> None:
    answer = manager.post(f"{MEMBERS}{membership(bob, partners.acme).pk}/role/", fields)
    assert answer.status_code == 422
    assert "Choose one of the roles in the list." in read(answer).root.one("form", data_form="change-role").text
    assert roles(partners.acme)["bob@acme.example"] == "viewer"


def test_a_removal_that_does_not_say_what_it_saw_is_refused(manager: Client, bob: User, partners: Partners) -> None:
    answer = manager.post(f"{MEMBERS}{membership(bob, partners.acme).pk}/remove/")
    assert answer.status_code == 422
    assert "the form was incomplete" in read(answer).root.text
    assert "bob@acme.example" in roles(partners.acme)


@pytest.mark.parametrize("step", ["change", "remove"])
def test_the_last_account_manager_stays(manager: Client, mara: User, bob: User, partners: Partners, step: str) -> None:
    member = membership(mara, partners.acme)
    for path in ("", "remove/"):
        shown = read(manager.get(f"{MEMBERS}{member.pk}/{path}")).root
        assert "This is the only account manager who can sign in" in shown.text
        assert shown.all("form", data_form="change-role") + shown.all("form", data_form="remove-member") == []
    if step == "change":
        answer = change(manager, member, to="viewer", seen="account_manager")
    else:
        answer = remove(manager, member, seen="account_manager")
    assert answer.status_code == 409
    assert "this is the last account manager who can sign in" in read(answer).root.text
    assert roles(partners.acme)["mara@portal.example"] == "account_manager"
    assert recorded() == []


@pytest.mark.parametrize("step", ["change", "remove"])
def test_an_account_manager_who_cannot_sign_in_is_no_other_one(
    manager: Client, mara: User, make_manager: MakeManager, partners: Partners, step: str
) -> None:
    nora = make_manager("nora@acme.example")
    User.objects.filter(pk=nora.pk).update(is_active=False)
    member = membership(mara, partners.acme)
    if step == "change":
        answer = change(manager, member, to="viewer", seen="account_manager")
    else:
        answer = remove(manager, member, seen="account_manager")
    assert answer.status_code == 409
    assert roles(partners.acme)["mara@portal.example"] == "account_manager"
    assert remove(manager, membership(nora, partners.acme), seen="account_manager").status_code == 303


def test_who_lowers_themselves_is_led_to_what_they_still_see(
    manager: Client, mara: User, make_manager: MakeManager, partners: Partners
) -> None:
    make_manager("nora@acme.example")
    answer = change(manager, membership(mara, partners.acme), to="editor", seen="account_manager")
    assert (answer.status_code, answer["Location"]) == (303, "/p/partner-id-acme/")


def test_who_removes_themselves_is_led_to_their_partners(
    manager: Client, mara: User, make_manager: MakeManager, partners: Partners
) -> None:
    make_manager("nora@acme.example")
    answer = remove(manager, membership(mara, partners.acme), seen="account_manager")
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert roles(partners.acme) == {"nora@acme.example": "account_manager"}
    assert roles(partners.sakura) == {"mara@portal.example": "account_manager"}


@pytest.mark.parametrize("path", ["", "role/", "remove/"])
def test_a_member_of_another_partner_is_out_of_reach(
    manager: Client, charlie: User, partners: Partners, path: str
) -> None:
    foreign = f"{MEMBERS}{membership(charlie, partners.sakura).pk}/{path}"
    assert manager.get(foreign, follow=True).status_code == 404
    if path:
        answer = manager.post(foreign, {"role": "viewer", "seen": "editor"})
        assert answer.status_code == 409
        assert "charlie" not in answer.content.decode()
    assert roles(partners.sakura)["charlie@sakura.example"] == "editor"
    assert recorded() == []


@pytest.mark.parametrize("number", ["0", "999999999999999999999999"])
def test_a_number_without_a_member_is_a_page_that_does_not_exist(manager: Client, number: str) -> None:
    assert manager.get(f"{MEMBERS}{number}/").status_code == 404
    assert manager.get(f"{MEMBERS}{number}/remove/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_nobody_but_account_managers_reaches_the_forms(
    clean_redis: object, bob: User, mara: User, partners: Partners, client_for: ClientFor, role: str
) -> None:
    Membership.objects.filter(user=bob).update(role=role)
    own, client = membership(bob, partners.acme), client_for(bob)
    before = roles(partners.acme)
    assert client.get(f"{MEMBERS}{own.pk}/").status_code == 404
    assert change(client, own, to="account_manager", seen=role).status_code == 404
    assert remove(client, membership(mara, partners.acme), seen="account_manager").status_code == 404
    assert roles(partners.acme) == before
    assert recorded() == []


def test_the_rule_about_second_factors_is_switched_with_its_consequences_in_sight(
    manager: Client, alice: User, bob: User, partners: Partners, client_for: ClientFor
) -> None:
    panel = read(manager.get(MEMBERS)).panel("mfa-rule")
    assert "Of 3 who can sign in, 2 have none yet. Once you require it, they are led to set one up" in panel.text
    form = panel.one("form", data_form="mfa-rule")
    fields = {each["name"]: each["value"] for each in form.all("input")}
    theirs = client_for(bob)
    assert theirs.get("/").status_code == 302
    answer = manager.post(form["action"], fields)
    shown = after(answer, manager).root.text
    assert "every member of this partner needs a second factor" in shown
    assert "Of 3 who can sign in, 2 have none yet and are led to set one up" in shown
    partners.acme.refresh_from_db()
    assert partners.acme.members_need_mfa is True
    assert recorded() == [("mfa_rule_changed", "", {"members_need_mfa": False}, {"members_need_mfa": True})]
    assert "account" in theirs.get("/p/partner-id-acme/packages/")["Location"]

    back = manager.post(form["action"], {"seen": "on", "wanted": "off"})
    assert "no longer asks its members for a second factor" in after(back, manager).root.text
    partners.acme.refresh_from_db()
    assert partners.acme.members_need_mfa is False


def test_a_rule_that_is_like_that_already_changes_nothing(manager: Client, partners: Partners) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(members_need_mfa=True)
    answer = manager.post(f"{MEMBERS}second-factor/", {"seen": "off", "wanted": "on"})
    assert "Nothing was changed: the rule is like that already." in after(answer, manager).root.text
    assert recorded() == []


def test_a_rule_that_somebody_else_changed_meanwhile_is_left(manager: Client, partners: Partners) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(members_need_mfa=True)
    answer = manager.post(f"{MEMBERS}second-factor/", {"seen": "off", "wanted": "off"})
    assert answer.status_code == 409
    assert "somebody changed this rule meanwhile" in read(answer).root.text
    assert read(answer).panel("mfa-rule").one("div", data_rule="on")
    partners.acme.refresh_from_db()
    assert partners.acme.members_need_mfa is True


@pytest.mark.parametrize("fields", [{}, {"seen": "off"}, {"seen": "off", "wanted": "maybe"}])
def test_a_rule_that_is_neither_on_nor_off_is_refused(manager: Client, fields: dict[str, str]) -> None:
    answer = manager.post(f"{MEMBERS}second-factor/", fields)
    assert answer.status_code == 422
    assert "the form was incomplete" in read(answer).root.text
    assert recorded() == []


@pytest.mark.parametrize("form", ["role/", "remove/"])
def test_a_proof_that_is_too_old_is_asked_for_first(
    clean_redis: object, mara: User, bob: User, partners: Partners, client_for: ClientFor, form: str
) -> None:
    member = membership(bob, partners.acme)
    stale = client_for(mara, stale=True)
    answer = stale.post(f"{MEMBERS}{member.pk}/{form}", {"role": "editor", "seen": "viewer"})
    assert answer.status_code == 302
    assert roles(partners.acme)["bob@acme.example"] == "viewer"
    assert recorded() == []
    shown = read(stale.get(f"{MEMBERS}{member.pk}/" if form == "role/" else f"{MEMBERS}{member.pk}/{form}"))
    assert "Nothing has been sent yet." in shown.root.text
    if form == "role/":
        chosen = shown.root.one("form", data_form="change-role")
        assert chosen.one("option", selected="")["value"] == "editor"
        assert chosen.one("input", name="seen")["value"] == "viewer"


@pytest.mark.parametrize("path", ["invite/", "second-factor/", "invitations/1/resend/", "invitations/1/revoke/"])
def test_the_address_of_a_form_leads_to_the_page_it_stands_on(manager: Client, path: str) -> None:
    answer = manager.get(MEMBERS + path)
    assert (answer.status_code, answer["Location"]) == (302, MEMBERS)
