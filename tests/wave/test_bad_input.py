"""What the platform may send instead of what it documents: the page shows what it can and says the rest in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.world import ACME
from tests.conftest import Partners
from tests.wave.conftest import Open, Shown


def kpis(shown: Shown, panel: str) -> dict[str, str]:
    return {data["data-kpi"]: data["value"] for data in shown.panel(panel).all("data", class_="kpi")}


@pytest.mark.parametrize(
    ("body", "state", "numbers"),
    [
        ({}, "ready", {"revenue": "", "purchases": "", "roas": ""}),
        ({"event_results": None, "series_results": None}, "ready", {"revenue": "", "purchases": "", "roas": ""}),
        ({"event_results": {}, "series_results": {}}, "ready", {"revenue": "", "purchases": "", "roas": ""}),
        (
            {"event_results": {"revenue": "300.5", "purchases": "6", "spend": "100"}},
            "ready",
            {"revenue": "300.5", "purchases": "6", "roas": "3.005"},
        ),
        (
            {"event_results": {"revenue": "a lot", "purchases": "many", "spend": 100, "roas": "good"}},
            "ready",
            {"revenue": "", "purchases": "", "roas": ""},
        ),
        (
            {"event_results": {"revenue": 300, "spend": 0}, "series_results": {"revenue": "x"}},
            "ready",
            {"revenue": "300", "purchases": "", "roas": ""},
        ),
        ({"event_results": {"revenue": 300, "spend": None}}, "ready", {"revenue": "300", "purchases": "", "roas": ""}),
    ],
)
def test_metas_results_may_be_missing_empty_or_text(
    campaign_page: Open, sandbox: Sandbox, alice: User, body: dict[str, Json], state: str, numbers: dict[str, str]
) -> None:
    sandbox.faults.add("/integrations/facebook/events/evt_closed/campaign_results", "wrong_type", body=body)
    shown = campaign_page(alice, ACME, "evt_closed")
    panel = shown.panel("meta")
    assert panel["data-state"] == state
    assert {name: kpis(shown, "meta")[name] for name in numbers} == numbers
    for box in panel.all("dl", class_="kpi-box"):
        if box.one("data")["value"] == "":
            assert box.one("dd", class_="kpi-note").text


@pytest.mark.parametrize("body", [[], "nothing", 7, {"event_results": [], "series_results": "x"}])
def test_results_that_are_no_object_take_nothing_else_with_them(
    campaign_page: Open, sandbox: Sandbox, alice: User, body: Json
) -> None:
    sandbox.faults.add("/integrations/facebook/events/evt_closed/campaign_results", "wrong_type", body=body)
    shown = campaign_page(alice, ACME, "evt_closed")
    assert kpis(shown, "post-campaign")["revenue"] == "9990.9"
    assert kpis(shown, "meta")["impressions"] != ""


def test_a_series_alone_has_a_row_of_its_own_and_is_not_taken_for_the_event(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add(
        "/integrations/facebook/events/evt_closed/campaign_results",
        "wrong_type",
        body={"series_results": {"revenue": 900, "purchases": 18, "spend": 300, "roas": 3}},
    )
    shown = campaign_page(alice, ACME, "evt_closed")
    rows = {row["data-id"]: row for row in shown.panel("sources").one("table").one("tbody").all("tr")}
    assert [cell["data-value"] for cell in rows["meta-series"].all("td", class_="num")] == ["18", "900", "300", "3"]
    assert [cell["data-value"] for cell in rows["meta-event"].all("td", class_="num")] == ["", "", "", ""]
    assert kpis(shown, "meta")["revenue"] == ""


def test_the_spend_that_roas_divides_by_is_named_and_other_spends_stand_beside_it(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add(
        "/integrations/facebook/events/evt_closed/campaign_results",
        "wrong_type",
        body={"event_results": {"revenue": 900, "spend": 20000}},
    )
    sandbox.faults.add(
        "/integrations/facebook/events/evt_closed/fb_insights",
        "wrong_type",
        body={"impressions": 10, "clicks": 1, "spend": 21000},
    )
    shown = campaign_page(alice, ACME, "evt_closed")
    card = shown.panel("post-campaign")
    assert "From the event's statistics. Meta states €20,000.00 and €21,000.00." in card.text
    assert kpis(shown, "post-campaign")["spend"] == "22680"
    assert "takes this ad spend, and no other, for ROAS and cost per purchase" in shown.panel("sources").text
    assert "With the results; the delivery numbers state €21,000.00." in shown.panel("meta").text


@pytest.mark.parametrize(
    ("campaigns", "badge", "words"),
    [
        ([{"tc": "a", "status": "RUNNING", "end_date": "2026-01-01"}], "Provisional", "still running"),
        ([{"tc": "a", "status": "COMPLETED", "end_date": "2026-06-01"}], "Provisional", "Until 29 June 2026"),
        ([{"tc": "a", "status": "COMPLETED", "end_date": "2026-05-17"}], "Settled", "ended long enough ago"),
        ([{"tc": "a", "status": "COMPLETED"}], "May still change", "does not tell when every campaign ended"),
        (
            [{"tc": "a", "start_date": "2026-05-05", "end_date": "2026-05-01"}],
            "May still change",
            "does not tell when every campaign ended",
        ),
        ([{"tc": "a", "status": "IGNORED", "end_date": "2026-05-01"}], "May still change", "lists no campaign"),
        ([], "May still change", "lists no campaign"),
    ],
)
def test_whether_results_can_still_move_is_said_by_a_rule_that_names_itself(
    campaign_page: Open, sandbox: Sandbox, alice: User, campaigns: list[Json], badge: str, words: str
) -> None:
    sandbox.faults.add("/events/evt_closed/campaigns", "wrong_type", body=campaigns)
    line = campaign_page(alice, ACME, "evt_closed").panel("post-campaign").one("p", data_standing="")
    assert line.one("span", class_="state").text == badge
    assert words in line.text
    assert ("is this portal's rule" in line.text) is (badge == "Settled" or "Until" in words)


def test_campaigns_that_could_not_be_read_leave_open_whether_results_can_still_move(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add("/events/evt_closed/campaigns", "status", status=503)
    line = campaign_page(alice, ACME, "evt_closed").panel("post-campaign").one("p", data_standing="")
    assert "The campaigns could not be read" in line.text


def test_a_campaigns_expectations_say_which_run_they_are_of(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    sandbox.faults.add(
        "/events/evt_closed/campaigns",
        "wrong_type",
        body=[{"tc": "a", "tc_run_id": "42"}, {"tc": "a", "tc_run_id": 43}, {"tc": "b", "tc_run_id": 42}],
    )
    sandbox.faults.add(
        "/events/evt_closed/clusters",
        "wrong_type",
        body={"tc_run_id": 42, "clusters": [{"tc": "a", "label": "Jazz", "reach_estimate": 1200, "size_share": "x"}]},
    )
    cards = campaign_page(alice, ACME, "evt_closed").panel("campaigns").all("li", class_="campaign-card")
    assert [card.one("h3").text for card in cards] == ["Jazz", "Jazz", "b"]
    assert ["Expected for run 42, not for this one." in card.text for card in cards] == [False, True, False]
    assert [[each.text for each in card.all("dl", class_="expected")] != [] for card in cards] == [True, True, False]
    assert cards[0].one("dl", class_="expected").one("data")["value"] == "1200"


def test_campaigns_whose_event_is_gone_have_no_page(
    sandbox: Sandbox, client_for: Callable[[User], Client], alice: User
) -> None:
    sandbox.faults.add("/events/evt_closed", "status", status=404)
    assert client_for(alice).get(f"/p/{ACME}/campaigns/evt_closed/").status_code == 404


def test_adjustments_above_the_sales_are_explained(
    campaign_page: Open, sandbox: Sandbox, partners: Partners, alice: User
) -> None:
    sandbox.faults.add(
        "/daily_revenue_summary/",
        "wrong_type",
        body={"currency": "EUR", "daily_revenue": [{"date": "2026-05-01", "revenue": 100, "purchases": 2}]},
    )
    shown = campaign_page(alice, ACME, "evt_closed")
    assert kpis(shown, "post-campaign")["share"] == ""
    words = "No share: the adjustments come to more than all measured sales, so they cannot all be a part of these."
    assert words in shown.panel("post-campaign").text
    rows = {row["data-id"]: row for row in shown.panel("balance").one("table").one("tbody").all("tr")}
    assert [rows[key].all("td")[-1]["data-value"] for key in ("measured", "automated", "manual")] == ["1", "", ""]
