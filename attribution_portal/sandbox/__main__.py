"""`python -m attribution_portal.sandbox`: serve the stand-in platform until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.auth import PASSWORD
from attribution_portal.sandbox.server import run_in_thread

READS_PER_MINUTE = 600
WRITES_PER_MINUTE = 120


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="attribution_portal.sandbox", description="A stand-in platform with demo data."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8900, help="port, 0 for a free one (default %(default)s)")
    parser.add_argument("--delay", type=float, default=20.0, help="seconds a re-evaluation takes (default %(default)s)")
    parser.add_argument("--latency-ms", type=int, default=0, help="added to every answer")
    parser.add_argument("--budgets", action="store_true", help="limit requests a minute as the platform does")
    options = parser.parse_args()

    sandbox = Sandbox(
        today=datetime.now(ZoneInfo("Europe/Berlin")).date(),
        clock=lambda: datetime.now(UTC),
        delay_seconds=options.delay,
        reads_per_minute=READS_PER_MINUTE if options.budgets else None,
        writes_per_minute=WRITES_PER_MINUTE if options.budgets else None,
    )
    sandbox.latency_seconds = options.latency_ms / 1000

    # Blocked before any thread starts, so that every thread inherits it and only sigwait below sees them.
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    try:
        running = run_in_thread(sandbox, host=options.host, port=options.port)
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot listen on {options.host}:{options.port}: {error.strerror}\n")
        return 1
    with running:
        sys.stdout.write(f"Sandbox platform (demo data) at {running.base_url}\n")
        sys.stdout.write(f"Account portal@sandbox.example, password {PASSWORD}\n")
        sys.stdout.flush()
        signal.sigwait(stops)
    return 0


if __name__ == "__main__":
    sys.exit(main())
