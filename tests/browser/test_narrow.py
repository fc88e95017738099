"""Paper and narrow screens: what only a browser's layout tells."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visitor, settle
from tests.browser.demo import MARKETER

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
ACME = "/p/partner-id-acme/"
# A4 without its margins.
PAPER = 703


@pytest.mark.parametrize("path", ["events/evt_closed/", "campaigns/evt_closed/", "packages/pkg_main/", "packages/"])
def test_on_paper_tables_are_tables_and_fit(visit: Visit, path: str) -> None:
    visitor = visit(width=PAPER)
    page = visitor.open(ACME + path)
    visitor.sign_in(MARKETER)
    assert page.locator("table.data tbody tr").first.evaluate("row => getComputedStyle(row).display") == "grid"
    page.emulate_media(media="print")
    rows = page.locator("table.data tbody tr").evaluate_all("rows => rows.map(row => getComputedStyle(row).display)")
    assert set(rows) == {"table-row"}
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER


@pytest.mark.parametrize("width", [360, 320])
def test_every_amount_of_a_cluster_stands_within_its_chart(visit: Visit, width: int) -> None:
    visitor = visit(width=width)
    page = visitor.open(f"{ACME}packages/pkg_main/")
    visitor.sign_in(MARKETER)
    settle(page)
    chart = page.locator('[data-chart="clusters"]')
    # What is written beside a bar is cut where the plot ends.
    edge = chart.evaluate(
        "chart => chart.getBoundingClientRect().left + chart._fullLayout._size.l + chart._fullLayout._size.w"
    )
    ends = chart.locator(".bartext").evaluate_all("texts => texts.map(text => text.getBoundingClientRect().right)")
    assert len(ends) == 5
    assert max(ends) <= edge


@pytest.mark.parametrize("path", ["packages/", "campaigns/", "packages/pkg_main/"])
def test_heads_that_sort_look_like_it_and_are_easy_to_hit(visit: Visit, path: str) -> None:
    visitor = visit()
    page = visitor.open(ACME + path)
    visitor.sign_in(MARKETER)
    heads = page.locator("table.data thead a")
    assert heads.count() >= 5
    for box, line in heads.evaluate_all(
        "heads => heads.map(head => [head.getBoundingClientRect(), getComputedStyle(head).textDecorationLine])"
    ):
        assert min(box["width"], box["height"]) >= 24
        assert line == "underline"
