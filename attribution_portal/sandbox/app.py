"""The stand-in platform: a stateful WSGI application under `/api/v3` that speaks the whole contract.

The same code serves the demo and the tests. `Sandbox.answer` turns a request into an answer; `server.py` delivers it
over HTTP and can do what only a socket can (hang, reset, drip), `Sandbox.__call__` delivers it as WSGI.
The control door under `/__sandbox__` is described in `door.py`.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from attribution_portal.sandbox import auth, door, routes
from attribution_portal.sandbox.auth import Tokens
from attribution_portal.sandbox.budget import Budget
from attribution_portal.sandbox.call import Call, Reply
from attribution_portal.sandbox.exchange import Answer, Request, encode
from attribution_portal.sandbox.faults import Fault, Faults, Json, mistyped
from attribution_portal.sandbox.log import Entry, RequestLog
from attribution_portal.sandbox.packages import ClusterTotals, Settings, SettingsLike, evaluate
from attribution_portal.sandbox.refusals import Refusal, not_authorized, not_found, validation_errors
from attribution_portal.sandbox.state import State
from attribution_portal.sandbox.world import build

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "/api/v3"
JSON_TYPE = "application/json"
REASONS = {200: "OK", 204: "No Content"}

MESSAGES = {
    400: ("error.request.invalid", "INVALID_REQUEST"),
    401: ("error.auth.not_authorized", "TOKEN_UNKNOWN"),
    403: ("error.auth.not_authorized", "NOT_AUTHORIZED"),
    404: ("error.event.not_found", "EVENT_NOT_FOUND"),
    409: ("error.request.conflict", "CONFLICT"),
    422: ("error.request.invalid", "INVALID_REQUEST"),
    429: ("error.request.too_many", "TOO_MANY_REQUESTS"),
}

HTML = b"<!doctype html><html><head><title>%d</title></head><body><h1>Bad gateway</h1></body></html>"


@dataclass(slots=True)
class _Trace:
    """What is learned about a request on the way, for the log and for the fault that ends it."""

    partner: str | None
    account: str | None = None
    body: Json = None


class Sandbox:
    """A platform of its own. `clock` gives aware instants; `delay_seconds` is how long a re-evaluation takes.

    Budgets are off unless given; with either of them, sign-ins are limited too. Safe to use from any thread.
    """

    def __init__(
        self,
        *,
        today: date,
        clock: Callable[[], datetime],
        delay_seconds: float = 20.0,
        reads_per_minute: int | None = None,
        writes_per_minute: int | None = None,
    ) -> None:
        self.today = today
        self.delay_seconds = delay_seconds
        self.world = build(today)
        self.log = RequestLog()
        self.faults = Faults()
        self.latency_seconds = 0.0
        self.offset = timedelta(0)
        self._clock = clock
        self._limits = (reads_per_minute, writes_per_minute)
        self._lock = threading.RLock()
        self._requests = 0
        self._begin()

    def _begin(self) -> None:
        reads, writes = self._limits
        self._state = State(self.world, delay_seconds=self.delay_seconds)
        self._tokens = Tokens()
        self._budget = Budget(reads_per_minute=reads, writes_per_minute=writes)

    def reset(self) -> None:
        """Back to the initial world: no faults, no latency, an empty log, no tokens, the clock as injected."""
        with self._lock:
            self._begin()
            self.faults.clear()
            self.log.clear()
            self.latency_seconds = 0.0
            self.offset = timedelta(0)

    def now(self) -> datetime:
        """The injected clock plus what `advance` added."""
        return self._clock() + self.offset

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.offset += timedelta(seconds=seconds)

    def revoke_tokens(self, *, refresh_too: bool = True) -> None:
        """Every token in use answers 401 from now on."""
        with self._lock:
            self._tokens.revoke(refresh_too=refresh_too)

    @property
    def partner_ids(self) -> tuple[str, ...]:
        return tuple(self.world)

    def event_ids(self, partner_id: str) -> tuple[str, ...]:
        return tuple(self.world[partner_id].events)

    def package_ids(self, partner_id: str) -> tuple[str, ...]:
        return tuple(self.world[partner_id].packages)

    def ledger_revenue(self, partner_id: str, eid: str) -> Decimal:
        """The truth: what the event sold, all days, in major units."""
        return self.world[partner_id].events[eid].revenue

    def ledger_purchases(self, partner_id: str, eid: str) -> int:
        return self.world[partner_id].events[eid].purchases

    def evaluation_truth(self, partner_id: str, package_id: str, settings: SettingsLike) -> dict[str, ClusterTotals]:
        """What a finished evaluation of `settings` holds as of the sandbox's day. Raises ValueError when model or
        window is not set."""
        tenant = self.world[partner_id]
        package = tenant.packages[package_id]
        if package.pinned and package.own is not None:
            settings = package.own
        return evaluate(package, settings, as_of=self.now().astimezone(tenant.stage.zone).date())

    def current_evaluation(self, partner_id: str, package_id: str) -> dict[str, ClusterTotals] | None:
        """The results as the platform answers them now, old settings or new; None before the first ones."""
        tenant = self.world[partner_id]
        with self._lock:
            return self._state.evaluation(tenant, tenant.packages[package_id], self.now())

    def settings_in_force(self, partner_id: str, package_id: str) -> Settings | None:
        """The package's own settings as last PUT; None when it has none."""
        tenant = self.world[partner_id]
        with self._lock:
            return self._state.settings(tenant, tenant.packages[package_id])

    def adjustment_ids(self, partner_id: str, eid: str) -> tuple[str, ...]:
        """Ids of the event's adjustment rows that exist now, whichever call shows them."""
        tenant = self.world[partner_id]
        with self._lock:
            return tuple(row.id for row in self._state.rows(tenant, tenant.events[eid]))

    def answer(self, request: Request) -> Answer:
        """Answer a request; never raises. The caller delivers it, delays included."""
        if request.path.startswith(door.PREFIX):
            return door.answer(self, request)
        started = time.monotonic()
        trace = _Trace(request.headers.get("x-preferred-partner-id"))
        path = request.path.removeprefix(PREFIX) if request.path.startswith(PREFIX + "/") else ""
        with self._lock:
            self._requests += 1
            request_id = f"req-{self._requests:08d}"
            fault, latency = self.faults.take(method=request.method, path=path, partner=trace.partner)
            try:
                reply = Reply(0) if fault is not None and not fault.acts else self._act(request, path, trace)
            except Refusal as refusal:
                reply = Reply(refusal.status, refusal.body())
            except Exception:  # a defect here must look like the platform's own, and be seen
                traceback.print_exc(file=sys.stderr)
                reply = Reply(500, Refusal(500, "error.internal.unspecified", "INTERNAL").body())
            answer = _plain(reply, request_id) if fault is None else _faulty(fault, reply, request_id)
            answer = replace(answer, delay=answer.delay + latency + self.latency_seconds)
            self.log.add(
                Entry(
                    method=request.method,
                    path=path or request.path,
                    query=request.query,
                    partner=trace.partner,
                    status=None if answer.manner in {"hang", "reset"} else answer.status,
                    account=trace.account,
                    request_id=request_id,
                    at=self.now(),
                    started=started,
                    fault=None if fault is None else fault.kind,
                    body=trace.body,
                )
            )
        return answer

    def _act(self, request: Request, path: str, trace: _Trace) -> Reply:
        matched = routes.match(request.method, path)
        now = self.now()
        if matched.open_call == routes.STATUS:
            return Reply(200, {"status": "ok"})
        if matched.open_call:
            self._budget.spend("sign in", request.remote, now)
            if matched.open_call == routes.SIGN_IN:
                return Reply(200, self._tokens.sign_in(request.json(), now))
            return Reply(200, self._tokens.refresh(request.json(), now))
        if matched.handler is None:
            raise not_found("route")
        account = self._tokens.account(request.headers.get("authorization", ""), now)
        trace.account = account.username
        tenant = self.world.get(trace.partner or "")
        if tenant is None or not auth.may_act_for(account, tenant.id):
            raise not_authorized()
        self._budget.spend("read" if request.method == "GET" else "write", tenant.id, now)
        if request.body:
            trace.body = request.json()
        return matched.handler(Call(request, tenant, self._state, now, matched.ids))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI. What needs a socket is played as far as WSGI goes: a hang ends in 504, a reset in half a body."""
        answer = self.answer(_request(environ))
        time.sleep(answer.delay)
        body = answer.body
        status = answer.status
        if answer.manner == "hang":
            time.sleep(answer.seconds)
            status, body = 504, b""
        elif answer.manner == "reset":
            body = body[: len(body) // 2]
        start_response(f"{status} {REASONS.get(status, 'Error')}", list(answer.headers))
        return [body]


def _plain(reply: Reply, request_id: str) -> Answer:
    if reply.status == 204:
        return Answer(204, _headers(request_id, None), b"")
    return Answer(reply.status, _headers(request_id, JSON_TYPE), encode(reply.body))


def _faulty(fault: Fault, reply: Reply, request_id: str) -> Answer:
    """The answer that `fault` leaves of `reply`; a reply of status 0 was never made."""
    json_headers = _headers(request_id, JSON_TYPE)
    if fault.kind == "status":
        status = fault.status or 500
        message, code = MESSAGES.get(status, ("error.internal.unspecified", "INTERNAL"))
        refusal = Refusal(status, message, code, fields=fault.fields)
        if fault.retry_after is not None:
            json_headers = (*json_headers, ("Retry-After", str(fault.retry_after)))
        return Answer(status, json_headers, encode(refusal.body()))
    if fault.kind == "timeout":
        return Answer(504, json_headers, b"", manner="hang", seconds=fault.seconds)
    if fault.kind == "html":
        status = fault.status or 502
        return Answer(status, _headers(request_id, "text/html"), HTML % status)
    if fault.kind == "empty":
        return Answer(fault.status or 502, _headers(request_id, None), b"")
    if fault.kind == "validation_errors":
        return Answer(200, json_headers, encode({"validation_errors": validation_errors(fault.fields)}))
    # A fault that mangles a body needs one to mangle.
    if reply.status == 204:
        reply = Reply(200, {})
    answer = _plain(reply if reply.status else Reply(200, {"items": [None] * 20}), request_id)
    if fault.kind == "reset":
        return replace(answer, manner="reset")
    if fault.kind == "truncated":
        return replace(answer, body=answer.body[: max(1, len(answer.body) * 2 // 3)])
    if fault.kind == "wrong_type":
        return replace(answer, body=encode(mistyped(reply.body) if fault.body is None else fault.body))
    if fault.kind == "drip":
        return replace(answer, manner="drip", seconds=fault.seconds)
    raise AssertionError(fault.kind)


def _headers(request_id: str, content_type: str | None) -> tuple[tuple[str, str], ...]:
    headers = (("x-request-id", request_id), ("X-Sandbox", "1"), ("Cache-Control", "no-store"))
    return headers if content_type is None else (("Content-Type", content_type), *headers)


def _request(environ: WSGIEnvironment) -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    return Request(
        method=environ["REQUEST_METHOD"],
        path=(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1").decode(errors="replace"),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
        remote=environ.get("REMOTE_ADDR", ""),
    )
