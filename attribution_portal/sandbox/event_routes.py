"""Calls about events, their daily revenue, their campaigns and Meta (contract §5, §7)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from attribution_portal.sandbox import wire
from attribution_portal.sandbox.call import Call, Reply
from attribution_portal.sandbox.events import EVENT_MODELS, Event
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.programme import CLUSTERS
from attribution_portal.sandbox.refusals import invalid, not_authorized, not_found
from attribution_portal.sandbox.sales import as_meta_reports

ALL_TIME = (date(1900, 1, 1), date(2100, 1, 1))


def list_events(call: Call) -> Reply:
    events = [event for event in call.tenant.events.values() if _matches(call, event)]
    # The contract names no order: by id spelled backwards is as good as any, and nobody can rely on it.
    events.sort(key=lambda event: event.id[::-1])
    if call.flag("flagged_to_top"):
        events.sort(key=lambda event: event.frontend_status != "FLAGGED")
    return Reply(200, call.page([wire.event(event) for event in events]))


def _matches(call: Call, event: Event) -> bool:
    args = call.request.args
    zone = call.tenant.stage.zone
    text = call.request.arg("q").casefold()
    since, until = call.day("since"), call.day("until")
    shown = event.starts_at.astimezone(zone).date()
    status = call.request.arg("status")
    frontend = [value for value in args.get("frontend_status", []) if value]
    cities = [value for value in args.get("city", []) if value]
    searched = f"{event.title} {event.venue.name} {event.venue.city}".casefold()
    return (
        (not text or text in searched)
        and (since is None or shown >= since)
        and (until is None or shown <= until)
        and (not status or event.status == status)
        and (not frontend or event.frontend_status in frontend)
        and (not cities or event.venue.city in cities)
        and (event.status != "archived" or call.flag("include_archived") or status == "archived")
        and (not call.flag("campaigns") or bool(event.campaigns))
        and (not call.flag("exclude_products") or event.category != "product")
    )


def flagged(call: Call) -> Reply:
    """A bare array for the main kind of partner, a page for those whose pages name no neighbours."""
    items: list[Json] = [
        wire.event(event) for event in call.tenant.events.values() if event.frontend_status == "FLAGGED"
    ]
    return Reply(200, items if call.tenant.tells_next_page else call.page(items))


def one(call: Call) -> Reply:
    return Reply(200, wire.event(call.event))


def portfolio_statistics(call: Call) -> Reply:
    """Sums over the partner's events; all null for a partner whose results may not be read."""
    events = list(call.tenant.events.values())
    body: dict[str, Json] = {
        "total": len(events),
        "open": _count(events, "OPEN"),
        "running": _count(events, "RUNNING"),
        "closed": _count(events, "CLOSED"),
    }
    if not call.tenant.reads_results:
        return Reply(200, dict.fromkeys((*body, "revenue", "spent", "roas", "purchases", "currency")))
    revenue = sum((event.revenue for event in events), Decimal(0))
    spent = sum((event.spend for event in events), Decimal(0))
    return Reply(
        200,
        {
            **body,
            "revenue": wire.number(revenue),
            "spent": wire.number(spent) if spent else None,
            "roas": _roas(revenue, spent),
            "purchases": sum(event.purchases for event in events),
            "currency": call.tenant.currency,
        },
    )


def campaigns_statistics(call: Call) -> Reply:
    statuses = [c.status.upper() for event in call.tenant.events.values() for c in event.campaigns]
    body: dict[str, Json] = {
        "total": len(statuses),
        "running": statuses.count("RUNNING"),
        "open": statuses.count("OPEN"),
        "closed": statuses.count("CLOSED") + statuses.count("COMPLETED"),
    }
    if call.tenant.tells_next_page:
        body["ignored"] = statuses.count("IGNORED")
    return Reply(200, body)


def statistics(call: Call) -> Reply:
    """Revenue and purchases are the measured ones; `spent` and `roas` are null without campaigns."""
    event = call.event
    return Reply(
        200,
        {
            "revenue": wire.number(event.revenue) if event.days else None,
            "purchases": event.purchases if event.days else None,
            "spent": wire.number(event.spend) if event.campaigns else None,
            "roas": _roas(event.revenue, event.spend),
            "currency": None if "currency" in event.nulls | event.omit else event.currency,
            "campaigns": len(event.campaigns),
            "active": sum(campaign.status == "RUNNING" for campaign in event.campaigns),
        },
    )


def series(call: Call) -> Reply:
    """The other events of the series; a page, or a bare array where ids are numbers or pages name no neighbours."""
    events = [call.tenant.events[eid] for eid in call.event.series]
    items: list[Json] = [wire.event(event) for event in events]
    if call.event.numeric_id or not call.tenant.tells_next_page:
        return Reply(200, items)
    return Reply(200, call.page(items, most=1000))


def campaigns(call: Call) -> Reply:
    """`{"total", "items"}`, or a bare array for every second count of rows."""
    items: list[Json] = [wire.campaign(campaign, call.event.id) for campaign in call.event.campaigns]
    return Reply(200, items if len(items) == 2 else {"total": len(items), "items": items})


def clusters(call: Call) -> Reply:
    event = call.event
    rng = call.tenant.stage.rng(f"{event.id}/clusters")
    rows: list[Json] = [
        {
            "tc": tc,
            "label": CLUSTERS[tc] if position != 3 else None,
            "metric_pred": round(rng.uniform(0.8, 5.5), 2),
            "reach_estimate": rng.randrange(20_000, 260_000, 500) if position != 2 else None,
            "size_share": round(rng.uniform(0.04, 0.32), 3),
        }
        for position, tc in enumerate(event.clusters)
    ]
    run = event.campaigns[0].run if event.campaigns else 42
    return Reply(200, {"tc_run_id": run, "clusters": rows})


