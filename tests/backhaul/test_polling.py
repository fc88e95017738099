"""The portal polls: what is listed, claimed, read and recorded, against the sandbox, PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attribution_portal.backhaul import tasks
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Evaluation, Package, PartnerPoll, PollState
from attribution_portal.backhaul.polling import engine, listing, visits
from attribution_portal.celery import app
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import NotPermitted, SignInFailed
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.conftest import TODAY, Partners

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
Stored = Callable[[str], Package]
PollAll = Callable[[], tuple[recording.Recorded, ...]]


def many(partner: Partner, count: int, *, due: datetime, prefix: str = "pkg") -> None:
    """Packages that the sandbox does not know, due at `due`."""
    made = Package.objects.bulk_create(
        Package(partner=partner, package_id=f"{prefix}-{n}", first_seen=due, last_seen=due) for n in range(count)
    )
    PollState.objects.bulk_create(PollState(package=each, partner=partner, next_due=due) for each in made)


def due_now(time: Time) -> None:
    PollState.objects.update(next_due=time.now)


def put_elsewhere(partner: Partner, package_id: str, window: int) -> None:
    """Somebody changes the window with another tool."""
    caller = caller_for(partner)
    before = packages.settings(caller=caller, package_id=package_id).value
    packages.put_settings(
        caller=caller,
        package_id=package_id,
        settings=AttributionSettings(model=before.model, window=window, email_sent_date=before.email_sent_date),
    )


def test_one_round_stores_what_the_platform_answers_for_every_package(acme: Partner, sandbox: Sandbox) -> None:
    stored = {row.package.package_id: row for row in Evaluation.objects.select_related("package")}
    for package_id in sandbox.package_ids(ACME):
        truth = sandbox.current_evaluation(ACME, package_id)
        if not truth:
            assert package_id not in stored
            continue
        row = stored[package_id]
        assert row.customers == sum(each.customers for each in truth.values())
        assert row.items == sum(each.items for each in truth.values())
        assert row.revenue == sum(each.revenue for each in truth.values())
        assert (row.number, row.certainty) == (1, "presumed")


def test_a_second_round_confirms_and_stores_nothing_twice(acme: Partner, time: Time, poll_all: PollAll) -> None:
    before = Evaluation.objects.count()
    time.forward(minutes=5)
    due_now(time)
    recorded = poll_all()
    assert sum(each.taken for each in recorded) == 18
    assert Evaluation.objects.count() == before
    assert set(Evaluation.objects.values_list("last_confirmed", flat=True)) == {time.now}


def test_segments_are_read_once_and_again_when_the_package_changes(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    assert package("pkg_main").clusters[0].keys() == {"tc", "label", "customers"}
    sandbox.log.clear()
    due_now(time)
    poll_all()
    details = f"/package_builder/packages/{package('pkg_main').package_id}"
    assert sandbox.log.of(path=details) == ()
    Package.objects.filter(package_id="pkg_main").update(status="INPROGRESS")
    engine.list_packages(partner=acme)
    poll_all()
    assert len(sandbox.log.of(path=details)) == 1


def test_an_unchanged_package_costs_two_reads(acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll) -> None:
    time.forward(minutes=5)
    PollState.objects.filter(package__package_id="pkg_main").update(next_due=time.now)
    PollState.objects.exclude(package__package_id="pkg_main").update(next_due=None)
    sandbox.log.clear()
    poll_all()
    assert sorted(entry.path.rsplit("/", 1)[1] for entry in sandbox.log.all()) == [
        "backhaul_evaluation",
        "backhaul_evaluation_details",
    ]


def test_settings_changed_elsewhere_lead_to_results_that_are_proved(
    acme: Partner, package: Stored, time: Time, poll_all: PollAll
) -> None:
    put_elsewhere(acme, "pkg_final", 21)
    due_now(time)
    poll_all()
    assert package("pkg_final").poll.pending_changes == 1
    time.forward(seconds=21)
    due_now(time)
    poll_all()
    row = package("pkg_final").poll.latest
    assert row is not None
    assert (row.number, row.window, row.certainty) == (2, 21, "proved")


def test_a_package_that_waits_is_read_soon_enough_to_see_the_answer_of_20_seconds(
    acme: Partner, package: Stored, time: Time, poll_all: PollAll
) -> None:
    put_elsewhere(acme, "pkg_final", 21)
    due_now(time)
    poll_all()
    changed = time.now
    while package("pkg_final").poll.pending_changes:
        time.forward(seconds=5)
        poll_all()
        assert time.now - changed < timedelta(minutes=1)
    assert time.now - changed == timedelta(seconds=25)


def test_a_task_delivered_twice_reads_and_stores_once(partners: Partners, time: Time, sandbox: Sandbox) -> None:
    engine.list_packages(partner=partners.acme)
    chunks = engine.claim_due(now=time.now)
    assert [len(chunk.packages) for chunk in chunks] == [18]
    first = engine.poll_chunk(chunks[0])
    asked = len(sandbox.log.all())
    second = engine.poll_chunk(chunks[0])
    assert (first.taken, second.taken) == (18, 0)
    assert len(sandbox.log.all()) == asked
    assert Evaluation.objects.count() == first.new_rows == 12


def test_a_chunk_whose_lease_another_holds_is_left_alone(partners: Partners, time: Time, sandbox: Sandbox) -> None:
    engine.list_packages(partner=partners.acme)
    (chunk,) = engine.claim_due(now=time.now)
    time.forward(seconds=361)
    (again,) = engine.claim_due(now=time.now)
    sandbox.log.clear()
    assert engine.poll_chunk(chunk).taken == 0
    assert sandbox.log.all() == ()
    assert engine.poll_chunk(again).taken == 18


def test_a_lease_outlives_the_time_limit_of_its_task(settings: object) -> None:
    assert engine.LEASE.total_seconds() > settings.CELERY_TASK_TIME_LIMIT  # type: ignore[attr-defined]
    assert engine.CHUNK_SECONDS < settings.CELERY_TASK_SOFT_TIME_LIMIT  # type: ignore[attr-defined]


def listed(*partners: Partner) -> None:
    """Their lists were read at some time."""
    PartnerPoll.objects.bulk_create(PartnerPoll(partner=partner) for partner in partners)


def test_a_claim_is_fair_over_partners(partners: Partners) -> None:
    """5,000 packages that have waited for a day delay three that are due now by one chunk, however often is claimed."""
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    listed(partners.acme, partners.sakura)
    many(partners.acme, 5000, due=now - timedelta(days=1))
    served: list[tuple[int, int]] = []
    for second in range(6):
        if second == 3:
            many(partners.sakura, 3, due=now + timedelta(seconds=second), prefix="small")
        # As much as a single thread reads at a time.
        for chunk in engine.claim_due(now=now + timedelta(seconds=second), capacity=engine.CHUNK):
            served.append((chunk.partner, len(chunk.packages)))
            PollState.objects.filter(pk__in=chunk.packages).update(lease=None, lease_until=None, next_due=None)
    big, small, rest = (partners.acme.pk, 40), (partners.sakura.pk, 3), (partners.acme.pk, 37)
    assert served == [big, big, big, small, rest, big, big]


def test_of_many_partners_with_much_to_do_each_has_its_turn(partners: Partners) -> None:
    """However old the backlog of two, the third is not kept waiting behind it."""
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    each = (partners.acme, partners.sakura, partners.nordlicht)
    listed(*each)
    for days, partner in enumerate(each):
        many(partner, 100, due=now - timedelta(days=days))
    served: list[int] = []
    for second in range(6):
        (chunk,) = engine.claim_due(now=now + timedelta(seconds=second), capacity=engine.CHUNK)
        served.append(chunk.partner)
        PollState.objects.filter(lease=chunk.lease).update(lease=None, lease_until=None, next_due=None)
    oldest_first = [partners.nordlicht.pk, partners.sakura.pk, partners.acme.pk]
    assert served == oldest_first * 2


def test_chunks_hold_one_partner_each_and_the_first_of_each_come_first(partners: Partners) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    many(partners.acme, 85, due=now)
    many(partners.sakura, 3, due=now)
    chunks = engine.claim_due(now=now, capacity=100, share=100)
    assert [(chunk.partner, len(chunk.packages)) for chunk in chunks] == [
        (partners.acme.pk, 40),
        (partners.sakura.pk, 3),
        (partners.acme.pk, 40),
        (partners.acme.pk, 5),
    ]


def test_a_partner_with_much_to_do_leaves_room_for_the_others(partners: Partners) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    many(partners.acme, 500, due=now - timedelta(days=1))
    assert [len(chunk.packages) for chunk in engine.claim_due(now=now)] == [40]
    assert engine.claim_due(now=now) == ()
    many(partners.sakura, 3, due=now)
    (chunk,) = engine.claim_due(now=now)
    assert (chunk.partner, len(chunk.packages)) == (partners.sakura.pk, 3)


def test_a_round_without_celery_takes_everything_that_is_due_however_much_it_is(partners: Partners, time: Time) -> None:
    Partner.objects.exclude(pk=partners.acme.pk).update(connected=False)
    many(partners.acme, 90, due=time.now - timedelta(days=1))
    call_command("poll_once", stdout=StringIO())
    assert not PollState.objects.filter(last_read_at=None).exists()
    assert not PollState.objects.exclude(lease=None).exists()


def test_no_more_is_claimed_than_may_be_in_flight(partners: Partners) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    many(partners.acme, 30, due=now)
    assert sum(len(chunk.packages) for chunk in engine.claim_due(now=now, capacity=20)) == 20
    assert engine.claim_due(now=now, capacity=20) == ()
    later = now + engine.LEASE
    assert sum(len(chunk.packages) for chunk in engine.claim_due(now=later, capacity=20)) == 20


def test_nothing_is_claimed_that_is_not_due_not_connected_or_parked(partners: Partners) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    many(partners.acme, 1, due=now + timedelta(seconds=1))
    many(partners.sakura, 1, due=now)
    many(partners.nordlicht, 1, due=now)
    Partner.objects.filter(pk=partners.sakura.pk).update(connected=False)
    PartnerPoll.objects.create(
        partner=partners.nordlicht,
        failures=1,
        failing_since=now,
        last_error="SignInFailed",
        parked_since=now,
        parked_until=now + timedelta(minutes=1),
    )
    assert engine.claim_due(now=now) == ()


def test_a_claim_is_one_statement(partners: Partners) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    many(partners.acme, 50, due=now)
    with CaptureQueriesContext(connection) as queries:
        engine.claim_due(now=now)
    assert len(queries) == 1


def test_a_claim_finds_the_few_that_are_due_by_an_index(partners: Partners) -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=UTC)
    many(partners.acme, 5000, due=now + timedelta(hours=1))
    many(partners.sakura, 3, due=now, prefix="due")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE backhaul_pollstate")
        values = {
            "now": now,
            "due": now,
            "until": now + engine.LEASE,
            "capacity": engine.IN_FLIGHT,
            "share": engine.SHARE,
            "lease": uuid4(),
        }
        cursor.execute(f"EXPLAIN {engine.CLAIM}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "using poll_due_of_partner on backhaul_pollstate" in plan
    assert "Seq Scan on backhaul_pollstate" not in plan


def test_the_number_of_queries_of_a_chunk_does_not_depend_on_its_size(acme: Partner, time: Time) -> None:
    def queries(count: int) -> int:
        rows = PollState.objects.filter(partner=acme).order_by("pk").values_list("pk", flat=True)[:count]
        PollState.objects.update(next_due=None)
        PollState.objects.filter(pk__in=list(rows)).update(next_due=time.now)
        (chunk,) = engine.claim_due(now=time.now)
        with CaptureQueriesContext(connection) as captured:
            assert engine.poll_chunk(chunk).taken == count
        return len(captured)

    time.forward(minutes=5)
    assert queries(2) == queries(18) <= 15


def test_a_new_package_is_listed_and_due_at_once(acme: Partner, time: Time) -> None:
    gone = Package.objects.get(package_id="pkg_slow")
    gone.poll.delete()
    gone.evaluations.all().delete()
    gone.delete()
    listed = engine.list_packages(partner=acme)
    assert (listed.total, listed.new, listed.changed, listed.vanished) == (18, 1, 0, 0)
    assert Package.objects.get(package_id="pkg_slow").poll.next_due == time.now


def test_a_list_is_read_every_four_minutes_and_each_minute_while_a_package_is_being_built(
    partners: Partners, sandbox: Sandbox, time: Time
) -> None:
    """With a tick each half minute, a new package is known within five minutes."""
    engine.list_packages(partner=partners.nordlicht)
    engine.list_packages(partner=partners.acme)
    due = dict(PartnerPoll.objects.values_list("partner__partner_id", "list_due"))
    assert Package.objects.filter(partner=partners.acme, status="INPROGRESS").exists()
    assert due == {"fd4711": time.now + timedelta(minutes=4), ACME: time.now + timedelta(minutes=1)}
    time.forward(minutes=1)
    assert [each.partner_id for each in listing.due(time.now)] == ["partner-id-sakura", ACME]
    time.forward(minutes=3)
    assert [each.partner_id for each in listing.due(time.now)] == ["partner-id-sakura", ACME, "fd4711"]
    assert app.conf.beat_schedule["list-packages"]["schedule"] == 30


def test_a_package_that_changed_is_read_at_once(acme: Partner, package: Stored, time: Time) -> None:
    Package.objects.filter(package_id="pkg_main").update(status="INPROGRESS", title="Old")
    time.forward(minutes=1)
    listed = engine.list_packages(partner=acme)
    assert (listed.new, listed.changed, listed.vanished) == (0, 1, 0)
    changed = package("pkg_main")
    assert (changed.status, changed.title, changed.poll.next_due) == ("DONE", "Munich & tour autumn mailing", time.now)


def test_a_package_that_vanished_keeps_its_results_and_may_come_back(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    rows = Evaluation.objects.count()
    sandbox.faults.add(path="/package_builder/packages/", kind="wrong_type", body=[])
    time.forward(minutes=1)
    assert engine.list_packages(partner=acme).vanished == 18
    poll_all()
    assert package("pkg_main").vanished_at == time.now
    assert package("pkg_main").poll.next_due is None
    assert Evaluation.objects.count() == rows
    sandbox.faults.clear()
    time.forward(minutes=1)
    assert engine.list_packages(partner=acme).changed == 18
    assert package("pkg_main").vanished_at is None
    assert package("pkg_main").poll.next_due == time.now


def test_listing_again_changes_nothing_and_writes_only_when_it_was_read(acme: Partner, time: Time) -> None:
    before = list(PollState.objects.order_by("pk").values_list("next_due", flat=True))
    time.forward(seconds=1)
    with CaptureQueriesContext(connection) as queries:
        listed = engine.list_packages(partner=acme)
    assert (listed.new, listed.changed, listed.vanished) == (0, 0, 0)
    assert list(PollState.objects.order_by("pk").values_list("next_due", flat=True)) == before
    written = [query["sql"].split()[1] for query in queries if query["sql"].startswith("UPDATE")]
    assert written == ['"backhaul_partnerpoll"']
    assert PartnerPoll.objects.get().listed_at == time.now


def test_a_package_that_vanishes_was_last_seen_in_the_list_before(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time
) -> None:
    listed = time.forward(minutes=1)
    engine.list_packages(partner=acme)
    sandbox.faults.add(path="/package_builder/packages/", kind="wrong_type", body=[])
    gone = time.forward(minutes=1)
    engine.list_packages(partner=acme)
    row = package("pkg_main")
    assert (row.last_seen, row.vanished_at) == (listed, gone)
    sandbox.faults.clear()
    back = time.forward(minutes=1)
    engine.list_packages(partner=acme)
    assert package("pkg_main").last_seen == back


def test_packages_of_two_partners_with_the_same_id_stay_apart(
    acme: Partner, partners: Partners, sandbox: Sandbox, poll_all: PollAll
) -> None:
    engine.list_packages(partner=partners.sakura)
    poll_all()
    for partner in (acme, partners.sakura):
        truth = sandbox.current_evaluation(partner.partner_id, "pkg_shared")
        assert truth is not None
        row = Evaluation.objects.get(partner=partner, package__package_id="pkg_shared")
        assert row.revenue == sum(each.revenue for each in truth.values())


def test_a_partner_whose_sign_in_fails_is_parked_and_recovers_by_itself(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll, clean_redis: redis.Redis
) -> None:
    sandbox.revoke_tokens()
    sandbox.faults.add(path="/auth*", kind="status", status=401)
    time.forward(minutes=5)
    with pytest.raises(SignInFailed):
        engine.list_packages(partner=acme)
    poll = PartnerPoll.objects.get(partner=acme)
    assert (poll.last_error, poll.parked_until) == ("SignInFailed", time.now + timedelta(minutes=1))
    due_now(time)
    assert engine.claim_due(now=time.now) == ()
    sandbox.faults.clear()
    # A refused sign-in is remembered there for a while, by a clock that no test moves.
    clean_redis.flushdb()
    time.forward(minutes=1)
    assert engine.list_packages(partner=acme).total == 18
    poll.refresh_from_db()
    assert (poll.failures, poll.last_error, poll.parked_until) == (0, "", None)
    assert sum(each.taken for each in poll_all()) == 18


def test_a_sign_in_that_fails_in_the_middle_of_polling_parks_the_partner(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll, clean_redis: redis.Redis
) -> None:
    sandbox.revoke_tokens()
    sandbox.faults.add(path="/auth*", kind="status", status=401)
    time.forward(minutes=5)
    due_now(time)
    assert sum(each.failures for each in poll_all()) == 18
    assert PartnerPoll.objects.get(partner=acme).parked_until == time.now + timedelta(minutes=1)
    assert package("pkg_main").poll.last_error == "SignInFailed"
    sandbox.faults.clear()
    # A refused sign-in is remembered there for a while, by a clock that no test moves.
    clean_redis.flushdb()
    time.forward(minutes=1)
    engine.list_packages(partner=acme)
    assert sum(each.taken for each in poll_all()) == 18


def test_a_partner_that_may_not_read_packages_is_parked_longer_each_time(
    partners: Partners, sandbox: Sandbox, time: Time
) -> None:
    sandbox.faults.add(path="/package_builder/packages/", kind="status", status=403)
    waits = []
    for _ in range(8):
        with pytest.raises(NotPermitted):
            engine.list_packages(partner=partners.acme)
        until = PartnerPoll.objects.get(partner=partners.acme).parked_until
        assert until is not None
        waits.append((until - time.now) // timedelta(minutes=1))
        time.forward(minutes=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_one_package_that_fails_leaves_the_others_of_its_chunk_alone(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path="/package_builder/packages/pkg_main/backhaul_evaluation", kind="html")
    time.forward(minutes=5)
    due_now(time)
    recorded = poll_all()
    assert (sum(each.taken for each in recorded), sum(each.failures for each in recorded)) == (17, 1)
    state = package("pkg_main").poll
    assert (state.failures, state.failing_since, state.lease) == (1, time.now, None)
    assert state.next_due == time.now + timedelta(seconds=30)


def test_defaults_that_cannot_be_read_fail_only_those_who_need_them(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path="/partners/*/backhaul_attribution_details", kind="status", status=500)
    time.forward(minutes=5)
    due_now(time)
    poll_all()
    assert package("pkg_partial").poll.failures == 1
    assert package("pkg_main").poll.failures == 0


def test_a_person_who_looks_pulls_the_next_reading_forward_once_a_minute_at_most(
    acme: Partner, package: Stored, time: Time
) -> None:
    read = time.now
    time.forward(seconds=20)
    visits.watch(package=package("pkg_final"), now=time.now)
    assert package("pkg_final").poll.next_due == read + timedelta(seconds=60)
    time.forward(minutes=30)
    visits.watch(package=package("pkg_final"), now=time.now)
    assert package("pkg_final").poll.next_due == read + timedelta(seconds=60)
    visits.watch(package=package("pkg_expired"), now=time.now)
    assert package("pkg_expired").poll.next_due is None


def test_poll_once_says_what_happened_to_each_partner(partners: Partners, sandbox: Sandbox, time: Time) -> None:
    sandbox.faults.add(path="/package_builder/packages/", kind="status", status=403, partner="partner-id-sakura")
    Partner.objects.filter(pk=partners.nordlicht.pk).update(connected=False)
    out = StringIO()
    call_command("poll_once", stdout=out)
    assert out.getvalue().splitlines() == [
        "Acme Concerts (demo) (partner-id-acme): 18 packages listed, 18 new, 0 changed, 0 gone; "
        "18 read, 12 with new results, 0 could not be read.",
        "Sakura Live (demo) (partner-id-sakura): packages could not be listed: The platform does not let this account "
        "read or change this.; 0 read, 0 with new results, 0 could not be read.",
        "Nordlicht Kultur (demo) (fd4711): is not connected.",
    ]


def test_poll_once_without_partners_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError, match="connect_partners"):
        call_command("poll_once")


def test_the_beat_table_names_tasks_that_exist() -> None:
    app.loader.import_default_modules()
    names = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert names >= {"backhaul.claim_due", "backhaul.list_packages", "backhaul.prune"}
    assert names <= set(app.tasks)
    for entry in app.conf.beat_schedule.values():
        schedule = entry["schedule"]
        interval = schedule if isinstance(schedule, float) else 24 * 3600
        assert 0 < entry["options"]["expires"] < interval


def test_the_tasks_hand_ids_to_the_engine(partners: Partners, time: Time, tasks_at_once: None) -> None:
    tasks.list_packages()
    assert Package.objects.count() == 18 + 4 + 2
    tasks.claim_due()
    assert PollState.objects.filter(last_ok_at=None).count() == 0
    tasks.poll_chunk(partners.acme.pk, [1, 2], str(uuid4()))
    assert PollState.objects.exclude(lease=None).count() == 0


def test_the_clock_of_these_tests_is_the_sandboxs(time: Time) -> None:
    assert time.now == datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)
