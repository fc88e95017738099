"""A running demo and visitors whose every trouble is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import PATIENCE, launch
from tests.browser.demo import DELAY, PASSWORD, Demo, running_demo

SIGN_IN = "/account/login/"
# Reported by the browser itself, before any script of the page runs.
NOTE_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event => {
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Visitor:
    """One person's browser. `trouble` holds console errors, script errors, policy violations and foreign requests."""

    page: Page
    demo: Demo
    trouble: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.demo.address + path)
        return self.page

    def sign_in(self, email: str) -> None:
        """Through the form that any page leads to; ends on the page that was asked for, once it is complete."""
        self.page.locator("[name=login]").fill(email)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(lambda address: urlsplit(address).path != SIGN_IN)


def back(page: Page) -> None:
    """To the choice before. htmx keeps no copies of pages, so that the browser loads it anew."""
    with page.expect_event("load"):
        page.go_back()


def settle(page: Page) -> None:
    """Until nothing on the page is under way any more: the rows of a list are read, and each chart is drawn, as it is
    when it comes into sight."""
    expect(page.locator("[data-progress=reading]")).to_have_count(0)
    for chart in page.locator("[data-chart]:visible").all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_attribute("data-drawn", "true")
    page.evaluate("scrollTo(0, 0)")


# Of the module, not of the session: while Playwright runs, its event loop keeps Django's ORM from other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo("--delay", str(DELAY)) as demo:
        yield demo


@pytest.fixture
def visit(browser: Browser, demo: Demo) -> Iterator[Callable[..., Visitor]]:
    """Make visitors with browsers of their own; each must have seen no trouble at all in the end."""
    visitors: list[Visitor] = []

    def make(*, width: int = 1280, scheme: str = "light", javascript: bool = True) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        visitor = Visitor(page, demo)
        page.add_init_script(NOTE_VIOLATIONS)
        page.on("console", lambda message: _note(visitor, message.type, message.text))
        page.on("pageerror", lambda error: visitor.trouble.append(f"script: {error}"))
        page.on("request", lambda request: _note_host(visitor, request.url))
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.page.context.close()
    assert [visitor.trouble for visitor in visitors] == [[] for _ in visitors]


def _note(visitor: Visitor, kind: str, text: str) -> None:
    if text.startswith("htmx:sendAbort"):
        # A newer choice calls off what an older one asked for. htmx reports that as two errors.
        assert visitor.trouble.pop().startswith("error: htmx:afterRequest")
        return
    if kind in {"error", "warning"}:
        visitor.trouble.append(f"{kind}: {text}")


def _note_host(visitor: Visitor, url: str) -> None:
    address = urlsplit(url)
    if address.scheme not in {"data", "blob"} and address.netloc != f"localhost:{visitor.demo.port}":
        visitor.trouble.append(f"foreign request: {url}")
