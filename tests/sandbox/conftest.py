"""A sandbox of its own for each test, a clock moved by hand, and a caller that is signed in."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.auth import PASSWORD
from attribution_portal.sandbox.exchange import Answer, Request
from attribution_portal.sandbox.server import run_in_thread
from attribution_portal.sandbox.world import ACME

TODAY = date(2026, 6, 15)


class HandClock:
    def __init__(self) -> None:
        self.instant = datetime(2026, 6, 15, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def forward(self, **step: float) -> None:
        self.instant += timedelta(**step)


@dataclass
class Platform:
    """Asks a sandbox in this process. `call` answers status and decoded body."""

    box: Sandbox
    tokens: dict[str, Any] = field(default_factory=dict)

    def raw(self, method: str, path: str, *, headers: dict[str, str], json_body: object = None) -> Answer:
        path, _, query = path.partition("?")
        body = b"" if json_body is None else json.dumps(json_body).encode()
        return self.box.answer(Request(method, f"/api/v3{unquote(path)}", query, headers, body))

    def sign_in(self, username: str = "portal@sandbox.example", password: str = PASSWORD) -> tuple[int, Any]:
        answer = self.raw("POST", "/auth", headers={}, json_body={"username": username, "password": password})
        body = json.loads(answer.body)
        if "AccessToken" in body:
            self.tokens = body
        return answer.status, body

    def call(
        self,
        method: str,
        path: str,
        *,
        partner: str = ACME,
        json_body: object = None,
        query: Mapping[str, object] | None = None,
    ) -> tuple[int, Any]:
        if query is not None:
            path = f"{path}?{urlencode(query, doseq=True)}"
        headers = {
            "authorization": f"Bearer {self.tokens['AccessToken']}",
            "x-preferred-partner-id": partner,
        }
        answer = self.raw(method, path, headers=headers, json_body=json_body)
        return answer.status, json.loads(answer.body) if answer.body else None

    def get(self, path: str, *, partner: str = ACME, **query: object) -> Any:
        status, body = self.call("GET", path, partner=partner, query=query or None)
        assert status == 200, (path, status, body)
        return body

    def daily(self, eid: str, *, partner: str = ACME) -> Any:
        return self.get(
            "/daily_revenue_summary/",
            partner=partner,
            event_id=eid,
            start_date="1900-01-01",
            end_date="2100-01-01",
        )


@dataclass
class Wire:
    """A connection over real HTTP, kept alive between calls."""

    connection: http.client.HTTPConnection
    headers: dict[str, str]

    def call(
        self, method: str, path: str, json_body: object = None, *, prefix: str = "/api/v3"
    ) -> tuple[http.client.HTTPResponse, bytes]:
        body = None if json_body is None else json.dumps(json_body)
        self.connection.request(method, prefix + path, body, self.headers)
        response = self.connection.getresponse()
        return response, response.read()

    def door(self, method: str, path: str, json_body: object = None) -> Any:
        response, body = self.call(method, path, json_body, prefix="/__sandbox__")
        assert response.status == 200, body
        return json.loads(body)


@pytest.fixture
def hand() -> HandClock:
    return HandClock()


@pytest.fixture
def box(hand: HandClock) -> Sandbox:
    return Sandbox(today=TODAY, clock=hand)


@pytest.fixture
def platform(box: Sandbox) -> Platform:
    platform = Platform(box)
    platform.sign_in()
    return platform


@pytest.fixture
def wire(box: Sandbox, platform: Platform) -> Iterator[Wire]:
    with run_in_thread(box) as (base_url, _stop):
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=30)
        yield Wire(
            connection,
            {
                "Authorization": f"Bearer {platform.tokens['AccessToken']}",
                "X-Preferred-Partner-Id": ACME,
            },
        )
        connection.close()
