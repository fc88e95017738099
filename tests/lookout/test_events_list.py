"""Lookout's list of events, through the door."""

from __future__ import annotations

import json
import time as clock
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from redis import Redis

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Json, Kind
from tests.conftest import TODAY
from tests.pages import Element, Shown, read

pytestmark = pytest.mark.django_db

EVENTS = "/p/partner-id-acme/events/"
ACME = "partner-id-acme"
LIST = "/events/"
NONSENSE: list[Kind] = ["html", "truncated", "empty", "reset", "status"]

Listing = Callable[..., Shown]


@pytest.fixture
def listing(client: Client) -> Listing:
    def open_(query: str = "", *, path: str = EVENTS) -> Shown:
        response = client.get(f"{path}{query}")
        assert response.status_code == 200
        return read(response)

    return open_


def swap(client: Client, query: str = "", *, trigger: str = "filters", url: str = EVENTS) -> HttpResponse:
    """What htmx gets when the form or a page link asks."""
    headers = {
        "HX-Request": "true",
        "HX-Target": "found",
        "HX-Trigger": trigger,
        "HX-Current-URL": f"http://testserver{url}",
    }
    return client.get(f"{EVENTS}{query}", headers=headers)


def title(shown: Shown) -> str:
    return shown.panel("events").one("h2").text


def row(shown: Shown, eid: str) -> Element:
    return shown.table("events").one("tr", data_id=eid)


def answer(items: list[Json], **page: Json) -> Json:
    return {"items": items, **page}


def wire(number: int, **members: Json) -> dict[str, Json]:
    return {"id": f"evt_{number}", "title": f"Show {number}", **members}


def test_every_event_but_the_archived_is_on_some_page_once(sandbox: Sandbox, listing: Listing) -> None:
    pages = [listing(), listing("?page=2")]
    ids = [eid for shown in pages for eid in shown.rows("events")]
    tenant = sandbox.world[ACME]
    assert sorted(ids) == sorted(eid for eid, event in tenant.events.items() if event.status != "archived")
    assert [len(shown.rows("events")) for shown in pages] == [50, 10]
    assert [title(shown) for shown in pages] == ["60 events, page 1 of 2", "60 events, page 2 of 2"]
    assert pages[0].root.one("a", rel="next")["href"] == f"{EVENTS}?page=2"
    assert pages[1].root.one("a", rel="prev")["href"] == EVENTS
    assert pages[1].root.one("a", aria_current="page").text == "2"


def test_archived_events_are_listed_when_asked_for(listing: Listing) -> None:
    shown = listing("?q=archiv&archived=1")
    assert shown.rows("events") == ["evt_archived"]
    assert "Archived" in row(shown, "evt_archived").text
    assert listing("?q=archiv").panel("events")["data-state"] == "empty"


def test_flagged_ones_stand_first_then_the_next_then_those_without_a_date_and_the_past_last(
    sandbox: Sandbox, listing: Listing
) -> None:
    shown = listing()
    tenant = sandbox.world[ACME]

    def kind(eid: str) -> int:
        event = tenant.events[eid]
        if event.frontend_status == "FLAGGED":
            return 0
        if "start_date_time" in event.nulls:
            return 2
        return 1 if event.starts_at.astimezone(tenant.stage.zone).date() >= TODAY else 3

    ids = shown.rows("events")
    kinds = [kind(eid) for eid in ids]
    assert kinds == sorted(kinds)
    assert set(kinds) == {0, 1, 2, 3}
    ahead = [tenant.events[eid].starts_at for eid in ids if kind(eid) == 1]
    past = [tenant.events[eid].starts_at for eid in ids if kind(eid) == 3]
    assert ahead == sorted(ahead)
    assert past == sorted(past, reverse=True)


@pytest.mark.parametrize(
    ("days", "hour", "words", "is_past"),
    [
        (0, 20, "today", False),
        (0, 1, "today", False),
        (1, 20, "tomorrow", False),
        (12, 20, "in 12 days", False),
        (1500, 20, "in 1,500 days", False),
        (-1, 20, "past: yesterday", True),
        (-40, 20, "past: 40 days ago", True),
        # 23:30 in UTC is half past one of the next day in Berlin.
        (-1, 23, "today", False),
    ],
)
def test_next_and_past_are_told_apart_in_words_by_the_partners_day(
    sandbox: Sandbox, listing: Listing, days: int, hour: int, words: str, is_past: bool
) -> None:
    starts = f"{(TODAY + timedelta(days=days)).isoformat()}T{hour:02}:30:00Z"
    sandbox.faults.add(LIST, "wrong_type", body=[wire(1, start_date_time=starts)])
    found = row(listing(), "evt_1")
    assert found.one("td", class_="starts").one("small").text == words
    assert ("is-past" in found.get("class")) is is_past


