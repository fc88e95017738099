from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.platform_api.outcomes import parse
from attribution_portal.platform_api.payloads import (
    Adjustment,
    AttributionSettings,
    Benchmark,
    Campaign,
    CampaignsStatistics,
    ClusterResult,
    Creative,
    DailyRow,
    Event,
    EventBenchmark,
    EventCluster,
    EventClusters,
    EventsStatistics,
    EventStatistics,
    MetaInsights,
    MetaResult,
    MetaResults,
    Package,
    PackageCluster,
    PackageEvent,
    PartnerInfo,
    SalesPoint,
    accounts,
    campaigns,
    events,
    packages,
)
from attribution_portal.platform_api.payloads.wire import Malformed

EVENT = {
    "id": "evt_abc123",
    "title": "Concert at Olympiahalle",
    "start_date_time": "2026-06-12T18:30:00Z",
    "city": "München",
    "venue_name": "Olympiahalle",
    "hall_name": "Main Hall",
    "capacity": 12000,
    "category": "concert",
    "currency": "EUR",
    "status": "active",
    "frontend_status": "DEFAULT",
    "campaign_status": "RUNNING",
    "client_campaign_status": "RUNNING",
    "campaign_event_series": ["evt_abc124", 7],
    "predicted_sales_share": 0.71,
    "benchmark": {"prediction": {"value": 0.78, "benchmark": 0.65}, "state": "above"},
}
ROW = {
    "id": "cr_xyz",
    "eid": "evt_abc123",
    "partner_id": "partner-id-acme",
    "purchase": 147,
    "revenue": 6615,
    "created_at": "2026-06-13T08:00:00Z",
    "source": "automated",
}
ADJUSTMENT = Adjustment(
    "cr_xyz",
    "evt_abc123",
    "partner-id-acme",
    147,
    Decimal(6615),
    datetime(2026, 6, 13, 8, tzinfo=UTC),
    "automated",
)
DAY = {"date": "2026-05-01", "revenue": 1240.5, "purchases": 28, "campaign_revenue": 410.0, "campaign_purchases": 9}
PACKAGE = {
    "id": "pkg_555",
    "title": "Munich shows Q3",
    "status": "DONE",
    "merge_id": None,
    "created_at": "2026-05-15T10:30:00Z",
    "events": [{"id": "evt_abc", "title": "A"}],
    "targeting_mode": "lookalike",
}
CAMPAIGN = {
    "eid": "evt_1",
    "tc": "a/b",
    "tc_run_id": 42,
    "status": "RUNNING",
    "creative": {"headline": "H", "body": "B", "media_url": "https://elsewhere.example/x.jpg"},
    "targeting": {"geo": ["Berlin", 7, None], "demographics": ["25-40"]},
    "budget": 1500,
    "end_date": "2026-06-12",
    "audience_id": 99,
    "published": True,
}


def wire(value: object) -> object:
    """As it comes off the network: fractions are exact."""
    return parse(json.dumps(value).encode())


def without(body: dict[str, object], *keys: str) -> dict[str, object]:
    return {key: value for key, value in body.items() if key not in keys}


# Events.


def test_an_event_is_decoded_in_full() -> None:
    assert events.event(wire(EVENT)) == Event(
        id="evt_abc123",
        title="Concert at Olympiahalle",
        starts_at=datetime(2026, 6, 12, 18, 30, tzinfo=UTC),
        city="München",
        venue="Olympiahalle",
        hall="Main Hall",
        capacity=12000,
        category="concert",
        currency="EUR",
        status="active",
        frontend_status="DEFAULT",
        campaign_status="RUNNING",
        client_campaign_status="RUNNING",
        series_ids=("evt_abc124", "7"),
        predicted_sales_share=Decimal("0.71"),
        benchmark=EventBenchmark(Decimal("0.78"), Decimal("0.65"), "above"),
    )


