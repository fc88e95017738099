"""Summaries while several connections write what they are made of: the last word is that of the rows themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from attribution_portal.backhaul.models import KnownDefaults, PollState, Summary
from attribution_portal.backhaul.settings import known_defaults
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings
from tests.backhaul.stored import NOW, made, result
from tests.conftest import Partners

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 120.0
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
OTHER_DEFAULTS = AttributionSettings(model="ALL_PURCHASES", window=30, email_sent_date=None)


def somebody_waits_for_this() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def beside(act: Callable[[], object]) -> tuple[ThreadPoolExecutor, Future[object]]:
    """Started on a connection of its own; returns when it waits for this one, or is done."""

    def run() -> object:
        try:
            return act()
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(1)
    begun = pool.submit(run)
    until = time.monotonic() + SOON
    while not begun.done() and not somebody_waits_for_this():
        assert time.monotonic() < until
        time.sleep(0.01)
    return pool, begun


def defaults_move(partner: Partner) -> None:
    known_defaults.remember(partner=partner, settings=OTHER_DEFAULTS, read_at=NOW + timedelta(hours=1))


def zone_moves(partner: Partner) -> None:
    Partner.objects.filter(pk=partner.pk).update(timezone="America/New_York")


@pytest.mark.parametrize("moves", [defaults_move, zone_moves])
def test_what_touches_every_package_of_a_partner_loses_no_result_that_comes_meanwhile(
    partners: Partners, moves: Callable[[Partner], None]
) -> None:
    acme = partners.acme
    package = made(acme, "pkg", poll={"window": 14})
    KnownDefaults.objects.create(partner=acme, model="EVENTS_FROM_PACKAGE", window=14, read_at=NOW)
    with transaction.atomic():
        # As `recording.record` does: the poll state first, then what came.
        PollState.objects.select_for_update().get(pk=package.pk)
        result(package)
        pool, begun = beside(lambda: moves(acme))
    with pool:
        begun.result(timeout=SOON)
    summary = Summary.objects.get(package=package)
    assert (summary.has_results, summary.customers) == (True, 10)
    assert summary.deviates == (moves is defaults_move)


def test_defaults_and_results_that_come_together_wait_for_each_other_and_never_in_a_circle(partners: Partners) -> None:
    acme = partners.acme
    package = made(acme, "pkg", poll={"window": 14})
    KnownDefaults.objects.create(partner=acme, model="EVENTS_FROM_PACKAGE", window=14, read_at=NOW)

    def conclude() -> None:
        """As `defaults` does: what went by the old ones is due at once."""
        with transaction.atomic():
            defaults_move(acme)
            list(PollState.objects.select_for_update().filter(partner=acme).order_by("pk"))
            PollState.objects.filter(partner=acme).update(next_due=NOW)

    with transaction.atomic():
        PollState.objects.select_for_update().get(pk=package.pk)
        pool, begun = beside(conclude)
        result(package)
    with pool:
        begun.result(timeout=SOON)
    summary = Summary.objects.get(package=package)
    assert (summary.has_results, summary.deviates, PollState.objects.get(pk=package.pk).next_due) == (True, True, NOW)


def test_defaults_that_were_read_earlier_do_not_come_back(partners: Partners) -> None:
    acme = partners.acme
    defaults_move(acme)
    earlier = AttributionSettings(model="EVENT_SERIES", window=7, email_sent_date=None)
    known_defaults.remember(partner=acme, settings=earlier, read_at=NOW)
    assert KnownDefaults.objects.get(partner=acme).settings == OTHER_DEFAULTS
