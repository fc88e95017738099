"""`/metrics` in Prometheus' text format, read from Postgres and Redis when it is asked: any process answers for all.

Labels are words of the portal's own, never a partner, a person or an address. Ages are given as the instants they are
counted from, so that they go on growing while nobody can be asked.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import Error
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.models import Evaluation, SettingsChange
from attribution_portal.backhaul.overview import selection
from attribution_portal.backhaul.polling import rounds
from attribution_portal.backhaul.state import State
from attribution_portal.partners import zones
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api import store, tally

PATH = "/metrics"
SCHEME = "Bearer "


def is_admitted(request: HttpRequest) -> bool:
    """Whether the request carries the deployment's token. Without one nobody is admitted."""
    given = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    return bool(token) and hmac.compare_digest(given.encode(), f"{SCHEME}{token}".encode())


def answer() -> HttpResponse:
    """Always 200: what cannot be asked is missing, and said to be down."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PortalCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class PortalCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        queue = rounds.waiting_messages()
        try:
            known = list(_from_database())
        except Error:
            known = []
        yield _gauge("portal_database_up", "Whether PostgreSQL answers.", float(bool(known)))
        yield _gauge("portal_redis_up", "Whether Redis answers.", float(queue is not None))
        if queue is not None:
            yield _gauge("portal_queue_messages", "Tasks that no worker has taken yet.", queue)
        if (tick := rounds.last_tick()) is not None:
            help_text = "When a worker last carried out the beat's tick."
            yield _gauge("portal_polling_last_tick_timestamp_seconds", help_text, tick.timestamp())
        yield from _platform_calls()
        yield from known


def _platform_calls() -> Iterator[Metric]:
    """Nothing without Redis: one process knows of its own calls alone."""
    try:
        counted = tally.totals()
    except store.StoreDown:
        return
    name, help_text = "portal_platform_calls", "Calls to the platform, each try for itself, by what became of them."
    calls = CounterMetricFamily(name, help_text, labels=["endpoint", "purpose", "outcome"])
    for labels, count in sorted(counted.calls.items()):
        calls.add_metric(labels, count)
    yield calls
    name, help_text = "portal_platform_call_duration_seconds", "How long calls to the platform took, whatever came."
    durations = HistogramMetricFamily(name, help_text, labels=["endpoint", "purpose"])
    bounds = ["+Inf" if math.isinf(bound) else str(bound) for bound in tally.BOUNDS]
    for (endpoint, purpose), took in sorted(counted.took.items()):
        durations.add_metric([endpoint, purpose], list(zip(bounds, took.below, strict=True)), took.seconds)
    yield durations


def _from_database() -> Iterator[Metric]:
    now = clock.now()
    yield from _polling(now)
    yield from _partners(now)
    yield from _evaluations(now)
    changes = SettingsChange.objects.filter(outcome=SettingsChange.Outcome.UNKNOWN).count()
    yield _gauge("portal_settings_changes_in_doubt", "Settings changes whose outcome nobody knows yet.", changes)


def _polling(now: datetime) -> Iterator[Metric]:
    known = rounds.progress(now)
    packages = _labelled("portal_polling_packages", "Packages, by where they stand in polling.", "state")
    for state in ("due", "in_flight", "overdue_leases", "held_back", "failing", "given_up", "scheduled"):
        packages.add_metric([state], getattr(known, state))
    yield packages
    lately = _labelled("portal_polling_lately", "Packages read in the last five minutes.", "outcome")
    lately.add_metric(["read"], known.read)
    lately.add_metric(["failed"], known.failed)
    yield lately
    day = _labelled("portal_polling_day", "Readings of packages in the last 24 hours.", "outcome")
    done = rounds.hours(now)
    for outcome in ("read", "news", "failed"):
        day.add_metric([outcome], sum(getattr(hour, outcome) for hour in done))
    yield day
    yield from _instant("portal_polling_oldest_due_timestamp_seconds", "Since when a package waits.", known.oldest_due)
    read_at = rounds.last_reading()
    yield from _instant("portal_polling_last_read_timestamp_seconds", "When a package was last read well.", read_at)
    if (left := rounds.reads_left(rounds.partners(now))) is not None:
        help_text = "Reads that polling may make this minute: the fewest of any partner that has work."
        yield _gauge("portal_polling_reads_left", help_text, left)


def _partners(now: datetime) -> Iterator[Metric]:
    partners = _labelled("portal_partners", "Partners, by whether they are read.", "state")
    on = Partner.objects.filter(switched_off_at=None)
    partners.add_metric(["connected"], on.filter(connected=True).count())
    partners.add_metric(["disconnected"], on.filter(connected=False).count())
    partners.add_metric(["switched_off"], Partner.objects.exclude(switched_off_at=None).count())
    partners.add_metric(["waiting_for_budget"], on.filter(connected=True, poll__budget_until__gt=now).count())
    yield partners
    had = list(Partner.objects.order_by().values_list("timezone", flat=True))
    lost = zones.faults(had)
    help_text = "Partners whose time zone the portal or its database does not know."
    yield _gauge("portal_partners_without_zone", help_text, sum(name in lost for name in had))
    parked = _labelled("portal_polling_parked_partners", "Partners that are parked, by the error.", "error")
    for error, count in sorted(rounds.parked_partners(now).items()):
        parked.add_metric([error], count)
    yield parked
    failing, oldest = rounds.lists(now)
    yield _gauge("portal_polling_lists_failing", "Partners whose list of packages cannot be read.", failing)
    yield from _instant("portal_polling_oldest_list_timestamp_seconds", "When the oldest list was read.", oldest)
    accounts = _labelled("portal_service_accounts", "Service accounts, by what the last check found.", "signs_in")
    for signs_in, word in ((True, "yes"), (False, "no"), (None, "unknown")):
        accounts.add_metric([word], ServiceAccount.objects.filter(signs_in=signs_in).count())
    yield accounts


def _evaluations(now: datetime) -> Iterator[Metric]:
    rows = _labelled("portal_ledger_rows", "Rows of the ledger, by how sure their settings are.", "certainty")
    for row in Evaluation.objects.order_by("certainty").values("certainty").annotate(n=Count("pk")):
        rows.add_metric([row["certainty"]], row["n"])
    yield rows
    states = _labelled("portal_packages", "Packages, by the state of their evaluation.", "state")
    everybody = list(Partner.objects.values_list("pk", flat=True))
    counted = {state.value: Count("pk", filter=Q(state=state.value)) for state in State}
    packages = selection.of_partners(everybody, now, parked=selection.parked_of(everybody))
    for state, count in packages.aggregate(**counted).items():
        states.add_metric([state], count)
    yield states


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _instant(name: str, help_text: str, value: datetime | None) -> Iterator[Metric]:
    if value is not None:
        yield _gauge(name, help_text, value.timestamp())


def _labelled(name: str, help_text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, labels=[label])
