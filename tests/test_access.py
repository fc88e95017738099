"""Who may open what: every address of the portal × every kind of person × own and other partner × reading and writing.

A refusal leaves every row of the database as it was and asks the platform nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from itertools import product

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from attribution_portal.accounts.doors import ENROLMENT
from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.members import invitations
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.partners.permissions import may
from attribution_portal.sandbox.app import Sandbox
from tests.addresses import ACME, OPERATORS, OWN, PARTNER, Address, Ids, OwnAddress, PartnerAddress, routes, whole
from tests.conftest import Partners

ClientFor = Callable[..., Client]
SIGN_IN = "/account/login/"
# Everybody who may stand before a partner's door, as fixtures: the role they have with Acme.
MEMBERS = {"bob": Role.VIEWER, "alice": Role.EDITOR, "mara": Role.ACCOUNT_MANAGER}
STRANGERS = ("olga", "charlie", "nils")
EVERYBODY = (*MEMBERS, *STRANGERS)
WITH_FACTOR = {"mara", "olga"}
named = {"ids": lambda address: address.name}


@pytest.fixture
def ids(partners: Partners, bob: User, mara: User) -> Ids:
    """Acme's, with an invitation that is open and a colleague who may be removed."""
    invitation, token = invitations.invite(
        partner=partners.acme,
        email="new@acme.example",
        role=Role.VIEWER,
        note="",
        language="en",
        user=mara,
        actor=Actor.portal(),
    )
    return {
        **ACME,
        "membership": Membership.objects.get(user=bob).pk,
        "invitation": invitation.pk,
        "token": token,
        "person": bob.pk,
        "account": partners.acme.service_account_id,
    }


def everything() -> dict[str, str]:
    """A digest of every table's rows. Sessions remember where somebody wanted to go, whoever they are."""
    models = [model for model in apps.get_models() if model not in {Session, UserSession}]
    return {
        model._meta.label: hashlib.sha256(
            repr(sorted(map(repr, model._base_manager.values_list()))).encode()
        ).hexdigest()
        for model in models
    }


def ask(client: Client, address: Address, ids: Ids, method: str) -> HttpResponse:
    path = address.at(ids)
    answer = client.get(path) if method == "GET" else client.post(path, address.form(ids))
    return whole(answer)


def expected(address: Address, method: str) -> int:
    return address.get if method == "GET" else address.post


def refusal(address: Address, method: str) -> int:
    """To whoever may not, the page does not exist. Whether an address takes forms at all is no secret."""
    return 405 if expected(address, method) == 405 else 404


def without_token(answer: HttpResponse) -> str:
    """The forms of the frame carry a token that differs with each answer."""
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[A-Za-z0-9]+', "", answer.content.decode())


# The table


def test_every_address_of_the_portal_stands_in_the_table_once() -> None:
    assert sorted(address.name for address in (*PARTNER, *OPERATORS, *OWN)) == sorted(name for name, _route in routes())


@pytest.mark.parametrize("address", [*PARTNER, *OPERATORS, *OWN], **named)
def test_each_line_of_the_table_names_the_address_that_it_is_about(address: Address | OwnAddress) -> None:
    assert resolve(address.path.partition("?")[0]).view_name == address.name


def test_all_addresses_below_a_partner_are_partners_addresses() -> None:
    below = {name for name, route in routes() if route.startswith("p/<")}
    assert below == {address.name for address in PARTNER}
    operate = {name for name, route in routes() if route.startswith("operate/")}
    assert operate == {address.name for address in OPERATORS}


