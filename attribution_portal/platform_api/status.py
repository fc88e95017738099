"""Whether the platform is there (§1)."""

from __future__ import annotations

import time

from attribution_portal.platform_api.outcomes import Answer
from attribution_portal.platform_api.transport import Endpoint, exchange

STATUS = Endpoint("GET", "/status/")
SECONDS = 3.0


def get() -> bool:
    """§1 `GET /status/`, without authentication, once, never cached. False for anything but a success; never
    raises."""
    outcome = exchange(STATUS, path=STATUS.path(), until=time.monotonic() + SECONDS)
    return isinstance(outcome, Answer) and outcome.succeeded
