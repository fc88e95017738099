"""An event's adjustments as a file: every row of the list, as Lookout and Wave show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from attribution_portal import glossary
from attribution_portal.adjustments import readback, tables
from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.adjustments.reading import Desk
from attribution_portal.adjustments.rows import AdjustmentRow, Adjustments
from attribution_portal.exports import Column, Sheet, Value
from attribution_portal.formats import Reader
from attribution_portal.partners.models import Partner

_TERMS: Final = ("adjustment", "adjustment_revenue", "adjustment_purchases")


def sheet(partner: Partner, desk: Desk, *, deleted: int, reader: Reader, now: datetime) -> Sheet:
    """deleted: how many rows were deleted here. They stand below the list, and not in the file, where whoever adds up a
    column would count them."""
    found = desk.found
    requests = readback.requests_of(partner, desk.eid)
    made = {request.platform_id: request for request in requests if request.makes_a_row and request.platform_id}
    # Rows name none: as on the pages, they are in the partner's, and else in the one that the event's numbers are in.
    currency = partner.currency or next(iter(desk.currencies), "")
    return Sheet(
        name=f"adjustments-{desk.eid}-{now.astimezone(partner.zone):%Y-%m-%d}",
        title=_("Adjustments"),
        columns=(
            Column(_("Id"), width=24),
            Column(_("Recorded"), width=20),
            Column(_("Source"), width=14),
            Column(_("Purchases"), width=12),
            Column(_("Revenue"), measure=currency),
            Column(_("Currency"), width=10),
            Column(_("Entered by"), width=28),
            Column(_("Reason"), width=36),
            Column(_("Seen in"), width=40),
        ),
        rows=tuple(_row(row, found, made, currency) for row in found.rows),
        zone=partner.zone,
        about=(
            (_("Event"), desk.title),
            (_("Id"), desk.eid),
            (_("Partner"), partner.name),
            (_("Rows"), _("All adjustments of this event, over all time.")),
            (_("Currency"), currency or _("None is named by the platform.")),
            (_("What it is"), _what_it_is(found)),
            (_("Deleted here"), _("%(n)s, not in this file") % {"n": reader.count(deleted)}),
            (_("As of"), reader.instant(desk.began)),
            *(
                (str(term.label), " ".join(str(part) for part in (term.definition, term.formula) if part))
                for term in map(glossary.term, _TERMS)
            ),
        ),
    )


def _row(
    row: AdjustmentRow, found: Adjustments, made: Mapping[str, AdjustmentRequest], currency: str
) -> tuple[Value, ...]:
    who, seen_in = tables.entered_by(row, made.get(row.id)), tables.seen_in(row, found)
    return (
        row.id,
        row.created_at,
        tables.source_name(row.source),
        row.purchases,
        row.revenue,
        currency or None,
        who.shown,
        who.note,
        " ".join(words for words in (seen_in.shown, seen_in.note) if words),
    )


def _what_it_is(found: Adjustments) -> str:
    words = [_("A row stands at the moment it was recorded: the platform gives no sales date.")]
    if not found.results_permitted:
        words.append(_("Campaign results may not be read by this account: these rows came with the daily revenue."))
    elif found.results_error is not None:
        words.append(_("Campaign results could not be read: these rows came with the daily revenue."))
    if found.daily_error is not None:
        words.append(_("Daily revenue could not be read, so rows that only it carries are missing."))
    return " ".join(words)