# A partner's pages


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("address", PARTNER, **named)
def test_a_partners_page_is_for_members_whose_role_may(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    ids: Ids,
    client_for: ClientFor,
    address: PartnerAddress,
    who: str,
) -> None:
    person = request.getfixturevalue(who)
    allowed = may(MEMBERS.get(who), address.action)
    client = client_for(person)
    if "package" in address.route and allowed:
        client.get(f"/p/{ids['partner']}/packages/{ids['package']}/")
    sandbox.log.clear()
    before = everything()
    for method in ("GET", "POST"):
        answer = ask(client, address, ids, method)
        assert answer.status_code == (expected(address, method) if allowed else refusal(address, method)), method
        if not allowed:
            assert everything() == before
            assert sandbox.log.all() == ()


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("address", PARTNER, **named)
def test_another_partners_page_looks_like_one_that_is_nowhere(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    ids: Ids,
    client_for: ClientFor,
    address: PartnerAddress,
    who: str,
) -> None:
    """For everybody, with ids that would be right for Acme: strangers see the same as for a partner that nobody is."""
    other = "partner-id-acme" if who in STRANGERS else "fd4711"
    client = client_for(request.getfixturevalue(who))
    before = everything()
    for method in ("GET", "POST"):
        theirs = ask(client, address, {**ids, "partner": other}, method)
        nowhere = ask(client, address, {**ids, "partner": "partner-id-nowhere"}, method)
        assert theirs.status_code == nowhere.status_code == refusal(address, method)
        assert without_token(theirs) == without_token(nowhere).replace("partner-id-nowhere", other)
    assert everything() == before
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("address", [*PARTNER, *OPERATORS], **named)
def test_somebody_signed_out_is_led_to_sign_in_and_back(sandbox: Sandbox, ids: Ids, address: Address) -> None:
    before = everything()
    path = address.at(ids)
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"] in (
        f"{SIGN_IN}?next={path}",
        f"{SIGN_IN}?next={path.replace('?', '%3F').replace('=', '%3D')}",
    )
    # A form cannot be sent again by a link: its sender comes back to the page that it stood on.
    sent = Client().post(path, address.form(ids), headers={"referer": "http://testserver/p/partner-id-acme/?q=1"})
    assert (sent.status_code, sent.headers["Location"]) == (302, f"{SIGN_IN}?next=%2Fp%2Fpartner-id-acme%2F%3Fq%3D1")
    assert everything() == before
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("address", PARTNER, **named)
def test_whoever_loses_a_role_loses_its_pages_with_the_next_request(
    sandbox: Sandbox, ids: Ids, mara: User, client_for: ClientFor, address: PartnerAddress
) -> None:
    client = client_for(mara)
    membership = Membership.objects.get(user=mara, partner__partner_id="partner-id-acme")
    for role in (Role.EDITOR, Role.VIEWER, None):
        if role is None:
            membership.delete()
        else:
            Membership.objects.filter(pk=membership.pk).update(role=role)
        if not may(role, address.action):
            for method in ("GET", "POST"):
                assert ask(client, address, ids, method).status_code == refusal(address, method)


@pytest.mark.parametrize("address", PARTNER, **named)
def test_while_a_partner_is_switched_off_its_members_are_told_and_nothing_else(
    sandbox: Sandbox, ids: Ids, mara: User, client_for: ClientFor, address: PartnerAddress
) -> None:
    Partner.objects.filter(partner_id="partner-id-acme").update(switched_off_at="2026-06-15T00:00Z")
    client = client_for(mara)
    before = everything()
    for method in ("GET", "POST"):
        answer = ask(client, address, ids, method)
        assert answer.status_code == (405 if expected(address, method) == 405 else 403)
    assert everything() == before
    assert sandbox.log.all() == ()


# Operators' pages


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("address", OPERATORS, **named)
def test_operators_pages_are_for_operators(
    request: pytest.FixtureRequest, sandbox: Sandbox, ids: Ids, client_for: ClientFor, address: Address, who: str
) -> None:
    client = client_for(request.getfixturevalue(who))
    before = everything()
    for method in ("GET", "POST"):
        answer = ask(client, address, ids, method)
        assert answer.status_code == (expected(address, method) if who == "olga" else 404), method
        if who != "olga":
            assert everything() == before
            assert sandbox.log.all() == ()


# One's own pages


