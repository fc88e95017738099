"""What an event's sales are compared with, and that no unfinished day is held against a finished one."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open
from tests.pages import Shown

pytestmark = pytest.mark.django_db

DAILY = "/daily_revenue_summary/"
EVENT = "/events/evt_plain"
SERIES = f"{EVENT}/series"


def sold(*rows: tuple[str, object, int | None], currency: str = "EUR") -> dict[str, Any]:
    """A body of daily revenue: day, revenue, purchases."""
    days = [{"date": day, "revenue": revenue, "purchases": purchases} for day, revenue, purchases in rows]
    return {"currency": currency, "daily_revenue": days, "manual_adjustments": []}


def line(shown: Shown) -> dict[str, float | None]:
    """The comparison as it is drawn, by the day it stands at; empty where nothing is."""
    found = [trace for trace in shown.figure()["data"] if trace["meta"]["role"] == "comparison"]
    return {x: y for trace in found for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None}


def note(shown: Shown, name: str) -> str:
    """The words under a key figure."""
    boxes = shown.panel("event-kpis").all("dl", class_="kpi-box")
    box = next(box for box in boxes if box.one("data")["data-kpi"] == name)
    return " ".join(each.text for each in box.all("dd", class_="kpi-note"))


def sentence(shown: Shown) -> str:
    return " ".join(each.text for each in shown.panel("daily-revenue").all("p", data_compared=""))


def column(shown: Shown, label: str) -> list[Decimal]:
    return shown.column("daily-revenue", label)


def chosen(shown: Shown) -> str:
    options = shown.root.one("select", id="id_compare").all("option")
    return next((option["value"] for option in options if "selected" in option.attributes), "")


def test_by_default_nothing_is_compared(page: Open) -> None:
    shown = page("evt_tour_ham")
    assert line(shown) == {}
    assert (sentence(shown), note(shown, "revenue"), chosen(shown)) == ("", "", "")


def test_what_is_not_shown_is_not_compared(page: Open) -> None:
    shown = page("evt_tour_ham", compare="previous", layers="automated")
    assert (line(shown), sentence(shown)) == ({}, "")
    words = shown.panel("daily-revenue").one("p", data_field="compare").text
    assert words == "The measured sales are not shown, so nothing is compared."


def test_the_days_before_keep_their_weekdays(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(
        DAILY,
        "wrong_type",
        body=sold(
            ("2026-05-17", 55, 5),
            ("2026-05-18", 100, 1),
            ("2026-05-24", 7777, 7),  # a Sunday
            ("2026-05-27", 300, 3),
            ("2026-05-28", 66, 6),
            ("2026-06-01", 150, 2),
            ("2026-06-10", 450, 2),
        ),
    )
    shown = page("evt_plain", by="day", compare="previous", **{"from": "2026-06-01", "to": "2026-06-10"})
    assert line(shown) == {"2026-06-01": 100.0, "2026-06-07": 7777.0, "2026-06-10": 300.0}
    assert column(shown, "18 May to 27 May 2026") == [Decimal(100), Decimal(7777), Decimal(300)]
    assert sentence(shown).startswith(
        "Compared with 18 May to 27 May 2026, the days before, each with its own weekday."
    )
    assert note(shown, "revenue") == "92.7% less than €8,177"
    assert note(shown, "purchases") == "63.6% less than 11"
    assert "Changes are against 18 May to 27 May 2026." in shown.panel("event-kpis").text
    assert (shown.kpi("revenue"), shown.bars()) == (600, 600)


def test_last_year_is_the_same_dates_and_29_february_counts_once(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(
        DAILY,
        "wrong_type",
        body=sold(("2024-02-28", 10, 1), ("2024-02-29", 20, 2), ("2024-03-01", 40, 4), ("2025-02-28", 35, 7)),
    )
    shown = page("evt_plain", by="day", compare="last-year", **{"from": "2025-02-01", "to": "2025-03-01"})
    assert line(shown) == {"2025-02-28": 30.0, "2025-03-01": 40.0}
    assert note(shown, "revenue") == "50.0% less than €70"
    assert note(shown, "purchases") == "As much as 7"
    assert "the same dates a year before" in sentence(shown)


def test_a_day_that_is_not_over_takes_no_part_in_the_change(sandbox: Sandbox, page: Open) -> None:
    """Today is 15 June: what was sold until noon stands in the KPI, not in the percentage."""
    sandbox.faults.add(
        DAILY,
        "wrong_type",
        body=sold(("2026-06-07", 100, 1), ("2026-06-08", 900, 9), ("2026-06-14", 150, 1), ("2026-06-15", 5, 1)),
    )
    shown = page("evt_plain", by="day", compare="previous", **{"from": "2026-06-14", "to": "2026-06-15"})
    assert shown.kpi("revenue") == 155
    assert line(shown) == {"2026-06-14": 100.0, "2026-06-15": 900.0}
    assert note(shown, "revenue") == "50.0% more than €100"
    assert sentence(shown).endswith(
        "The change counts only days that are over on both sides: those up to 14 June 2026."
    )
    assert "Changes are against 7 June to 8 June 2026, up to 14 June 2026." in shown.panel("event-kpis").text


def test_of_a_period_that_only_began_no_change_is_told(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(DAILY, "wrong_type", body=sold(("2026-06-08", 100, 1), ("2026-06-15", 5, 1)))
    shown = page("evt_plain", by="day", compare="previous", **{"from": "2026-06-15", "to": "2026-06-15"})
    assert note(shown, "revenue") == ""
    assert "None of these days is over on both sides yet, so there is no change to tell." in sentence(shown)


@pytest.mark.parametrize(
    ("base", "words"),
    [(0, "€200 more than €0"), (-50, "€250 more than -€50"), (200, "As much as €200"), (400, "50.0% less than €400")],
)
def test_of_nothing_and_of_refunds_there_is_no_percentage(sandbox: Sandbox, page: Open, base: int, words: str) -> None:
    sandbox.faults.add(DAILY, "wrong_type", body=sold(("2026-05-25", base, 0), ("2026-06-01", 200, 4)))
    shown = page("evt_plain", compare="previous", **{"from": "2026-06-01", "to": "2026-06-03"})
    assert note(shown, "revenue").replace("\N{MINUS SIGN}", "-") == words
    assert note(shown, "purchases") == "4 more than 0"


def test_refunds_that_outweigh_what_was_sold_are_no_percentage_less(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(DAILY, "wrong_type", body=sold(("2026-05-25", 100, 4), ("2026-06-01", -50, 2)))
    shown = page("evt_plain", compare="previous", **{"from": "2026-06-01", "to": "2026-06-03"})
    assert note(shown, "revenue") == "€150 less than €100"
    assert note(shown, "purchases") == "50.0% less than 4"


def test_days_that_the_platform_does_not_tell_are_no_zeros(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(DAILY, "wrong_type", body=sold(("2026-06-01", 200, None), ("2026-06-02", 10, 1)))
    shown = page("evt_plain", compare="previous", **{"from": "2026-06-01", "to": "2026-06-03"})
    assert note(shown, "revenue") == ""
    assert "The platform has no measured sales to compare with." in sentence(shown)
    assert (
        "25 May to 27 May 2026, no measured sales."
        in shown.root.one("figcaption", id="chart-daily-revenue-summary").text
    )


def test_fewer_days_to_compare_with_are_told(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add(
        DAILY, "wrong_type", body=sold(("2026-05-26", 5, None), ("2026-06-01", 20, 1), ("2026-06-02", 10, 1))
    )
    shown = page("evt_plain", compare="previous", **{"from": "2026-06-01", "to": "2026-06-03"})
    assert "The platform has sales of 1 day to compare with, and of 2 here." in sentence(shown)
    assert note(shown, "revenue") == "500.0% more than €5"
    assert note(shown, "purchases") == ""  # not known for that day


def test_fewer_days_here_are_told_as_well(sandbox: Sandbox, page: Open) -> None:
    """After the show nothing is sold: whole days against nothing would look like a loss."""
    days = sold(("2026-05-25", 5, 1), ("2026-05-26", 5, 1), ("2026-06-01", 20, 1))
    sandbox.faults.add(DAILY, "wrong_type", body=days)
    shown = page("evt_plain", compare="previous", **{"from": "2026-06-01", "to": "2026-06-03"})
    assert "The platform has sales of 2 days to compare with, and of 1 here." in sentence(shown)
    assert note(shown, "revenue") == "100.0% more than €10"


def test_a_sibling_is_laid_beside_by_days_before_the_show(sandbox: Sandbox, page: Open) -> None:
    """Berlin plays 9 days before Hamburg, so its days move 9 days on, and only those that are over count."""
    shown = page("evt_tour_ham", compare="evt_tour_ber", by="day")
    assert chosen(shown) == "evt_tour_ber"
    drawn = line(shown)
    theirs = page("evt_tour_ber", by="day", layers="measured")
    own = dict(zip(theirs.rows("daily-revenue"), column(theirs, "Revenue"), strict=False))
    assert drawn["2026-06-14"] == float(own["2026-06-05"])
    assert drawn["2026-06-01"] == float(own["2026-05-23"])
    assert "as many days before its show" in sentence(shown)
    total = shown.table("daily-revenue").one("tfoot").one("td", data_label="Paper Planets Tour: Berlin")["data-value"]
    assert Decimal(total) == sum(column(shown, "Paper Planets Tour: Berlin"))


def test_a_later_sibling_is_compared_only_as_far_as_it_is_over_itself(page: Open) -> None:
    """Hamburg plays 9 days after Berlin: what it sells on Berlin's last nine days lies ahead of it."""
    shown = page("evt_tour_ber", compare="evt_tour_ham", **{"from": "2026-05-20", "to": "2026-06-14"})
    assert "those up to 5 June 2026" in sentence(shown)
    assert "more than" in note(shown, "revenue") or "less than" in note(shown, "revenue")