@pytest.mark.parametrize("odd", [None, {}, [], True, "text", -1.5])
def test_only_the_id_of_an_event_is_certain(odd: object) -> None:
    body = {key: odd for key in EVENT if key not in ("id", "title")}
    found = events.event(wire({"id": 90210, "title": None, **body, "extra": odd}))
    assert (found.id, found.title, found.starts_at, found.capacity, found.series_ids) == ("90210", "", None, None, ())
    assert found.benchmark is None


def test_an_event_may_have_nothing_but_an_id() -> None:
    assert events.event({"id": "x"}) == Event(id="x", title="")


def test_an_unknown_enum_value_is_kept_as_it_is() -> None:
    assert events.event(wire({"id": 1, "status": "postponed"})).status == "postponed"


@pytest.mark.parametrize("bad", [None, True, False, 1.5, "", "  ", {}, [], "a\x00b", "\ud800"])
def test_an_id_is_a_number_or_text_and_nothing_else(bad: object) -> None:
    with pytest.raises(Malformed, match="id: expected an id"):
        events.event(wire({"id": bad}))


def test_text_that_a_database_or_a_page_cannot_hold_is_mended() -> None:
    assert events.event({"id": "x", "title": "A\x00 \ud800 👋"}).title == "A ? 👋"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-12T18:30:00Z", datetime(2026, 6, 12, 18, 30, tzinfo=UTC)),
        ("2026-06-12T20:30:00+02:00", datetime(2026, 6, 12, 18, 30, tzinfo=UTC)),
        ("2026-06-12T18:30:00", datetime(2026, 6, 12, 18, 30, tzinfo=UTC)),
        ("2026-06-12T18:30:00.250Z", datetime(2026, 6, 12, 18, 30, 0, 250000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("0001-01-01T12:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("2026-06-12", None),
        ("yesterday", None),
        (1781289000, None),
    ],
)
def test_an_instant_is_utc_or_unknown(text: object, instant: datetime | None) -> None:
    assert events.event({"id": "x", "start_date_time": text}).starts_at == instant


@pytest.mark.parametrize(
    ("payload", "total", "page", "pages"),
    [
        ([EVENT], 1, 1, 1),
        ({"total": 423, "limit": 50, "page": 3, "pages": 9, "nextPage": 4, "prevPage": 2, "items": [EVENT]}, 423, 3, 9),
        ({"total": 423, "items": [EVENT]}, 423, 1, None),
        ({"items": [EVENT]}, None, 1, None),
        ({"total": "423", "page": None, "items": [EVENT]}, 423, 1, None),
        (EVENT, 1, 1, 1),
    ],
)
def test_a_list_comes_in_every_form(payload: object, total: int | None, page: int, pages: int | None) -> None:
    found = events.events(wire(payload))
    assert [event.id for event in found.items] == ["evt_abc123"]
    assert (found.total, found.page, found.pages) == (total, page, pages)


@pytest.mark.parametrize("payload", [[], {"items": []}, {"items": None}])
def test_an_empty_list_is_empty(payload: object) -> None:
    assert events.events(payload).items == ()


@pytest.mark.parametrize(
    "payload", [None, "x", 1, True, {}, {"items": {}}, {"items": "x"}, [None], ["evt_1"], [EVENT, 1]]
)
def test_what_is_no_list_is_malformed(payload: object) -> None:
    with pytest.raises(Malformed):
        events.events(payload)


def test_an_error_names_the_place_and_the_type_but_not_the_value() -> None:
    with pytest.raises(Malformed) as raised:
        events.events({"items": [{"id": 1}, {"id": {"secret": 1}}]})
    assert str(raised.value) == "items[1].id: expected an id, got object"


NUMBERS = [
    (5, Decimal(5)),
    (Decimal("5.10"), Decimal("5.10")),
    ("5.10", Decimal("5.10")),
    (" 7 ", Decimal(7)),
    ("-3", Decimal(-3)),
    ("1e3", Decimal(1000)),
    (0, Decimal(0)),
    (None, None),
    (True, None),
    ("", None),
    ("abc", None),
    ("1_000", None),
    ("١٢", None),
    ("NaN", None),
    ("Infinity", None),
    (Decimal("1e999"), None),
    (Decimal("1e99999999"), None),
    (Decimal("-1e99999999"), None),
    (Decimal("1e-999"), None),
    (10**15, None),
    ([], None),
    ({}, None),
]


@pytest.mark.parametrize(("raw", "number"), NUMBERS)
def test_an_optional_amount_is_exact_or_unknown(raw: object, number: Decimal | None) -> None:
    assert events.event_statistics({"revenue": raw}).revenue == number


@pytest.mark.parametrize(("raw", "number"), NUMBERS)
def test_required_money_is_exact_or_malformed(raw: object, number: Decimal | None) -> None:
    row = {**ROW, "revenue": raw}
    if number is None:
        with pytest.raises(Malformed, match=r"revenue: expected a number"):
            events.adjustments([row])
    else:
        assert events.adjustments([row])[0].revenue == number


@pytest.mark.parametrize(
    ("raw", "count"),
    [(3, 3), (Decimal("3.0"), 3), ("3", 3), (-2, -2), (Decimal("3.5"), None), (True, None), ("x", None)],
)
def test_a_count_is_whole(raw: object, count: int | None) -> None:
    assert events.event_statistics({"purchases": raw}).purchases == count


def test_statistics_are_decoded_and_any_may_be_missing() -> None:
    body = {
        "total": 4,
        "open": 1,
        "running": 2,
        "closed": 1,
        "revenue": 1825400,
        "spent": 112800,
        "roas": 16.18,
        "purchases": 41205,
        "currency": "EUR",
    }
    assert events.events_statistics(wire(body)) == EventsStatistics(
        4, 1, 2, 1, Decimal(1825400), Decimal(112800), Decimal("16.18"), 41205, "EUR"
    )
    assert events.events_statistics({}) == EventsStatistics(None, None, None, None, None, None, None, None, None)
    assert events.campaigns_statistics(wire({"total": 9, "running": 1, "open": 2, "closed": 3, "ignored": 0})) == (
        CampaignsStatistics(9, 1, 2, 3, 0)
    )
    assert events.event_statistics(wire({"revenue": 10, "campaigns": 2, "active": 0, "currency": ""})) == (
        EventStatistics(Decimal(10), None, None, None, None, 2, 0)
    )


def test_clusters_of_an_event_are_decoded() -> None:
    body = {
        "tc_run_id": 42,
        "clusters": [
            {"tc": "family", "label": "Family", "metric_pred": 4.2, "reach_estimate": 184000, "size_share": 0.21},
            {"tc": 7},
        ],
    }
    assert events.clusters(wire(body)) == EventClusters(
        "42",
        (
            EventCluster("family", "Family", Decimal("4.2"), 184000, Decimal("0.21")),
            EventCluster("7", None, None, None, None),
        ),
    )
    assert events.clusters({"clusters": None}) == EventClusters(None, ())


def test_the_demand_curve_comes_in_date_order() -> None:
    body = {
        "sales": [
            {"mapped_date": "2026-05-08", "norm_tickets_sold_current": None, "norm_tickets_sold_avg": 0.5},
            {"mapped_date": "2026-05-01T00:00:00Z", "norm_tickets_sold_current": 0.25},
        ]
    }
    assert events.sales_graph(wire(body)) == (
        SalesPoint(date(2026, 5, 1), Decimal("0.25"), None),
        SalesPoint(date(2026, 5, 8), None, Decimal("0.5")),
    )


@pytest.mark.parametrize(
    ("body", "benchmark"),
    [
        ({"today": 0.42, "prediction": 0.85, "state": "above"}, Benchmark(Decimal(42), Decimal(85), "above")),
        ({"now": 42, "prediction": 85}, Benchmark(Decimal(42), Decimal(85), None)),
        ({"now": 0.9, "prediction": 1.49}, Benchmark(Decimal(90), Decimal(149), None)),
        ({"now": 0.9, "prediction": 1.5}, Benchmark(Decimal("0.9"), Decimal("1.5"), None)),
        ({"today": 1}, Benchmark(Decimal(100), None, None)),
        ({"today": 0, "prediction": 0}, Benchmark(Decimal(0), Decimal(0), None)),
        ({"today": {"value": 0.5}, "prediction": {"value": 0.6}}, Benchmark(Decimal(50), Decimal(60), None)),
        ({}, Benchmark(None, None, None)),
    ],
)
def test_a_benchmark_is_always_percent(body: object, benchmark: Benchmark) -> None:
    assert events.benchmark(wire(body)) == benchmark


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"model": "FD"}, "FD"),
        ("META", "META"),
        ({"model": "NEW"}, "NEW"),
        ({}, None),
        (None, None),
        ({"model": None}, None),
    ],
)
def test_an_events_model_is_its_word_or_none(body: object, model: str | None) -> None:
    assert events.attribution_model(body) == model


