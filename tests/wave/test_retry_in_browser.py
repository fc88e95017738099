from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.world import ACME
from tests.browser.chromium import launch


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_failed_panel_is_read_again_in_its_place(
    sandbox: Sandbox,
    client_for: Callable[[User], Client],
    alice: User,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Playwright's own event loop runs in this thread; the database is used beside it, never in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    sandbox.faults.add("/integrations/*", "status", status=503)
    session = client_for(alice).cookies[settings.SESSION_COOKIE_NAME].value
    address = f"{live_server.url}/p/{ACME}/campaigns/evt_closed/"
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context()
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        panel = page.locator("[data-panel=meta]")
        expect(panel).to_have_attribute("data-state", "failed")
        page.evaluate("window.samePage = true")
        sandbox.faults.clear()
        panel.get_by_role("link", name="Try again").click()
        expect(panel).to_have_attribute("data-state", "ready")
        expect(panel.locator("data[data-kpi=purchases]")).to_have_attribute("value", "591")
        assert page.evaluate("window.samePage")
        assert page.url == address
        browser.close()
    assert complaints == []
