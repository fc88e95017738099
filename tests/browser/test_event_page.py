"""An event's page in a real Chromium: choices by keyboard, chart beside table, and the button that reads all again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor, back
from tests.browser.demo import MARKETER

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
EVENT = "/p/partner-id-acme/events/evt_tour_ham/"
# What the library has drawn, as it holds it: one series a role, the table's rows in order.
DRAWN = """
() => Object.fromEntries(document.querySelector('[data-chart=daily-revenue]').data
  .filter(trace => trace.mode !== 'markers')
  .map(trace => [trace.meta.role, Array.from(trace.y, y => y === null ? null : Math.round(y * 100))]))
"""
TOLD = """
label => [...document.querySelectorAll(`[data-table=daily-revenue] tbody td[data-label="${label}"]`)]
  .map(cell => cell.dataset.value === '' ? null : Math.round(Number(cell.dataset.value) * 100))
"""


def opened(visit: Visit, path: str = EVENT, **options: object) -> tuple[Visitor, Page]:
    alice = visit(**options)
    page = alice.open(path)
    alice.sign_in(MARKETER)
    expect(page.locator('[data-panel="daily-revenue"][data-state="ready"]')).to_be_visible()
    return alice, page


def drawn(page: Page) -> dict[str, Any]:
    expect(page.locator("[data-chart=daily-revenue][data-drawn]")).to_be_visible()
    found: dict[str, Any] = page.evaluate(DRAWN)
    return found


def column(page: Page, label: str) -> list[int | None]:
    found: list[int | None] = page.evaluate(TOLD, label)
    return found


def press_on(page: Page, identity: str) -> None:
    page.locator(f"#{identity}").focus()
    page.keyboard.press("Enter")


def test_the_table_says_what_the_chart_says(visit: Visit) -> None:
    _alice, page = opened(visit, f"{EVENT}?by=week&compare=evt_tour_ber")
    shown = drawn(page)
    assert set(shown) == {"campaign", "organic", "comparison"}
    assert shown["campaign"] == column(page, "Campaigns")
    assert shown["organic"] == column(page, "Organic")
    assert shown["comparison"] == column(page, "Paper Planets Tour: Berlin")
    both = [
        None if one is None else one + other for one, other in zip(shown["campaign"], shown["organic"], strict=True)
    ]
    assert both == column(page, "Revenue")
    total = sum(each for each in both if each is not None)
    expect(page.locator('[data-panel="event-kpis"] [data-kpi="revenue"]')).to_have_attribute(
        "value", re.compile(rf"^{total // 100}(\.{total % 100:02}|\.{total % 100 // 10})?$")
    )


def test_period_layers_and_steps_are_chosen_by_keyboard(visit: Visit) -> None:
    alice, page = opened(visit)
    press_on(page, "period-last-28")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28")
    expect(page.locator("#period-last-28")).to_have_attribute("aria-current", "true")
    expect(page.locator("#period-last-28")).to_be_focused()
    expect(page.locator("[data-table=daily-revenue] tbody tr")).to_have_count(28)
    press_on(page, "by-week")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&by=week")
    press_on(page, "layer-automated")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&by=week&layers=measured,manual")
    expect(page.locator("#layer-automated")).not_to_have_attribute("aria-current", "true")
    expect(page.locator("#layer-automated")).to_be_focused()
    press_on(page, "layer-measured")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&by=week&layers=manual")
    assert drawn(page) == {}
    back(page)
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&by=week&layers=measured,manual")
    assert set(drawn(page)) == {"campaign", "organic"}


def test_a_link_that_a_swap_brought_is_a_choice_from_its_first_moment(visit: Visit) -> None:
    alice, page = opened(visit)
    page.evaluate(
        """() => {
          window.stayed = true;
          const press = () => queueMicrotask(() => {
            const link = document.querySelector('#layer-automated');
            link.focus();
            link.click();
          });
          document.body.addEventListener('htmx:afterSwap', press, { once: true });
        }"""
    )
    press_on(page, "period-last-28")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&layers=measured,manual")
    expect(page.locator("#layer-automated")).not_to_have_attribute("aria-current", "true")
    expect(page.locator("#layer-automated")).to_be_focused()
    assert page.evaluate("window.stayed") is True


def test_a_comparison_is_chosen_by_keyboard_and_kept_by_other_choices(visit: Visit) -> None:
    alice, page = opened(visit, f"{EVENT}?period=last-28")
    page.get_by_label("Compare with").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&compare=previous")
    expect(page.locator("[data-compared]")).to_contain_text("the days before, each with its own weekday")
    assert "comparison" in drawn(page)
    press_on(page, "metric-purchases")
    expect(page).to_have_url(f"{alice.demo.address}{EVENT}?period=last-28&metric=purchases&compare=previous")
    expect(page.get_by_label("Compare with")).to_have_value("previous")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_long_table_is_read_part_by_part_by_keyboard(visit: Visit, javascript: bool) -> None:
    year = "/p/partner-id-acme/events/evt_year/"
    days = "from=2023-11-20&to=2026-11-15"
    _alice, page = opened(visit, f"{year}?{days}&by=day", javascript=javascript)
    rows = page.locator("[data-table=daily-revenue] tbody tr")
    expect(rows).to_have_count(550)
    expect(rows.last).to_have_attribute("data-id", "2026-11-15")
    table = page.locator("#panel-daily-revenue .chart-table")
    table.locator("summary").focus()
    page.keyboard.press("Enter")
    press_on(page, "rows-earlier")
    expect(rows.last).to_have_attribute("data-id", "2025-05-14")
    expect(table).to_have_attribute("open", "")
    expect(rows.first).to_have_attribute("data-id", "2023-11-20")
    expect(page.locator("#rows-earlier")).to_have_attribute("aria-disabled", "true")
    if javascript:
        expect(page.locator("#rows-earlier")).to_be_focused()


# Each on an event of its own: what was read a moment ago is not read again.
@pytest.mark.parametrize(("event", "javascript"), [("evt_tour_ham", True), ("evt_tour_ber", False)])
def test_everything_is_read_again_by_one_press(visit: Visit, event: str, javascript: bool) -> None:
    path = f"/p/partner-id-acme/events/{event}/?period=last-28"
    alice, page = opened(visit, path, javascript=javascript)
    page.get_by_role("button", name="Read everything again").click()
    expect(page.locator("#messages")).to_contain_text("read anew")
    expect(page.locator("#messages")).to_contain_text("Nothing has changed.")
    expect(page).to_have_url(f"{alice.demo.address}{path}")


def test_the_demand_curve_is_drawn_when_it_comes_into_sight(visit: Visit) -> None:
    _alice, page = opened(visit)
    page.locator('[data-panel="demand"]').scroll_into_view_if_needed()
    expect(page.locator("[data-chart=demand][data-drawn]")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360, 320])
def test_nothing_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    alice, _page = opened(visit, width=width)
    for path in (f"{EVENT}?compare=evt_tour_ber", "/p/partner-id-acme/events/evt_long/?compare=x", f"{EVENT}?by=day"):
        page = alice.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_names_of_bands_stay_inside_a_phones_picture(visit: Visit) -> None:
    alice, page = opened(visit, width=360)
    alice.open("/p/partner-id-acme/packages/")
    page = alice.open("/p/partner-id-acme/events/evt_closed/")
    page.locator('[data-panel="daily-revenue"] figure').scroll_into_view_if_needed()
    expect(page.locator("[data-chart=daily-revenue][data-drawn]")).to_be_visible()
    names = page.evaluate(
        """() => [...document.querySelectorAll('[data-chart=daily-revenue] .shape-label text')].map(name => {
          const [text, picture] = [name, name.closest('svg')].map(each => each.getBoundingClientRect());
          return [name.textContent, text.left >= picture.left && text.right <= picture.right];
        })"""
    )
    assert any(re.fullmatch("Package: Farewell night.*…", name) for name, _inside in names)
    assert all(inside for _name, inside in names), names
