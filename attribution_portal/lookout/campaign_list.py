"""The event page's list of campaigns; what they did stands on the event's campaign page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import UNKNOWN, Reader, raw
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Campaign, Reading
from attribution_portal.templating import CAMPAIGN_STATES

ROWS = 12


@dataclass(frozen=True, slots=True)
class CampaignList:
    """The first campaigns of the event; `more` counts those that only the campaign page, at `href`, lists."""

    table: Table
    href: str
    more: int


def panel(
    read: Answers, *, partner: Partner, eid: str, currency: str | None, reader: Reader, retry: str
) -> Panel[CampaignList]:
    """Labels come from the event's clusters; without them a campaign goes by its cluster's own name."""
    outcome = read.campaigns
    shown: Reading[CampaignList] | PlatformError
    if isinstance(outcome, PlatformError):
        shown = outcome
    else:
        campaigns, clusters = outcome.value, value(read.clusters)
        labels = {cluster.tc: cluster.label for cluster in clusters.clusters if cluster.label} if clusters else {}
        href = reverse("wave:campaign", args=[partner.partner_id, eid])
        first = campaigns.items[:ROWS]
        table = _table(first, labels=labels, page=href, currency=currency, reader=reader)
        more = max(campaigns.total or 0, len(campaigns.items)) - len(first)
        shown = Reading(CampaignList(table, href, more), outcome.read_at, outcome.stale)
    return Panel.of(
        "campaigns",
        shown,
        caption=_("One campaign for each taste cluster."),
        empty=_("This event has no campaigns."),
        is_empty=lambda data: not data.table.rows,
        retry=retry,
    )


def _table(
    found: tuple[Campaign, ...], *, labels: Mapping[str, str], page: str, currency: str | None, reader: Reader
) -> Table:
    """One row per campaign, in the platform's order. labels: what people call the clusters, as far as it is known.
    page: the address of the event's campaign page."""
    columns = (
        Column("tc", _("Taste cluster"), numeric=False),
        Column("status", _("Status"), numeric=False),
        Column("days", _("Runs"), numeric=False),
        Column("budget", _("Budget"), numeric=True),
    )
    rows = tuple(
        Row(
            campaign.tc or str(number),
            (
                Cell(labels.get(campaign.tc or "") or campaign.tc or _("Not named"), href=page),
                Cell(_status(campaign.status)),
                Cell(_days(campaign, reader)),
                Cell(reader.money(campaign.budget, currency), raw(campaign.budget)),
            ),
        )
        for number, campaign in enumerate(found, start=1)
    )
    return Table("campaigns", columns, rows, None)


def _status(word: str | None) -> str:
    if word is None:
        return UNKNOWN
    return str(CAMPAIGN_STATES.get(word.upper(), (word, ""))[0])


def _days(campaign: Campaign, reader: Reader) -> str:
    start, end = campaign.start_date, campaign.end_date
    if start and end and start <= end:
        return reader.day_range(start, end)
    if end:
        return _("until %(day)s") % {"day": reader.day(end)}
    if start:
        return _("from %(day)s") % {"day": reader.day(start)}
    return UNKNOWN
