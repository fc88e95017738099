"""The campaigns of one event: one card per taste cluster and run (contract §7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from attribution_portal.formats import PERCENT, Reader, raw
from attribution_portal.panels import Panel
from attribution_portal.periods import FIRST_DAY, LAST_DAY
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Campaign, EventCluster, EventClusters, Page, Reading

# Cards that still spend money stand first, those that never will last; words that are not known between them.
ORDER: Final = ("RUNNING", "PAUSED", "OPEN", "COMPLETED", "CLOSED", "", "IGNORED")


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """`status` is the platform's word, "" where it gave none. `run` is "" where the cluster appears once only. `budget`
    is the shown amount, `budget_raw` its plain decimal, `currency` what it is in, "" where nobody told. `media` tells
    that there is a picture or film elsewhere, which is never loaded. `expected` is what the platform expects of the
    cluster, "" for what it does not tell; `other_run` says that this was for another run. `lookout` leads to the sales
    on the campaign's days, "" where they are not known."""

    tc: str
    label: str
    run: str
    status: str
    budget: str
    budget_raw: str
    currency: str
    dates: str
    headline: str
    body: str
    media: bool
    targeting: str
    unpublished: bool
    expected: tuple[Expected, ...]
    other_run: str
    lookout: str


@dataclass(frozen=True, slots=True)
class Expected:
    """One of the platform's expectations; `term` is its key in the glossary, `raw` the plain decimal, `measure` what it
    is."""

    term: str
    label: str
    shown: str
    raw: str
    measure: str


# The address of Lookout's page for days, both included.
Days = Callable[[date, date], str]


@dataclass(frozen=True, slots=True)
class CampaignCards:
    cards: tuple[CampaignCard, ...]
    note: str


def panel(
    *,
    campaigns: Reading[Page[Campaign]] | PlatformError,
    clusters: Reading[EventClusters] | PlatformError,
    currency: str | None,
    days: Days,
    reader: Reader,
    retry: str,
) -> Panel[CampaignCards]:
    """Labels come from the event's clusters; without them a card goes by the cluster's own name. days: the address of
    the same days in Lookout."""
    outcome: Reading[CampaignCards] | PlatformError
    if isinstance(campaigns, PlatformError):
        outcome = campaigns
    else:
        failed = isinstance(clusters, PlatformError)
        known = EventClusters(None, ()) if isinstance(clusters, PlatformError) else clusters.value
        outcome = Reading(
            CampaignCards(
                cards=_cards(campaigns.value.items, known=known, currency=currency, days=days, reader=reader),
                note=_("The clusters' labels could not be read; their technical names stand instead.")
                if failed
                else "",
            ),
            campaigns.read_at,
            campaigns.stale,
        )
    return Panel.of(
        "campaigns",
        outcome,
        caption=_("One campaign reaches one taste cluster in one run. Budgets and dates are the platform's."),
        empty=_("This event has no campaigns. Once one is planned in Wave, its card appears here."),
        is_empty=lambda found: not found.cards,
        retry=retry,
    )


def _cards(
    rows: tuple[Campaign, ...], *, known: EventClusters, currency: str | None, days: Days, reader: Reader
) -> tuple[CampaignCard, ...]:
    def rank(row: Campaign) -> int:
        word = (row.status or "").upper()
        return ORDER.index(word if word in ORDER else "")

    times = Counter(row.tc for row in rows)
    clusters = {cluster.tc: cluster for cluster in known.clusters}
    return tuple(
        _card(
            row,
            clusters=clusters,
            run=known.tc_run_id,
            again=times[row.tc] > 1,
            currency=currency,
            days=days,
            reader=reader,
        )
        for row in sorted(rows, key=rank)
    )


def _card(
    row: Campaign,
    *,
    clusters: Mapping[str, EventCluster],
    run: str | None,
    again: bool,
    currency: str | None,
    days: Days,
    reader: Reader,
) -> CampaignCard:
    """run: the one that the clusters' expectations are of."""
    tc = row.tc or ""
    cluster = clusters.get(tc)
    expected = _expected(cluster, reader) if cluster else ()
    differs = bool(expected and run and row.tc_run_id and run != row.tc_run_id)
    return CampaignCard(
        tc=tc,
        label=(cluster and cluster.label) or tc or _("Cluster without a name"),
        run=(row.tc_run_id or "") if again else "",
        status=row.status or "",
        budget=reader.money(row.budget, currency),
        budget_raw=raw(row.budget),
        currency=currency or "",
        dates=_dates(row, reader),
        headline=row.creative.headline or "",
        body=row.creative.body or "",
        media=bool(row.creative.media_url),
        targeting=_targeting(row, reader),
        unpublished=row.published is False,
        expected=expected,
        other_run=_("Expected for run %(run)s, not for this one.") % {"run": run} if differs else "",
        lookout=_lookout(row, days),
    )


def _expected(cluster: EventCluster, reader: Reader) -> tuple[Expected, ...]:
    found = (
        ("reach_estimate", _("Reach"), reader.count(cluster.reach_estimate), raw(cluster.reach_estimate), ""),
        ("size_share", _("Audience"), reader.percent(cluster.size_share), raw(cluster.size_share), PERCENT),
        ("metric_pred", _("Prediction"), reader.count(cluster.metric_pred), raw(cluster.metric_pred), ""),
    )
    return tuple(Expected(*each) for each in found if each[3])


def _lookout(row: Campaign, days: Days) -> str:
    start, end = row.start_date, row.end_date
    return days(start, end) if start and end and FIRST_DAY <= start <= end <= LAST_DAY else ""


def _dates(row: Campaign, reader: Reader) -> str:
    start, end = row.start_date, row.end_date
    if start and end:
        if end < start:
            return _("The platform states an end (%(end)s) before the start (%(start)s).") % {
                "end": reader.day(end, short=True),
                "start": reader.day(start, short=True),
            }
        return reader.day_range(start, end)
    if end:
        return _("Until %(day)s, start not stated") % {"day": reader.day(end)}
    if start:
        return _("From %(day)s, end not stated") % {"day": reader.day(start)}
    return _("Not stated")


def _targeting(row: Campaign, reader: Reader) -> str:
    """ "People in Berlin and Potsdam, in the groups 18-34 and 35-54": the platform's own words, as a sentence."""
    places, groups = reader.listing(row.geo), reader.listing(row.demographics)
    if places and groups:
        return _("People in %(places)s, in the groups %(groups)s") % {"places": places, "groups": groups}
    if places:
        return _("People in %(places)s") % {"places": places}
    if groups:
        return _("People in the groups %(groups)s, wherever they are") % {"groups": groups}
    return _("Not stated")
