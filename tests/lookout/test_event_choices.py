"""What a reader may choose on an event's page, and what happens to choices that make no sense."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open
from tests.pages import Shown, read

pytestmark = pytest.mark.django_db


def current(shown: Shown, kind: str) -> str:
    found = [
        link["id"]
        for link in shown.panel("daily-revenue").all("a", aria_current="true")
        if link.get("id").startswith(f"{kind}-")
    ]
    assert len(found) == 1
    return found[0]


def total(shown: Shown) -> str:
    return shown.panel("daily-revenue").one("p", data_total="").text


def test_by_default_everything_is_drawn_and_nothing_is_added(page: Open) -> None:
    shown = page("evt_closed")
    assert total(shown) == "€431,065.30: measured sales. Add the adjustments"
    assert len(shown.marks()) == 4
    assert current(shown, "period") == "period-all"


def test_layers_add_exactly_what_they_name_and_say_what_that_may_count_twice(page: Open) -> None:
    shown = page("evt_closed", layers="measured,automated")
    automated = sum(
        Decimal(row.one("td", data_label="Revenue")["data-value"])
        for row in shown.table("adjustments").one("tbody").all("tr")
        if row.one("td", data_label="Source").text == "Automated"
    )
    assert automated == Decimal("8325.4")
    assert shown.kpi("revenue") == Decimal("431065.3")
    assert total(shown).startswith("€439,390.70: measured sales and automated adjustments.")
    assert "does not say whether an automated result is already part of the measured sales" in total(shown)
    assert len(shown.marks()) == 2


def test_a_hidden_series_is_neither_drawn_nor_summed(page: Open) -> None:
    shown = page("evt_closed", layers="manual")
    assert shown.bars() == 0
    assert total(shown).startswith("€1,665.50: manual adjustments.")


def test_the_last_layer_cannot_be_switched_off(page: Open) -> None:
    panel = page("evt_closed", layers="manual").panel("daily-revenue")
    assert panel.all("a", id="layer-manual") == []
    assert panel.one("span", id="layer-manual").text == "Manual"
    assert panel.one("a", id="layer-measured")["href"] == "?layers=measured,manual"


def test_repeated_layers_mean_the_same_as_a_list(client: Client) -> None:
    address = reverse("lookout:event", args=["partner-id-acme", "evt_closed"])
    assert len(read(client.get(f"{address}?layers=measured&layers=automated")).marks()) == 2


@pytest.mark.parametrize("period", ["all", "since-on-sale", "last-30-before-show", "campaign", "last-28"])
def test_each_preset_shows_what_its_days_sum_to(sandbox: Sandbox, page: Open, period: str) -> None:
    shown = page("evt_closed", period=period)
    assert current(shown, "period") == f"period-{period}"
    assert shown.kpi("revenue") == shown.bars() == sum(shown.column("daily-revenue", "Revenue"))
    revenue = shown.kpi("revenue")
    assert revenue is not None
    assert 0 < revenue <= sandbox.ledger_revenue("partner-id-acme", "evt_closed")


def test_the_campaign_preset_covers_the_campaigns_days(page: Open) -> None:
    shown = page("evt_closed", period="campaign", by="day")
    assert (shown.rows("daily-revenue")[0], shown.rows("daily-revenue")[-1]) == ("2026-04-16", "2026-05-31")


def test_two_dates_make_a_custom_period(page: Open) -> None:
    shown = page("evt_closed", **{"from": "2026-05-01", "to": "2026-05-03"})
    assert shown.rows("daily-revenue") == ["2026-05-01", "2026-05-02", "2026-05-03"]
    form = shown.root.one("form", data_form="period")
    assert form.one("input", name="from")["value"] == "2026-05-01"
    assert form.one("input", name="to")["value"] == "2026-05-03"


def test_adjustments_outside_the_period_are_told_and_not_counted(page: Open) -> None:
    shown = page("evt_closed", **{"from": "2026-05-01", "to": "2026-05-03"})
    assert shown.kpi("adjustment_revenue") == 0
    assert "4 more outside this period" in shown.panel("event-kpis").text
    assert len(shown.rows("adjustments")) == 4


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"period": "banana"}, "period", "There is no such period"),
        ({"from": "banana", "to": "2026-05-03"}, "from", "This is not a date"),
        ({"from": "2026-05-03", "to": "2026-05-01"}, "to", "The last day is before the first"),
        ({"period": "custom"}, "from", "Both days are needed"),
        ({"from": "1066-10-14", "to": "2026-05-01"}, "from", "between 1900 and 2100"),
        ({"by": "hour"}, "by", "Days, weeks or months"),
        ({"metric": "joy"}, "metric", "Revenue or purchases"),
        ({"layers": "measured,joy"}, "layers", "There is no such layer"),
        ({"from": "1900-01-01", "to": "2100-01-01", "by": "day"}, "by", "This period is too long for that."),
    ],
)
def test_a_choice_that_makes_no_sense_gives_the_default_and_a_note_at_its_field(
    sandbox: Sandbox, page: Open, query: dict[str, str], field: str, words: str
) -> None:
    shown = page("evt_closed", **query)
    assert words in shown.panel("daily-revenue").one("p", data_field=field).text
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_closed")


def test_a_preset_that_this_event_cannot_answer_is_not_offered_and_says_so(page: Open) -> None:
    shown = page("evt_plain", period="campaign")
    assert shown.panel("daily-revenue").all("a", id="period-campaign") == []
    assert "does not tell when the campaigns run" in shown.panel("daily-revenue").one("p", data_field="period").text
    assert current(shown, "period") == "period-all"


def test_every_link_keeps_the_other_choices(page: Open) -> None:
    shown = page("evt_closed", by="day", metric="purchases", layers="measured")
    panel = shown.panel("daily-revenue")
    assert panel.one("a", id="period-campaign")["href"] == "?period=campaign&by=day&metric=purchases&layers=measured"
    assert panel.one("a", id="by-month")["href"] == "?by=month&metric=purchases&layers=measured"
    carried = {
        field["name"]: field["value"] for field in panel.one("form", data_form="period").all("input", type="hidden")
    }
    assert carried == {"period": "custom", "by": "day", "metric": "purchases", "layers": "measured"}


def test_the_way_back_to_the_default_is_the_bare_address(page: Open) -> None:
    assert page("evt_closed", period="campaign").panel("daily-revenue").one("a", id="period-all")["href"] == "./"


def test_htmx_gets_the_figures_alone(client: Client) -> None:
    address = reverse("lookout:event", args=["partner-id-acme", "evt_closed"])
    part = read(client.get(f"{address}?by=day", headers={"HX-Request": "true", "HX-Target": "figures"}))
    assert set(part.states()) == {"event-kpis", "daily-revenue"}
    assert part.root.all("html") == []
    assert part.bars() == Decimal("431065.3")


def test_a_german_reader_reads_german(client: Client) -> None:
    address = reverse("lookout:event", args=["partner-id-acme", "evt_closed"])
    shown = read(client.get(address, headers={"Accept-Language": "de"}))
    revenue = shown.panel("event-kpis").one("data", data_kpi="revenue")
    assert (revenue["value"], revenue.text) == ("431065.3", "431.065,30 €")
