"""Faults over real HTTP, as a client meets them."""

from __future__ import annotations

import http.client
import json
import threading
import time

import pytest

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.server import run_in_thread
from attribution_portal.sandbox.world import ACME

from .conftest import Platform, Wire

CREATE = "/campaign_results/?eid=evt_plain&purchase=2&revenue=90"


def rows(box: Sandbox) -> int:
    return len(box.adjustment_ids(ACME, "evt_plain"))


def wait_for(box: Sandbox, path: str, *, times: int = 1) -> None:
    """Until the platform has so many requests in hand."""
    until = time.monotonic() + 30
    while len(box.log.of(path=path)) < times:
        assert time.monotonic() < until
        threading.Event().wait(0.005)


def test_a_connection_serves_one_call_after_another(wire: Wire) -> None:
    first, _ = wire.call("GET", "/partners/")
    sock = wire.connection.sock
    second, body = wire.call("GET", "/events/evt_closed")
    assert (first.status, second.status, first.version) == (200, 200, 11)
    assert wire.connection.sock is sock
    assert json.loads(body)["id"] == "evt_closed"


def test_a_204_has_no_body_and_keeps_the_connection(wire: Wire) -> None:
    response, body = wire.call("POST", "/campaign_results/?eid=evt_quiet&purchase=2&revenue=90")
    assert (response.status, body) == (204, b"")
    assert wire.call("GET", "/partners/")[0].status == 200


