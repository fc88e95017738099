"""The query string of the events list: what it asks the platform for, and what is said where it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict
from django.test import Client

from attribution_portal.programme.filter_form import FiltersForm
from attribution_portal.programme.filters import Filters
from attribution_portal.programme.paging import paging
from attribution_portal.sandbox.app import Sandbox
from tests.pages import Shown, read

pytestmark = pytest.mark.django_db

EVENTS = "/p/partner-id-acme/events/"
PLAIN = [("page", "1"), ("limit", "50"), ("flagged_to_top", "true")]


@pytest.fixture
def listing(client: Client) -> Callable[[str], Shown]:
    def open_(query: str = "") -> Shown:
        response = client.get(f"{EVENTS}{query}")
        assert response.status_code == 200
        return read(response)

    return open_


def asked(sandbox: Sandbox) -> list[list[tuple[str, str]]]:
    """Queries of the list, without the one for the choices of cities."""
    found = [parse_qsl(entry.query, keep_blank_values=True) for entry in sandbox.log.of(path="/events/")]
    return [query for query in found if sorted(query) != sorted(PLAIN)]


def notes(shown: Shown) -> dict[str, str]:
    fields = [each for each in shown.root.all("p", class_="field-error") if each.text]
    return {each["data-field"]: each.text for each in fields}


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("?q=satie", [("q", "satie")]),
        ("?q=++two++words+", [("q", "two words")]),
        ("?from=2026-06-20", [("since", "2026-06-20")]),
        ("?to=2026-06-20", [("until", "2026-06-20")]),
        ("?city=Berlin&city=K%C3%B6ln&city=", [("city", "Berlin"), ("city", "Köln")]),
        ("?city=Berlin&city=Berlin", [("city", "Berlin")]),
        ("?campaigns=1", [("campaigns", "true")]),
        ("?archived=on", [("include_archived", "true")]),
        ("?q=satie&page=3", [("q", "satie"), ("page", "3")]),
        ("?q=%F0%9F%8E%AA&unknown=1", [("q", "🎪")]),
    ],
)
def test_each_filter_is_the_platforms(
    sandbox: Sandbox, listing: Callable[[str], Shown], query: str, sent: list[tuple[str, str]]
) -> None:
    listing(query)
    plain = [pair for pair in PLAIN if pair[0] not in {name for name, _value in sent}]
    assert [sorted(each) for each in asked(sandbox)] == [sorted([*plain, *sent])]


@pytest.mark.parametrize(
    "query",
    ["", "?q=&from=&to=&city=&page=", "?q=+++", "?campaigns=0&archived=false", "?status=", "?foo=bar", "?page=1"],
)
def test_empty_filters_ask_for_nothing_special(sandbox: Sandbox, listing: Callable[[str], Shown], query: str) -> None:
    shown = listing(query)
    assert asked(sandbox) == []
    assert len(sandbox.log.of(path="/events/")) == 1
    assert notes(shown) == {}
    assert "Clear the filters" not in shown.root.text


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("?q=%00", "q", "This holds characters that no title has, so it is not used."),
        ("?q=a%01b", "q", "This holds characters that no title has, so it is not used."),
        ("?q=" + "x" * 201, "q", "At most 200 characters can be searched for, so this is not used."),
        ("?from=20.6.2026", "from", "This is not a date: write it as 2026-06-15."),
        ("?from=2026-02-30", "from", "This is not a date: write it as 2026-06-15."),
        ("?from=1066-10-14", "from", "Choose a day between 1900 and 2100."),
        ("?to=9999-12-31", "to", "Choose a day between 1900 and 2100."),
        ("?status=WARMING_UP", "status", "There is no such campaign status, so it is not used."),
        ("?city=%00", "city", "This holds characters that no city has, so it is not used."),
        ("?campaigns=maybe", "campaigns", "This can only be switched on, with 1, so it is not used."),
        ("?archived=2", "archived", "This can only be switched on, with 1, so it is not used."),
        ("?page=0", "page", "There is no such page, so this is the first."),
        ("?page=-1", "page", "There is no such page, so this is the first."),
        ("?page=two", "page", "There is no such page, so this is the first."),
        ("?page=1e3", "page", "There is no such page, so this is the first."),
        ("?page=%D9%A3", "page", "There is no such page, so this is the first."),
        ("?page=" + "9" * 400, "page", "There is no such page, so this is the first."),
    ],
)
def test_what_cannot_be_used_is_explained_at_its_field_and_never_sent(
    sandbox: Sandbox, listing: Callable[[str], Shown], query: str, field: str, words: str
) -> None:
    shown = listing(query)
    assert notes(shown) == {field: words}
    assert asked(sandbox) == []
    assert shown.panel("events")["data-state"] == "ready"


def test_the_field_in_error_says_so_to_those_who_cannot_see_it(listing: Callable[[str], Shown]) -> None:
    control = listing("?to=nonsense").root.one("input", id="to")
    assert (control["aria-invalid"], control["aria-describedby"]) == ("true", "to_error")
    assert "aria-invalid" not in listing("").root.one("input", id="to").attributes


def test_days_the_wrong_way_round_leave_the_first(sandbox: Sandbox, listing: Callable[[str], Shown]) -> None:
    shown = listing("?from=2026-07-01&to=2026-06-01")
    assert notes(shown) == {"to": "The last day is before the first, so it is not used."}
    assert sorted(asked(sandbox)[0]) == sorted([*PLAIN, ("since", "2026-07-01")])


def test_of_several_values_the_good_ones_are_used(sandbox: Sandbox, listing: Callable[[str], Shown]) -> None:
    shown = listing("?city=Berlin&city=%07&status=running&status=nonsense")
    assert set(notes(shown)) == {"city", "status"}
    assert ("city", "Berlin") in asked(sandbox)[0]
    assert shown.root.one("input", value="RUNNING").get("checked", "no") == ""


def test_no_more_than_twenty_cities_are_sent(sandbox: Sandbox, listing: Callable[[str], Shown]) -> None:
    shown = listing("?" + "&".join(f"city=c{number}" for number in range(30)))
    assert notes(shown) == {"city": "At most 20 cities can be chosen: the others are not used."}
    assert [value for name, value in asked(sandbox)[0] if name == "city"] == [f"c{number}" for number in range(20)]


@pytest.mark.parametrize(
    "query",
    [
        "q=a+%26+b&from=2026-06-01&to=2026-06-30&city=M%C3%BCnchen&city=Wien&status=OPEN&status=CLOSED&campaigns=1",
        "archived=1&page=4",
        "",
    ],
)
def test_an_address_brings_the_same_filters_back(query: str) -> None:
    form = FiltersForm(QueryDict(query))
    address = form.filters.address("/x/", page=form.number)
    again = FiltersForm(QueryDict(address.partition("?")[2]))
    assert (again.filters, again.number, again.notes) == (form.filters, form.number, {})
    assert form.filters.are_set is (query not in ("", "archived=1&page=4") or form.filters.archived)


def test_no_filter_is_the_plain_address() -> None:
    assert Filters().address("/x/") == "/x/"
    assert not Filters().are_set


@pytest.mark.parametrize(
    ("number", "pages", "links"),
    [
        (1, 2, "1 2"),
        (1, 9, "1 2 … 9"),
        (3, 9, "1 2 3 4 … 9"),
        (4, 9, "1 2 3 4 5 … 9"),
        (5, 9, "1 … 4 5 6 … 9"),
        (9, 9, "1 … 8 9"),
        (50, 84, "1 … 49 50 51 … 84"),
        (1, 1, ""),
        (1, None, ""),
    ],
)
def test_pages_far_away_are_left_out(number: int, pages: int | None, links: str) -> None:
    found = paging(number, pages=pages, more=False, href=str)
    assert " ".join(str(link.number or "…") for link in found.links) == links
    assert [link.number for link in found.links if link.current] == ([number] if links else [])


@pytest.mark.parametrize(
    ("number", "pages", "more", "previous", "following"),
    [
        (1, 1, False, "", ""),
        (1, 3, False, "", "2"),
        (2, 3, False, "1", "3"),
        (3, 3, False, "2", ""),
        (9, 3, False, "3", ""),
        (1, None, True, "", "2"),
        (2, None, True, "1", "3"),
        (2, None, False, "1", ""),
    ],
)
def test_there_is_a_way_on_and_a_way_back(
    number: int, pages: int | None, more: bool, previous: str, following: str
) -> None:
    found = paging(number, pages=pages, more=more, href=str)
    assert (found.previous, found.next) == (previous, following)
    assert found.is_needed is bool(previous or following)
