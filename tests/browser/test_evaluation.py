"""A package's settings, changed by one and followed by two, in two real browsers against every real process."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.demo import MARKETER, VIEWER, Demo

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
PACKAGE = "/p/partner-id-acme/packages/pkg_final/"
ENDING = "pkg_nosizes"
EVALUATION = '[data-panel="evaluation"]'


def customers(page: Page) -> str:
    return page.locator(f'{EVALUATION} data[data-kpi="customers"]').get_attribute("value") or ""


def test_saved_settings_are_waited_for_and_then_proved_in_two_browsers_at_once(visit: Visit) -> None:
    alice, bob = visit(), visit(width=360, scheme="dark")
    for person, email in ((alice, MARKETER), (bob, VIEWER)):
        person.open(PACKAGE)
        person.sign_in(email)
        expect(person.page.locator(f'{EVALUATION}[data-evaluation="final"]')).to_be_visible()
        person.page.evaluate("window.never_reloaded = true")
    before = customers(alice.page)
    assert customers(bob.page) == before

    form = alice.page.locator('form[data-form="settings"]')
    form.locator("[name=model]").select_option("EVENT_SERIES")
    form.locator("[name=window]").fill("3")
    form.locator("[name=reason]").fill("Only the first days count")
    form.get_by_role("button", name="Show the effect").click()
    effect = alice.page.locator("[data-effect]")
    expect(effect).to_contain_text("model All purchases → Event series and window 7 days → 3 days")
    expect(effect).to_be_focused()
    expect(alice.page.locator(f'{EVALUATION}[data-evaluation="final"]')).to_be_visible()
    alice.page.get_by_role("button", name="Save these settings").click()
    expect(alice.page.locator(f'{EVALUATION}[data-evaluation="waiting"]')).to_be_visible()
    assert customers(alice.page) == before
    alice.page.reload()
    alice.demo.bring_results()

    for person in (alice, bob):
        page = person.page
        old = page.locator(f'{EVALUATION} data[data-kpi="customers"][value="{before}"]')
        expect(old).to_have_count(0)
        expect(page.locator(f'{EVALUATION}[data-evaluation="final"]')).to_be_visible()
        expect(page.locator(EVALUATION)).to_contain_text("These results came after the settings changed")
        newest = page.locator('[data-table="ledger"] tbody tr').first
        expect(newest).to_contain_text("proved")
        expect(newest).to_contain_text(re.compile("Because: model All purchases → Event series and window 7 days → 3"))
        expect(page.locator('[data-panel="comparison"][data-state="ready"]')).to_be_visible()
        expect(page.locator('[data-table="clusters"] tbody tr')).not_to_have_count(0)
    assert customers(alice.page) == customers(bob.page)
    assert bob.page.evaluate("window.never_reloaded") is True


def test_clusters_are_sorted_and_a_past_day_is_chosen_by_keyboard(visit: Visit) -> None:
    bob = visit()
    page = bob.open(PACKAGE)
    bob.sign_in(VIEWER)
    head = page.locator('[data-table="clusters"] thead').get_by_role("link", name="Customers")
    head.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"sort=-customers"))
    expect(page.locator('[data-table="clusters"] th[aria-sort="descending"]')).to_have_text("Customers")
    shown = page.locator('[data-table="clusters"] tbody td:nth-child(2)').all()
    counts = [int(cell.get_attribute("data-value") or 0) for cell in shown]
    assert counts == sorted(counts, reverse=True)
    day = page.locator('form[data-form="as-of"] [name=as_of]')
    day.fill("2020-01-01")
    day.press("Enter")
    expect(page.locator("[data-as-of]")).to_contain_text("as it was known at the end of 1 January 2020")
    expect(page.locator(EVALUATION)).to_contain_text("The portal did not know this package yet")
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator("[data-as-of]")).to_have_count(0)


def end(demo: Demo, package_id: str) -> None:
    """As the list of the platform would tell in a few minutes."""
    running = (demo.folder / "postgres" / "pgdata" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    with psycopg.connect(host=running[4], user="postgres", dbname="portal") as database:
        done = database.execute("UPDATE backhaul_package SET status = 'EXPIRED' WHERE package_id = %s", [package_id])
        assert done.rowcount == 1


def test_a_form_gives_way_when_its_package_ends_and_what_was_typed_stays_in_sight(visit: Visit) -> None:
    alice = visit()
    page = alice.open(f"/p/partner-id-acme/packages/{ENDING}/")
    alice.sign_in(MARKETER)
    form = page.locator('form[data-form="settings"]')
    form.locator("[name=reason]").fill("Late buyers count, too")
    form.locator("[name=window]").fill("9")
    # No list that says otherwise is read meanwhile.
    with alice.demo.holding("/package_builder/packages/"):
        end(alice.demo, ENDING)
        expect(form).to_have_count(0)
        told = page.locator("[data-entered]")
        expect(told).to_contain_text("The package ended before this was saved, so nothing was sent.")
        expect(told.locator("dt")).to_have_text(["Attribution window, in days", "Reason"])
        expect(told.locator("dd")).to_have_text(["9", "Late buyers count, too"])
        # Whoever was typing is where the words are.
        expect(told.locator("dd").first).to_be_focused()
        expect(page.locator("#live")).to_have_text("The package has ended: its settings cannot be changed any more.")
        expect(page.locator(f'{EVALUATION}[data-evaluation="ended"]')).to_be_visible()
