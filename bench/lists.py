"""Lists over HTTP: how often each asks the platform, and that the campaigns list waits for none of its rows."""

from __future__ import annotations

import http.client
import json
import statistics
import time
from urllib.parse import urlencode, urlsplit

import redis

from bench.measure import Result, milliseconds, paired, seconds
from bench.stack import LATENCY_MS, Browserless, Stack

EVENTS = "/p/partner-id-acme/events/"
CAMPAIGNS = "/p/partner-id-acme/campaigns/"
# One call for the list, one for the results of each of at most 50 rows, and a handful for ad spend.
MOST_READS = 1 + 50 + 8
PATIENCE = 90.0
# Each takes a tenth of what the portal may read of a partner in a minute.
ROUNDS = 4
# What lists ask for; in the background the demo reads packages all the while.
PATHS = ("/events/*", "/campaign_results/", "/daily_revenue_summary/")


def reads(stack: Stack) -> tuple[Result, ...]:
    """Cold, once all rows are filled in, and again with everything kept."""
    found = []
    for name, path, most in (("events list", EVENTS, 2), ("campaigns list", CAMPAIGNS, MOST_READS)):
        stack.forget_spending()
        _portal(stack).get(path)
        _until_filled(stack)
        stack.forget_answers()
        before = _asked(stack)
        _portal(stack).get(path)
        _until_filled(stack)
        cold = _asked(stack) - before
        for _ in range(5):
            _portal(stack).get(path)
        warm = _asked(stack) - before - cold
        found += [
            Result(f"{name}, cold", cold, most, "readings of the platform", unit=""),
            Result(f"{name}, warm", warm, 0, "readings of the platform in five looks", unit=""),
        ]
    return tuple(found)


def cold_campaigns_list(stack: Stack) -> Result:
    """With the reading of its rows begun, against Lookout's list of the same events, which has nothing to fill in."""

    def forget() -> None:
        _until_filled(stack)
        stack.forget_answers()

    ratios, pages, others = [], [], []
    for _ in range(ROUNDS):
        forget()
        others.append(seconds(lambda: _portal(stack).get(f"{EVENTS}?campaigns=1")))
        forget()
        pages.append(seconds(lambda: _portal(stack).get(CAMPAIGNS)))
        ratios.append(pages[-1] / others[-1])
    page, other = milliseconds(statistics.median(pages)), milliseconds(statistics.median(others))
    detail = f"at {LATENCY_MS} ms per call: {page} against {other}"
    return Result("cold campaigns list against one without results", statistics.median(ratios), 1.3, detail)


def warm_campaigns_list(stack: Stack) -> Result:
    _portal(stack).get(CAMPAIGNS)
    _until_filled(stack)
    portal = _portal(stack)
    ratio, page, other = paired(lambda: portal.get(CAMPAIGNS), lambda: portal.get(f"{EVENTS}?campaigns=1"), rounds=50)
    detail = f"{milliseconds(page)} against Lookout's list of the same events {milliseconds(other)}"
    return Result("warm campaigns list", ratio, 2.5, detail)


def _portal(stack: Stack) -> Browserless:
    """A connection of its own: the server ends one that rests while rows are being filled in."""
    return Browserless("localhost", stack.port, {"Cookie": stack.cookie})


def _until_filled(stack: Stack) -> None:
    """Until no reading of rows is planned or under way."""
    known = json.loads((stack.demo.folder / "redis" / "running.json").read_text(encoding="utf-8"))
    until = time.monotonic() + PATIENCE
    with redis.Redis.from_url(known["url"]) as client:
        while any(client.scan_iter("portal-filling:*", count=1000)):
            if time.monotonic() > until:
                raise RuntimeError("The rows were not filled in")
            time.sleep(0.05)


def _asked(stack: Stack) -> int:
    """How many calls of lists the stand-in platform has had."""
    platform = urlsplit(stack.demo.platform)
    connection = http.client.HTTPConnection(platform.hostname or "", platform.port or 0, timeout=30)
    found = 0
    for path in PATHS:
        connection.request("GET", f"/__sandbox__/log?{urlencode({'path': path})}")
        found += len(json.loads(connection.getresponse().read())["entries"])
    return found


ON_STACK = (reads, cold_campaigns_list, warm_campaigns_list)