def test_the_campaign_status_is_looked_for_in_every_page(sandbox: Sandbox, listing: Listing) -> None:
    shown = listing("?status=RUNNING&status=IGNORED")
    events = sandbox.world[ACME].events.values()
    wanted = [
        each.id for each in events if each.campaign_status in {"RUNNING", "IGNORED"} and each.status != "archived"
    ]
    assert sorted(shown.rows("events")) == sorted(wanted)
    assert title(shown) == f"{len(wanted)} events"
    assert "The campaign status was looked for here" in shown.panel("events").text
    queries = [entry.query for entry in sandbox.log.of(path=LIST)]
    assert len(queries) == len(set(queries)) == 2
    assert not [query for query in queries if "status=" in query]


def test_beyond_a_thousand_events_it_says_that_some_were_not_looked_at(sandbox: Sandbox, listing: Listing) -> None:
    items: list[Json] = [wire(number, campaign_status="OPEN") for number in range(50)]
    sandbox.faults.add(LIST, "wrong_type", body=answer(items, total=5000, page=1, pages=100))
    shown = listing("?status=OPEN")
    assert len(sandbox.log.of(path=LIST)) == 20
    assert len(shown.rows("events")) == 50, "the same events on every page count once"
    assert "Only the first 1,000 events were looked through" in shown.panel("events").text


def open_ones(numbers: range) -> Json:
    """Neither a total nor pages beside them."""
    return answer([wire(number, campaign_status="OPEN") for number in numbers])


@pytest.mark.parametrize(
    ("last", "events"),
    [
        (range(100, 101), 101),
        (range(0), 100),
        # A platform that knows no pages of this list, and answers each with the same.
        (range(50, 100), 100),
    ],
)
def test_a_list_without_a_total_is_read_to_its_end(
    sandbox: Sandbox, listing: Listing, last: range, events: int
) -> None:
    for numbers in (range(50), range(50, 100), last):
        sandbox.faults.add(LIST, "wrong_type", body=open_ones(numbers), count=1)
    shown = listing("?status=OPEN")
    assert title(shown) == f"{events} events, page 1 of {-(-events // 50)}"
    assert len(sandbox.log.of(path=LIST)) == 3
    assert "looked through" not in shown.panel("events").text


def test_a_list_without_a_total_ends_where_the_platform_has_no_such_page(sandbox: Sandbox, listing: Listing) -> None:
    sandbox.faults.add(LIST, "wrong_type", body=open_ones(range(50)), count=1)
    sandbox.faults.add(LIST, "status", status=404)
    shown = listing("?status=OPEN")
    assert title(shown) == "50 events"
    assert "looked through" not in shown.panel("events").text


def test_a_list_without_a_total_that_breaks_off_is_no_list(sandbox: Sandbox, listing: Listing) -> None:
    sandbox.faults.add(LIST, "wrong_type", body=open_ones(range(50)), count=1)
    sandbox.faults.add(LIST, "status", status=503)
    assert listing("?status=OPEN").panel("events")["data-state"] == "failed"


def test_a_list_without_end_says_that_some_were_not_looked_at(sandbox: Sandbox, listing: Listing) -> None:
    for page in range(25):
        sandbox.faults.add(LIST, "wrong_type", body=open_ones(range(50 * page, 50 * page + 50)), count=1)
    shown = listing("?status=OPEN")
    assert len(sandbox.log.of(path=LIST)) == 20
    assert title(shown) == "1,000 events, page 1 of 20"
    assert "Only the first 1,000 events were looked through" in shown.panel("events").text


def test_a_page_that_cannot_be_read_fails_the_search_by_status(sandbox: Sandbox, listing: Listing) -> None:
    listing()
    sandbox.faults.add(LIST, "status", status=503)
    shown = listing("?status=RUNNING")
    assert shown.panel("events")["data-state"] == "failed"


