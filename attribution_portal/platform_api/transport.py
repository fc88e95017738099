"""The one door to the network: everything that the portal says to the platform passes `exchange`.

One client per process, made on first use and after any fork, with kept connections. It refuses cookies,
follows no redirect, knows no proxy from the environment, and ends every call at its deadline, however slowly
the answer drips. Retries, tokens and budgets are above, in `calls`.

A log line has the endpoint's template, status, time and request id. Never a token, a body, a query value, an
id.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

import httpcore
import httpx

from attribution_portal.platform_api import configuration, tally
from attribution_portal.platform_api.outcomes import Answer, Lost, Reads, in_a_word, query_pairs

if TYPE_CHECKING:
    from attribution_portal.platform_api.tokens import Account

logger = logging.getLogger("attribution_portal.platform")

# httpx logs whole URLs at INFO, and a write's query string holds money; httpcore logs headers at DEBUG.
for _noisy in ("httpx", "httpcore"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)

VISIBLE = re.compile(r"[!-~]+")
# zlib's window size for a gzip header.
GZIP = 31

Method = Literal["GET", "POST", "PUT", "DELETE"]
Lane = Literal["person", "polling"]
_PURPOSES: dict[Lane, tally.Purpose] = {"person": "people", "polling": "polling"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for which partner, how patiently.

    lane: `person` for a page, `polling` for the portal's own reading in the background, which never reads
    the cache.
    deadline: on time.monotonic(), for all calls that share the caller; None lets each call take its own time.
    reread: the cache is bypassed for reading; what comes is stored in it.
    only_kept: nobody is asked; what is not kept is Unavailable.
    """

    account: Account
    partner_id: str
    lane: Lane = "person"
    deadline: float | None = None
    reread: bool = False
    only_kept: bool = False

    def __post_init__(self) -> None:
        # It travels in the header that scopes every call; without it the platform might choose a partner itself.
        if not VISIBLE.fullmatch(self.partner_id):
            raise ValueError("A caller needs a partner id of visible ASCII letters")

    @classmethod
    def for_page(cls, account: Account, partner_id: str) -> Caller:
        return cls(account=account, partner_id=partner_id, deadline=configuration.page_deadline())

    def rereading(self) -> Caller:
        return replace(self, reread=True)

    def asking_nobody(self) -> Caller:
        return replace(self, only_kept=True)

    @property
    def takes_kept(self) -> bool:
        """Whether an answer that is kept and young enough will do."""
        return self.lane == "person" and not self.reread


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the contract. `template` has `{names}` for path segments; `name` is what logs and errors
    say. `signs_in`: it gets a token, which changes nothing and serves both lanes."""

    method: Method
    template: str
    signs_in: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    def path(self, **segments: str) -> str:
        """Segments are encoded whole: a `tc` or an id with a slash stays one segment (§7). Dots alone are
        encoded too, else `..` would climb out of the path."""
        return self.template.format(**{name: _segment(value) for name, value in segments.items()})


def _segment(value: str) -> str:
    return value.replace(".", "%2E") if value in (".", "..") else quote(value, safe="")


class _Deadline(threading.local):
    """When the call that this thread is making must end, on time.monotonic()."""

    at: float | None = None

    def cap(self, timeout: float | None) -> float | None:
        if self.at is None:
            return timeout
        remaining = max(self.at - time.monotonic(), 0.001)
        return remaining if timeout is None else min(timeout, remaining)


_deadline = _Deadline()


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every single read and write ends at the call's deadline. httpx only has a timeout
    per read, which an answer that drips one byte a second never reaches."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._refuse_when_over(httpcore.ReadTimeout)
        return self._stream.read(max_bytes, _deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._refuse_when_over(httpcore.WriteTimeout)
        self._stream.write(buffer, _deadline.cap(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _deadline.cap(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    @staticmethod
    def _refuse_when_over(error: type[Exception]) -> None:
        if _deadline.at is not None and time.monotonic() >= _deadline.at:
            raise error("deadline")


class _TimedBackend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _TimedStream(super().connect_tcp(host, port, _deadline.cap(timeout), local_address, socket_options))


class _Transport(httpx.HTTPTransport):
    """httpx has no public way to give its pool a network backend, so the pool is replaced by its like."""

    def __init__(self, connections: int) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            # Below what load balancers commonly allow, so that they seldom close a connection under a call.
            keepalive_expiry=30.0,
            network_backend=_TimedBackend(),
        )


_lock = threading.Lock()
_client: tuple[int, httpx.Client] | None = None


def _shared_client() -> httpx.Client:
    global _client
    pid = os.getpid()
    found = _client
    if found is not None and found[0] == pid:
        return found[1]
    with _lock:
        if _client is None or _client[0] != pid:
            # A client from before a fork is left alone: closing it would speak on the parent's connections.
            _client = (pid, _new_client())
        return _client[1]


def _new_client() -> httpx.Client:
    # Threads of requests and of both pools; each uses at most one connection at a time.
    connections = 4 * configuration.whole("PLATFORM_POOL_THREADS")
    return httpx.Client(
        transport=_Transport(connections),
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
        # httpx would also offer codings that it can only unpack without a bound.
        headers={"User-Agent": "attribution-portal", "Accept": "application/json", "Accept-Encoding": "gzip"},
        follow_redirects=False,
        trust_env=False,
    )


def close() -> None:
    """Close this process's connections; the next call opens new ones."""
    global _client
    with _lock:
        if _client is not None and _client[0] == os.getpid():
            _client[1].close()
        _client = None


