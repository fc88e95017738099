"""Every address of the portal and who may do what there: the table that access, policy and payload tests go by.

One line an address, room by room. `tests/test_access.py` fails when one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from attribution_portal.partners.permissions import Action

# Of one partner, by the names that stand in routes. Rows of the portal's own get their ids when a test makes them.
Ids = Mapping[str, object]
ACME: Ids = {"partner": "partner-id-acme", "event": "evt_closed", "package": "pkg_main"}


@dataclass(frozen=True, slots=True)
class PartnerAddress:
    """Below /p/<partner_id>/. `action` is what somebody must be allowed to do with the partner; to everybody else the
    page does not exist. `get` and `post` are what those who may get: for the plain address, and for a form without any
    field. 405: not that way."""

    name: str
    route: str
    action: Action = Action.READ
    get: int = 200
    post: int = 405

    @property
    def path(self) -> str:
        """Acme's."""
        return self.at(ACME)

    def at(self, ids: Ids) -> str:
        return self.route.format_map(ids)


PARTNER = (
    PartnerAddress("dashboard:page", "/p/{partner}/"),
    # Lookout
    PartnerAddress("lookout:events", "/p/{partner}/events/"),
    PartnerAddress("lookout:event", "/p/{partner}/events/{event}/"),
    # Wave
    PartnerAddress("wave:campaign", "/p/{partner}/campaigns/{event}/"),
    # Backhaul
    PartnerAddress("backhaul:packages", "/p/{partner}/packages/"),
    PartnerAddress("backhaul:package", "/p/{partner}/packages/{package}/"),
    PartnerAddress(
        "backhaul:settings", "/p/{partner}/packages/{package}/settings/", Action.CHANGE_SETTINGS, get=302, post=422
    ),
    PartnerAddress("backhaul:defaults", "/p/{partner}/package-defaults/", Action.CHANGE_DEFAULTS, post=422),
)


def routes(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Name and route of every address, in order."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", route
