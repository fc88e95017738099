from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.charts import revenue
from attribution_portal.charts.revenue import Band, SeenAdjustment
from attribution_portal.formats import Reader
from attribution_portal.periods import GRANULARITIES, Period
from attribution_portal.platform_api.payloads import DailyRow

EN = Reader("en", ZoneInfo("Europe/Berlin"), lambda text: text, lambda one, many, n: one if n == 1 else many)
DE = replace(EN, locale="de")
ALL = frozenset(revenue.LAYERS)
TODAY = date(2026, 7, 20)
JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))

SPLIT = (
    DailyRow(date(2026, 5, 31), Decimal(999), 9, Decimal(99), 1),
    DailyRow(date(2026, 6, 1), Decimal("1240.5"), 28, Decimal(410), 9),
    DailyRow(date(2026, 6, 2), Decimal(-80), 0, Decimal(0), 0),
    DailyRow(date(2026, 6, 4), Decimal(500), 10, Decimal(500), 10),
    DailyRow(date(2026, 6, 30), Decimal(0), 0, Decimal(0), 0),
    DailyRow(date(2026, 7, 1), Decimal(999), 9, Decimal(99), 1),
)
ADJUSTMENTS = (
    SeenAdjustment("cr_1", date(2026, 6, 13), 147, Decimal(6615), "automated", "#adjustment-cr_1"),
    SeenAdjustment("cr_2", date(2026, 6, 13), 47, Decimal(2585), "manual", "#adjustment-cr_2"),
    SeenAdjustment("cr_3", date(2026, 6, 2), 3, Decimal(30), "import<b>", "#adjustment-cr_3"),
    SeenAdjustment("cr_4", date(2026, 7, 1), 9, Decimal(999), "automated", "#adjustment-cr_4"),
    SeenAdjustment("cr_5", None, 1, Decimal(1), "manual", "#adjustment-cr_5"),
)


def draw(days=SPLIT, adjustments=ADJUSTMENTS, **changes):
    asked = {
        "period": JUNE,
        "by": "day",
        "metric": "revenue",
        "layers": ALL,
        "bands": (),
        "event_day": None,
        "today": TODAY,
        "currency": "EUR",
        "reader": EN,
        **changes,
    }
    return revenue.chart(days=days, adjustments=adjustments, **asked)


def traces(chart):
    return {trace["meta"]["role"]: trace for trace in chart.figure["data"]}


def points(trace):
    return {x: y for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None}


def row(chart, row_id):
    keys = [column.key for column in chart.table.columns]
    found = next(each for each in (*chart.table.rows, chart.table.totals) if each.id == row_id)
    return dict(zip(keys, found.cells, strict=True))


def raws(chart, row_id):
    return {key: cell.raw for key, cell in row(chart, row_id).items() if key != "bucket"}


def bars(chart):
    return sum(
        (Decimal(repr(y)) for trace in chart.figure["data"] if trace["type"] == "bar" for y in points(trace).values()),
        Decimal(0),
    )


def test_it_stacks_campaign_and_organic_when_every_day_is_split():
    chart = draw()
    drawn = traces(chart)
    assert list(drawn) == ["campaign", "organic", "automated", "manual", "other"]
    assert points(drawn["campaign"]) == {
        "2026-06-01": 410.0, "2026-06-02": 0.0, "2026-06-04": 500.0, "2026-06-30": 0.0,
    }  # fmt: skip
    assert points(drawn["organic"]) == {
        "2026-06-01": 830.5, "2026-06-02": -80.0, "2026-06-04": 0.0, "2026-06-30": 0.0,
    }  # fmt: skip
    assert chart.figure["layout"]["barmode"] == "relative"
    assert len(drawn["campaign"]["x"]) == 30
    assert drawn["campaign"]["customdata"][0] == ["1 June 2026", "€410.00"]
    assert drawn["campaign"]["customdata"][2] is None


def test_a_day_that_the_platform_does_not_have_is_a_gap_and_a_zero_is_a_zero():
    chart = draw()
    assert raws(chart, "2026-06-03") == dict.fromkeys(
        ("revenue", "purchases", "campaign", "organic", "adjustments"), ""
    )
    assert row(chart, "2026-06-03")["revenue"].shown == "—"
    assert raws(chart, "2026-06-30")["revenue"] == "0"
    assert row(chart, "2026-06-30")["revenue"].shown == "€0.00"


