"""Whatever the platform writes stays text: in elements, attributes, figures and addresses of every page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.sandbox.auth import PASSWORD
from tests.addresses import ACME, OPERATORS, PARTNER, ROWS, Address, Ids
from tests.conftest import TOTP, TOTP_SECRET
from tests.pages import Element, Shown, read
from tests.security.hostile import ATTRIBUTE, ELEMENT, OVERRIDE, HostileSandbox

ClientFor = Callable[[User], Client]
PAGES = [address for address in (*PARTNER, *OPERATORS) if address.get == 200 and "." not in address.route]
# Attributes that lead somewhere or load something.
LEADING = ("href", "src", "action", "formaction", "srcset", "data", "poster", "hx-get", "hx-post", "hx-delete")
# Their text stands alone: in a tab, a list of choices, a program.
ALONE = {"title", "option", "script", "textarea"}
EMAIL = f'"<{ELEMENT}>"@acme.example'


@pytest.fixture
def somebody(hostile: HostileSandbox, db: None, settings: Settings) -> User:
    """An account manager whose own name is a payload too, with partners as connecting stores what the platform says."""
    settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD = "portal@sandbox.example", PASSWORD
    call_command("connect_partners", stdout=StringIO())
    user = User.objects.create(email=EMAIL, name=f'"><{ELEMENT} {ATTRIBUTE}="1">', is_staff=True)
    TOTP.activate(user, TOTP_SECRET)
    for partner in Partner.objects.all():
        Membership.objects.create(user=user, partner=partner, role=Role.ACCOUNT_MANAGER)
    return user


@pytest.fixture
def ids(somebody: User) -> Ids:
    """With rows of people and accounts that are named in payloads too, and an event on record."""
    acme = Partner.objects.get(partner_id="partner-id-acme")
    record(
        kind=Kind.SETTINGS_CHANGED,
        actor=Actor(somebody, EMAIL, f"<{ELEMENT}>", f"<{ELEMENT}>"),
        partner=acme,
        target=f'"><{ELEMENT} {ATTRIBUTE}="1">',
        title=f"{OVERRIDE}<{ELEMENT}>",
        before={"model": f"<{ELEMENT}>"},
        after={"model": f"' {ATTRIBUTE}='1", "window": 3},
        reason=f"</script><{ELEMENT}>",
        platform_request=f"<{ELEMENT}>",
    )
    membership = Membership.objects.get(user=somebody, partner=acme)
    return {**ACME, **ROWS, "membership": membership.pk, "person": somebody.pk, "account": acme.service_account_id}


def elements(element: Element, above: tuple[Element, ...] = ()) -> Iterator[tuple[Element, tuple[Element, ...]]]:
    """Every element below, each with those around it."""
    for child in element.children:
        if isinstance(child, Element):
            yield child, above
            yield from elements(child, (*above, child))


def texts(element: Element, around: tuple[Element, ...] = ()) -> Iterator[tuple[str, tuple[Element, ...]]]:
    for child in element.children:
        if isinstance(child, Element):
            yield from texts(child, (*around, child))
        else:
            yield child, around


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from strings(key)
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


def assert_harmless(page: Shown) -> None:
    for element, _around in elements(page.root):
        assert element.tag != ELEMENT
        assert ATTRIBUTE not in element.attributes, element.tag
        assert [name for name in element.attributes if name.startswith("on")] == [], element.tag
        for name in LEADING:
            leads = element.get(name)
            assert not leads or leads[0] in "/#?." or leads.startswith("data:image/"), (element.tag, name, leads)
            assert not leads.startswith("//"), (element.tag, name, leads)
        if element.tag == "script" and element.get("type") == "application/json":
            assert_figure_is_text(json.loads(element.text))


def assert_figure_is_text(figure: object) -> None:
    """Plotly reads a few tags in the texts of a figure, links among them. A click follows `customdata.href`."""
    if not isinstance(figure, dict) or "data" not in figure:
        return
    for trace in figure["data"]:
        for mark in trace.get("customdata") or ():
            if isinstance(mark, dict):
                assert mark.pop("href", "#").startswith("#"), mark
                mark.pop("id")
        # Places on an axis, which has names of its own for them; ids stand here as they came.
        for name in ("x", "y"):
            trace.pop(name, None)
    for name in ("xaxis", "yaxis"):
        if "ticktext" in figure["layout"].get(name, {}):
            figure["layout"][name].pop("tickvals")
    assert [text for text in strings(figure) if f"<{ELEMENT}" in text or "<a href" in text] == []


def assert_turned_around_nothing(page: Shown) -> None:
    """An override ends with the element that isolates it."""
    for text, around in texts(page.root):
        if OVERRIDE in text:
            isolated = any(each.tag == "bdi" or each.get("dir") or each.tag in ALONE for each in around)
            assert isolated, [each.tag for each in around] + [text]


def shown(answer: HttpResponse) -> str:
    return unescape(unescape(answer.content.decode()))


def test_the_platform_says_something_hostile_on_every_page_with_texts(
    somebody: User, ids: Ids, client_for: ClientFor
) -> None:
    """Otherwise the tests below would prove nothing."""
    quoted = {}
    for address in PAGES:
        quoted[address.name] = f"<{ELEMENT}" in shown(client_for(somebody).get(address.at(ids)))
    assert all(quoted.values()), quoted


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_no_text_of_the_platform_becomes_part_of_a_page(
    hostile: HostileSandbox, somebody: User, ids: Ids, client_for: ClientFor, address: Address, language: str
) -> None:
    client = client_for(somebody)
    with translation.override(language):
        answer = client.get(address.at(ids), headers={"accept-language": language})
    # The row to delete has another id, when ids are hostile.
    assert answer.status_code == (404 if hostile.identities and "{row}" in address.route else 200)
    page = read(answer)
    assert_harmless(page)
    assert_turned_around_nothing(page)


@pytest.mark.parametrize("kind", ["status", "validation_errors", "html"])
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_no_text_of_an_error_becomes_part_of_a_page(
    hostile: HostileSandbox, somebody: User, ids: Ids, client_for: ClientFor, address: Address, kind: str
) -> None:
    evil = ((f'"><{ELEMENT}>', f"<{ELEMENT}>"),)
    hostile.faults.add("/*", kind, status=500 if kind == "html" else 422, fields=evil)  # type: ignore[arg-type]
    assert_harmless(read(client_for(somebody).get(address.at(ids))))


def test_a_refused_form_says_back_what_was_typed_as_text(somebody: User, client_for: ClientFor) -> None:
    client = client_for(somebody)
    client.get("/p/partner-id-acme/packages/pkg_main/")
    evil = f'"><{ELEMENT} {ATTRIBUTE}="1">'
    fields = {"model": evil, "window": evil, "email_sent_date": evil, "reason": evil, "token": evil}
    answer = client.post("/p/partner-id-acme/packages/pkg_main/settings/", fields)
    assert answer.status_code == 422
    assert f"<{ELEMENT}" in shown(answer)
    assert_harmless(read(answer))


@pytest.mark.parametrize(
    "query",
    [
        f'?period="><{ELEMENT}>&from=<{ELEMENT}>&to=x&by={ELEMENT}&metric=<{ELEMENT}>&layers=<{ELEMENT}>',
        f"?panel=<{ELEMENT}>&page=<{ELEMENT}>&q=<{ELEMENT}>&sort=<{ELEMENT}>&kind=<{ELEMENT}>&actor=<{ELEMENT}>",
        f"?next=javascript:{ELEMENT}&seen=<{ELEMENT}>",
    ],
)
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_no_text_of_an_address_becomes_part_of_a_page(
    somebody: User, ids: Ids, client_for: ClientFor, address: Address, query: str
) -> None:
    answer = client_for(somebody).get(address.at(ids) + (query.replace("?", "&") if "?" in address.route else query))
    assert answer.status_code in {200, 404, 422}
    assert_harmless(read(answer))
