"""Every page in a real browser, with all that it loads: nothing against the policy, nothing from another host."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.addresses import ACME, OPERATORS, OWN, PARTNER, ROWS, Address
from tests.browser.conftest import Visitor, settle
from tests.browser.demo import MANAGER

pytestmark = pytest.mark.browser

OPERATOR = "operator@portal.example"
SIGN_IN = "/account/login/"
HOME = "/p/partner-id-acme/"


def has_rows(address: Address) -> bool:
    return any(f"{{{name}}}" in address.route for name in ROWS)


def name_of(path: str) -> str:
    try:
        return resolve(path).view_name
    except Resolver404:
        return ""


def links(visitor: Visitor) -> list[str]:
    """Where this page's own links lead inside the portal, without files."""
    found = visitor.page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)")
    inside = [urlsplit(href) for href in found if href.startswith(visitor.demo.address)]
    pages = (part for part in inside if not re.search(r"\.(csv|xlsx)$|/download/", part.path))
    return [f"{part.path}?{part.query}" if part.query else part.path for part in pages]


def visit_all(visitor: Visitor, wanted: set[str], seeds: list[str]) -> set[str]:
    """Open pages until every name that is `wanted` was seen: seeds first, then what their links lead to. Of a kind up
    to four: not each member can be removed, so that not each has the link that leads there."""
    seen: Counter[str] = Counter()
    waiting, met = deque(seeds), set(seeds)
    while waiting and seen.keys() < wanted:
        path = waiting.popleft()
        name = name_of(path.partition("?")[0])
        if name not in wanted or seen[name] == 4:
            continue
        settle(visitor.open(path))
        visitor.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        seen[name] += 1
        news = [link for link in links(visitor) if link not in met]
        met.update(news)
        waiting.extend(news)
    return set(seen)


def pages(addresses: tuple[Address, ...]) -> tuple[set[str], list[str]]:
    """Names of the pages among them, and the paths of those that are known beforehand."""
    shown = [each for each in addresses if each.get == 200 and "." not in each.route]
    return {each.name for each in shown}, [each.at({**ACME, **ROWS}) for each in shown if not has_rows(each)]


def signed_in(visit: Callable[..., Visitor], email: str) -> Visitor:
    visitor = visit()
    visitor.open(SIGN_IN)
    visitor.sign_in(email)
    return visitor


# The fixture `visit` asks in the end that no visitor met any trouble: violations, console errors, foreign requests.


def test_no_page_of_a_partner_is_against_the_policy(visit: Callable[..., Visitor]) -> None:
    wanted, seeds = pages(PARTNER)
    manager = signed_in(visit, MANAGER)
    assert visit_all(manager, wanted, seeds) == wanted


def test_no_page_of_operators_is_against_the_policy(visit: Callable[..., Visitor]) -> None:
    wanted, seeds = pages(OPERATORS)
    operator = signed_in(visit, OPERATOR)
    assert visit_all(operator, wanted, seeds) == wanted


def test_no_page_of_ones_account_is_against_the_policy(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for address in OWN:
        if address.signed_out[0] == 200:
            visitor.open(address.path)
            visitor.page.wait_for_load_state("networkidle")
    visitor.open(SIGN_IN)
    visitor.sign_in(MANAGER)
    for address in OWN:
        if address.signed_in[0] == 200:
            visitor.open(address.path)
            visitor.page.wait_for_load_state("networkidle")


def test_the_policy_stops_what_somebody_smuggles_into_a_page(visit: Callable[..., Visitor]) -> None:
    """What the tests above listen for does come, and the visitor notes it."""
    visitor = visit()
    visitor.open(SIGN_IN)
    visitor.page.evaluate(
        """() => new Promise(resolve => {
          const awaited = new Set(['img-src', 'script-src-elem', 'script-src-attr']);
          document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
            awaited.delete(effectiveDirective);
            if (!awaited.size) resolve();
          });
          const element = document.createElement('div');
          element.innerHTML = '<img src="https://evil.example/x.png" onerror="window.smuggled = true">';
          document.body.append(element);
          const script = document.createElement('script');
          script.textContent = 'window.smuggled = true';
          document.body.append(script);
        })"""
    )
    assert visitor.page.evaluate("window.smuggled") is None
    noted = "\n".join(visitor.trouble)
    for directive in ("img-src", "script-src-elem", "script-src-attr"):
        assert f"CSP {directive}" in noted
    visitor.trouble.clear()
