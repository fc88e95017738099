"""The control door `/__sandbox__/…`: how a test in another process steers the stand-in platform. JSON in and out.

Only callers on this machine may use it, and no browser page: a request with an Origin is refused.

    GET    /__sandbox__/faults     faults in force
    POST   /__sandbox__/faults     {"path": "/events/*", "kind": "status", "method": "GET", "partner": null, "count": 1,
                                    "status": 503, "seconds": 30, "applied": false, "retry_after": null,
                                    "fields": [["model", "INVALID_CHOICE"]], "body": null}; path and kind are required
    DELETE /__sandbox__/faults     clears all, or with ?id= one
    GET    /__sandbox__/log        {"entries": […]}; ?method= ?path= (pattern) ?partner= narrow it
    DELETE /__sandbox__/log        empties it
    POST   /__sandbox__/reset      back to the initial world
    GET    /__sandbox__/latency    {"ms": 0}
    PUT    /__sandbox__/latency    {"ms": 200}: every answer of the platform comes that much later
    GET    /__sandbox__/clock      {"now", "today", "advanced_seconds"}
    PUT    /__sandbox__/clock      {"advance_seconds": 3600} moves it on, {"advanced_seconds": 0} sets the distance
    POST   /__sandbox__/revoke     all tokens die; {"refresh_too": false} spares the refresh tokens
    GET    /__sandbox__/ledger     the truth: {partner: {"events": {id: {"revenue": "12.50", "purchases": 3, "story"}},
                                    "packages": {id: {"story"}}}}
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast

from attribution_portal.sandbox import wire
from attribution_portal.sandbox.exchange import Answer, Request, encode
from attribution_portal.sandbox.faults import Fault, Json, Kind
from attribution_portal.sandbox.refusals import Refusal, invalid, not_authorized, not_found

if TYPE_CHECKING:
    from attribution_portal.sandbox.app import Sandbox

PREFIX = "/__sandbox__/"

Action = Callable[["Sandbox", Request], Json]


def answer(sandbox: Sandbox, request: Request) -> Answer:
    """Answer a request to the door; 403 for anybody but this machine, 404 for an unknown action."""
    headers = (("Content-Type", "application/json"), ("X-Sandbox", "1"))
    try:
        if not _is_local(request):
            raise not_authorized()
        action = ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
        if action is None:
            raise not_found("action")
        return Answer(200, headers, encode(action(sandbox, request)))
    except Refusal as refusal:
        return Answer(refusal.status, headers, encode(refusal.body()))


def _is_local(request: Request) -> bool:
    try:
        return ip_address(request.remote).is_loopback and "origin" not in request.headers
    except ValueError:
        return False


def _list_faults(sandbox: Sandbox, request: Request) -> Json:
    return {"faults": [_fault(fault) for fault in sandbox.faults.all()]}


def _add_fault(sandbox: Sandbox, request: Request) -> Json:
    body = _object(request)
    fields = body.get("fields") or []
    try:
        fault = sandbox.faults.add(
            _text(body, "path"),
            cast("Kind", _text(body, "kind")),
            method=_text(body, "method", "*"),
            partner=_text(body, "partner", "") or None,
            count=_whole(body, "count"),
            status=_whole(body, "status"),
            seconds=_number(body, "seconds", 30.0),
            applied=body.get("applied") is True,
            retry_after=_whole(body, "retry_after"),
            fields=tuple((str(pair[0]), str(pair[1])) for pair in _pairs(fields)),
            body=body.get("body"),
        )
    except ValueError as error:
        raise invalid(("kind", str(error))) from None
    return _fault(fault)


def _clear_faults(sandbox: Sandbox, request: Request) -> Json:
    number = request.arg("id")
    if number and not number.isdecimal():
        raise invalid(("id", "INVALID_NUMBER"))
    sandbox.faults.clear(int(number) if number else None)
    return {}


def _read_log(sandbox: Sandbox, request: Request) -> Json:
    entries = sandbox.log.of(
        method=request.arg("method") or "*",
        path=request.arg("path") or "*",
        partner=request.arg("partner") or None,
    )
    return {
        "entries": [
            {
                "method": entry.method,
                "path": entry.path,
                "query": entry.query,
                "partner": entry.partner,
                "status": entry.status,
                "account": entry.account,
                "request_id": entry.request_id,
                "at": wire.instant(entry.at),
                "fault": entry.fault,
                "body": entry.body,
            }
            for entry in entries
        ]
    }


def _clear_log(sandbox: Sandbox, request: Request) -> Json:
    sandbox.log.clear()
    return {}


def _reset(sandbox: Sandbox, request: Request) -> Json:
    sandbox.reset()
    return {}


def _read_latency(sandbox: Sandbox, request: Request) -> Json:
    return {"ms": round(sandbox.latency_seconds * 1000)}


def _put_latency(sandbox: Sandbox, request: Request) -> Json:
    sandbox.latency_seconds = _number(_object(request), "ms") / 1000
    return _read_latency(sandbox, request)


def _read_clock(sandbox: Sandbox, request: Request) -> Json:
    return {
        "now": wire.instant(sandbox.now()),
        "today": sandbox.today.isoformat(),
        "advanced_seconds": sandbox.offset.total_seconds(),
    }


def _put_clock(sandbox: Sandbox, request: Request) -> Json:
    body = _object(request)
    if "advance_seconds" in body:
        sandbox.advance(_number(body, "advance_seconds"))
    else:
        sandbox.offset = timedelta(seconds=_number(body, "advanced_seconds"))
    return _read_clock(sandbox, request)


def _revoke(sandbox: Sandbox, request: Request) -> Json:
    sandbox.revoke_tokens(refresh_too=not request.body or _object(request).get("refresh_too") is not False)
    return {}


def _ledger(sandbox: Sandbox, request: Request) -> Json:
    return {
        tenant.id: {
            "events": {
                event.id: {
                    "revenue": str(event.revenue),
                    "purchases": event.purchases,
                    "story": event.story,
                }
                for event in tenant.events.values()
            },
            "packages": {package.id: {"story": package.story} for package in tenant.packages.values()},
        }
        for tenant in sandbox.world.values()
    }


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "log"): _read_log,
    ("DELETE", "log"): _clear_log,
    ("POST", "reset"): _reset,
    ("GET", "latency"): _read_latency,
    ("PUT", "latency"): _put_latency,
    ("GET", "clock"): _read_clock,
    ("PUT", "clock"): _put_clock,
    ("POST", "revoke"): _revoke,
    ("GET", "ledger"): _ledger,
}


def _fault(fault: Fault) -> Json:
    return {
        "id": fault.id,
        "kind": fault.kind,
        "path": fault.path,
        "method": fault.method,
        "partner": fault.partner,
        "count": fault.count,
        "status": fault.status,
        "seconds": fault.seconds,
        "applied": fault.applied,
        "retry_after": fault.retry_after,
        "fields": [list(pair) for pair in fault.fields],
        "body": fault.body,
    }


def _object(request: Request) -> dict[str, Json]:
    body = request.json()
    if not isinstance(body, dict):
        raise invalid(("", "OBJECT_EXPECTED"), status=400)
    return body


def _text(body: dict[str, Json], name: str, default: str | None = None) -> str:
    value = body.get(name)
    if isinstance(value, str):
        return value
    if value is None and default is not None:
        return default
    raise invalid((name, "TEXT_EXPECTED"))


def _whole(body: dict[str, Json], name: str) -> int | None:
    value = body.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise invalid((name, "INVALID_NUMBER"))


def _number(body: dict[str, Json], name: str, default: float | None = None) -> float:
    value = body.get(name, default)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise invalid((name, "INVALID_NUMBER"))


def _pairs(value: Json) -> list[list[Json]]:
    if isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return cast("list[list[Json]]", value)
    raise invalid(("fields", "PAIRS_EXPECTED"))
