"""The ledger: what was read becomes rows that say which settings a result belongs to, and how sure that is.

`waiting` holds how that is proved. An equal answer makes no row while new results are awaited: the results shown still
belong to the settings of the row before. An empty answer after results makes none either: the platform is computing, or
has lost them, and the last ones stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import bulk, outages
from attribution_portal.backhaul.ledger import fingerprints, intents, known, standing, waiting
from attribution_portal.backhaul.ledger.known import Known, Latest
from attribution_portal.backhaul.models import Evaluation, Package, SettingsChange
from attribution_portal.backhaul.precedence import SETTING_NAMES, UNSET, InForce, in_force, only, own_of
from attribution_portal.backhaul.state import IN_DOUBT
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError, Unavailable
from attribution_portal.platform_api.payloads import AttributionSettings, EvaluationResult, PackageCluster

_COLUMNS: Final = (
    "partner_id",
    "package_id",
    "number",
    "model",
    "window",
    "email_sent_date",
    "inherited",
    "settings_fingerprint",
    "fingerprint",
    "clusters",
    "customers",
    "items",
    "revenue",
    "first_seen",
    "last_confirmed",
    "certainty",
    "change_id",
)
_CONFIRMED: Final = {"id": "bigint", "last_confirmed": "timestamptz"}
_SEGMENTS: Final = {"id": "bigint", "clusters": "jsonb", "clusters_read_at": "timestamptz"}

# What a package's segments follow from: its status, its events.
Stage = tuple[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One package, read well. `package`: primary key. `held`: the settings were the same before and after the results
    were read. `clusters`: its segments, None when they were not read; `stage`: the package as stored when they were
    asked for."""

    package: int
    in_force: InForce
    result: EvaluationResult
    held: bool
    started_at: datetime
    read_at: datetime
    clusters: tuple[PackageCluster, ...] | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One package that could not be read."""

    package: int
    error: PlatformError
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """How many of the readings were taken, and what they brought."""

    taken: int
    new_rows: int
    failures: int


def record(
    *,
    partner: Partner,
    observations: Sequence[Observation],
    failures: Sequence[Failure] = (),
    lease: UUID | None = None,
    now: datetime,
) -> Recorded:
    """Store a chunk of one partner's readings and when each package is read next: all of it or nothing, in a number
    of queries that does not depend on the chunk.

    With a `lease`, only rows still held under it are touched and they are let go: a task delivered twice finds
    nothing to do. Rows are locked, so that a poll and a person's live reading cannot both store the same news; a
    reading older than what is known is dropped.
    """
    read = {observation.package: observation for observation in observations}
    failed = {failure.package: failure for failure in failures}
    with transaction.atomic():
        segments = any(observation.clusters is not None for observation in observations)
        states = known.lock(partner=partner, packages=[*read, *failed], lease=lease, packages_too=segments)
        if not states:
            return Recorded(taken=0, new_rows=0, failures=0)
        batch = _Batch(partner, states, now)
        taken = 0
        for state in states:
            if (observation := read.get(state.pk)) is not None:
                taken += batch.take(state, observation)
                batch.schedule(state)
            else:
                batch.fail(state, failed[state.pk])
        batch.save(let_go=lease is not None)
    return Recorded(taken=taken, new_rows=len(batch.new_rows), failures=len(failed))


def record_settings(
    *, partner: Partner, package: Package, own: AttributionSettings, started_at: datetime, now: datetime
) -> None:
    """What a package's settings, read alone, tell of changes: its results could not be read with them. Nothing is told
    where only the partner's defaults could say what is in force."""
    with transaction.atomic():
        for state in known.lock(partner=partner, packages=[package.pk]):
            gaps = {name for name in SETTING_NAMES if getattr(own, name) is None}
            if any(getattr(state.settings, name) is not None for name in gaps - set(state.inherited)):
                return
            batch = _Batch(partner, [state], now)
            batch.take_settings(
                state,
                Observation(
                    package=state.pk,
                    in_force=in_force(own, only(state.settings, state.inherited)),
                    result=EvaluationResult(clusters=()),
                    held=True,
                    started_at=started_at,
                    read_at=now,
                ),
            )
            batch.save(let_go=False)


def stage_of(package: Package) -> Stage:
    return package.status, package.events


