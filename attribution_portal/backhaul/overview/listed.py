"""What a list of packages is drawn from, whoever's it is: heads to sort by, boxes to choose, sums, pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.models import MODELS, Package, Summary
from attribution_portal.backhaul.overview import row_words, selection
from attribution_portal.backhaul.overview.row_words import Line
from attribution_portal.backhaul.overview.selection import NO_MODEL, OTHER_MODEL, PER_PAGE, Figures, Filters, Sums
from attribution_portal.backhaul.sign_off.reviews import Kind
from attribution_portal.backhaul.state import State
from attribution_portal.formats import Reader, raw
from attribution_portal.programme.filters import Choice
from attribution_portal.programme.paging import Paging, paging

STATUSES = ("INITIALIZING", "INPROGRESS", "DONE", "FAILED", "EXPIRED")
# Which heads can be sorted by, and which way first: names and numbers up, times and amounts down.
HEADS: Mapping[str, tuple[Promise, str]] = {
    "package": (_("Package"), "package"),
    "partner": (_("Partner"), "partner"),
    "state": (_("Evaluation"), ""),
    "settings": (_("Settings and window"), "window"),
    "customers": (_("Customers, at most"), "-customers"),
    "items": (_("Items"), "-items"),
    "revenue": (_("Revenue"), "-revenue"),
    "changed": (_("Last change"), "-changed"),
}
NUMERIC = frozenset({"customers", "items", "revenue"})


@dataclass(frozen=True, slots=True)
class Head:
    """`href` sorts by this column, "" where it cannot be; `order` is the value of aria-sort, "" where it is not."""

    name: str
    label: str
    href: str
    order: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Total:
    """A currency's line of sums; raw values stand beside those shown."""

    label: str
    note: str
    currency: str
    customers: tuple[str, str]
    items: tuple[str, str]
    revenue: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Boxes:
    """What can be chosen, each with whether it is."""

    states: tuple[Choice, ...]
    statuses: tuple[Choice, ...]
    models: tuple[Choice, ...]
    signed: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of what matches."""

    lines: tuple[Line, ...]
    figures: Figures
    totals: tuple[Total, ...]
    paging: Paging
    heads: tuple[Head, ...]


def listed(
    partners: Mapping[int, str],
    *,
    filters: Filters,
    number: int,
    columns: Sequence[str],
    default: str,
    path: str,
    with_reasons: bool,
    reader: Reader,
    now: datetime,
) -> Listed:
    """`partners`: the currency of each. In a number of queries that depends on nothing."""
    parked = selection.parked_of(partners)
    rows = selection.of_partners(partners, now, parked=parked)
    found = selection.figures(rows, filters, now, partners=partners, parked=parked, with_reasons=with_reasons)
    pages = max(1, -(-found.total // PER_PAGE))
    lines: list[Line] = []
    if number <= pages and found.total:
        plain = (filters.sort or default) == "attention" and not filters.are_set and not parked
        if plain:
            keys = selection.first_by_attention(partners, now, most=number * PER_PAGE)[(number - 1) * PER_PAGE :]
        else:
            order = selection.ordered(selection.matching(rows, filters, now), filters, now, default=default)
            start = (number - 1) * PER_PAGE
            keys = list(order.values_list("pk", flat=True)[start : start + PER_PAGE])
        lines = _lines(rows, keys, reader, now)
    return Listed(
        lines=tuple(lines),
        figures=found,
        totals=tuple(_total(each, reader) for each in found.sums),
        paging=paging(number, pages=pages, more=False, href=lambda page: filters.address(path, page=page)),
        heads=tuple(_head(name, filters, default, path) for name in columns),
    )


def _lines(rows: QuerySet[Summary], keys: Sequence[int], reader: Reader, now: datetime) -> list[Line]:
    """The order is found over narrow rows; only those of the page are put together with what they are drawn from."""
    place = {key: position for position, key in enumerate(keys)}
    shown = sorted(row_words.read(rows.filter(pk__in=keys), now), key=lambda row: place[row.pk])
    return row_words.lines(shown, merges=merges_of(shown), reader=reader, now=now)


def merges_of(rows: Iterable[Summary]) -> dict[tuple[int, str], str]:
    """The titles of the packages that some of these were merged into."""
    merged = [row for row in rows if row.merged]
    if not merged:
        return {}
    wanted = Q(pk__in=[])
    for row in merged:
        wanted |= Q(partner=row.partner_id, package_id=row.package.merge_id)
    found = Package.objects.filter(wanted).values_list("partner_id", "package_id", "title")
    return {(partner, package_id): title or package_id for partner, package_id, title in found}


def boxes(filters: Filters, reader: Reader) -> Boxes:
    """A word that only the address knows can be taken back as well."""
    statuses = dict.fromkeys((*STATUSES, *filters.statuses))
    models = dict.fromkeys((*MODELS, OTHER_MODEL, NO_MODEL, *filters.models))
    return Boxes(
        states=tuple(
            Choice(state.value, wording.state_name(state, reader), state.value in filters.states) for state in State
        ),
        statuses=tuple(
            Choice(status, wording.package_status(status, reader), status in filters.statuses) for status in statuses
        ),
        models=tuple(Choice(model, _model_name(model, reader), model in filters.models) for model in models),
        signed=tuple(
            Choice(kind.value, row_words.signed_name(kind, reader), kind.value in filters.signed)
            for kind in (Kind.SIGNED, Kind.UNSIGNED_BY_CHANGE, Kind.UNSIGNED)
        ),
    )


def _model_name(model: str, reader: Reader) -> str:
    if model == OTHER_MODEL:
        return reader.gettext("Another model")
    return wording.model_name(None if model == NO_MODEL else model, reader)


def counted(total: int, reader: Reader) -> str:
    return reader.ngettext("%(n)s package", "%(n)s packages", total) % {"n": reader.count(total)}


def title(found: Listed, reader: Reader) -> str:
    """ "412 packages, page 2 of 9"."""
    words = counted(found.figures.total, reader)
    if (found.paging.pages or 1) < 2:
        return words
    return reader.gettext("%(counted)s, page %(page)s of %(pages)s") % {
        "counted": words,
        "page": reader.count(found.paging.number),
        "pages": reader.count(found.paging.pages),
    }


def _total(sums: Sums, reader: Reader) -> Total:
    parts = [counted(sums.packages, reader)]
    without = sums.packages - sums.with_results
    if without:
        parts.append(reader.gettext("%(n)s without results") % {"n": reader.count(without)})
    if sums.merged:
        text = reader.ngettext(
            "%(n)s merged into another and not added", "%(n)s merged into others and not added", sums.merged
        )
        parts.append(text % {"n": reader.count(sums.merged)})
    label = reader.gettext("All that match, %(currency)s") if sums.currency else reader.gettext("All that match")
    known = bool(sums.with_results)
    return Total(
        label=label % {"currency": sums.currency} if sums.currency else label,
        note=" · ".join(parts),
        currency=sums.currency,
        customers=(raw(sums.customers), reader.count(sums.customers)) if known else ("", "—"),
        items=(raw(sums.items), reader.count(sums.items)) if known else ("", "—"),
        revenue=(raw(sums.revenue), reader.money(sums.revenue, sums.currency)) if known else ("", "—"),
    )


def _head(name: str, filters: Filters, default: str, path: str) -> Head:
    label, first = HEADS[name]
    now = filters.sort or default
    if not first:
        return Head(name, str(label), "", "", name in NUMERIC)
    is_by_this = now.removeprefix("-") == first.removeprefix("-")
    turned = now.removeprefix("-") if now.startswith("-") else f"-{now}"
    sort = turned if is_by_this else first
    order = ("descending" if now.startswith("-") else "ascending") if is_by_this else ""
    return Head(name, str(label), replace(filters, sort=sort).address(path), order, name in NUMERIC)
