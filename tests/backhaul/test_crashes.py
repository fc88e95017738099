"""Two at once, twice in a row, and killed in the middle: nothing is lost and nothing is stored twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time as clock_of_the_machine
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul import precedence
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Evaluation, Package, PollState, SettingsChange
from attribution_portal.backhaul.polling import engine, visits
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import EvaluationResult, PackageCluster
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
HANGING = "/package_builder/packages/pkg_main/backhaul_evaluation"


def at_once(calls: list[Callable[[], T]]) -> list[T]:
    """Each in a thread with a connection of its own, all let go at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            barrier.wait(120)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def until(condition: Callable[[], bool], *, seconds: float = 300) -> None:
    deadline = clock_of_the_machine.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert clock_of_the_machine.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.02)


def due(partner: Partner, count: int) -> None:
    now = timezone.now()
    made = Package.objects.bulk_create(
        Package(partner=partner, package_id=f"pkg-{n}", first_seen=now, last_seen=now) for n in range(count)
    )
    PollState.objects.bulk_create(PollState(package=each, partner=partner, next_due=now) for each in made)


def test_claims_at_the_same_moment_never_overlap(partners: Partners) -> None:
    due(partners.acme, 120)
    now = timezone.now()
    for _ in range(5):
        PollState.objects.update(lease=None, lease_until=None)
        taken = [
            package
            for chunks in at_once([lambda: engine.claim_due(now=now, capacity=1000, share=1000)] * 6)
            for chunk in chunks
            for package in chunk.packages
        ]
        # A row that another claim holds at that moment is skipped, not waited for; the next claim finds what is left.
        taken += [
            package for chunk in engine.claim_due(now=now, capacity=1000, share=1000) for package in chunk.packages
        ]
        assert len(taken) == len(set(taken)) == 120


def test_the_same_chunk_in_two_workers_at_once_is_stored_once(partners: Partners, sandbox: Sandbox) -> None:
    engine.list_packages(partner=partners.acme)
    (chunk,) = engine.claim_due(now=timezone.now())
    recorded = at_once([lambda: engine.poll_chunk(chunk)] * 2)
    assert sorted(each.taken for each in recorded) == [0, 18]
    assert Evaluation.objects.count() == 12
    assert not PollState.objects.exclude(lease=None).exists()


def test_a_person_and_a_poll_that_read_at_once_store_one_row(partners: Partners, sandbox: Sandbox) -> None:
    engine.list_packages(partner=partners.acme)
    (chunk,) = engine.claim_due(now=timezone.now())
    package = Package.objects.get(package_id="pkg_main")
    person: Callable[[], object] = lambda: visits.read_now(  # noqa: E731
        partner=partners.acme, package=package, caller=caller_for(partners.acme)
    )
    poll: Callable[[], object] = lambda: engine.poll_chunk(chunk)  # noqa: E731
    at_once([person, poll, person, person])
    assert Evaluation.objects.filter(package=package).count() == 1
    assert Evaluation.objects.count() == 12


def test_lists_read_at_the_same_moment_store_each_package_once(partners: Partners, sandbox: Sandbox) -> None:
    at_once([lambda: engine.list_packages(partner=partners.acme)] * 3)
    assert Package.objects.count() == PollState.objects.count() == 18


