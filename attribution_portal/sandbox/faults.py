"""Faults on request: what the stand-in platform does wrong next, by path and method.

Patterns are shell-style and match the path without `/api/v3`; `*` matches slashes too. Kinds:

    status             answers `status` with an error body (`fields` become its validation_errors)
    timeout            accepts the request and stays silent for `seconds`, then closes
    reset              sends half an answer, then a TCP reset
    truncated          answers 200 with JSON that breaks off
    html               a gateway's page, `status` 502 unless given
    empty              no body at all, `status` 502 unless given
    wrong_type         the real answer with an object in place of every number, or `body` as given
    drip               the real answer, spread evenly over `seconds`
    validation_errors  200 whose body carries `fields`
    latency            the real answer, `seconds` later, or when the faults are cleared; adds up with other faults

`applied=True`: the platform acts first and fails afterwards. truncated, wrong_type, drip and latency always act.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, get_args

Kind = Literal[
    "status",
    "timeout",
    "reset",
    "truncated",
    "html",
    "empty",
    "wrong_type",
    "drip",
    "validation_errors",
    "latency",
]
KINDS: tuple[str, ...] = get_args(Kind)
ALWAYS_ACT = frozenset({"truncated", "wrong_type", "drip", "latency"})

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Fault:
    """`count`: how many requests it still hits, None = until cleared. `retry_after`: seconds, sent with a status."""

    id: int
    kind: Kind
    path: str = "*"
    method: str = "*"
    partner: str | None = None
    count: int | None = None
    status: int | None = None
    seconds: float = 30.0
    applied: bool = False
    retry_after: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    body: Json = None

    @property
    def acts(self) -> bool:
        return self.applied or self.kind in ALWAYS_ACT

    def hits(self, *, method: str, path: str, partner: str | None) -> bool:
        return (
            self.method in {"*", method}
            and fnmatchcase(path, self.path)
            and self.partner in {None, partner}
            and self.count != 0
        )


class Faults:
    """The faults in force, oldest first. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next = 1
        self.clearings = 0

    def add(
        self,
        path: str,
        kind: Kind,
        *,
        method: str = "*",
        partner: str | None = None,
        count: int | None = None,
        status: int | None = None,
        seconds: float = 30.0,
        applied: bool = False,
        retry_after: int | None = None,
        fields: tuple[tuple[str, str], ...] = (),
        body: Json = None,
    ) -> Fault:
        """Add a fault; `fields` are (field, code) pairs. Raises ValueError on an unknown kind."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; one of {', '.join(KINDS)}")
        with self._lock:
            fault = Fault(
                self._next,
                kind,
                path,
                method.upper(),
                partner,
                count,
                status,
                seconds,
                applied,
                retry_after,
                fields,
                body,
            )
            self._next += 1
            self._faults.append(fault)
            return fault

    def clear(self, fault_id: int | None = None) -> None:
        """Remove one fault, or all of them; requests that hang in a fault notice and end."""
        with self._lock:
            self.clearings += 1
            self._faults = [] if fault_id is None else [f for f in self._faults if f.id != fault_id]

    def all(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._faults)

    def take(self, *, method: str, path: str, partner: str | None) -> tuple[Fault | None, float]:
        """The fault for this request and the seconds of latency; what is counted is used up by one."""
        with self._lock:
            chosen: Fault | None = None
            latency = 0.0
            kept: list[Fault] = []
            for fault in self._faults:
                used = fault.hits(method=method, path=path, partner=partner)
                if used and fault.kind == "latency":
                    latency += fault.seconds
                elif used and chosen is None:
                    chosen = fault
                else:
                    used = False
                if used and fault.count is not None:
                    fault = replace(fault, count=fault.count - 1)
                if fault.count != 0:
                    kept.append(fault)
            self._faults = kept
            return chosen, latency


def mistyped(value: Json) -> Json:
    """The same JSON with an object in place of every number."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return [mistyped(item) for item in value]
    if isinstance(value, dict):
        return {key: mistyped(item) for key, item in value.items()}
    return {"value": value}
