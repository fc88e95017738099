"""Who may open a partner's pages. A stranger cannot tell a page that exists from one that does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from attribution_portal.accounts.models import User
from attribution_portal.partners.models import Membership, Partner
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners

ClientFor = Callable[[User], Client]

# Every address below /p/<partner_id>/, with values that exist for Acme.
PAGES = {
    "dashboard:page": "/p/partner-id-acme/",
    "lookout:events": "/p/partner-id-acme/events/",
    "lookout:event": "/p/partner-id-acme/events/evt_closed/",
    "wave:campaign": "/p/partner-id-acme/campaigns/evt_closed/",
    "backhaul:packages": "/p/partner-id-acme/packages/",
    "backhaul:package": "/p/partner-id-acme/packages/pkg_main/",
}
# Addresses that only take forms, for which a viewer is a stranger too.
FORMS = {"backhaul:settings": "/p/partner-id-acme/packages/pkg_main/settings/"}


def partner_routes(resolver: URLResolver, prefix: str = "", space: str = "") -> list[str]:
    found: list[str] = []
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += partner_routes(pattern, route, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern) and route.startswith("p/<"):
            found.append(f"{space}{pattern.name}")
    return found


def test_every_address_of_a_partner_is_checked_here() -> None:
    assert sorted(partner_routes(get_resolver())) == sorted(PAGES | FORMS)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_somebody_signed_out_is_led_to_sign_in_and_back(sandbox: Sandbox, partners: Partners, page: str) -> None:
    answer = Client().get(page)
    assert (answer.status_code, answer["Location"]) == (302, f"/account/login/?next={page}")
    assert sandbox.log.all() == ()


def without_token(answer: HttpResponse) -> str:
    """The forms of the frame carry a token that differs with each answer."""
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[A-Za-z0-9]+', "", answer.content.decode())


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_it_hides_another_partners_pages(
    sandbox: Sandbox, alice: User, charlie: User, client_for: ClientFor, page: str
) -> None:
    stranger = client_for(charlie).get(page)
    nowhere = client_for(charlie).get(page.replace("partner-id-acme", "partner-id-nowhere"))
    assert (stranger.status_code, nowhere.status_code) == (404, 404)
    assert without_token(stranger) == without_token(nowhere).replace("nowhere", "acme")
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_members_open_their_pages_and_no_cache_keeps_them(
    sandbox: Sandbox, bob: User, client_for: ClientFor, page: str
) -> None:
    answer = client_for(bob).get(page)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_person_whose_membership_ended_is_a_stranger(
    sandbox: Sandbox, bob: User, client_for: ClientFor, page: str
) -> None:
    client = client_for(bob)
    Membership.objects.all().delete()
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms_exist_for_editors_only(
    sandbox: Sandbox, bob: User, charlie: User, alice: User, client_for: ClientFor, form: str
) -> None:
    assert client_for(charlie).post(form, {}).status_code == 404
    assert client_for(bob).post(form, {}).status_code == 404
    assert sandbox.log.all() == ()
    editor = client_for(alice)
    editor.get(PAGES["backhaul:package"])
    assert editor.post(form, {}).status_code == 422


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_without_its_csrf_token_is_refused(
    sandbox: Sandbox, alice: User, client_for: ClientFor, form: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(form, {})
    assert answer.status_code == 403
    assert sandbox.log.all() == ()


@pytest.mark.parametrize("room", ["events", "campaigns", "packages"])
@pytest.mark.parametrize("strange", ["%00", "evt%00closed", "..%2f..%2fauth", "%ff", "x" * 3000])
def test_a_strange_id_is_a_page_that_does_not_exist(
    sandbox: Sandbox, alice: User, client_for: ClientFor, room: str, strange: str
) -> None:
    assert client_for(alice).get(f"/p/partner-id-acme/{room}/{strange}/").status_code == 404


def test_the_picker_shows_only_ones_own_partners(mara: User, client_for: ClientFor) -> None:
    page = client_for(mara).get("/").content.decode()
    assert "Acme Concerts (demo)" in page
    assert "Sakura Live (demo)" in page
    assert "Nordlicht" not in page


def test_with_one_partner_the_start_page_leads_straight_to_it(bob: User, client_for: ClientFor) -> None:
    assert client_for(bob).get("/")["Location"] == "/p/partner-id-acme/"


def test_a_partner_whose_id_is_no_slug_has_pages_too(
    sandbox: Sandbox, partners: Partners, alice: User, client_for: ClientFor
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(partner_id="partner-id-acme.tours~1")
    client = client_for(alice)
    assert client.get("/")["Location"] == "/p/partner-id-acme.tours~1/"
    assert client.get("/p/partner-id-acme.tours~1/").status_code == 200
    assert client.get("/p/partner-id-acme%00/").status_code == 404


def test_the_start_page_of_a_person_without_partners_says_so(db: None, client_for: ClientFor) -> None:
    person = User.objects.create_user("new@example.org")
    answer = client_for(person).get("/")
    assert answer.status_code == 200
    assert b"data-panel" not in answer.content
