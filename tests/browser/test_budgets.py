"""What a page may weigh before its chart script, and that nothing on it moves while it loads.

How long it takes is measured by `make bench`.
"""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.browser.conftest import Visitor, settle
from tests.browser.demo import MARKETER

pytestmark = pytest.mark.browser

ACME = "/p/partner-id-acme/"
PAGES = {
    "event": f"{ACME}events/evt_closed/",
    "campaign": f"{ACME}campaigns/evt_closed/",
    "package": f"{ACME}packages/pkg_main/",
    "events": f"{ACME}events/",
}
# Bytes, compressed by gzip, and the bar of cumulative layout shift.
WEIGHT = 60_000
SHIFT = 0.02
# The worst burst of shifts: at most a second between two of them, and five in all.
WATCH_SHIFTS = """
window.worstShift = 0;
let burst = 0, began = 0, last = 0;
new PerformanceObserver(list => {
  for (const {startTime, value, hadRecentInput} of list.getEntries()) {
    if (hadRecentInput) continue;
    if (startTime - last > 1000 || startTime - began > 5000) [burst, began] = [0, startTime];
    burst += value;
    last = startTime;
    window.worstShift = Math.max(window.worstShift, burst);
  }
}).observe({type: 'layout-shift', buffered: true});
"""
# Once what is drawn by now has been reported.
WORST_SHIFT = """
() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))
  .then(() => window.worstShift)
"""


@pytest.fixture
def alice(visit: Callable[..., Visitor]) -> Visitor:
    visitor = visit()
    visitor.open(ACME)
    visitor.sign_in(MARKETER)
    return visitor


def fetched(visitor: Visitor, path: str) -> tuple[bytes, int]:
    """The answer's content, and how many bytes of it come over the wire where gzip is all that is understood."""
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in visitor.page.context.cookies())
    with closing(http.client.HTTPConnection("localhost", visitor.demo.port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Cookie": cookies, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
    assert answer.status == 200, path
    packed = answer.getheader("Content-Encoding") == "gzip"
    return (gzip.decompress(body), len(body)) if packed else (body, len(gzip.compress(body, 6)))


def test_pages_weigh_little_before_the_chart_script(alice: Visitor) -> None:
    weights: dict[str, int] = {}
    for name, path in PAGES.items():
        page, weight = fetched(alice, path)
        text = page.decode()
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', text)
        htmx = re.findall(r'<script[^>]* src="([^"]+htmx[^"]+)"', text)
        assert (len(sheets), len(htmx)) == (5, 1)
        weights[name] = weight + sum(fetched(alice, address)[1] for address in sheets + htmx)
    assert {name: weight for name, weight in weights.items() if weight > WEIGHT} == {}


def test_nothing_moves_while_a_page_loads(alice: Visitor) -> None:
    alice.page.add_init_script(WATCH_SHIFTS)
    shifts: dict[tuple[str, int], float] = {}
    for width in (1280, 360):
        alice.page.set_viewport_size({"width": width, "height": 900})
        for name, path in PAGES.items():
            settle(alice.open(path))
            shifts[name, width] = alice.page.evaluate(WORST_SHIFT)
    assert {where: shift for where, shift in shifts.items() if shift > SHIFT} == {}
