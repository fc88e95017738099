"""The event page's tables besides the chart's own: its adjustments and its campaigns."""

from __future__ import annotations

from urllib.parse import quote

from django.utils.translation import gettext as _

from attribution_portal.adjustments.rows import AUTOMATED, MANUAL, AdjustmentRow, Adjustments
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import UNKNOWN, Reader, raw
from attribution_portal.platform_api.payloads import Campaign
from attribution_portal.templating import CAMPAIGN_STATES


def anchor(adjustment_id: str) -> str:
    """The address, within the page, of an adjustment's row."""
    return f"#adjustments-{quote(adjustment_id, safe='')}"


def source_name(source: str | None) -> str:
    """A source in words; the platform may use words that we do not know, which stay as they are."""
    if source is None:
        return _("Not said")
    return {AUTOMATED: _("Automated"), MANUAL: _("Manual")}.get(source, source)


def adjustments(found: Adjustments, *, currency: str | None, reader: Reader) -> Table:
    """Every adjustment of the event, newest first, whatever the period of the chart."""
    columns = (
        Column("created_at", _("Recorded"), numeric=False),
        Column("source", _("Source"), numeric=False),
        Column("purchases", _("Purchases"), numeric=True),
        Column("revenue", _("Revenue"), numeric=True),
    )
    rows = tuple(
        Row(
            row.id,
            (
                Cell(
                    reader.instant(row.created_at),
                    note="" if row.created_at else _("The platform gives no moment, so it is not in the chart."),
                ),
                Cell(source_name(row.source), note=_provenance(row)),
                Cell(reader.count(row.purchases), raw(row.purchases)),
                Cell(reader.money(row.revenue, currency), raw(row.revenue)),
            ),
        )
        for row in found.rows
    )
    totals = Row(
        "total",
        (
            Cell(_("Total")),
            Cell(""),
            Cell(reader.count(found.purchases), raw(found.purchases)),
            Cell(reader.money(found.revenue, currency), raw(found.revenue)),
        ),
    )
    return Table("adjustments", columns, rows, totals if len(rows) > 1 else None)


def _provenance(row: AdjustmentRow) -> str:
    """What to keep in mind about how this row arrived; most rows came both ways and agree."""
    words = []
    if row.one_way:
        words.append(
            _("Only in campaign results, not in daily revenue.")
            if "results" in row.seen_in
            else _("Only in daily revenue, not in campaign results.")
        )
    if row.conflicting:
        words.append(_("The platform gave this row twice with different values."))
    return " ".join(words)


def campaigns(found: tuple[Campaign, ...], *, page: str, currency: str | None, reader: Reader) -> Table:
    """One row per campaign, in the platform's order. page: the address of the event's campaign page."""
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
                Cell(campaign.tc or _("Not named"), href=page),
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
