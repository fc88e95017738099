"""The event page as a person with a slow machine meets it: when its largest part stands, and how soon it answers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from bench.measure import Result
from bench.stack import EVENT, Stack
from tests.browser.chromium import launch

SLOWER = 4
ROUNDS = 5
# Interactions are told from 16 ms on; what is shorter was never noticed.
WATCH = """
window.largestPaint = 0;
window.slowestAnswer = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.largestPaint = entry.startTime;
}).observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if (entry.interactionId) window.slowestAnswer = Math.max(window.slowestAnswer, entry.duration);
  }
}).observe({type: 'event', buffered: true, durationThreshold: 16});
"""
SETTLED = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))"


@contextmanager
def _visit(stack: Stack) -> Iterator[Page]:
    """A new profile on a slow machine, signed in, at the event page when its chart stands."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        name, value = stack.cookie.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": stack.address}])
        page = context.new_page()
        page.add_init_script(WATCH)
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(stack.address + EVENT, wait_until="networkidle")
        page.locator("[data-chart] .main-svg").first.wait_for(state="attached")
        yield page
        browser.close()


def largest_paint(stack: Stack) -> Result:
    """Largest contentful paint of a first visit."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        with _visit(stack) as page:
            seconds.append(page.evaluate("window.largestPaint") / 1000)
    detail = f"event page, first visit, processor {SLOWER} times slower, median of {ROUNDS}"
    return Result("largest paint", statistics.median(seconds), 1.8, detail, unit=" s")


def slowest_answer(stack: Stack) -> Result:
    """Interaction to next paint: the slowest of what a reader does with the page, by mouse and keyboard."""
    slowest: list[float] = []
    for _ in range(ROUNDS):
        with _visit(stack) as page:
            page.locator("button.person").click()
            page.keyboard.press("Escape")
            page.locator(".define").first.click()
            page.keyboard.press("Escape")
            page.locator(".chart-table > summary").first.click()
            page.locator(".layer").first.click()
            page.evaluate(SETTLED)
            page.wait_for_load_state("networkidle")
            page.locator("details:has([data-form=adjustment]) > summary").click()
            page.locator("[data-form=adjustment] [name=reason]").press_sequentially("Box office")
            page.evaluate(SETTLED)
            slowest.append(page.evaluate("window.slowestAnswer"))
    detail = f"event page, processor {SLOWER} times slower, median of {ROUNDS}"
    return Result("slowest answer", statistics.median(slowest), 150, detail, unit=" ms")


ON_STACK = (largest_paint, slowest_answer)
