"""The deployer's numbers that this floor works with, each with what applies when the deployer says
nothing."""

from __future__ import annotations

import time

from django.conf import settings

DEFAULTS: dict[str, float] = {
    "PLATFORM_READS_PER_MINUTE": 600,
    "PLATFORM_WRITES_PER_MINUTE": 120,
    "PLATFORM_CONNECT_SECONDS": 2.0,
    "PLATFORM_READ_SECONDS": 5.0,
    # One page as a whole.
    "PLATFORM_PAGE_SECONDS": 8.0,
    # One polling read with all its tries: long enough to sit out a rate limit, shorter than a task's lease.
    "PLATFORM_POLLING_SECONDS": 60.0,
    "PLATFORM_RETRY_BASE_SECONDS": 0.5,
    "PLATFORM_RETRY_CAP_SECONDS": 30.0,
    # Wait after a 429 that names no time: this long, up to twice (§3: "else 5–10 s").
    "PLATFORM_RATE_LIMIT_SECONDS": 5.0,
    "PLATFORM_MAX_BYTES": 8 * 1024 * 1024,
    "PLATFORM_POOL_THREADS": 16,
}


def number(name: str) -> float:
    return float(getattr(settings, name, DEFAULTS[name]))


def whole(name: str) -> int:
    return int(number(name))


def page_deadline() -> float:
    """When the reads of a page that begins now must be over, on time.monotonic(). The page's last twentieth is left
    for drawing it."""
    return time.monotonic() + 0.95 * number("PLATFORM_PAGE_SECONDS")


def base_url() -> str:
    """Scheme, host and `/api/v3`, without the slash at the end."""
    return str(settings.PLATFORM_BASE_URL).rstrip("/")
