from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.platform_api.payloads import Adjustment, MetaInsights, MetaResult
from attribution_portal.wave import card, figures
from attribution_portal.wave.card import Amount, Missing, Quotient

EUR = "EUR"
MORNING = datetime(2026, 6, 13, 8, tzinfo=UTC)
EVENING = datetime(2026, 6, 14, 20, 30, tzinfo=UTC)


def row(
    row_id: str,
    purchases: int,
    revenue: str,
    source: str | None = "automated",
    created_at: datetime | None = MORNING,
) -> Adjustment:
    return Adjustment(
        id=row_id,
        event_id="evt_1",
        partner_id="partner-id-acme",
        purchases=purchases,
        revenue=Decimal(revenue),
        created_at=created_at,
        source=source,
    )


def merged(*results: Adjustment, daily: tuple[Adjustment, ...] | None = None) -> Adjustments:
    return merge(
        partner_id="partner-id-acme",
        event_id="evt_1",
        daily=daily,
        results=results,
        zone=ZoneInfo("Europe/Berlin"),
    )


def test_it_sums_rows_in_total_and_by_source() -> None:
    made = card.card(
        adjustments=merged(
            row("cr_1", 147, "6615"),
            row("cr_2", 3, "120.50", "manual", EVENING),
            row("cr_3", 2, "64.50", None, None),
            row("cr_4", 10, "400"),
        ),
        currency=EUR,
        spend=Amount(Decimal("450"), EUR),
        sales=Amount(Decimal("14400"), EUR),
    )
    assert made.purchases == 162
    assert made.revenue == Amount(Decimal("7200.00"), EUR)
    assert made.average_value == Quotient(Decimal("44.4444444444"), None)
    assert made.roas == Quotient(Decimal("16"), None)
    assert made.cost_per_purchase == Quotient(Decimal("2.77777777778"), None)
    assert made.share == Quotient(Decimal("0.5"), None)
    assert made.last_at == EVENING
    assert [(s.source, s.count, s.purchases, s.revenue, s.last_at) for s in made.sources] == [
        ("automated", 2, 157, Decimal("7015"), MORNING),
        ("manual", 1, 3, Decimal("120.50"), EVENING),
        (None, 1, 2, Decimal("64.50"), None),
    ]
    assert sum(source.purchases for source in made.sources) == made.purchases
    assert sum(source.revenue for source in made.sources) == made.revenue.value


def test_it_counts_a_row_that_came_by_two_ways_once() -> None:
    both = merged(row("cr_1", 147, "6615"), daily=(row("cr_1", 147, "6615"), row("cr_2", 1, "45")))
    made = card.card(adjustments=both, currency=EUR, spend=Amount(None, EUR), sales=Amount(None, EUR))
    assert (made.purchases, made.revenue.value) == (148, Decimal("6660"))


@pytest.mark.parametrize("spend", [None, Decimal(0), Decimal("120")])
def test_it_knows_nothing_rather_than_zero_without_rows(spend: Decimal | None) -> None:
    made = card.card(adjustments=merged(), currency=EUR, spend=Amount(spend, EUR), sales=Amount(None, EUR))
    assert made.purchases is None
    assert made.revenue == Amount(None, EUR)
    assert made.average_value == Quotient(None, Missing.NO_RESULTS)
    assert made.roas == Quotient(None, Missing.REVENUE_UNKNOWN)
    assert made.cost_per_purchase == Quotient(None, Missing.NO_RESULTS)
    assert made.share == Quotient(None, Missing.NO_RESULTS)
    assert made.sources == ()
    assert made.last_at is None


def test_rows_of_nothing_are_zero_and_not_unknown() -> None:
    made = card.card(
        adjustments=merged(row("cr_1", 0, "0")),
        currency=EUR,
        spend=Amount(Decimal(5), EUR),
        sales=Amount(Decimal(50), EUR),
    )
    assert (made.purchases, made.revenue.value) == (0, Decimal(0))
    assert made.average_value == Quotient(None, Missing.NO_PURCHASES)
    assert made.roas == Quotient(Decimal(0), None)
    assert made.cost_per_purchase == Quotient(None, Missing.NO_PURCHASES)


REVENUES = (None, Decimal("-90"), Decimal(0), Decimal("300"))
SPENDS = (None, Decimal("-10"), Decimal(0), Decimal("120"))
CURRENCIES = (None, "EUR", "JPY")


def expected_roas(
    revenue: Decimal | None, revenue_currency: str | None, spend: Decimal | None, spend_currency: str | None
) -> Quotient:
    """The rule as a table, written independently of the code."""
    if revenue is None:
        return Quotient(None, Missing.REVENUE_UNKNOWN)
    refusals = {
        None: Missing.SPEND_UNKNOWN,
        Decimal(0): Missing.SPEND_ZERO,
        Decimal("-10"): Missing.SPEND_NEGATIVE,
    }
    if spend in refusals:
        return Quotient(None, refusals[spend])
    if revenue_currency == spend_currency:
        return Quotient(
            {Decimal("-90"): Decimal("-0.75"), Decimal(0): Decimal(0), Decimal(300): Decimal("2.5")}[revenue],
            None,
        )
    if None in (revenue_currency, spend_currency):
        return Quotient(None, Missing.CURRENCY_UNKNOWN)
    return Quotient(None, Missing.OTHER_CURRENCY)