@pytest.mark.parametrize("q", ["zzzz", "%3Cscript%3E1"])
def test_nothing_found_is_not_nothing_there(listing: Listing, q: str) -> None:
    shown = listing(f"?q={q}")
    panel = shown.panel("events")
    assert panel["data-state"] == "empty"
    assert "No event matches these filters." in panel.text
    assert panel.one("a", href=EVENTS).text == "Clear the filters"


def test_a_partner_without_events_is_told_what_will_be_there(sandbox: Sandbox, listing: Listing) -> None:
    sandbox.faults.add(LIST, "wrong_type", body=answer([], total=0, page=1, pages=0))
    panel = listing().panel("events")
    assert panel["data-state"] == "empty"
    assert "The platform lists no events for this partner yet." in panel.text
    assert "Clear the filters" not in panel.text


def test_a_page_beyond_the_last_leads_back(listing: Listing) -> None:
    panel = listing("?page=9&archived=1").panel("events")
    assert panel["data-state"] == "empty"
    assert "There is no page 9: the list has 2 pages." in panel.text
    assert panel.one("a", href=f"{EVENTS}?archived=1&page=2").text == "Go to the last page"


def test_a_platform_without_that_page_says_404(sandbox: Sandbox, listing: Listing) -> None:
    sandbox.faults.add(LIST, "status", status=404)
    panel = listing("?page=9").panel("events")
    assert panel["data-state"] == "empty"
    assert "The list ends before page 9." in panel.text
    assert panel.one("a", href=EVENTS).text == "Go to the last page"


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_list_that_cannot_be_read_says_so_with_a_way_to_try_again(
    sandbox: Sandbox, listing: Listing, kind: Kind
) -> None:
    sandbox.faults.add(LIST, kind)
    panel = listing("?q=satie&page=2").panel("events")
    assert panel["data-state"] == "failed"
    assert panel.one("p", class_="reference").one("code").text
    assert panel.one("a", href=f"{EVENTS}?q=satie&page=2").text == "Try again"


def test_a_list_that_the_account_may_not_read_says_so_and_the_account_is_checked(
    sandbox: Sandbox, listing: Listing, clean_redis: Redis
) -> None:
    sandbox.faults.add(LIST, "status", status=403)
    panel = listing().panel("events")
    assert panel["data-state"] == "not-permitted"
    assert "The platform does not let this account read or change this." in panel.text
    assert clean_redis.llen("portal") == 1


def test_filters_that_the_platform_refuses_are_a_failed_panel(sandbox: Sandbox, listing: Listing) -> None:
    sandbox.faults.add(LIST, "status", status=422)
    panel = listing("?q=x").panel("events")
    assert panel["data-state"] == "failed"
    assert "The platform refused these values." in panel.text


@pytest.mark.parametrize(
    ("page", "query", "shown_title", "count", "more"),
    [
        # A bare array is the whole list, also when it is longer than a page.
        (None, "", "120 events, page 1 of 3", 50, True),
        (None, "?page=3", "120 events, page 3 of 3", 20, False),
        # Neither a total nor a number of pages: as long as pages are full there may be another.
        ({}, "", "page 1", 50, True),
        # Only a total.
        ({"total": 60}, "", "60 events, page 1 of 2", 50, True),
        ({"total": 60, "pages": 2}, "", "60 events, page 1 of 2", 50, True),
    ],
)
def test_lists_come_in_every_form_of_the_contract(
    sandbox: Sandbox,
    listing: Listing,
    page: dict[str, Json] | None,
    query: str,
    shown_title: str,
    count: int,
    more: bool,
) -> None:
    items: list[Json] = [wire(number) for number in range(120 if page is None else 50)]
    sandbox.faults.add(LIST, "wrong_type", body=items if page is None else answer(items, **page))
    shown = listing(query)
    assert title(shown) == shown_title
    assert len(shown.rows("events")) == count
    assert bool(shown.root.all("a", rel="next")) is more


def test_thousands_of_events_have_few_page_links(sandbox: Sandbox, listing: Listing) -> None:
    items: list[Json] = [wire(number) for number in range(50)]
    sandbox.faults.add(LIST, "wrong_type", body=answer(items, total=61_234, page=600, pages=1225))
    shown = listing("?page=600")
    assert title(shown) == "61,234 events, page 600 of 1,225"
    links = shown.root.one("nav", class_="paging").one("ol").all("li")
    assert [link.text for link in links] == ["1", "…", "599", "600", "601", "…", "1,225"]


