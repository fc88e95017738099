"""The campaigns list as a file: every event that the filters match, in the list's order, with what is known of each."""

from __future__ import annotations

from django.utils.translation import gettext as _

from attribution_portal import glossary
from attribution_portal.exports import Column, Quantity, Sheet, Value
from attribution_portal.formats import RATIO, UNKNOWN
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.programme import listing
from attribution_portal.templating import CAMPAIGN_STATES
from attribution_portal.wave.overview import campaign_rows, listed, words
from attribution_portal.wave.overview.campaign_rows import CampaignRow
from attribution_portal.wave.overview.listed import Asked, Listed

TERMS = ("adjustment_purchases", "adjustment_revenue", "spend", "roas")


def sheet(asked: Asked, found: Reading[Listed]) -> tuple[Sheet, int]:
    """The file and how many rows it has. Nothing is read for it: a result that nobody has read is said to be so."""
    partner, reader = asked.partner, asked.reader
    rows = listed.rows(asked, found.value)
    unread = sum(not row.is_read for row in rows)
    return Sheet(
        name=f"campaigns-{partner.partner_id}-{asked.today:%Y-%m-%d}",
        title=_("Campaigns"),
        columns=(
            Column(_("Event"), width=36),
            Column(_("Id"), width=20),
            Column(_("Campaign state"), width=16),
            Column(_("Date"), width=20),
            Column(_("Place"), width=28),
            Column(_("Adjustment purchases"), width=14),
            Column(_("Adjustment revenue")),
            Column(_("Currency"), width=10),
            Column(_("Ad spend")),
            Column(_("Currency of ad spend"), width=10),
            Column(_("ROAS"), measure=RATIO, width=10),
            Column(_("Remark"), width=40),
            Column(_("Results as of"), width=20),
            Column(_("Ad spend as of"), width=20),
        ),
        rows=tuple(_line(row) for row in rows),
        zone=reader.zone,
        about=(
            (_("Partner"), partner.name),
            (_("Filters"), "; ".join(f"{name}: {value}" for name, value in asked.selection.parameters()) or _("none")),
            (_("Rows"), reader.count(len(rows))),
            *(((_("What is missing"), listing.looked_through(reader)),) if found.value.unread else ()),
            (_("Rows whose results are not read yet"), reader.count(unread)),
            (_("Events as of"), reader.instant(found.read_at)),
            (_("Written"), reader.instant(asked.now)),
            (_("What is counted"), words.counted()),
            *_definitions(),
        ),
    ), len(rows)


def _line(row: CampaignRow) -> tuple[Value, ...]:
    counted = row.counted
    has_revenue, has_spend = counted.revenue.value is not None, counted.spend.value is not None
    return (
        row.event.title,
        row.event.id,
        str(CAMPAIGN_STATES.get(row.state.upper(), (row.state,))[0]) or UNKNOWN,
        row.event.starts_at,
        row.event.place,
        counted.purchases,
        Quantity(counted.revenue.value, counted.revenue.currency or ""),
        counted.revenue.currency if has_revenue else None,
        Quantity(counted.spend.value, counted.spend.currency or ""),
        counted.spend.currency if has_spend else None,
        campaign_rows.ratio(counted).value,
        " ".join(dict.fromkeys(str(figure.why) for figure in (row.revenue, row.spend, row.roas) if figure.why)),
        row.results_at,
        row.spend_at,
    )


def _definitions() -> tuple[tuple[str, str], ...]:
    terms = (glossary.term(name) for name in TERMS)
    return tuple((str(term.label), f"{term.definition} {term.formula}".strip()) for term in terms)
