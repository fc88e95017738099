"""Serves a sandbox over real HTTP/1.1: threads, keep-alive, and the faults that need a socket.

A plain WSGI server could not hang until the client leaves, reset a connection in the middle of an answer, or let a body
drip; so this one delivers the sandbox's answers itself.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import NamedTuple, cast
from urllib.parse import unquote

from attribution_portal.sandbox.app import PREFIX, Sandbox
from attribution_portal.sandbox.exchange import Answer, Request

DRIPS = 20
MOST_BODY = 1_000_000
# Linger on with a time of 0 makes close() send RST instead of FIN.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Server(ThreadingHTTPServer):
    """One thread a connection. `stop()` ends hanging requests and open connections too."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, sandbox: Sandbox, *, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        super().__init__((host, port), Handler)

    @property
    def base_url(self) -> str:
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}{PREFIX}"

    def server_bind(self) -> None:
        """Binds without the name look-up of the base class, which can take seconds where there is no DNS."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def stop(self) -> None:
        """Stop serving and close everything. To be called from another thread than the serving one."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            # Wakes the thread that waits for the connection's next request; it closes the socket itself.
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def reset_on_close(self, connection: socket.socket) -> None:
        with self._lock:
            self._resets.add(connection)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        connection = cast("socket.socket", request)
        with self._lock:
            self._connections.discard(connection)
            reset = connection in self._resets
            self._resets.discard(connection)
        if reset:
            # A shutdown first would send FIN, and the client would see a clean end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            connection.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Clients leave in the middle of answers, which is what timeouts do; only a defect is worth a word."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads one request after another from a connection and delivers their answers."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    wbufsize = 65_536
    disable_nagle_algorithm = True
    timeout = 300
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Requests are in `Sandbox.log`."""

    def handle_request(self) -> None:
        body = self._body()
        if body is None:
            return
        clearings = self.server.sandbox.faults.clearings
        path, _, query = self.path.partition("?")
        answer = self.server.sandbox.answer(
            Request(
                method=self.command,
                path=unquote(path, errors="replace"),
                query=query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
                remote=str(self.client_address[0]).removeprefix("::ffff:"),
            )
        )
        if not self._wait(answer.delay, clearings=clearings):
            return
        if answer.manner == "hang":
            self._wait(answer.seconds, clearings=clearings)
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_request  # noqa: N815

    def _body(self) -> bytes | None:
        """The request's body; None after answering 411 or 413 to one that cannot be read."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > MOST_BODY:
            self.send_error(413 if length.isdecimal() and int(length) > MOST_BODY else 411)
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _wait(self, seconds: float, *, clearings: int | None = None) -> bool:
        """Wait, but no longer than the client or the server stays; given how often the faults had been cleared before,
        only until they are again. Whether there is still somebody to answer."""
        faults = self.server.sandbox.faults
        # Counts its own steps instead of reading a clock: a test that freezes time must not make it wait forever.
        while seconds > 0:
            step = min(seconds, 0.05)
            if self.server.stopping.wait(step) or self._client_left():
                self.close_connection = True
                return False
            if clearings is not None and faults.clearings != clearings:
                break
            seconds -= step
        return True

    def _client_left(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        if not readable:
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = b"" if self.command == "HEAD" else answer.body
        if answer.manner == "reset":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.reset_on_close(self.connection)
            self.close_connection = True
        elif answer.manner == "drip":
            self._drip(body, answer.seconds)
        else:
            self.wfile.write(body)

    def _drip(self, body: bytes, seconds: float) -> None:
        """The body in equal pieces, evenly spread."""
        size = max(1, -(-len(body) // DRIPS))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            self.wfile.flush()
            if not self._wait(seconds / len(pieces)):
                return
            self.wfile.write(piece)


class Running(NamedTuple):
    """A sandbox that is being served: unpack it, or use it as a context manager that stops at the end."""

    base_url: str
    stop: Callable[[], None]

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def run_in_thread(sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Serve `sandbox` from a thread of this process; port 0 takes a free one. `base_url` ends in `/api/v3`."""
    server = Server(sandbox, host=host, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True)
    thread.start()

    def stop() -> None:
        server.stop()
        thread.join()

    return Running(server.base_url, stop)