def test_table_summary_and_totals_say_the_same():
    chart = draw()
    sums = revenue.totals(days=SPLIT, adjustments=ADJUSTMENTS, period=JUNE)
    assert raws(chart, "totals") == {
        "revenue": "1660.5", "purchases": "38", "campaign": "910", "organic": "750.5", "adjustments": "9230",
    }  # fmt: skip
    assert (sums.revenue, sums.purchases) == (Decimal("1660.5"), 38)
    assert (sums.campaign_revenue, sums.organic_revenue) == (Decimal(910), Decimal("750.5"))
    assert (sums.campaign_purchases, sums.organic_purchases) == (19, 19)
    assert (sums.automated.count, sums.automated.purchases, sums.automated.revenue) == (1, 147, Decimal(6615))
    assert (sums.manual.revenue, sums.other.revenue, sums.undated) == (Decimal(2585), Decimal(30), 1)
    assert chart.summary == (
        "1 June to 30 June 2026: €1,660.50 measured in 38 purchases; €910 of it from campaigns. "
        "3 adjustments, €9,230, are shown beside it and not included."
    )


def test_the_summary_is_the_issues_example():
    days = (DailyRow(date(2026, 5, 1), Decimal(18540), 412, Decimal(6615), 147),)
    seen = tuple(
        SeenAdjustment(f"cr_{n}", date(2026, 6, n), 1, Decimal(amount), "automated", "")
        for n, amount in ((1, 6615), (2, 2000), (3, 585))
    )
    chart = draw(days, seen, period=Period(date(2026, 5, 1), date(2026, 6, 30)))
    assert chart.summary == (
        "1 May to 30 June 2026: €18,540 measured in 412 purchases; €6,615 of it from campaigns. "
        "3 adjustments, €9,200, are shown beside it and not included."
    )


def test_days_that_the_platform_did_not_split_are_a_series_of_their_own():
    days = (*SPLIT[:3], DailyRow(date(2026, 6, 3), Decimal(300), 6, None, None))
    chart = draw(days, by="week")
    drawn = traces(chart)
    assert points(drawn["campaign"]) == {"2026-06-01": 410.0}
    assert points(drawn["organic"]) == {"2026-06-01": 750.5}
    assert points(drawn["unsplit"]) == {"2026-06-01": 300.0}
    assert raws(chart, "totals")["unsplit"] == "300"
    sums = revenue.totals(days=days, adjustments=(), period=JUNE)
    assert (sums.revenue, sums.campaign_revenue, sums.organic_revenue) == (Decimal("1460.5"), None, None)
    assert "€410 of it from campaigns, €300 of it on days that the platform did not split." in chart.summary
    assert (
        revenue.notes(totals=sums, period=JUNE, metric="revenue", layers=ALL, reader=EN)[0]
        == "The platform did not split 1 day into campaigns and organic."
    )


def test_without_any_split_there_is_one_series():
    days = tuple(replace(each, campaign_revenue=None, campaign_purchases=None) for each in SPLIT)
    chart = draw(days)
    assert list(traces(chart)) == ["measured", "automated", "manual", "other"]
    assert raws(chart, "2026-06-01")["campaign"] == ""
    assert "; not split into campaigns and organic by the platform." in chart.summary
    assert "unsplit" not in raws(chart, "totals")


def test_purchases_that_are_not_known_are_not_counted_as_zero():
    days = (*SPLIT[:3], DailyRow(date(2026, 6, 3), Decimal(300), None, Decimal(100), None))
    chart = draw(days, metric="purchases", by="week")
    assert points(traces(chart)["campaign"]) == {}
    assert raws(chart, "2026-06-01")["purchases"] == ""
    assert raws(chart, "totals")["purchases"] == ""
    sums = revenue.totals(days=days, adjustments=(), period=JUNE)
    assert (sums.purchases, sums.revenue) == (None, Decimal("1460.5"))
    assert "the number of purchases is not known for every day" in chart.summary
    assert "€1,460.50 measured; €510 of it" in draw(days).summary


def test_the_purchases_metric_counts():
    chart = draw(metric="purchases")
    drawn = traces(chart)
    assert points(drawn["campaign"])["2026-06-01"] == 9.0
    assert points(drawn["organic"])["2026-06-01"] == 19.0
    assert points(drawn["automated"]) == {"2026-06-13T12:00:00": 147.0}
    assert chart.summary == (
        "1 June to 30 June 2026: 38 purchases measured; 19 of them from campaigns. "
        "3 adjustments, 197 purchases, are shown beside it and not included."
    )