@pytest.mark.parametrize("body", [{"model": 3}, {"model": {}}, [], 1])
def test_an_events_model_that_is_set_but_unreadable_is_not_called_unset(body: object) -> None:
    with pytest.raises(Malformed):
        events.attribution_model(body)


# Daily revenue and adjustments.


def test_daily_revenue_is_decoded_in_date_order() -> None:
    later = {"date": "2026-05-03", "revenue": -20, "purchases": -1}
    body = {"currency": "EUR", "daily_revenue": [later, DAY], "manual_adjustments": [ROW]}
    found = events.daily_revenue(wire(body))
    assert found.currency == "EUR"
    assert found.days == (
        DailyRow(date(2026, 5, 1), Decimal("1240.5"), 28, Decimal(410), 9),
        DailyRow(date(2026, 5, 3), Decimal(-20), -1, None, None),
    )
    assert found.adjustments == (ADJUSTMENT,)


@pytest.mark.parametrize("split", [None, "abc", True, {}])
def test_a_missing_split_is_unknown_and_never_zero(split: object) -> None:
    body = {"daily_revenue": [{**DAY, "campaign_revenue": split, "campaign_purchases": split}]}
    (row,) = events.daily_revenue(wire(body)).days
    assert (row.campaign_revenue, row.campaign_purchases) == (None, None)


