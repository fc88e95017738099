"""What the demo's portal remembers when somebody first looks: weeks of results, as if it had been reading all along.

Every result is what the stand-in platform would have answered on that day, and goes into the ledger by the way that
every reading takes. So the packages list and the review board have something of each kind to show: a growing window, a
change that is answered, one that is not yet, one that never was, a sign-off that holds and one that does not.
"""

from __future__ import annotations

import http.client
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.utils import timezone

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Package, PollState
from attribution_portal.backhaul.polling import listing
from attribution_portal.backhaul.precedence import in_force
from attribution_portal.backhaul.settings import known_defaults
from attribution_portal.backhaul.sign_off import reviews
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings, ClusterResult, EvaluationResult
from attribution_portal.sandbox import packages as platform
from attribution_portal.sandbox import world
from attribution_portal.sandbox.packages import Settings, SettingsLike

# In the zone of the packages' days, after the platform's own nightly run.
READ_AT: Final = time(5, 10)
# How long the portal has been reading.
LONGEST: Final = timedelta(days=28)
SECOND_READING: Final = timedelta(minutes=7)


@dataclass(frozen=True, slots=True)
class Change:
    """Until `ago`, a package had `window`; `answered`: its results followed within minutes."""

    ago: timedelta
    window: int
    answered: bool


CHANGES: Final = {
    (world.ACME, "pkg_oversize"): (
        Change(timedelta(days=8, hours=3), 6, answered=True),
        Change(timedelta(days=5, hours=6), 9, answered=True),
        Change(timedelta(days=1, hours=4), 12, answered=True),
    ),
    # The results stay as they are, whatever is set: after two days nobody can tell what they belong to.
    (world.ACME, "pkg_equal"): (Change(timedelta(days=3), 10, answered=False),),
    (world.ACME, "pkg_slow"): (Change(timedelta(hours=2), 12, answered=False),),
    (world.SAKURA, "pkg_jpy_final"): (Change(timedelta(hours=30), 8, answered=False),),
    # Signed off before: see below.
    (world.ACME, "pkg_series"): (Change(timedelta(0), 7, answered=True),),
}
SIGNED: Final = (
    (world.ACME, "pkg_series", "Agreed with the tour office."),
    (world.ACME, "pkg_nosizes", "Checked against the box office report."),
    (world.NORDLICHT, "pkg_nord", "Final numbers for the season's report."),
)
# Answered by something that is no result, as long as the demo runs.
BROKEN: Final = {
    "path": "/package_builder/packages/pkg_nord_open/backhaul_evaluation",
    "kind": "wrong_type",
    "partner": world.NORDLICHT,
}


def remember(*, manager: User, platform_port: int) -> None:
    """Fill the ledger of a portal that has read nothing yet; one that has is left alone. One package breaks either
    way, on the stand-in platform that listens at the port."""
    partners = Partner.objects.select_related("service_account").filter(connected=True)
    for partner in partners.filter(packages=None, partner_id__in=[world.ACME, world.SAKURA, world.NORDLICHT]):
        listing.refresh(partner=partner, caller=caller_for(partner))
        known_defaults.refresh(partner=partner, caller=caller_for(partner), now=timezone.now())
        _Past(partner).tell(manager)
    door = http.client.HTTPConnection("127.0.0.1", platform_port, timeout=30)
    with closing(door):
        door.request("POST", "/__sandbox__/faults", json.dumps(BROKEN), {"Content-Type": "application/json"})
        door.getresponse().read()


@dataclass(frozen=True, slots=True)
class _Reading:
    at: datetime
    package: Package
    own: Settings
    result: EvaluationResult


