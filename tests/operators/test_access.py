"""Who may operate the portal, and how fast its pages are with many partners and people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from attribution_portal.accounts.models import User
from attribution_portal.partners.models import Membership, Partner, ServiceAccount
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners
from tests.pages import read

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
READ = {"accounts", "account", "partners", "partner", "people", "person"}


def address(name: str, partners: Partners, person: User) -> str:
    wanted = next(pattern for pattern in patterns() if pattern.name == name).pattern.converters
    if "partner_id" in wanted:
        return reverse(f"operators:{name}", args=["partner-id-acme"])
    if "pk" not in wanted:
        return reverse(f"operators:{name}")
    account = partners.acme.service_account
    assert account
    return reverse(f"operators:{name}", args=[account.pk if "account" in name or "password" in name else person.pk])


def page_of(name: str) -> str:
    """The page with the form that is sent to this address."""
    if name == "add-account":
        return "accounts"
    if name.startswith("person-"):
        return "person"
    return "partner" if name in {"zone", "switch"} else "account"


def patterns() -> list[URLPattern]:
    resolver = next(each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "operators")
    return list(resolver.url_patterns)


NAMES = [str(pattern.name) for pattern in patterns()]


@pytest.mark.parametrize("name", NAMES)
def test_these_pages_exist_for_operators_only(
    sandbox: Sandbox, partners: Partners, bob: User, mara: User, olga: User, client_for: ClientFor, name: str
) -> None:
    page = address(name, partners, bob)
    for method in ("get", "post"):
        for person in (bob, mara):
            assert getattr(client_for(person), method)(page).status_code == 404
        assert getattr(Client(), method)(page)["Location"].startswith("/account/login/")
    inside = client_for(olga)
    answer = inside.get(page)
    if name in READ:
        assert answer.status_code == 200
    else:  # where a form is sent, a reader is led to the page on which it stands
        assert answer["Location"] == address(page_of(name), partners, bob)
        assert inside.head(page).status_code == 302
    assert "no-store" in answer["Cache-Control"]
    if name in READ:
        assert inside.post(page).status_code == 405
    assert sandbox.log.all() == ()


def test_somebody_disabled_is_no_operator(olga: User, client_for: ClientFor) -> None:
    client = client_for(olga)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert client.get("/operate/")["Location"].startswith("/account/login/")


def test_a_right_taken_away_ends_at_the_next_request(olga: User, client_for: ClientFor) -> None:
    client = client_for(olga)
    assert client.get("/operate/").status_code == 200
    User.objects.filter(pk=olga.pk).update(is_staff=False)
    assert client.get("/operate/").status_code == 404


def test_operators_see_no_partners_page_unless_they_are_members(
    sandbox: Sandbox, partners: Partners, olga: User, client_for: ClientFor
) -> None:
    client = client_for(olga)
    assert client.get("/p/partner-id-acme/").status_code == 404
    assert client.get("/p/partner-id-acme/packages/").status_code == 404
    assert sandbox.log.all() == ()
    Membership.objects.create(user=olga, partner=partners.acme, role="viewer")
    assert client.get("/p/partner-id-acme/packages/").status_code == 200


def test_the_start_page_leads_an_operator_to_their_work(
    sandbox: Sandbox, partners: Partners, olga: User, client_for: ClientFor
) -> None:
    client = client_for(olga)
    assert client.get("/")["Location"] == "/operate/"
    Membership.objects.create(user=olga, partner=partners.acme, role="viewer")
    assert client.get("/")["Location"] == "/p/partner-id-acme/"


def test_the_menu_leads_operators_there_and_nobody_else(
    sandbox: Sandbox, olga: User, bob: User, client_for: ClientFor
) -> None:
    assert read(client_for(olga).get("/operate/")).root.one(id="person-menu").all("a", href="/operate/")
    other = read(client_for(bob).get("/p/partner-id-acme/packages/"))
    assert not other.root.one(id="person-menu").all("a", href="/operate/")


def crowd(account: ServiceAccount, partners: int, people: int) -> None:
    known = Partner.objects.count()
    rows = Partner.objects.bulk_create(
        Partner(partner_id=f"many-{known + number}", name=f"Many {known + number:04}", service_account=account)
        for number in range(partners)
    )
    there = User.objects.count()
    crowded = User.objects.bulk_create(User(email=f"p{there + number}@many.example") for number in range(people))
    Membership.objects.bulk_create(
        Membership(user=person, partner=rows[(number + step) % len(rows)], role="viewer")
        for number, person in enumerate(crowded)
        for step in range(2)
    )


@pytest.mark.parametrize("page", ["/operate/", "/operate/partners/?q=many", "/operate/people/?q=many"])
def test_many_cost_no_more_questions_than_a_few(
    partners: Partners, olga: User, client_for: ClientFor, page: str
) -> None:
    account = partners.acme.service_account
    assert account
    client = client_for(olga)
    crowd(account, 3, 5)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(page)
    crowd(account, 297, 2000)
    with CaptureQueriesContext(connection) as many:
        answer = client.get(page)
    assert len(many) == len(few)
    rows = [each for each in read(answer).root.all("tr") if each.get("data-id")]
    assert len(rows) == (1 if page == "/operate/" else 50)


def test_lists_go_on_page_by_page(partners: Partners, olga: User, client_for: ClientFor) -> None:
    account = partners.acme.service_account
    assert account
    crowd(account, 60, 1)
    client = client_for(olga)
    page = read(client.get("/operate/partners/?q=many"))
    assert page.root.one("a", rel="next")["href"] == "?q=many&page=2"
    assert len(read(client.get("/operate/partners/?q=many&page=2")).rows("partners")) == 10
