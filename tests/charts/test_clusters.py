from __future__ import annotations

import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.charts import clusters
from attribution_portal.charts.clusters import ClusterRow
from attribution_portal.formats import Reader

EN = Reader("en", ZoneInfo("Europe/Berlin"), lambda text: text, lambda one, many, n: one if n == 1 else many)
METAL = ClusterRow("german_metal_diehards", "German metal diehards", 132, 287, Decimal(12915), 1100)
FAMILY = ClusterRow("family_outings_munich", "Family outings, Munich area", 184, 412, Decimal(18540), 1240)


def draw(*rows, currency="EUR"):
    return clusters.chart(clusters=rows, currency=currency, reader=EN)


def cells(chart, row_id):
    keys = [column.key for column in chart.table.columns]
    found = next(each for each in (*chart.table.rows, chart.table.totals) if each.id == row_id)
    return dict(zip(keys, found.cells, strict=True))


def test_it_draws_revenue_by_cluster_the_largest_first():
    chart = draw(METAL, FAMILY)
    (bars,) = chart.figure["data"]
    assert bars["y"] == ["family_outings_munich", "german_metal_diehards"]
    assert bars["x"] == [18540.0, 12915.0]
    assert bars["meta"] == {"role": "cluster"}
    assert bars["customdata"][0] == ["Family outings, Munich area", "€18,540.00"]
    assert chart.figure["layout"]["yaxis"]["ticktext"] == ["Family outings,<br>Munich area", "German metal<br>diehards"]


def test_the_table_has_what_each_cluster_brought():
    shown = {key: (cell.shown, cell.raw) for key, cell in cells(draw(METAL, FAMILY), "german_metal_diehards").items()}
    assert shown == {
        "cluster": ("German metal diehards", None),
        "customers": ("132", "132"),
        "items": ("287", "287"),
        "revenue": ("€12,915.00", "12915"),
        "revenue_per_customer": ("€97.84", "97.84"),
        "share": ("41.1%", "0.410587"),
        "rate": ("12.0%", "0.12"),
        "interval": ("10.2% to 14.1%", None),
    }


def test_totals_are_the_sums_and_customers_an_upper_bound():
    totals = cells(draw(METAL, FAMILY), "totals")
    assert [totals[key].raw for key in ("customers", "items", "revenue", "share")] == ["316", "699", "31455", "1"]
    assert totals["customers"].note == "at most: a person may be in two clusters"
    assert (totals["rate"].raw, totals["revenue_per_customer"].raw) == ("", "")


def test_the_summary_names_the_cluster_that_brought_most():
    assert draw(METAL, FAMILY).summary == (
        "2 clusters: at most 316 customers, 699 items, €31,455. "
        "Family outings, Munich area brought the most, €18,540 (58.9% of it)."
    )
    assert draw(METAL).summary == "1 cluster: at most 132 customers, 287 items, €12,915."


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        (None, "size of the cluster not known"),
        (0, "nobody is in the cluster"),
        (131, "more customers than people in the cluster"),
    ],
)
def test_without_a_base_that_holds_there_is_no_rate(base, reason):
    row = ClusterRow("a", None, 132, 1, Decimal(1), base)
    shown = cells(draw(row), "a")
    assert (shown["rate"].shown, shown["rate"].raw, shown["rate"].note) == ("—", "", reason)
    assert shown["interval"].shown == "—"


def test_a_share_needs_a_total_and_a_mean_needs_customers():
    shown = cells(draw(ClusterRow("a", None, 0, 0, Decimal(0), 10)), "a")
    assert (shown["share"].raw, shown["revenue_per_customer"].raw, shown["rate"].raw) == ("", "", "0")
    refunded = cells(draw(ClusterRow("a", None, 2, 2, Decimal(-10), 10)), "a")
    assert (refunded["share"].raw, refunded["revenue"].shown) == ("", "−€10.00")


def test_rates_that_cannot_be_told_apart_are_said_to_be_so():
    small = ClusterRow("s", "Small", 2, 2, Decimal(1), 12)
    assert clusters.comparison_note((METAL, FAMILY, small), EN) == (
        "Small has the highest rate, 16.7%, but it cannot be told apart from Family outings, Munich area and "
        "German metal diehards: the 95% intervals overlap."
    )
    best = ClusterRow("b", "Best", 600, 1, Decimal(1), 1200)
    assert clusters.comparison_note((METAL, best), EN) == (
        "Best has the highest rate, 50.0%: its 95% interval overlaps no other cluster's."
    )


def test_one_rate_is_compared_with_nothing():
    assert clusters.comparison_note((METAL, ClusterRow("x", None, 1, 1, Decimal(1), None)), EN) == ""


def test_markup_in_a_name_is_text_and_long_names_are_cut_on_the_axis_only():
    name = '<a href="x">Family & friends</a> of the old town hall in Munich'
    chart = draw(ClusterRow("a", name, 1, 1, Decimal(1), None))
    assert chart.figure["layout"]["yaxis"]["ticktext"] == ['&lt;a href="x"&gt;Family<br>&amp; friend…']
    assert chart.figure["data"][0]["customdata"][0][0] == (
        '&lt;a href="x"&gt;Family &amp; friends&lt;/a&gt; of the old town hall in Munich'
    )
    assert cells(chart, "a")["cluster"].shown == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Kölsche Nächte", "Kölsche Nächte"),
        ("Sixteen letters.", "Sixteen letters."),
        ("Jazz & soul, late evenings", "Jazz &amp; soul,<br>late evenings"),
        ("classical_subscribers", "classical_<br>subscribers"),
        ("Donaudampfschifffahrt", "Donaudampfschifffahrt"),
    ],
)
def test_long_names_take_two_lines_so_that_amounts_have_room_on_a_phone(name, shown):
    chart = draw(ClusterRow("a", name, 1, 1, Decimal(1), None))
    assert chart.figure["layout"]["yaxis"]["ticktext"] == [shown]