@pytest.mark.parametrize(
    ("revenue", "revenue_currency", "spend", "spend_currency"),
    list(product(REVENUES, CURRENCIES, SPENDS, CURRENCIES)),
)
def test_it_gives_a_ratio_or_the_reason_for_none(
    revenue: Decimal | None, revenue_currency: str | None, spend: Decimal | None, spend_currency: str | None
) -> None:
    made = card.roas(revenue=Amount(revenue, revenue_currency), spend=Amount(spend, spend_currency))
    assert made == expected_roas(revenue, revenue_currency, spend, spend_currency)
    assert (made.value is None) != (made.missing is None)


@pytest.mark.parametrize(
    ("revenue", "purchases", "expected"),
    [
        (None, None, Quotient(None, Missing.NO_RESULTS)),
        (None, 3, Quotient(None, Missing.NO_RESULTS)),
        (Decimal(90), None, Quotient(None, Missing.NO_RESULTS)),
        (Decimal(90), 0, Quotient(None, Missing.NO_PURCHASES)),
        (Decimal(90), -1, Quotient(None, Missing.NO_PURCHASES)),
        (Decimal(0), 3, Quotient(Decimal(0), None)),
        (Decimal("-90"), 3, Quotient(Decimal(-30), None)),
        (Decimal(6615), 147, Quotient(Decimal(45), None)),
        (Decimal(100), 3, Quotient(Decimal("33.3333333333"), None)),
    ],
)
def test_an_average_needs_revenue_and_purchases(
    revenue: Decimal | None, purchases: int | None, expected: Quotient
) -> None:
    assert card.average_value(revenue=revenue, purchases=purchases) == expected


@pytest.mark.parametrize(
    ("spend", "purchases", "expected"),
    [
        (None, None, Quotient(None, Missing.NO_RESULTS)),
        (Decimal(10), None, Quotient(None, Missing.NO_RESULTS)),
        (None, 4, Quotient(None, Missing.SPEND_UNKNOWN)),
        (None, 0, Quotient(None, Missing.SPEND_UNKNOWN)),
        (Decimal(-1), 4, Quotient(None, Missing.SPEND_NEGATIVE)),
        (Decimal(0), 4, Quotient(Decimal(0), None)),
        (Decimal(10), 0, Quotient(None, Missing.NO_PURCHASES)),
        (Decimal(10), 4, Quotient(Decimal("2.5"), None)),
    ],
)
def test_a_cost_per_purchase_needs_spend_and_purchases(
    spend: Decimal | None, purchases: int | None, expected: Quotient
) -> None:
    assert card.cost_per_purchase(spend=spend, purchases=purchases) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (MetaResult(None, None, None, None), Quotient(None, Missing.REVENUE_UNKNOWN)),
        (MetaResult(None, 4, Decimal(10), None), Quotient(None, Missing.REVENUE_UNKNOWN)),
        (MetaResult(Decimal(30), 4, None, None), Quotient(None, Missing.SPEND_UNKNOWN)),
        (MetaResult(Decimal(30), 4, Decimal(0), None), Quotient(None, Missing.SPEND_ZERO)),
        (MetaResult(Decimal(30), 4, Decimal(10), None), Quotient(Decimal(3), None)),
        (MetaResult(Decimal(30), 4, Decimal(10), Decimal("2.9")), Quotient(Decimal("2.9"), None)),
        (MetaResult(None, None, None, Decimal("2.9")), Quotient(Decimal("2.9"), None)),
    ],
)
def test_metas_own_ratio_stands_as_meta_states_it(result: MetaResult, expected: Quotient) -> None:
    assert card.meta_roas(result) == expected


IMPRESSIONS = (None, 0, 4000)
CLICKS = (None, 0, 50)
META_SPENDS = (None, Decimal(-1), Decimal(0), Decimal(25))