@pytest.mark.parametrize("who", ["", *EVERYBODY])
@pytest.mark.parametrize("address", OWN, **named)
def test_ones_own_pages_are_about_whoever_asks(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    partners: Partners,
    client_for: ClientFor,
    address: OwnAddress,
    who: str,
) -> None:
    statuses = address.signed_out if not who else address.signed_in
    if who in WITH_FACTOR and address.with_factor:
        statuses = address.with_factor
    if who == "mara" and address.name.startswith("review:"):
        statuses = (200, 405)  # she manages two partners
    for method, status in zip(("get", "post"), statuses, strict=True):
        client = client_for(request.getfixturevalue(who)) if who else Client()
        assert whole(getattr(client, method)(address.path)).status_code == status, method
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("who", ["", *EVERYBODY])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_for_whoever_asks(
    request: pytest.FixtureRequest, sandbox: Sandbox, db: None, client_for: ClientFor, path: str, who: str
) -> None:
    client = client_for(request.getfixturevalue(who)) if who else Client()
    assert client.get(path).status_code == 200
    assert sandbox.log.all() == ()


# What every address asks for besides a role


@pytest.mark.parametrize("address", [each for each in (*PARTNER, *OPERATORS) if each.post != 405], **named)
def test_a_form_without_its_token_is_refused(
    sandbox: Sandbox, ids: Ids, mara: User, olga: User, address: Address
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mara if isinstance(address, PartnerAddress) else olga)
    before = everything()
    assert ask(client, address, ids, "POST").status_code == 403
    assert everything() == before
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("address", [each for each in (*PARTNER, *OPERATORS) if each.proof], **named)
def test_what_cannot_be_taken_back_asks_for_a_recent_proof(
    sandbox: Sandbox, ids: Ids, mara: User, olga: User, client_for: ClientFor, address: Address
) -> None:
    client = client_for(mara if isinstance(address, PartnerAddress) else olga, stale=True)
    before = everything()
    answer = ask(client, address, ids, "POST")
    assert answer.status_code == 302
    assert re.match(r"/account/(mfa/)?reauthenticate/\?next=%2F", answer.headers["Location"])
    assert everything() == before
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("address", [*PARTNER, *OPERATORS, *OWN], **named)
def test_somebody_without_the_second_factor_they_need_sees_nothing_but_the_way_to_one(
    sandbox: Sandbox, ids: Ids, partners: Partners, client_for: ClientFor, address: Address | OwnAddress
) -> None:
    """Account manager and operator at once, so that nothing but the missing factor stands in the way."""
    max_ = User.objects.create(email="max@portal.example", is_staff=True)
    Membership.objects.create(user=max_, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
    client = client_for(max_)
    if address.name in ENROLMENT:
        return
    before = everything()
    for method in ("GET", "POST"):
        path = address.at(ids) if isinstance(address, Address) else address.path
        answer = client.get(path) if method == "GET" else client.post(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/account/second-factor/")
    assert everything() == before
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("address", [each for each in (*PARTNER, *OPERATORS) if each.get == 200], **named)
def test_no_cache_keeps_a_page(
    sandbox: Sandbox, ids: Ids, mara: User, olga: User, client_for: ClientFor, address: Address
) -> None:
    client = client_for(mara if isinstance(address, PartnerAddress) else olga)
    if "{package}" in address.route:
        # Its files are of a package that somebody has opened, or that polling has found.
        client.get(f"/p/{ids['partner']}/packages/{ids['package']}/")
    for headers in ({}, {"hx-request": "true"}):
        answer = whole(client.get(address.at(ids), headers=headers))
        assert answer.status_code == 200
        assert {"no-store", "private"} <= {each.strip() for each in answer.headers["Cache-Control"].split(",")}


# Ids


@pytest.mark.parametrize(
    "address", [each for each in PARTNER if "{event}" in each.route or "{package}" in each.route], **named
)
def test_a_strange_id_is_a_page_that_does_not_exist(
    sandbox: Sandbox, ids: Ids, mara: User, client_for: ClientFor, address: PartnerAddress
) -> None:
    client = client_for(mara)
    before = everything()
    for strange in ("%00", "evt%00closed", "..%2f..%2fauth", "%ff", "x" * 3000):
        path = address.at({**ids, "event": strange, "package": strange})
        assert client.get(path).status_code in {404, address.get} - {200}
        assert client.post(path, address.form(ids)).status_code in {404, 405, 422, 303}
    assert everything() == before
    assert not [
        entry for entry in sandbox.log.all() if entry.method in {"POST", "PUT", "DELETE"} and entry.path != "/auth"
    ]


NUMBERED = [
    each for each in (*PARTNER, *OPERATORS) if re.search(r"\{(membership|invitation|person|account)\}", each.route)
]


@pytest.mark.parametrize("address", NUMBERED, **named)
def test_a_number_that_no_row_has_is_a_page_that_does_not_exist(
    sandbox: Sandbox, ids: Ids, mara: User, olga: User, client_for: ClientFor, address: Address
) -> None:
    client = client_for(mara if isinstance(address, PartnerAddress) else olga)
    before = everything()
    for number, method in product((0, 2**31, 2**63, 10**40), ("GET", "POST")):
        strange = {**ids, **dict.fromkeys(("membership", "invitation", "person", "account"), number)}
        status = ask(client, address, strange, method).status_code
        assert status in {404, 405, 302, 409} if expected(address, method) != 200 else status == 404
    assert everything() == before


@pytest.mark.parametrize(
    "address", [each for each in PARTNER if "{membership}" in each.route or "{invitation}" in each.route], **named
)
def test_a_row_of_another_partner_is_not_to_be_had_by_its_number(
    sandbox: Sandbox, ids: Ids, partners: Partners, client_for: ClientFor, address: PartnerAddress, mara: User
) -> None:
    """Mara manages both partners; yet Acme's rows are not Sakura's."""
    client = client_for(mara)
    before = everything()
    for method in ("GET", "POST"):
        answer = ask(client, address, {**ids, "partner": "partner-id-sakura"}, method)
        assert answer.status_code in {404, 405, 302, 409}
        assert answer.status_code != 302 or method == "GET"
    assert everything() == before


# The start page


def test_the_picker_shows_only_ones_own_partners(mara: User, client_for: ClientFor) -> None:
    page = client_for(mara).get("/partners/").content.decode()
    assert "Acme Concerts (demo)" in page
    assert "Sakura Live (demo)" in page
    assert "Nordlicht" not in page


def test_the_start_page_leads_whoever_manages_a_partner_to_the_board(mara: User, client_for: ClientFor) -> None:
    assert client_for(mara).get("/").headers["Location"] == "/review/"
    Partner.objects.update(switched_off_at="2026-06-15T00:00Z")
    assert client_for(mara).get("/").status_code == 200
    assert client_for(mara).get("/review/").status_code == 404


def test_with_one_partner_the_start_page_leads_straight_to_it(bob: User, client_for: ClientFor) -> None:
    assert client_for(bob).get("/").headers["Location"] == "/p/partner-id-acme/"


def test_a_partner_whose_id_is_no_slug_has_pages_too(
    sandbox: Sandbox, partners: Partners, alice: User, client_for: ClientFor
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(partner_id="partner-id-acme.tours~1")
    client = client_for(alice)
    assert client.get("/").headers["Location"] == "/p/partner-id-acme.tours~1/"
    assert client.get("/p/partner-id-acme.tours~1/").status_code == 200
    assert client.get("/p/partner-id-acme%00/").status_code == 404


def test_the_start_page_of_a_person_without_partners_says_so(db: None, client_for: ClientFor) -> None:
    person = User.objects.create_user("new@example.org")
    answer = client_for(person).get("/")
    assert answer.status_code == 200
    assert b"data-panel" not in answer.content
