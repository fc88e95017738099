"""A marketer's way through the portal, in a real Chromium against every real process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor, back
from tests.browser.demo import MARKETER, VIEWER

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
EVENT = "/p/partner-id-acme/events/evt_closed/"
CAMPAIGN = "/p/partner-id-acme/campaigns/evt_closed/"
PACKAGE = "/p/partner-id-acme/packages/pkg_main/"


def raw(page: Page, panel: str, kpi: str) -> Decimal:
    found = page.locator(f'[data-panel="{panel}"] data[data-kpi="{kpi}"]')
    return Decimal(found.get_attribute("value") or "NaN")


def bars_with_height(page: Page) -> int:
    """Plotly draws a path for every bucket; one without a number, or with zero, has no height."""
    paths = page.locator('[data-chart="daily-revenue"] .barlayer .point path')
    return int(paths.evaluate_all("paths => paths.filter(path => path.getBBox().height > 0).length"))


def drawn(page: Page) -> None:
    expect(page.locator('[data-chart="daily-revenue"][data-drawn]')).to_be_visible()


def figure(page: Page) -> dict[str, list[dict[str, list[float | None]]]]:
    loaded: dict[str, list[dict[str, list[float | None]]]] = json.loads(
        page.locator("#chart-daily-revenue-figure").text_content() or "{}"
    )
    return loaded


def numbers_in_bars(page: Page) -> list[float]:
    return [y for trace in figure(page)["data"] if trace.get("type") == "bar" for y in trace["y"] if y is not None]


def test_signing_in_leads_to_the_page_that_was_asked_for(visit: Visit) -> None:
    alice = visit()
    alice.open(EVENT)
    alice.sign_in(MARKETER)
    expect(alice.page).to_have_url(alice.demo.address + EVENT)
    expect(alice.page.get_by_role("heading", level=1)).to_contain_text("Farewell Night")


def test_bars_and_marks_say_what_they_are_under_the_pointer(visit: Visit) -> None:
    alice = visit()
    page = alice.open(EVENT)
    alice.sign_in(MARKETER)
    drawn(page)
    mark = page.locator('[data-chart="daily-revenue"] .scatterlayer path.point').first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    expect(page.locator(".hoverlayer")).to_contain_text("Automated adjustments")
    mark.click(force=True)
    expect(page).to_have_url(re.compile(r"#adjustments-cr_closed_"))


def test_the_chart_draws_what_the_kpis_and_the_table_say(visit: Visit) -> None:
    alice = visit()
    page = alice.open(EVENT)
    alice.sign_in(MARKETER)
    drawn(page)
    shown = numbers_in_bars(page)
    assert len(shown) > 10
    assert bars_with_height(page) == len([number for number in shown if number])
    assert round(sum(shown), 2) == float(raw(page, "event-kpis", "revenue"))
    cells = page.locator('[data-table="daily-revenue"] tbody td[data-value]:nth-child(2)').all()
    assert sum(Decimal(cell.get_attribute("data-value") or 0) for cell in cells) == raw(page, "event-kpis", "revenue")
    assert raw(page, "event-kpis", "campaign_revenue") + raw(page, "event-kpis", "organic_revenue") == raw(
        page, "event-kpis", "revenue"
    )


def test_a_layer_is_switched_off_and_the_address_remembers_it(visit: Visit) -> None:
    alice = visit()
    page = alice.open(EVENT)
    alice.sign_in(MARKETER)
    drawn(page)
    markers = page.locator('[data-chart="daily-revenue"] .scatterlayer .point')
    expect(markers).to_have_count(4)
    page.locator('[data-panel="daily-revenue"]').get_by_role("link", name="Automated").click()
    expect(page.locator('[data-chart="daily-revenue"][data-drawn] .scatterlayer .point')).to_have_count(2)
    expect(page).to_have_url(re.compile("layers="))
    page.reload()
    drawn(page)
    expect(markers).to_have_count(2)
    back(page)
    drawn(page)
    expect(markers).to_have_count(4)


def test_days_weeks_and_months_hold_the_same_sum(visit: Visit) -> None:
    alice = visit()
    page = alice.open(EVENT)
    alice.sign_in(MARKETER)
    total = raw(page, "event-kpis", "revenue")
    for by in ("day", "week", "month"):
        page = alice.open(f"{EVENT}?by={by}")
        drawn(page)
        assert round(sum(numbers_in_bars(page)), 2) == float(total)
        assert raw(page, "event-kpis", "revenue") == total


def test_the_campaign_page_shows_the_card_and_leads_back_to_lookout(visit: Visit) -> None:
    alice = visit()
    page = alice.open(CAMPAIGN)
    alice.sign_in(MARKETER)
    assert raw(page, "post-campaign", "purchases") == 222
    assert raw(page, "post-campaign", "revenue") == Decimal("9990.90")
    page.locator("#lookout").click()
    expect(page).to_have_url(
        re.compile(re.escape(alice.demo.address + EVENT) + r"\?period=custom&from=[\d-]+&to=[\d-]+$")
    )


def test_new_settings_bring_new_results_without_a_reload_for_everybody_who_looks(visit: Visit) -> None:
    alice, bob = visit(), visit()
    for person, email in ((alice, MARKETER), (bob, VIEWER)):
        person.open(PACKAGE)
        person.sign_in(email)
    evaluation = '[data-panel="evaluation"]'
    expect(alice.page.locator(f'{evaluation}[data-evaluation="provisional"]')).to_be_visible()
    before = {kpi: raw(alice.page, "evaluation", kpi) for kpi in ("customers", "items", "revenue")}
    ledger = alice.page.locator('[data-table="ledger"] tbody tr')
    results = ledger.count()
    alice.page.evaluate("window.never_reloaded = true")
    bob.page.evaluate("window.never_reloaded = true")

    form = alice.page.locator('form[data-form="settings"]')
    form.locator("[name=model]").select_option("ALL_PURCHASES")
    form.locator("[name=reason]").fill("To see the halo")
    form.get_by_role("button", name="Save settings").click()
    expect(alice.page.locator(f'{evaluation}[data-evaluation="waiting"]')).to_be_visible()
    assert {kpi: raw(alice.page, "evaluation", kpi) for kpi in before} == before
    alice.demo.bring_results()

    for person in (alice, bob):
        old = f'{evaluation} data[data-kpi="revenue"][value="{before["revenue"]}"]'
        expect(person.page.locator(old)).to_have_count(0)
        expect(person.page.locator(f'{evaluation}[data-evaluation="provisional"]')).to_be_visible()
        assert raw(person.page, "evaluation", "revenue") > before["revenue"]
        clusters = person.page.locator('[data-table="clusters"] tbody tr:not([data-id="totals"])')
        for column, kpi in ((2, "customers"), (3, "items"), (4, "revenue")):
            cells = clusters.locator(f"td:nth-child({column})").all()
            total = sum(Decimal(cell.get_attribute("data-value") or 0) for cell in cells)
            assert total == raw(person.page, "evaluation", kpi)
    expect(ledger).to_have_count(results + 1)
    assert bob.page.evaluate("window.never_reloaded") is True


def test_a_viewer_is_offered_no_form(visit: Visit) -> None:
    bob = visit()
    page = bob.open(PACKAGE)
    bob.sign_in(VIEWER)
    expect(page.locator('[data-panel="settings"]')).to_be_visible()
    expect(page.locator('form[data-form="settings"]')).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360, 320])
def test_no_page_is_wider_than_the_screen(visit: Visit, width: int, scheme: str) -> None:
    alice = visit(width=width, scheme=scheme)
    alice.open(EVENT)
    alice.sign_in(MARKETER)
    expect(alice.page).to_have_url(alice.demo.address + EVENT)
    pages = ("/p/partner-id-acme/", EVENT, "/p/partner-id-acme/events/evt_long/", CAMPAIGN, PACKAGE)
    for path in (*pages, "/p/partner-id-acme/packages/"):
        page = alice.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme


def test_everything_can_be_read_and_saved_without_javascript(visit: Visit) -> None:
    alice = visit(javascript=False)
    page = alice.open(EVENT)
    alice.sign_in(MARKETER)
    assert raw(page, "event-kpis", "revenue") > 0
    page.locator('[data-panel="daily-revenue"]').get_by_role("link", name="Months").click()
    expect(page).to_have_url(re.compile("by=month"))
    expect(page.locator('[data-table="daily-revenue"] tbody tr').first).to_be_attached()
    page = alice.open("/p/partner-id-acme/packages/pkg_final/")
    form = page.locator('form[data-form="settings"]')
    form.locator("[name=window]").fill("3")
    form.get_by_role("button", name="Save settings").click()
    expect(page.locator('[data-panel="evaluation"][data-evaluation="waiting"]')).to_be_visible()
    expect(form.locator("[name=window]")).to_have_value("3")
