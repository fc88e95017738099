"""Every address of the portal and who may do what there: the table that access, policy and payload tests go by.

One line an address, room by room. `tests/test_access.py` fails when one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from attribution_portal.partners.permissions import Action

ACME = "/p/partner-id-acme"


@dataclass(frozen=True, slots=True)
class PartnerAddress:
    """Below /p/<partner_id>/, with ids that Acme has.

    `action` is what somebody must be allowed to do there. `get` and `post` are the statuses that they get: for the
    plain address, and for a form without any field. 405: not that way. `lacks`: ids that no sandbox partner has when
    a test begins, so that everybody gets 404 until it makes them.
    """

    name: str
    path: str
    action: Action = Action.READ
    get: int = 200
    post: int = 405


PARTNER = (
    PartnerAddress("partners:home", f"{ACME}/"),
    # Lookout
    PartnerAddress("lookout:event", f"{ACME}/events/evt_closed/"),
    # Wave
    PartnerAddress("wave:campaign", f"{ACME}/campaigns/evt_closed/"),
    # Backhaul
    PartnerAddress("backhaul:packages", f"{ACME}/packages/"),
    PartnerAddress("backhaul:package", f"{ACME}/packages/pkg_main/"),
    PartnerAddress(
        "backhaul:settings", f"{ACME}/packages/pkg_main/settings/", Action.CHANGE_SETTINGS, get=302, post=422
    ),
)


def routes(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Name and route of every address, in order."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", route