def test_adjustments_are_marks_at_their_day_told_apart_by_shape_and_word():
    drawn = traces(draw())
    assert [drawn[kind]["marker"]["symbol"] for kind in ("automated", "manual", "other")] == [
        "diamond", "circle", "square",
    ]  # fmt: skip
    assert [drawn[kind]["name"] for kind in ("automated", "manual", "other")] == [
        "Automated adjustments", "Manual adjustments", "Other adjustments",
    ]  # fmt: skip
    assert points(drawn["automated"]) == {"2026-06-13T12:00:00": 6615.0}
    assert drawn["automated"]["customdata"] == [
        {
            "id": "cr_1",
            "href": "#adjustment-cr_1",
            "label": "13 June 2026",
            "value": "€6,615.00, 147 purchases",
            "source": "automated",
        }
    ]
    assert drawn["other"]["customdata"][0]["source"] == "import&lt;b&gt;"


@pytest.mark.parametrize("by", GRANULARITIES)
def test_an_adjustment_stands_at_its_day_also_among_weeks_and_months(by):
    assert traces(draw(by=by))["automated"]["x"] == ["2026-06-13T12:00:00"]


@pytest.mark.parametrize("metric", ["revenue", "purchases"])
@pytest.mark.parametrize("by", GRANULARITIES)
def test_no_layer_changes_the_measured_series(by, metric):
    alone = draw(by=by, metric=metric, layers=frozenset({"measured"}))
    beside = draw(by=by, metric=metric)
    assert [trace for trace in beside.figure["data"] if trace["type"] == "bar"] == alone.figure["data"]
    assert beside.figure["layout"] == alone.figure["layout"]


def test_layers_choose_what_is_in_figure_table_and_sentence():
    chart = draw(layers=frozenset({"manual"}))
    assert list(traces(chart)) == ["manual", "other"]
    assert [column.key for column in chart.table.columns] == ["bucket", "adjustments"]
    assert chart.summary == ("1 June to 30 June 2026: measured sales are not shown. 2 adjustments, €2,615, are shown.")
    measured = draw(layers=frozenset({"measured"}))
    assert "adjustment" not in measured.summary
    assert [column.key for column in measured.table.columns] == [
        "bucket", "revenue", "purchases", "campaign", "organic",
    ]  # fmt: skip


def test_the_total_line_adds_only_what_was_asked_for_and_says_what_it_may_count_twice():
    sums = revenue.totals(days=SPLIT, adjustments=ADJUSTMENTS[:2], period=JUNE)
    line = {
        layers: revenue.total_line(
            totals=sums, metric="revenue", layers=frozenset(layers.split()), currency="EUR", reader=EN
        )
        for layers in ("measured", "measured automated", "manual")
    }
    assert line == {
        "measured": "€1,660.50: measured sales.",
        "measured automated": (
            "€8,275.50: measured sales and automated adjustments. The platform does not say whether an automated "
            "result is already part of the measured sales."
        ),
        "manual": "€2,585: manual adjustments.",
    }


def test_the_bucket_of_today_is_marked_as_unfinished():
    chart = draw(by="week", today=date(2026, 6, 10))
    assert traces(chart)["organic"]["marker"]["pattern"]["shape"] == ["", "/", "", "", ""]
    assert [each.id for each in chart.table.rows if each.provisional] == ["2026-06-08"]
    assert chart.summary.endswith("8 June to 14 June 2026: not over yet.")
    assert not any(each.provisional for each in draw(today=date(2026, 7, 1)).table.rows)
    assert "marker" not in traces(draw(today=date(2026, 7, 1)))["organic"]


def test_a_cut_month_says_which_days_are_in_it():
    chart = draw(by="month", period=Period(date(2026, 5, 31), date(2026, 6, 30)))
    assert [(each.id, each.cells[0].shown) for each in chart.table.rows] == [
        ("2026-05-01", "31 May 2026"),
        ("2026-06-01", "June 2026"),
    ]


def test_bands_are_labelled_clipped_and_hung_below_each_other():
    chart = draw(
        bands=(
            Band("Spring <i>", date(2026, 5, 1), date(2026, 6, 10), "campaign"),
            Band("Package", date(2026, 6, 5), date(2026, 6, 19), "package"),
            Band("Package 2", date(2026, 6, 5), date(2026, 6, 19), "package"),
            Band("Late", date(2026, 6, 11), date(2026, 6, 12), "campaign"),
            Band("Elsewhere", date(2026, 7, 1), date(2026, 7, 9), "campaign"),
        )
    )
    assert [
        (shape["templateitemname"], shape["label"]["text"], shape["x0"], shape["x1"], shape["y1"])
        for shape in chart.figure["layout"]["shapes"]
    ] == [
        ("band-campaign", "Spring &lt;i&gt;", "2026-06-01", "2026-06-11", 1.0),
        ("band-package", "Package +1", "2026-06-05", "2026-06-20", 0.9),
        ("band-campaign", "Late", "2026-06-11", "2026-06-13", 1.0),
    ]


