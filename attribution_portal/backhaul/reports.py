"""A package's evaluation page, and the list of packages: values and sentences, ready to be drawn. Reads Postgres
only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from attribution_portal import charts
from attribution_portal.backhaul import fingerprints, history, standing, state, wording
from attribution_portal.backhaul.models import (
    MODELS,
    Evaluation,
    Package,
    PartnerPoll,
    PollState,
    SettingsChange,
)
from attribution_portal.backhaul.state import IN_DOUBT, Facts, State
from attribution_portal.charts import clusters as clusters_chart
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge, Kpi, Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import errors

# Seconds between two looks of an open page into Postgres.
CLOSELY: Final = 3
PATIENTLY: Final = 10
# For whom somebody else may change the settings meanwhile.
SELDOM: Final = 15


@dataclass(frozen=True, slots=True)
class Results:
    """What the panel `evaluation` shows. `sentence` says what the results count, `in_force` what is set now where that
    differs; `certainty` how sure it is that the two belong together."""

    kpis: tuple[Kpi, ...]
    sentence: str
    in_force: str
    inherited: str
    standing: str
    certainty: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    chart: charts.Chart
    comparison: str


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """What the panel `settings` shows beside its form. `models` are names and what each is good and bad at."""

    sentence: str
    inherited: str
    unknown_model: str
    models: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A package as stored, and what follows from it at `now`."""

    package: Package
    poll: PollState
    latest: Evaluation | None
    facts: Facts
    state: State
    error: str


@dataclass(frozen=True, slots=True)
class PackagePage:
    """`every`: seconds between two looks for news, 0 when none can come. `digest` tells whether there is any."""

    title: str
    url: str
    badges: tuple[Badge, ...]
    events: tuple[str, ...]
    state: State
    evaluation: Panel[Results]
    clusters: Panel[Clusters]
    ledger: Panel[charts.Table]
    doubt: str
    every: int
    digest: str


def standing_of(*, partner: Partner, package: Package, parked: PartnerPoll | None, now: datetime) -> Standing:
    poll = package.poll
    facts = standing.facts(partner=partner, package=package, poll=poll, latest=poll.latest, parked=parked, now=now)
    failed = poll.last_error or (parked.last_error if parked else "")
    return Standing(package, poll, poll.latest, facts, state.of(facts), error_words(failed))


def error_words(name: str) -> str:
    """The sentence of an error class, in the language of the moment; "" for none."""
    kind = getattr(errors, name, errors.PlatformError) if name else None
    return str(kind.sentence) if kind is not None else ""


def parked(partner: Partner) -> PartnerPoll | None:
    return PartnerPoll.objects.filter(partner=partner).first()


def page(*, partner: Partner, package: Package, reader: Reader, now: datetime) -> PackagePage:
    """Everything on the evaluation page but its form, in three queries."""
    known = standing_of(partner=partner, package=package, parked=parked(partner), now=now)
    past = history.read(package)
    doubtful = history.doubtful(package)
    evaluation = _evaluation(known, partner, past, reader)
    return PackagePage(
        title=package.title or package.package_id,
        url=package_url(partner, package),
        badges=_badges(known, reader),
        events=tuple(event["title"] or event["id"] for event in package.events),
        state=known.state,
        evaluation=evaluation,
        clusters=_clusters(known, partner, reader),
        ledger=history.panel(past, partner=partner, reader=reader),
        doubt=_doubt(doubtful, known, now, reader),
        every=_every(known, doubtful, now),
        digest=_digest(known, doubtful, past, now),
    )


def package_url(partner: Partner, package: Package) -> str:
    # The partner is at hand: following the foreign key would cost a query.
    package.partner = partner
    return package.get_absolute_url()


def settings_panel(*, package: Package, reader: Reader) -> Panel[SettingsInForce]:
    """The settings last read, and what one should know before changing them."""
    poll = package.poll
    unknown = ""
    if poll.model and poll.model not in MODELS:
        unknown = reader.gettext(
            "The platform has the model “%(model)s”, which this portal does not know. Saving replaces it for everyone."
        ) % {"model": poll.model}
    data = SettingsInForce(
        sentence=wording.settings_sentence(poll.settings, events=len(package.events), reader=reader),
        inherited=_inherited(poll, reader),
        unknown_model=unknown,
        models=wording.model_help(reader),
    )
    return Panel("settings", "ready", data=data, read_at=poll.last_ok_at)


def _badges(known: Standing, reader: Reader) -> tuple[Badge, ...]:
    own = Badge(wording.state_name(known.state, reader), known.state.value)
    status = known.package.status
    return (own, Badge(wording.package_status(status, reader), "neutral")) if status else (own,)


