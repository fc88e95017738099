"""What the ledger makes of sequences of readings and changes. Settings are named by their window, results by their
revenue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import precedence
from attribution_portal.backhaul.ledger import recording, waiting
from attribution_portal.backhaul.models import Evaluation, Package, PollState, SettingsChange
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import Unavailable
from attribution_portal.platform_api.payloads import (
    AttributionSettings,
    ClusterResult,
    EvaluationResult,
    PackageCluster,
)
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

START = datetime(2026, 6, 15, 10, tzinfo=UTC)
NOTHING = EvaluationResult(clusters=())
UNSET = AttributionSettings(model=None, window=None, email_sent_date=None)


def settings(window: int) -> AttributionSettings:
    return AttributionSettings(model="EVENTS_FROM_PACKAGE", window=window, email_sent_date=date(2026, 6, 1))


def result(revenue: int) -> EvaluationResult:
    if not revenue:
        return NOTHING
    return EvaluationResult(clusters=(ClusterResult(tc="a", customers=1, items=2, revenue=Decimal(revenue)),))


def sent(*, change: SettingsChange, outcome: SettingsChange.Outcome, now: datetime) -> None:
    waiting.settings_sent(change=change, outcome=outcome, actor=Actor.portal(), now=now)


class Story:
    """One package and what happens to it, second by second."""

    def __init__(self, partner: Partner, user: User) -> None:
        self.partner, self.user, self.now = partner, user, START
        self.package = Package.objects.create(
            partner=partner, package_id="pkg", status="DONE", first_seen=START, last_seen=START
        )
        PollState.objects.create(package=self.package, partner=partner, next_due=START)

    def observation(self, window: int, revenue: int, *, held: bool = True, took: float = 0) -> recording.Observation:
        return recording.Observation(
            package=self.package.pk,
            in_force=precedence.InForce(settings=settings(window)),
            result=result(revenue),
            held=held,
            started_at=self.now - timedelta(seconds=took),
            read_at=self.now,
        )

    def read(self, window: int, revenue: int, *, held: bool = True, took: float = 0) -> recording.Recorded:
        return recording.record(
            partner=self.partner,
            observations=[self.observation(window, revenue, held=held, took=took)],
            now=self.now,
        )

    def send(self, window: int) -> SettingsChange:
        """The intent is stored; nothing is known of it yet."""
        state = self.state
        change = SettingsChange(
            partner=self.partner, package=self.package, user=self.user, made_at=self.now, outcome="unknown"
        )
        change.settings, change.before = settings(window), state.settings
        change.save()
        return change

    def put(self, window: int) -> None:
        sent(change=self.send(window), outcome=SettingsChange.Outcome.DONE, now=self.now)

    def wait(self, **step: float) -> None:
        self.now += timedelta(**step)

    @property
    def state(self) -> PollState:
        return PollState.objects.get(pk=self.package.pk)

    @property
    def rows(self) -> list[tuple[int, int, str]]:
        return [(row.window or 0, int(row.revenue), row.certainty) for row in Evaluation.objects.order_by("number")]


@pytest.fixture
def story(partners: Partners, alice: User) -> Story:
    return Story(partners.acme, alice)


# r14=10: read, window 14 and revenue 10 (0: no results). p21: the portal sets window 21. +60: seconds pass.
# Expected are the rows: the window they belong to, the revenue, and how sure that is.
SEQUENCES = [
    ("nothing yet", "r14=0", ""),
    ("first results", "r14=10", "14=10:presumed"),
    ("the same again", "r14=10 +60 r14=10", "14=10:presumed"),
    ("results move on", "r14=10 +60 r14=11", "14=10:presumed 14=11:presumed"),
    ("results come back", "r14=10 +9 r14=11 +9 r14=10", "14=10:presumed 14=11:presumed 14=10:presumed"),
    ("nothing after results", "r14=10 +60 r14=0", "14=10:presumed"),
    ("changed here, answered", "r14=10 +1 p21 +10 r21=10 +10 r21=20", "14=10:presumed 21=20:proved"),
    ("changed here, answered at once", "r14=10 +1 p21 +10 r21=20", "14=10:presumed 21=20:proved"),
    ("changed here without a baseline", "r14=10 +3600 p21 +10 r21=20", "14=10:presumed 21=20:unknown"),
    (
        "changed here without a baseline, then confirmed",
        "r14=10 +3600 p21 +10 r21=10 +9 r21=20",
        "14=10:presumed 21=20:proved",
    ),
    ("changed elsewhere, then answered", "r14=10 +60 r21=10 +10 r21=20", "14=10:presumed 21=20:proved"),
    ("changed elsewhere together with results", "r14=10 +60 r21=20", "14=10:presumed 21=20:unknown"),
    ("changed elsewhere a moment after a reading", "r14=10 +5 r21=20", "14=10:presumed 21=20:unknown"),
    ("changed twice before an answer", "r14=10 +1 p21 +5 r21=10 +1 p30 +10 r30=20", "14=10:presumed 30=20:unknown"),
    ("there and back before an answer", "r14=10 +1 p21 +5 r21=10 +1 p14 +10 r14=20", "14=10:presumed 14=20:unknown"),
    (
        "answered, then changed and answered again",
        "r14=10 +1 p21 +9 r21=20 +1 p30 +9 r30=30",
        "14=10:presumed 21=20:proved 30=30:proved",
    ),
    ("moves twice after one change", "r14=10 +1 p21 +9 r21=20 +9 r21=30", "14=10:presumed 21=20:proved 21=30:presumed"),
    (
        "still the same after two days",
        "r14=10 +1 p21 +172799 r21=10 +1 r21=10 +900 r21=10",
        "14=10:presumed 21=10:unknown",
    ),
    (
        "answered after two days",
        "r14=10 +1 p21 +172800 r21=10 +900 r21=20",
        "14=10:presumed 21=10:unknown 21=20:proved",
    ),
    (
        "changed again after two days",
        "r14=10 +1 p21 +172800 r21=10 +1 p30 +9 r30=20",
        "14=10:presumed 21=10:unknown 30=20:proved",
    ),
    ("first results after a change", "r14=0 +1 p21 +9 r21=0 +9 r21=20", "21=20:unknown"),
    ("gone in between, then new ones", "r14=10 +1 p21 +9 r21=0 +9 r21=20", "14=10:presumed 21=20:proved"),
    ("gone in between, then the same", "r14=10 +1 p21 +9 r21=0 +9 r21=10", "14=10:presumed"),
]


@pytest.mark.parametrize(("steps", "expected"), [each[1:] for each in SEQUENCES], ids=[each[0] for each in SEQUENCES])
def test_rows_and_their_certainty_follow_from_the_sequence(story: Story, steps: str, expected: str) -> None:
    for step in steps.split():
        window, _, revenue = step[1:].partition("=")
        if step[0] == "r":
            story.read(int(window), int(revenue))
        elif step[0] == "p":
            story.put(int(window))
        else:
            story.wait(seconds=int(window))
    assert [f"{window}={revenue}:{certainty}" for window, revenue, certainty in story.rows] == expected.split()


def test_first_results_are_proved_where_nothing_could_be_evaluated_before_the_change(story: Story) -> None:
    unset = story.observation(14, 0)
    unset = replace(unset, in_force=precedence.InForce(settings=replace(settings(14), window=None)))
    recording.record(partner=story.partner, observations=[unset], now=story.now)
    story.wait(seconds=1)
    story.put(21)
    story.wait(seconds=9)
    story.read(21, 20)
    assert story.rows == [(21, 20, "proved")]


def test_a_package_that_is_gone_before_it_had_results_has_had_no_change_of_its_settings(story: Story) -> None:
    story.read(14, 0)
    story.wait(seconds=30)
    gone = replace(story.observation(14, 0), in_force=precedence.in_force(UNSET, settings(30)))
    recording.record(partner=story.partner, observations=[gone], now=story.now)
    assert (story.state.settings, SettingsChange.objects.count()) == (settings(14), 0)


def test_an_equal_answer_moves_the_last_confirmation_only(story: Story) -> None:
    story.read(14, 10)
    story.wait(minutes=5)
    story.read(14, 10)
    row = Evaluation.objects.get()
    assert (row.first_seen, row.last_confirmed) == (START, START + timedelta(minutes=5))


def test_settings_changed_elsewhere_are_recorded_and_nobody_is_blamed(story: Story) -> None:
    story.read(14, 10)
    story.wait(minutes=5)
    story.read(21, 10)
    change = SettingsChange.objects.get()
    assert (change.user, change.outcome, change.made_at) == (None, "done", story.now)
    assert (change.before, change.settings) == (settings(14), settings(21))
    story.wait(minutes=5)
    story.read(21, 20)
    assert Evaluation.objects.get(number=2).change == change


def test_settings_that_moved_while_results_were_read_prove_nothing(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=5)
    story.read(14, 20, held=False)
    assert story.rows == [(14, 10, "presumed"), (14, 20, "unknown")]


def test_a_poll_that_sees_the_new_settings_first_resolves_the_change_and_counts_it_once(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=1)
    change = story.send(21)
    story.wait(seconds=3)
    story.read(21, 10)
    change.refresh_from_db()
    assert change.outcome == "done"
    sent(change=change, outcome=SettingsChange.Outcome.DONE, now=story.now)
    state = story.state
    assert (state.pending_changes, state.settings_changed_at) == (1, START + timedelta(seconds=1))
    assert SettingsChange.objects.count() == 1


def test_a_reading_that_began_before_the_change_was_sent_is_dropped(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=5)
    story.put(21)
    story.wait(seconds=1)
    assert story.read(14, 10, took=4).taken == 0
    assert story.state.settings == settings(21)
    assert SettingsChange.objects.count() == 1


def test_a_reading_during_which_a_change_was_sent_is_dropped(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=5)
    story.send(21)
    story.wait(seconds=1)
    assert story.read(21, 10, took=4).taken == 0
    assert story.state.settings == settings(14)


def test_a_reading_that_began_while_a_change_was_under_way_does_not_turn_it_back(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=5)
    change = story.send(21)
    story.wait(seconds=1)
    early = story.observation(14, 10)
    story.wait(seconds=2)
    sent(change=change, outcome=SettingsChange.Outcome.DONE, now=story.now)
    recorded = recording.record(partner=story.partner, observations=[early], now=story.now)
    assert recorded.taken == 0
    assert story.state.settings == settings(21)
    assert SettingsChange.objects.get() == change
    story.wait(seconds=20)
    story.read(21, 20)
    assert story.rows == [(14, 10, "presumed"), (21, 20, "proved")]


def test_of_two_people_who_save_at_once_the_later_is_in_force_whoever_hears_back_first(story: Story) -> None:
    story.read(14, 10)
    first = story.send(21)
    story.wait(seconds=1)
    second = story.send(30)
    story.wait(seconds=1)
    for change in (second, first):
        sent(change=change, outcome=SettingsChange.Outcome.DONE, now=story.now)
    state = story.state
    assert (state.settings, state.pending_changes, state.last_change) == (settings(30), 2, second)
    story.wait(seconds=10)
    story.read(30, 20)
    assert SettingsChange.objects.count() == 2
    assert story.rows == [(14, 10, "presumed"), (30, 20, "unknown")]


def test_a_change_in_doubt_that_came_between_two_readings_proves_nothing_of_what_came_with_it(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=1)
    change = story.send(21)
    sent(change=change, outcome=SettingsChange.Outcome.UNKNOWN, now=story.now)
    story.wait(seconds=30)
    story.read(14, 10)
    story.wait(seconds=30)
    story.read(21, 20)
    change.refresh_from_db()
    assert change.outcome == "done"
    assert story.rows == [(14, 10, "presumed"), (21, 20, "unknown")]


def test_a_change_in_doubt_that_did_not_arrive_is_not_blamed_for_equal_settings_of_somebody_else(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=1)
    change = story.send(21)
    sent(change=change, outcome=SettingsChange.Outcome.UNKNOWN, now=story.now)
    story.wait(minutes=3)
    story.read(14, 10)
    story.wait(days=21)
    story.read(21, 10)
    change.refresh_from_db()
    assert change.outcome == "not_taken"
    seen = SettingsChange.objects.get(user=None)
    assert (seen.before, seen.settings, seen.made_at) == (settings(14), settings(21), story.now)
    assert (story.state.last_change, story.state.settings_changed_at) == (seen, story.now)


@pytest.mark.parametrize("defaults", [UNSET, settings(7)], ids=["no defaults", "defaults"])
def test_a_package_that_the_platform_deleted_is_no_change_of_settings(
    story: Story, defaults: AttributionSettings
) -> None:
    story.read(14, 10)
    story.wait(minutes=5)
    gone = replace(story.observation(0, 0), in_force=precedence.in_force(UNSET, defaults))
    assert recording.record(partner=story.partner, observations=[gone], now=story.now).taken == 1
    assert SettingsChange.objects.count() == 0
    state = story.state
    assert (state.settings, state.pending_changes, state.last_ok_at) == (settings(14), 0, story.now)


def test_settings_taken_away_from_a_package_with_results_are_a_change(story: Story) -> None:
    story.read(14, 10)
    story.wait(minutes=5)
    bare = replace(story.observation(0, 10), in_force=precedence.in_force(UNSET, UNSET))
    recording.record(partner=story.partner, observations=[bare], now=story.now)
    change = SettingsChange.objects.get()
    assert (change.before, change.settings, change.user) == (settings(14), UNSET, None)


def test_segments_of_an_earlier_stage_do_not_pass_for_those_of_the_present_one(story: Story) -> None:
    people = (PackageCluster(tc="a", label="A", customers=1),)
    early = replace(story.observation(14, 10), clusters=people, stage=("INPROGRESS", []))
    recording.record(partner=story.partner, observations=[early], now=story.now)
    package = Package.objects.get()
    assert (package.clusters, package.clusters_read_at) == ([], None)
    assert story.rows == [(14, 10, "presumed")]
    recording.record(
        partner=story.partner, observations=[replace(early, stage=recording.stage_of(package))], now=story.now
    )
    assert Package.objects.get().clusters_read_at == START


def test_an_older_reading_does_not_undo_a_newer_one(story: Story) -> None:
    late = story.observation(14, 10)
    story.wait(seconds=5)
    story.read(14, 20)
    recorded = recording.record(partner=story.partner, observations=[late], now=story.now)
    assert recorded.taken == 0
    assert story.rows == [(14, 20, "presumed")]


def test_a_change_that_was_refused_leaves_the_package_as_it_was(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=1)
    sent(change=story.send(21), outcome=SettingsChange.Outcome.REFUSED, now=story.now)
    state = story.state
    assert (state.settings, state.pending_changes, state.settings_changed_at) == (settings(14), 0, None)


def test_a_change_in_doubt_is_looked_after_at_once(story: Story) -> None:
    story.read(14, 10)
    story.wait(seconds=1)
    sent(change=story.send(21), outcome=SettingsChange.Outcome.UNKNOWN, now=story.now)
    assert story.state.next_due == story.now


def test_a_failure_keeps_results_and_remembers_its_kind_and_beginning(story: Story) -> None:
    story.read(14, 10)
    for _ in range(2):
        story.wait(seconds=30)
        failure = recording.Failure(
            package=story.package.pk, error=Unavailable(endpoint="GET /x", status=502), at=story.now
        )
        recording.record(partner=story.partner, observations=[], failures=[failure], now=story.now)
    state = story.state
    assert (state.failures, state.last_error, state.failing_since) == (2, "Unavailable", START + timedelta(seconds=30))
    assert state.next_due == story.now + timedelta(seconds=60)
    story.read(14, 10)
    state = story.state
    assert (state.failures, state.last_error, state.failing_since) == (0, "", None)
    assert story.rows == [(14, 10, "presumed")]


def test_a_spent_budget_is_no_failure(story: Story) -> None:
    error = Unavailable("the partner's budget is spent", endpoint="GET /x", retry_after=12.0)
    failure = recording.Failure(package=story.package.pk, error=error, at=story.now)
    recording.record(partner=story.partner, observations=[], failures=[failure], now=story.now)
    assert (story.state.failures, story.state.next_due) == (0, START + timedelta(seconds=12))


def test_readings_of_another_partners_package_are_not_taken(story: Story, partners: Partners) -> None:
    recorded = recording.record(partner=partners.sakura, observations=[story.observation(14, 10)], now=story.now)
    assert recorded.taken == 0
    assert story.rows == []


def test_segments_are_kept_with_the_reading(story: Story) -> None:
    people = (PackageCluster(tc="a", label="A", customers=1240), PackageCluster(tc="b", label=None, customers=None))
    recording.record(
        partner=story.partner, observations=[replace(story.observation(14, 10), clusters=people)], now=story.now
    )
    package = Package.objects.get()
    assert package.clusters == [
        {"tc": "a", "label": "A", "customers": 1240},
        {"tc": "b", "label": None, "customers": None},
    ]
    assert package.clusters_read_at == START


def test_the_number_of_queries_does_not_depend_on_the_chunk(
    partners: Partners, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def chunk(size: int, first: int) -> list[recording.Observation]:
        made = Package.objects.bulk_create(
            Package(partner=partners.acme, package_id=f"pkg{first + n}", first_seen=START, last_seen=START)
            for n in range(size)
        )
        PollState.objects.bulk_create(PollState(package=each, partner=partners.acme) for each in made)
        return [
            recording.Observation(
                package=each.pk,
                in_force=precedence.InForce(settings=settings(14)),
                result=result(10),
                held=True,
                started_at=START,
                read_at=START,
                clusters=(),
            )
            for each in made
        ]

    def queries(observations: list[recording.Observation]) -> int:
        from django.db import connection

        with CaptureQueriesContext(connection) as captured:
            recording.record(partner=partners.acme, observations=observations, now=START)
        return len(captured)

    few, many = chunk(2, 0), chunk(50, 100)
    assert queries(few) == queries(many) <= 10
    moved = [
        replace(each, in_force=precedence.InForce(settings=settings(21)), result=result(20)) for each in (*few, *many)
    ]
    assert queries(moved[:2]) == queries(moved[2:]) <= 10
    assert SettingsChange.objects.count() == 52
    assert Evaluation.objects.count() == 104


@pytest.mark.parametrize(
    "values",
    [
        {"number": 1},
        {"number": 0},
        {"number": 2, "certainty": "sure"},
        {"number": 2, "last_confirmed": START - timedelta(1)},
    ],
    ids=["number taken", "number 0", "unknown certainty", "confirmed before seen"],
)
def test_the_database_refuses_rows_that_cannot_be(story: Story, values: dict[str, object]) -> None:
    story.read(14, 10)
    row = Evaluation.objects.get()
    row.pk = None
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_database_refuses_a_token_twice(story: Story, alice: User) -> None:
    story.read(14, 10)
    change = story.send(21)
    change.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save(force_insert=True)


def test_a_change_that_a_result_answers_is_kept_and_goes_only_with_the_whole_package(story: Story) -> None:
    story.read(14, 10)
    story.put(21)
    story.wait(seconds=10)
    story.read(21, 20)
    change = SettingsChange.objects.get()
    assert Evaluation.objects.get(number=2).change == change
    with pytest.raises(RestrictedError):
        change.delete()
    story.package.delete()
    assert (Evaluation.objects.count(), SettingsChange.objects.count()) == (0, 0)


@pytest.mark.parametrize(("window", "model"), [(0, "EVENT_SERIES"), (366, "EVENT_SERIES"), (14, "FD")])
def test_the_database_refuses_a_persons_change_that_no_form_admits(story: Story, window: int, model: str) -> None:
    story.read(14, 10)
    change = SettingsChange(
        partner=story.partner, package=story.package, user=story.user, made_at=START, outcome="done",
        model=model, window=window, email_sent_date=date(2026, 6, 1),
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save()


def test_unset_parts_come_from_the_partners_defaults() -> None:
    own = AttributionSettings(model=None, window=None, email_sent_date=date(2026, 6, 3))
    defaults = AttributionSettings(model="EVENT_SERIES", window=14, email_sent_date=date(2026, 1, 1))
    merged = precedence.in_force(own, defaults)
    assert merged.settings == AttributionSettings(model="EVENT_SERIES", window=14, email_sent_date=date(2026, 6, 3))
    assert merged.inherited == ("model", "window")
