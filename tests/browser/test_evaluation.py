"""A package's settings, changed by one and followed by two, in two real browsers against every real process."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.demo import MARKETER, VIEWER, Demo
from tests.browser.test_accessibility import violations

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


def execute(demo: Demo, statement: str, *values: str) -> int:
    """In the demo's own database; how many rows it changed."""
    running = (demo.folder / "postgres" / "pgdata" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    with psycopg.connect(host=running[4], user="postgres", dbname="portal") as database:
        return database.execute(statement, values).rowcount  # type: ignore[arg-type]


def end(demo: Demo, package_id: str) -> None:
    """As the list of the platform would tell in a few minutes."""
    assert execute(demo, "UPDATE backhaul_package SET status = 'EXPIRED' WHERE package_id = %s", package_id) == 1


def end_sessions(demo: Demo) -> None:
    """As from another browser, or when their time is over: this one keeps its cookies."""
    assert execute(demo, "DELETE FROM django_session") > 0


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


def test_what_is_typed_into_an_open_page_outlives_the_session(visit: Visit) -> None:
    alice = visit()
    page = alice.open(PACKAGE)
    alice.sign_in(MARKETER)
    form = page.locator('form[data-form="settings"]')
    window, reason = form.locator("[name=window]"), form.locator("[name=reason]")
    window.fill("29")
    reason.fill("Late buyers")

    # Ended from elsewhere: the page asks for news, stays, and says so in the form that was typed into.
    end_sessions(alice.demo)
    note = form.locator("[data-signed-out]")
    expect(note).to_contain_text("You were signed out. What you typed is still here, and nothing was sent.")
    expect(page.locator("[data-signed-out]")).to_have_count(1)
    expect(window).to_have_value("29")
    assert violations(alice) == []
    with page.expect_popup() as opened:
        note.get_by_role("link", name="Sign in in a new tab").click()
    tab = Visitor(opened.value, alice.demo)
    tab.sign_in(MARKETER)
    expect(tab.page).to_have_url(alice.demo.address + PACKAGE)

    # Back: signed in again, so that the note goes; the button sends nothing, it shows once more what was typed.
    expect(note).to_have_count(0)
    expect(window).to_have_value("29")
    form.get_by_role("button", name="Save settings").click()
    told = page.locator('[data-panel="settings"] [data-told]')
    expect(told).to_contain_text("Nothing has been sent yet.")
    expect(told).to_be_focused()
    expect(told).to_be_in_viewport(ratio=1)
    expect(window).to_have_value("29")
    expect(reason).to_have_value("Late buyers")
    expect(page.locator('[data-setting="window"]')).not_to_contain_text("29")
    form.get_by_role("button", name="Show the effect").click()
    expect(page.locator("[data-effect]")).to_contain_text("→ 29 days")

    # A page with nothing typed into it is led to sign in.
    end_sessions(alice.demo)
    expect(tab.page).to_have_url(re.compile(r"/account/login/\?next=%2Fp%2F"))