def start(settings: object, *command: str) -> subprocess.Popen[bytes]:
    """A real process on this test's database, Redis and sandbox."""
    test_database = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=MANAGE.parent,
        env={
            **os.environ,
            "DATABASE_URL": url._replace(path=f"/{test_database}").geturl(),
            "PLATFORM_BASE_URL": settings.PLATFORM_BASE_URL,  # type: ignore[attr-defined]
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def poll_once(settings: object) -> subprocess.Popen[bytes]:
    return start(settings, str(MANAGE), "poll_once")


def truth_of(sandbox: Sandbox) -> dict[str, Decimal]:
    """Acme's packages that have results, with their revenue."""
    return {
        package_id: sum((each.revenue for each in results.values()), Decimal(0))
        for package_id in sandbox.package_ids("partner-id-acme")
        if (results := sandbox.current_evaluation("partner-id-acme", package_id))
    }


def test_two_beats_and_a_worker_that_is_killed_store_every_result_once(
    partners: Partners, sandbox: Sandbox, settings: object, tmp_path: Path
) -> None:
    """The processes of production: whatever the two beats send, and whatever dies with the first worker."""
    Partner.objects.exclude(pk=partners.acme.pk).update(connected=False)
    sandbox.faults.add(path=HANGING, kind="timeout", seconds=600)
    celery = ("-m", "celery", "--quiet", "-A", "attribution_portal.celery")
    worker = (*celery, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "ERROR")
    beats = [start(settings, *celery, "beat", "--schedule", str(tmp_path / name), "--pidfile=") for name in "ab"]
    killed = start(settings, *worker)
    second: subprocess.Popen[bytes] | None = None
    try:
        until(lambda: len(sandbox.log.of(path=HANGING)) > 0)
        killed.kill()
        assert killed.wait(300) == -signal.SIGKILL
        sandbox.faults.clear()
        PollState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        second = start(settings, *worker)
        until(lambda: not PollState.objects.filter(last_ok_at=None).exists())
    finally:
        for process in (*beats, killed, *([second] if second else [])):
            process.terminate()
        for process in (*beats, killed, *([second] if second else [])):
            process.wait(300)
    stored = Evaluation.objects.values_list("package__package_id", "revenue")
    assert sorted(stored) == sorted(truth_of(sandbox).items())
    assert not PollState.objects.exclude(lease=None).exists()


def test_a_worker_killed_in_the_middle_of_a_chunk_loses_nothing_and_nothing_is_stored_twice(
    partners: Partners, sandbox: Sandbox, settings: object
) -> None:
    Partner.objects.exclude(pk=partners.acme.pk).update(connected=False)
    sandbox.faults.add(path=HANGING, kind="timeout", seconds=600)
    worker = poll_once(settings)
    try:
        until(lambda: len(sandbox.log.of(path=HANGING)) > 0)
        until(lambda: len(sandbox.log.of(path="*/backhaul_evaluation")) == 18)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(300) == -signal.SIGKILL
    finally:
        worker.kill()
        worker.wait(300)
    assert PollState.objects.exclude(lease=None).count() == 18
    assert Evaluation.objects.count() == 0

    sandbox.faults.clear()
    assert engine.claim_due(now=timezone.now()) == ()
    PollState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert poll_once(settings).wait(300) == 0
    truth = truth_of(sandbox)
    assert dict(Evaluation.objects.values_list("package__package_id", "revenue")) == truth
    assert Evaluation.objects.count() == len(truth) == 12
    assert not PollState.objects.exclude(lease=None).exists()

    PollState.objects.update(next_due=timezone.now())
    assert [engine.poll_chunk(chunk) for chunk in engine.claim_due(now=timezone.now())] == [
        recording.Recorded(taken=18, new_rows=0, failures=0)
    ]


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_list_and_a_chunk_that_touch_the_same_package_wait_for_each_other_and_not_in_a_circle(
    partners: Partners, sandbox: Sandbox
) -> None:
    engine.list_packages(partner=partners.acme)
    package = Package.objects.get(package_id="pkg_main")
    Package.objects.filter(pk=package.pk).update(title="Old")
    now = timezone.now()
    observation = recording.Observation(
        package=package.pk,
        in_force=precedence.in_force(precedence.UNSET, precedence.UNSET),
        result=EvaluationResult(clusters=()),
        held=True,
        started_at=now,
        read_at=now,
        clusters=(PackageCluster(tc="a", label="A", customers=1),),
    )
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            PollState.objects.select_for_update().get(pk=package.pk)
            listed = pool.submit(at_once, [lambda: engine.list_packages(partner=partners.acme)])
            until(waiting_for_a_lock)
            assert recording.record(partner=partners.acme, observations=[observation], now=now).taken == 1
        assert listed.result(30)[0].changed == 1
    package.refresh_from_db()
    assert (package.title, package.clusters[0]["tc"]) == ("Munich & tour autumn mailing", "a")


SAVE = """
from uuid import UUID
from datetime import date
from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.settings import changes
from attribution_portal.backhaul.models import Package
from attribution_portal.platform_api.payloads import AttributionSettings
package = Package.objects.select_related("partner__service_account").get(package_id="pkg_final")
changes.save(
    partner=package.partner, package=package, actor=Actor(User.objects.get(email="alice@acme.example"), "alice"),
    basis=None, reason="",
    wanted=AttributionSettings(model="EVENTS_FROM_PACKAGE", window=21, email_sent_date=date(2026, 5, 20)),
    token=UUID(int=1),
)
"""


def test_a_process_killed_between_sending_a_change_and_learning_its_outcome_leaves_it_to_polling(
    partners: Partners, sandbox: Sandbox, settings: object, alice: User
) -> None:
    puts = "/package_builder/packages/pkg_final/backhaul_evaluation_details"
    engine.list_packages(partner=partners.acme)
    for chunk in engine.claim_due(now=timezone.now()):
        engine.poll_chunk(chunk)
    sandbox.faults.add(path=puts, method="PUT", kind="timeout", seconds=60, applied=True)
    process = start(settings, str(MANAGE), "shell", "-c", SAVE)
    try:
        until(lambda: len(sandbox.log.of(method="PUT", path=puts)) > 0)
    finally:
        process.kill()
        process.wait(300)
    change = SettingsChange.objects.get()
    state = PollState.objects.get(package__package_id="pkg_final")
    assert (change.outcome, change.token, state.pending_changes) == ("unknown", UUID(int=1), 0)
    assert state.next_due == change.made_at + timedelta(seconds=30)

    sandbox.faults.clear()
    for chunk in engine.claim_due(now=state.next_due):
        engine.poll_chunk(chunk)
    change.refresh_from_db()
    state.refresh_from_db()
    assert (change.outcome, state.pending_changes, state.window) == ("done", 1, 21)
    assert len(sandbox.log.of(method="PUT", path=puts)) == 1
    # Who wanted it is on record, and that the portal found out by itself what became of it.
    intended, done = AuditEvent.objects.filter(kind="settings_changed").order_by("position")
    assert (intended.outcome, intended.user, done.outcome, done.user, done.of) == (
        "intended",
        alice,
        "done",
        None,
        intended,
    )
