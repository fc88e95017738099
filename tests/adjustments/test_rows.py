from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.adjustments.rows import Adjustments, Answer, SourceTotal, merge
from attribution_portal.platform_api.errors import NotPermitted, Unavailable
from attribution_portal.platform_api.payloads import Adjustment

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2026, 6, 13, 8, tzinfo=UTC)


def adjustment(
    row_id: str,
    *,
    purchases: int = 10,
    revenue: str = "100",
    created_at: datetime | None = MORNING,
    source: str | None = "automated",
    event_id: str = "evt_1",
    partner_id: str | None = "partner-id-acme",
) -> Adjustment:
    return Adjustment(
        id=row_id,
        event_id=event_id,
        partner_id=partner_id,
        purchases=purchases,
        revenue=Decimal(revenue),
        created_at=created_at,
        source=source,
    )


def merged(*, daily: Answer = (), results: Answer = (), zone: ZoneInfo = BERLIN) -> Adjustments:
    return merge(partner_id="partner-id-acme", event_id="evt_1", daily=daily, results=results, zone=zone)


def test_an_id_that_arrives_both_ways_counts_once() -> None:
    row = adjustment("cr_1", purchases=147, revenue="6615")
    both = merged(daily=(row,), results=(row,))
    assert (both.purchases, both.revenue) == (147, Decimal(6615))
    assert [r.seen_in for r in both.rows] == [frozenset({"daily", "results"})]
    assert not both.rows[0].one_way


def test_an_id_that_is_repeated_within_one_answer_counts_once() -> None:
    row = adjustment("cr_1")
    assert merged(results=(row, row, row)).revenue == 100


def test_a_row_that_only_one_answer_knows_is_shown_and_marked() -> None:
    both = merged(daily=(adjustment("cr_1"),), results=(adjustment("cr_2"),))
    assert {r.id: (set(r.seen_in), r.one_way) for r in both.rows} == {
        "cr_1": ({"daily"}, True),
        "cr_2": ({"results"}, True),
    }


def test_a_row_is_not_marked_when_the_other_way_did_not_answer() -> None:
    refused = NotPermitted(endpoint="GET /campaign_results/", status=403)
    only = merged(daily=(adjustment("cr_1"),), results=refused)
    assert not only.rows[0].one_way
    assert not only.results_permitted
    assert only.results_error is refused


def test_an_outage_of_campaign_results_is_not_a_lack_of_permission() -> None:
    down = Unavailable(endpoint="GET /campaign_results/")
    only = merged(daily=(adjustment("cr_1"),), results=down)
    assert only.results_permitted
    assert only.results_error is down


def test_both_ways_down_is_known_by_both_errors() -> None:
    down = Unavailable(endpoint="GET /campaign_results/")
    nothing = merged(daily=down, results=down)
    assert (nothing.rows, nothing.daily_error, nothing.results_error) == ((), down, down)


def test_where_the_two_disagree_campaign_results_win_and_the_row_says_so() -> None:
    both = merged(daily=(adjustment("cr_1", revenue="90"),), results=(adjustment("cr_1", revenue="100"),))
    assert both.revenue == 100
    assert both.rows[0].conflicting


def test_within_one_answer_the_first_row_wins_and_the_row_says_so() -> None:
    first = merged(results=(adjustment("cr_1", purchases=1), adjustment("cr_1", purchases=2)))
    assert first.purchases == 1
    assert first.rows[0].conflicting


def test_equal_amounts_written_differently_are_no_conflict() -> None:
    both = merged(daily=(adjustment("cr_1", revenue="100.00"),), results=(adjustment("cr_1", revenue="1E+2"),))
    assert not both.rows[0].conflicting


def test_rows_of_another_tenant_or_event_are_left_out_and_counted() -> None:
    both = merged(
        daily=(adjustment("cr_1"), adjustment("cr_2", partner_id="partner-id-sakura")),
        results=(adjustment("cr_3", event_id="evt_2"), adjustment("cr_4", partner_id="fd4711")),
    )
    assert [r.id for r in both.rows] == ["cr_1"]
    assert both.revenue == 100
    assert both.left_out == 3