def test_a_day_that_is_listed_twice_counts_once_with_its_last_row() -> None:
    body = {"daily_revenue": [DAY, {**DAY, "revenue": 99}]}
    assert [row.revenue for row in events.daily_revenue(wire(body)).days] == [Decimal(99)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"daily_revenue": {}},
        {"daily_revenue": [without(DAY, "date")]},
        {"daily_revenue": [without(DAY, "revenue")]},
        {"daily_revenue": [{**DAY, "date": "01.05.2026"}]},
        {"daily_revenue": [{**DAY, "date": "2026-02-30"}]},
        {"daily_revenue": [{**DAY, "revenue": "many"}]},
        {"daily_revenue": [], "manual_adjustments": {}},
    ],
)
def test_daily_revenue_that_would_show_a_wrong_total_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        events.daily_revenue(wire(body))


@pytest.mark.parametrize("body", [{"daily_revenue": None}, {"daily_revenue": [], "manual_adjustments": None}])
def test_no_sales_yet_is_no_error(body: object) -> None:
    found = events.daily_revenue(body)
    assert (found.days, found.adjustments) == ((), ())


@pytest.mark.parametrize("payload", [[ROW], {"items": [ROW]}, ROW, [ROW, {**ROW, "revenue": 1}]])
def test_the_same_adjustment_is_never_counted_twice(payload: object) -> None:
    assert events.adjustments(wire(payload)) == (ADJUSTMENT,)


