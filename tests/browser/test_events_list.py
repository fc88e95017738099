"""Looking for an event, in a real Chromium: by typing, by keyboard, back and forth, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor, back
from tests.browser.demo import MARKETER

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
EVENTS = "/p/partner-id-acme/events/"
ROWS = '[data-table="events"] tbody tr'


def listed(page: Page) -> list[str]:
    found: list[str] = page.locator(ROWS).evaluate_all("rows => rows.map(row => row.dataset.id)")
    return found


def opened(visit: Visit, path: str = EVENTS, **options: object) -> tuple[Visitor, Page]:
    alice = visit(**options)
    page = alice.open(path)
    alice.sign_in(MARKETER)
    expect(page.locator('[data-panel="events"]')).to_be_visible()
    return alice, page


def test_what_is_typed_finds_events_and_the_cursor_stays(visit: Visit) -> None:
    alice, page = opened(visit)
    expect(page.locator(ROWS)).to_have_count(50)
    page.get_by_role("searchbox").press_sequentially("satie", delay=30)
    expect(page.locator(ROWS)).to_have_count(1)
    assert listed(page) == ["evt_slow"]
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?q=satie")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator("#live")).to_have_text("1 event")
    page.keyboard.type("zz")
    expect(page.locator('[data-panel="events"][data-state="empty"]')).to_be_visible()
    expect(page.locator("#live")).to_have_text("No event matches these filters.")
    page.get_by_role("link", name="Clear the filters").click()
    expect(page.locator(ROWS)).to_have_count(50)
    expect(page).to_have_url(alice.demo.address + EVENTS)


def test_a_newer_search_takes_the_place_of_one_that_is_under_way(visit: Visit) -> None:
    alice, page = opened(visit)
    # The first search gets no answer as long as anybody waits for it.
    page.route(re.compile(r"\?q=comedy"), lambda _route: None)
    with page.expect_request(re.compile(r"\?q=comedy")):
        page.get_by_role("searchbox").fill("comedy")
    with page.expect_event("requestfailed", lambda request: "q=comedy" in request.url):
        page.get_by_role("searchbox").fill("satie")
    expect(page.locator(ROWS)).to_have_count(1)
    assert listed(page) == ["evt_slow"]
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?q=satie")
    expect(page.locator("#found")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#messages")).to_be_empty()


def test_filters_begin_on_the_first_page_and_the_way_back_leads_through_them(visit: Visit) -> None:
    alice, page = opened(visit, f"{EVENTS}?page=2")
    expect(page.locator(ROWS)).to_have_count(10)
    page.get_by_text("Campaign status, city and more").click()
    page.get_by_label("Wien", exact=True).check()
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?city=Wien")
    expect(page.get_by_label("Wien", exact=True)).to_be_focused()
    in_vienna = listed(page)
    assert 0 < len(in_vienna) < 50
    page.get_by_label("Running", exact=True).check()
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?city=Wien&status=RUNNING")
    assert set(listed(page)) < set(in_vienna)
    back(page)
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?city=Wien")
    expect(page.get_by_label("Wien", exact=True)).to_be_checked()
    expect(page.get_by_label("Running", exact=True)).not_to_be_checked()
    assert listed(page) == in_vienna
    back(page)
    expect(page.locator(ROWS)).to_have_count(10)


def test_pages_are_turned_by_keyboard(visit: Visit) -> None:
    alice, page = opened(visit)
    page.get_by_role("link", name="Next page").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?page=2")
    expect(page.locator(ROWS)).to_have_count(10)
    # The link is gone with the last page: the focus is where the reading goes on.
    expect(page.locator("#found")).to_be_focused()
    expect(page.locator("#live")).to_have_text("60 events, page 2 of 2")
    page.keyboard.press("Tab")
    expect(page.locator(f"{ROWS} a").first).not_to_be_focused()


def test_days_the_wrong_way_round_are_explained_where_they_stand(visit: Visit) -> None:
    _alice, page = opened(visit, f"{EVENTS}?from=2030-01-10")
    page.get_by_label("Shows until").fill("2030-01-01")
    expect(page.locator("#to_error")).to_have_text("The last day is before the first, so it is not used.")
    expect(page.get_by_label("Shows until")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Shows until").fill("2030-02-01")
    expect(page.locator("#to_error")).to_be_empty()
    expect(page.get_by_label("Shows until")).not_to_have_attribute("aria-invalid", "true")


def test_it_all_works_without_javascript(visit: Visit) -> None:
    alice, page = opened(visit, javascript=False)
    page.get_by_role("searchbox").fill("tour")
    page.get_by_text("Campaign status, city and more").click()
    page.get_by_label("Running", exact=True).check()
    page.get_by_label("Another city").fill("Köln")
    page.get_by_role("button", name="Show events").click()
    assert listed(page) == ["evt_tour_cgn"]
    expect(page.get_by_label("Köln", exact=True)).to_be_checked()
    page.get_by_role("link", name="Clear the filters").click()
    page.get_by_role("link", name="Next page").click()
    expect(page).to_have_url(f"{alice.demo.address}{EVENTS}?page=2")
    expect(page.locator(ROWS)).to_have_count(10)


@pytest.mark.parametrize("width", [1280, 360, 320])
def test_neither_the_list_nor_the_dashboard_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    alice, _page = opened(visit, width=width)
    for path in (EVENTS, f"{EVENTS}?q=zzzz", f"{EVENTS}?city=Wien&status=OPEN&to=x", "/p/partner-id-acme/"):
        page = alice.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
