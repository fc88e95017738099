"""What a package's ledger and state amount to after every sequence of what can happen to it, held against a second,
plain telling of the rules."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import state
from attribution_portal.backhaul.ledger import recording, standing
from attribution_portal.backhaul.models import Package, PollState
from attribution_portal.platform_api.errors import Unavailable
from tests.backhaul.test_ledger import START, Story, settings
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

# P: settings are changed here. O: elsewhere. S, N, E: a reading with the same results, new ones, none. F: one that
# fails. H, D: an hour passes, two days. B: settings are changed elsewhere and then here, where they are found while
# the results cannot be read. X: the package expires.
STEPS = "POSNEFDHBX"
# An hour alone decides nothing, and B is two changes: they are part of the long ones.
BRANCHES = STEPS.replace("H", "").replace("B", "")
EXHAUSTIVE = 3
LONG, MANY = 9, 25
TWO_DAYS = timedelta(hours=48)
END_OF_FIRST_WINDOW = date(2026, 6, 15)


@dataclass
class Plain:
    """The rules, as one would tell them to a colleague."""

    now: datetime = START
    set_at_platform: int = 14
    known: int | None = None
    results: int = 0
    rows: list[tuple[int, int, str]] = field(default_factory=list)
    unanswered: int = 0
    changed_at: datetime | None = None
    change_is_ours: bool = False
    replaced_others: bool = False
    confirmed_at: datetime | None = None
    read_at: datetime | None = None
    failing: bool = False
    over: bool = False

    def changed(self, window: int, *, ours: bool) -> None:
        """One more change that results have to answer; one that was waited for in vain is forgotten."""
        in_vain = self.changed_at is not None and self.now - self.changed_at >= TWO_DAYS
        self.unanswered = 1 if in_vain else self.unanswered + 1
        self.replaced_others = self.known is not None
        self.changed_at, self.change_is_ours, self.known = self.now, ours, window

    def reading(self, results: int) -> None:
        self.failing = False
        watched_before = self.read_at
        first_sight = self.read_at is not None and self.known != self.set_at_platform
        if first_sight:
            self.changed(self.set_at_platform, ours=False)
        self.known, self.read_at = self.set_at_platform, self.now
        if not results:
            return
        same = bool(self.rows) and self.rows[-1][1] == results
        if same and self.hopeless() and self.rows[-1][0] != self.known:
            self.rows.append((self.known, results, "unknown"))
        elif not same:
            baseline = self.confirmed_at if self.rows else watched_before
            self.rows.append((self.known, results, self.certainty(baseline, first_sight=first_sight)))
            self.unanswered = 0
        self.confirmed_at = self.now

    def certainty(self, baseline: datetime | None, *, first_sight: bool) -> str:
        if not self.unanswered:
            return "presumed"
        assert self.changed_at is not None
        if not self.rows and self.replaced_others:
            return "unknown"
        slack = timedelta(seconds=10 if self.change_is_ours else 0)
        seen_unmoved = baseline is not None and baseline >= self.changed_at - slack
        return "proved" if self.unanswered == 1 and seen_unmoved and not first_sight else "unknown"

    def hopeless(self) -> bool:
        return bool(self.unanswered) and self.changed_at is not None and self.now - self.changed_at >= TWO_DAYS

    @property
    def state(self) -> str:
        if self.over:
            return "ended"
        if self.failing:
            return "failing"
        if not self.rows:
            return "none"
        if self.unanswered:
            return "unchanged" if self.hopeless() else "waiting"
        assert self.known is not None
        assert self.confirmed_at is not None
        end = END_OF_FIRST_WINDOW + timedelta(days=self.known - 14)
        return "final" if min(self.now.date(), self.confirmed_at.date()) > end else "provisional"


class Both:
    """The portal and the plain telling, step by step."""

    def __init__(self, story: Story) -> None:
        self.story, self.plain = story, Plain()

    def take(self, step: str) -> None:
        plain, story = self.plain, self.story
        plain.now += {"H": timedelta(hours=1), "D": TWO_DAYS}.get(step, timedelta(seconds=1))
        story.now = plain.now
        if step == "P":
            plain.set_at_platform += 1
            plain.changed(plain.set_at_platform, ours=True)
            story.put(plain.set_at_platform)
        elif step == "O":
            plain.set_at_platform += 1
        elif step == "B":
            plain.set_at_platform += 1
            if plain.read_at is not None:
                plain.changed(plain.set_at_platform, ours=False)
            found = settings(plain.set_at_platform)
            recording.record_settings(
                partner=story.partner, package=story.package, own=found, started_at=story.now, now=story.now
            )
            plain.set_at_platform += 1
            plain.changed(plain.set_at_platform, ours=True)
            story.put(plain.set_at_platform)
        elif step in "SNE":
            plain.results += step == "N"
            results = 0 if step == "E" else plain.results
            plain.reading(results)
            story.read(plain.set_at_platform, results)
        elif step == "F":
            plain.failing = True
            failure = recording.Failure(package=story.package.pk, error=Unavailable("down", endpoint="e"), at=story.now)
            recording.record(partner=story.partner, observations=[], failures=[failure], now=story.now)
        elif step == "X":
            plain.over = True
            Package.objects.filter(pk=story.package.pk).update(status="EXPIRED")

    def compare(self, path: str) -> None:
        poll = PollState.objects.select_related("package", "latest").get(pk=self.story.package.pk)
        facts = standing.facts(
            partner=self.story.partner,
            package=poll.package,
            poll=poll,
            latest=poll.latest,
            parked=None,
            now=self.story.now,
        )
        assert (path, state.of(facts).value) == (path, self.plain.state)
        assert (path, self.story.rows) == (path, self.plain.rows)

    def walk(self, path: str, depth: int) -> int:
        """Every way on from here; how many there were."""
        if not depth:
            return 0
        walked = 0
        for step in BRANCHES:
            kept = deepcopy(self.plain)
            with transaction.atomic():
                self.take(step)
                self.compare(path + step)
                walked += 1 + self.walk(path + step, depth - 1)
                transaction.set_rollback(True)
            self.plain = kept
            self.story.now = kept.now
        return walked


@pytest.fixture
def both(partners: Partners, alice: User) -> Both:
    return Both(Story(partners.acme, alice))


@pytest.mark.parametrize("beginning", ["", "N", "NP"], ids=["from nothing", "after results", "after a change"])
def test_every_sequence_has_the_rows_and_the_state_that_the_rules_say(both: Both, beginning: str) -> None:
    for step in beginning:
        both.take(step)
    assert both.walk(beginning, EXHAUSTIVE - bool(beginning)) in (8 + 64 + 512, 8 + 64)


def test_long_sequences_have_them_too(both: Both) -> None:
    rng = random.Random(6)  # noqa: S311 the same sequences each time
    for _ in range(MANY):
        kept = deepcopy(both.plain)
        with transaction.atomic():
            path = ""
            for step in rng.choices(STEPS[:-1], weights=(3, 1, 3, 4, 1, 1, 2, 2, 2), k=LONG):
                path += step
                both.take(step)
                both.compare(path)
            transaction.set_rollback(True)
        both.plain, both.story.now = kept, kept.now
