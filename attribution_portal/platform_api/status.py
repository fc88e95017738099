"""Whether the platform is there (§1)."""

from __future__ import annotations

import time

from attribution_portal.platform_api.outcomes import Answer, Unreadable
from attribution_portal.platform_api.transport import Endpoint, exchange

STATUS = Endpoint("GET", "/status/")
SECONDS = 3.0


def get() -> bool:
    """§1 `GET /status/`, without authentication, once, never cached. False for anything but a success; never
    raises."""
    outcome = exchange(STATUS, path=STATUS.path(), until=time.monotonic() + SECONDS, reads=_something_said)
    return isinstance(outcome, Answer) and outcome.succeeded


def _something_said(answer: Answer) -> None:
    """The contract does not say what, but a gateway's page is not it."""
    if answer.fault or answer.body.lstrip()[:1] in (b"", b"<"):
        raise Unreadable(answer.fault or "nothing, or HTML")
