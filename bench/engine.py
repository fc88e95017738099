"""The polling engine for a measurement: real PostgreSQL and Redis in a folder of their own, a platform with as many
packages as are wanted, and what workers and beat do, without a broker between them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.server import run_in_thread
from attribution_portal.sandbox.world import ACME, NORDLICHT, SAKURA

# As a worker of `docs/operations.md`.
THREADS = 8
PARTNERS = (ACME, SAKURA, NORDLICHT)


def crowded(count: int, **limits: int) -> Sandbox:
    """A platform on which each of `PARTNERS` has `count` packages that answer quickly."""
    sandbox = Sandbox(today=datetime.now(UTC).date(), clock=lambda: datetime.now(UTC), **limits)
    main = sandbox.world[ACME].packages["pkg_main"]
    model = replace(main, ledger=main.ledger[:50], job_seconds=None)
    packages = {f"pkg_{n:05}": replace(model, id=f"pkg_{n:05}") for n in range(count)}
    crowds = {each: replace(sandbox.world[each], packages=packages) for each in PARTNERS}
    sandbox.world = {**sandbox.world, **crowds}
    sandbox.reset()
    return sandbox


def serve(count: int) -> None:
    """A process of its own for the platform, which writes its address."""
    with run_in_thread(crowded(count)) as running:
        sys.stdout.write(f"{running.base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


@contextmanager
def platform(count: int) -> Iterator[str]:
    """The base address of such a platform in another process."""
    command = [sys.executable, "-c", f"from bench.engine import serve; serve({count})"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield (process.stdout or sys.stdin).readline().strip()
    finally:
        process.communicate()


def start() -> None:
    """Servers, settings, tables: once per process."""
    import django

    # Starts the servers, as for the tests.
    import tests.servers  # noqa: F401

    os.environ["DJANGO_SETTINGS_MODULE"] = "attribution_portal.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def partners_on(base_url: str) -> tuple[Any, ...]:
    """`PARTNERS`, to be read at this address, with nothing remembered of before."""
    import redis
    from django.conf import settings

    from attribution_portal.partners.models import Partner, ServiceAccount
    from attribution_portal.sandbox.auth import PASSWORD

    settings.PLATFORM_BASE_URL = base_url
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
    Partner.objects.all().delete()
    ServiceAccount.objects.all().delete()
    account = ServiceAccount(username="portal@sandbox.example")
    account.set_password(PASSWORD)
    account.save()
    return tuple(
        Partner.objects.create(partner_id=each, name=each, currency="EUR", has_wave=True, service_account=account)
        for each in PARTNERS
    )


def packages_of(partner: Any, count: int) -> None:
    """In the portal as if the list had named them; all due."""
    from django.utils import timezone

    from attribution_portal.backhaul.models import Package, PartnerPoll, PollState

    now = timezone.now()
    PartnerPoll.objects.get_or_create(partner=partner)
    made = Package.objects.bulk_create(
        Package(
            partner=partner,
            package_id=f"pkg_{n:05}",
            status="DONE",
            first_seen=now,
            last_seen=now,
            clusters_read_at=now,
        )
        for n in range(count)
    )
    PollState.objects.bulk_create(PollState(package=each, partner=partner, next_due=now) for each in made)


@cache
def _workers() -> ThreadPoolExecutor:
    """Threads that keep their connections, as a worker's do."""
    return ThreadPoolExecutor(THREADS)


def drain(*, seconds: float | None = None) -> int:
    """What beat and one worker do, until nothing is due or for so long; packages read."""
    from attribution_portal.backhaul.ledger import recording
    from attribution_portal.backhaul.polling import engine

    began = time.monotonic()
    done = 0
    running: set[Future[recording.Recorded]] = set()
    while seconds is None or time.monotonic() - began < seconds:
        running |= {_workers().submit(engine.poll_chunk, chunk) for chunk in engine.claim_due(now=now())}
        if running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            done += sum(each.result().taken for each in ended)
        elif seconds is None:
            break
        else:
            # Beat's next tick.
            time.sleep(5 - (time.monotonic() - began) % 5)
    return done + sum(each.result().taken for each in running)


def all_due() -> None:
    from attribution_portal.backhaul.models import PollState

    PollState.objects.update(next_due=now())


def now() -> datetime:
    from attribution_portal.backhaul import clock

    return clock.now()


def result(seed: int) -> Any:
    """Eight clusters, other ones for every seed."""
    from attribution_portal.platform_api.payloads import ClusterResult, EvaluationResult

    return EvaluationResult(
        clusters=tuple(
            ClusterResult(
                tc=f"cluster_{n}", customers=seed % 97 + n, items=seed % 89 + 2 * n, revenue=Decimal(seed * n)
            )
            for n in range(8)
        )
    )
