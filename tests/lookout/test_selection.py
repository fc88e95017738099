from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.adjustments.rows import merge
from attribution_portal.credit import credit
from attribution_portal.lookout.figures import Currencies
from attribution_portal.lookout.forms import SelectionForm
from attribution_portal.lookout.reach import campaign_bands, reach
from attribution_portal.lookout.selection import LAYERS, METRICS, PERIODS, Selection
from attribution_portal.periods import GRANULARITIES, By
from attribution_portal.platform_api.payloads import Campaign, Creative, DailyRow
from tests.conftest import TODAY


def selected(query: str) -> Selection:
    return SelectionForm(QueryDict(query)).selection


selections = st.builds(
    Selection,
    period=st.sampled_from([name for name in PERIODS if name != "custom"]),
    by=st.sampled_from([None, *GRANULARITIES]),
    metric=st.sampled_from(METRICS),
    layers=st.none() | st.frozensets(st.sampled_from(LAYERS), min_size=1),
    page=st.none() | st.integers(1, 999),
) | st.builds(
    lambda first, last, layers: Selection("custom", min(first, last), max(first, last), layers=layers),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.none() | st.frozensets(st.sampled_from(LAYERS), min_size=1),
)


@given(selection=selections)
def test_a_query_string_brings_back_what_was_selected(selection: Selection) -> None:
    query = selection.query.removeprefix("?").removeprefix("./")
    form = SelectionForm(QueryDict(query))
    assert form.selection == selection
    assert form.notes == {}


@given(query=st.text(max_size=60))
def test_any_query_string_gives_something_to_show(query: str) -> None:
    assert selected(query).period in PERIODS


@given(value=st.text(max_size=30), name=st.sampled_from(["period", "from", "to", "by", "metric", "layers", "page"]))
def test_any_value_of_any_field_gives_something_to_show(name: str, value: str) -> None:
    parameters = QueryDict(mutable=True)
    parameters[name] = value
    assert SelectionForm(parameters).selection.visible


def test_nothing_selected_is_everything_and_adds_nothing() -> None:
    assert selected("") == Selection()
    assert Selection().visible == {"measured", "automated", "manual"}
    assert not Selection().adds


@pytest.mark.parametrize(
    ("query", "adds"),
    [
        ("layers=measured,automated,manual", True),
        ("layers=measured,manual", True),
        ("layers=measured", False),
        ("layers=automated,manual", False),
    ],
)
def test_it_adds_only_when_measured_and_an_adjustment_were_named(query: str, adds: bool) -> None:
    assert selected(query).adds is adds


def campaign(start: str | None, end: str | None) -> Campaign:
    return Campaign(
        event_id="evt_1",
        tc="tc",
        tc_run_id="1",
        status="RUNNING",
        creative=Creative(None, None, None),
        geo=(),
        demographics=(),
        budget=None,
        start_date=date.fromisoformat(start) if start else None,
        end_date=date.fromisoformat(end) if end else None,
        audience_id=None,
        published=None,
    )


def test_campaigns_of_the_same_days_are_one_band_and_those_without_a_start_none() -> None:
    campaigns = [
        campaign("2026-05-01", "2026-05-20"),
        campaign("2026-04-01", "2026-04-10"),
        campaign("2026-05-01", "2026-05-20"),
        campaign(None, "2026-05-20"),
        campaign("2026-05-20", "2026-05-01"),
    ]
    with override("en"):
        bands = campaign_bands(campaigns)
    assert [(band.label, band.start.isoformat(), band.end.isoformat()) for band in bands] == [
        ("Campaign", "2026-04-01", "2026-04-10"),
        ("2 campaigns", "2026-05-01", "2026-05-20"),
    ]


NO_ADJUSTMENTS = merge(partner_id="partner-id-acme", event_id="evt_1", daily=(), results=(), zone=ZoneInfo("UTC"))


def day(text: str) -> DailyRow:
    return DailyRow(date.fromisoformat(text), Decimal(1), 1, None, None)


@pytest.mark.parametrize(
    ("asked", "days", "by"),
    [(None, 30, "day"), (None, 100, "week"), (None, 800, "month"), ("day", 800, "day"), ("month", 30, "month")],
)
def test_the_length_of_the_period_decides_unless_the_reader_does(asked: By | None, days: int, by: By) -> None:
    first = date.fromordinal(TODAY.toordinal() - days + 1)
    reached = reach(
        Selection(by=asked),
        days=(day(first.isoformat()), day(TODAY.isoformat())),
        adjustments=NO_ADJUSTMENTS,
        event_day=None,
        campaigns=(),
        today=TODAY,
    )
    assert (reached.period.days, reached.by, reached.notes) == (days, by, {})


def test_days_outside_what_the_platform_calls_all_time_do_not_stretch_the_period() -> None:
    reached = reach(
        Selection(),
        days=(day("0001-01-01"), day("2026-06-01"), day("9999-12-31")),
        adjustments=NO_ADJUSTMENTS,
        event_day=None,
        campaigns=(),
        today=TODAY,
    )
    assert (reached.period.start, reached.period.end) == (date(2026, 6, 1), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("daily", "event", "partner", "measured", "adjusted", "agree"),
    [
        ("EUR", "EUR", "EUR", "EUR", "EUR", True),
        (None, None, "EUR", "EUR", "EUR", True),
        (None, "EUR", None, "EUR", "EUR", True),
        (None, None, None, None, None, True),
        ("USD", "EUR", "EUR", "USD", "EUR", False),
        ("EUR", "USD", "EUR", "EUR", "EUR", False),
    ],
)
def test_currencies(
    daily: str | None,
    event: str | None,
    partner: str | None,
    measured: str | None,
    adjusted: str | None,
    agree: bool,
) -> None:
    found = Currencies.of(daily=daily, event=event, partner=partner)
    assert (found.measured, found.adjusted, found.agree) == (measured, adjusted, agree)


@pytest.mark.parametrize(
    ("event_model", "default", "model", "whose"),
    [
        ("META", "FD", "META", "own"),
        ("FD", "FD", "FD", "same"),
        (None, "FD", "FD", "default"),
        ("FD", "", "FD", "unknown"),
        (None, "", None, "default"),
        ("SHAPLEY", "FD", "SHAPLEY", "own"),
    ],
)
def test_the_model_in_force_and_whose_choice_it_is(
    event_model: str | None, default: str, model: str | None, whose: str
) -> None:
    found = credit(event_model=event_model, partner_default=default)
    assert (found.model, found.whose) == (model, whose)
    assert found.name
    assert found.sentence
