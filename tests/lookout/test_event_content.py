"""What an event's page says besides its sums: titles, states, models, currencies, and rows that do not belong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open
from tests.pages import read

pytestmark = pytest.mark.django_db

DAILY = "/daily_revenue_summary/"


def test_the_head_tells_what_when_and_where(page: Open) -> None:
    shown = page("evt_closed")
    assert shown.root.one("h1").text == "The Velvet Tramlines – Farewell Night"
    assert shown.root.one("p", class_="context-line").text == (
        "4 Jun 2026, 20:00 · Main Hall, Isarhalle, München · 12,000 places"
    )
    assert shown.root.one("div", class_="page-badges").text == "Campaign closed"


def test_an_event_without_title_or_date_is_headed_by_its_id(page: Open) -> None:
    assert page("evt_bare").root.one("h1").text == "evt_bare"


def test_a_cancelled_event_says_so(page: Open) -> None:
    assert "Cancelled" in page("evt_cancelled").root.one("div", class_="page-badges").text


def test_markup_in_a_title_stays_text(client: Client) -> None:
    response = client.get(reverse("lookout:event", args=["partner-id-acme", "evt_markup"]))
    assert "<script>alert" not in response.content.decode()
    assert read(response).root.one("h1").text == "<b>Tante Elektra</b> & Friends <script>alert(1)</script>"


@pytest.mark.parametrize("eid", ["evt_long", "evt_rtl", "evt_emoji", "evt+köln 7", "90210"])
def test_unusual_titles_and_ids_have_a_page(sandbox: Sandbox, page: Open, eid: str) -> None:
    assert page(eid).kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", eid)


@pytest.mark.parametrize(
    ("eid", "model", "name", "origin"),
    [
        ("evt_meta", "META", "Meta", "Chosen for this event. The partner's default is another one."),
        ("evt_external", "EXTERNAL", "External", "Chosen for this event. The partner's default is another one."),
        ("evt_default", "FD", "Future Demand", "The partner's default: this event has no model of its own."),
    ],
)
def test_the_model_says_its_name_and_whose_choice_it_is(
    page: Open, eid: str, model: str, name: str, origin: str
) -> None:
    panel = page(eid).panel("event-model")
    assert panel.one("strong", data_model=model).text == name
    assert origin in panel.text


def test_a_model_that_is_not_known_is_shown_as_itself(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/events/evt_closed/attribution_model", "wrong_type", body={"model": "<b>SHAPLEY</b>"})
    panel = page("evt_closed").panel("event-model")
    assert panel.one("strong", data_model="<b>SHAPLEY</b>").text == "<b>SHAPLEY</b>"
    assert "a model that this portal does not know" in panel.text


def test_the_campaigns_lead_to_the_campaign_page(page: Open) -> None:
    shown = page("evt_closed")
    links = shown.table("campaigns").all("a")
    assert {link["href"] for link in links} == {"/p/partner-id-acme/campaigns/evt_closed/"}
    assert shown.rows("campaigns") == ["festival_weekenders", "comedy_after_work"]
    assert [link.text for link in links] == ["Festival weekenders", "Comedy after work"]


def test_campaigns_go_by_their_technical_names_when_labels_cannot_be_read(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/events/evt_closed/clusters", "status", status=403)
    shown = page("evt_closed")
    assert [link.text for link in shown.table("campaigns").all("a")] == ["festival_weekenders", "comedy_after_work"]
    assert shown.panel("campaigns")["data-state"] == "ready"


def test_every_panel_tells_its_age_and_the_chart_its_zone(page: Open) -> None:
    shown = page("evt_closed")
    for name in set(shown.states()) - {"packages"}:
        assert shown.panel(name).one("span", class_="as-of").text == "As of just now"
    assert "in the zone Europe/Berlin" in shown.panel("daily-revenue").text
    assert "the platform gives no sales date" in shown.panel("daily-revenue").text


def test_two_currencies_are_both_named_and_nothing_is_added(sandbox: Sandbox, page: Open) -> None:
    row = {"eid": "evt_closed", "partner_id": "partner-id-acme", "created_at": "2026-06-13T08:00:00Z"}
    sandbox.faults.add(
        DAILY,
        "wrong_type",
        body={
            "currency": "USD",
            "daily_revenue": [{"date": "2026-06-01", "revenue": 1000, "purchases": 10}],
            "manual_adjustments": [{"id": "cr_1", "purchase": 1, "revenue": 50, "source": "automated", **row}],
        },
    )
    shown = page("evt_closed", layers="measured,automated,manual")
    assert "The platform names several currencies for this event: EUR, USD." in shown.root.text
    kpis = shown.panel("event-kpis")
    assert kpis.one("data", data_kpi="revenue").text == "$1,000"
    assert kpis.one("data", data_kpi="adjustment_revenue").text.startswith("€")
    assert shown.panel("daily-revenue").one("p", data_total="").text == "$1,000: measured sales."
    assert shown.marks() == set()
    assert "Adjustments are in another currency, so they are not drawn." in shown.panel("daily-revenue").text


def test_no_currency_anywhere_gives_numbers_without_a_symbol_and_a_notice(sandbox: Sandbox, page: Open) -> None:
    Partner.objects.filter(partner_id="partner-id-acme").update(currency="")
    sandbox.faults.add(
        DAILY, "wrong_type", body={"daily_revenue": [{"date": "2026-06-01", "revenue": 1000, "purchases": None}]}
    )
    shown = page("evt_nocurrency")
    assert "The platform names no currency, so amounts are shown without one." in shown.root.text
    assert shown.panel("event-kpis").one("data", data_kpi="revenue").text == "1,000"
    assert shown.kpi("purchases") is None
    assert "On some days the platform gives no number of purchases." in shown.panel("event-kpis").text


def test_rows_of_another_tenant_are_left_out_and_told(sandbox: Sandbox, page: Open) -> None:
    own = {"eid": "evt_plain", "purchase": 1, "revenue": 10, "created_at": "2026-06-13T08:00:00Z"}
    sandbox.faults.add(
        "/campaign_results/",
        "wrong_type",
        body=[
            {"id": "cr_own", "partner_id": "partner-id-acme", **own},
            {"id": "cr_foreign", "partner_id": "partner-id-sakura", **own},
            {"id": "cr_elsewhere", "partner_id": "partner-id-acme", **own, "eid": "evt_closed"},
        ],
    )
    shown = page("evt_plain")
    assert shown.rows("adjustments") == ["cr_own"]
    assert shown.kpi("adjustment_revenue") == 10
    assert "2 adjustments that name another event or partner were left out." in shown.root.text
    assert "cr_foreign" not in shown.root.text


def test_huge_and_broken_amounts_stay_exact(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(
        DAILY,
        "wrong_type",
        body={
            "currency": "EUR",
            "daily_revenue": [
                {"date": "2026-06-01", "revenue": 1000000000000, "purchases": 1},
                {"date": "2026-06-02", "revenue": 0.1, "purchases": 1},
                {"date": "2026-06-03", "revenue": 0.2, "purchases": 1},
            ],
        },
    )
    assert page("evt_plain").kpi("revenue") == Decimal("1000000000000.3")


def test_an_adjustment_without_a_moment_is_counted_in_all_but_not_drawn(sandbox: Sandbox, page: Open) -> None:
    undated = {"id": "cr_undated", "eid": "evt_plain", "purchase": 2, "revenue": 30, "created_at": None}
    sandbox.faults.add("/campaign_results/", "wrong_type", body=[undated])
    shown = page("evt_plain")
    assert shown.kpi("adjustment_revenue") == 30
    assert shown.marks() == set()
    assert "Time not stated" in shown.panel("adjustments").text
    assert "1 adjustment has no date and is not shown." in shown.panel("daily-revenue").text
    assert page("evt_plain", period="last-28").kpi("adjustment_revenue") == 0
