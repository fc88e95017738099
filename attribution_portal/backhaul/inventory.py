"""The list of a partner's packages, from Postgres: never one platform call per row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import F

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.models import Package, PartnerPoll
from attribution_portal.backhaul.reports import error_words, package_url, parked, standing_of
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners.models import Partner

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class ListedPackage:
    """One row of the list. Raw values stand beside those shown; None where nothing was read yet."""

    id: str
    url: str
    title: str
    badge: Badge
    status: str
    settings: str
    customers: tuple[str, str]
    revenue: tuple[str, str]
    confirmed: datetime | None


@dataclass(frozen=True, slots=True)
class PackageList:
    rows: tuple[ListedPackage, ...]
    paging: Page[Package]
    panel: Panel[int]


def packages(*, partner: Partner, number: str, reader: Reader, now: datetime) -> PackageList:
    """One page of the partner's packages, newest first; those that vanished come last."""
    rows = (
        Package.objects.filter(partner=partner)
        .select_related("poll__latest")
        .order_by(F("vanished_at").asc(nulls_first=True), F("created_at").desc(nulls_last=True), "pk")
    )
    paging = Paginator(rows, PER_PAGE).get_page(number)
    poll = parked(partner)
    listed = tuple(_listed(partner, package, poll, reader, now) for package in paging)
    return PackageList(listed, paging, _list_panel(paging, poll, reader))


def _listed(
    partner: Partner, package: Package, poll: PartnerPoll | None, reader: Reader, now: datetime
) -> ListedPackage:
    known = standing_of(partner=partner, package=package, parked=poll, now=now)
    latest = known.latest
    customers, revenue = (latest.customers, latest.revenue) if latest else (None, None)
    return ListedPackage(
        id=package.package_id,
        url=package_url(partner, package),
        title=package.title or package.package_id,
        badge=Badge(wording.state_name(known.state, reader), known.state.value),
        status=wording.package_status(package.status, reader),
        settings=wording.settings_short(known.poll.settings, reader),
        customers=(raw(customers), reader.count(customers)),
        revenue=(raw(revenue), reader.money(revenue, partner.currency)),
        confirmed=latest.last_confirmed if latest else None,
    )


def _list_panel(paging: Page[Package], poll: PartnerPoll | None, reader: Reader) -> Panel[int]:
    total = paging.paginator.count
    words = error_words(poll.last_error) if poll else ""
    listed_at = poll.listed_at if poll else None
    if total:
        caption = reader.ngettext("%(n)s package", "%(n)s packages", total) % {"n": reader.count(total)}
        if words:
            caption += " · " + reader.gettext("The list cannot be read at the moment. %(why)s") % {"why": words}
        return Panel("packages", "ready", data=total, caption=caption, read_at=listed_at, stale=bool(words))
    if words and poll is not None:
        kind = "not-permitted" if poll.last_error == "NotPermitted" else "failed"
        return Panel("packages", "not-permitted" if kind == "not-permitted" else "failed", sentence=words)
    return Panel(
        "packages",
        "empty",
        sentence=reader.gettext("No packages yet. They appear here within a minute of being ordered at the platform."),
        read_at=listed_at,
    )