def test_an_adjustment_may_lack_what_is_not_needed() -> None:
    (row,) = events.adjustments(wire([{"id": 1, "eid": 2, "purchase": "3", "revenue": "4.50", "source": None}]))
    assert row == Adjustment("1", "2", None, 3, Decimal("4.50"), None, None)


@pytest.mark.parametrize("key", ["id", "eid", "purchase", "revenue"])
@pytest.mark.parametrize("bad", [None, {}, True, "x y"])
def test_an_adjustment_without_what_counts_is_malformed(key: str, bad: object) -> None:
    if key in ("id", "eid") and bad == "x y":
        assert len(events.adjustments([{**ROW, key: bad}])) == 1
        return
    with pytest.raises(Malformed):
        events.adjustments([{**ROW, key: bad}])


@pytest.mark.parametrize("answer", [None, {}, [], {"ok": True}, "created", [ROW, {**ROW, "id": 2}], {"id": 1}])
def test_a_created_row_that_is_not_shown_is_no_error(answer: object) -> None:
    assert events.created_adjustment(answer) is None


@pytest.mark.parametrize("answer", [ROW, [ROW], {"items": [ROW]}])
def test_a_created_row_is_decoded(answer: object) -> None:
    assert events.created_adjustment(answer) == ADJUSTMENT


# Campaigns.


def test_a_campaign_is_decoded_and_needs_nothing() -> None:
    found = campaigns.campaigns(wire({"total": 2, "items": [CAMPAIGN, {}]}))
    assert found.total == 2
    assert found.items[0] == Campaign(
        event_id="evt_1",
        tc="a/b",
        tc_run_id="42",
        status="RUNNING",
        creative=Creative("H", "B", "https://elsewhere.example/x.jpg"),
        geo=("Berlin", "7"),
        demographics=("25-40",),
        budget=Decimal(1500),
        start_date=None,
        end_date=date(2026, 6, 12),
        audience_id="99",
        published=True,
    )
    assert found.items[1].creative == Creative(None, None, None)
    assert found.items[1].published is None
    assert campaigns.campaigns(wire([CAMPAIGN])).items == found.items[:1]
    assert campaigns.campaigns(wire(CAMPAIGN)).items == found.items[:1]


@pytest.mark.parametrize(
    "body", [None, {}, {"event_results": {}, "series_results": None}, {"event_results": {"revenue": None}}]
)
def test_no_meta_results_are_none_and_not_zero(body: object) -> None:
    assert campaigns.meta_results(body) == MetaResults(None, None)


def test_meta_results_are_decoded() -> None:
    body = {"event_results": {"revenue": 0, "purchases": 3, "spend": 1.5}, "series_results": {"roas": 2}}
    assert campaigns.meta_results(wire(body)) == MetaResults(
        MetaResult(Decimal(0), 3, Decimal("1.5"), None), MetaResult(None, None, None, Decimal(2))
    )


def test_meta_insights_are_decoded() -> None:
    body = {"impressions": 1000, "clicks": 0, "spend": "12.30"}
    assert campaigns.meta_insights(wire(body)) == MetaInsights(1000, 0, Decimal("12.30"))
    assert campaigns.meta_insights(None).is_empty
    assert campaigns.meta_insights({}).is_empty


