"""Bodies of §7 (campaigns and Meta's numbers)."""

from __future__ import annotations

from attribution_portal.platform_api.payloads.listing import page_of
from attribution_portal.platform_api.payloads.values import (
    Campaign,
    Creative,
    MetaInsights,
    MetaResult,
    MetaResults,
    Page,
)
from attribution_portal.platform_api.payloads.wire import Malformed, Members


def campaigns(payload: object) -> Page[Campaign]:
    """`{"total", "items"}` or an array (D). Rows have no id of their own; `tc` marks one."""
    return page_of(payload, _campaign, mark="tc")


def _campaign(members: Members) -> Campaign:
    creative = members.inner("creative") or Members({})
    targeting = members.inner("targeting") or Members({})
    return Campaign(
        event_id=members.reference("eid"),
        tc=members.reference("tc"),
        tc_run_id=members.reference("tc_run_id"),
        status=members.text("status"),
        creative=Creative(
            headline=creative.text("headline"),
            body=creative.text("body"),
            media_url=creative.text("media_url"),
        ),
        geo=targeting.texts("geo"),
        demographics=targeting.texts("demographics"),
        budget=members.amount("budget"),
        start_date=members.possible_day("start_date"),
        end_date=members.possible_day("end_date"),
        audience_id=members.reference("audience_id"),
        published=members.flag("published"),
    )


def meta_results(payload: object) -> MetaResults:
    """Nothing, null or `{}` means that Meta has no numbers for this event (§7), which is not zero."""
    if payload is None:
        return MetaResults(event=None, series=None)
    members = Members.of(payload)
    return MetaResults(
        event=_meta_result(members.inner("event_results")),
        series=_meta_result(members.inner("series_results")),
    )


def _meta_result(members: Members | None) -> MetaResult | None:
    if members is None:
        return None
    result = MetaResult(
        revenue=members.amount("revenue"),
        purchases=members.count("purchases"),
        spend=members.amount("spend"),
        roas=members.amount("roas"),
    )
    return None if result.is_empty else result


def meta_insights(payload: object) -> MetaInsights:
    """Keys are assumed (A). Nothing, null or `{}`: no delivery numbers."""
    members = Members({}) if payload is None else Members.of(payload)
    return MetaInsights(
        impressions=members.count("impressions"),
        clicks=members.count("clicks"),
        spend=members.amount("spend"),
    )


def meta_connected(payload: object) -> bool | None:
    """`{"connected": true}` (A). None: the platform does not say."""
    if payload is None:
        return None
    if not isinstance(payload, dict):
        raise Malformed("", "an object", payload)
    return Members(payload).flag("connected")
