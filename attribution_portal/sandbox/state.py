"""What changes in the stand-in platform: adjustment rows, event models, package settings and their evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from attribution_portal.sandbox.events import Event, ResultRow
from attribution_portal.sandbox.packages import ClusterTotals, Package, Settings, evaluate
from attribution_portal.sandbox.world import Tenant, World


@dataclass(slots=True)
class Evaluation:
    """A package's settings in force, those its results were last computed for, and when the next job is done."""

    own: Settings | None
    evaluated: Settings | None
    due: datetime | None = None


class State:
    """One run of the platform. Not safe by itself: the sandbox calls it under its lock."""

    def __init__(self, world: World, *, delay_seconds: float) -> None:
        self._delay = delay_seconds
        self._created = 0
        self.results: dict[str, ResultRow] = {}
        self.models: dict[tuple[str, str], str | None] = {}
        self.defaults: dict[str, Settings | None] = {}
        self._evaluations: dict[tuple[str, str], Evaluation] = {}
        for tenant in world.values():
            self.defaults[tenant.id] = tenant.defaults
            self.results.update((row.id, row) for row in tenant.results)
            for event in tenant.events.values():
                self.models[tenant.id, event.id] = event.model
            for package in tenant.packages.values():
                evaluated = self._effective(tenant, package.own) if package.evaluated else None
                self._evaluations[tenant.id, package.id] = Evaluation(package.own, evaluated)

    def model(self, tenant: Tenant, event: Event) -> str:
        """The event's own attribution model, or the partner's default."""
        return self.models[tenant.id, event.id] or tenant.default_model

    def rows(self, tenant: Tenant, event: Event) -> list[ResultRow]:
        """The event's adjustment rows; computed elsewhere (EXTERNAL) means no automated ones."""
        external = self.model(tenant, event) == "EXTERNAL"
        return [
            row
            for row in self.results.values()
            if row.partner_id == tenant.id and row.eid == event.id and not (external and row.source == "automated")
        ]

    def create_row(self, tenant: Tenant, event: Event, *, purchase: int, revenue: Decimal, now: datetime) -> ResultRow:
        self._created += 1
        row = ResultRow(
            # Not given twice, not even by the next start: the demo's portal remembers rows by their ids.
            id=f"cr_{now:%Y%m%d%H%M%S}_{self._created:05}",
            eid=event.id,
            partner_id=tenant.id,
            purchase=purchase,
            revenue=revenue,
            created_at=now,
            source="manual",
        )
        self.results[row.id] = row
        return row

    def settings(self, tenant: Tenant, package: Package) -> Settings | None:
        return self._evaluations[tenant.id, package.id].own

    def put_settings(self, tenant: Tenant, package: Package, settings: Settings, now: datetime) -> None:
        """In force at once; the results follow when the job has run. A second PUT starts the wait anew."""
        self._settle(tenant, package, now)
        evaluation = self._evaluations[tenant.id, package.id]
        evaluation.own = settings
        evaluation.due = now + self._job(package)

    def put_defaults(self, tenant: Tenant, settings: Settings, now: datetime) -> None:
        """Packages that follow the defaults are evaluated again."""
        for package in tenant.packages.values():
            self._settle(tenant, package, now)
            evaluation = self._evaluations[tenant.id, package.id]
            before = self._effective(tenant, evaluation.own)
            after = (evaluation.own or Settings()).falling_back_on(settings)
            if evaluation.evaluated is not None and before != after:
                evaluation.due = now + self._job(package)
        self.defaults[tenant.id] = settings

    def evaluation(self, tenant: Tenant, package: Package, now: datetime) -> dict[str, ClusterTotals] | None:
        """The results as answered now; None before the first ones."""
        if not package.has_results:
            return None
        self._settle(tenant, package, now)
        evaluated = self._evaluations[tenant.id, package.id].evaluated
        if evaluated is None or evaluated.model is None or evaluated.window is None:
            return None
        if package.pinned and package.own is not None:
            evaluated = package.own
        as_of = now.astimezone(tenant.stage.zone).date()
        totals = evaluate(package, evaluated, as_of=as_of)
        coming = self._evaluations[tenant.id, package.id]
        if package.moves_twice and coming.due is not None and now >= coming.due - self._job(package) / 2:
            new = evaluate(package, self._effective(tenant, coming.own), as_of=as_of)
            totals |= {tc: new[tc] for tc in sorted(new)[::2]}
        return totals

    def _settle(self, tenant: Tenant, package: Package, now: datetime) -> None:
        evaluation = self._evaluations[tenant.id, package.id]
        if evaluation.due is not None and now >= evaluation.due:
            evaluation.evaluated = self._effective(tenant, evaluation.own)
            evaluation.due = None

    def _effective(self, tenant: Tenant, own: Settings | None) -> Settings:
        return (own or Settings()).falling_back_on(self.defaults[tenant.id] or Settings())

    def _job(self, package: Package) -> timedelta:
        return timedelta(seconds=self._delay if package.job_seconds is None else package.job_seconds)
