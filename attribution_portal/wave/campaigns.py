"""The campaigns of one event: one card per taste cluster and run (contract §7)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Panel
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Campaign, EventClusters, Page, Reading

# Cards that still spend money stand first, those that never will last; words that are not known between them.
ORDER: Final = ("RUNNING", "PAUSED", "OPEN", "COMPLETED", "CLOSED", "", "IGNORED")


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """`status` is the platform's word, "" where it gave none. `run` is "" where the cluster appears once only. `budget`
    is the shown amount, `budget_raw` its plain decimal. `media` tells that there is a picture or film elsewhere, which
    is never loaded."""

    tc: str
    label: str
    run: str
    status: str
    budget: str
    budget_raw: str
    dates: str
    headline: str
    body: str
    media: bool
    targeting: str
    unpublished: bool


@dataclass(frozen=True, slots=True)
class CampaignCards:
    cards: tuple[CampaignCard, ...]
    note: str


def panel(
    *,
    campaigns: Reading[Page[Campaign]] | PlatformError,
    clusters: Reading[EventClusters] | PlatformError,
    currency: str | None,
    reader: Reader,
    retry: str,
) -> Panel[CampaignCards]:
    """Labels come from the event's clusters; without them a card goes by the cluster's own name."""
    outcome: Reading[CampaignCards] | PlatformError
    if isinstance(campaigns, PlatformError):
        outcome = campaigns
    else:
        failed = isinstance(clusters, PlatformError)
        labels = {} if isinstance(clusters, PlatformError) else _labels(clusters.value)
        outcome = Reading(
            CampaignCards(
                cards=_cards(campaigns.value.items, labels=labels, currency=currency, reader=reader),
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


def _labels(clusters: EventClusters) -> dict[str, str]:
    return {cluster.tc: cluster.label for cluster in clusters.clusters if cluster.label}


def _cards(
    rows: tuple[Campaign, ...], *, labels: dict[str, str], currency: str | None, reader: Reader
) -> tuple[CampaignCard, ...]:
    def rank(row: Campaign) -> int:
        word = (row.status or "").upper()
        return ORDER.index(word if word in ORDER else "")

    times = Counter(row.tc for row in rows)
    return tuple(
        _card(row, labels=labels, again=times[row.tc] > 1, currency=currency, reader=reader)
        for row in sorted(rows, key=rank)
    )


def _card(row: Campaign, *, labels: dict[str, str], again: bool, currency: str | None, reader: Reader) -> CampaignCard:
    tc = row.tc or ""
    return CampaignCard(
        tc=tc,
        label=labels.get(tc) or tc or _("Cluster without a name"),
        run=(row.tc_run_id or "") if again else "",
        status=row.status or "",
        budget=reader.money(row.budget, currency),
        budget_raw=raw(row.budget),
        dates=_dates(row, reader),
        headline=row.creative.headline or "",
        body=row.creative.body or "",
        media=bool(row.creative.media_url),
        targeting=_targeting(row, reader),
        unpublished=row.published is False,
    )


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
