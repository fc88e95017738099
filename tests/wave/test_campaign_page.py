"""The campaign page through the door: HTTP in, HTML out, the sandbox as the platform."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.world import ACME, NORDLICHT, SAKURA
from tests.conftest import Partners
from tests.pages import Element
from tests.wave.conftest import Open, Shown

READS = 10
PANELS = ("post-campaign", "balance", "before-during", "campaigns", "meta", "sources", "adjustments")


def kpis(shown: Shown, panel: str) -> dict[str, str]:
    return {data["data-kpi"]: data["value"] for data in shown.panel(panel).all("data", class_="kpi")}


def notes(shown: Shown, panel: str) -> dict[str, str]:
    """The line beneath each headline number that has one."""
    found = {}
    for box in shown.panel(panel).all("dl", class_="kpi-box"):
        for note in box.all("dd", class_="kpi-note"):
            found[box.one("data")["data-kpi"]] = note.text
    return found


def rows(shown: Shown, panel: str, table: str) -> dict[str, list[str]]:
    """Row id → the raw number of each cell that has one, the text of each other cell."""
    body = shown.panel(panel).one("table", data_table=table).one("tbody")
    return {
        row["data-id"]: [_cell(cell) for cell in row.children if isinstance(cell, Element)] for row in body.all("tr")
    }


def _cell(cell: Element) -> str:
    return cell.attributes.get("data-value", cell.text)


def facts(shown: Shown) -> dict[str, list[str]]:
    """Each adjustment: when it was recorded, its source, purchases and revenue."""
    return {key: cells[:4] for key, cells in rows(shown, "adjustments", "adjustments").items()}


def adjustments_of(sandbox: Sandbox, partner_id: str, eid: str) -> tuple[int, Decimal]:
    """The truth: every row that exists, however it is shown."""
    ids = set(sandbox.adjustment_ids(partner_id, eid))
    found = [row for row in sandbox.world[partner_id].results if row.id in ids]
    return sum(row.purchase for row in found), sum((row.revenue for row in found), Decimal(0))


def test_it_shows_the_card_of_a_closed_campaign(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_closed")
    assert shown.states() == {
        "post-campaign": "ready",
        "balance": "ready",
        "before-during": "ready",
        "adjustments": "ready",
        "campaigns": "ready",
        "meta": "ready",
        "sources": "ready",
    }
    assert kpis(shown, "post-campaign") == {
        "revenue": "9990.9",
        "purchases": "222",
        "average_value": "45.0040540541",
        "share": "0.0231772309207",
        "spend": "22680",
        "roas": "0.440515873016",
        "cost_per_purchase": "102.162162162",
    }
    card = shown.panel("post-campaign")
    assert [data.text for data in card.all("data", class_="kpi")] == [
        "€9,990.90",
        "222",
        "€45.00",
        "2.3%",
        "€22,680",
        "0.44",
        "€102.16",
    ]
    assert rows(shown, "post-campaign", "adjustment-sources") == {
        "automated": ["Automated", "2", "185", "8325.4", "45.0021621622", "6 Jun 2026, 00:20"],
        "manual": ["Manual", "2", "37", "1665.5", "45.0135135135", "10 Jun 2026, 23:50"],
    }
    assert facts(shown) == {
        "cr_closed_m2": ["10 Jun 2026, 23:50", "Manual", "12", "540"],
        "cr_closed_m1": ["7 Jun 2026, 15:12", "Manual", "25", "1125.5"],
        "cr_closed_a2": ["6 Jun 2026, 00:20", "Automated", "38", "1710.4"],
        "cr_closed_a1": ["5 Jun 2026, 10:00", "Automated", "147", "6615"],
    }
    assert "Last result: 10 Jun 2026, 23:50." in card.text
    assert (
        "Event attribution model: Future Demand (FD). Future Demand computes which sales are credited to campaigns."
        " The partner's default: this event has no model of its own."
    ) in card.text
    assert card.one("p", data_standing="").text == (
        "Provisional Until 28 June 2026 the platform may still credit purchases to the campaigns. The platform"
        " documents no such period: 28 days after the last campaign's end is this portal's rule."
    )


def test_it_says_how_each_number_was_made(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_closed")
    made = rows(shown, "post-campaign", "made")
    rows_from = "GET /campaign_results/ and GET /daily_revenue_summary/"
    both = "GET /campaign_results/, GET /daily_revenue_summary/ and GET /events/{eid}/statistics"
    assert {key: cells[1:4] for key, cells in made.items()} == {
        "revenue": ["Sum of the revenue of all adjustment rows.", "Sum of 4 adjustment rows", rows_from],
        "purchases": ["Sum of the purchases of all adjustment rows.", "Sum of 4 adjustment rows", rows_from],
        "average_value": ["Revenue ÷ purchases", "€9,990.90 ÷ 222", rows_from],
        "spend": ["Nothing is computed", "As the platform states it", "GET /events/{eid}/statistics"],
        "roas": ["Revenue ÷ ad spend", "€9,990.90 ÷ €22,680.00", both],
        "cost_per_purchase": ["Ad spend ÷ adjustment purchases", "€22,680.00 ÷ 222", both],
        "share": ["Adjustment revenue ÷ measured revenue, all days", "€9,990.90 ÷ €431,065.30", rows_from],
    }
    assert all("2026," in cells[4] for cells in made.values())
    assert set(made) == set(kpis(shown, "post-campaign"))
    boxes = shown.panel("post-campaign").all("dl", class_="kpi-box")
    assert all(box.all("span", class_="definition") for box in boxes)


@pytest.mark.parametrize(
    ("partner_id", "eid"),
    [
        (ACME, "evt_closed"),
        (ACME, "evt_running"),
        (ACME, "evt_oneway"),
        (ACME, "evt_tour_ber"),
        (ACME, "evt_past"),
        (SAKURA, "evt_jpy_closed"),
        (NORDLICHT, "evt_nord"),
    ],
)
def test_its_sums_are_those_of_the_platforms_rows(
    campaign_page: Open, sandbox: Sandbox, alice: User, charlie: User, nils: User, partner_id: str, eid: str
) -> None:
    reader = {ACME: alice, SAKURA: charlie, NORDLICHT: nils}[partner_id]
    shown = campaign_page(reader, partner_id, eid)
    purchases, revenue = adjustments_of(sandbox, partner_id, eid)
    numbers = kpis(shown, "post-campaign")
    assert int(numbers["purchases"]) == purchases
    assert Decimal(numbers["revenue"]) == revenue
    assert Decimal(numbers["spend"]) == sandbox.world[partner_id].events[eid].spend
    for panel, table in (("post-campaign", "adjustment-sources"), ("adjustments", "adjustments")):
        assert sum(Decimal(cells[3]) for cells in rows(shown, panel, table).values()) == revenue
        assert sum(int(cells[2]) for cells in rows(shown, panel, table).values()) == purchases


def test_it_counts_each_row_once_and_marks_what_only_one_answer_knows(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_oneway")
    assert facts(shown) == {
        "7700123": ["31 May 2026, 09:00", "imported", "0", "80"],
        "cr_oneway_list": ["30 May 2026, 09:00", "Not said", "5", "225.75"],
        "cr_oneway_daily": ["29 May 2026, 09:00", "Manual", "8", "360"],
        "cr_oneway_both": ["28 May 2026, 09:00", "Automated", "20", "900"],
    }
    assert {key: cells[5] for key, cells in rows(shown, "adjustments", "adjustments").items()} == {
        "7700123": "Campaign results and daily revenue",
        "cr_oneway_list": "Campaign results only, not in daily revenue",
        "cr_oneway_daily": "Daily revenue only, not in campaign results",
        "cr_oneway_both": "Campaign results and daily revenue",
    }
    sources = rows(shown, "post-campaign", "adjustment-sources")
    assert list(sources) == ["automated", "manual", "imported", ""]
    assert kpis(shown, "post-campaign")["revenue"] == "1565.75"


def test_yen_have_no_decimals(campaign_page: Open, charlie: User) -> None:
    shown = campaign_page(charlie, SAKURA, "evt_jpy_closed")
    card = shown.panel("post-campaign")
    assert card.one("data", data_kpi="revenue").text == "¥504,000"
    assert card.one("data", data_kpi="average_value").text == "¥9,000"
    assert "." not in card.one("data", data_kpi="spend").text


def test_an_account_that_may_not_read_results_sees_the_rows_of_daily_revenue(campaign_page: Open, nils: User) -> None:
    shown = campaign_page(nils, NORDLICHT, "evt_nord")
    card = shown.panel("post-campaign")
    assert card["data-state"] == "ready"
    assert "does not let this account read campaign results" in card.text
    assert kpis(shown, "post-campaign")["revenue"] == "1365.9"
    assert rows(shown, "post-campaign", "made")["revenue"][3] == "GET /daily_revenue_summary/"


def test_an_account_that_may_not_read_results_is_told_so_when_daily_revenue_has_none(
    campaign_page: Open, nils: User
) -> None:
    shown = campaign_page(nils, NORDLICHT, "evt_nord_refund")
    card = shown.panel("post-campaign")
    assert card["data-state"] == "not-permitted"
    assert "does not let this account read campaign results" in card.text
    assert not card.all("data", class_="kpi")


@pytest.mark.parametrize(("status", "state"), [(403, "not-permitted"), (404, "not-permitted"), (503, "failed")])
def test_an_account_without_results_and_daily_revenue_hears_only_what_is_known(
    campaign_page: Open, sandbox: Sandbox, nils: User, status: int, state: str
) -> None:
    sandbox.faults.add("/daily_revenue_summary/", "status", status=status)
    card = campaign_page(nils, NORDLICHT, "evt_nord").panel("post-campaign")
    assert card["data-state"] == state
    assert "carries none" not in card.text


def test_results_are_provisional_while_a_campaign_runs(campaign_page: Open, alice: User) -> None:
    card = campaign_page(alice, ACME, "evt_running").panel("post-campaign")
    assert card.one("span", class_="state-provisional").text == "Provisional"
    assert "still running" in card.text


def test_an_event_without_results_says_what_will_appear(campaign_page: Open, alice: User) -> None:
    card = campaign_page(alice, ACME, "evt_soldout").panel("post-campaign")
    assert card["data-state"] == "empty"
    assert "No results yet." in card.text
    assert "the platform's own schedule" in card.text
    assert not card.all("data", class_="kpi")


def test_attribution_computed_elsewhere_is_said_in_words(campaign_page: Open, alice: User) -> None:
    card = campaign_page(alice, ACME, "evt_external").panel("post-campaign")
    assert card["data-state"] == "empty"
    assert "computed elsewhere (EXTERNAL)" in card.text


def test_rows_of_an_event_computed_elsewhere_are_shown_for_what_they_are(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add("/events/evt_closed/attribution_model", "wrong_type", body={"model": "EXTERNAL"})
    card = campaign_page(alice, ACME, "evt_closed").panel("post-campaign")
    assert card["data-state"] == "ready"
    assert "the platform shows no results of its own, only the rows below" in card.text


def test_rows_that_contradict_each_other_or_belong_elsewhere_are_named(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add(
        "/campaign_results/",
        "wrong_type",
        body=[
            {"id": "cr_closed_a1", "eid": "evt_closed", "purchase": 150, "revenue": 7000},
            {"id": "cr_stray", "eid": "evt_running", "purchase": 1, "revenue": 9},
        ],
    )
    shown = campaign_page(alice, ACME, "evt_closed")
    listed = rows(shown, "adjustments", "adjustments")
    assert listed["cr_closed_a1"][:4] == ["Time not stated", "Not said", "150", "7000"]
    assert (
        listed["cr_closed_a1"][5]
        == "Campaign results and daily revenue The platform gave this row twice with different values."
    )
    assert "cr_stray" not in listed
    assert "1 row of another event" in shown.panel("post-campaign").text


def test_amounts_without_any_currency_stand_without_one(
    campaign_page: Open, sandbox: Sandbox, partners: Partners, alice: User
) -> None:
    partners.acme.currency = ""
    partners.acme.save()
    sandbox.faults.add(
        "/campaign_results/",
        "wrong_type",
        body=[{"id": "cr_1", "eid": "evt_nocurrency", "purchase": 2, "revenue": 90.5}],
    )
    shown = campaign_page(alice, ACME, "evt_nocurrency")
    card = shown.panel("post-campaign")
    assert card.one("data", data_kpi="revenue").text == "90.50"
    assert kpis(shown, "post-campaign")["roas"] != ""
    assert "names no currency for this partner" in card.text


def test_an_event_that_another_partner_also_has_shows_its_own(campaign_page: Open, alice: User, charlie: User) -> None:
    ours = campaign_page(alice, ACME, "evt_shared")
    theirs = campaign_page(charlie, SAKURA, "evt_shared")
    assert ours.root.one("h1").text == "Gastspiel zu zweit"
    assert theirs.root.one("h1").text == "二人の夜 Guest Evening"
    assert "¥" not in ours.source
    assert "€" not in theirs.source


def test_the_head_says_when_and_where_and_leads_to_lookout(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_closed")
    head = shown.root.one("header", class_="page-head")
    assert head.one("h1").text == "The Velvet Tramlines – Farewell Night"
    assert "4 Jun 2026, 20:00" in head.text
    assert "Isarhalle, München" in head.text
    link = shown.root.one("a", id="lookout")
    assert link["href"] == f"/p/{ACME}/events/evt_closed/?period=custom&from=2026-04-16&to=2026-05-31"
    assert link.text == "Lookout, 16 April to 31 May 2026"


def test_an_event_with_nearly_nothing_still_has_its_page(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_bare")
    assert shown.root.one("h1").text == "evt_bare"
    assert set(shown.states().values()) == {"empty"}


def test_states_out_of_the_ordinary_are_badges_once(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_cancelled")
    assert [badge.text for badge in shown.root.one("div", class_="page-badges").all("span", class_="state")] == [
        "Cancelled"
    ]


def test_the_campaigns_state_is_not_taken_for_the_events(campaign_page: Open, alice: User) -> None:
    head = campaign_page(alice, ACME, "evt_closed").root.one("div", class_="page-badges")
    assert [badge.text for badge in head.all("span", class_="state-final")] == ["Campaign closed"]


def test_an_id_that_must_be_encoded_works_in_every_address(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    sandbox.faults.add("/integrations/*", "status", status=503)
    shown = campaign_page(alice, ACME, "evt%2Bk%C3%B6ln%207")
    retry = shown.panel("meta").one("a", class_="btn")["href"]
    assert retry == f"/p/{ACME}/campaigns/evt+k%C3%B6ln%207/?panel=meta"
    sandbox.faults.clear()
    assert campaign_page(alice, ACME, "evt+k%C3%B6ln%207", "?panel=meta").panel("meta")["data-state"] == "empty"


# Access.


def test_an_unknown_event_is_not_found(sandbox: Sandbox, client_for: Callable[[User], Client], alice: User) -> None:
    assert client_for(alice).get(f"/p/{ACME}/campaigns/evt_jpy_closed/").status_code == 404


def test_a_stranger_gets_not_found_and_nothing_is_asked(
    sandbox: Sandbox, client_for: Callable[[User], Client], partners: Partners, charlie: User
) -> None:
    assert client_for(charlie).get(f"/p/{ACME}/campaigns/evt_closed/").status_code == 404
    assert sandbox.log.all() == ()


def test_somebody_signed_out_is_led_to_sign_in(sandbox: Sandbox, partners: Partners) -> None:
    response = Client().get(f"/p/{ACME}/campaigns/evt_closed/")
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")
    assert sandbox.log.all() == ()


def test_an_event_that_the_account_may_not_read_says_so(
    sandbox: Sandbox, client_for: Callable[[User], Client], alice: User
) -> None:
    sandbox.faults.add("/events/evt_closed", "status", status=403)
    response = client_for(alice).get(f"/p/{ACME}/campaigns/evt_closed/")
    assert response.status_code == 403
    assert "does not let this account" in response.content.decode()
    assert "9,990" not in response.content.decode()


# The platform fails.


@pytest.mark.parametrize(
    ("path", "panel", "state"),
    [
        ("/events/evt_running/statistics", "post-campaign", "ready"),
        ("/campaign_results/", "post-campaign", "ready"),
        ("/daily_revenue_summary/", "post-campaign", "ready"),
        ("/events/evt_running/campaigns", "campaigns", "failed"),
        ("/events/evt_running/clusters", "campaigns", "ready"),
        ("/events/evt_running/attribution_model", "post-campaign", "ready"),
        ("/integrations/*/campaign_results", "meta", "ready"),
        ("/integrations/*/fb_insights", "meta", "ready"),
        ("/integrations/*", "meta", "failed"),
        ("/integrations/connect/*", "meta", "ready"),
    ],
)
@pytest.mark.parametrize("kind", ["status", "truncated", "html", "reset"])
def test_one_failing_source_takes_nothing_else_with_it(
    campaign_page: Open, sandbox: Sandbox, alice: User, path: str, panel: str, state: str, kind: str
) -> None:
    sandbox.faults.add(path, kind, status=500 if kind == "status" else None)  # type: ignore[arg-type]
    shown = campaign_page(alice, ACME, "evt_running")
    expected = dict.fromkeys(PANELS, "ready") | {panel: state}
    if path == "/campaign_results/":
        expected["adjustments"] = "failed"
    if path == "/daily_revenue_summary/":
        expected |= {"balance": "failed", "before-during": "failed"}
    if path == "/events/evt_running/campaigns":
        expected["before-during"] = "failed"
    assert shown.states() == expected
    assert kpis(shown, "post-campaign")["revenue"] == "1488"
    if state == "failed":
        failed = shown.panel(panel)
        assert failed.one("code").text
        assert failed.one("a", class_="btn")["href"].endswith(f"/?panel={panel}")


def test_results_that_cannot_be_read_fall_back_to_daily_revenue(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add("/campaign_results/", "status", status=503)
    card = campaign_page(alice, ACME, "evt_closed").panel("post-campaign")
    assert "could not be read right now" in card.text
    assert card.one("data", data_kpi="revenue")["value"] == "9990.9"


def test_the_card_fails_when_neither_way_brings_rows(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    sandbox.faults.add("/campaign_results/", "status", status=503)
    sandbox.faults.add("/daily_revenue_summary/", "status", status=503)
    shown = campaign_page(alice, ACME, "evt_closed")
    assert shown.states() == {
        "post-campaign": "failed",
        "balance": "failed",
        "before-during": "failed",
        "adjustments": "failed",
        "campaigns": "ready",
        "meta": "ready",
        "sources": "ready",
    }
    assert rows(shown, "sources", "sources")["adjustments"][0] == "Sales adjustments Could not be read right now."


def test_results_that_failed_are_not_taken_for_none(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    sandbox.faults.add("/campaign_results/", "status", status=503)
    assert campaign_page(alice, ACME, "evt_soldout").panel("post-campaign")["data-state"] == "failed"


def test_spend_that_cannot_be_read_is_unknown_and_so_is_what_needs_it(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add("/events/evt_closed/statistics", "status", status=503)
    shown = campaign_page(alice, ACME, "evt_closed")
    numbers = kpis(shown, "post-campaign")
    assert (numbers["spend"], numbers["roas"], numbers["cost_per_purchase"]) == ("", "", "")
    assert numbers["average_value"] == "45.0040540541"
    assert notes(shown, "post-campaign") == {
        "spend": "Event statistics: Could not be read right now. Meta states €22,680.00.",
        "roas": "Not known without the ad spend.",
        "cost_per_purchase": "Not known without the ad spend.",
        "share": "Beside €431,065.30 measured; whether they are part of it is not told.",
    }


@pytest.mark.parametrize(
    ("statistics", "spend", "words"),
    [
        ({"spent": None}, "", "Not known without the ad spend."),
        ({}, "", "Not known without the ad spend."),
        ({"spent": 0, "currency": "EUR"}, "0", "No ratio: the stated ad spend is zero."),
        ({"spent": 500, "currency": "CHF"}, "500", "No ratio: revenue and ad spend are in different currencies."),
        ({"spent": -5}, "-5", "Not computed: the stated ad spend is below zero."),
    ],
)
def test_it_says_why_there_is_no_ratio(
    campaign_page: Open,
    sandbox: Sandbox,
    alice: User,
    statistics: dict[str, int | str | None],
    spend: str,
    words: str,
) -> None:
    sandbox.faults.add("/events/evt_closed/statistics", "wrong_type", body=dict(statistics))
    shown = campaign_page(alice, ACME, "evt_closed")
    assert kpis(shown, "post-campaign")["spend"] == spend
    assert kpis(shown, "post-campaign")["roas"] == ""
    assert notes(shown, "post-campaign")["roas"] == words


def test_an_event_that_cannot_be_read_still_shows_the_rest(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    sandbox.faults.add("/events/evt_closed", "status", status=502)
    shown = campaign_page(alice, ACME, "evt_closed")
    assert shown.root.one("h1").text == "evt_closed"
    assert "The event itself could not be read" in shown.root.text
    assert kpis(shown, "post-campaign")["revenue"] == "9990.9"


def test_a_platform_that_is_down_gives_words_not_zeros(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    sandbox.faults.add("*", "status", status=503)
    shown = campaign_page(alice, ACME, "evt_closed")
    assert set(shown.states().values()) == {"failed"}
    assert not shown.root.all("data", class_="kpi")


def test_a_source_that_hangs_does_not_hold_the_page_past_its_deadline(
    campaign_page: Open, sandbox: Sandbox, alice: User, settings: Settings
) -> None:
    settings.PLATFORM_PAGE_SECONDS = 4.0
    sandbox.faults.add("/integrations/*", "timeout", seconds=600)
    sandbox.faults.add("/events/evt_closed/campaigns", "timeout", seconds=600)
    began = time.monotonic()
    shown = campaign_page(alice, ACME, "evt_closed")
    assert time.monotonic() - began < 15
    assert shown.states() == {
        "post-campaign": "ready",
        "balance": "ready",
        "before-during": "failed",
        "adjustments": "ready",
        "campaigns": "failed",
        "meta": "failed",
        "sources": "ready",
    }


def test_an_answer_that_makes_no_sense_is_a_failure_and_not_none(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add("/events/evt_bare/statistics", "html", status=200)
    shown = campaign_page(alice, ACME, "evt_bare")
    assert shown.panel("sources")["data-state"] == "failed"


# What is asked.


def test_no_call_is_made_twice_and_a_warm_page_makes_none(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    campaign_page(alice, ACME, "evt_closed")
    asked = Counter((entry.path, entry.query) for entry in sandbox.log.of(method="GET"))
    assert len(asked) == READS
    assert set(asked.values()) == {1}
    assert {entry.partner for entry in sandbox.log.of(method="GET")} == {ACME}
    campaign_page(alice, ACME, "evt_closed")
    assert len(sandbox.log.of(method="GET")) == READS


def test_a_panel_alone_is_what_its_retry_brings(
    sandbox: Sandbox, client_for: Callable[[User], Client], alice: User
) -> None:
    client = client_for(alice)
    for panel in PANELS:
        response = client.get(f"/p/{ACME}/campaigns/evt_closed/?panel={panel}", headers={"HX-Request": "true"})
        html = response.content.decode().strip()
        assert response["HX-Push-Url"] == "false"
        assert html.startswith("<section")
        assert html.count("<section") == 1
        assert f'data-panel="{panel}"' in html
    whole = client.get(f"/p/{ACME}/campaigns/evt_closed/?panel=base", headers={"HX-Request": "true"})
    assert "<!doctype html>" in whole.content.decode()


# Campaigns.


def campaign_cards(shown: Shown) -> list[dict[str, str]]:
    found = []
    for card in shown.panel("campaigns").all("li", class_="campaign-card"):
        facts = {
            label.text.partition(" What is")[0].split(" ")[0]: each.text
            for label, each in zip(card.all("dt"), card.all("dd"), strict=True)
        }
        facts["label"] = card.one("h3").text
        facts["badges"] = " ".join(badge.text for badge in card.all("span", class_="state"))
        found.append(facts)
    return found


def test_each_campaign_has_a_card_in_words(campaign_page: Open, alice: User) -> None:
    cards = campaign_cards(campaign_page(alice, ACME, "evt_closed"))
    assert cards == [
        {
            "label": "Festival weekenders",
            "badges": "Completed",
            "Budget": "€15,120.00",
            "Dates": "16 April to 31 May 2026 · Sales on these days",
            "Targeting": "People in München and Deutschland, in the groups 18-34 and 35-54",
            "Media": "A picture or film on another host; not loaded here.",
            "Reach": "235,500",
            "Audience": "19.5%",
            "Prediction": "2.06",
        },
        {
            "label": "Comedy after work",
            "badges": "Closed",
            "Budget": "€7,560.00",
            "Dates": "Until 31 May 2026, start not stated",
            "Targeting": "People in München and Deutschland, in the groups 25-44",
            "Media": "A picture or film on another host; not loaded here.",
            "Reach": "37,500",
            "Audience": "30.1%",
            "Prediction": "3.49",
        },
    ]


def test_foreign_media_are_never_named_in_the_page(campaign_page: Open, alice: User) -> None:
    assert "media.example.com" not in campaign_page(alice, ACME, "evt_closed").source


def test_an_event_without_campaigns_says_so(campaign_page: Open, alice: User) -> None:
    panel = campaign_page(alice, ACME, "evt_plain").panel("campaigns")
    assert panel["data-state"] == "empty"
    assert "This event has no campaigns." in panel.text


def test_campaigns_go_by_their_technical_names_when_labels_cannot_be_read(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add("/events/evt_closed/clusters", "status", status=503)
    shown = campaign_page(alice, ACME, "evt_closed")
    assert [card["label"] for card in campaign_cards(shown)] == ["festival_weekenders", "comedy_after_work"]
    assert "labels could not be read" in shown.panel("campaigns").text


def test_odd_campaign_rows_are_shown_as_far_as_they_say_something(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    sandbox.faults.add(
        "/events/evt_closed/campaigns",
        "wrong_type",
        body=[
            {"tc": "a", "tc_run_id": "41", "status": "IGNORED", "targeting": {"geo": ["Graz"]}},
            {"tc": "b", "tc_run_id": 7, "status": "WARMING_UP", "start_date": "2026-05-01", "published": False},
            {"tc": "a", "tc_run_id": 42, "status": "open", "start_date": "2026-06-02", "end_date": "2026-06-01"},
            {"tc": "c", "targeting": {"demographics": ["25-44"]}, "creative": None, "budget": None, "status": None},
        ],
    )
    shown = campaign_page(alice, ACME, "evt_closed")
    assert campaign_cards(shown) == [
        {
            "label": "a",
            "badges": "Open",
            "Budget": "—",
            "Dates": "The platform states an end (1 Jun 2026) before the start (2 Jun 2026).",
            "Targeting": "Not stated",
        },
        {
            "label": "b",
            "badges": "WARMING_UP Not published",
            "Budget": "—",
            "Dates": "From 1 May 2026, end not stated",
            "Targeting": "Not stated",
        },
        {
            "label": "c",
            "badges": "",
            "Budget": "—",
            "Dates": "Not stated",
            "Targeting": "People in the groups 25-44, wherever they are",
        },
        {"label": "a", "badges": "Ignored", "Budget": "—", "Dates": "Not stated", "Targeting": "People in Graz"},
    ]
    runs = [small.text for small in shown.panel("campaigns").all("small")]
    assert runs == ["Run 42", "Run 41"]


def test_markup_is_text_wherever_it_comes_from(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    evil = "<img src=x onerror=alert(1)>"
    sandbox.faults.add(
        "/events/evt_markup/campaigns",
        "wrong_type",
        body=[
            {
                "tc": evil,
                "status": evil,
                "creative": {"headline": evil, "body": evil, "media_url": f"javascript:{evil}"},
                "targeting": {"geo": [evil], "demographics": [evil]},
            }
        ],
    )
    sandbox.faults.add(
        "/campaign_results/",
        "wrong_type",
        body=[{"id": evil, "eid": "evt_markup", "purchase": 1, "revenue": 2, "source": evil}],
    )
    sandbox.faults.add("/events/evt_markup/attribution_model", "wrong_type", body={"model": evil})
    shown = campaign_page(alice, ACME, "evt_markup")
    assert "<img" not in shown.source
    assert "<script>alert" not in shown.source
    assert "javascript:" not in shown.source
    assert shown.root.one("h1").text == "<b>Tante Elektra</b> & Friends <script>alert(1)</script>"
    assert [card["label"] for card in campaign_cards(shown)] == [evil]
    assert list(rows(shown, "adjustments", "adjustments")) == [evil]


# Sources.


def test_what_the_sources_state_stands_side_by_side(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_tour_ber")
    event = sandbox.world[ACME].events["evt_tour_ber"]
    assert event.meta is not None
    assert event.meta.series is not None
    stated = {key: cells[1:5] for key, cells in rows(shown, "sources", "sources").items()}
    spend = _plain(event.spend)
    series_revenue, series_purchases, series_spend = event.meta.series
    assert stated == {
        "adjustments": ["63", "2835", "", ""],
        "statistics": [
            str(event.purchases),
            _plain(event.revenue),
            spend,
            _plain(round(event.revenue / event.spend, 2)),
        ],
        "meta-event": [
            str(event.meta.purchases),
            _plain(event.meta.revenue),
            spend,
            _plain(round(event.meta.revenue / event.meta.spend, 2)),
        ],
        "meta-series": [str(series_purchases), _plain(series_revenue), _plain(series_spend), ""],
        "meta-delivery": ["", "", spend, ""],
    }


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def test_sources_that_say_nothing_say_so(campaign_page: Open, nils: User) -> None:
    shown = campaign_page(nils, NORDLICHT, "evt_nord_refund")
    sources = rows(shown, "sources", "sources")
    assert sources["adjustments"][0] == "Sales adjustments This account may not read it."
    assert sources["adjustments"][1:5] == ["", "", "", ""]
    assert sources["meta-event"][1:5] == ["", "", "", ""]


# Meta.


def test_metas_numbers_are_metas(campaign_page: Open, sandbox: Sandbox, alice: User) -> None:
    meta = sandbox.world[ACME].events["evt_running"].meta
    assert meta is not None
    numbers = kpis(campaign_page(alice, ACME, "evt_running"), "meta")
    assert list(numbers) == ["revenue", "purchases", "spend", "roas", "impressions", "clicks", "ctr", "cpc"]
    assert Decimal(numbers["revenue"]) == meta.revenue
    assert int(numbers["purchases"]) == meta.purchases
    assert Decimal(numbers["spend"]) == meta.spend
    assert Decimal(numbers["roas"]) == round(meta.revenue / meta.spend, 2)
    assert int(numbers["impressions"]) == meta.impressions
    assert int(numbers["clicks"]) == meta.clicks
    assert Decimal(numbers["ctr"]) == pytest.approx(Decimal(meta.clicks) / meta.impressions, rel=Decimal("1e-11"))
    assert Decimal(numbers["cpc"]) == pytest.approx(meta.spend / meta.clicks, rel=Decimal("1e-11"))


@pytest.mark.parametrize("eid", ["evt_plain", "evt_quiet"])
def test_missing_and_empty_meta_statistics_are_none_for_this_event(campaign_page: Open, alice: User, eid: str) -> None:
    panel = campaign_page(alice, ACME, eid).panel("meta")
    assert panel["data-state"] == "empty"
    assert "Meta has no statistics for this event." in panel.text
    assert not panel.all("data")


def test_meta_statistics_that_are_refused_are_not_called_none(campaign_page: Open, alice: User) -> None:
    shown = campaign_page(alice, ACME, "evt_external")
    panel = shown.panel("meta")
    assert panel["data-state"] == "not-permitted"
    assert "The platform does not let this account read Meta's statistics for this event." in panel.text
    assert not panel.all("data")
    assert rows(shown, "sources", "sources")["meta-event"][0] == "Meta, this event This account may not read it."


def test_a_partner_without_meta_is_told_that_it_is_not_connected(
    campaign_page: Open, sandbox: Sandbox, charlie: User
) -> None:
    sandbox.faults.add("/integrations/connect/*", "wrong_type", body={"connected": False})
    panel = campaign_page(charlie, SAKURA, "evt_jpy_closed").panel("meta")
    assert panel["data-state"] == "empty"
    assert "Meta is not connected for this partner." in panel.text


def test_numbers_of_a_connection_that_is_gone_are_shown_with_a_note(
    campaign_page: Open, sandbox: Sandbox, charlie: User
) -> None:
    sandbox.faults.add("/integrations/connect/*", "wrong_type", body={"connected": False})
    panel = campaign_page(charlie, SAKURA, "evt_jpy").panel("meta")
    assert panel["data-state"] == "ready"
    assert "Meta is no longer connected" in panel.text
