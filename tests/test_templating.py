"""The template library: exact markup of numbers, panels, tables and fields."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import TemplateSyntaxError, engines
from django.utils import timezone

from attribution_portal import glossary
from attribution_portal.charts import Cell, Chart, Column, Figure, Layout, Row, Table
from attribution_portal.formats import Reader
from attribution_portal.panels import Kpi, Panel
from attribution_portal.platform_api.errors import NotPermitted, Unavailable
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.templating import BADGES, badge, icon

READ_AT = datetime(2026, 6, 3, 8, 5, tzinfo=UTC)
EVIL = "<b>Rock & Roll</b>"
ESCAPED = "&lt;b&gt;Rock &amp; Roll&lt;/b&gt;"


def draw(source: str, **values: object) -> str:
    reader = Reader(
        locale="en",
        zone=ZoneInfo("Europe/Berlin"),
        gettext=lambda text: text,
        ngettext=lambda one, many, n: one if n == 1 else many,
    )
    return engines["django"].from_string("{% load portal %}" + source).render({"reader": reader, **values})


def ready(name: str = "event-kpis", data: object = "x") -> Panel[object]:
    return Panel.of(name, Reading(data, READ_AT))


def test_a_known_number_carries_its_plain_decimal_and_what_people_read() -> None:
    html = draw("{% kpi k %}", k=Kpi("revenue", "Revenue", "18540", "€18,540.00", note="1 to 15 June 2026"))
    assert '<data class="kpi" data-kpi="revenue" value="18540">€18,540.00</data>' in html
    assert '<dd class="kpi-note">1 to 15 June 2026</dd>' in html


def test_an_unknown_number_is_a_dash_without_a_value_and_says_why() -> None:
    html = draw("{% kpi k %}", k=Kpi("spend", "Ad spend", "", "—", note="Meta is not connected"))
    assert '<data class="kpi" data-kpi="spend" value="">—</data>' in html
    assert '<dd class="kpi-note">Meta is not connected</dd>' in html


def test_zero_is_a_number_and_not_a_dash() -> None:
    html = draw("{% kpi k %}", k=Kpi("clicks", "Clicks", "0", "0"))
    assert '<data class="kpi" data-kpi="clicks" value="0">0</data>' in html
    assert "kpi-note" not in html


def test_a_unit_stands_beside_the_number_and_not_in_it() -> None:
    html = draw("{% kpi k %}", k=Kpi("roas", "ROAS", "16.18", "16.18", unit="×"))
    assert 'value="16.18">16.18</data> <span class="kpi-unit">×</span>' in html


def test_markup_in_a_label_is_text() -> None:
    html = draw("{% kpi k %}", k=Kpi("revenue", EVIL, "1", EVIL, note=EVIL))
    assert html.count("&lt;b&gt;Rock") == 4
    assert "<b>" not in html


def test_a_strip_holds_every_number_in_its_order() -> None:
    html = draw("{% kpis ks %}", ks=[Kpi("revenue", "Revenue", "1", "1"), Kpi("purchases", "Purchases", "2", "2")])
    assert html.startswith('<div class="kpis">')
    assert re.findall(r'data-kpi="(\w+)" value="(\d+)"', html) == [("revenue", "1"), ("purchases", "2")]


@pytest.mark.parametrize(
    ("tag", "value", "shown"),
    [
        ("{% money v 'EUR' %}", Decimal("18540"), "€18,540.00"),
        ("{% money v 'EUR' trim=True %}", Decimal("18540"), "€18,540"),
        ("{% money v 'JPY' %}", Decimal("18540"), "¥18,540"),
        ("{% money v 'EUR' %}", None, "—"),
        ("{% count v %}", 1234, "1,234"),
        ("{% count v %}", 0, "0"),
        ("{% ratio v %}", Decimal("16.18"), "16.18"),
        ("{% percent v %}", Decimal("0.148"), "14.8%"),
        ("{% change v %}", -3, "−3"),
        ("{% instant v %}", READ_AT, '<time datetime="2026-06-03T08:05:00+00:00">3 Jun 2026, 10:05</time>'),
        ("{% day v %}", READ_AT.date(), '<time datetime="2026-06-03">3 June 2026</time>'),
        ("{% day v short=True %}", READ_AT.date(), '<time datetime="2026-06-03">3 Jun 2026</time>'),
        ("{% instant v %}", None, "—"),
        ("{% day v %}", None, "—"),
        ("{% ago v %}", None, "—"),
    ],
)
def test_values_are_written_as_the_reader_reads_them(tag: str, value: object, shown: str) -> None:
    assert draw(tag, v=value) == shown


def test_an_age_names_its_moment_in_the_title() -> None:
    moment = timezone.now() - timedelta(hours=2, minutes=1)
    html = draw("{% ago v %}", v=moment)
    assert re.fullmatch(r'<time datetime="[^"]+" title="\d+ \w+ \d{4}, \d\d:\d\d">2 h ago</time>', html)


def test_every_headline_number_of_the_plan_has_a_definition() -> None:
    names = (
        "revenue purchases customers items spend roas impressions clicks ctr cpc average_value adjustment_revenue"
        " adjustment_purchases campaign_revenue organic_revenue rate"
    )
    for name in names.split():
        assert str(glossary.term(name).definition)


def test_a_number_without_a_definition_is_refused() -> None:
    with pytest.raises(glossary.UnknownTermError, match="happiness"):
        draw("{% kpi k %}", k=Kpi("happiness", "Happiness", "1", "1"))


def test_a_definition_opens_without_script_and_names_what_it_explains() -> None:
    html = draw('{% define "roas" %}')
    assert 'popovertarget="define-page-roas" aria-label="What is “ROAS”?"' in html
    assert '<span class="definition" id="define-page-roas" popover>' in html
    assert "Revenue ÷ ad spend" in html


def test_the_same_term_twice_in_a_panel_has_two_ids() -> None:
    html = draw('{% panel p title="T" %}{% define "roas" %}{% define "roas" %}{% endpanel %}', p=ready("meta"))
    assert re.findall(r'id="(define-[^"]+)"', html) == ["define-meta-roas", "define-meta-roas-2"]


def test_a_ready_panel_shows_its_body_and_as_of_when() -> None:
    panel = Panel.of("event-kpis", Reading("gold", READ_AT), caption="Days in Europe/Berlin.")
    html = draw('{% panel p title="Sales" %}[{{ data }}]{% otherwise %}nothing{% endpanel %}', p=panel)
    assert html.startswith(
        '<section class="panel" id="panel-event-kpis" data-panel="event-kpis" data-state="ready"'
        ' aria-labelledby="panel-event-kpis-title">'
    )
    assert '<h2 class="panel-title" id="panel-event-kpis-title">Sales</h2>' in html
    assert '<div class="panel-body">[gold]</div>' in html
    assert "<span>Days in Europe/Berlin.</span>" in html
    assert 'As of <time datetime="2026-06-03T08:05:00+00:00" title="3 Jun 2026, 10:05">' in html
    assert "nothing" not in html
    assert "data-stale" not in html


def test_a_stale_panel_says_that_its_numbers_are_old() -> None:
    html = draw('{% panel p title="T" %}x{% endpanel %}', p=Panel.of("meta", Reading("x", READ_AT, stale=True)))
    assert 'data-state="ready" data-stale="true" data-old="true"' in html
    assert "Older than usual: the last answer we have." in html
    assert "Being read again" not in html


def test_a_number_that_is_being_read_anew_is_no_reason_to_worry() -> None:
    read_at = timezone.now() - timedelta(minutes=2)
    html = draw('{% panel p title="T" %}x{% endpanel %}', p=Panel.of("meta", Reading("x", read_at, stale=True)))
    assert 'data-stale="true"' in html
    assert "data-old" not in html
    assert "Being read again: reload the page to see what is new." in html
    assert "Older than usual" not in html


def test_an_empty_panel_says_what_will_appear_and_what_to_do() -> None:
    panel: Panel[tuple[str, ...]] = Panel.of("adjustments", Reading((), READ_AT), empty="No results yet.")
    html = draw('{% panel p title="T" %}body{% otherwise %}<a href="#">Add</a>{% endpanel %}', p=panel)
    assert 'data-panel="adjustments" data-state="empty"' in html
    assert "<p>No results yet.</p>" in html
    assert '<a href="#">Add</a>' in html
    assert "body</div>" not in html


def test_a_failed_panel_has_a_sentence_a_reference_and_a_retry() -> None:
    error = Unavailable("refused", endpoint="GET /events/{eid}", request_id="req-7f3a")
    html = draw('{% panel p title="T" %}body{% endpanel %}', p=Panel.of("meta", error, retry="/p/acme/?by=week"))
    assert 'data-panel="meta" data-state="failed"' in html
    assert "The platform cannot be reached right now." in html
    assert "<code>req-7f3a</code>" in html
    assert 'href="/p/acme/?by=week"' in html
    assert "refused" not in html


def test_a_failure_without_a_request_id_gets_a_reference_that_the_log_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    panel: Panel[str] = Panel.of("meta", Unavailable("refused", endpoint="GET /events/{eid}"))
    assert re.fullmatch(r"[0-9a-f]{8}", panel.reference)
    assert f"reference {panel.reference}: Unavailable GET /events/{{eid}} refused" in caplog.text


def test_a_panel_that_may_not_be_read_is_not_a_failure() -> None:
    panel: Panel[str] = Panel.of("campaigns", NotPermitted(endpoint="GET /campaign_results/", status=403))
    html = draw('{% panel p title="T" %}body{% otherwise %}instead{% endpanel %}', p=panel)
    assert 'data-state="not-permitted"' in html
    assert "The platform does not let this account read or change this." in html
    assert "instead" in html
    assert "Reference" not in html


def test_a_loading_panel_keeps_its_place_and_draws_no_body() -> None:
    panel: Panel[str] = Panel("series", "loading")
    html = draw('{% panel p title="T" %}body{% otherwise %}instead{% endpanel %}', p=panel)
    assert 'data-state="loading"' in html
    assert 'class="panel-body skeleton"' in html
    assert "body<" not in html
    assert "instead" not in html


def test_the_body_of_a_failed_panel_is_never_rendered() -> None:
    error: Panel[str] = Panel.of("meta", Unavailable(endpoint="GET /x", request_id="r"))
    assert 'data-state="failed"' in draw('{% panel p title="T" %}{% define "no such term" %}{% endpanel %}', p=error)


def test_what_counts_as_empty_is_the_callers_word() -> None:
    assert Panel.of("meta", Reading(0, READ_AT)).state == "ready"
    assert Panel.of("meta", Reading(None, READ_AT)).state == "empty"
    assert Panel.of("meta", Reading(0, READ_AT), is_empty=lambda value: value == 0).state == "empty"


def test_keywords_of_a_panel_become_attributes() -> None:
    html = draw(
        "{% panel p title=t level=3 data_evaluation=state hx_get=url hx_trigger=none %}{% endpanel %}",
        p=ready(),
        t=EVIL,
        state="waiting",
        url="/x?a=1&b=2",
        none=None,
    )
    assert f'<h3 class="panel-title" id="panel-event-kpis-title">{ESCAPED}</h3>' in html
    assert ' data-evaluation="waiting" hx-get="/x?a=1&amp;b=2">' in html
    assert "hx-trigger" not in html


@pytest.mark.parametrize("tag", ["{% panel %}", "{% panel p %}", '{% panel p q title="T" %}'])
def test_a_panel_written_wrongly_is_refused(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        draw(tag + "{% endpanel %}", p=ready())


COLUMNS = (Column("day", "Day", False), Column("revenue", "Revenue", True))


def table(*rows: Row, totals: Row | None = None) -> Table:
    return Table("daily-revenue", COLUMNS, rows, totals)


def test_a_table_is_exactly_this() -> None:
    rows = (
        Row("2026-06-01", (Cell("1 June 2026", href="/x?a=1&b=2"), Cell("€1,240.50", "1240.5"))),
        Row("2026-06-02", (Cell(EVIL, note="today"), Cell("—", "", note="not read yet")), provisional=True),
    )
    totals = Row("total", (Cell("Total"), Cell("€1,240.50", "1240.5")))
    assert draw("{% data_table t caption='Days' %}", t=table(*rows, totals=totals)) == (
        '<table class="data" data-table="daily-revenue"><caption class="visually-hidden">Days</caption>'
        '<thead><tr><th scope="col">Day</th><th scope="col" class="num">Revenue</th></tr></thead><tbody>'
        '<tr data-id="2026-06-01"><th scope="row" data-label="Day">'
        '<a href="/x?a=1&amp;b=2"><bdi dir="auto">1 June 2026</bdi></a></th>'
        '<td class="num" data-label="Revenue" data-value="1240.5">€1,240.50</td></tr>'
        '<tr data-id="2026-06-02" class="is-provisional"><th scope="row" data-label="Day">'
        f'<bdi dir="auto">{ESCAPED}</bdi> <small class="remark">today</small>'
        ' <small class="remark">provisional</small></th>'
        '<td class="num" data-label="Revenue" data-value="">— <small class="remark">not read yet</small></td></tr>'
        '</tbody><tfoot><tr data-id="total"><th scope="row" data-label="Day"><bdi dir="auto">Total</bdi></th>'
        '<td class="num" data-label="Revenue" data-value="1240.5">€1,240.50</td></tr></tfoot></table>'
    )


def test_a_table_without_a_caption_is_named_by_its_panel() -> None:
    html = draw('{% panel p title="T" %}{% data_table data %}{% endpanel %}', p=ready("clusters", table()))
    assert '<table class="data" data-table="daily-revenue" aria-labelledby="panel-clusters-title"><thead>' in html


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        draw("{% data_table t %}", t=table(Row("1", (Cell("only one"),))))


def figure(layout: Layout | None = None) -> Figure:
    trace: dict[str, object] = {
        "type": "bar",
        "name": "A &amp; B",
        "meta": {"role": "campaign"},
        "x": ["</script>"],
        "y": [1.0],
    }
    return {"data": [trace], "layout": layout or {}}


def test_a_chart_holds_its_sentence_its_figure_and_its_numbers() -> None:
    chart = Chart("daily", figure(), table(), f"Sold: {EVIL}")
    html = draw("{% chart c %}", c=chart)
    assert f'<figcaption id="chart-daily-summary">Sold: {ESCAPED}</figcaption>' in html
    assert '<li><i class="sign sign-campaign"></i>A &amp; B</li>' in html
    assert 'class="chart-canvas" data-chart="daily" data-figure="chart-daily-figure"' in html
    assert 'data-plotly="/static/vendor/plotly/plotly-basic.min.js"' in html
    assert '<table class="data" data-table="daily-revenue">' in html
    found = re.search(r'<script id="chart-daily-figure" type="application/json">(.*?)</script>', html)
    assert found is not None
    assert json.loads(found[1]) == chart.figure


def test_a_chart_says_above_the_picture_what_it_counts() -> None:
    html = draw("{% chart c %}", c=Chart("daily", figure(), table(), "x", "Revenue (€)"))
    assert '<p class="chart-unit">Revenue (€)</p>' in html


def test_a_chart_may_stand_without_its_table() -> None:
    assert "<table" not in draw("{% chart c table=False %}", c=Chart("daily", figure(), table(), "x"))


@pytest.mark.parametrize(("asked", "given"), [(100, 160), (160, 160), (161, 200), (5000, 960)])
def test_a_chart_gets_a_place_as_high_as_it_asks_for(asked: int, given: int) -> None:
    html = draw("{% chart c %}", c=Chart("daily", figure({"height": asked}), table(), "x"))
    assert f'class="chart-canvas chart-h-{given}"' in html


def test_a_figure_that_wants_no_legend_gets_none() -> None:
    html = draw("{% chart c %}", c=Chart("daily", figure({"showlegend": False}), table(), "x"))
    assert 'class="legend"' not in html
    assert "data-has-legend" not in html


def test_the_library_and_both_themes_come_early() -> None:
    html = draw("{% chart_assets %}")
    library = (
        '<script async src="/static/vendor/plotly/plotly-basic.min.js" fetchpriority="high" data-library></script>'
    )
    assert html.startswith(library)
    found = re.search(r'<script id="chart-templates" type="application/json">(.*?)</script>', html)
    assert found is not None
    assert set(json.loads(found[1])) == {"light", "dark"}


def test_an_icon_is_drawn_in_place_and_hidden_from_those_who_listen() -> None:
    html = icon("info-circle")
    assert html.startswith(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" fill="currentColor" aria-hidden="true"><path d='
    )
    assert html.endswith("</svg>")


def test_an_icon_with_a_label_is_a_picture() -> None:
    assert 'role="img" aria-label="&lt;b&gt;Rock &amp; Roll&lt;/b&gt;"' in icon("info-circle", EVIL)


@pytest.mark.parametrize("name", ["../../package", "Info", "", "info-circle.svg", "a/b", "no-such-icon-anywhere"])
def test_a_name_that_is_no_icon_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="icon"):
        icon(name)


@pytest.mark.parametrize("kind", BADGES)
def test_every_state_has_a_sign_that_exists(kind: str) -> None:
    assert badge("word", kind).startswith(f'<span class="state state-{kind}">')


def test_a_state_that_nobody_knows_stands_as_it_came() -> None:
    assert badge(EVIL, "SURPRISE") == f'<span class="state state-neutral"><bdi>{ESCAPED}</bdi></span>'
    assert draw("{% campaign_badge 'NEW_WORD' %}") == '<span class="state state-neutral"><bdi>NEW_WORD</bdi></span>'


class SettingsForm(forms.Form):
    window = forms.IntegerField(label="Window", max_value=365, help_text="Whole days.")
    model = forms.ChoiceField(label="Model", choices=[("A", "First")], widget=forms.RadioSelect, required=False)
    sure = forms.BooleanField(label="Recalculate for everyone", required=False)


def test_a_field_in_error_is_tied_to_its_words_and_keeps_what_was_typed() -> None:
    form = SettingsForm({"window": "366"})
    html = draw("{% field form.window %}", form=form)
    assert '<label for="id_window">Window</label>' in html
    assert 'value="366"' in html
    assert 'class="form-control is-invalid"' in html
    assert 'aria-describedby="id_window_help id_window_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<p class="field-help" id="id_window_help">Whole days.</p>' in html
    assert re.search(r'id="id_window_error"><svg .*</svg> Ensure this value is less than or equal to 365\.</p>', html)


def test_a_field_without_fault_says_only_its_help() -> None:
    html = draw("{% field form.window %}", form=SettingsForm())
    assert 'aria-describedby="id_window_help"' in html
    assert "field-error" not in html


def test_the_first_field_in_error_is_where_the_reader_is_led() -> None:
    form = SettingsForm({"window": "366", "model": "B"})
    html = draw("{% field form.window %}{% field form.sure %}", form=form)
    assert re.findall(r'name="(\w+)"[^>]* autofocus', html) == ["window"]


def test_words_about_the_whole_form_come_before_any_field() -> None:
    form = SettingsForm({"window": "366"})
    form.add_error(None, "Nothing was changed.")
    html = draw('{% include "includes/form_errors.html" %}{% field form.window %}', form=form)
    assert html.count("autofocus") == 1
    assert 'role="alert" tabindex="-1" autofocus' in html


def test_choices_are_a_group_with_a_legend() -> None:
    html = draw("{% field form.model %}", form=SettingsForm())
    assert "<legend>Model</legend>" in html
    assert re.search(
        r'<label class="choice"><input type="radio" name="model" value="A"[^>]*> <span>First</span></label>', html
    )


def test_a_check_box_stands_before_its_label() -> None:
    html = draw("{% field form.sure %}", form=SettingsForm())
    assert re.search(r'<input type="checkbox"[^>]*class="form-check-input"[^>]*> <label for="id_sure">', html)
