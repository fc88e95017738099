"""A server that does exactly what a test tells it to, over real sockets: answer, stall, drip, cut off, reset."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

Act = Callable[[socket.socket, "Scripted"], bool]
"""Does its part on the connection; True when the connection may be used again."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Scripted:
    base_url: str = ""
    requests: list[Request] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    acts: dict[str, list[Act]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, call: str, *acts: Act) -> None:
        """`call` is method and path. The acts follow each other; the last one stays."""
        self.acts[call] = list(acts)

    def to(self, call: str) -> list[Request]:
        with self.lock:
            return [request for request in self.requests if f"{request.method} {request.path}" == call]

    def take(self, request: Request) -> Act:
        with self.lock:
            self.requests.append(request)
            acts = self.acts[f"{request.method} {request.path}"]
            if not acts:
                return answer(404, {"message": "error.test.nothing_scripted"})
            return acts.pop(0) if len(acts) > 1 else acts[0]


def answer(status: int = 200, body: object = None, *, headers: dict[str, str] | None = None) -> Act:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()

    def act(connection: socket.socket, _server: Scripted) -> bool:
        connection.sendall(_head(status, len(content), headers) + content)
        return True

    return act


def hang() -> Act:
    """Says nothing until the test is over."""

    def act(_connection: socket.socket, server: Scripted) -> bool:
        server.closing.wait(30)
        return False

    return act


def after_gate(then: Act) -> Act:
    """Answers when the test opens the gate."""

    def act(connection: socket.socket, server: Scripted) -> bool:
        server.gate.wait(30)
        return then(connection, server)

    return act


def reset() -> Act:
    """Breaks the connection off with a RST."""

    def act(connection: socket.socket, _server: Scripted) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return act


def cut(content: bytes) -> Act:
    """Announces more than it sends."""

    def act(connection: socket.socket, _server: Scripted) -> bool:
        connection.sendall(_head(200, len(content) + 100, {"x-request-id": "req-cut"}) + content)
        return False

    return act


def drip(*, in_headers: bool) -> Act:
    """One byte every 20 ms, for ever."""

    def act(connection: socket.socket, server: Scripted) -> bool:
        head = _head(200, 100_000, None)
        connection.sendall(head[:-4] + b"\r\nx-slow: " if in_headers else head)
        while not server.closing.wait(0.02):
            connection.sendall(b"1")
        return False

    return act


def _head(status: int, length: int, headers: dict[str, str] | None) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def serve(server: Scripted) -> Callable[[], None]:
    """Starts on a free port of loopback; returns what stops it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v3"
    threads: list[threading.Thread] = []
    open_connections: set[socket.socket] = set()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_connections.add(connection)
            thread = threading.Thread(target=_converse, args=(connection, server), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()

    def stop() -> None:
        server.closing.set()
        server.gate.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for connection in list(open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in threads:
            thread.join(5)

    return stop


def _converse(connection: socket.socket, server: Scripted) -> None:
    with connection, connection.makefile("rb") as stream:
        try:
            while (request := _read(stream)) is not None:
                if not server.take(request)(connection, server):
                    return
        except OSError:
            return


def _read(stream) -> Request | None:  # type: ignore[no-untyped-def]
    first = stream.readline().decode()
    if not first:
        return None
    method, target, _ = first.split(" ", 2)
    headers: dict[str, str] = {}
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    path, _, query = target.partition("?")
    return Request(method, path.removeprefix("/api/v3"), query, headers, body, time.monotonic())
