"""Web server and worker disagree about the time: the database's clock decides what is due, whose lease is over, and
what came first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import clock, tasks
from attribution_portal.backhaul.models import Evaluation, Package, PartnerPoll, PollState
from attribution_portal.backhaul.polling import engine
from attribution_portal.backhaul.settings import changes
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Clock, Partners

pytestmark = pytest.mark.django_db

SKEWS = [timedelta(hours=-1), timedelta(0), timedelta(hours=1)]


@pytest.fixture(autouse=True)
def _the_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "source", clock.of_database)


def worker(skew: timedelta) -> time_machine.travel:
    """What follows happens in a process whose clock is off by so much."""
    return time_machine.travel(clock.of_database() + skew, tick=True)


@pytest.mark.parametrize("skew", SKEWS)
def test_whatever_a_workers_clock_says_it_reads_what_is_due_and_dates_it_rightly(
    partners: Partners, sandbox: Sandbox, skew: timedelta, tasks_at_once: None
) -> None:
    before = clock.of_database()
    with worker(skew):
        engine.list_packages(partner=partners.acme)
        PollState.objects.filter(package__package_id="pkg_main").update(next_due=before + timedelta(minutes=30))
        tasks.claim_due()
    after = clock.of_database()
    read = PollState.objects.exclude(package__package_id="pkg_main")
    assert all(state.last_ok_at is not None and before <= state.last_ok_at <= after for state in read)
    assert PollState.objects.get(package__package_id="pkg_main").last_ok_at is None
    assert all(before <= seen <= after for seen in Package.objects.values_list("first_seen", flat=True))
    assert all(before <= row.first_seen <= after for row in Evaluation.objects.all())
    listed = PartnerPoll.objects.get(partner=partners.acme)
    assert listed.listed_at is not None
    assert listed.list_due is not None
    assert before <= listed.listed_at <= after
    assert all(due is None or before + timedelta(seconds=10) <= due for due in read.values_list("next_due", flat=True))


@pytest.mark.parametrize("skew", SKEWS)
def test_no_workers_clock_ends_anothers_lease_or_lengthens_its_own(
    partners: Partners, sandbox: Sandbox, skew: timedelta
) -> None:
    engine.list_packages(partner=partners.acme)
    (chunk,) = engine.claim_due(now=clock.now())
    with worker(skew):
        assert engine.claim_due(now=clock.now()) == ()
        PollState.objects.update(lease_until=clock.of_database() - timedelta(seconds=1))
        (again,) = engine.claim_due(now=clock.now())
    (until,) = set(PollState.objects.values_list("lease_until", flat=True))
    assert until is not None
    assert abs(until - clock.of_database() - engine.LEASE) < timedelta(minutes=1)
    assert engine.poll_chunk(chunk) == engine.NOTHING
    with worker(skew):
        assert engine.poll_chunk(again).taken == 18


@pytest.mark.parametrize("skew", SKEWS)
def test_a_change_made_on_the_web_is_proved_by_a_worker_whose_clock_differs(
    partners: Partners, sandbox: Sandbox, alice: User, skew: timedelta, clock_of_the_platform: Clock
) -> None:
    engine.list_packages(partner=partners.acme)
    for chunk in engine.claim_due(now=clock.now()):
        engine.poll_chunk(chunk)
    package = Package.objects.select_related("partner__service_account").get(package_id="pkg_final")
    changes.save(
        partner=package.partner,
        package=package,
        actor=Actor(alice, "alice@acme.example"),
        basis=None,
        reason="",
        wanted=AttributionSettings("EVENTS_FROM_PACKAGE", 21, date(2026, 5, 20)),
        token=uuid4(),
    )
    clock_of_the_platform.forward(seconds=21)
    PollState.objects.filter(pk=package.pk).update(next_due=clock.of_database())
    with worker(skew):
        for chunk in engine.claim_due(now=clock.now()):
            engine.poll_chunk(chunk)
    row = Evaluation.objects.filter(package=package).latest("number")
    assert (row.number, row.window, row.certainty) == (2, 21, "proved")
    assert PollState.objects.get(pk=package.pk).pending_changes == 0


@pytest.fixture
def clock_of_the_platform(clock: Clock) -> Clock:
    return clock


def test_the_clock_is_the_databases() -> None:
    with time_machine.travel(datetime(2001, 1, 1), tick=False):  # noqa: DTZ001
        assert clock.now().year > 2020
        assert clock.ahead(clock.now()) > timedelta(days=365)
