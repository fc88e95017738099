"""What to consider before an adjustment is created: warnings, which the person may overrule, never refusals.

Pure: no clock, no HTTP, no database. Each check answers `fine`, `warns` or `unknown`; unknown is not fine, it says that
something needed for the check is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from attribution_portal.adjustments.rows import AUTOMATED, AdjustmentRow

# How far back an equal or an automated row may be about the same sales.
WINDOW: Final = timedelta(days=7)
# A purchase that is this many times dearer or cheaper than the event's average wants a second look.
FAR: Final = 3


class Check(StrEnum):
    """The value stands in forms: what a person has seen and confirmed."""

    EQUAL_UNDER_WAY = "equal-under-way"
    EQUAL_ROW = "equal-row"
    AUTOMATED_SAME_DAYS = "automated-same-days"
    OVER_CAPACITY = "over-capacity"
    ODD_AVERAGE = "odd-average"
    OVER_MEASURED = "over-measured"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to. `left`: places left; `each`, `usual`: money per purchase, proposed and measured; `total`,
    `measured`: money; `row`: the row that it is about."""

    check: Check
    verdict: Literal["fine", "warns", "unknown"]
    row: AdjustmentRow | None = None
    left: int | None = None
    each: Decimal | None = None
    usual: Decimal | None = None
    total: Decimal | None = None
    measured: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An adjustment that does not exist yet; it would be recorded `today`, a day of the partner's."""

    purchases: int
    revenue: Decimal
    today: date


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the event. rows: its adjustments as just read. equal_under_way: an equal one was sent, and its
    outcome is not known yet.

    capacity: places. sold: measured purchases. measured: measured revenue, None as well where it is in another
    currency than adjustments: nothing is compared across currencies.
    """

    rows: tuple[AdjustmentRow, ...]
    capacity: int | None
    sold: int | None
    measured: Decimal | None
    equal_under_way: bool = False


def examine(proposal: Proposal, known: Known) -> tuple[Finding, ...]:
    """Every check, in the order in which a person should read them."""
    return (
        Finding(Check.EQUAL_UNDER_WAY, "warns" if known.equal_under_way else "fine"),
        _equal_row(proposal, known),
        _automated(proposal, known),
        _capacity(proposal, known),
        _average(proposal, known),
        _measured(proposal, known),
    )


def equal_rows(proposal: Proposal, rows: Iterable[AdjustmentRow]) -> tuple[AdjustmentRow, ...]:
    return tuple(row for row in rows if (row.purchases, row.revenue) == (proposal.purchases, proposal.revenue))


def _equal_row(proposal: Proposal, known: Known) -> Finding:
    """A row whose day is not told may be a recent one."""
    for row in equal_rows(proposal, known.rows):
        if row.day is None or abs(proposal.today - row.day) <= WINDOW:
            return Finding(Check.EQUAL_ROW, "warns", row=row)
    return Finding(Check.EQUAL_ROW, "fine")


def _automated(proposal: Proposal, known: Known) -> Finding:
    """Rows carry no sales dates. One that the platform's job recorded lately may cover the days that somebody now
    enters by hand."""
    automated = [row for row in known.rows if row.source == AUTOMATED]
    for row in automated:
        if row.day is not None and abs(proposal.today - row.day) <= WINDOW:
            return Finding(Check.AUTOMATED_SAME_DAYS, "warns", row=row)
    undated = any(row.day is None for row in automated)
    return Finding(Check.AUTOMATED_SAME_DAYS, "unknown" if undated else "fine")


def _capacity(proposal: Proposal, known: Known) -> Finding:
    """A purchase holds at least one ticket, so purchases alone may already exceed the places that are left."""
    if known.capacity is None or known.sold is None:
        # More than the whole house is too much whatever was sold.
        if known.capacity is not None and proposal.purchases > known.capacity:
            return Finding(Check.OVER_CAPACITY, "warns", left=known.capacity)
        return Finding(Check.OVER_CAPACITY, "unknown")
    left = max(known.capacity - known.sold, 0)
    return Finding(Check.OVER_CAPACITY, "warns" if proposal.purchases > left else "fine", left=left)


def _average(proposal: Proposal, known: Known) -> Finding:
    sold, measured = known.sold or 0, known.measured or Decimal(0)
    # Days of refunds may outweigh all others: that is no average to go by.
    if not proposal.purchases or sold <= 0 or measured <= 0:
        return Finding(Check.ODD_AVERAGE, "unknown")
    each, usual = proposal.revenue / proposal.purchases, measured / sold
    odd = each > usual * FAR or each * FAR < usual
    return Finding(Check.ODD_AVERAGE, "warns" if odd else "fine", each=each, usual=usual)


def _measured(proposal: Proposal, known: Known) -> Finding:
    total = sum((row.revenue for row in known.rows), proposal.revenue)
    if known.measured is None:
        return Finding(Check.OVER_MEASURED, "unknown", total=total)
    over = total > known.measured
    return Finding(Check.OVER_MEASURED, "warns" if over else "fine", total=total, measured=known.measured)
