"""What is considered before an adjustment is created, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from attribution_portal.adjustments.guard import Check, Finding, Known, Proposal, examine
from attribution_portal.adjustments.rows import AdjustmentRow

TODAY = date(2026, 6, 15)
PROPOSAL = Proposal(10, Decimal(500), TODAY)


def row(purchases: int, revenue: str, *, days_ago: int | None, source: str | None = "manual") -> AdjustmentRow:
    day = None if days_ago is None else TODAY - timedelta(days=days_ago)
    moment = None if day is None else datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return AdjustmentRow("cr_1", purchases, Decimal(revenue), moment, day, source, frozenset({"results"}))


def known(
    *rows: AdjustmentRow,
    capacity: int | None = 1000,
    sold: int | None = 400,
    measured: str | None = "20000",
    under_way: bool = False,
) -> Known:
    return Known(rows, capacity, sold, None if measured is None else Decimal(measured), under_way)


def finding(check: Check, facts: Known, proposal: Proposal = PROPOSAL) -> Finding:
    (found,) = [each for each in examine(proposal, facts) if each.check is check]
    return found


def test_an_ordinary_adjustment_meets_no_objection() -> None:
    assert {each.verdict for each in examine(PROPOSAL, known())} == {"fine"}


def test_every_check_answers_once_and_always() -> None:
    nothing = known(capacity=None, sold=None, measured=None)
    assert [each.check for each in examine(PROPOSAL, nothing)] == list(Check)


@pytest.mark.parametrize(("under_way", "verdict"), [(True, "warns"), (False, "fine")])
def test_an_equal_one_under_way(under_way: bool, verdict: str) -> None:
    assert finding(Check.EQUAL_UNDER_WAY, known(under_way=under_way)).verdict == verdict


@pytest.mark.parametrize(
    ("purchases", "revenue", "days_ago", "source", "verdict"),
    [
        (10, "500", 0, "manual", "warns"),
        (10, "500.00", 7, "manual", "warns"),
        (10, "500", 8, "manual", "fine"),
        (10, "500", None, "manual", "warns"),
        (10, "500", 1, "automated", "warns"),
        (10, "500", 1, None, "warns"),
        (10, "500.01", 1, "manual", "fine"),
        (11, "500", 1, "manual", "fine"),
    ],
)
def test_an_equal_row_of_the_last_seven_days(
    purchases: int, revenue: str, days_ago: int | None, source: str | None, verdict: str
) -> None:
    equal = row(purchases, revenue, days_ago=days_ago, source=source)
    found = finding(Check.EQUAL_ROW, known(equal))
    assert found.verdict == verdict
    assert found.row == (equal if verdict == "warns" else None)


@pytest.mark.parametrize(
    ("days_ago", "source", "verdict"),
    [
        (0, "automated", "warns"),
        (7, "automated", "warns"),
        (8, "automated", "fine"),
        (None, "automated", "unknown"),
        (0, "manual", "fine"),
        (0, "imported", "fine"),
        (0, None, "fine"),
    ],
)
def test_an_automated_row_of_the_same_days(days_ago: int | None, source: str | None, verdict: str) -> None:
    assert finding(Check.AUTOMATED_SAME_DAYS, known(row(1, "1", days_ago=days_ago, source=source))).verdict == verdict


@pytest.mark.parametrize(
    ("capacity", "sold", "verdict", "left"),
    [
        (1000, 400, "fine", 600),
        (410, 400, "fine", 10),
        (409, 400, "warns", 9),
        (400, 400, "warns", 0),
        (300, 400, "warns", 0),
        (0, 0, "warns", 0),
        (None, 400, "unknown", None),
        (1000, None, "unknown", None),
        (9, None, "warns", 9),
        (None, None, "unknown", None),
    ],
)
def test_more_purchases_than_places(capacity: int | None, sold: int | None, verdict: str, left: int | None) -> None:
    found = finding(Check.OVER_CAPACITY, known(capacity=capacity, sold=sold))
    assert (found.verdict, found.left) == (verdict, left)


@pytest.mark.parametrize(
    ("purchases", "revenue", "verdict"),
    [
        (10, "500", "fine"),
        (10, "1500", "fine"),
        (10, "1500.01", "warns"),
        (10, "166.67", "fine"),
        (10, "166.66", "warns"),
        (10, "0", "warns"),
        (0, "500", "unknown"),
    ],
)
def test_revenue_per_purchase_far_from_the_events(purchases: int, revenue: str, verdict: str) -> None:
    found = finding(Check.ODD_AVERAGE, known(), Proposal(purchases, Decimal(revenue), TODAY))
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("sold", "measured"), [(None, "20000"), (0, "0"), (400, None), (400, "0"), (400, "-5"), (-3, "90")]
)
def test_without_a_measured_average_there_is_nothing_to_compare(sold: int | None, measured: str | None) -> None:
    assert finding(Check.ODD_AVERAGE, known(sold=sold, measured=measured)).verdict == "unknown"


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [("600", "fine"), ("599.99", "warns"), ("-20", "warns"), (None, "unknown")],
)
def test_adjustments_above_the_measured_revenue(measured: str | None, verdict: str) -> None:
    found = finding(Check.OVER_MEASURED, known(row(1, "100", days_ago=30), measured=measured))
    assert (found.verdict, found.total) == (verdict, Decimal(600))
