"""The event page's list of campaigns; what they did stands on the event's campaign page."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from attribution_portal.charts import Table
from attribution_portal.formats import Reader
from attribution_portal.lookout import tables
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Reading

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
        table = tables.campaigns(first, labels=labels, page=href, currency=currency, reader=reader)
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
