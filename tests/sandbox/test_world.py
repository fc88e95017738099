"""The data: the same for the same day, true to its ledger, and telling its stories."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.packages import Settings, evaluate
from attribution_portal.sandbox.world import ACME, KLEINKUNST, NORDLICHT, SAKURA, World, build

from .conftest import TODAY, Platform

WORLD = build(TODAY)
EVENTS = [(partner, eid) for partner, tenant in WORLD.items() for eid in tenant.events]
READABLE = [pair for pair in EVENTS if pair[0] != KLEINKUNST]
PACKAGES = [(partner, package) for partner, tenant in WORLD.items() for package in tenant.packages]
MODELS = ("EVENTS_FROM_PACKAGE", "EVENT_SERIES", "ALL_PURCHASES")


def spelled(world: World) -> list[object]:
    return [
        [tenant.profile, tenant.results]
        + [asdict(event) for event in tenant.events.values()]
        + [asdict(package) for package in tenant.packages.values()]
        for tenant in world.values()
    ]


def test_it_builds_the_same_world_for_the_same_day() -> None:
    assert spelled(build.__wrapped__(TODAY)) == spelled(build.__wrapped__(TODAY))


def test_it_builds_around_any_day() -> None:
    leap = build.__wrapped__(date(2028, 2, 29))
    assert leap[ACME].events["evt_closed"].starts_at.date() == date(2028, 2, 18)
    assert leap[ACME].events.keys() == WORLD[ACME].events.keys()


def test_it_holds_the_partners_with_their_events_and_packages() -> None:
    sizes = {partner: (len(tenant.events), len(tenant.packages)) for partner, tenant in WORLD.items()}
    assert sizes == {ACME: (61, 18), SAKURA: (12, 4), NORDLICHT: (8, 2), KLEINKUNST: (3, 0)}


def test_every_partner_name_says_demo() -> None:
    assert all(str(tenant.profile["name"]).endswith(" (demo)") for tenant in WORLD.values())


@pytest.mark.parametrize(("partner", "eid"), READABLE)
def test_the_daily_series_sums_to_the_ledger(platform: Platform, box: Sandbox, partner: str, eid: str) -> None:
    rows = platform.daily(eid, partner=partner)["daily_revenue"]
    assert sum((Decimal(str(row["revenue"])) for row in rows), Decimal(0)) == box.ledger_revenue(partner, eid)
    assert sum(row["purchases"] for row in rows) == box.ledger_purchases(partner, eid)
    assert [row["date"] for row in rows] == sorted({row["date"] for row in rows})


@pytest.mark.parametrize(("partner", "eid"), EVENTS)
def test_days_end_today_and_the_campaign_part_fits_into_the_day(partner: str, eid: str) -> None:
    event = WORLD[partner].events[eid]
    for day in event.days:
        assert day.date <= TODAY
        if day.campaign_revenue is None:
            assert day.campaign_purchases is None
        elif day.revenue >= 0:
            assert 0 <= day.campaign_revenue <= day.revenue
            assert day.campaign_purchases is not None
            assert 0 <= day.campaign_purchases <= day.purchases
    assert sum(day.tickets for day in event.days) <= event.capacity


def test_yen_have_no_decimals() -> None:
    sakura = WORLD[SAKURA]
    amounts = [day.revenue for event in sakura.events.values() for day in event.days]
    amounts += [purchase.amount for package in sakura.packages.values() for purchase in package.ledger]
    assert all(amount == amount.to_integral_value() for amount in amounts)


def test_the_stories_are_told() -> None:
    events = WORLD[ACME].events
    spike = events["evt_spike"].days
    assert spike[0].revenue > 8 * spike[10].revenue
    soldout = events["evt_soldout"]
    assert sum(day.tickets for day in soldout.days) == soldout.capacity
    assert soldout.days[-1].date < TODAY - timedelta(days=30)
    refund = {day.date: day.revenue for day in events["evt_refund"].days}
    assert refund[TODAY - timedelta(days=9)] == Decimal("-18420.50")
    assert all(day.campaign_revenue is None for day in events["evt_nosplit"].days)
    unsplit = [day.campaign_revenue is None for day in events["evt_partsplit"].days]
    assert any(unsplit)
    assert not all(unsplit)
    assert {day.date.weekday() for day in events["evt_gaps"].days} == {1, 2, 3, 4, 5}
    assert len(events["evt_year"].days) == 400
    assert len(events["evt_long"].title) == 300
    assert events["evt_slow"].sold < events["evt_slow"].benchmark / 2
    assert events["evt_plain"].campaigns == ()
    assert events["evt_announced"].days == ()
    assert {package.status for package in WORLD[ACME].packages.values()} == {
        "INITIALIZING",
        "INPROGRESS",
        "DONE",
        "FAILED",
        "EXPIRED",
    }


def test_the_closed_campaign_has_four_adjustments_around_midnight_in_berlin() -> None:
    rows = [row for row in WORLD[ACME].results if row.eid == "evt_closed"]
    assert sorted(str(row.source) for row in rows) == ["automated", "automated", "manual", "manual"]
    assert sum(row.purchase for row in rows) == 222
    assert sum(row.revenue for row in rows) == Decimal("9990.90")
    local = [row.created_at.astimezone(ZoneInfo("Europe/Berlin")) for row in rows]
    assert any(there.date() != row.created_at.date() for there, row in zip(local, rows, strict=True))


settings_models = st.sampled_from(PACKAGES)
windows = st.integers(1, 365)
sent_days = st.integers(-200, 5)


@given(chosen=settings_models, window=windows, sent=sent_days)
def test_models_nest(chosen: tuple[str, str], window: int, sent: int) -> None:
    package = WORLD[chosen[0]].packages[chosen[1]]
    day = TODAY + timedelta(days=sent)
    narrow, middle, wide = (evaluate(package, Settings(model, window, day), as_of=TODAY) for model in MODELS)
    for tc in narrow:
        for small, large in ((narrow[tc], middle[tc]), (middle[tc], wide[tc])):
            assert small.customers <= large.customers
            assert small.items <= large.items
            assert small.revenue <= large.revenue


@given(chosen=settings_models, windows=st.tuples(windows, windows), sent=sent_days, model=st.sampled_from(MODELS))
def test_longer_windows_and_later_days_never_hold_less(
    chosen: tuple[str, str], windows: tuple[int, int], sent: int, model: str
) -> None:
    package = WORLD[chosen[0]].packages[chosen[1]]
    day = TODAY + timedelta(days=sent)
    short, long = (evaluate(package, Settings(model, window, day), as_of=TODAY) for window in sorted(windows))
    later = evaluate(package, Settings(model, max(windows), day), as_of=TODAY + timedelta(days=20))
    for tc in short:
        for small, large in ((short[tc], long[tc]), (long[tc], later[tc])):
            assert small.customers <= large.customers
            assert small.items <= large.items
            assert small.revenue <= large.revenue


def test_models_and_windows_tell_the_main_package_apart(box: Sandbox) -> None:
    sent = TODAY - timedelta(days=8)
    totals = [
        sum(row.revenue for row in box.evaluation_truth(ACME, "pkg_main", Settings(model, window, sent)).values())
        for model, window in ((MODELS[0], 3), (MODELS[0], 14), (MODELS[1], 14), (MODELS[2], 14))
    ]
    assert totals == sorted(set(totals))


def test_one_package_has_more_customers_than_people() -> None:
    package = WORLD[ACME].packages["pkg_oversize"]
    assert package.own is not None
    totals = evaluate(package, package.own, as_of=TODAY)
    too_small = [segment for segment in package.segments if (segment.size or 0) < totals[segment.tc].customers]
    assert len(too_small) == 1