def test_what_is_marked_behind_the_bars_is_said_in_words_too():
    bands = (
        Band("Package: Spring", date(2026, 6, 10), date(2026, 6, 24), "package"),
        Band("Campaign", date(2026, 5, 1), date(2026, 6, 10), "campaign"),
        Band("Elsewhere", date(2026, 7, 1), date(2026, 7, 9), "campaign"),
    )
    assert draw(bands=bands, event_day=date(2026, 6, 12)).summary.endswith(
        "Event day: 12 June 2026. Marked behind the bars: Campaign, 1 May to 10 June 2026;"
        " Package: Spring, 10 June to 24 June 2026."
    )
    many = [Band(f"{n}", date(2026, 6, n), date(2026, 6, n), "campaign") for n in range(1, 10)]
    assert draw(bands=many).summary.endswith("6, 6 June 2026; 3 more.")
    assert "Event day" not in draw(event_day=date(2026, 7, 1)).summary


def test_labels_have_lanes_of_their_own_above_the_bars():
    band = Band("Campaign", date(2026, 6, 1), date(2026, 6, 10), "campaign")
    many = [replace(band, label=f"{n}", end=date(2026, 6, 10 + n)) for n in range(9)]
    tops = {
        "nothing": draw(),
        "a band": draw(bands=[band]),
        "a line": draw(event_day=date(2026, 6, 12)),
        "both": draw(bands=[band], event_day=date(2026, 6, 12)),
        "many": draw(bands=many),
    }
    assert {name: chart.figure["layout"]["yaxis"]["domain"][1] for name, chart in tops.items()} == {
        "nothing": 1, "a band": 0.9, "a line": 0.9, "both": 0.8, "many": 0.7,
    }  # fmt: skip
    assert [shape["y1"] for shape in tops["both"].figure["layout"]["shapes"]] == [0.9, 1]


def test_the_label_of_a_band_stands_where_there_is_room():
    early = Band("Early", date(2026, 6, 1), date(2026, 6, 10), "campaign")
    late = Band("Late", date(2026, 6, 25), date(2026, 6, 30), "campaign")
    shapes = draw(bands=[early, late]).figure["layout"]["shapes"]
    assert [shape["label"]["textposition"] for shape in shapes] == ["top left", "top right"]


def test_what_is_counted_stands_above_the_picture_and_not_in_it():
    assert draw().unit == "Revenue (EUR)"
    assert draw(currency=None).unit == "Revenue"
    assert draw(metric="purchases").unit == "Purchases"
    assert "title" not in draw().figure["layout"]["yaxis"]


def test_the_event_day_is_a_labelled_line_within_the_period():
    (line,) = draw(event_day=date(2026, 6, 12)).figure["layout"]["shapes"]
    assert (line["x0"], line["x1"], line["label"]["text"]) == (
        "2026-06-12T12:00:00", "2026-06-12T12:00:00", "Event day",
    )  # fmt: skip
    assert draw(event_day=date(2026, 7, 12)).figure["layout"]["shapes"] == []


def test_an_event_without_sales_is_zero_and_drawn_empty():
    chart = draw((), ())
    assert points(traces(chart)["measured"]) == {}
    assert raws(chart, "totals")["revenue"] == "0"
    assert revenue.totals(days=(), adjustments=(), period=JUNE).revenue == 0
    assert chart.summary == ("1 June to 30 June 2026: the platform has no measured sales. No adjustments are shown.")
    assert go.Figure(chart.figure)


def test_yen_have_no_decimals():
    chart = draw(currency="JPY", days=(DailyRow(date(2026, 6, 1), Decimal(1250000), 3, Decimal(250000), 1),))
    assert row(chart, "2026-06-01")["revenue"].shown == "¥1,250,000"
    assert traces(chart)["organic"]["customdata"][0][1] == "¥1,000,000"


def test_a_german_reads_german_numbers():
    chart = draw(reader=DE)
    assert chart.figure["layout"]["separators"] == ",."
    assert traces(chart)["campaign"]["customdata"][0] == ["1. Juni 2026", "410,00\u00a0€"]
    assert chart.figure["layout"]["xaxis"]["ticktext"][0] == "1. Juni<br>2026"


