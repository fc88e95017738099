"""Nothing for axe to find, in either theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visitor
from tests.browser.demo import MARKETER, ROOT

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
    "/p/partner-id-acme/campaigns/evt_closed/",
    "/p/partner-id-acme/packages/",
    "/p/partner-id-acme/packages/pkg_main/",
    "/p/partner-id-acme/packages/pkg_noresults/",
    "/p/partner-id-acme/activity/",
)


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
    alice.page.wait_for_url("**/p/partner-id-acme/")
    for path in PAGES:
        alice.open(path)
        alice.page.wait_for_load_state("networkidle")
        found[path] = violations(alice)
    assert {path: listed for path, listed in found.items() if listed} == {}
