"""What polling costs: reading beside a bare loop of the same calls, the use of a budget, recording beside a bare COPY,
and the memory of a worker."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
                package_id = f"pkg_{number:05}"
                calls[f"settings {partner.pk} {number}"] = partial(
                    packages.settings, caller=caller, package_id=package_id
                )
                calls[f"results {partner.pk} {number}"] = partial(
                    packages.evaluation, caller=caller, package_id=package_id
                )
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
    starts = [entry.started for entry in asked]
    used = sum(start - starts[0] < 120 for start in starts)
    refused = sum(1 for entry in asked if entry.status == 429)
    detail = f"{used} of {SHARE * 2} reads in the first two minutes"
    return (
        Result("polling's share of the budget", SHARE * 2 / max(used, 1), 1 / 0.9, detail),
        Result("answers of 429", refused, 0, f"of {len(asked)}", unit=""),
    )


def recording() -> Result:
    """New results of 10,000 packages through the ledger, in one call, beside a bare COPY, in one statement each, of the
    same rows: those that recording leaves behind, a row of the ledger and a poll state per package, into tables with
    the same columns, indices and constraints. The ledger's is the very table. A poll state there is one of already, so
    that a twin takes them; it has no triggers, and the summaries that recording keeps besides are not copied: bare is
    what stores the facts and nothing else. The detail says what a COPY of the ledger's rows alone would do."""
    _started()
    from django.db import connection, transaction

    from attribution_portal.backhaul import precedence
    from attribution_portal.backhaul.ledger import recording as ledger
    from attribution_portal.backhaul.models import Evaluation, PollState
    from attribution_portal.platform_api.payloads import AttributionSettings

    partner = engine.partners_on("http://127.0.0.1:9/api/v3")[0]
    engine.packages_of(partner, RECORDED)
    packages = list(PollState.objects.order_by("pk").values_list("pk", flat=True))
    in_force = precedence.in_force(AttributionSettings("EVENTS_FROM_PACKAGE", 14, None), precedence.UNSET)
    seeds = itertools.count(1)
    given: list[Any] = []

    def renew() -> None:
        now, seed = engine.now(), next(seeds)
        given[:] = [
            ledger.Observation(
                package=package,
                in_force=in_force,
                result=engine.result(seed + place),
                held=True,
                started_at=now,
                read_at=now,
            )
            for place, package in enumerate(packages)
        ]

    def record() -> None:
        recorded = ledger.record(partner=partner, observations=given, now=engine.now())
        if recorded.new_rows != RECORDED:
            raise RuntimeError(f"{recorded.new_rows} rows were stored")

    renew()
    record()
    twin = "bench_pollstate"
    results, polls = _rows_of(Evaluation), _rows_of(PollState)
    place = results.names.index("number")
    numbers = itertools.count(1_000)

    def prepare() -> None:
        """Rows that are not there yet, for both."""
        number = next(numbers)
        for row in results.rows:
            row[place] = number
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {twin}")
        renew()

    alone: list[float] = []

    def copy() -> None:
        # Each is a transaction of its own, or the checks of the first would be timed with the second.
        with transaction.atomic():
            began = time.perf_counter()
            _copy(results, Evaluation._meta.db_table)
        alone.append(time.perf_counter() - began)
        _copy(polls, twin)

    with _twin_of(PollState._meta.db_table, twin):
        ratio, one, other = paired(record, copy, rounds=ROUNDS, before=prepare)
    first = statistics.median(alone)
    detail = (
        f"{RECORDED / one:.0f} results/s against {RECORDED / other:.0f} of a bare COPY of ledger rows and poll states, "
        f"{RECORDED / first:.0f} of ledger rows alone"
    )
    return Result("recording", ratio, 1 / 0.3, detail)


@dataclass(frozen=True, slots=True)
class _Rows:
    names: list[str]
    rows: list[list[Any]]


def _rows_of(model: Any) -> _Rows:
    """All rows of a table as COPY takes them, without keys that it makes itself."""
    from django.db import connection

    names = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {model._meta.db_table}")  # noqa: S608 - names of our own
        rows = [[json.dumps(value) if isinstance(value, list) else value for value in row] for row in cursor.fetchall()]
    return _Rows(names, rows)


def _copy(given: _Rows, table: str) -> None:
    from django.db import connection

    columns = ", ".join(f'"{name}"' for name in given.names)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as sink:
        for row in given.rows:
            sink.write_row(row)


@contextmanager
def _twin_of(own: str, twin: str) -> Iterator[None]:
    """An empty table with all that a table has, but for its triggers, gone afterwards."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {twin} (LIKE {own} INCLUDING ALL)")
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'", [own]
        )
        for (definition,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {twin} ADD {definition}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {twin}")


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