@dataclass(slots=True)
class _New:
    """A row to come. `clusters`: as JSON. `change`: what it answers, which has its key only once it is stored."""

    package: int
    row: Latest
    observation: Observation
    clusters: str
    certainty: Evaluation.Certainty
    change: SettingsChange | None


class _Batch:
    """One chunk between its first query and its last."""

    def __init__(self, partner: Partner, states: list[Known], now: datetime) -> None:
        self.partner = partner
        self.states = states
        self.now = now
        self.open_changes = known.open_changes(states)
        self.resolved: list[SettingsChange] = []
        self.seen_changes: list[SettingsChange] = []
        self.new_rows: list[_New] = []
        self.confirmed: list[Latest] = []
        self.segmented: list[tuple[int, str, datetime]] = []
        # Chunks have few distinct settings.
        self.settings_fingerprints: dict[AttributionSettings, str] = {}

    def take(self, state: Known, observation: Observation) -> bool:
        """One good reading. False: it is older than what is known, or settings were being sent while it was read."""
        changed_now = self.take_settings(state, observation)
        if changed_now is None:
            return False
        if observation.result.clusters:
            self._take_result(state, observation, changed_now=changed_now)
        if observation.clusters is not None and observation.stage in (None, (state.status, state.events)):
            clusters = [{"tc": c.tc, "label": c.label, "customers": c.customers} for c in observation.clusters]
            self.segmented.append((state.pk, json.dumps(clusters), observation.read_at))
        state.last_read_at = state.last_ok_at = observation.read_at
        state.failures, state.failing_since, state.last_error = 0, None, ""
        return True

    def take_settings(self, state: Known, observation: Observation) -> bool | None:
        """What a reading says of changes, and whether it is the first with new settings, of which nobody knows when
        they came. None: it says nothing, see `take`."""
        if state.last_ok_at is not None and observation.read_at < state.last_ok_at:
            return None
        if state.settings_changed_at is not None and observation.started_at < state.settings_changed_at:
            return None
        if any(change.made_at > observation.started_at for change in self.open_changes.get(state.pk, ())):
            return None
        is_lost = self._is_lost(state, observation)
        self._resolve(state, observation, is_lost=is_lost)
        return not is_lost and self._take_settings(state, observation)

    def fail(self, state: Known, failure: Failure) -> None:
        """One bad reading. A spent budget is none: the platform was not asked, and is asked when a place comes free."""
        error = failure.error
        waits = outages.seconds_to_wait(error)
        if waits is not None:
            state.next_due = self.now + timedelta(seconds=waits)
            return
        state.failures += 1
        state.failing_since = state.failing_since or failure.at
        state.last_error = type(error).__name__
        state.last_read_at = failure.at
        self.schedule(state, retry_after=error.retry_after if isinstance(error, Unavailable) else None)

    def schedule(self, state: Known, *, retry_after: float | None = None) -> None:
        state.next_due = standing.next_due(partner=self.partner, known=state, retry_after=retry_after, now=self.now)

    def save(self, *, let_go: bool) -> None:
        SettingsChange.objects.bulk_update(self.resolved, ["outcome"])
        SettingsChange.objects.bulk_create(self.seen_changes)
        keys = bulk.insert("backhaul_evaluation", _COLUMNS, [self._stored(new) for new in self.new_rows])
        for new, key in zip(self.new_rows, keys, strict=True):
            new.row.pk = key
        confirmed = [(row.pk, row.last_confirmed) for row in self.confirmed]
        bulk.update("backhaul_evaluation", _CONFIRMED, confirmed)
        bulk.update("backhaul_package", _SEGMENTS, self.segmented)
        known.save(self.states, let_go=let_go)
        for change in self.resolved:
            intents.conclude(change, actor=Actor.portal())

    def _is_lost(self, state: Known, observation: Observation) -> bool:
        """Neither settings of its own nor results, where there were some of either: so answers a platform that has
        deleted the package (contract §8: 404 means "none set", and no call unsets them), and nobody changed its
        settings. The list will tell."""
        if observation.result.clusters:
            return False
        seen = observation.in_force
        had_some = own_of(state.settings, state.inherited) != UNSET
        return own_of(seen.settings, seen.inherited) == UNSET and (
            had_some or state.latest is not None or state.vanished
        )

    def _resolve(self, state: Known, observation: Observation, *, is_lost: bool) -> None:
        """What this reading says about changes of which nobody heard again, also about one whose process died."""
        seen = observation.in_force
        for change in self.open_changes.get(state.pk, ()):
            is_seen = not is_lost and change.settings == seen.settings and not seen.inherited
            if is_seen and not waiting.did_not_arrive(state, change):
                change.outcome = SettingsChange.Outcome.DONE
            elif observation.started_at - change.made_at > IN_DOUBT:
                change.outcome = SettingsChange.Outcome.NOT_TAKEN
            else:
                continue
            self.resolved.append(change)

    def _take_settings(self, state: Known, observation: Observation) -> bool:
        """Whether this reading is the first with new settings, of which nobody knows when they came."""
        seen = observation.in_force
        sent, unwatched = None, False
        for change in self.open_changes.get(state.pk, ()):
            if change.outcome == SettingsChange.Outcome.DONE:
                # Seen with other settings since it was sent: it came some time after that.
                sent, unwatched = change, state.last_ok_at is not None and state.last_ok_at > change.made_at
        if state.last_ok_at is not None and state.settings != seen.settings:
            if sent is None:
                sent = SettingsChange(
                    partner=self.partner,
                    package_id=state.pk,
                    made_at=observation.started_at,
                    outcome=SettingsChange.Outcome.DONE,
                )
                sent.before, sent.settings = state.settings, seen.settings
                self.seen_changes.append(sent)
                unwatched = True
            waiting.begin(state, sent, at=sent.made_at)
        state.settings = seen.settings
        state.inherited = seen.inherited
        return unwatched

    def _take_result(self, state: Known, observation: Observation, *, changed_now: bool) -> None:
        latest, texts = state.latest, fingerprints.texts(observation.result)
        fingerprint = fingerprints.of_texts(texts)
        same = latest is not None and latest.fingerprint == fingerprint
        if latest is not None and same and not self._gives_up(state, latest, observation):
            latest.last_confirmed = observation.read_at
            self.confirmed.append(latest)
            return
        before = latest.last_confirmed if latest else state.last_ok_at
        certainty = Evaluation.Certainty.UNKNOWN
        if not same and observation.held:
            certainty = waiting.certainty(state, before=before, changed_now=changed_now)
        self._add(state, observation, certainty, clusters=fingerprints.stored(texts), fingerprint=fingerprint)
        if not same and observation.held:
            state.pending_changes = 0

    def _gives_up(self, state: Known, latest: Latest, observation: Observation) -> bool:
        """Whether equal results now get a row of their own: the portal stops waiting for other ones."""
        return waiting.has_lasted(state, until=observation.read_at) and (
            latest.settings_fingerprint != self._of_settings(observation.in_force.settings)
        )

    def _add(
        self,
        state: Known,
        observation: Observation,
        certainty: Evaluation.Certainty,
        *,
        clusters: str,
        fingerprint: str,
    ) -> None:
        settings, read_at = self._of_settings(observation.in_force.settings), observation.read_at
        number = state.latest.number + 1 if state.latest else 1
        state.latest = Latest(0, number, fingerprint, settings, first_seen=read_at, last_confirmed=read_at)
        change = state.last_change if certainty == Evaluation.Certainty.PROVED else None
        self.new_rows.append(_New(state.pk, state.latest, observation, clusters, certainty, change))

    def _stored(self, new: _New) -> tuple[object, ...]:
        seen, result, row = new.observation.in_force, new.observation.result, new.row
        return (
            self.partner.pk,
            new.package,
            row.number,
            seen.settings.model or "",
            seen.settings.window,
            seen.settings.email_sent_date,
            json.dumps(seen.inherited) if seen.inherited else "[]",
            row.settings_fingerprint,
            row.fingerprint,
            new.clusters,
            result.customers,
            result.items,
            result.revenue,
            row.first_seen,
            row.last_confirmed,
            new.certainty.value,
            new.change.pk if new.change else None,
        )

    def _of_settings(self, settings: AttributionSettings) -> str:
        found = self.settings_fingerprints.get(settings)
        if found is None:
            found = self.settings_fingerprints[settings] = fingerprints.of_settings(settings)
        return found