def _evaluation(known: Standing, partner: Partner, past: history.Past, reader: Reader) -> Panel[Results]:
    latest, poll = known.latest, known.poll
    events = len(known.package.events)
    sentence = wording.state_sentence(
        known.state,
        known.facts,
        results_from=latest.first_seen if latest else None,
        error=known.error,
        reader=reader,
    )
    in_force = wording.settings_sentence(poll.settings, events=events, reader=reader)
    if latest is None:
        results = Results((), in_force, "", _inherited(poll, reader), sentence, "", ())
        failing = known.state is State.FAILING
        return Panel(
            "evaluation",
            "failed" if failing else "empty",
            data=None if failing else results,
            sentence=sentence,
            read_at=poll.last_ok_at,
        )
    governs = wording.settings_sentence(latest.settings, events=events, reader=reader)
    differs = latest.settings != poll.settings
    notices = []
    if not partner.currency:
        notices.append(
            reader.gettext("The platform does not say in which currency this partner sells: amounts have no symbol.")
        )
    if poll.last_ok_at is not None and poll.last_ok_at > latest.last_confirmed:
        notices.append(reader.gettext("The platform answers no results at the moment: these are the last known."))
    return Panel(
        "evaluation",
        "ready",
        data=Results(
            kpis=_kpis(latest, partner, known, reader),
            sentence=governs,
            in_force=in_force if differs else "",
            inherited=_inherited(poll, reader) if not differs else "",
            standing=sentence,
            certainty=history.certainty_sentence(past, reader),
            notices=tuple(notices),
        ),
        caption=reader.gettext(
            "Sums of the clusters below, as the platform evaluates the package. Days are those of the zone %(zone)s."
        )
        % {"zone": partner.timezone},
        read_at=latest.last_confirmed,
        stale=known.state is State.FAILING,
    )


def _inherited(poll: PollState, reader: Reader) -> str:
    return wording.inherited_sentence(tuple(poll.inherited), reader=reader)


def _kpis(latest: Evaluation, partner: Partner, known: Standing, reader: Reader) -> tuple[Kpi, ...]:
    result = fingerprints.restored(latest.clusters)
    note = ""
    if known.state is State.PROVISIONAL:
        end = state.window_end(window=known.facts.window, email_sent_date=known.facts.email_sent_date)
        note = reader.gettext("provisional until %(day)s") % {"day": reader.day(end)}
    at_most = reader.gettext("at most: a person may be in two clusters")
    return (
        Kpi(
            "customers",
            reader.gettext("Customers"),
            raw(result.customers),
            reader.count(result.customers),
            note=at_most,
        ),
        Kpi("items", reader.gettext("Items"), raw(result.items), reader.count(result.items), note=note),
        Kpi(
            "revenue",
            reader.gettext("Revenue"),
            raw(result.revenue),
            reader.money(result.revenue, partner.currency, trim=True),
            note=note,
        ),
    )


def _clusters(known: Standing, partner: Partner, reader: Reader) -> Panel[Clusters]:
    latest = known.latest
    if latest is None:
        sentence = reader.gettext("The clusters appear here with the first results.")
        if known.state is State.ENDED:
            sentence = reader.gettext("There are no results by cluster.")
        return Panel("clusters", "empty", sentence=sentence)
    people = {entry["tc"]: entry for entry in known.package.clusters}
    rows = tuple(
        clusters_chart.ClusterRow(
            tc=each.tc,
            label=people.get(each.tc, {}).get("label"),
            customers=each.customers,
            items=each.items,
            revenue=each.revenue,
            base=people.get(each.tc, {}).get("customers"),
        )
        for each in fingerprints.restored(latest.clusters).clusters
    )
    drawing = clusters_chart.chart(clusters=rows, currency=partner.currency, reader=reader)
    return Panel(
        "clusters",
        "ready",
        data=Clusters(drawing, clusters_chart.comparison_note(rows, reader)),
        caption=reader.gettext(
            "Rates are customers of the people in the cluster, only where the platform says how many these are."
        ),
        read_at=latest.last_confirmed,
        stale=known.state is State.FAILING,
    )


def _doubt(change: SettingsChange | None, known: Standing, now: datetime, reader: Reader) -> str:
    """What is said about a change whose outcome nobody knows."""
    if change is None:
        return ""
    said = {"what": wording.difference(change.before, change.settings, reader), "when": reader.instant(change.made_at)}
    read = known.poll.last_ok_at
    if read is not None and read - change.made_at > IN_DOUBT:
        return (
            reader.gettext(
                "The change of %(when)s (%(what)s) did not arrive: the platform answers other settings. Save it again "
                "if it is still wanted."
            )
            % said
        )
    return (
        reader.gettext(
            "We don't know yet whether the platform took the change of %(when)s (%(what)s). It was sent once and is "
            "not sent again; the portal goes on reading the settings."
        )
        % said
    )


def _every(known: Standing, doubtful: SettingsChange | None, now: datetime) -> int:
    if known.state is State.WAITING or (doubtful is not None and now - doubtful.made_at < 2 * IN_DOUBT):
        return CLOSELY
    if known.state is State.NONE:
        return PATIENTLY
    return 0 if known.state is State.ENDED else SELDOM


def _digest(known: Standing, doubtful: SettingsChange | None, past: history.Past, now: datetime) -> str:
    """Changes when something on the page does, apart from ages and times of confirmation."""
    poll = known.poll
    parts: Sequence[object] = (
        known.state,
        known.package.status,
        known.package.title,
        known.package.clusters_read_at,
        poll.latest_id,
        poll.settings,
        poll.settings_changed_at,
        doubtful.pk if doubtful else None,
        past.total,
        known.facts.today,
        doubtful is not None and poll.last_ok_at is not None and poll.last_ok_at - doubtful.made_at > IN_DOUBT,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
