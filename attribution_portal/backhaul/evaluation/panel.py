"""The panels `evaluation` and `clusters` of a package's page: its result, what it counts, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from attribution_portal import charts
from attribution_portal.backhaul import state, wording
from attribution_portal.backhaul.ledger import fingerprints, history, snapshot
from attribution_portal.backhaul.ledger.reading import Standing
from attribution_portal.backhaul.models import Evaluation
from attribution_portal.backhaul.state import State
from attribution_portal.charts import clusters as clusters_chart
from attribution_portal.charts.clusters import ClusterRow, Order
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Kpi, Panel
from attribution_portal.partners.models import Partner


@dataclass(frozen=True, slots=True)
class Results:
    """What the panel `evaluation` shows. `sentence` says what the results count, `in_force` what is set now where that
    differs; `certainty` how sure it is that the two belong together; `usual` how much is in by now for other packages;
    `news` what moved since the person's last visit."""

    kpis: tuple[Kpi, ...]
    sentence: str
    in_force: str
    inherited: str
    standing: str
    certainty: str
    usual: str
    news: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    chart: charts.Chart
    comparison: str
    files: tuple[tuple[str, str], ...]


def evaluation(
    known: Standing, partner: Partner, reader: Reader, *, day: date | None, usual: str, news: str
) -> Panel[Results]:
    """`day`: the past day as of which everything is known, None for now."""
    latest, poll = known.latest, known.poll
    events = len(known.package.events)
    results_from = latest.first_seen if latest else None
    if day is None:
        sentence = wording.state_sentence(
            known.state, known.facts, results_from=results_from, error=known.error, reader=reader
        )
    else:
        sentence = snapshot.sentence(known.state, known.facts, day=day, results_from=results_from, reader=reader)
    in_force = wording.settings_sentence(poll.settings, events=events, reader=reader)
    inherited = wording.inherited_sentence(tuple(poll.inherited), reader=reader)
    if latest is None:
        failing = known.state is State.FAILING
        if day is not None and known.package.first_seen > known.facts.now:
            sentence = reader.gettext("The portal did not know this package yet on %(day)s.") % {"day": reader.day(day)}
            in_force = inherited = ""
        return Panel(
            "evaluation",
            "failed" if failing else "empty",
            data=None if failing else Results((), in_force, "", inherited, sentence, "", "", news, ()),
            sentence=sentence,
            read_at=poll.last_ok_at,
        )
    differs = latest.settings != poll.settings
    caption = reader.gettext(
        "Sums of the clusters below, as the platform evaluates the package. Days are those of the zone %(zone)s."
    ) % {"zone": partner.zone.key}
    return Panel(
        "evaluation",
        "ready",
        data=Results(
            kpis=_kpis(latest, partner, known, reader),
            sentence=wording.settings_sentence(latest.settings, events=events, reader=reader),
            in_force=in_force if differs else "",
            inherited="" if differs else inherited,
            standing=sentence,
            certainty="" if known.state is State.UNCHANGED else history.certainty_sentence(latest, reader),
            usual=usual,
            news=news,
            notices=_notices(known, latest, partner, reader),
        ),
        caption=caption,
        read_at=latest.last_confirmed,
        stale=known.state is State.FAILING,
        failing=known.state is State.FAILING,
    )


def _notices(known: Standing, latest: Evaluation, partner: Partner, reader: Reader) -> tuple[str, ...]:
    notices = []
    if not partner.currency:
        notices.append(
            reader.gettext("The platform does not say in which currency this partner sells: amounts have no symbol.")
        )
    read = known.poll.last_ok_at
    if read is not None and read > latest.last_confirmed:
        notices.append(reader.gettext("The platform answers no results at the moment: these are the last known."))
    if any(entry["customers"].startswith("-") or entry["revenue"].startswith("-") for entry in latest.clusters):
        notices.append(
            reader.gettext("The platform answers a negative number for a cluster. It is shown and summed as it came.")
        )
    return tuple(notices)


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


def cluster_rows(known: Standing) -> tuple[ClusterRow, ...]:
    """The clusters of the result, with the names and sizes that the package gives them."""
    if known.latest is None:
        return ()
    people = {entry["tc"]: entry for entry in known.package.clusters}
    return tuple(
        ClusterRow(
            tc=each.tc,
            label=people.get(each.tc, {}).get("label"),
            customers=each.customers,
            items=each.items,
            revenue=each.revenue,
            base=people.get(each.tc, {}).get("customers"),
            listed=not people or each.tc in people,
        )
        for each in fingerprints.restored(known.latest.clusters).clusters
    )


def clusters(
    known: Standing,
    partner: Partner,
    reader: Reader,
    *,
    order: Order,
    link: Callable[[Order], str],
    files: tuple[tuple[str, str], ...],
    day: date | None,
) -> Panel[Clusters]:
    latest = known.latest
    if latest is None:
        sentence = reader.gettext("The clusters appear here with the first results.")
        if known.state is State.ENDED or day is not None:
            sentence = reader.gettext("There are no results by cluster.")
        return Panel("clusters", "empty", sentence=sentence)
    rows = cluster_rows(known)
    drawing = clusters_chart.chart(clusters=rows, currency=partner.currency, reader=reader, order=order, link=link)
    caption = reader.gettext(
        "Rates are customers of the people in the cluster, only where the platform says how many these are."
    )
    if day is not None:
        caption += " " + reader.gettext("Names and sizes of clusters are those known now.")
    return Panel(
        "clusters",
        "ready",
        data=Clusters(drawing, clusters_chart.comparison_note(rows, reader), files),
        caption=caption,
        read_at=latest.last_confirmed,
        stale=known.state is State.FAILING,
        failing=known.state is State.FAILING,
    )
