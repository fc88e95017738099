"""What the platform says about one partner and nobody else, and whether an answer of the portal holds any of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any

import openpyxl
from django.http import HttpResponse

from attribution_portal.sandbox import auth
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.exchange import Request
from tests.pages import Element, read

NAMED = frozenset({"id", "eid", "title", "venue_name", "hall_name", "body", "audience_id", "name", "domain"})
COUNTED = frozenset({"revenue", "spent", "spend", "purchase", "budget", "impressions", "reach_estimate"})
EVENT = ("statistics", "series", "campaigns", "clusters", "sales-graph", "benchmark")
PACKAGE = ("", "/backhaul_evaluation_details", "/backhaul_evaluation")
# Shorter ones may stand anywhere by chance.
SHORTEST_WORD, FEWEST_DIGITS = 5, 6
# Digits among letters are part of a token, which may hold any by chance.
NUMBER = re.compile(r"(?<![^\W_])(?:\d[\d.,'’\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]*\d|\d)(?![^\W_])")


@dataclass(frozen=True)
class Belongings:
    """Words as written, numbers in their plainest form. `said` is every text of the platform about the partner, also
    those that it says about others as well."""

    words: frozenset[str]
    numbers: frozenset[Decimal]
    said: str = ""

    def without(self, other: Belongings) -> Belongings:
        return Belongings(
            frozenset(word for word in self.words if word not in other.said),
            self.numbers - other.numbers,
        )

    def found_in(self, answer: Contents, *, typed: str = "") -> set[str]:
        """What of this stands in an answer, apart from what the reader `typed` into the address bar."""
        words = {word for word in self.words if word in answer.text and word not in typed}
        return words | {str(number) for number in self.numbers & answer.numbers if str(number) not in typed}


@dataclass(frozen=True)
class Contents:
    """All texts of an answer, attributes and figures among them, and all distinct numbers in it."""

    text: str
    numbers: frozenset[Decimal]


def belongings(sandbox: Sandbox, partner_id: str) -> Belongings:
    """Everything the platform tells about a partner, by asking it for everything."""
    world = sandbox.world[partner_id]
    ask = _asking(sandbox, partner_id)
    answers = [ask(path) for path in ("/partners/", "/events/statistics", "/package_builder/packages/", "/events/")]
    for eid in world.events:
        answers.append(ask(f"/events/{eid}"))
        answers += [ask(f"/events/{eid}/{part}") for part in EVENT]
        answers.append(ask("/daily_revenue_summary/", f"event_id={eid}"))
        answers.append(ask("/campaign_results/", f"eid={eid}&partner_id={partner_id}"))
        answers += [ask(f"/integrations/facebook/events/{eid}/{part}") for part in ("campaign_results", "fb_insights")]
    for package_id in world.packages:
        answers += [ask(f"/package_builder/packages/{package_id}{part}") for part in PACKAGE]
    words: set[str] = {partner_id}
    numbers: set[Decimal] = set()
    said: set[str] = set()
    for answer in answers:
        for name, value in _members(answer):
            if isinstance(value, str):
                said.add(value)
            if name in NAMED and isinstance(value, str) and len(value) >= SHORTEST_WORD:
                words.add(value)
            if name in COUNTED and isinstance(value, Decimal | int):
                numbers.add(Decimal(value))
    # What pages add up themselves.
    for event in world.events.values():
        numbers.add(event.revenue)
    for package_id in world.packages:
        clusters = sandbox.current_evaluation(partner_id, package_id) or {}
        numbers.add(sum((totals.revenue for totals in clusters.values()), Decimal(0)))
    distinct = frozenset(plain for number in numbers if _is_distinct(plain := _plain(number)))
    return Belongings(frozenset(words), distinct, "\n".join(said))


def _asking(sandbox: Sandbox, partner_id: str) -> Any:
    def request(method: str, path: str, query: str, headers: dict[str, str], body: bytes = b"") -> Any:
        answer = sandbox.answer(Request(method, f"/api/v3{path}", query, headers, body, "127.0.0.1"))
        return json.loads(answer.body, parse_float=Decimal) if answer.status == 200 and answer.body else None

    credentials = json.dumps({"username": "portal@sandbox.example", "password": auth.PASSWORD}).encode()
    token = request("POST", "/auth", "", {}, credentials)["AccessToken"]
    headers = {"authorization": f"Bearer {token}", "x-preferred-partner-id": partner_id}
    return lambda path, query="": request("GET", path, query, headers)


def _members(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _members(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _members(member, name)
    else:
        yield name, value


def _plain(number: Decimal) -> Decimal:
    """One form for `1240.5`, `1240.50` and `1.240,50`."""
    return abs(number).quantize(Decimal("0.01")).normalize()


def _is_distinct(number: Decimal) -> bool:
    return sum(sign.isdigit() for sign in f"{number:f}") >= FEWEST_DIGITS


# Reading answers.


def contents(answer: HttpResponse) -> Contents:
    """An answer can be read once: an export streams."""
    body = answer.getvalue()
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if kind == "text/html":
        root = read(answer).root
        pieces = list(_texts(root))
        for script in root.all("script", type="application/json"):
            pieces += [str(value) for _name, value in _members(json.loads(script.text, parse_float=Decimal))]
    elif kind == "text/csv":
        pieces = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in row]
    elif kind.endswith("spreadsheetml.sheet"):
        book = openpyxl.load_workbook(io.BytesIO(body))
        pieces = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    else:
        pieces = [body.decode()]
    pieces += [str(value) for value in answer.headers.values()]
    text = "\n".join(unescape(piece) for piece in pieces)
    return Contents(text, frozenset(number for found in NUMBER.findall(text) if (number := _read(found)) is not None))


def _texts(element: Element) -> Iterator[str]:
    yield from element.attributes.values()
    for child in element.children:
        if isinstance(child, Element):
            yield from _texts(child)
        elif element.tag != "script":
            yield child


def _read(shown: str) -> Decimal | None:
    """A number as any of the portal's languages writes it: of the last sign, one or two digits behind it are cents."""
    parts = re.split(r"[^\d]", shown)
    whole, cents = ("".join(parts[:-1]), parts[-1]) if len(parts) > 1 and len(parts[-1]) < 3 else ("".join(parts), "0")
    try:
        number = Decimal(f"{whole}.{cents}").normalize()
    except InvalidOperation:
        return None
    return number if _is_distinct(number) else None
