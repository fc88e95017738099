"""What rows of the campaigns list add up to, and when they do not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from attribution_portal.wave.card import Amount, Missing
from attribution_portal.wave.overview.totals import Counted, NoTotal, totals

EUR, USD, NONE = frozenset({"EUR"}), frozenset({"USD"}), frozenset[str]()


def row(revenue: str | None, spend: str | None, *, purchases: int | None = 1, named: frozenset[str] = EUR) -> Counted:
    currency = min(named, default=None)
    return Counted(
        purchases=None if revenue is None else purchases,
        revenue=Amount(None if revenue is None else Decimal(revenue), currency),
        spend=Amount(None if spend is None else Decimal(spend), currency),
        revenue_named=named,
        spend_named=named,
    )


@pytest.mark.parametrize(
    ("rows", "purchases", "revenue", "spend", "roas"),
    [
        ((row("100.10", "50"), row("0.20", "0")), 2, "100.30", "50", "2.006"),
        ((row("100", None), row(None, None)), 1, "100", NoTotal.NOTHING_KNOWN, NoTotal.NOTHING_KNOWN),
        ((row("100", "10"), row(None, "10")), 1, "100", "20", NoTotal.NOT_THE_SAME_ROWS),
        ((row("100", "10"), row("100", None)), 2, "200", "10", NoTotal.NOT_THE_SAME_ROWS),
        ((row("100", "0"),), 1, "100", "0", Missing.SPEND_ZERO),
        ((row("100", "10"), row("5", "1", named=USD)), 2, *[NoTotal.CURRENCIES_DIFFER] * 3),
        ((row("100", "10", named=EUR | USD),), 1, *[NoTotal.CURRENCIES_DIFFER] * 3),
        ((row("100", "10"), row("5", "1", named=NONE)), 2, *[NoTotal.CURRENCY_MISSING] * 3),
        ((row("100", "10", named=NONE),), 1, *[NoTotal.CURRENCY_MISSING] * 3),
        ((row("100", "10"), row(None, None, named=USD)), 1, "100", "10", "10"),
        ((row("-40", "10"), row("10", "10")), 2, "-30", "20", "-1.5"),
        ((), None, *[NoTotal.NOTHING_KNOWN] * 3),
        ((row(None, None),), None, *[NoTotal.NOTHING_KNOWN] * 3),
        ((row("1e12", "1"), row("0.01", "1")), 2, "1000000000000.01", "2", "500000000000"),
    ],
)
def test_only_what_is_known_and_in_one_currency_is_added(
    rows: tuple[Counted, ...],
    purchases: int | None,
    revenue: str | NoTotal,
    spend: str | NoTotal,
    roas: str | NoTotal | Missing,
) -> None:
    found = totals(rows)
    assert found.purchases == purchases
    for wanted, value, missing in (
        (revenue, found.revenue.amount.value, found.revenue.missing),
        (spend, found.spend.amount.value, found.spend.missing),
        (roas, found.roas, found.roas_missing),
    ):
        if isinstance(wanted, NoTotal | Missing):
            assert (value, missing) == (None, wanted)
        else:
            assert (value, missing) == (Decimal(wanted), None)
