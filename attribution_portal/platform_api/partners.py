"""The partner itself (§4)."""

from __future__ import annotations

from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.calls import Read, read
from attribution_portal.platform_api.payloads import PartnerInfo, Reading
from attribution_portal.platform_api.payloads import accounts as decode
from attribution_portal.platform_api.transport import Caller, Endpoint

PARTNER = Read(Endpoint("GET", "/partners/"), decode.partner, Ages(soft=300, hard=24 * 3600))


def get(*, caller: Caller) -> Reading[PartnerInfo]:
    """§4 `GET /partners/`: name, currency and products of the caller's partner. Its `id` scopes nothing."""
    return read(PARTNER, caller=caller, scope="partner")
