"""The campaign page in a real Chromium: from a number to how it was made, and on to the same days in Lookout."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.demo import MARKETER

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
CAMPAIGN = "/p/partner-id-acme/campaigns/evt_closed/"
SIZES = """
role => document.querySelector('[data-chart=balance]').data
  .filter(trace => !role || trace.meta.role === role)
  .map(trace => Array.from(trace.x, x => Math.round(x * 100)))
"""


def opened(visit: Visit, **options: object) -> tuple[Visitor, Page]:
    alice = visit(**options)
    page = alice.open(CAMPAIGN)
    alice.sign_in(MARKETER)
    expect(page.locator('[data-panel="post-campaign"][data-state="ready"]')).to_be_visible()
    return alice, page


def test_from_the_card_to_how_it_was_made_and_to_the_same_days_in_lookout(visit: Visit) -> None:
    _alice, page = opened(visit)
    card = page.locator("[data-panel=post-campaign]")
    made = card.locator("table[data-table=made]")
    expect(made).to_be_hidden()
    card.get_by_text("How these numbers were made", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(made).to_be_visible()
    roas = made.locator("tr[data-id=roas]")
    revenue = card.locator("data[data-kpi=revenue]").inner_text()
    expect(roas).to_contain_text(f"{revenue} ÷ ")
    expect(roas).to_contain_text("GET /events/{eid}/statistics")
    expect(roas).to_contain_text("Revenue ÷ ad spend")
    definition = card.locator("dl", has=page.locator("[data-kpi=roas]")).locator("button.define")
    definition.focus()
    page.keyboard.press("Enter")
    expect(card.get_by_text("Return on ad spend", exact=False).first).to_be_visible()
    page.keyboard.press("Escape")
    jump = page.locator("#lookout")
    days = jump.inner_text().removeprefix("Lookout, ")
    jump.click()
    expect(page).to_have_url(re.compile(r"/events/evt_closed/\?period=custom&from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d$"))
    expect(page.locator("[data-panel=event-kpis] .panel-caption")).to_contain_text(days)


def test_the_balance_draws_what_its_table_says(visit: Visit) -> None:
    _alice, page = opened(visit)
    page.locator("[data-panel=balance]").scroll_into_view_if_needed()
    expect(page.locator("[data-chart=balance][data-drawn]")).to_be_visible()
    drawn = {role: page.evaluate(SIZES, role)[0][0] for role in ("campaign", "organic", "automated", "manual")}
    for role, cents in drawn.items():
        cell = page.locator(f'[data-table=balance] tr[data-id="{role}"] td').first
        assert round(float(cell.get_attribute("data-value") or "") * 100) == cents
    sold = page.locator("[data-panel=balance] data[data-kpi=revenue]").get_attribute("value") or ""
    assert drawn["campaign"] + drawn["organic"] == round(float(sold) * 100)
    page.locator("[data-panel=before-during]").scroll_into_view_if_needed()
    expect(page.locator("[data-chart=before-during][data-drawn]")).to_be_visible()


def test_without_javascript_every_number_and_how_it_was_made_can_be_read(visit: Visit) -> None:
    _alice, page = opened(visit, javascript=False, width=360)
    page.get_by_text("How these numbers were made", exact=True).first.click()
    expect(page.locator("table[data-table=made] tr[data-id=share]")).to_be_visible()
    page.locator("[data-panel=balance] summary").click()
    expect(page.locator('table[data-table=balance] tr[data-id="measured"]')).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_small_phone(visit: Visit, scheme: str) -> None:
    _alice, page = opened(visit, width=320, scheme=scheme)
    page.get_by_text("How these numbers were made", exact=True).first.click()
    page.locator("[data-panel=balance]").scroll_into_view_if_needed()
    expect(page.locator("[data-chart=balance][data-drawn]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