def test_only_events_of_the_series_are_offered_and_compared(sandbox: Sandbox, page: Open) -> None:
    shown = page("evt_tour_ham", compare="evt_closed")
    group = shown.root.one("select", id="id_compare").one("optgroup")
    assert {option["value"] for option in group.all("option")} == {
        "evt_tour_ber",
        "evt_tour_cgn",
        "evt_tour_muc",
        "evt_tour_vie",
    }
    words = shown.panel("daily-revenue").one("p", data_field="compare").text
    assert words == "That is not another event of this series with a day of its own, so nothing is compared."
    assert line(shown) == {}
    assert shown.states()["daily-revenue"] == "ready"


@pytest.mark.parametrize(
    ("path", "compare", "words"),
    [
        ("/events/evt_tour_ham/series", "evt_tour_ber", "The series of this event could not be read"),
        ("/events/evt_tour_ham", "evt_tour_ber", "The platform does not tell the day of the show"),
    ],
)
def test_without_what_it_takes_nothing_is_compared_and_the_page_says_why(
    sandbox: Sandbox, page: Open, path: str, compare: str, words: str
) -> None:
    sandbox.faults.add(path, "html")
    shown = page("evt_tour_ham", compare=compare)
    assert words in shown.panel("daily-revenue").one("p", data_field="compare").text
    assert line(shown) == {}
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_tour_ham")


