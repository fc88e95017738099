"""Results under different models, held against each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, permutations
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.charts import comparison
from attribution_portal.charts.comparison import Result
from attribution_portal.formats import Reader

EN = Reader("en", ZoneInfo("Europe/Berlin"), lambda text: text, lambda one, many, n: one if n == 1 else many)
NOW = datetime(2026, 6, 20, 10, tzinfo=UTC)
PACKAGE = Result(
    id="1",
    model="EVENTS_FROM_PACKAGE",
    model_name="Events from the package",
    window=14,
    window_words="14 days",
    sent=date(2026, 6, 1),
    customers=100,
    items=200,
    revenue=Decimal(5000),
    read_at=NOW,
    is_complete=True,
    is_sure=True,
)
SERIES = replace(
    PACKAGE, id="2", model="EVENT_SERIES", model_name="Event series", customers=120, items=240, revenue=Decimal(6000)
)
EVERYTHING = replace(
    PACKAGE, id="3", model="ALL_PURCHASES", model_name="All purchases", customers=150, items=300, revenue=Decimal(9000)
)


def test_the_range_over_the_models_of_the_same_days_is_said() -> None:
    assert comparison.range_words([EVERYTHING, PACKAGE, SERIES], "EUR", EN) == (
        "14 days from 1 June 2026: €5,000 to €9,000, 100 to 150 customers, by model (Events from the package, "
        "Event series and All purchases).",
    )
    assert comparison.range_words([PACKAGE, replace(SERIES, window=21)], "EUR", EN) == ()


def test_the_table_begins_with_the_newest_mailing_and_the_narrowest_model() -> None:
    older = replace(EVERYTHING, id="4", sent=date(2026, 5, 1))
    unset = replace(EVERYTHING, id="5", sent=None, window=None)
    for order in permutations([EVERYTHING, older, PACKAGE, unset, SERIES]):
        assert [row.id for row in comparison.table(order, "EUR", EN).rows] == ["1", "2", "3", "4", "5"]


def test_what_is_nested_breaks_nothing() -> None:
    assert comparison.breaks([EVERYTHING, SERIES, PACKAGE]) == ()
    assert comparison.breaks([PACKAGE, replace(SERIES, customers=100, items=200, revenue=Decimal(5000))]) == ()


def test_a_narrower_model_with_more_is_flagged_with_what_it_has_more_of() -> None:
    (found,) = comparison.breaks([EVERYTHING, replace(PACKAGE, customers=151, revenue=Decimal("9000.01"))])
    assert (found.measures, found.excused) == (("customers", "revenue"), False)
    assert comparison.break_words(found, EN) == (
        "“Events from the package” has more customers and revenue than “All purchases” over the same 14 days from "
        "1 June 2026. That cannot be: whatever the narrower model counts, the wider one counts as well. Ask the "
        "platform before you rely on either."
    )
    table = comparison.table([EVERYTHING, replace(PACKAGE, customers=151)], "EUR", EN)
    assert [row.cells[0].note for row in table.rows] == ["does not fit with another model"] * 2


def test_a_wider_result_that_was_read_before_its_window_closed_may_have_grown() -> None:
    early = replace(EVERYTHING, customers=50, read_at=NOW - timedelta(days=9), is_complete=False)
    (found,) = comparison.breaks([early, PACKAGE])
    assert found.excused
    assert "“All purchases” was last read on 11 Jun 2026, 12:00, before its window closed" in comparison.break_words(
        found, EN
    )
    assert all(not row.cells[0].note for row in comparison.table([early, PACKAGE], "EUR", EN).rows)
    # Read later than the narrower one, it has no excuse.
    (found,) = comparison.breaks([replace(early, read_at=NOW), PACKAGE])
    assert not found.excused


def test_only_equal_windows_and_dates_of_known_models_that_are_sure_are_held_against_each_other() -> None:
    more = replace(PACKAGE, customers=999)
    for other in (
        replace(EVERYTHING, window=21),
        replace(EVERYTHING, sent=date(2026, 6, 2)),
        replace(EVERYTHING, model="BY_MOON"),
        replace(EVERYTHING, is_sure=False),
    ):
        assert comparison.breaks([more, other]) == ()
    assert comparison.breaks([replace(more, sent=None), replace(EVERYTHING, sent=None)]) == ()


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=3, max_size=3))
def test_nothing_is_flagged_exactly_when_every_narrower_model_has_at_most_as_much(
    counts: list[tuple[int, int, int]],
) -> None:
    results = [
        replace(each, customers=customers, items=items, revenue=Decimal(revenue))
        for each, (customers, items, revenue) in zip((PACKAGE, SERIES, EVERYTHING), counts, strict=True)
    ]
    nested = all(a <= b for one, two in pairwise(counts) for a, b in zip(one, two, strict=True))
    assert (comparison.breaks(results) == ()) == nested
