"""The event page in Chromium: what a first visit transfers, and when its bars stand."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bench.measure import Result, milliseconds
from bench.stack import EVENT, FIGURE, Stack
from tests.browser.chromium import launch

ROUNDS = 9
# Notes when the first bar is in the document, as the browser's own clock has it.
WATCH = """
new MutationObserver((_, watcher) => {
  if (!document.querySelector('.barlayer path')) return;
  window.barsDrawnAt = performance.now();
  watcher.disconnect();
}).observe(document, {childList: true, subtree: true});
"""
DRAWN = """() => new Promise(done => {
  const look = () => window.barsDrawnAt === undefined ? setTimeout(look, 20) : done(window.barsDrawnAt);
  look();
})"""


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


def _visitor(browser: Browser, stack: Stack) -> BrowserContext:
    """A new profile: nothing cached, signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    name, value = stack.cookie.split("=", 1)
    context.add_cookies([{"name": name, "value": value, "url": stack.address}])
    return context


def first_visit_transfer(stack: Stack) -> Result:
    """Bytes over the wire, headers included, as the browser counts them."""
    with _browser() as browser:
        context = _visitor(browser, stack)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: dict[str, float] = {}
        session.on(
            "Network.loadingFinished", lambda event: sizes.__setitem__(event["requestId"], event["encodedDataLength"])
        )
        page.goto(stack.address + EVENT, wait_until="networkidle")
        context.close()
    detail = f"{len(sizes)} files, compressed, headers included"
    return Result("first visit", sum(sizes.values()) / 1000, 480, detail, unit=" kB")


def first_bars(stack: Stack) -> Result:
    """Both pages in new profiles, in turn; the bare one draws the figure that the event page carries."""
    with _browser() as browser:
        _keep_figure(browser, stack)
        times = {EVENT: [], "/bare-chart/": []}  # type: dict[str, list[float]]
        for round_number in range(ROUNDS + 1):
            for path, drawn in times.items():
                at = _bars_drawn_at(browser, stack, path)
                if round_number:
                    drawn.append(at)
    pairs = zip(times[EVENT], times["/bare-chart/"], strict=True)
    ratio = statistics.median(one / other for one, other in pairs)
    one, other = (statistics.median(drawn) / 1000 for drawn in times.values())
    detail = f"first visit: {milliseconds(one)} against a bare page with the same figure {milliseconds(other)}"
    return Result("bars drawn", ratio, 1.5, detail)


def _bars_drawn_at(browser: Browser, stack: Stack, path: str) -> float:
    context = _visitor(browser, stack)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(stack.address + path)
    # One evaluation that waits by itself: Playwright's own polling would need eval, which the page's policy refuses.
    at = float(page.evaluate(DRAWN))
    context.close()
    return at


def _keep_figure(browser: Browser, stack: Stack) -> None:
    """Hand the event page's figure to the bare page."""
    context = _visitor(browser, stack)
    page = context.new_page()
    page.goto(stack.address + EVENT)
    figure = page.locator("#chart-daily-revenue-figure").text_content() or "{}"
    FIGURE.parent.mkdir(exist_ok=True)
    FIGURE.write_text(figure, encoding="utf-8")
    context.close()


ON_STACK = (first_visit_transfer, first_bars)
