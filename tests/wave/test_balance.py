"""The credit balance on the campaign page: what sold, who claims it, and why claims are never added."""

from __future__ import annotations

from decimal import Decimal

import pytest

from attribution_portal.accounts.models import User
from attribution_portal.formats import raw
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.world import ACME, NORDLICHT, SAKURA
from tests.conftest import Partners
from tests.pages import Element
from tests.wave.claimed import stored
from tests.wave.conftest import Open


def kpis(panel: Element) -> dict[str, str]:
    return {data["data-kpi"]: data["value"] for data in panel.all("data", class_="kpi")}


def stated(panel: Element) -> dict[str, list[str]]:
    body = panel.one("table", data_table="balance").one("tbody")
    return {row["data-id"]: [cell["data-value"] for cell in row.all("td")] for row in body.all("tr")}


def daily(sandbox: Sandbox, rows: list[Json], *, currency: str | None = "EUR") -> None:
    sandbox.faults.add(
        "/daily_revenue_summary/",
        "wrong_type",
        body={"currency": currency, "daily_revenue": rows, "manual_adjustments": []},
    )


def results(sandbox: Sandbox, *revenues: int) -> None:
    body: list[Json] = [
        {"id": f"cr_{number}", "eid": "evt_closed", "purchase": 1, "revenue": revenue, "source": "automated"}
        for number, revenue in enumerate(revenues)
    ]
    sandbox.faults.add("/campaign_results/", "wrong_type", body=body)


def day(revenue: float, campaign: float | None) -> Json:
    return {"date": "2026-05-01", "revenue": revenue, "purchases": 2, "campaign_revenue": campaign}


def test_event_revenue_is_campaign_and_organic_with_claims_beside_it(
    campaign_page: Open, sandbox: Sandbox, partners: Partners, alice: User
) -> None:
    stored(partners.acme, "pkg_alone", "evt_closed", revenue="1200")
    stored(partners.acme, "pkg_wide", "evt_closed", "evt_past", revenue="900000")
    stored(partners.acme, "pkg_unread", "evt_closed", revenue=None)
    panel = campaign_page(alice, ACME, "evt_closed").panel("balance")
    days = sandbox.world[ACME].events["evt_closed"].days
    sold = sum((row.revenue for row in days), Decimal(0))
    campaign = sum((row.campaign_revenue or Decimal(0) for row in days), Decimal(0))
    assert {name: Decimal(value) for name, value in kpis(panel).items()} == {
        "revenue": sold,
        "campaign_revenue": campaign,
        "organic_revenue": sold - campaign,
        "adjustment_revenue": Decimal("9990.9"),
    }
    told = stated(panel)
    assert [Decimal(told[key][0]) for key in ("measured", "campaign", "organic", "automated", "manual")] == [
        sold,
        campaign,
        sold - campaign,
        Decimal("8325.4"),
        Decimal("1665.5"),
    ]
    assert told["package-pkg_alone"] == ["1200", "1200", ""]
    assert told["package-pkg_wide"] == ["900000", raw(sold), ""]
    assert told["package-pkg_unread"] == ["", "", ""]
    assert not panel.one("table", data_table="balance").all("tfoot")
    assert panel.one("a", href=f"/p/{ACME}/packages/pkg_alone/").text == "Package pkg_alone"
    assert "How much of it is this event's is not told" in panel.text
    assert not panel.all("div", class_="note-warning")
    assert panel.one("figcaption").text.startswith("The event sold €")


def test_another_partners_package_claims_nothing_here(campaign_page: Open, partners: Partners, alice: User) -> None:
    stored(partners.sakura, "pkg_theirs", "evt_closed")
    assert "pkg_theirs" not in campaign_page(alice, ACME, "evt_closed").source


