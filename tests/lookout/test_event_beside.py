"""What stands beside an event's sales: its demand, its series, its packages, and the day that goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners
from tests.lookout.conftest import Open
from tests.pages import Element

pytestmark = pytest.mark.django_db

EVENT = "/events/evt_tour_ham"
NOON = datetime(2026, 6, 15, 10, tzinfo=UTC)


def sentences(panel: Element) -> list[str]:
    return [each.text for each in panel.all("p", class_="sentence")]


def test_the_demand_curve_is_drawn_as_its_table_tells_it(sandbox: Sandbox, page: Open) -> None:
    sales: list[Any] = [
        {"mapped_date": "2026-06-15", "norm_tickets_sold_current": 0.6, "norm_tickets_sold_avg": 0.55},
        {"mapped_date": "2026-06-08", "norm_tickets_sold_current": 0.5125, "norm_tickets_sold_avg": None},
        {"mapped_date": "2026-06-22", "norm_tickets_sold_current": None, "norm_tickets_sold_avg": 0.7},
    ]
    sandbox.faults.add(f"{EVENT}/sales-graph", "wrong_type", body={"sales": sales})
    sandbox.faults.add(f"{EVENT}/benchmark", "wrong_type", body={"today": 0.584, "prediction": 0.74, "state": "above"})
    shown = page("evt_tour_ham")
    panel = shown.panel("demand")
    assert shown.rows("demand") == ["2026-06-08", "2026-06-15", "2026-06-22"]
    assert shown.column("demand", "This event") == [Decimal("0.5125"), Decimal("0.6")]
    assert shown.column("demand", "Comparable events") == [Decimal("0.55"), Decimal("0.7")]
    assert sentences(panel) == ["58.4% is sold, 74.0% is expected in the end. That is above the benchmark."]
    assert panel.one("figcaption").text == ("On 15 June 2026 this event stood at 0.60, comparable events at 0.55.")
    assert "the platform does not say what it is a share of" in panel.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"now": 58.4, "prediction": 74, "state": "below"},
            "58.4% is sold, 74.0% is expected in the end. That is below",
        ),
        ({"today": None, "prediction": 0.74, "state": None}, "74.0% is expected to be sold in the end."),
        (
            {"today": 0.5, "prediction": None, "state": "<b>odd</b>"},
            "50.0% is sold. The platform's word for it: “<b>odd",
        ),
    ],
)
def test_what_is_sold_and_expected_is_said_whichever_way_the_platform_says_it(
    sandbox: Sandbox, page: Open, body: dict[str, object], words: str
) -> None:
    sandbox.faults.add(f"{EVENT}/benchmark", "wrong_type", body=body)
    assert sentences(page("evt_tour_ham").panel("demand"))[0].startswith(words)


def test_half_of_the_demand_panel_is_better_than_none(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(f"{EVENT}/sales-graph", "html")
    panel = page("evt_tour_ham").panel("demand")
    assert panel["data-state"] == "ready"
    assert "is expected in the end" in sentences(panel)[0]
    assert sentences(panel)[1].startswith("The demand curve could not be read: ")
    assert panel.all("figure") == []


def test_without_its_benchmark_the_curve_is_drawn(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(f"{EVENT}/benchmark", "html")
    panel = page("evt_tour_ham").panel("demand")
    assert sentences(panel)[0].startswith("What is sold and expected could not be read: ")
    assert len(panel.all("figure")) == 1


def test_demand_that_cannot_be_read_at_all_fails_alone(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(f"{EVENT}/benchmark", "html")
    sandbox.faults.add(f"{EVENT}/sales-graph", "html")
    shown = page("evt_tour_ham")
    assert [name for name, state in shown.states().items() if state == "failed"] == ["demand"]


def test_before_tickets_are_sold_there_is_no_demand(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(f"{EVENT}/sales-graph", "wrong_type", body={"sales": []})
    sandbox.faults.add(f"{EVENT}/benchmark", "wrong_type", body={"today": None, "prediction": None, "state": None})
    panel = page("evt_tour_ham").panel("demand")
    assert panel["data-state"] == "empty"
    assert "It begins when tickets are on sale." in panel.text


def test_the_other_dates_of_the_series_stand_in_their_order(page: Open) -> None:
    panel = page("evt_tour_ham").panel("series")
    rows = panel.one("table").one("tbody").all("tr")
    assert [row["data-id"] for row in rows] == ["evt_tour_ber", "evt_tour_cgn", "evt_tour_muc", "evt_tour_vie"]
    assert rows[0].one("a")["href"] == "/p/partner-id-acme/events/evt_tour_ber/"
    assert "in the zone Europe/Berlin" in panel.text


def test_of_a_long_series_the_nearest_are_shown_and_the_others_counted(sandbox: Sandbox, page: Open) -> None:
    show = page("evt_tour_ham").root.one("p", class_="context-line").text
    assert show.startswith("27 Jun 2026")
    items: list[Any] = [
        {"id": f"evt_{day}", "title": f"<i>{day}</i>", "start_date_time": f"2026-07-{day:02}T18:00:00Z"}
        for day in range(1, 21)
    ]
    items += [{"id": "evt_undated", "title": None}, {"id": "evt_tour_ham"}, {"id": "evt_1", "title": "twice"}]
    sandbox.faults.add("/events/evt_plain/series", "wrong_type", body=items)
    panel = page("evt_plain").panel("series")
    assert len(panel.one("table").one("tbody").all("tr")) == 12
    assert "The series has 10 more events, further away in time." in panel.text


def test_packages_that_contain_the_event_are_linked(partners: object, page: Open) -> None:
    acme = Partner.objects.get(partner_id="partner-id-acme")
    sakura = Partner.objects.get(partner_id="partner-id-sakura")
    PartnerPoll.objects.create(partner=acme, listed_at=NOON)

    def package(partner: Partner, name: str, *events: str, **more: Any) -> None:
        Package.objects.create(
            partner=partner,
            package_id=name,
            title=f"<b>{name}</b>",
            events=[{"id": event, "title": "x"} for event in events],
            first_seen=NOON,
            last_seen=NOON,
            **more,
        )

    package(acme, "pkg_in", "evt_plain", "evt_closed")
    package(acme, "pkg_like", "evt_plain2", "evt_pla")
    package(acme, "pkg_gone", "evt_plain", vanished_at=NOON)
    package(sakura, "pkg_foreign", "evt_plain")
    panel = page("evt_plain").panel("packages")
    assert panel["data-state"] == "ready"
    assert [(link["href"], link.text) for link in panel.all("a")] == [
        ("/p/partner-id-acme/packages/pkg_in/", "<b>pkg_in</b>")
    ]
    assert page("evt_bare").panel("packages")["data-state"] == "empty"


def test_windows_of_packages_are_bands_in_picture_and_words(partners: Partners, page: Open) -> None:
    def package(partner: Partner, name: str, event: str, *, window: int | None, sent: date | None, **more: Any) -> None:
        made = Package.objects.create(
            partner=partner,
            package_id=name,
            title=more.pop("title", name),
            events=[{"id": event, "title": "x"}],
            first_seen=NOON,
            last_seen=NOON,
            **more,
        )
        PollState.objects.create(package=made, partner=partner, window=window, email_sent_date=sent)

    sent = date(2026, 6, 1)
    package(partners.acme, "pkg_in", "evt_closed", window=14, sent=sent, title="<b>Munich</b> shows " + "long " * 20)
    package(partners.acme, "pkg_no_anchor", "evt_closed", window=14, sent=None)
    package(partners.acme, "pkg_no_length", "evt_closed", window=None, sent=sent)
    package(partners.acme, "pkg_no_end", "evt_closed", window=10**9, sent=sent)
    package(partners.acme, "pkg_other", "evt_clo", window=14, sent=sent)
    package(partners.acme, "pkg_gone", "evt_closed", window=14, sent=sent, vanished_at=NOON)
    package(partners.sakura, "pkg_foreign", "evt_closed", window=14, sent=sent)
    shown = page("evt_closed", **{"from": "2026-05-20", "to": "2026-06-20"})
    found = [s for s in shown.figure()["layout"]["shapes"] if s["templateitemname"] == "band-package"]
    assert [(band["x0"], band["x1"], band["label"]["text"]) for band in found] == [
        ("2026-06-01", "2026-06-16", "Package: &lt;b&gt;Munich&lt;/b&gt; shows long lo…")
    ]
    words = shown.root.one("figcaption", id="chart-daily-revenue-summary").text
    assert "Package: <b>Munich</b> shows long lo…, 1 June to 15 June 2026." in words
    outside = page("evt_closed", **{"from": "2026-05-20", "to": "2026-05-30"})
    assert "Package" not in outside.root.one("figcaption", id="chart-daily-revenue-summary").text


def test_packages_that_nobody_has_read_yet_are_not_said_to_be_none(page: Open) -> None:
    assert "have not been read yet" in page("evt_plain").panel("packages").text


def test_every_event_leads_to_its_campaign_page(page: Open) -> None:
    link = page("evt_plain").root.one("div", class_="page-tools").one("a")
    assert link["href"] == "/p/partner-id-acme/campaigns/evt_plain/"


def test_the_day_that_goes_on_is_outlined_with_dashes(sandbox: Sandbox, page: Open) -> None:
    days = [{"date": f"2026-06-{day}", "revenue": 100 * day, "purchases": 1} for day in (13, 14, 15)]
    sandbox.faults.add("/daily_revenue_summary/", "wrong_type", body={"currency": "EUR", "daily_revenue": days})
    shown = page("evt_plain", by="day")
    outlines = [s for s in shown.figure()["layout"]["shapes"] if s["templateitemname"] == "unfinished"]
    assert [(o["x0"][:10], o["y1"]) for o in outlines] == [("2026-06-15", 1500.0)]
    assert "15 June 2026: not over yet." in shown.root.one("figcaption", id="chart-daily-revenue-summary").text
    assert "provisional" in shown.table("daily-revenue").one("tr", data_id="2026-06-15").text


def test_the_curve_is_drawn_also_where_daily_revenue_failed(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/daily_revenue_summary/", "html")
    shown = page("evt_tour_ham")
    assert (shown.states()["daily-revenue"], shown.states()["demand"]) == ("failed", "ready")
    assert len(shown.root.all("script", id="chart-templates")) == 1
    assert len(shown.panel("demand").all("figure")) == 1
