"""What other rooms' pages show of packages. Rooms do not import each other; their templates may draw what another room
offers, as they may link to its pages."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

from attribution_portal.backhaul import reports
from attribution_portal.backhaul.models import Package
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner

register = template.Library()


@dataclass(frozen=True, slots=True)
class PackageLink:
    title: str
    href: str


@register.simple_tag(takes_context=True)
def packages_with_event(context: Context, eid: str) -> Panel[tuple[PackageLink, ...]]:
    """The partner's packages that contain an event, as the panel `packages`: from Postgres, never from the platform."""
    partner: Partner = context["partner"]
    parked = reports.parked(partner)
    if parked is None or parked.listed_at is None:
        return Panel("packages", "empty", sentence=_("The partner's packages have not been read yet."))
    found = Package.objects.filter(partner=partner, vanished_at=None, events__contains=[{"id": eid}])
    links = tuple(
        PackageLink(package.title or package.package_id, reports.package_url(partner, package))
        for package in found.order_by("-created_at", "pk")
    )
    return Panel(
        "packages",
        "ready" if links else "empty",
        data=links,
        caption=_("Packages that contain this event.") if links else "",
        read_at=parked.listed_at,
        stale=bool(parked.last_error),
        sentence="" if links else _("No package contains this event."),
    )