def test_clusters_with_the_same_name_keep_their_own_bars():
    chart = draw(*(ClusterRow(tc, "Same", 1, 1, Decimal(1), None) for tc in "ab"))
    assert chart.figure["data"][0]["y"] == ["a", "b"]


def test_many_clusters_share_a_last_bar_and_all_stand_in_the_table():
    rows = [ClusterRow(f"tc{n:02}", None, 1, 1, Decimal(100 - n), None) for n in range(40)]
    chart = draw(*rows)
    (bars,) = chart.figure["data"]
    assert len(bars["x"]) == 16
    assert bars["customdata"][-1] == ["25 more clusters", "€1,825.00"]
    assert len(chart.table.rows) == 40
    assert chart.figure["layout"]["height"] == 600


def test_no_results_yet_is_said():
    chart = draw()
    assert (chart.table.rows, chart.table.totals) == ((), None)
    assert chart.summary == "There are no results by cluster yet."
    assert go.Figure(chart.figure)


def test_yen_have_no_decimals():
    assert cells(draw(METAL, currency="JPY"), "german_metal_diehards")["revenue_per_customer"].shown == "¥98"


results = st.lists(
    st.builds(
        ClusterRow,
        tc=st.text(min_size=1, max_size=20),
        label=st.none() | st.text(max_size=60),
        customers=st.integers(0, 10**6),
        items=st.integers(0, 10**6),
        revenue=st.decimals(min_value=-(10**6), max_value=10**12, places=2),
        base=st.none() | st.integers(-1, 10**6),
    ),
    max_size=25,
    unique_by=lambda each: each.tc,
)


@given(results)
def test_bars_and_table_have_the_sum_of_the_clusters(rows):
    chart = draw(*rows)
    total = sum((each.revenue for each in rows), Decimal(0))
    assert sum((Decimal(repr(x)) for x in chart.figure["data"][0]["x"]), Decimal(0)) == total
    assert sum((Decimal(each.cells[3].raw) for each in chart.table.rows), Decimal(0)) == total
    assert go.Figure(chart.figure)
    assert json.dumps(chart.figure, allow_nan=False)
    assert clusters.comparison_note(rows, EN) or sum(each.rate is not None for each in rows) < 2


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("-revenue", ["family", "metal", "unsized"]),
        ("revenue", ["unsized", "metal", "family"]),
        ("share", ["unsized", "metal", "family"]),
        ("-customers", ["metal", "unsized", "family"]),
        ("items", ["unsized", "family", "metal"]),
        ("cluster", ["family", "metal", "unsized"]),
        ("-cluster", ["unsized", "metal", "family"]),
        ("-revenue_per_customer", ["metal", "unsized", "family"]),
        ("rate", ["metal", "family", "unsized"]),
        ("-rate", ["metal", "family", "unsized"]),
        ("nonsense", ["family", "metal", "unsized"]),
    ],
)
def test_the_table_is_sorted_by_any_column_and_what_is_not_known_comes_last(order, expected):
    rows = (
        ClusterRow("metal", "Metal", 10, 9, Decimal(500), 100),
        ClusterRow("family", "Families", 0, 5, Decimal(900), None),
        ClusterRow("unsized", None, 5, 1, Decimal(100), None),
    )
    parsed = clusters.Order.parse(order)
    chart = clusters.chart(clusters=rows, currency="EUR", reader=EN, order=parsed, link=lambda other: f"?sort={other}")
    assert [row.id for row in chart.table.rows] == expected
    assert chart.figure["data"][0]["y"] == ["family", "metal", "unsized"]
    heads = {column.key: (column.href, column.sorted) for column in chart.table.columns}
    assert heads["interval"] == (None, None)
    (sorted_by,) = [key for key, (_, way) in heads.items() if way]
    assert sorted_by == parsed.key
    assert heads["customers"][0] == ("?sort=customers" if order == "-customers" else "?sort=-customers")


def test_a_cluster_that_the_package_does_not_list_says_so():
    row = ClusterRow("stray", None, 1, 1, Decimal(1), None, listed=False)
    assert cells(draw(row), "stray")["cluster"].note == "not among the clusters that the package lists"


@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=4),
            st.integers(-5, 5),
            st.integers(-5, 5),
            st.one_of(st.none(), st.integers(-1, 9)),
        ),
        unique_by=lambda each: each[0],
    ),
    st.sampled_from([f"{sign}{key}" for key in clusters.SORTS for sign in ("", "-")]),
)
def test_no_order_loses_a_cluster_or_changes_a_sum(given_rows, order):
    rows = tuple(ClusterRow(tc, None, count, count, Decimal(money), base) for tc, count, money, base in given_rows)
    chart = clusters.chart(clusters=rows, currency="EUR", reader=EN, order=clusters.Order.parse(order))
    assert sorted(row.id for row in chart.table.rows) == sorted(row.tc for row in rows)
    if rows:
        total = dict(zip([column.key for column in chart.table.columns], chart.table.totals.cells, strict=True))
        assert Decimal(total["revenue"].raw) == sum(row.revenue for row in rows)
        assert Decimal(total["customers"].raw) == sum(row.customers for row in rows)
        assert sum(chart.figure["data"][0]["x"]) == sum(row.revenue for row in rows)
