"""The whole portal for a measurement: the demo on a slow platform, with the bench's addresses added."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import redis

from tests.browser.demo import MARKETER, PASSWORD, ROOT, Demo, running_demo

LATENCY_MS = 200
EVENT = "/p/partner-id-acme/events/evt_closed/"
FIGURE = ROOT / "var" / "bench-figure.json"


@dataclass(frozen=True, slots=True)
class Stack:
    """The running demo and the session cookie of a person who has signed in."""

    demo: Demo
    cookie: str

    @property
    def address(self) -> str:
        return self.demo.address

    @property
    def port(self) -> int:
        return self.demo.port

    def forget_answers(self) -> None:
        """Drop every cached platform answer and nothing else: the service account stays signed in."""
        self.demo.forget_answers()

    def forget_spending(self) -> None:
        """Give the portal the whole budget of a minute, whatever earlier measures used of it."""
        known = json.loads((self.demo.folder / "redis" / "running.json").read_text(encoding="utf-8"))
        with redis.Redis.from_url(known["url"]) as client:
            if keys := list(client.scan_iter("*:partner-id-acme:read*", count=1000)):
                client.delete(*keys)


class Browserless:
    """One kept-alive connection that reads whole answers."""

    def __init__(self, host: str, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._headers = headers

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path} answered {answer.status}")
        return body


@contextmanager
def running_stack() -> Iterator[Stack]:
    with running_demo("--latency-ms", str(LATENCY_MS), environ={"DJANGO_SETTINGS_MODULE": "bench.settings"}) as demo:
        yield Stack(demo=demo, cookie=_sign_in(demo.port))


def _sign_in(port: int) -> str:
    """The session cookie after signing in through the form."""
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    connection.request("GET", "/account/login/")
    answer = connection.getresponse()
    page = answer.read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("The sign-in page has no form")
    csrf = (answer.getheader("Set-Cookie") or "").split(";")[0]
    form = urlencode({"csrfmiddlewaretoken": found[1], "login": MARKETER, "password": PASSWORD})
    headers = {"Cookie": csrf, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/account/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    session = next((cookie for cookie in cookies if cookie.startswith("portal-session=")), None)
    if session is None:
        raise RuntimeError(f"Signing in answered {answer.status}")
    return session


def platform_caller(stack: Stack) -> Browserless:
    """A bare client of the stand-in platform, signed in like the portal."""
    address = urlsplit(stack.demo.platform)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 0, timeout=30)
    account = json.dumps({"username": "portal@sandbox.example", "password": "sandbox-demo-only"})
    connection.request("POST", f"{address.path}/auth", account, {"Content-Type": "application/json"})
    token = json.loads(connection.getresponse().read())["AccessToken"]
    headers = {"Authorization": f"Bearer {token}", "X-Preferred-Partner-Id": "partner-id-acme"}
    return Browserless(address.hostname or "", address.port or 0, headers)
