"""What other rooms' pages show of packages. Rooms do not import each other; their templates may draw what another room
offers, as they may link to its pages."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext as _

from attribution_portal.backhaul.models import Package, PartnerPoll
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
    # Columns, not whole rows, and in one query where there are any: this stands on pages that are read often, and a
    # package holds much.
    found = Package.objects.filter(partner=partner, vanished_at=None, events__contains=[{"id": eid}])
    rows = list(
        found.order_by("-created_at", "pk").values_list(
            "title", "package_id", "partner__poll__listed_at", "partner__poll__last_error"
        )
    )
    if rows:
        listed_at, error = rows[0][2:]
    else:
        polls = PartnerPoll.objects.filter(partner=partner)
        listed_at, error = polls.values_list("listed_at", "last_error").first() or (None, "")
    if listed_at is None:
        return Panel("packages", "empty", sentence=_("The partner's packages have not been read yet."))
    links = tuple(
        PackageLink(title or package_id, reverse("backhaul:package", args=[partner.partner_id, package_id]))
        for title, package_id, _listed_at, _error in rows
    )
    return Panel(
        "packages",
        "ready" if links else "empty",
        data=links,
        caption=_("Packages that contain this event.") if links else "",
        read_at=listed_at,
        stale=bool(error),
        sentence="" if links else _("No package contains this event."),
    )
