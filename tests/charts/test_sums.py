"""Whatever way an event's sales are cut, moved or layered, they sum to the same; all of it in Decimal, to the cent."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.adjustments.rows import AdjustmentRow, merge
from attribution_portal.adjustments.tables import marks
from attribution_portal.charts import revenue
from attribution_portal.charts.revenue import Compared, SeenAdjustment
from attribution_portal.charts.sales import Totals, totals
from attribution_portal.formats import Reader
from attribution_portal.periods import GRANULARITIES, By, Counterpart, Period, beside, laid_over, previous, year_before
from attribution_portal.platform_api.payloads import Adjustment, DailyRow

EN = Reader("en", ZoneInfo("UTC"), lambda text: text, lambda one, many, n: one if n == 1 else many)
FIRST, LAST = date(2024, 2, 1), date(2024, 12, 31)
ZONES = ("Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "UTC")

cents = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=2)
days_of_2024 = st.dates(FIRST, LAST)
rows_of_days = st.dictionaries(days_of_2024, st.tuples(cents, st.integers(0, 10**6)), max_size=12).map(
    lambda found: tuple(DailyRow(day, amount, count, None, None) for day, (amount, count) in sorted(found.items()))
)
instants = st.integers(0, 328 * 86_400).map(lambda n: datetime(2024, 2, 3, tzinfo=UTC) + timedelta(seconds=n))
adjustments = st.lists(
    st.tuples(instants | st.none(), cents, st.integers(0, 10**6), st.sampled_from(["automated", "manual", "x", None])),
    max_size=12,
).map(
    lambda found: tuple(
        Adjustment(f"cr_{n}", "evt_1", "partner-id-acme", count, amount, created, source)
        for n, (created, amount, count, source) in enumerate(found)
    )
)
YEAR = Period(FIRST, LAST)


def merged(found: tuple[Adjustment, ...], zone: str = "UTC") -> tuple[AdjustmentRow, ...]:
    return merge(partner_id="partner-id-acme", event_id="evt_1", daily=found, results=found, zone=ZoneInfo(zone)).rows


def seen(found: tuple[Adjustment, ...], zone: str = "UTC") -> tuple[SeenAdjustment, ...]:
    return marks(merge(partner_id="partner-id-acme", event_id="evt_1", daily=found, results=found, zone=ZoneInfo(zone)))


def summed(days: tuple[DailyRow, ...], found: tuple[SeenAdjustment, ...], period: Period) -> Totals:
    return totals(days=days, adjustments=found, period=period)


def line(sums: Totals, layers: frozenset[str], metric: revenue.Metric = "revenue") -> str:
    return revenue.total_line(totals=sums, metric=metric, layers=layers, currency=None, reader=EN)


@given(rows_of_days, adjustments, days_of_2024)
def test_two_halves_of_a_period_sum_to_the_whole(
    days: tuple[DailyRow, ...], found: tuple[Adjustment, ...], cut: date
) -> None:
    pieces = [Period(FIRST, cut)] + ([Period(cut + timedelta(days=1), LAST)] if cut < LAST else [])
    drawn = seen(found)
    whole, parts = summed(days, drawn, YEAR), [summed(days, drawn, piece) for piece in pieces]
    assert whole.revenue == sum(part.revenue for part in parts)
    assert whole.purchases == sum(part.purchases or 0 for part in parts)
    assert whole.adjusted().revenue == sum(part.adjusted().revenue for part in parts)
    assert whole.days == sum(part.days for part in parts)


@given(rows_of_days, adjustments)
def test_the_adjusted_total_is_measured_plus_adjustments_exactly(
    days: tuple[DailyRow, ...], found: tuple[Adjustment, ...]
) -> None:
    sums = summed(days, seen(found), YEAR)
    dated = [row for row in found if row.created_at is not None]
    expected = sum((row.revenue for row in days), Decimal(0)) + sum((row.revenue for row in dated), Decimal(0))
    told = line(sums, frozenset(revenue.LAYERS))
    amount = re.sub(r"[^\d.\-]", "", told.split(": ")[0].replace("\N{MINUS SIGN}", "-").replace(",", ""))
    assert Decimal(amount) == expected


@given(rows_of_days, adjustments)
def test_the_order_of_layers_and_rows_changes_nothing(
    days: tuple[DailyRow, ...], found: tuple[Adjustment, ...]
) -> None:
    told = {
        line(summed(tuple(reversed(days)), tuple(reversed(seen(found))), YEAR), frozenset(layers))
        for layers in itertools.permutations(revenue.LAYERS)
    }
    assert told == {line(summed(days, seen(found), YEAR), frozenset(revenue.LAYERS))}


@given(adjustments, st.sampled_from(ZONES))
def test_a_zone_moves_rows_to_other_days_and_loses_none(found: tuple[Adjustment, ...], zone: str) -> None:
    """Also in the nights in which the clocks change, where an hour comes twice or never."""
    assert summed((), seen(found, zone), YEAR).adjusted() == summed((), seen(found), YEAR).adjusted()
    for row in merged(found, zone):
        if row.created_at is not None:
            assert row.day == row.created_at.astimezone(ZoneInfo(zone)).date()


def _counterparts(period: Period) -> list[Counterpart]:
    return [
        laid_over(period, previous(period)),
        year_before(period),
        beside(period, day=date(2024, 12, 1), other_day=date(2024, 10, 1)),
        beside(period, day=date(2024, 6, 1), other_day=date(2025, 6, 1)),
    ]


@given(days_of_2024, st.integers(0, 200), st.integers(0, 3))
def test_each_day_of_a_counterpart_has_its_place_in_the_period(start: date, length: int, which: int) -> None:
    period = Period(start, start + timedelta(days=length))
    other = _counterparts(period)[which]
    days = [other.period.start + timedelta(days=n) for n in range(other.period.days)]
    places = [max(other.onto(day), period.start) for day in days]
    assert all(place in period for place in places)
    assert places == sorted(places)
    # Nothing but 29 February shares its place, or has none to be compared with.
    assert len(places) - len(set(places)) <= 1
    assert abs(other.period.days - period.days) <= 1
    if which == 0:
        assert [day.weekday() for day in days] == [place.weekday() for place in places]


@given(rows_of_days, rows_of_days, st.sampled_from(GRANULARITIES), st.sampled_from(["revenue", "purchases"]))
def test_a_comparison_has_one_sum_and_touches_no_other(
    days: tuple[DailyRow, ...], others: tuple[DailyRow, ...], by: By, metric: revenue.Metric
) -> None:
    def drawn(compared: Compared | None) -> revenue.Chart:
        return revenue.chart(
            days=days,
            adjustments=(),
            period=YEAR,
            by=by,
            metric=metric,
            layers=frozenset({"measured"}),
            bands=(),
            event_day=None,
            today=LAST + timedelta(days=1),
            currency=None,
            reader=EN,
            compared=compared,
        )

    chart, alone = drawn(Compared("Others", others)), drawn(None)
    assert chart.figure["data"][:-1] == alone.figure["data"]
    index = [column.key for column in chart.table.columns].index("compared")
    parts = [Decimal(row.cells[index].raw) for row in chart.table.rows if row.cells[index].raw]
    expected = sum((row.revenue if metric == "revenue" else Decimal(row.purchases or 0) for row in others), Decimal(0))
    assert chart.table.totals is not None
    assert sum(parts, Decimal(0)) == Decimal(chart.table.totals.cells[index].raw or 0) == expected
    assert [tuple(cell for at, cell in enumerate(row.cells) if at != index) for row in chart.table.rows] == [
        row.cells for row in alone.table.rows
    ]
