"""The campaigns list in a real Chromium: rows fill in by themselves, and nothing else moves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import PATIENCE
from tests.browser.conftest import Visitor
from tests.browser.demo import MARKETER

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
LIST = "/p/partner-id-acme/campaigns/"
ROWS = '[data-table="campaigns"] tbody tr'
CLOSED = f'{ROWS}[data-id="evt_closed"]'


# How often something fades in.
NOTE_FADES = """() => {
    window.fades = 0;
    const { animate } = Element.prototype;
    Element.prototype.animate = function (...how) { window.fades += 1; return animate.apply(this, how); };
}"""


def ids(page: Page) -> list[str]:
    found: list[str] = page.locator(ROWS).evaluate_all("rows => rows.map(row => row.dataset.id)")
    return found


def test_results_fill_in_by_themselves_and_the_focus_stays(visit: Visit) -> None:
    alice = visit()
    page = alice.open("/p/partner-id-acme/")
    page.emulate_media(reduced_motion="no-preference")
    alice.sign_in(MARKETER)
    expect(page.locator('[data-panel="dashboard"]')).to_be_visible()
    with alice.demo.holding("/campaign_results/"):
        alice.demo.forget_answers()
        page.locator("nav.rooms").get_by_role("link", name="Campaigns").click()
        page.wait_for_url(f"**{LIST}")
        expect(page.locator("#reading")).to_have_attribute("data-progress", "reading")
        expect(page.locator(CLOSED)).to_contain_text("Not read yet.")
        page.locator(CLOSED).locator("th a").focus()
        page.evaluate(NOTE_FADES)
        before = ids(page)
    expect(page.locator(f'{CLOSED} [data-value="9990.9"]')).to_be_visible()
    expect(page.locator(CLOSED)).to_contain_text("222")
    expect(page.locator("#reading")).to_have_attribute("data-progress", "done")
    expect(page.locator(CLOSED).locator("th a")).to_be_focused()
    assert ids(page) == before
    expect(page.locator("#live")).to_have_text("All results are read.")
    # Nobody asked for it: the table does not flicker while it is being filled.
    assert page.evaluate("window.fades") == 0
    # Asked once a second until then, and not any more.
    expect(page.locator("#rows")).not_to_have_attribute("hx-get", LIST)
    expect(page).to_have_url(f"{alice.demo.address}{LIST}")
    # The largest revenue first, by keyboard; the head keeps the focus, and a filter keeps the order.
    page.locator("#sort-revenue").focus()
    page.keyboard.press("Enter")
    expect(page.locator(ROWS).first).to_have_attribute("data-id", "evt_closed")
    expect(page.locator("#sort-revenue")).to_be_focused()
    assert page.evaluate("window.fades") > 0
    page.get_by_label("Running", exact=True).check()
    expect(page).to_have_url(f"{alice.demo.address}{LIST}?status=RUNNING&sort=-revenue")
    expect(page.locator(ROWS).first).to_have_attribute("data-id", "evt_running")


def test_without_javascript_a_reload_shows_what_has_come_in(visit: Visit) -> None:
    alice = visit(javascript=False)
    page = alice.open(f"{LIST}?q=tour")
    alice.sign_in(MARKETER)
    expect(page.locator(ROWS).first).to_be_visible()

    def is_done() -> bool:
        page.reload()
        return page.locator("#reading").get_attribute("data-progress") == "done"

    until = time.monotonic() + PATIENCE / 1000
    while not is_done():
        assert time.monotonic() < until
    expect(page.locator(ROWS).first).to_contain_text("No results yet.")
    page.get_by_label("Closed", exact=True).check()
    page.get_by_role("button", name="Show campaigns").click()
    expect(page).to_have_url(f"{alice.demo.address}{LIST}?q=tour&from=&to=&status=CLOSED")
    assert set(ids(page)) <= {"evt_tour_ber"}


@pytest.mark.parametrize("width", [1280, 360, 320])
def test_the_list_is_not_wider_than_the_screen(visit: Visit, width: int) -> None:
    alice = visit(width=width)
    page = alice.open(LIST)
    alice.sign_in(MARKETER)
    expect(page.locator('[data-panel="campaigns"]')).to_be_visible()
    # Also where rows are cards, the list can be sorted.
    page.locator("#sort-date").click()
    expect(page).to_have_url(re.compile(r"sort=-?date"))
    for path in (LIST, f"{LIST}?q=zzzz", f"{LIST}?sort=luck&from=x", f"{LIST}?spend=1&sort=-roas"):
        alice.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