class _Past:
    """One partner's."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.now = timezone.now()
        # The platform's world begins on Berlin's day.
        self.tenant = world.build(datetime.now(ZoneInfo("Europe/Berlin")).date())[partner.partner_id]
        self.defaults = self.tenant.defaults or Settings()
        self.rows = {package.package_id: package for package in Package.objects.filter(partner=partner)}

    def tell(self, manager: User) -> None:
        readings: dict[datetime, list[_Reading]] = defaultdict(list)
        for package_id, row in self.rows.items():
            for reading in self._readings(self.tenant.packages[package_id], row):
                readings[reading.at].append(reading)
        late = [at for at in readings if at >= self.now]
        for at in sorted(readings.keys() - set(late)):
            self._record(readings[at], at)
        for row in self.rows.values():
            first = PollState.objects.get(pk=row.pk).latest
            seen = max(row.created_at or self.now, self.now - LONGEST)
            if first is not None:
                Package.objects.filter(pk=row.pk).update(first_seen=min(seen, self.now))
        for partner_id, package_id, note in SIGNED:
            if partner_id == self.partner.partner_id:
                self._sign(self.rows[package_id], note, manager)
        for at in sorted(late):
            moment = timezone.now()
            self._record([replace(each, at=moment) for each in readings[at]], moment)
        # The portal goes on from here, and reads once what has ended: sizes of clusters are not remembered yet.
        PollState.objects.filter(partner=self.partner).update(next_due=timezone.now())

    def _readings(self, package: platform.Package, row: Package) -> Iterator[_Reading]:
        """Every morning's, and two at each change: one with the new settings, one with what they brought."""
        own = package.own or Settings()
        if not (package.has_results and package.evaluated):
            return
        changes = CHANGES.get((self.partner.partner_id, package.id), ())
        began = self.now - LONGEST
        if any(not change.answered for change in changes):
            # What is set and what is answered are told apart only once the window is over.
            began = max(began, self.now - changes[0].ago - timedelta(days=1))
        anchor = own.falling_back_on(self.defaults).email_sent_date or package.created_at.date()
        moments = [at for at in self._mornings() if at >= began and at.date() > anchor]
        for change in changes:
            moments += [self.now - change.ago, self.now - change.ago + SECOND_READING]
        for at in sorted(moments):
            yield _Reading(at, row, *self._answer(package, own, changes, at))

    def _answer(
        self, package: platform.Package, own: Settings, changes: tuple[Change, ...], at: datetime
    ) -> tuple[Settings, EvaluationResult]:
        coming = [change for change in changes if at < self.now - change.ago]
        lagging = [change for change in changes if at < self.now - change.ago + SECOND_READING and change.answered]
        shown = replace(own, window=coming[0].window) if coming else own
        evaluated = replace(own, window=lagging[0].window) if lagging else own
        day = at.astimezone(self.tenant.stage.zone).date()
        return shown, _result(package, evaluated.falling_back_on(self.defaults), day)

    def _mornings(self) -> Iterator[datetime]:
        zone = self.tenant.stage.zone
        today = self.now.astimezone(zone).date()
        for ago in range(LONGEST.days, -1, -1):
            at = datetime.combine(today - timedelta(days=ago), READ_AT, zone).astimezone(UTC)
            if at < self.now:
                yield at

    def _record(self, readings: list[_Reading], at: datetime) -> None:
        recording.record(
            partner=self.partner,
            observations=[
                recording.Observation(
                    package=each.package.pk,
                    in_force=in_force(_settings(each.own), _settings(self.defaults)),
                    result=each.result,
                    held=True,
                    started_at=at,
                    read_at=at,
                )
                for each in readings
            ],
            now=at,
        )

    def _sign(self, package: Package, note: str, manager: User) -> None:
        seen = reviews.Seen.of(PollState.objects.select_related("latest").get(pk=package.pk))
        assert seen is not None  # noqa: S101
        reviews.sign_off(
            partner=self.partner,
            package=package,
            seen=seen,
            note=note,
            user=manager,
            actor=Actor(manager, manager.email),
            token=uuid4(),
        )


def _settings(settings: Settings) -> AttributionSettings:
    return AttributionSettings(model=settings.model, window=settings.window, email_sent_date=settings.email_sent_date)


def _result(package: platform.Package, settings: SettingsLike, day: date) -> EvaluationResult:
    totals = platform.evaluate(package, settings, as_of=day)
    return EvaluationResult(
        clusters=tuple(ClusterResult(tc, row.customers, row.items, row.revenue) for tc, row in sorted(totals.items()))
    )