@pytest.mark.parametrize(
    ("body", "connected"),
    [
        ({"connected": True}, True),
        ({"connected": False}, False),
        ({"connected": "yes"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_whether_meta_is_connected_may_be_unknown(body: object, connected: bool | None) -> None:
    assert campaigns.meta_connected(body) is connected


# Packages.


def test_packages_are_decoded() -> None:
    (found,) = packages.packages(wire([PACKAGE]))
    assert found == Package(
        id="pkg_555",
        title="Munich shows Q3",
        status="DONE",
        merge_id=None,
        created_at=datetime(2026, 5, 15, 10, 30, tzinfo=UTC),
        events=(PackageEvent("evt_abc", "A"),),
        targeting_mode="lookalike",
        clusters=None,
    )
    assert packages.package({"id": 5}) == Package("5", "", None, None, None, (), None, None)


@pytest.mark.parametrize(("people", "base"), [(1240, 1240), (0, 0), (None, None), (-1, None), ("x", None), (1.5, None)])
def test_a_cluster_without_a_credible_size_has_no_base(people: object, base: int | None) -> None:
    body = {**PACKAGE, "clusters": [{"tc": "a", "label": "A", "customers": people}]}
    assert packages.package(wire(body)).clusters == (PackageCluster("a", "A", base),)


SETTINGS = {
    "backhaul_evaluation_attribution_window": 14,
    "backhaul_evaluation_model": "ALL_PURCHASES",
    "email_sent_date": "2026-06-01",
}


def test_settings_are_decoded_and_sent_back_the_same() -> None:
    found = packages.settings(wire(SETTINGS))
    assert found == AttributionSettings("ALL_PURCHASES", 14, date(2026, 6, 1))
    assert packages.settings_body(found) == SETTINGS


@pytest.mark.parametrize("body", [None, {}, dict.fromkeys(SETTINGS), {"email_sent_date": ""}])
def test_no_settings_are_all_none(body: object) -> None:
    found = packages.settings(body)
    assert found.is_empty
    assert packages.settings_body(found) == {}


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("backhaul_evaluation_attribution_window", "a fortnight"),
        ("backhaul_evaluation_attribution_window", 14.5),
        ("backhaul_evaluation_attribution_window", True),
        ("backhaul_evaluation_model", 3),
        ("backhaul_evaluation_model", ["FD"]),
        ("email_sent_date", "01.06.2026"),
        ("email_sent_date", 20260601),
    ],
)
def test_settings_that_are_set_but_unreadable_are_not_called_unset(key: str, bad: object) -> None:
    with pytest.raises(Malformed):
        packages.settings(wire({**SETTINGS, key: bad}))


def test_a_model_nobody_knows_is_kept() -> None:
    assert packages.settings({"backhaul_evaluation_model": "LOOKALIKES"}).model == "LOOKALIKES"


def test_an_evaluation_is_decoded_in_name_order_with_its_totals() -> None:
    body = {
        "clusters": {
            "german_metal_diehards": {"customers": 132, "items": 287, "purchase": 12915},
            "family_outings_munich": {"customers": 184, "items": 412, "purchase": 18540},
        }
    }
    found = packages.evaluation(wire(body))
    assert found.clusters == (
        ClusterResult("family_outings_munich", 184, 412, Decimal(18540)),
        ClusterResult("german_metal_diehards", 132, 287, Decimal(12915)),
    )
    assert (found.customers, found.items, found.revenue) == (316, 699, Decimal(31455))


@pytest.mark.parametrize("body", [None, {}, {"clusters": None}, {"clusters": {}}, {"clusters": []}])
def test_no_results_yet_are_no_clusters(body: object) -> None:
    assert packages.evaluation(body).clusters == ()


@pytest.mark.parametrize(
    "clusters",
    [
        [{"tc": "a"}],
        "x",
        "",
        0,
        False,
        {"a": None},
        {"a": []},
        {"a": {"customers": 1, "items": 1}},
        {"a": {"customers": None, "items": 1, "purchase": 1}},
        {"a": {"customers": 1, "items": 1.5, "purchase": 1}},
        {"a": {"customers": 1, "items": 1, "purchase": "much"}},
    ],
)
def test_results_that_would_show_a_wrong_total_are_malformed(clusters: object) -> None:
    with pytest.raises(Malformed):
        packages.evaluation(wire({"clusters": clusters}))


# The partner.


def test_a_partner_is_decoded_alone_or_in_an_array_of_one() -> None:
    body = {
        "id": 4711,
        "name": "Acme Concerts",
        "currency": "EUR",
        "demand_prediction": True,
        "campaign_recommendations": False,
        "status": "active",
        "attribution_model_default": "FD",
    }
    partner = PartnerInfo("4711", "Acme Concerts", "EUR", True, False, "active", "FD")
    assert accounts.partner(body) == partner
    assert accounts.partner([body]) == partner
    assert accounts.partner({"id": "x"}) == PartnerInfo("x", "", None, None, None, None, None)


@pytest.mark.parametrize(
    ("raw", "currency"),
    [
        ("EUR", "EUR"),
        ("eur", "EUR"),
        (" JPY ", "JPY"),
        ("€", None),
        ("Euro", None),
        ("EU1", None),
        ("", None),
        (978, None),
    ],
)
def test_a_currency_is_a_code_or_unknown(raw: object, currency: str | None) -> None:
    assert accounts.partner({"id": 1, "currency": raw}).currency == currency
    assert events.event({"id": 1, "currency": raw}).currency == currency
    assert events.daily_revenue({"currency": raw, "daily_revenue": []}).currency == currency


@pytest.mark.parametrize("body", [None, [], [{"id": 1}, {"id": 2}], {}, {"id": None}, "x"])
def test_what_is_not_one_partner_is_malformed(body: object) -> None:
    with pytest.raises(Malformed):
        accounts.partner(body)


# Whatever comes.

DECODERS: list[Callable[[object], object]] = [
    events.event,
    events.events,
    events.events_statistics,
    events.campaigns_statistics,
    events.event_statistics,
    events.clusters,
    events.sales_graph,
    events.benchmark,
    events.attribution_model,
    events.daily_revenue,
    events.adjustments,
    events.created_adjustment,
    campaigns.campaigns,
    campaigns.meta_results,
    campaigns.meta_insights,
    campaigns.meta_connected,
    packages.packages,
    packages.package,
    packages.settings,
    packages.evaluation,
    accounts.partner,
    accounts.signed_in,
    accounts.refreshed,
    accounts.complaint,
]
KEYS = sorted(
    {
        *EVENT,
        *ROW,
        *DAY,
        *PACKAGE,
        *CAMPAIGN,
        *SETTINGS,
        "items",
        "clusters",
        "sales",
        "daily_revenue",
        "today",
        "model",
    }
    | {
        "manual_adjustments",
        "mapped_date",
        "event_results",
        "customers",
        "AccessToken",
        "Challenge",
        "validation_errors",
    }
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=8)
    | st.sampled_from(["2026-05-01", "2026-05-01T10:00:00Z", "12.5", "evt_1"])
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "decode", DECODERS, ids=lambda decode: f"{decode.__module__.rpartition('.')[2]}.{decode.__name__}"
)
@given(body=BODIES)
def test_whatever_comes_is_decoded_or_malformed(decode: Callable[[object], object], body: object) -> None:
    try:
        value = decode(body)
    except Malformed:
        return
    # Shared between threads and requests, so that it must be frozen all the way down.
    hash(value)


@pytest.mark.parametrize("count", [{"total": 2}, {"pages": 2}, {"total": 51, "page": 1, "pages": 2}])
@pytest.mark.parametrize("decode", [events.adjustments, packages.packages])
def test_a_part_of_a_list_is_not_taken_for_the_whole(
    decode: Callable[[object], object], count: dict[str, object]
) -> None:
    """Rows that are missing are taken for deleted, and packages for vanished."""
    row = {"id": "one", "eid": "evt_1", "purchase": 1, "revenue": 1, "title": "One"}
    decode(wire({"total": 1, "page": 1, "pages": 1, "items": [row]}))
    with pytest.raises(Malformed):
        decode(wire({"items": [row], **count}))