@pytest.mark.parametrize(
    ("benchmark", "value", "shown_value", "words"),
    [
        (
            {"prediction": {"value": 0.78, "benchmark": 0.65}, "state": "above"},
            "0.78",
            "78%",
            "above the benchmark of 65%",
        ),
        ({"prediction": {"value": 78, "benchmark": 65}, "state": "above"}, "0.78", "78%", "above the benchmark of 65%"),
        (
            {"prediction": {"value": 1.2, "benchmark": 1.4}, "state": "below"},
            "1.2",
            "120%",
            "below the benchmark of 140%",
        ),
        (
            {"prediction": {"value": 0.5, "benchmark": 65}, "state": "below"},
            "0.005",
            "0.5%",
            "below the benchmark of 65%",
        ),
        ({"prediction": {"value": 0, "benchmark": 0.5}, "state": "below"}, "0", "0%", "below the benchmark of 50%"),
        ({"prediction": {"value": 0.6, "benchmark": 0.6}, "state": "at"}, "0.6", "60%", "at the benchmark of 60%"),
        (
            {"prediction": {"value": 0.6, "benchmark": 0.6}, "state": "sideways"},
            "0.6",
            "60%",
            "benchmark 60%, “sideways”",
        ),
        ({"prediction": {"value": 0.6, "benchmark": 0.6}}, "0.6", "60%", "benchmark 60%"),
        ({"prediction": {"value": 0.6}, "state": "above"}, "0.6", "60%", "above the benchmark"),
        ({"prediction": {"benchmark": 0.6}}, "", "—", "benchmark 60%"),
        ({}, "", "—", ""),
        (None, "", "—", ""),
    ],
)
def test_the_benchmark_is_read_as_fractions_or_percent(
    sandbox: Sandbox, listing: Listing, benchmark: Json, value: str, shown_value: str, words: str
) -> None:
    sandbox.faults.add(LIST, "wrong_type", body=[wire(1, benchmark=benchmark)])
    cell = row(listing(), "evt_1").one("td", class_="num")
    assert cell["data-value"] == value
    assert cell.text == f"{shown_value} {words}".strip()


def test_an_event_leads_to_its_page_and_to_its_campaigns_when_it_has_any(listing: Listing) -> None:
    shown = listing("?q=k%C3%B6lsche")
    found = row(shown, "evt+köln 7")
    assert [link["href"] for link in found.all("a")] == [
        "/p/partner-id-acme/events/evt+k%C3%B6ln%207/",
        "/p/partner-id-acme/campaigns/evt+k%C3%B6ln%207/",
    ]
    plain = row(listing("?q=hofkonzert"), "evt_plain")
    assert [link["href"] for link in plain.all("a")] == ["/p/partner-id-acme/events/evt_plain/"]


@pytest.mark.parametrize("eid", ["a/b", "..", "."])
def test_an_id_that_cannot_be_an_address_is_listed_without_a_link(sandbox: Sandbox, listing: Listing, eid: str) -> None:
    sandbox.faults.add(LIST, "wrong_type", body=[{"id": eid, "title": "Odd", "campaign_status": "OPEN"}])
    found = row(listing(), eid)
    assert found.one("th").text == "Odd"
    assert found.all("a") == []


def test_odd_titles_and_missing_members_are_shown_as_they_are(sandbox: Sandbox, listing: Listing) -> None:
    shown = listing()
    for eid in ("evt_emoji", "evt_rtl", "evt_markup", "evt_long"):
        assert row(shown, eid).one("th").one("a").text == " ".join(sandbox.world[ACME].events[eid].title.split())
    bare = row(shown, "evt_bare")
    assert bare.one("a").text == "evt_bare"
    assert bare.one("td", class_="starts").text == "No date yet"
    assert [badge.text for badge in row(shown, "evt_postponed").all("span", class_="state")] == [
        "postponed",
        "WARMING_UP",
    ]


