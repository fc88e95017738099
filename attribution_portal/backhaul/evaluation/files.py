"""A package's evaluation and its ledger as files: what the page shows, now or as known on a past day, every row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import override

from attribution_portal import glossary
from attribution_portal.backhaul import wording
from attribution_portal.backhaul.evaluation import panel as evaluation_panel
from attribution_portal.backhaul.evaluation.asked import Asked
from attribution_portal.backhaul.ledger import history, snapshot
from attribution_portal.backhaul.ledger.reading import Standing, known_at
from attribution_portal.backhaul.models import Evaluation, Package
from attribution_portal.charts import clusters as clusters_chart
from attribution_portal.exports import Column, Sheet, Value
from attribution_portal.formats import PERCENT, Reader
from attribution_portal.partners.models import Partner

ROWS_AT_ONCE: Final = 500
_TERMS: Final = ("customers", "items", "revenue")
_BY_CLUSTER: Final = (*_TERMS, "revenue_per_customer", "share", "rate")


def evaluation(*, partner: Partner, package: Package, asked: Asked, reader: Reader, now: datetime) -> tuple[Sheet, int]:
    """The clusters in the order of the page, and how many there are."""
    known = known_at(partner=partner, package=package, until=asked.until(partner), now=now)
    ranked = clusters_chart.ranked_by(evaluation_panel.cluster_rows(known), asked.order)
    total = sum((row.revenue for row in ranked), start=Decimal(0))
    labels = clusters_chart.labels(reader)
    low, high = reader.gettext("Interval (95%), low"), reader.gettext("Interval (95%), high")
    rows: list[tuple[Value, ...]] = [
        (
            row.name,
            row.tc,
            row.customers,
            row.items,
            row.revenue,
            None if row.revenue_per_customer is None else round(row.revenue_per_customer, 2),
            partner.currency or None,
            round(row.revenue / total, 6) if total > 0 else None,
            row.base,
            None if row.rate is None else round(row.rate, 6),
            *_interval(row),
            clusters_chart.withheld(row, reader),
        )
        for row in ranked
    ]
    sheet = Sheet(
        name=f"evaluation-{package.package_id}-{_day(asked, partner, now)}",
        title=reader.gettext("Evaluation"),
        columns=(
            Column(labels["cluster"], width=36),
            Column(reader.gettext("Cluster id"), width=28),
            Column(labels["customers"]),
            Column(labels["items"]),
            Column(labels["revenue"], measure=partner.currency),
            Column(labels["revenue_per_customer"], measure=partner.currency),
            Column(reader.gettext("Currency"), width=10),
            Column(labels["share"], measure=PERCENT),
            Column(reader.gettext("People in the cluster")),
            Column(labels["rate"], measure=PERCENT),
            Column(low, measure=PERCENT),
            Column(high, measure=PERCENT),
            Column(reader.gettext("Why there is no rate"), width=36),
        ),
        rows=rows,
        zone=partner.zone,
        about=_about(known, partner, package, asked, reader, _BY_CLUSTER),
    )
    return sheet, len(rows)


def results(*, partner: Partner, package: Package, asked: Asked, reader: Reader, now: datetime) -> tuple[Sheet, int]:
    """Every stored result, newest first, and how many there are."""
    until = asked.until(partner)
    known = known_at(partner=partner, package=package, until=until, now=now)
    found = snapshot.results(package, until)
    sheet = Sheet(
        name=f"results-{package.package_id}-{_day(asked, partner, now)}",
        title=reader.gettext("Results so far"),
        columns=(
            Column(reader.gettext("Number"), width=10),
            Column(reader.gettext("First seen"), width=20),
            Column(reader.gettext("Last confirmed"), width=20),
            Column(reader.gettext("Model"), width=24),
            Column(reader.gettext("Window"), width=10),
            Column(reader.gettext("E-mail date"), width=12),
            Column(reader.gettext("Customers")),
            Column(reader.gettext("Items")),
            Column(reader.gettext("Revenue"), measure=partner.currency),
            Column(reader.gettext("Currency"), width=10),
            Column(reader.gettext("Belongs to these settings"), width=28),
            Column(reader.gettext("What changed"), width=60),
        ),
        rows=_results(
            found.select_related("change__user").defer("clusters").order_by("-number"), partner.currency or None, reader
        ),
        zone=partner.zone,
        about=_about(known, partner, package, asked, reader, _TERMS),
    )
    return sheet, known.latest.number if known.latest else 0


def _results(found: QuerySet[Evaluation], currency: str | None, reader: Reader) -> Iterator[tuple[Value, ...]]:
    # A file is still being sent when the request is over, and with it its language.
    with override(reader.locale):
        newer: Evaluation | None = None
        for row in found.iterator(ROWS_AT_ONCE):
            if newer is not None:
                yield _result(newer, row, currency, reader)
            newer = row
        if newer is not None:
            yield _result(newer, None, currency, reader)


def _result(row: Evaluation, before: Evaluation | None, currency: str | None, reader: Reader) -> tuple[Value, ...]:
    return (
        row.number,
        row.first_seen,
        row.last_confirmed,
        wording.model_name(row.model or None, reader),
        row.window,
        row.email_sent_date,
        row.customers,
        row.items,
        row.revenue,
        currency,
        history.sureness(row, reader),
        history.why(row, before, reader),
    )


def _interval(row: clusters_chart.ClusterRow) -> tuple[Value, Value]:
    span = row.interval
    return (None, None) if span is None else (Decimal(f"{span[0]:.6f}"), Decimal(f"{span[1]:.6f}"))


def _day(asked: Asked, partner: Partner, now: datetime) -> str:
    return (asked.day or now.astimezone(partner.zone).date()).isoformat()


def _about(
    known: Standing, partner: Partner, package: Package, asked: Asked, reader: Reader, terms: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Settings, state, zone, freshness and definitions."""
    latest, poll = known.latest, known.poll
    events = len(package.events)
    state = wording.state_sentence(
        known.state,
        known.facts,
        results_from=latest.first_seen if latest else None,
        error=known.error,
        reader=reader,
    )
    if asked.day is not None:
        state = snapshot.sentence(
            known.state, known.facts, day=asked.day, results_from=latest.first_seen if latest else None, reader=reader
        )
    governs = latest.settings if latest else poll.settings
    entries = [
        (reader.gettext("Package"), str(package)),
        (reader.gettext("Package id"), package.package_id),
        (reader.gettext("Partner"), partner.name),
        (reader.gettext("These results count"), wording.settings_sentence(governs, events=events, reader=reader)),
        (reader.gettext("Settings in force"), wording.settings_short(poll.settings, reader)),
        (reader.gettext("From the partner's defaults"), wording.setting_names(tuple(poll.inherited), reader) or "–"),
        (reader.gettext("State"), f"{wording.state_name(known.state, reader)}. {state}"),
        (reader.gettext("Belongs to these settings"), history.sureness(latest, reader) if latest else "–"),
        (reader.gettext("As of"), reader.instant(latest.last_confirmed if latest else poll.last_ok_at)),
        (reader.gettext("Currency"), partner.currency or reader.gettext("not known")),
    ]
    if asked.day is not None:
        entries.insert(0, (reader.gettext("As known at the end of"), reader.day(asked.day)))
    for key in terms:
        term = glossary.term(key)
        words = f"{term.definition} {term.formula}".strip()
        entries.append((str(term.label), words))
    return tuple(entries)
