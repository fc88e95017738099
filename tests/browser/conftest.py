"""A running demo and visitors whose every trouble is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch
from tests.browser.demo import PASSWORD, Demo, running_demo

# Seconds until the stand-in platform's results follow new settings.
DELAY = 2.0
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
        """Through the form that any page leads to; ends on the page that was asked for."""
        self.page.locator("[name=login]").fill(email)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()


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
    if kind in {"error", "warning"}:
        visitor.trouble.append(f"{kind}: {text}")


def _note_host(visitor: Visitor, url: str) -> None:
    address = urlsplit(url)
    if address.scheme not in {"data", "blob"} and address.netloc != f"localhost:{visitor.demo.port}":
        visitor.trouble.append(f"foreign request: {url}")
