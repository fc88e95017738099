"""A manager signs a result off in one browser, an editor changes its settings in another: both see it unsigned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.demo import MANAGER, MARKETER

pytestmark = pytest.mark.browser

PACKAGE = "/p/partner-id-acme/packages/pkg_final/"


def read_once(manager: Visitor) -> Page:
    """A package that was never read is read when somebody opens it."""
    page = manager.open(PACKAGE)
    manager.sign_in(MANAGER)
    expect(page.locator('[data-panel="evaluation"][data-state="ready"]')).to_be_visible()
    return page


def test_a_sign_off_ends_visibly_for_everybody_when_the_settings_change(visit: Callable[..., Visitor]) -> None:
    manager, editor = visit(), visit()
    board = read_once(manager)
    manager.open("/")
    expect(board).to_have_url(f"{manager.demo.address}/review/")
    row = board.locator("[data-table=review] tr[data-id=pkg_final]")
    expect(row).to_contain_text("Final and not signed off")
    row.get_by_role("link").first.click()
    panel = board.locator('[data-panel="sign-off"]')
    expect(panel).to_have_attribute("data-sign-off", "unsigned")
    panel.get_by_label("Note").fill("Checked with the venue.")
    panel.get_by_role("button", name="Sign off").click()
    expect(panel).to_have_attribute("data-sign-off", "signed")

    theirs = editor.open(PACKAGE)
    editor.sign_in(MARKETER)
    seen = theirs.locator('[data-panel="sign-off"]')
    expect(seen).to_contain_text("Signed off by")
    expect(seen).to_contain_text("Checked with the venue.")
    form = theirs.locator("form[data-form=settings]")
    form.locator("[name=window]").fill("21")
    form.locator("[name=reason]").fill("The tail was longer.")
    form.get_by_role("button", name="Save settings").click()
    expect(theirs.locator('[data-panel="sign-off"]')).to_have_attribute("data-sign-off", "unsigned_by_change")
    expect(theirs.locator('[data-panel="sign-off"]')).to_contain_text("window 7 days → 21 days")

    manager.open("/review/?why=changed")
    expect(row).to_contain_text("Changed since its sign-off")
    manager.open(PACKAGE)
    expect(panel).to_contain_text("No longer signed off.")
    expect(panel).to_contain_text("“The tail was longer.”")


def test_the_board_finds_while_one_types(visit: Callable[..., Visitor]) -> None:
    manager = visit()
    board = read_once(manager)
    manager.open("/review/")
    board.locator("#q").press_sequentially("farewell", delay=20)
    expect(board.locator("[data-table=review] tbody tr")).to_have_count(1)
    expect(board).to_have_url(f"{manager.demo.address}/review/?q=farewell")


def test_the_board_is_sorted_by_keyboard_and_a_filter_keeps_the_order(visit: Callable[..., Visitor]) -> None:
    manager = visit()
    board = read_once(manager)
    manager.open("/review/")
    head = board.locator("#sort-revenue")
    head.focus()
    above = board.evaluate("scrollTo(0, 120); document.body.dataset.loaded = 'once'; scrollY")
    for order, sort in (("descending", "-revenue"), ("ascending", "revenue")):
        board.keyboard.press("Enter")
        expect(board).to_have_url(f"{manager.demo.address}/review/?sort={sort}")
        expect(board.locator("th", has=head)).to_have_attribute("aria-sort", order)
        expect(head).to_be_focused()
    # The page stayed, and where it stood.
    expect(board.locator("body")).to_have_attribute("data-loaded", "once")
    assert board.evaluate("scrollY") == above
    board.get_by_role("group", name="Evaluation").get_by_label("Final", exact=True).check()
    expect(board).to_have_url(f"{manager.demo.address}/review/?state=final&sort=revenue")
    expect(board.locator("th", has=head)).to_have_attribute("aria-sort", "ascending")
    board.locator("#q").press_sequentially("farewell", delay=20)
    expect(board).to_have_url(f"{manager.demo.address}/review/?q=farewell&state=final&sort=revenue")


def test_what_cannot_be_read_anew_is_not_called_up_to_date(visit: Callable[..., Visitor]) -> None:
    manager = visit()
    page = manager.open("/p/partner-id-acme/package-defaults/")
    manager.sign_in(MANAGER)
    expect(page.locator('[data-panel="defaults"]')).to_be_visible()
    head = page.locator(".freshness")
    expect(head.get_by_text("Up to date")).to_be_visible()
    path = "/partners/partner-id-acme/backhaul_attribution_details"
    fault = manager.demo.steer("POST", "faults", path=path, kind="status", status=503)
    page.reload()
    expect(page.locator('[data-panel="defaults"]')).to_contain_text("The last answer we have.")
    expect(head.get_by_text("Some parts failed")).to_be_visible()
    expect(head.get_by_text("Up to date")).not_to_be_visible()
    manager.demo.steer("DELETE", f"faults?id={fault['id']}")
    page.reload()
    expect(head.get_by_text("Up to date")).to_be_visible()