@pytest.mark.parametrize(
    ("revenue", "campaign", "adjusted", "package", "words"),
    [
        (1000, 200, 300, None, ""),
        (1000, 200, 800, None, ""),
        (1000, 500, 600, None, "Taken together these claims come to more than the event sold."),
        (1000, 200, 300, "600", "Taken together these claims come to more than the event sold."),
        (1000, 200, 1001, None, "The adjustments alone come to more than the event sold as measured."),
        (1000, 200, 100, "1001", "A package alone claims more than the event sold as measured."),
        (1000, 1100, 100, None, "Campaigns are credited with more than the event sold in all."),
        (1000, None, 900, None, ""),
        (-50, 10, 300, "600", ""),
    ],
)
def test_more_than_was_sold_is_explained_and_never_a_number(
    campaign_page: Open,
    sandbox: Sandbox,
    partners: Partners,
    alice: User,
    revenue: int,
    campaign: int | None,
    adjusted: int,
    package: str | None,
    words: str,
) -> None:
    daily(sandbox, [day(revenue, campaign)])
    results(sandbox, adjusted)
    if package:
        stored(partners.acme, "pkg_alone", "evt_closed", revenue=package)
    panel = campaign_page(alice, ACME, "evt_closed").panel("balance")
    assert [note.text.startswith(words) for note in panel.all("div", class_="note-warning")] == (
        [True] if words else []
    )
    assert panel.one("data", data_kpi="revenue")["value"] == str(revenue)


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([day(100, None)], "The platform does not split this event's sales."),
        ([day(100, None), {**day(50, 5), "date": "2026-05-02"}], "The platform split only some of the days."),  # type: ignore[dict-item]
        ([], "No day is listed yet."),
    ],
)
def test_a_split_that_is_not_known_is_said_and_not_zero(
    campaign_page: Open, sandbox: Sandbox, alice: User, rows: list[Json], note: str
) -> None:
    daily(sandbox, rows)
    panel = campaign_page(alice, ACME, "evt_closed").panel("balance")
    assert (kpis(panel)["campaign_revenue"], kpis(panel)["organic_revenue"]) == ("", "")
    assert panel.text.count(note) >= 2


def test_sales_in_another_currency_share_no_axis_with_the_claims(
    campaign_page: Open, sandbox: Sandbox, partners: Partners, alice: User
) -> None:
    stored(partners.acme, "pkg_alone", "evt_closed")
    daily(sandbox, [day(1000, 200)], currency="CHF")
    panel = campaign_page(alice, ACME, "evt_closed").panel("balance")
    assert set(stated(panel)) == {"measured", "campaign", "organic", "package-pkg_alone"}
    assert stated(panel)["package-pkg_alone"] == ["", "", ""]
    assert "in another currency" in panel.text
    assert "not in the currency of the measured sales" in panel.text
    card = campaign_page(alice, ACME, "evt_closed").panel("post-campaign")
    assert card.one("data", data_kpi="share")["value"] == ""
    assert "No share: the measured sales are in another currency." in card.text


def test_an_event_that_sold_nothing_yet_says_what_will_appear(
    campaign_page: Open, sandbox: Sandbox, alice: User
) -> None:
    daily(sandbox, [])
    results(sandbox)
    panel = campaign_page(alice, ACME, "evt_closed").panel("balance")
    assert panel["data-state"] == "empty"
    assert "No sales have been measured for this event yet." in panel.text


@pytest.mark.parametrize(("status", "state"), [(403, "not-permitted"), (503, "failed")])
def test_daily_revenue_that_is_missing_takes_the_balance_and_the_comparison_with_it(
    campaign_page: Open, sandbox: Sandbox, alice: User, status: int, state: str
) -> None:
    sandbox.faults.add("/daily_revenue_summary/", "status", status=status)
    shown = campaign_page(alice, ACME, "evt_closed")
    assert [shown.panel(name)["data-state"] for name in ("balance", "before-during")] == [state, state]
    assert shown.panel("post-campaign").one("data", data_kpi="share")["value"] == ""


def test_yen_and_accounts_without_results_have_their_balance(campaign_page: Open, charlie: User, nils: User) -> None:
    yen = campaign_page(charlie, SAKURA, "evt_jpy_closed").panel("balance")
    assert all("." not in data.text for data in yen.all("data", class_="kpi"))
    assert campaign_page(nils, NORDLICHT, "evt_nord_refund").panel("balance")["data-state"] == "ready"
