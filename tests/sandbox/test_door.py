"""The control door, the WSGI side and the command line."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys

import pytest
from werkzeug.test import Client

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.exchange import Request
from attribution_portal.sandbox.world import ACME

from .conftest import Wire


def test_faults_can_be_set_listed_and_cleared_from_outside(wire: Wire) -> None:
    added = wire.door("POST", "/faults", {"path": "/partners/", "kind": "status", "status": 503, "count": 5})
    assert wire.door("GET", "/faults") == {"faults": [added]}
    assert wire.call("GET", "/partners/")[0].status == 503
    wire.door("DELETE", f"/faults?id={added['id']}")
    assert wire.call("GET", "/partners/")[0].status == 200


@pytest.mark.parametrize(
    "body", [{"kind": "status"}, {"path": "*", "kind": "explode"}, {"path": "*", "kind": "html", "fields": [1]}, []]
)
def test_a_fault_that_makes_no_sense_is_refused(wire: Wire, body: object) -> None:
    response, _ = wire.call("POST", "/faults", body, prefix="/__sandbox__")
    assert response.status in {400, 422}


def test_the_log_tells_what_was_asked(wire: Wire) -> None:
    wire.call("GET", "/events/evt_closed?x=1")
    (entry,) = wire.door("GET", "/log?path=/events/*&method=GET")["entries"]
    assert (entry["method"], entry["path"], entry["query"]) == ("GET", "/events/evt_closed", "x=1")
    assert (entry["partner"], entry["status"], entry["account"]) == (ACME, 200, "portal@sandbox.example")
    wire.door("DELETE", "/log")
    assert wire.door("GET", "/log") == {"entries": []}


def test_clock_latency_tokens_and_world_can_be_moved_from_outside(wire: Wire, box: Sandbox) -> None:
    assert wire.door("PUT", "/latency", {"ms": 5}) == {"ms": 5}
    assert wire.door("PUT", "/clock", {"advance_seconds": 90})["now"] == "2026-06-15T10:01:30Z"
    assert wire.door("PUT", "/clock", {"advanced_seconds": 3600})["advanced_seconds"] == 3600
    assert wire.call("GET", "/partners/")[0].status == 401
    wire.door("POST", "/reset")
    assert wire.door("GET", "/latency") == {"ms": 0}
    assert wire.door("GET", "/clock")["now"] == "2026-06-15T10:00:00Z"
    wire.door("POST", "/revoke", {"refresh_too": False})
    assert wire.call("GET", "/partners/")[0].status == 401


def test_the_ledger_is_told_to_tests(wire: Wire, box: Sandbox) -> None:
    event = wire.door("GET", "/ledger")[ACME]["events"]["evt_closed"]
    assert event["revenue"] == str(box.ledger_revenue(ACME, "evt_closed"))
    assert event["purchases"] == box.ledger_purchases(ACME, "evt_closed")


@pytest.mark.parametrize(
    ("remote", "headers"),
    [("192.0.2.7", {}), ("", {}), ("127.0.0.1", {"origin": "https://example.com"})],
)
def test_strangers_and_browser_pages_stay_outside(box: Sandbox, remote: str, headers: dict[str, str]) -> None:
    request = Request("POST", "/__sandbox__/reset", headers=headers, remote=remote)
    assert box.answer(request).status == 403


def test_an_unknown_action_is_not_found(box: Sandbox) -> None:
    assert box.answer(Request("GET", "/__sandbox__/nothing")).status == 404


def test_it_is_a_wsgi_application_too(box: Sandbox) -> None:
    client = Client(box)
    credentials = {"username": "portal@sandbox.example", "password": "sandbox-demo-only"}
    token = client.post("/api/v3/auth", json=credentials).get_json()["AccessToken"]
    headers = {"Authorization": f"Bearer {token}", "X-Preferred-Partner-Id": ACME}
    response = client.get("/api/v3/events/evt_closed", headers=headers)
    assert response.status_code == 200
    assert response.get_json()["city"] == "München"
    assert client.get("/api/v3/events/evt%2Bk%C3%B6ln%207", headers=headers).status_code == 200
    box.faults.add("*", "timeout", seconds=0)
    assert client.get("/api/v3/partners/", headers=headers).status_code == 504


def test_the_command_serves_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "attribution_portal.sandbox", "--port", "0", "--budgets"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        connection = http.client.HTTPConnection(address.split("/")[2], timeout=30)
        connection.request("GET", "/api/v3/status/")
        assert json.loads(connection.getresponse().read()) == {"status": "ok"}
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