def test_an_event_that_stands_twice_is_listed_once(sandbox: Sandbox, listing: Listing) -> None:
    sandbox.faults.add(LIST, "wrong_type", body=[wire(1), wire(2), wire(1)])
    assert sorted(listing().rows("events")) == ["evt_1", "evt_2"]


def test_cities_can_be_ticked_and_stay_on_offer_when_one_is_chosen(sandbox: Sandbox, listing: Listing) -> None:
    offered = [box["value"] for box in listing().root.all("input", type="checkbox", name="city")]
    assert offered == ["Berlin", "Hamburg", "Köln", "München", "Wien"]
    shown = listing("?city=Wien&city=Graz")
    boxes = shown.root.all("input", type="checkbox", name="city")
    assert [box["value"] for box in boxes] == ["Berlin", "Graz", "Hamburg", "Köln", "München", "Wien"]
    assert [box["value"] for box in boxes if "checked" in box.attributes] == ["Graz", "Wien"]
    assert {sandbox.world[ACME].events[eid].venue.city for eid in shown.rows("events")} == {"Wien"}


def test_no_call_is_made_twice_and_a_second_look_makes_none(sandbox: Sandbox, listing: Listing) -> None:
    listing()
    assert Counter(entry.path for entry in sandbox.log.of(method="GET")) == {LIST: 1}
    listing("?q=satie")
    assert Counter(entry.path for entry in sandbox.log.of(method="GET")) == {LIST: 2}
    sandbox.log.clear()
    listing()
    listing("?q=satie")
    assert len(sandbox.log) == 0


def test_a_silent_platform_costs_no_more_than_the_page_deadline(
    sandbox: Sandbox, listing: Listing, settings: Settings
) -> None:
    settings.PLATFORM_PAGE_SECONDS = 0.6
    sandbox.faults.add(LIST, "timeout", seconds=600)
    started = clock.monotonic()
    assert listing().panel("events")["data-state"] == "failed"
    assert clock.monotonic() - started < 15


def test_a_stranger_finds_nothing_and_the_platform_is_not_asked(
    sandbox: Sandbox, charlie: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(charlie).get(EVENTS).status_code == 404
    assert client_for(charlie).get(f"{EVENTS}?q=satie").status_code == 404
    assert len(sandbox.log) == 0


def test_the_list_is_only_read(sandbox: Sandbox, client: Client) -> None:
    assert client.post(EVENTS).status_code == 405
    assert len(sandbox.log) == 0


def test_what_htmx_gets_is_what_was_found_and_the_words_at_the_fields(client: Client) -> None:
    response = swap(client, "?q=satie&from=x&to=&city=&page=")
    shown = read(response)
    assert not shown.root.all("form")
    assert shown.root.one("div", id="found").one("h2").text == "1 event"
    words = {each["data-field"]: each.text for each in shown.root.all("p", hx_swap_oob="true")}
    assert set(words) == {"q", "from", "to", "status", "campaigns", "archived", "city"}
    assert {field: text for field, text in words.items() if text} == {
        "from": "This is not a date: write it as 2026-06-15."
    }
    assert response["HX-Push-Url"] == f"{EVENTS}?q=satie"
    assert json.loads(response["HX-Trigger"]) == {"announce": {"value": "1 event"}}


def test_what_is_typed_letter_by_letter_is_one_step_back(client: Client) -> None:
    first = swap(client, "?q=s", trigger="q")
    assert first["HX-Push-Url"] == f"{EVENTS}?q=s"
    second = swap(client, "?q=sa", trigger="q", url=f"{EVENTS}?q=s")
    assert second["HX-Replace-Url"] == f"{EVENTS}?q=sa"
    assert "HX-Push-Url" not in second
    # Another filter is a step of its own.
    assert swap(client, "?q=sa&campaigns=1", url=f"{EVENTS}?q=sa")["HX-Push-Url"] == f"{EVENTS}?q=sa&campaigns=1"


def test_a_failed_search_is_announced_too(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.add(LIST, "status", status=503)
    response = swap(client, "?q=satie")
    assert response.status_code == 200
    assert json.loads(response["HX-Trigger"]) == {"announce": {"value": "The platform cannot be reached right now."}}


def test_the_room_in_the_bar_leads_here(client: Client) -> None:
    rooms = read(client.get(EVENTS)).root.one("nav", class_="rooms")
    assert rooms.one("a", aria_current="true")["href"] == EVENTS