atexit.register(close)


def exchange(
    endpoint: Endpoint,
    *,
    path: str,
    until: float,
    reads: Reads,
    query: Mapping[str, object] | None = None,
    body: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    lane: Lane = "person",
) -> Answer | Lost:
    """One try, counted as what it came to: a success only where `reads` can read it. `until` is on time.monotonic().
    Never raises for what the network or the platform does."""
    started = time.monotonic()
    remaining = until - started
    if remaining <= 0:
        return Lost("the deadline was over before the call", sent=False)
    pairs = query_pairs(query or {})
    url = configuration.base_url() + path + (f"?{urlencode(pairs)}" if pairs else "")
    sent_headers = dict(headers or {})
    content = None
    if body is not None:
        content = json.dumps(body, allow_nan=False).encode()
        sent_headers["Content-Type"] = "application/json"
    connect = min(configuration.number("PLATFORM_CONNECT_SECONDS"), remaining)
    read = min(configuration.number("PLATFORM_READ_SECONDS"), remaining)
    timeout = httpx.Timeout(read, connect=connect, pool=remaining)
    _deadline.at = until
    try:
        outcome = _send(endpoint.method, url, content, sent_headers, timeout)
    finally:
        _deadline.at = None
    seconds = time.monotonic() - started
    _log(endpoint, outcome, milliseconds=seconds * 1000)
    tally.add(
        endpoint=endpoint.name,
        purpose="both" if endpoint.signs_in else _PURPOSES[lane],
        outcome=in_a_word(outcome, writes=endpoint.method != "GET" and not endpoint.signs_in, reads=reads),
        seconds=seconds,
    )
    return outcome


def _send(
    method: str, url: str, content: bytes | None, headers: dict[str, str], timeout: httpx.Timeout
) -> Answer | Lost:
    status: int | None = None
    request_id: str | None = None
    try:
        with _shared_client().stream(method, url, content=content, headers=headers, timeout=timeout) as response:
            status, request_id = response.status_code, _printable(response.headers.get("x-request-id"))
            retry_after = response.headers.get("retry-after")
            taken, fault = _take_in(response)
            return Answer(status, taken, request_id, retry_after=retry_after, fault=fault)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return Lost(type(error).__name__, sent=False)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        return Lost(type(error).__name__, sent=False)
    except httpx.TimeoutException as error:
        return Lost(type(error).__name__, sent=True, status=status, request_id=request_id)
    except httpx.HTTPError as error:
        return Lost(type(error).__name__, sent=True, cut=status is not None, status=status, request_id=request_id)


def _take_in(response: httpx.Response) -> tuple[bytes, str]:
    """The body up to the cap, and what is wrong with it. Unpacked here and not by httpx, whose pieces have no bound:
    a few kilobytes of a bomb would fill the memory before anybody could count them."""
    cap = configuration.whole("PLATFORM_MAX_BYTES")
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        return b"", "body in a coding that was not asked for"
    unpacking = zlib.decompressobj(wbits=GZIP) if coding.endswith("gzip") else None
    chunks: list[bytes] = []
    size = 0
    try:
        for chunk in response.iter_raw():
            plain = chunk if unpacking is None else unpacking.decompress(chunk, cap + 1 - size)
            size += len(plain)
            if size > cap:
                return b"", f"body larger than {cap} bytes"
            chunks.append(plain)
    except zlib.error:
        return b"", "body not decodable"
    if unpacking is not None and chunks and not unpacking.eof:
        return b"", "body not decodable"
    return b"".join(chunks), ""


def _printable(request_id: str | None) -> str | None:
    """Foreign text goes to logs and pages: short, and without anything that could fake a log line."""
    if not request_id:
        return None
    return "".join(letter for letter in request_id[:100] if letter.isascii() and letter.isprintable()) or None


def _log(endpoint: Endpoint, outcome: Answer | Lost, *, milliseconds: float) -> None:
    good = isinstance(outcome, Answer) and outcome.status < 500
    logger.log(
        logging.INFO if good else logging.WARNING,
        "%s %s %.0f ms request_id=%s",
        endpoint.name,
        outcome.status if isinstance(outcome, Answer) else f"{outcome.reason} status={outcome.status or '-'}",
        milliseconds,
        outcome.request_id or "-",
    )