def test_a_status_hits_as_many_requests_as_it_is_told(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/partners/", "status", status=503, count=2)
    assert [wire.call("GET", "/partners/")[0].status for _ in range(3)] == [503, 503, 200]
    assert box.faults.all() == ()
    assert [entry.fault for entry in box.log.of(path="/partners/")] == ["status", "status", None]


def test_a_fault_hits_its_path_method_and_partner_alone(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/events/*", "status", method="get", status=500)
    box.faults.add("/partners/", "status", partner="partner-id-sakura")
    assert wire.call("GET", "/events/evt_closed/statistics")[0].status == 500
    assert wire.call("PUT", "/events/evt_closed/attribution_model", {"model": "FD"})[0].status == 200
    assert wire.call("GET", "/partners/")[0].status == 200
    box.faults.clear()
    assert wire.call("GET", "/events/evt_closed/statistics")[0].status == 200


def test_a_status_may_carry_fields_and_a_retry_time(wire: Wire, box: Sandbox) -> None:
    box.faults.add("*", "status", status=422, fields=(("model", "NOT_NOW"),), count=1)
    box.faults.add("*", "status", status=429, retry_after=7, count=1)
    response, body = wire.call("GET", "/partners/")
    assert response.status == 422
    assert json.loads(body)["validation_errors"] == [{"code": "NOT_NOW", "field": "model"}]
    response, _ = wire.call("GET", "/partners/")
    assert (response.status, response.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(("applied", "created"), [(False, 0), (True, 1)])
def test_a_write_may_be_applied_before_it_fails(wire: Wire, box: Sandbox, applied: bool, created: int) -> None:
    box.faults.add("/campaign_results/", "status", method="POST", status=500, applied=applied)
    assert wire.call("POST", CREATE)[0].status == 500
    assert rows(box) == created


@pytest.mark.parametrize(("applied", "created"), [(False, 0), (True, 1)])
def test_a_timeout_stays_silent(wire: Wire, box: Sandbox, applied: bool, created: int) -> None:
    box.faults.add("/campaign_results/", "timeout", seconds=30, applied=applied)
    wire.connection.request("POST", f"/api/v3{CREATE}", headers=wire.headers)
    wait_for(box, "/campaign_results/")
    wire.connection.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        wire.connection.getresponse()
    assert rows(box) == created
    assert box.log.of(path="/campaign_results/")[0].status is None


def test_clearing_ends_a_timeout(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/partners/", "timeout", seconds=600)
    wire.connection.request("GET", "/api/v3/partners/", headers=wire.headers)
    wait_for(box, "/partners/")
    box.faults.clear()
    with pytest.raises(http.client.RemoteDisconnected):
        wire.connection.getresponse()


def test_clearing_lets_go_what_is_late(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/partners/", "latency", seconds=600)
    wire.connection.request("GET", "/api/v3/partners/", headers=wire.headers)
    wait_for(box, "/partners/")
    box.faults.clear()
    response = wire.connection.getresponse()
    assert (response.status, json.loads(response.read())["id"]) == (200, ACME)


@pytest.mark.parametrize(("applied", "created"), [(False, 0), (True, 1)])
def test_a_reset_breaks_the_connection(wire: Wire, box: Sandbox, applied: bool, created: int) -> None:
    box.faults.add("/campaign_results/", "reset", applied=applied)
    with pytest.raises(ConnectionResetError):
        wire.call("POST", CREATE)
    assert rows(box) == created


def test_truncated_json_cannot_be_read(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/partners/", "truncated")
    response, body = wire.call("GET", "/partners/")
    assert response.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(body)


def test_a_gateway_answers_html_or_nothing(wire: Wire, box: Sandbox) -> None:
    box.faults.add("*", "html", count=1)
    box.faults.add("*", "empty", count=1)
    response, body = wire.call("GET", "/partners/")
    assert (response.status, response.headers["Content-Type"]) == (502, "text/html")
    assert body.startswith(b"<!doctype html>")
    response, body = wire.call("GET", "/partners/")
    assert (response.status, body) == (502, b"")


def test_a_wrong_type_puts_objects_where_numbers_were(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/events/evt_closed/statistics", "wrong_type", count=1)
    box.faults.add("/events/evt_closed/statistics", "wrong_type", body=[1, 2])
    _, body = wire.call("GET", "/events/evt_closed/statistics")
    assert json.loads(body)["campaigns"] == {"value": 2}
    _, body = wire.call("GET", "/events/evt_closed/statistics")
    assert json.loads(body) == [1, 2]


def test_a_200_may_carry_validation_errors(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/campaign_results/", "validation_errors", fields=(("revenue", "TOO_LARGE"),))
    response, body = wire.call("POST", CREATE)
    assert response.status == 200
    assert json.loads(body) == {"validation_errors": [{"code": "TOO_LARGE", "field": "revenue"}]}
    assert rows(box) == 0


def test_a_drip_and_latency_take_their_time_and_answer_whole(wire: Wire, box: Sandbox) -> None:
    box.faults.add("/partners/", "drip", seconds=0.2, count=1)
    box.faults.add("/partners/", "latency", seconds=0.1, count=2)
    times, left = [], []
    for _ in range(3):
        begin = time.monotonic()
        response, body = wire.call("GET", "/partners/")
        times.append(time.monotonic() - begin)
        left.append([fault.kind for fault in box.faults.all()])
        assert response.status == 200
        assert json.loads(body)["id"] == ACME
    assert times[0] >= 0.3
    assert times[1] >= 0.1
    assert left == [["latency"], [], []]


def test_latency_of_many_calls_runs_side_by_side(wire: Wire, box: Sandbox) -> None:
    box.latency_seconds = 600
    netloc = f"{wire.connection.host}:{wire.connection.port}"

    def read(statuses: list[int]) -> None:
        connection = http.client.HTTPConnection(netloc, timeout=30)
        connection.request("GET", "/api/v3/partners/", headers=wire.headers)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        connection.close()

    statuses: list[int] = []
    threads = [threading.Thread(target=read, args=(statuses,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    wait_for(box, "/partners/", times=12)
    assert statuses == []
    box.faults.clear()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 12


def test_an_unknown_fault_is_refused(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        box.faults.add("*", "explode")  # type: ignore[arg-type]


def test_stopping_ends_hanging_requests(box: Sandbox, platform: Platform) -> None:
    box.faults.add("/status/", "timeout", seconds=60)
    with run_in_thread(box) as (base_url, _stop):
        connection = http.client.HTTPConnection(base_url.split("/")[2], timeout=5)
        connection.request("GET", "/api/v3/status/")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    connection.close()
