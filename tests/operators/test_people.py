"""People as operators see and help them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor
from attribution_portal.operators import people
from attribution_portal.operators.people import LastOperatorError, NoOperatorError
from tests.conftest import Partners
from tests.pages import Element, Shown, read

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
LIST = "/operate/people/"


@pytest.fixture
def operator(client_for: ClientFor, olga: User) -> Client:
    return client_for(olga)


def of(person: User, action: str = "") -> str:
    return f"{LIST}{person.pk}/{action}"


def row(operator: Client, person: User) -> Element:
    return read(operator.get(LIST)).panel("people").one("tr", data_id=str(person.pk))


def session_of(client: Client, person: User) -> str:
    """A session as it is listed after a real sign-in."""
    key = client.session.session_key
    assert key
    UserSession.objects.update_or_create(
        session_key=key, defaults={"user": person, "ip": "10.0.0.1", "user_agent": "x"}
    )
    return key


def is_signed_in(client: Client) -> bool:
    request = HttpRequest()
    request.session = client.session
    return get_user(request).is_authenticated


def recorded(kind: str) -> AuditEvent:
    return AuditEvent.objects.get(kind=kind)


def told(page: Shown) -> str:
    return page.root.one(id="messages").text


def test_everybody_is_listed_without_any_number_of_a_partner(
    operator: Client, mara: User, bob: User, client_for: ClientFor
) -> None:
    TOTP.activate(bob, "JBSWY3DPEHPK3PXP")
    session_of(client_for(bob), bob)
    UserSession.objects.create(user=bob, ip="10.0.0.2", user_agent="gone", session_key="over")
    text = row(operator, bob).text
    assert "bob@acme.example" in text
    assert "Acme Concerts (demo) Viewer" in text
    assert "authenticator app" in text
    assert row(operator, bob).one("td", data_label="Sessions")["data-value"] == "1"
    assert "Acme Concerts (demo) Account manager" in row(operator, mara).text


def test_recovery_codes_alone_are_no_second_factor(operator: Client, bob: User) -> None:
    RecoveryCodes.activate(bob)
    assert row(operator, bob).one("td", data_label="Second factor").text == "none"


def test_who_belongs_to_many_partners_is_told_in_short(operator: Client, partners: Partners, bob: User) -> None:
    from attribution_portal.partners.models import Membership, Partner

    account = partners.acme.service_account
    for number in range(4):
        partner = Partner.objects.create(partner_id=f"p{number}", name=f"P{number}", service_account=account)
        Membership.objects.create(user=bob, partner=partner, role="viewer")
    assert row(operator, bob).one("td", data_label="Partners").text.endswith("and 2 more")


@pytest.mark.parametrize("words", ["BOB@", "Bobby", "acme conc", "partner-id-acme"])
def test_people_are_searched_by_address_name_and_partner(
    operator: Client, bob: User, charlie: User, words: str
) -> None:
    User.objects.filter(pk=bob.pk).update(name="Bobby Tables")
    page = read(operator.get(LIST, {"q": words}))
    assert page.rows("people") == [str(bob.pk)]


def test_a_person_is_disabled_at_once_and_may_come_back(operator: Client, bob: User, client_for: ClientFor) -> None:
    theirs = client_for(bob)
    key = session_of(theirs, bob)
    answer = operator.post(of(bob, "sign-in/"), {"to": "no", "reason": "left the company"})
    assert (answer.status_code, answer["Location"]) == (303, of(bob))
    assert told(read(operator.get(of(bob)))) == "bob@acme.example is switched off and signed out everywhere."
    assert not User.objects.get(pk=bob.pk).is_active
    assert not Session.objects.filter(session_key=key).exists()
    assert theirs.get("/p/partner-id-acme/")["Location"].startswith("/account/login/")
    page = read(operator.get(of(bob))).root
    assert page.one("div", class_="page-badges").text == "Switched off"
    assert page.one("form", data_form="person-sign-in").one("button").text == "Switch person on"
    event = recorded("person_disabled")
    assert (event.partner, event.email, event.target, event.reason, event.after) == (
        None,
        "olga@portal.example",
        "bob@acme.example",
        "left the company",
        {"sessions_ended": 1},
    )
    operator.post(of(bob, "sign-in/"), {"to": "no", "reason": "twice"})
    assert AuditEvent.objects.filter(kind="person_disabled").count() == 1
    operator.post(of(bob, "sign-in/"), {"to": "yes", "reason": "is back"})
    assert User.objects.get(pk=bob.pk).is_active
    assert recorded("person_enabled").reason == "is back"


def test_a_disabled_person_is_signed_out_even_where_a_session_is_left(bob: User, client_for: ClientFor) -> None:
    client = client_for(bob)
    assert is_signed_in(client)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert not is_signed_in(client)


def test_operators_are_made_and_unmade(operator: Client, bob: User) -> None:
    operator.post(of(bob, "operator/"), {"to": "yes", "reason": "joins us"})
    assert User.objects.get(pk=bob.pk).is_operator
    operator.post(of(bob, "operator/"), {"to": "no", "reason": "leaves us"})
    assert not User.objects.get(pk=bob.pk).is_operator
    values = AuditEvent.objects.filter(kind="operator_changed").order_by("position")
    assert list(values.values_list("before", "after", "reason")) == [
        ({"operator": False}, {"operator": True}, "joins us"),
        ({"operator": True}, {"operator": False}, "leaves us"),
    ]


@pytest.mark.parametrize("action", ["operator/", "sign-in/"])
def test_the_last_operator_stays_one(operator: Client, olga: User, bob: User, action: str) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_active=False)
    answer = operator.post(of(olga, action), {"to": "no", "reason": "tired"})
    assert answer.status_code == 409
    assert "Nobody else operates the portal." in read(answer).root.one(role="alert").text
    assert User.objects.get(pk=olga.pk).is_operator
    assert not AuditEvent.objects.exists()


def test_with_another_operator_one_may_leave(operator: Client, olga: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert operator.post(of(olga, "operator/"), {"to": "no", "reason": "done"}).status_code == 303
    assert operator.get(LIST).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [people.unmake_operator, people.disable], ids=["unmake", "disable"])
def test_two_operators_who_remove_each_other_at_once_leave_one(change: Callable[..., bool]) -> None:
    pair = [User.objects.create(email=f"{name}@portal.example", is_staff=True) for name in ("ann", "ben")]
    gate = threading.Barrier(2)
    outcomes: list[str] = []

    def act(me: User, other: User) -> None:
        gate.wait()
        try:
            outcomes.append("done" if change(other, actor=Actor(me, me.email), reason="x") else "nothing")
        except (LastOperatorError, NoOperatorError) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=order) for order in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["NoOperatorError", "done"]
    assert User.objects.filter(is_staff=True, is_active=True).count() == 1
    assert AuditEvent.objects.count() == 1


def test_all_sessions_end(operator: Client, bob: User, client_for: ClientFor) -> None:
    clients = [client_for(bob), client_for(bob)]
    for client in clients:
        session_of(client, bob)
    answer = operator.post(of(bob, "sessions/"), {"to": "", "reason": "laptop stolen"})
    assert told(read(operator.get(answer["Location"]))) == "bob@acme.example is signed out: 2 sessions ended."
    assert not any(is_signed_in(client) for client in clients)
    assert not UserSession.objects.filter(user=bob).exists()
    assert recorded("session_ended").after == {"sessions_ended": 2}
    operator.post(of(bob, "sessions/"), {"to": "", "reason": "laptop stolen"})
    assert AuditEvent.objects.count() == 1


@pytest.mark.usefixtures("tasks_at_once")
def test_a_lost_phone_loses_its_factors_and_sessions(operator: Client, bob: User, client_for: ClientFor) -> None:
    TOTP.activate(bob, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(bob)
    client = client_for(bob)
    session_of(client, bob)
    operator.post(of(bob, "factors/"), {"to": "", "reason": "called back on the known number"})
    assert not Authenticator.objects.filter(user=bob).exists()
    assert not is_signed_in(client)
    event = recorded("mfa_removed")
    assert (event.target, event.before, event.after, event.reason) == (
        "bob@acme.example",
        {"factors": "recovery_codes, totp"},
        {"sessions_ended": 1},
        "called back on the known number",
    )
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["bob@acme.example"], "Your second factor was removed")
    operator.post(of(bob, "factors/"), {"to": "", "reason": "twice"})
    assert len(mail.outbox) == 1


def test_ones_own_factors_are_not_removed_here(operator: Client, olga: User) -> None:
    answer = operator.post(of(olga, "factors/"), {"to": "", "reason": "mine"})
    assert answer.status_code == 409
    assert Authenticator.objects.filter(user=olga).exists()
    assert not read(operator.get(of(olga))).root.all("form", data_form="person-factors")
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("action", ["sign-in/", "operator/", "sessions/", "factors/"])
@pytest.mark.parametrize(
    "fields", [{}, {"to": "no", "reason": ""}, {"to": "no", "reason": " \x00"}, {"to": "?", "reason": "x"}]
)
def test_without_a_reason_nothing_happens(operator: Client, bob: User, action: str, fields: dict[str, str]) -> None:
    TOTP.activate(bob, "JBSWY3DPEHPK3PXP")
    assert operator.post(of(bob, action), fields).status_code == 422
    found = User.objects.get(pk=bob.pk)
    assert (found.is_active, found.is_staff) == (True, False)
    assert Authenticator.objects.filter(user=bob).exists()
    assert not AuditEvent.objects.exists()


def test_a_typed_reason_survives_the_way_to_confirm(bob: User, olga: User, client_for: ClientFor) -> None:
    stale = client_for(olga, stale=True)
    for action in ("sign-in", "operator", "sessions", "factors"):
        answer = stale.post(of(bob, f"{action}/"), {"to": "no", "reason": f"typed at {action}"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/")
    page = read(stale.get(of(bob)))
    form = page.root.one("form", data_form="person-sessions")
    assert form.one("input", name="reason")["value"] == "typed at sessions"
    assert User.objects.get(pk=bob.pk).is_active
    assert not AuditEvent.objects.exists()


def test_somebody_who_does_not_exist_has_no_page(operator: Client) -> None:
    assert operator.get(f"{LIST}99999/").status_code == 404
    for action in ("sign-in", "operator", "sessions", "factors"):
        assert operator.post(f"{LIST}99999/{action}/", {"to": "no", "reason": "x"}).status_code == 404


def test_markup_in_names_stays_text(operator: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(name="<script>alert(1)</script>")
    for address in (LIST, of(bob)):
        assert b"<script>alert(1)" not in operator.get(address).content
