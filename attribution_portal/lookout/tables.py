"""The event page's table of campaigns."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import UNKNOWN, Reader, raw
from attribution_portal.platform_api.payloads import Campaign
from attribution_portal.templating import CAMPAIGN_STATES


def campaigns(
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