def test_a_row_that_one_way_names_for_somebody_else_is_not_taken_from_the_other_way() -> None:
    both = merged(
        daily=(adjustment("cr_1", partner_id=None), adjustment("cr_2", partner_id="partner-id-sakura")),
        results=(adjustment("cr_1", partner_id="partner-id-sakura"), adjustment("cr_2", partner_id="17")),
    )
    assert (both.rows, both.by_source, both.left_out) == ((), (), 2)


def test_a_missing_or_numeric_partner_contradicts_nothing() -> None:
    both = merged(results=(adjustment("cr_1", partner_id=None), adjustment("cr_2", partner_id="17")))
    assert {r.id for r in both.rows} == {"cr_1", "cr_2"}
    assert both.left_out == 0


def test_the_day_is_the_partners_own() -> None:
    late = adjustment("cr_1", created_at=datetime(2026, 6, 12, 22, 30, tzinfo=UTC))
    assert merged(results=(late,)).rows[0].day == date(2026, 6, 13)
    assert merged(results=(late,), zone=ZoneInfo("America/New_York")).rows[0].day == date(2026, 6, 12)


def test_rows_are_newest_first_and_those_without_an_instant_last() -> None:
    both = merged(
        results=(
            adjustment("cr_old", created_at=MORNING - timedelta(days=1)),
            adjustment("cr_undated", created_at=None),
            adjustment("cr_new"),
            adjustment("cr_also_new"),
        )
    )
    assert [r.id for r in both.rows] == ["cr_also_new", "cr_new", "cr_old", "cr_undated"]
    assert both.rows[-1].day is None


def test_totals_by_source_come_in_a_fixed_order() -> None:
    both = merged(
        results=(
            adjustment("cr_1", source=None, revenue="1"),
            adjustment("cr_2", source="import", revenue="2"),
            adjustment("cr_3", source="manual", revenue="4"),
            adjustment("cr_4", source="automated", revenue="8"),
            adjustment("cr_5", source="manual", revenue="16"),
        )
    )
    assert both.by_source == (
        SourceTotal("automated", 10, Decimal(8), 1),
        SourceTotal("manual", 20, Decimal(20), 2),
        SourceTotal("import", 10, Decimal(2), 1),
        SourceTotal(None, 10, Decimal(1), 1),
    )


rows = st.builds(
    adjustment,
    st.sampled_from([f"cr_{n}" for n in range(6)]),
    purchases=st.integers(0, 10**6),
    revenue=st.decimals(-(10**9), 10**12, places=3).map(str),
    created_at=st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    source=st.sampled_from(["automated", "manual", "import", None]),
)
answers = st.lists(rows, max_size=12).map(tuple)


@given(daily=answers, results=answers)
def test_every_id_is_there_once_and_every_sum_is_the_sum_of_the_rows(
    daily: tuple[Adjustment, ...], results: tuple[Adjustment, ...]
) -> None:
    both = merged(daily=daily, results=results)
    assert sorted(r.id for r in both.rows) == sorted({a.id for a in daily + results})
    assert both.revenue == sum((r.revenue for r in both.rows), Decimal(0))
    assert both.purchases == sum(r.purchases for r in both.rows)
    assert sum(t.count for t in both.by_source) == len(both.rows)


@given(answer=answers)
def test_the_same_answer_twice_is_the_same_as_once(answer: tuple[Adjustment, ...]) -> None:
    once, twice = merged(results=answer), merged(results=answer, daily=answer)
    assert once.by_source == twice.by_source
    assert [r.id for r in once.rows] == [r.id for r in twice.rows]


@given(daily=answers, results=answers)
def test_totals_do_not_depend_on_the_zone(daily: tuple[Adjustment, ...], results: tuple[Adjustment, ...]) -> None:
    tokyo = merged(daily=daily, results=results, zone=ZoneInfo("Asia/Tokyo"))
    assert tokyo.by_source == merged(daily=daily, results=results).by_source