def sales_graph(call: Call) -> Reply:
    """Thirteen weeks around today, or up to the show once it is over; the future has no current value. Nothing before
    an event is on sale, and nothing after its show."""
    event = call.event
    if not event.days:
        return Reply(200, {"sales": []})
    today = call.tenant.stage.today
    show = event.starts_at.astimezone(call.tenant.stage.zone).date()
    first = event.days[0].date
    length = max((show - first).days, 1)
    points: list[Json] = []
    for week in range(-9, 4):
        day = min(today, show) + timedelta(weeks=week)
        if not first <= day <= show:
            continue
        sold = sum(row.tickets for row in event.days if row.date <= day) / event.capacity
        usual = event.benchmark * min(1.0, ((day - first).days / length) ** 0.8)
        points.append(
            {
                "mapped_date": day.isoformat(),
                "norm_tickets_sold_current": round(sold, 4) if day <= today else None,
                "norm_tickets_sold_avg": round(usual, 4),
            }
        )
    return Reply(200, {"sales": points})


def benchmark(call: Call) -> Reply:
    """Fractions under `today`, or percent under `now` for tours and for partners whose pages name no neighbours."""
    event = call.event
    if not event.days:
        return Reply(200, {"today": None, "prediction": None, "state": None})
    state = wire.benchmark_state(event)
    if event.series or not call.tenant.tells_next_page:
        body: dict[str, Json] = {"now": round(event.sold * 100, 1), "prediction": round(event.prediction * 100, 1)}
    else:
        body = {"today": round(event.sold, 3), "prediction": event.prediction}
    return Reply(200, {**body, "state": state})


def daily_revenue(call: Call) -> Reply:
    """`GET /daily_revenue_summary/`: the days between `start_date` and `end_date`, split by the model in force, and
    the adjustment rows. Computed elsewhere (EXTERNAL) is never split."""
    eid = call.request.arg("event_id")
    if not eid:
        raise invalid(("event_id", "REQUIRED"), status=400)
    event = call.event_of(eid)
    start = call.day("start_date") or ALL_TIME[0]
    end = call.day("end_date") or ALL_TIME[1]
    model = call.state.model(call.tenant, event)
    days = [row for row in event.days if start <= row.date <= end]
    if model == "META":
        days = [as_meta_reports(row, call.tenant.stage.quantum) for row in days]
    body: dict[str, Json] = {
        "currency": None if "currency" in event.nulls | event.omit else event.currency,
        "daily_revenue": [wire.day(row, split=model != "EXTERNAL") for row in days],
        "manual_adjustments": [wire.result_row(row) for row in call.state.rows(call.tenant, event) if row.in_daily],
        "generated_at": wire.instant(call.now),
    }
    return Reply(200, body)


def read_model(call: Call) -> Reply:
    """Without a model of its own: null, or nothing at all for events of a series."""
    event = call.event
    model = call.state.models[call.tenant.id, event.id]
    return Reply(200, {} if model is None and event.series else {"model": model})


def put_model(call: Call) -> Reply:
    event = call.event
    body = call.request.json()
    model = body.get("model") if isinstance(body, dict) else None
    if not isinstance(model, str) or model not in EVENT_MODELS:
        raise invalid(("model", "INVALID_CHOICE"))
    call.state.models[call.tenant.id, event.id] = model
    return Reply(204) if event.series else Reply(200, {"model": model})


def meta_results(call: Call) -> Reply:
    event = call.event
    if (gone := _without_meta(call, event)) is not None:
        return gone
    meta = event.meta
    if meta is None:
        return Reply(200, {})
    body: dict[str, Json] = {
        "event_results": {
            "revenue": wire.number(meta.revenue),
            "purchases": meta.purchases,
            "spend": wire.number(meta.spend),
            "roas": _roas(meta.revenue, meta.spend),
        },
        "series_results": {},
    }
    if meta.series is not None:
        revenue, purchases, spend = meta.series
        body["series_results"] = {
            "revenue": wire.number(revenue),
            "purchases": purchases,
            "spend": wire.number(spend),
        }
    return Reply(200, body)


def meta_insights(call: Call) -> Reply:
    event = call.event
    if (gone := _without_meta(call, event)) is not None:
        return gone
    meta = event.meta
    if meta is None:
        return Reply(200, {})
    return Reply(
        200,
        {"impressions": meta.impressions, "clicks": meta.clicks, "spend": wire.number(meta.spend)},
    )


def meta_connected(call: Call) -> Reply:
    if not call.tenant.reads_results:
        raise not_authorized()
    return Reply(200, {"connected": call.tenant.connected})


def _without_meta(call: Call, event: Event) -> Reply | None:
    if not call.tenant.reads_results:
        raise not_authorized()
    if event.meta is not None:
        return None
    if event.no_meta == "forbidden":
        raise not_authorized()
    if event.no_meta == "missing":
        raise not_found("meta_results")
    return Reply(200, {})


def _count(events: list[Event], status: str) -> int:
    return sum(event.campaign_status == status for event in events)


def _roas(revenue: Decimal, spend: Decimal) -> Json:
    return round(float(revenue / spend), 2) if spend else None
