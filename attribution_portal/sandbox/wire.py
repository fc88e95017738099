"""How the stand-in platform's things look as JSON: contract shapes with the variety that the contract allows.

Ids are numbers where the thing says so, members are missing or null where it says so, and members that no page
documents stand among the others, so that a decoder meets all of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from attribution_portal.sandbox.events import Campaign, Event, ResultRow
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.packages import ClusterTotals, Package, Settings
from attribution_portal.sandbox.sales import Day


def number(value: Decimal | None) -> Json:
    """Money as the platform writes it: a bare number, whole when it is whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def wire_id(value: str, *, numeric: bool) -> Json:
    return int(value) if numeric else value


def event(event: Event) -> dict[str, Json]:
    body: dict[str, Json] = {
        "id": wire_id(event.id, numeric=event.numeric_id),
        "title": event.title,
        "start_date_time": instant(event.starts_at),
        "city": event.venue.city,
        "venue_name": event.venue.name,
        "hall_name": event.venue.hall,
        "capacity": event.capacity,
        "category": event.category,
        "currency": event.currency,
        "status": event.status,
        "frontend_status": event.frontend_status,
        "campaign_status": event.campaign_status,
        "client_campaign_status": event.campaign_status,
        "campaign_event_series": list(event.series),
        "predicted_sales_share": round(event.prediction, 3),
        "benchmark": {
            "prediction": {"value": round(event.prediction, 3), "benchmark": round(event.benchmark, 3)},
            "state": benchmark_state(event),
        },
        "_revision": 3,
    }
    for name in event.nulls:
        body[name] = None
    for name in event.omit:
        del body[name]
    return body


def benchmark_state(event: Event) -> str:
    distance = event.prediction - event.benchmark
    return "above" if distance > 0.03 else "below" if distance < -0.03 else "at"


def day(day: Day, *, split: bool) -> dict[str, Json]:
    """A row of the daily series. Days that are not split lack the members or carry nulls, turn by turn."""
    body: dict[str, Json] = {
        "date": day.date.isoformat(),
        "revenue": number(day.revenue),
        "purchases": day.purchases,
    }
    if split and day.campaign_revenue is not None:
        body["campaign_revenue"] = number(day.campaign_revenue)
        body["campaign_purchases"] = day.campaign_purchases
    elif day.date.toordinal() % 2:
        body["campaign_revenue"] = None
        body["campaign_purchases"] = None
    return body


def result_row(row: ResultRow) -> dict[str, Json]:
    return {
        "id": wire_id(row.id, numeric=row.numeric_id),
        "eid": row.eid,
        "partner_id": row.partner_id,
        "purchase": row.purchase,
        "revenue": number(row.revenue),
        "created_at": instant(row.created_at),
        "source": row.source,
    }


def campaign(campaign: Campaign, eid: str) -> dict[str, Json]:
    body: dict[str, Json] = {
        "eid": eid,
        "tc": campaign.tc,
        "tc_run_id": str(campaign.run) if campaign.run % 2 else campaign.run,
        "status": campaign.status,
        "creative": {
            "headline": campaign.headline,
            "body": campaign.text,
            "media_url": f"https://media.example.com/creatives/{campaign.run}.jpg",
        },
        "targeting": {"geo": list(campaign.geo), "demographics": list(campaign.demographics)},
        "budget": number(campaign.budget),
        "end_date": campaign.end.isoformat(),
        "audience_id": campaign.audience,
        "published": campaign.published,
        "objective": "OUTCOME_SALES",
    }
    if campaign.start is not None:
        body["start_date"] = campaign.start.isoformat()
    return body


def package(package: Package, *, detail: bool) -> dict[str, Json]:
    body: dict[str, Json] = {
        "id": wire_id(package.id, numeric=package.numeric_id),
        "title": package.title,
        "status": package.status,
        "merge_id": package.merge_id,
        "created_at": instant(package.created_at),
        "events": [{"id": eid, "title": title} for eid, title in package.events],
        "targeting_mode": package.targeting_mode,
    }
    if detail and package.tells_segments:
        clusters: list[Json] = []
        for position, segment in enumerate(package.segments):
            row: dict[str, Json] = {"tc": segment.tc, "label": segment.label}
            if segment.size is not None or position % 2:
                row["customers"] = segment.size
            clusters.append(row)
        body["clusters"] = clusters
    return body


def settings(settings: Settings, *, with_date: bool = True) -> dict[str, Json]:
    sent = settings.email_sent_date
    body: dict[str, Json] = {
        "backhaul_evaluation_attribution_window": settings.window,
        "backhaul_evaluation_model": settings.model,
    }
    if with_date or sent is not None:
        body["email_sent_date"] = sent.isoformat() if sent else None
    return body


def evaluation(totals: dict[str, ClusterTotals]) -> dict[str, Json]:
    return {
        "clusters": {
            tc: {"customers": row.customers, "items": row.items, "purchase": number(row.revenue)}
            for tc, row in totals.items()
        }
    }