@pytest.mark.parametrize("compare", ["a/b", "evt\x00", "x" * 201])
def test_what_is_no_comparison_says_so(page: Open, compare: str) -> None:
    shown = page("evt_tour_ham", compare=compare)
    words = shown.panel("daily-revenue").one("p", data_field="compare").text
    assert words == "There is no such comparison, so nothing is compared."


def test_a_sibling_in_another_currency_is_compared_in_purchases_alone(sandbox: Sandbox, page: Open) -> None:
    sibling = {"id": "evt_closed", "title": "<b>Guest</b> 🎈", "start_date_time": "2026-06-05T18:00:00Z"}
    sandbox.faults.add(SERIES, "wrong_type", body=[sibling])
    sandbox.faults.add(EVENT, "wrong_type", body={"id": "evt_plain", "start_date_time": "2026-06-05T18:00:00Z"})
    days = {"from": "2026-06-01", "to": "2026-06-03"}
    sandbox.faults.add(DAILY, "wrong_type", body=sold(("2026-06-01", 60, 6)), count=1)
    page("evt_plain", **days)  # its own sales are known from here on
    sandbox.faults.add(DAILY, "wrong_type", body=sold(("2026-06-01", 90, 3), currency="USD"))
    shown = page("evt_plain", compare="evt_closed", **days)
    assert shown.kpi("revenue") == 60
    assert line(shown) == {}
    assert note(shown, "revenue") == ""
    assert note(shown, "purchases") == "100.0% more than 3"
    assert "Compared with <b>Guest</b> 🎈, 1 June to 3 June 2026" in sentence(shown)
    assert "Its amounts are in another currency, so only purchases are compared." in sentence(shown)
    shown = page("evt_plain", compare="evt_closed", metric="purchases", by="day", **days)
    assert line(shown) == {"2026-06-01": 3.0}


def test_a_comparison_adds_one_call_and_no_other_twice(sandbox: Sandbox, page: Open) -> None:
    page("evt_tour_ham", compare="evt_tour_ber")
    reads = Counter(re.sub(r"\?.*", "", entry.path) for entry in sandbox.log.of(method="GET"))
    assert reads.pop(DAILY) == 2
    assert set(reads.values()) == {1}
    sandbox.log.clear()
    page("evt_tour_ham", compare="previous")
    assert len(sandbox.log) == 0


def test_a_sibling_whose_sales_cannot_be_read_says_why(sandbox: Sandbox, page: Open) -> None:
    page("evt_tour_ham")
    sandbox.faults.add(DAILY, "html")
    shown = page("evt_tour_ham", compare="evt_tour_ber")
    words = shown.panel("daily-revenue").one("p", data_field="compare").text
    assert words.startswith("Its sales could not be read, so nothing is compared: ")
    assert shown.kpi("revenue") == sandbox.ledger_revenue("partner-id-acme", "evt_tour_ham")