@pytest.mark.parametrize(("impressions", "clicks", "spend"), list(product(IMPRESSIONS, CLICKS, META_SPENDS)))
def test_delivery_needs_both_sides_of_each_ratio(
    impressions: int | None, clicks: int | None, spend: Decimal | None
) -> None:
    made = card.delivery(MetaInsights(impressions=impressions, clicks=clicks, spend=spend))

    if impressions is None:
        ctr = Quotient(None, Missing.IMPRESSIONS_UNKNOWN)
    elif clicks is None:
        ctr = Quotient(None, Missing.CLICKS_UNKNOWN)
    elif impressions == 0:
        ctr = Quotient(None, Missing.NO_IMPRESSIONS)
    else:
        ctr = Quotient({0: Decimal(0), 50: Decimal("0.0125")}[clicks], None)
    assert made.ctr == ctr

    if spend is None:
        cpc = Quotient(None, Missing.SPEND_UNKNOWN)
    elif clicks is None:
        cpc = Quotient(None, Missing.CLICKS_UNKNOWN)
    elif spend < 0:
        cpc = Quotient(None, Missing.SPEND_NEGATIVE)
    elif clicks == 0:
        cpc = Quotient(None, Missing.NO_CLICKS)
    else:
        cpc = Quotient(spend / 50, None)
    assert made.cpc == cpc


def test_an_absurdly_long_amount_does_not_break_the_ratio() -> None:
    made = card.roas(revenue=Amount(Decimal("1e308"), EUR), spend=Amount(Decimal("0.01"), EUR))
    assert made.value == Decimal("1e310")


@pytest.mark.parametrize(
    ("statuses", "running"),
    [
        ((), False),
        ((None,), False),
        (("open", "CLOSED", "PAUSED", "COMPLETED", "IGNORED"), False),
        (("RUNNING AGROUND",), False),
        (("CLOSED", "RUNNING"), True),
        ((None, "running"), True),
    ],
)
def test_only_delivery_counts_as_running(statuses: tuple[str | None, ...], running: bool) -> None:
    assert card.is_running(statuses) is running


SALES = (None, Decimal("-50"), Decimal(0), Decimal("600"))


def expected_share(
    revenue: Decimal | None, revenue_currency: str | None, sales: Decimal | None, sales_currency: str | None
) -> Quotient:
    """The rule as a table, written independently of the code."""
    if revenue is None:
        return Quotient(None, Missing.NO_RESULTS)
    refusals = {None: Missing.SALES_UNKNOWN, Decimal(0): Missing.SALES_ZERO, Decimal("-50"): Missing.SALES_NEGATIVE}
    if sales in refusals:
        return Quotient(None, refusals[sales])
    if revenue_currency == sales_currency:
        return {
            Decimal("-90"): Quotient(None, Missing.REVENUE_NEGATIVE),
            Decimal(0): Quotient(Decimal(0), None),
            Decimal(300): Quotient(Decimal("0.5"), None),
        }[revenue]
    if None in (revenue_currency, sales_currency):
        return Quotient(None, Missing.SALES_CURRENCY_UNKNOWN)
    return Quotient(None, Missing.SALES_OTHER_CURRENCY)


@pytest.mark.parametrize(
    ("revenue", "revenue_currency", "sales", "sales_currency"), list(product(REVENUES, CURRENCIES, SALES, CURRENCIES))
)
def test_it_gives_a_share_of_the_sales_or_the_reason_for_none(
    revenue: Decimal | None, revenue_currency: str | None, sales: Decimal | None, sales_currency: str | None
) -> None:
    made = card.share(revenue=Amount(revenue, revenue_currency), sales=Amount(sales, sales_currency))
    assert made == expected_share(revenue, revenue_currency, sales, sales_currency)


@pytest.mark.parametrize(
    ("counted", "spend", "sales"),
    list(product((None, 0, 3), (None, Decimal(0), Decimal(30)), (None, Decimal(0), Decimal(600)))),
)
def test_a_card_has_a_number_or_a_reason_for_each_combination_of_what_is_known(
    counted: int | None, spend: Decimal | None, sales: Decimal | None
) -> None:
    rows = () if counted is None else (row("cr_1", counted, str(counted * 40)),)
    made = card.card(adjustments=merged(*rows), currency=EUR, spend=Amount(spend, EUR), sales=Amount(sales, EUR))
    revenue = None if counted is None else Decimal(counted * 40)
    assert (made.purchases, made.revenue.value) == (counted, revenue)
    assert (made.average_value.value is None) == (not counted)
    assert (made.roas.value is None) == (revenue is None or not spend)
    assert (made.cost_per_purchase.value is None) == (spend is None or not counted)
    assert (made.share.value is None) == (revenue is None or not sales)
    for quotient in (made.average_value, made.roas, made.cost_per_purchase, made.share):
        assert (quotient.value is None) != (quotient.missing is None)


def test_every_reason_has_its_words() -> None:
    assert set(figures.WHY) == set(Missing)


@pytest.mark.parametrize(
    ("revenue", "expected"),
    [
        ("600", Quotient(Decimal(1), None)),
        ("600.01", Quotient(None, Missing.SALES_EXCEEDED)),
        ("1e300", Quotient(None, Missing.SALES_EXCEEDED)),
    ],
)
def test_more_than_the_whole_is_no_share_of_it(revenue: str, expected: Quotient) -> None:
    assert card.share(revenue=Amount(Decimal(revenue), EUR), sales=Amount(Decimal(600), EUR)) == expected
