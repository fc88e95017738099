"""Lists of packages as files: every package that matches, in the list's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import override

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.models import Summary
from attribution_portal.backhaul.overview import listed, row_words, selection
from attribution_portal.backhaul.overview.selection import Filters, Reason
from attribution_portal.exports import Column, Quantity, Sheet, Value
from attribution_portal.formats import Reader
from attribution_portal.programme.filters import Choice

ROWS_AT_ONCE: Final = 500


def sheet(
    rows: QuerySet[Summary],
    *,
    name: str,
    title: str,
    filters: Filters,
    default: str,
    currency: str | None,
    total: int,
    whose: str,
    zone: ZoneInfo,
    reader: Reader,
    now: datetime,
) -> Sheet:
    """`currency`: of a file of one partner; None for one across partners, which says each row's partner and why
    somebody should look."""
    across = currency is None
    columns = (
        *((Column(reader.gettext("Partner"), width=24), Column(reader.gettext("Partner's id"))) if across else ()),
        Column(reader.gettext("Package"), width=40),
        Column(reader.gettext("Id"), width=24),
        Column(reader.gettext("Status"), width=24),
        Column(reader.gettext("Evaluation")),
        *((Column(reader.gettext("Worth a look because"), width=40),) if across else ()),
        Column(reader.gettext("Model"), width=24),
        Column(reader.gettext("Window, in days")),
        Column(reader.gettext("E-mail date")),
        Column(reader.gettext("Window until")),
        Column(reader.gettext("Currency"), width=10),
        Column(reader.gettext("Customers, at most")),
        Column(reader.gettext("Items")),
        Column(reader.gettext("Revenue")),
        Column(reader.gettext("Result of"), width=20),
        Column(reader.gettext("Last confirmed"), width=20),
        Column(reader.gettext("Settings changed"), width=20),
        Column(reader.gettext("Sign-off"), width=24),
        Column(reader.gettext("Signed off by"), width=24),
        Column(reader.gettext("Signed off on"), width=20),
        Column(reader.gettext("Merged into"), width=24),
    )
    return Sheet(
        name=name,
        title=title,
        columns=columns,
        rows=_rows(rows, filters, default, across, reader, now),
        zone=zone,
        about=_about(filters, total, whose, across, reader, now),
    )


def _rows(
    rows: QuerySet[Summary], filters: Filters, default: str, across: bool, reader: Reader, now: datetime
) -> Iterator[tuple[Value, ...]]:
    """The order is taken down first, as keys; rows that are read later in pieces cannot change their places."""
    order = selection.ordered(selection.matching(rows, filters, now), filters, now, default=default)
    keys = iter(list(order.values_list("pk", flat=True)))
    # A file is still being sent when the request is over, and with it its language.
    with override(reader.locale):
        while piece := list(islice(keys, ROWS_AT_ONCE)):
            found = {row.pk: row for row in row_words.read(rows.filter(pk__in=piece), now)}
            for key in piece:
                if (row := found.get(key)) is not None:
                    yield _row(row, across, reader)


def _row(row: Summary, across: bool, reader: Reader) -> tuple[Value, ...]:
    package, poll, partner = row.package, row.package.poll, row.partner
    settings, latest = poll.settings, poll.latest
    remarks = row_words.remarks(row, reader)
    if across and (zone := row_words.zone_note(partner, reader)):
        remarks = (*remarks, zone)
    return (
        *((partner.name, partner.partner_id) if across else ()),
        row.title,
        package.package_id,
        "; ".join(remarks),
        wording.state_name(row_words.state_of(row), reader),
        *(("; ".join(row_words.reasons(row, reader)),) if across else ()),
        wording.model_name(settings.model, reader),
        settings.window,
        settings.email_sent_date,
        row.window_end,
        partner.currency or None,
        row.customers,
        row.items,
        Quantity(row.revenue, partner.currency),
        row.result_at,
        latest.last_confirmed if latest else None,
        row.settings_at,
        row_words.signed_name(row_words.kind_of(row), reader),
        row.signed_by or None,
        row.signed_at,
        package.merge_id or None,
    )


def _about(
    filters: Filters, total: int, whose: str, across: bool, reader: Reader, now: datetime
) -> tuple[tuple[str, str], ...]:
    entries = [
        (reader.gettext("Whose"), whose),
        (reader.gettext("Filters"), filters_text(filters, reader) or reader.gettext("none: every package")),
        (reader.gettext("Packages"), reader.count(total)),
        (reader.gettext("As of"), reader.instant(now)),
        (
            reader.gettext("Customers, at most"),
            reader.gettext("The sum over a package's clusters: a person may be in two of them."),
        ),
        (
            reader.gettext("Revenue"),
            reader.gettext(
                "As the platform evaluates the package under its model and window, in the partner's currency."
            ),
        ),
        (
            reader.gettext("Evaluation"),
            reader.gettext(
                "Provisional: the window is open, or nothing was read since it closed. Final: read after that."
            ),
        ),
    ]
    if across:
        reasons = reader.listing([row_words.reason_name(reason, reader) for reason in Reason])
        entries.append((reader.gettext("Worth a look because"), reasons))
    return tuple(entries)


def filters_text(filters: Filters, reader: Reader) -> str:
    """The filters in force in one line."""
    boxes = listed.boxes(filters, reader)
    chosen = {
        reader.gettext("Search"): [filters.q] if filters.q else [],
        reader.gettext("Evaluation"): _chosen(boxes.states),
        reader.gettext("Status"): _chosen(boxes.statuses),
        reader.gettext("Model"): _chosen(boxes.models),
        reader.gettext("Sign-off"): _chosen(boxes.signed),
        reader.gettext("Worth a look because"): [
            row_words.reason_name(Reason(reason), reader) for reason in filters.why
        ],
        reader.gettext("Partner"): filters.partners,
        reader.gettext("Event"): [filters.event] if filters.event else [],
    }
    return "; ".join(f"{label}: {', '.join(names)}" for label, names in chosen.items() if names)


def _chosen(choices: Iterable[Choice]) -> list[str]:
    return [choice.label for choice in choices if choice.chosen]
