"""What polling costs: reading beside a bare loop of the same calls, the use of a budget, recording beside a bare COPY,
and the memory of a worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Any

import psutil

from attribution_portal.sandbox.server import run_in_thread
from attribution_portal.sandbox.world import ACME
from bench import engine
from bench.measure import Result, paired

READ = 120
ROUNDS = 3
RECORDED = 10_000
# The engine itself records chunks of 40; a batch as large as all of them would only measure what nobody does.
BATCH = 500
READS_PER_MINUTE = 600
SHARE = 480
FEW, MANY = 1_000, 10_000


@cache
def _started() -> None:
    engine.start()


def reading() -> Result:
    """The engine's whole way (claim, read, record) beside the same reads alone, in the same process."""
    _started()
    from attribution_portal.partners.connection import caller_for
    from attribution_portal.platform_api import packages
    from attribution_portal.platform_api.gather import gather

    with engine.platform(READ) as base_url:
        partners = engine.partners_on(base_url)
        calls: dict[str, Callable[[], object]] = {}
        for partner in partners:
            engine.packages_of(partner, READ)
            caller = caller_for(partner, lane="polling")
            for number in range(READ):
                asked = {"caller": caller, "package_id": f"pkg_{number:05}"}
                calls[f"settings {partner.pk} {number}"] = partial(packages.settings, **asked)
                calls[f"results {partner.pk} {number}"] = partial(packages.evaluation, **asked)
        engine.drain()
        ratio, one, other = paired(
            engine.drain, lambda: gather(deadline=None, **calls), rounds=ROUNDS, before=engine.all_due
        )
    detail = f"{len(calls) / one:.0f} reads/s against {len(calls) / other:.0f} of a bare loop, {len(calls)} reads"
    return Result("polling", ratio, 1 / 0.7, detail)


def budget() -> Sequence[Result]:
    """Two minutes and a bit of one partner with more due than its budget allows."""
    _started()
    from django.conf import settings

    count = 3_000
    sandbox = engine.crowded(count, reads_per_minute=READS_PER_MINUTE, writes_per_minute=120)
    before = settings.PLATFORM_READS_PER_MINUTE
    settings.PLATFORM_READS_PER_MINUTE = READS_PER_MINUTE
    try:
        with run_in_thread(sandbox) as running:
            engine.packages_of(engine.partners_on(running.base_url)[0], count)
            engine.drain(seconds=130)
        asked = [entry for entry in sandbox.log.of(partner=ACME) if entry.method == "GET"]
    finally:
        settings.PLATFORM_READS_PER_MINUTE = before
    # The first reads fill an empty minute; from then on the budget is what holds them back.
    starts = [entry.started for entry in asked]
    whole = (starts[SHARE * 2] - starts[0]) / 2
    refused = sum(1 for entry in asked if entry.status == 429)
    detail = f"{len(starts)} reads in {starts[-1] - starts[0]:.0f} s, {SHARE} of them every {whole:.1f} s"
    return (
        Result("a minute's polling share", whole / 60, 1 / 0.9, detail),
        Result("answers of 429", refused, 0, f"of {len(asked)}", unit=""),
    )


def recording() -> Result:
    """New results of 10,000 packages through the ledger, beside a COPY of the rows that it wrote."""
    _started()
    from django.db import connection

    from attribution_portal.backhaul import ledger, precedence
    from attribution_portal.backhaul.models import Evaluation, PollState
    from attribution_portal.platform_api.payloads import AttributionSettings

    partner = engine.partners_on("http://127.0.0.1:9/api/v3")[0]
    engine.packages_of(partner, RECORDED)
    packages = list(PollState.objects.order_by("pk").values_list("pk", flat=True))
    in_force = precedence.in_force(AttributionSettings("EVENTS_FROM_PACKAGE", 14, None), precedence.UNSET)
    rounds = iter(range(1, 100))

    def observations() -> list[Any]:
        now = engine.now()
        number = next(rounds)
        return [
            ledger.Observation(
                package=package,
                in_force=in_force,
                result=engine.result(number + place),
                held=True,
                started_at=now,
                read_at=now,
            )
            for place, package in enumerate(packages)
        ]

    given: list[Any] = []

    def record() -> None:
        for start in range(0, RECORDED, BATCH):
            ledger.record(partner=partner, observations=given[start : start + BATCH], now=engine.now())

    def renew() -> None:
        given[:] = observations()

    names = [field.column for field in Evaluation._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{name}"' for name in names)
    place = names.index("number")
    renew()
    record()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM backhaul_evaluation")  # noqa: S608 - names of our own
        rows = [[json.dumps(value) if isinstance(value, list) else value for value in row] for row in cursor.fetchall()]
    numbers = iter(range(1_000, 100_000))

    def prepare() -> None:
        """Rows that are not there yet, for both."""
        number = next(numbers)
        for row in rows:
            row[place] = number
        renew()

    def copy() -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY backhaul_evaluation ({columns}) FROM STDIN") as sink:
            for row in rows:
                sink.write_row(row)

    ratio, one, other = paired(record, copy, rounds=ROUNDS, before=prepare)
    detail = f"{RECORDED / one:.0f} results/s against {RECORDED / other:.0f} of a bare COPY"
    return Result("recording", ratio, 1 / 0.3, detail)


def memory() -> Result:
    """Of a process that has read so many packages."""
    _started()
    with engine.platform(MANY) as base_url:
        code = f"from bench.polling import grow; grow({base_url!r})"
        environ = {**os.environ, "PLATFORM_BASE_URL": base_url}
        engine.packages_of(engine.partners_on(base_url)[0], MANY)
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    few, many = (float(word) for word in done.stdout.split()[-2:])
    detail = f"{few:.0f} MB after {FEW:,} packages, {many:.0f} MB after {MANY:,}"
    return Result("memory of a worker", many / few, 1.1, detail)


def grow(base_url: str) -> None:
    """In a process of its own, on the servers that run already."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "attribution_portal.settings"
    django.setup()
    from attribution_portal.backhaul.models import PollState

    later = list(PollState.objects.order_by("-pk").values_list("pk", flat=True)[: MANY - FEW])
    PollState.objects.filter(pk__in=later).update(next_due=engine.now() + timedelta(hours=2))
    engine.drain()
    few = psutil.Process().memory_info().rss / 1e6
    PollState.objects.filter(pk__in=later).update(next_due=engine.now())
    engine.drain()
    sys.stdout.write(f"{few} {psutil.Process().memory_info().rss / 1e6}\n")


ALONE = (reading, recording, memory, budget)
