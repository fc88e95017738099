"""A whole life of an adjustment, in a real browser: typed, warned of, confirmed, deleted after a proof, restored."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import ACME, deletes, posts, rows_of
from tests.browser.chromium import launch

PASSWORD = "a-long-password"
FOUR = ["cr_closed_a1", "cr_closed_a2", "cr_closed_m1", "cr_closed_m2"]


def add(page: Page, purchases: str, revenue: str) -> None:
    """By keyboard alone, from the summary on."""
    page.locator("[data-panel=adjustments]").get_by_text("Add an adjustment").focus()
    page.keyboard.press("Enter")
    for typed in (purchases, revenue, "Box office list"):
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")


def told(page: Page, words: str) -> None:
    """What became of it is said in sight, and has the focus."""
    note = page.locator("[data-panel=adjustments] [data-told]")
    expect(note).to_contain_text(words)
    expect(note).to_be_focused()
    expect(note).to_be_in_viewport(ratio=1)


def marks(page: Page) -> list[str]:
    """Ids of the adjustments in the picture."""
    found: list[str] = page.evaluate(
        """() => JSON.parse(document.getElementById('chart-daily-revenue-figure').textContent).data
          .filter(trace => trace.mode === 'markers').flatMap(trace => trace.customdata.map(mark => mark.id))"""
    )
    return sorted(found)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("room", ["events", "campaigns"])
def test_an_adjustment_lives(
    sandbox: Sandbox,
    client_for: Callable[..., Client],
    alice: User,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
    room: str,
) -> None:
    # Playwright's own event loop runs in this thread; the database is used beside it, never in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    alice.set_password(PASSWORD)
    alice.save()
    session = client_for(alice, stale=True).cookies[settings.SESSION_COOKIE_NAME].value
    address = f"{live_server.url}/p/{ACME}/{room}/evt_closed/"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(locale="en-GB")
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(address)

        # Warned of a row that is equal to an old one's values by a hundredfold price, and confirmed by two clicks.
        add(page, "3", "€ 15.000,00")
        expect(page.locator("[data-warnings]")).to_have_attribute("data-warnings", "odd-average")
        expect(page.locator("[data-kpi=adjustment_revenue]")).to_have_attribute("value", "24990.9")
        assert posts(sandbox) == 0
        page.get_by_role("button", name="Add adjustment all the same").dblclick()
        table = page.locator("table[data-table=adjustments]")
        expect(table.locator("tbody tr")).to_have_count(5)
        (made,) = set(rows_of(sandbox, "evt_closed")) - set(FOUR)
        row = table.locator(f"tr[data-id={made}]")
        expect(row).to_contain_text("€15,000.00")
        expect(row).to_contain_text("Box office list")
        assert posts(sandbox) == 1
        told(page, "Adjustment added.")
        if room == "events":
            assert marks(page) == sorted([*FOUR, made])

        # Deleted, after proving who is there; what was typed is still there afterwards.
        row.get_by_text("Delete", exact=True).click()
        row.get_by_label("Reason").fill("Typed a zero too many")
        row.get_by_role("button", name="Delete adjustment").click()
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        assert deletes(sandbox) == 0
        form = page.locator("form[data-form=delete-adjustment]")
        expect(form.get_by_label("Reason")).to_have_value("Typed a zero too many")
        form.get_by_role("button", name="Delete adjustment").click()
        expect(page).to_have_url(re.compile(f"^{re.escape(address)}"))
        stone = page.locator(f"table[data-table=deleted-adjustments] tr[data-id={made}]")
        expect(stone).to_contain_text("Typed a zero too many")
        told(page, "Adjustment deleted.")
        assert rows_of(sandbox, "evt_closed") == FOUR
        if room == "events":
            assert marks(page) == FOUR

        # And taken back, as a new row.
        stone.get_by_role("button", name="Restore").click()
        expect(table.locator("tbody tr")).to_have_count(5)
        expect(stone.get_by_role("link", name="Restored")).to_be_visible()
        told(page, "Adjustment restored as a new row.")
        assert (posts(sandbox), deletes(sandbox), len(rows_of(sandbox, "evt_closed"))) == (2, 1, 5)
        browser.close()
