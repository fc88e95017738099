"""What the rows of a list add up to, or why they cannot be added. Pure.

Money is added only where every amount names a currency and it is the same one; ratios of sums only over rows that have
both sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from attribution_portal.wave import card
from attribution_portal.wave.card import Amount, Missing


class NoTotal(StrEnum):
    NOTHING_KNOWN = "nothing-known"
    CURRENCIES_DIFFER = "currencies-differ"
    CURRENCY_MISSING = "currency-missing"
    NOT_THE_SAME_ROWS = "not-the-same-rows"


@dataclass(frozen=True, slots=True)
class Counted:
    """One row. None: not known. `revenue_named` and `spend_named` are all currencies that the platform names for the
    amount; more than one cannot all be right."""

    purchases: int | None
    revenue: Amount
    spend: Amount
    revenue_named: frozenset[str]
    spend_named: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount and how many rows are in it, or why there is none."""

    amount: Amount
    rows: int
    missing: NoTotal | None


@dataclass(frozen=True, slots=True)
class Totals:
    """`purchases` is None when no row has any. `roas`: a value, or one of the two reasons."""

    purchases: int | None
    revenue: Sum
    spend: Sum
    roas: Decimal | None
    roas_missing: NoTotal | Missing | None


def totals(rows: Sequence[Counted]) -> Totals:
    counts = [row.purchases for row in rows if row.purchases is not None]
    revenue = _sum((row.revenue, row.revenue_named) for row in rows)
    spend = _sum((row.spend, row.spend_named) for row in rows)
    roas, why = _roas(rows, revenue, spend)
    return Totals(sum(counts) if counts else None, revenue, spend, roas, why)


def _sum(amounts: Iterable[tuple[Amount, frozenset[str]]]) -> Sum:
    known = [(amount, amount.value, named) for amount, named in amounts if amount.value is not None]
    if not known:
        return Sum(Amount(None, None), 0, NoTotal.NOTHING_KNOWN)
    if not all(named for _amount, _value, named in known):
        return Sum(Amount(None, None), 0, NoTotal.CURRENCY_MISSING)
    if len(frozenset().union(*(named for _amount, _value, named in known))) > 1:
        return Sum(Amount(None, None), 0, NoTotal.CURRENCIES_DIFFER)
    total = sum((value for _amount, value, _named in known), Decimal(0))
    return Sum(Amount(total, known[0][0].currency), len(known), None)


def _roas(rows: Sequence[Counted], revenue: Sum, spend: Sum) -> tuple[Decimal | None, NoTotal | Missing | None]:
    for part in (revenue, spend):
        if part.missing is not None:
            return None, part.missing
    if any((row.revenue.value is None) != (row.spend.value is None) for row in rows):
        return None, NoTotal.NOT_THE_SAME_ROWS
    ratio = card.roas(revenue=revenue.amount, spend=spend.amount)
    return ratio.value, ratio.missing
