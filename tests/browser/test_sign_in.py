"""Second factors as a person meets them: led to set one up, in with a code, a recovery code and a passkey."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.demo import DELAY, MANAGER, PASSWORD, VIEWER, Demo, running_demo
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """The demo as a deployment would be: account managers need a second factor."""
    with running_demo("--delay", str(DELAY), environ={"MFA_REQUIRED_ROLES": "account_manager"}) as demo:
        yield demo


def code(secret: str, *, later: int = 0) -> str:
    """What an authenticator app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def start(visitor: Visitor, email: str, password: str = PASSWORD) -> Page:
    page = visitor.open("/account/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def sign_out(page: Page) -> None:
    page.goto(re.sub(r"(//[^/]+)/.*", r"\1/account/logout/", page.url))
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_a_second_factor_is_set_up_once_and_then_opens_the_portal(visit: Visit) -> None:
    mara = visit()
    page = start(mara, MANAGER)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.goto(mara.demo.address + "/p/partner-id-acme/")
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()

    page.get_by_role("link", name="Authenticator app").click()
    expect(page.locator("img.qr")).to_be_visible()
    secret = page.locator("[data-secret]").get_attribute("data-secret") or ""
    assert secret == (page.locator("[data-secret]").text_content() or "").replace(" ", "")
    page.locator("[name=code]").fill(code(secret))
    page.get_by_role("button", name="Set up app").click()

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator("[data-recovery-codes] code")
    expect(codes).to_have_count(10)
    recovery = codes.all_text_contents()
    assert len(set(recovery)) == 10
    page.get_by_role("link", name="I have kept them, continue").click()
    expect(page).to_have_url(mara.demo.address + "/p/partner-id-acme/")

    sign_out(page)
    start(mara, MANAGER)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    taken = code(secret, later=1)
    page.locator("[name=code]").fill(taken)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(mara.demo.address + "/review/")
    expect(page.get_by_role("heading", name="Second factor")).to_have_count(0)

    sign_out(page)
    start(mara, MANAGER)
    page.locator("[name=code]").fill(taken)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".field-error").first).to_contain_text("has been used already")
    page.locator("[name=code]").fill(recovery[3])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Second factor")).to_have_count(0)

    page.goto(mara.demo.address + "/account/mfa/recovery-codes/")
    left = codes.all_text_contents()
    assert left == [each for each in recovery if each != recovery[3]]


def test_a_passkey_is_added_and_signs_in_alone(visit: Visit) -> None:
    alice = visit()
    page = alice.page
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    start(alice, "marketer@acme.example")
    expect(page).to_have_url(alice.demo.address + "/p/partner-id-acme/")

    page.goto(alice.demo.address + "/account/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(alice.demo.address + "/account/")
    factors = page.locator('[data-table="factors"]')
    expect(factors).to_contain_text("Work laptop")
    expect(factors).to_contain_text("signs you in alone")

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(alice.demo.address + "/p/partner-id-acme/")

    page.goto(alice.demo.address + "/account/")
    page.get_by_role("link", name="Rename Work laptop").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save name").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.locator('[data-table="factors"]')).not_to_contain_text("Old laptop")


def test_a_passkey_that_is_refused_is_a_sentence_beside_the_button(visit: Visit) -> None:
    bob = visit()
    page = bob.page
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": False}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    bob.open("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("[data-passkey-trouble]")).to_contain_text("Nothing has changed")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_on_the_way_in_and_in_ones_account(visit: Visit, scheme: str, width: int) -> None:
    bob = visit(scheme=scheme, width=width)
    found = {}
    for path in ("login/", "password/reset/", "password/reset/done/", "password/reset/key/1-x/", "inactive/"):
        bob.open(f"/account/{path}")
        found[path] = violations(bob)
    start(bob, VIEWER)
    expect(bob.page).to_have_url(bob.demo.address + "/p/partner-id-acme/")
    for path in (
        *("", "sessions/", "password/change/", "logout/", "reauthenticate/"),
        *("mfa/totp/activate/", "mfa/passkeys/add/", "mfa/recovery-codes/generate/"),
    ):
        bob.open(f"/account/{path}")
        found[path] = violations(bob)
    assert {path: listed for path, listed in found.items() if listed} == {}
