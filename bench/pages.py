"""The event page over HTTP: without any cached answer, and with all of them."""

from __future__ import annotations

from urllib.parse import urlsplit

from bench.measure import Result, milliseconds, paired
from bench.stack import EVENT, LATENCY_MS, Browserless, Stack, platform_caller

DAILY = "/daily_revenue_summary/?event_id=evt_closed&currency=EUR&start_date=1900-01-01&end_date=2100-01-01"


def cold_event_page(stack: Stack) -> Result:
    """All platform answers are forgotten before each round; the slowest single call is the daily revenue's."""
    portal = Browserless("localhost", stack.port, {"Cookie": stack.cookie})
    platform = platform_caller(stack)
    slowest = urlsplit(stack.demo.platform).path + DAILY
    portal.get(EVENT)
    ratio, page, call = paired(
        lambda: portal.get(EVENT), lambda: platform.get(slowest), rounds=15, before=stack.forget_answers
    )
    detail = f"at {LATENCY_MS} ms per call: {milliseconds(page)} against its slowest call {milliseconds(call)}"
    return Result("cold event page", ratio, 1.5, detail)


def warm_event_page(stack: Stack) -> Result:
    portal = Browserless("localhost", stack.port, {"Cookie": stack.cookie})
    for path in (EVENT, "/bare/"):
        portal.get(path)
    ratio, page, bare = paired(lambda: portal.get(EVENT), lambda: portal.get("/bare/"), rounds=200)
    detail = f"{milliseconds(page)} against a bare view on the same server {milliseconds(bare)}"
    return Result("warm event page", ratio, 6, detail)


ON_STACK = (cold_event_page, warm_event_page)