def test_axis_labels_are_few_and_name_the_year_once():
    axis = draw(by="week", period=Period(date(2025, 9, 1), date(2026, 6, 30))).figure["layout"]["xaxis"]
    assert len(axis["tickvals"]) == len(axis["ticktext"]) == 7
    assert [text for text in axis["ticktext"] if "<br>" in text] == ["1 Sept<br>2025", "26 Jan<br>2026"]
    assert axis["range"] == ["2025-09-01", "2026-07-06"]


def test_a_sole_adjustment_of_a_bucket_is_linked_from_its_row():
    chart = draw()
    assert row(chart, "2026-06-02")["adjustments"].href == "#adjustment-cr_3"
    assert row(chart, "2026-06-13")["adjustments"].href is None
    assert raws(chart, "2026-06-13")["adjustments"] == "9200"


def test_the_figure_alone_is_the_charts_figure():
    asked = {
        "days": SPLIT, "adjustments": ADJUSTMENTS, "period": JUNE, "by": "day", "metric": "revenue", "layers": ALL,
        "bands": (), "event_day": date(2026, 6, 12), "today": TODAY, "currency": "EUR", "reader": EN,
    }  # fmt: skip
    assert revenue.figure(**asked) == revenue.chart(**asked).figure


money = st.decimals(min_value=-(10**6), max_value=10**12, places=2)
count = st.integers(0, 10**6)
rows = st.builds(
    DailyRow,
    date=st.dates(min_value=date(2026, 5, 1), max_value=date(2026, 8, 31)),
    revenue=money,
    purchases=count,
    campaign_revenue=st.none() | money,
    campaign_purchases=st.none() | count,
)
series = st.lists(rows, max_size=40, unique_by=lambda each: each.date).map(
    lambda found: tuple(sorted(found, key=lambda each: each.date))
)
seen = st.lists(
    st.builds(
        SeenAdjustment,
        id=st.uuids().map(str),
        day=st.none() | st.dates(min_value=date(2026, 5, 1), max_value=date(2026, 8, 31)),
        purchases=count,
        revenue=money,
        source=st.sampled_from(["automated", "manual", None, "new", ""]),
        href=st.just("#"),
    ),
    max_size=6,
).map(tuple)


@given(series, seen, st.sampled_from(GRANULARITIES), st.sampled_from(["revenue", "purchases"]), st.booleans())
def test_series_table_and_totals_have_one_sum(days, adjustments, by, metric, marked):
    period = Period(date(2026, 5, 20), date(2026, 8, 10))
    layers = ALL if marked else frozenset({"measured"})
    chart = draw(days, adjustments, period=period, by=by, metric=metric, layers=layers)
    sums = revenue.totals(days=days, adjustments=adjustments, period=period)
    measured = sums.revenue if metric == "revenue" else sums.purchases
    assert bars(chart) == measured
    assert bars(chart) == sum(
        (each.revenue if metric == "revenue" else each.purchases for each in days if each.date in period), Decimal(0)
    )
    for index, column in enumerate(chart.table.columns[1:], 1):
        parts = [each.cells[index].raw for each in chart.table.rows]
        assert sum((Decimal(part) for part in parts if part), Decimal(0)) == Decimal(
            chart.table.totals.cells[index].raw or 0
        ), column.key
    marks = [trace for trace in chart.figure["data"] if trace["type"] == "scatter"]
    drawn = sum((Decimal(repr(y)) for trace in marks for y in trace["y"]), Decimal(0))
    assert drawn == (sums.adjusted().amount(metric) if marked else 0)


@given(series, seen, st.sampled_from(GRANULARITIES), st.sampled_from(["revenue", "purchases"]))
def test_every_figure_is_one_that_plotly_knows_and_json_holds(days, adjustments, by, metric):
    chart = draw(
        days,
        adjustments,
        by=by,
        metric=metric,
        today=date(2026, 6, 10),
        event_day=date(2026, 6, 12),
        bands=(Band("Campaign", date(2026, 6, 1), date(2026, 6, 20), "campaign"),),
    )
    assert go.Figure(chart.figure)
    assert json.loads(json.dumps(chart.figure, allow_nan=False)) == chart.figure
    assert all(
        set(re.findall(r"<\w+", str(trace["hovertemplate"]))) <= {"<br", "<extra"} for trace in chart.figure["data"]
    )


@given(series, st.sampled_from(GRANULARITIES))
def test_kpis_do_not_depend_on_the_granularity(days, by):
    period = Period(JUNE.start - timedelta(days=3), JUNE.end)
    assert draw(days, by=by, period=period).table.totals == draw(days, by="day", period=period).table.totals
