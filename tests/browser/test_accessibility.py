"""Nothing for axe to find, in either theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visitor, settle
from tests.browser.demo import MANAGER, MARKETER, OPERATOR, ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = (
    "/p/partner-id-acme/",
    "/p/partner-id-acme/events/",
    "/p/partner-id-acme/events/?city=Wien&status=OPEN&to=x",
    "/p/partner-id-acme/events/?q=zzzz",
    "/p/partner-id-acme/events/evt_closed/",
    "/p/partner-id-acme/events/evt_bare/",
    "/p/partner-id-acme/campaigns/",
    "/p/partner-id-acme/campaigns/evt_closed/",
    "/p/partner-id-acme/packages/",
    "/p/partner-id-acme/packages/pkg_main/",
    "/p/partner-id-acme/packages/pkg_noresults/",
    "/p/partner-id-acme/activity/",
)
# By who sees them; looked at in two of the four combinations.
BEHIND = {
    MARKETER: (
        "/p/partner-id-acme/events/evt_closed/adjustments/delete/?id=cr_closed_a1",
        "/account/",
        "/account/password/change/",
        "/account/reauthenticate/",
        "/account/mfa/totp/activate/",
        "/account/mfa/passkeys/add/",
        "/account/mfa/recovery-codes/",
        "/account/sessions/",
        "/account/logout/",
    ),
    MANAGER: (
        "/",
        "/review/",
        "/p/partner-id-acme/members/",
        "/p/partner-id-acme/members/1/",
        "/p/partner-id-acme/members/1/remove/",
        "/p/partner-id-acme/package-defaults/",
        "/p/partner-id-acme/packages/pkg_main/",
    ),
    OPERATOR: (
        "/operate/",
        "/operate/accounts/1/",
        "/operate/partners/",
        "/operate/partners/partner-id-acme/",
        "/operate/people/",
        "/operate/people/1/",
        "/operate/polling/",
        "/operate/activity/",
    ),
}


def violations(visitor: Visitor) -> list[str]:
    visitor.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = visitor.page.evaluate(
        "standards => axe.run({runOnly: {type: 'tag', values: standards}})"
        ".then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`)))",
        STANDARDS,
    )
    return [str(each) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(visit: Callable[..., Visitor], scheme: str, width: int) -> None:
    alice = visit(scheme=scheme, width=width)
    alice.open("/account/login/")
    found = {"/account/login/": violations(alice)}
    alice.sign_in(MARKETER)
    for path in PAGES:
        settle(alice.open(path))
        found[path] = violations(alice)
    assert {path: listed for path, listed in found.items() if listed} == {}


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_axe_finds_nothing_on_any_other_page_and_none_scrolls_sideways(
    visit: Callable[..., Visitor], scheme: str, width: int
) -> None:
    found: dict[str, list[str]] = {}
    widths: dict[str, int] = {}
    for person, paths in BEHIND.items():
        somebody = visit(scheme=scheme, width=width)
        somebody.open("/account/login/")
        somebody.sign_in(person)
        for path in paths:
            somebody.open(path)
            found[path] = violations(somebody)
            widths[path] = somebody.page.evaluate("document.documentElement.scrollWidth")
    assert {path: listed for path, listed in found.items() if listed} == {}
    assert {path: wide for path, wide in widths.items() if wide > width} == {}
