"""What the stand-in platform was asked: one entry a request, oldest first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from attribution_portal.sandbox.faults import Json

# A demo left running for weeks must not grow without end.
KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `path` is without `/api/v3`, `query` the raw query string, `status` None when nothing was answered.

    `at` is by the sandbox's clock, `started` by time.monotonic(). `body` is the JSON sent, never that of `/auth`.
    """

    method: str
    path: str
    query: str
    partner: str | None
    status: int | None
    account: str | None
    request_id: str
    at: datetime
    started: float
    fault: str | None
    body: Json


class RequestLog:
    """Safe to use from any thread; iterating sees the entries of that moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def all(self) -> tuple[Entry, ...]:
        with self._lock:
            return tuple(self._entries)

    def of(self, *, method: str = "*", path: str = "*", partner: str | None = None) -> tuple[Entry, ...]:
        """Entries by method, shell-style path pattern and partner."""
        return tuple(
            entry
            for entry in self.all()
            if method in {"*", entry.method} and fnmatchcase(entry.path, path) and partner in {None, entry.partner}
        )

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.all())

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)
