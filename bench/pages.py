"""Pages over HTTP, each without any cached answer and with all of them, and what three years of days weigh."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from urllib.parse import urlsplit

from bench.measure import Result, milliseconds, paired
from bench.stack import EVENT, LATENCY_MS, Browserless, Stack, platform_caller

PARTNER = "/p/partner-id-acme"
DAILY = "/daily_revenue_summary/?event_id=evt_closed&currency=EUR&start_date=1900-01-01&end_date=2100-01-01"
LIST = "/events/?page=1&limit=50&flagged_to_top=true"
# Name, address, and the call that is the slowest of those that the page makes: all take as long, this one tells most.
PAGES = (
    ("event page", EVENT, DAILY),
    ("events list", f"{PARTNER}/events/", LIST),
    ("campaign page", f"{PARTNER}/campaigns/evt_closed/", DAILY),
)
# The same for all pages: how much longer than its slowest call, how much longer than a view that shows nothing.
COLD, WARM = 1.3, 5.0
COLD_ROUNDS, WARM_ROUNDS = 15, 150

LONG_EVENT = f"{PARTNER}/events/evt_plain/"
FIRST = date(2023, 6, 16)
DAYS, ROWS = 1_096, 200
HEAVIEST_KB = 150


def cold(stack: Stack) -> Iterator[Result]:
    """All platform answers are forgotten before each round."""
    portal = Browserless("localhost", stack.port, {"Cookie": stack.cookie})
    platform = platform_caller(stack)
    base = urlsplit(stack.demo.platform).path
    for name, path, slowest in PAGES:
        portal.get(path)
        ratio, page, call = paired(
            partial(portal.get, path),
            partial(platform.get, base + slowest),
            rounds=COLD_ROUNDS,
            before=stack.forget_answers,
        )
        detail = f"at {LATENCY_MS} ms per call: {milliseconds(page)} against its slowest call {milliseconds(call)}"
        yield Result(f"cold {name}", ratio, COLD, detail)


def warm(stack: Stack) -> Iterator[Result]:
    portal = Browserless("localhost", stack.port, {"Cookie": stack.cookie})
    portal.get("/bare/")
    for name, path, _slowest in PAGES:
        portal.get(path)
        ratio, page, bare = paired(
            partial(portal.get, path),
            partial(portal.get, "/bare/"),
            rounds=WARM_ROUNDS,
        )
        detail = f"{milliseconds(page)} against a bare view on the same server {milliseconds(bare)}"
        yield Result(f"warm {name}", ratio, WARM, detail)


def three_years(stack: Stack) -> Iterator[Result]:
    """What a reader is sent who asks for every day, or lets the page choose what a bar is."""
    portal = Browserless("localhost", stack.port, {"Cookie": stack.cookie, "Accept-Encoding": "gzip"})
    with _three_years_of_days(stack):
        for name, query in (("by month", ""), ("by day", "?by=day"), ("by day, compared", "?by=day&compare=previous")):
            sent = len(portal.get(LONG_EVENT + query)) / 1000
            detail = f"the page alone, compressed, with {DAYS} days and {ROWS} adjustments"
            yield Result(f"three years {name}", sent, HEAVIEST_KB, detail, unit=" kB")


@contextmanager
def _three_years_of_days(stack: Stack) -> Iterator[None]:
    """The stand-in platform tells of one event that it sold every day of three years."""
    rows = [
        {
            "id": f"cr_{n:03}",
            "eid": "evt_plain",
            "partner_id": "partner-id-acme",
            "purchase": n,
            "revenue": n * 45,
            "created_at": f"{FIRST + timedelta(days=n * 5)}T08:00:00Z",
            "source": "automated" if n % 2 else "manual",
        }
        for n in range(ROWS)
    ]
    days = [
        {
            "date": (FIRST + timedelta(days=n)).isoformat(),
            "revenue": 1_000 + n * 37 % 911 + 0.25,
            "purchases": 20 + n % 31,
            "campaign_revenue": 100 + n * 13 % 389,
            "campaign_purchases": n % 17,
        }
        for n in range(DAYS)
    ]
    sales = {"currency": "EUR", "daily_revenue": days, "manual_adjustments": rows}
    stack.forget_answers()
    faults = [_say(stack, "/campaign_results/", rows), _say(stack, "/daily_revenue_summary/", sales)]
    try:
        yield
    finally:
        for fault in faults:
            _door(stack, "DELETE", f"faults?id={fault}")
        stack.forget_answers()


def _say(stack: Stack, path: str, body: object) -> int:
    told = _door(stack, "POST", "faults", {"path": path, "kind": "wrong_type", "body": body})
    assert isinstance(told, dict)  # noqa: S101 - the stand-in platform's own answer
    return int(told["id"])


def _door(stack: Stack, method: str, action: str, body: object = None) -> object:
    address = urlsplit(stack.demo.platform)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 0, timeout=30)
    sent = None if body is None else json.dumps(body)
    connection.request(method, f"/__sandbox__/{action}", sent, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{method} {action} answered {answer.status}: {told[:200]!r}")
    return json.loads(told)


ON_STACK = (cold, warm, three_years)
