"""Bodies of §5 (events, daily revenue) and §6 (adjustments)."""

from __future__ import annotations

from decimal import Decimal

from attribution_portal.platform_api.payloads.listing import page_of, rows_of
from attribution_portal.platform_api.payloads.values import (
    Adjustment,
    Benchmark,
    CampaignsStatistics,
    DailyRevenue,
    DailyRow,
    Event,
    EventBenchmark,
    EventCluster,
    EventClusters,
    EventsStatistics,
    EventStatistics,
    Page,
    SalesPoint,
)
from attribution_portal.platform_api.payloads.wire import Malformed, Members, as_decimal, as_identity

FRACTION_BELOW = Decimal("1.5")


def event(payload: object) -> Event:
    return _event(Members.of(payload))


def events(payload: object) -> Page[Event]:
    return page_of(payload, _event)


def _event(members: Members) -> Event:
    series = members.raw("campaign_event_series")
    ids = (as_identity(entry) for entry in series) if isinstance(series, list) else ()
    return Event(
        id=members.identity("id"),
        title=members.text("title") or "",
        starts_at=members.instant("start_date_time"),
        city=members.text("city"),
        venue=members.text("venue_name"),
        hall=members.text("hall_name"),
        capacity=members.count("capacity"),
        category=members.text("category"),
        currency=members.currency("currency"),
        status=members.text("status"),
        frontend_status=members.text("frontend_status"),
        campaign_status=members.text("campaign_status"),
        client_campaign_status=members.text("client_campaign_status"),
        series_ids=tuple(entry for entry in ids if entry is not None),
        predicted_sales_share=members.amount("predicted_sales_share"),
        benchmark=_event_benchmark(members.inner("benchmark")),
    )


def _event_benchmark(members: Members | None) -> EventBenchmark | None:
    """Always fractions of capacity. The rule is that of the call for one event's benchmark (§5): when the largest value
    is not below 1.5, all of them are percent."""
    if members is None:
        return None
    levels = members.inner("prediction")
    prediction = levels.amount("value") if levels else None
    usual = levels.amount("benchmark") if levels else None
    factor = Decimal(1) if _are_fractions(prediction, usual) else Decimal("0.01")
    found = EventBenchmark(
        prediction=None if prediction is None else prediction * factor,
        benchmark=None if usual is None else usual * factor,
        state=members.text("state"),
    )
    return None if found == EventBenchmark(None, None, None) else found


def _are_fractions(*levels: Decimal | None) -> bool:
    return all(abs(level) < FRACTION_BELOW for level in levels if level is not None)


def events_statistics(payload: object) -> EventsStatistics:
    members = Members.of(payload)
    return EventsStatistics(
        total=members.count("total"),
        open=members.count("open"),
        running=members.count("running"),
        closed=members.count("closed"),
        revenue=members.amount("revenue"),
        spent=members.amount("spent"),
        roas=members.amount("roas"),
        purchases=members.count("purchases"),
        currency=members.currency("currency"),
    )


def campaigns_statistics(payload: object) -> CampaignsStatistics:
    members = Members.of(payload)
    return CampaignsStatistics(
        total=members.count("total"),
        running=members.count("running"),
        open=members.count("open"),
        closed=members.count("closed"),
        ignored=members.count("ignored"),
    )


def event_statistics(payload: object) -> EventStatistics:
    members = Members.of(payload)
    return EventStatistics(
        revenue=members.amount("revenue"),
        purchases=members.count("purchases"),
        spent=members.amount("spent"),
        roas=members.amount("roas"),
        currency=members.currency("currency"),
        campaigns=members.count("campaigns"),
        active=members.count("active"),
    )


def clusters(payload: object) -> EventClusters:
    members = Members.of(payload)
    return EventClusters(tc_run_id=members.reference("tc_run_id"), clusters=members.rows("clusters", _event_cluster))


def _event_cluster(members: Members) -> EventCluster:
    return EventCluster(
        tc=members.identity("tc"),
        label=members.text("label"),
        metric_pred=members.amount("metric_pred"),
        reach_estimate=members.count("reach_estimate"),
        size_share=members.amount("size_share"),
    )


def sales_graph(payload: object) -> tuple[SalesPoint, ...]:
    points = Members.of(payload).rows(
        "sales",
        lambda row: SalesPoint(
            mapped_date=row.day("mapped_date"),
            current=row.amount("norm_tickets_sold_current"),
            average=row.amount("norm_tickets_sold_avg"),
        ),
    )
    return tuple(sorted(points, key=lambda point: point.mapped_date))


def benchmark(payload: object) -> Benchmark:
    """Always percent of capacity. §5: when the largest value is below 1.5, all of them are fractions."""
    members = Members.of(payload)
    now = _level(members, "today")
    if now is None:
        now = _level(members, "now")
    prediction = _level(members, "prediction")
    factor = Decimal(100) if _are_fractions(now, prediction) else Decimal(1)
    return Benchmark(
        now=None if now is None else now * factor,
        prediction=None if prediction is None else prediction * factor,
        state=members.text("state"),
    )


def _level(members: Members, key: str) -> Decimal | None:
    """A number, or an object with `value` as events carry it; only the names are documented (D), not the
    nesting."""
    inner = members.inner(key)
    return inner.amount("value") if inner else as_decimal(members.raw(key))


def attribution_model(payload: object) -> str | None:
    """`{"model": "FD"}` (A), or the bare word. None: this event has none of its own, the partner's default
    applies."""
    if payload is None:
        return None
    if isinstance(payload, str):
        payload = {"model": payload}
    return Members.of(payload).set_text("model")


def daily_revenue(payload: object) -> DailyRevenue:
    """§5 (A). Days come out in date order, one row a day.

    A day that is listed twice keeps its last row: adding the two could count a corrected day double, and
    refusing the whole answer for it would hide a year of sales. A missing split stays unknown, it is never
    zero."""
    members = Members.of(payload)
    days = {row.date: row for row in members.rows("daily_revenue", _daily_row)}
    return DailyRevenue(
        currency=members.currency("currency"),
        days=tuple(days[day] for day in sorted(days)),
        adjustments=_once_each(members.possible_rows("manual_adjustments", _adjustment) or ()),
    )


def _daily_row(members: Members) -> DailyRow:
    return DailyRow(
        date=members.day("date"),
        revenue=members.money("revenue"),
        purchases=members.count("purchases"),
        campaign_revenue=members.amount("campaign_revenue"),
        campaign_purchases=members.count("campaign_purchases"),
    )


def adjustments(payload: object) -> tuple[Adjustment, ...]:
    """§6, in the platform's order. The same id is never counted twice."""
    return _once_each(rows_of(payload, _adjustment))


def created_adjustment(payload: object) -> Adjustment | None:
    """The row that a POST answered, or None when the answer does not show one: the row exists all the same,
    and reading the list finds it (§6). So an unknown body is no error here."""
    try:
        rows = adjustments(payload)
    except Malformed:
        return None
    return rows[0] if len(rows) == 1 else None


def _once_each(rows: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
    first: dict[str, Adjustment] = {}
    for row in rows:
        first.setdefault(row.id, row)
    return tuple(first.values())


def _adjustment(members: Members) -> Adjustment:
    """Here `purchase` is a count (§6); in a package's results the same word is money (§8)."""
    return Adjustment(
        id=members.identity("id"),
        event_id=members.identity("eid"),
        partner_id=members.reference("partner_id"),
        purchases=members.number_of("purchase"),
        revenue=members.money("revenue"),
        created_at=members.instant("created_at"),
        source=members.text("source"),
    )
