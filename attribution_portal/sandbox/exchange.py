"""A request as the stand-in platform sees it, its answer, and how the server is to deliver that answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast
from urllib.parse import parse_qs

from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.refusals import invalid

Manner = Literal["whole", "hang", "reset", "drip"]


@dataclass(frozen=True)
class Request:
    """`path` is decoded and whole, `headers` have lower-case names, `remote` is the caller's address."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    remote: str = "127.0.0.1"

    @cached_property
    def args(self) -> dict[str, list[str]]:
        return parse_qs(self.query, keep_blank_values=True)

    def arg(self, name: str) -> str:
        """The first value of a query parameter, "" when it is not there."""
        return self.args.get(name, [""])[0]

    def json(self) -> Json:
        """The body. Raises Refusal 400 when it is not JSON."""
        try:
            return cast("Json", json.loads(self.body))
        except ValueError:
            raise invalid(("", "MALFORMED_JSON"), status=400) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """`delay` seconds pass before it is delivered; `seconds` is how long a hang or a drip takes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    manner: Manner = "whole"
    delay: float = 0.0
    seconds: float = 0.0


def encode(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
