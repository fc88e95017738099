"""Campaigns of an event and what Meta says about them (§7)."""

from __future__ import annotations

from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.calls import Question, Read
from attribution_portal.platform_api.errors import NotFound
from attribution_portal.platform_api.events import scope
from attribution_portal.platform_api.payloads import Campaign, MetaInsights, MetaResults, Page, Reading
from attribution_portal.platform_api.payloads import campaigns as decode
from attribution_portal.platform_api.transport import Caller, Endpoint

# §7: 404 and an empty object mean that Meta has nothing for this event, which is a state, not a failure. A 403 means
# no numbers either, but a page owes the reader the other words for it, so it comes out as NotPermitted.
NONE_THERE = (NotFound,)
META_AGES = Ages(soft=300, hard=3600)

FOR_EVENT = Read(Endpoint("GET", "/events/{eid}/campaigns"), decode.campaigns, Ages(soft=60, hard=15 * 60))
META_RESULTS = Read(
    Endpoint("GET", "/integrations/facebook/events/{eid}/campaign_results"),
    decode.meta_results,
    META_AGES,
    nothing_on=NONE_THERE,
)
META_INSIGHTS = Read(
    Endpoint("GET", "/integrations/facebook/events/{eid}/fb_insights"),
    decode.meta_insights,
    META_AGES,
    nothing_on=NONE_THERE,
)
META_CONNECTED = Read(
    Endpoint("GET", "/integrations/connect/facebook/status"),
    decode.meta_connected,
    META_AGES,
    nothing_on=NONE_THERE,
)


def for_event(*, caller: Caller, eid: str) -> Reading[Page[Campaign]]:
    """§5, §7 `GET /events/{eid}/campaigns`: one row per taste cluster and run."""
    return for_event_of(eid=eid).read(caller)


def for_event_of(*, eid: str) -> Question[Page[Campaign]]:
    """What `for_event` reads."""
    return Question(FOR_EVENT, scope(eid), segments={"eid": eid})


def meta_results(*, caller: Caller, eid: str) -> Reading[MetaResults]:
    """§7: Meta's results for the event and for its series; None where Meta has no numbers, which is not
    zero. Raises NotPermitted."""
    return meta_results_of(eid=eid).read(caller)


def meta_results_of(*, eid: str) -> Question[MetaResults]:
    """What `meta_results` reads."""
    return Question(META_RESULTS, scope(eid), segments={"eid": eid})


def meta_insights(*, caller: Caller, eid: str) -> Reading[MetaInsights]:
    """§7: impressions, clicks and ad spend; all None when Meta has nothing. Raises NotPermitted."""
    return meta_insights_of(eid=eid).read(caller)


def meta_insights_of(*, eid: str) -> Question[MetaInsights]:
    """What `meta_insights` reads."""
    return Question(META_INSIGHTS, scope(eid), segments={"eid": eid})


def meta_connected(*, caller: Caller) -> Reading[bool | None]:
    """§7: whether the partner has connected Meta; None when the platform does not say. Raises NotPermitted."""
    return meta_connected_of().read(caller)


def meta_connected_of() -> Question[bool | None]:
    """What `meta_connected` reads."""
    return Question(META_CONNECTED, "partner")
