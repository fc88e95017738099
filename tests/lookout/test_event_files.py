"""The daily revenue panel and the adjustments as files: the page's own rows, as numbers and days."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.lookout.conftest import Open
from tests.pages import Shown, read

pytestmark = pytest.mark.django_db

ARGS = ["partner-id-acme", "evt_closed"]


def body(response: HttpResponseBase) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def lines(response: HttpResponseBase) -> list[dict[str, str]]:
    text = body(response).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def column(shown: Shown, label: str) -> list[str]:
    rows = shown.table("daily-revenue").one("tbody").all("tr")
    return [row.one("td", data_label=label)["data-value"] for row in rows]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"by": "day", "layers": "measured"},
        {"by": "month", "metric": "purchases"},
        {"period": "last-30-before-show", "compare": "previous"},
        {"layers": "automated,manual", "by": "week"},
    ],
)
def test_the_file_holds_the_rows_and_columns_of_the_page(client: Client, page: Open, query: dict[str, str]) -> None:
    shown = page("evt_closed", **query)
    labels = [head.text for head in shown.table("daily-revenue").one("thead").all("th")][1:]
    found = lines(client.get(reverse("lookout:sales_csv", args=ARGS), query))
    assert [key for key in found[0] if key not in ("Day", "First day", "Last day", "Currency", "State")] == labels
    for label in labels:
        assert [row[label] for row in found] == column(shown, label)
    if query.get("by") == "day":
        assert [row["Day"] for row in found] == shown.rows("daily-revenue")


def test_a_page_links_its_own_choices(page: Open) -> None:
    panel = page("evt_closed", by="week", layers="measured").panel("daily-revenue")
    assert [link["href"] for link in panel.one("p", class_="found-files").all("a")] == [
        f"/p/partner-id-acme/events/evt_closed/daily-revenue.{form}?by=week&layers=measured" for form in ("csv", "xlsx")
    ]


def test_the_workbook_has_numbers_days_and_what_they_are(client: Client, sandbox: Sandbox) -> None:
    book = load_workbook(BytesIO(body(client.get(reverse("lookout:sales_xlsx", args=ARGS), {"by": "week"}))))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    revenue = rows[0].index("Revenue")
    assert isinstance(rows[1][0], datetime)
    total = sum(Decimal(str(row[revenue])) for row in rows[1:] if row[revenue] is not None)
    assert total == sandbox.ledger_revenue(*ARGS)
    assert "EUR" in book.worksheets[0].cell(2, revenue + 1).number_format
    about: dict[Any, Any] = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert about["Event"] == "The Velvet Tramlines – Farewell Night"
    assert about["Layers"] == "Measured, Automated and Manual"
    assert "in the zone Europe/Berlin" in about["What it is"]
    assert "adjustments" in about["In words"]
    assert {"As of", "Written", "Revenue", "Purchases", "Organic revenue", "In words"} <= set(about)


@pytest.mark.parametrize(
    ("query", "columns", "money"),
    [
        (
            {},
            ["Revenue", "Currency", "Purchases", "Campaigns", "Organic", "Adjustments", "State"],
            ["Revenue", "Campaigns", "Organic", "Adjustments"],
        ),
        (
            {"metric": "purchases", "layers": "measured"},
            ["Revenue", "Currency", "Purchases", "Campaigns", "Organic", "State"],
            ["Revenue"],
        ),
        ({"layers": "manual"}, ["Adjustments", "Currency", "State"], ["Adjustments"]),
    ],
)
def test_the_currency_stands_behind_the_first_money_and_where_there_is_some(
    client: Client, query: dict[str, str], columns: list[str], money: list[str]
) -> None:
    found = lines(client.get(reverse("lookout:sales_csv", args=ARGS), {"by": "week", **query}))
    assert list(found[0])[2:] == columns
    assert "EUR" in {row["Currency"] for row in found}
    for row in found:
        assert row["Currency"] == ("EUR" if any(row[name] for name in money) else "")


def test_a_file_of_purchases_alone_has_no_currency(client: Client) -> None:
    query = {"by": "week", "metric": "purchases", "layers": "manual"}
    found = lines(client.get(reverse("lookout:sales_csv", args=ARGS), query))
    assert list(found[0]) == ["First day", "Last day", "Adjustments", "State"]


def test_a_day_is_a_day_and_three_years_are_whole(client: Client, sandbox: Sandbox) -> None:
    days = [
        {"date": f"{year}-06-{day:02}", "revenue": "0.1", "purchases": 1} for year in (2023, 2026) for day in (14, 15)
    ]
    sandbox.faults.add("/daily_revenue_summary/", "wrong_type", body={"currency": "EUR", "daily_revenue": days})
    found = lines(client.get(reverse("lookout:sales_csv", args=["partner-id-acme", "evt_plain"]), {"by": "day"}))
    assert len(found) == (date(2026, 6, 15) - date(2023, 6, 14)).days + 1
    assert (found[0]["Day"], found[0]["Revenue"], found[1]["Revenue"]) == ("2023-06-14", "0.1", "0.1")
    assert [row["State"] for row in found[-2:]] == ["", "provisional"]


def test_adjustments_are_a_file_of_their_own(client: Client, page: Open, sandbox: Sandbox) -> None:
    shown = page("evt_oneway")
    found = lines(client.get(reverse("adjustments:csv", args=["partner-id-acme", "evt_oneway"])))
    assert [row["Id"] for row in found] == shown.rows("adjustments")
    assert [Decimal(row["Revenue"]) for row in found] == shown.column("adjustments", "Revenue")
    assert {row["Seen in"] for row in found} == {
        "Campaign results and daily revenue",
        "Campaign results only, not in daily revenue",
        "Daily revenue only, not in campaign results",
    }
    book = load_workbook(BytesIO(body(client.get(reverse("adjustments:xlsx", args=["partner-id-acme", "evt_oneway"])))))
    about: dict[Any, Any] = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert about["Currency"] == "EUR"
    assert "no sales date" in about["What it is"]


def test_adjustments_are_in_the_currency_of_the_page(client: Client, page: Open, sandbox: Sandbox) -> None:
    address = reverse("adjustments:csv", args=["partner-id-acme", "evt_oneway"])
    found = lines(client.get(address))
    assert list(found[0])[3:6] == ["Purchases", "Revenue", "Currency"]
    assert {row["Currency"] for row in found} == {"EUR"}
    Partner.objects.filter(partner_id="partner-id-acme").update(currency="")
    assert {row["Currency"] for row in lines(client.get(address))} == {"EUR"}


def test_without_a_currency_the_column_is_empty(client: Client, sandbox: Sandbox) -> None:
    Partner.objects.filter(partner_id="partner-id-acme").update(currency="")
    row = {"id": "cr_own", "partner_id": "partner-id-acme", "eid": "evt_nocurrency", "purchase": 1, "revenue": 10}
    day = {"date": "2026-06-01", "revenue": 1000, "purchases": 4}
    sandbox.faults.add("/daily_revenue_summary/", "wrong_type", body={"daily_revenue": [day]})
    sandbox.faults.add("/campaign_results/", "wrong_type", body=[row])
    args = ["partner-id-acme", "evt_nocurrency"]
    sales = lines(client.get(reverse("lookout:sales_csv", args=args), {"by": "day"}))
    assert (sales[0]["Revenue"], {line["Currency"] for line in sales}) == ("1000", {""})
    (adjusted,) = lines(client.get(reverse("adjustments:csv", args=args)))
    assert (adjusted["Revenue"], adjusted["Currency"]) == ("10", "")


def test_a_file_is_on_record_with_its_choices(client: Client) -> None:
    body(client.get(reverse("lookout:sales_csv", args=ARGS), {"by": "week"}))
    body(client.get(reverse("adjustments:xlsx", args=ARGS)))
    found = AuditEvent.objects.filter(kind="exported").order_by("position").values_list("target", "title", "after")
    assert [(target, title.split(":")[0], after["format"]) for target, title, after in found] == [
        ("evt_closed", "Daily revenue", "csv"),
        ("evt_closed", "Adjustments", "xlsx"),
    ]
    assert found[0][2]["filter"] == "by=week"


def test_choices_that_cannot_be_used_make_no_file(client: Client) -> None:
    response = client.get(reverse("lookout:sales_csv", args=ARGS), {"by": "year"})
    assert (response.status_code, response["Location"]) == (302, "/p/partner-id-acme/events/evt_closed/?by=year")
    assert not AuditEvent.objects.filter(kind="exported").exists()


@pytest.mark.parametrize(("name", "panel"), [("lookout:sales_csv", "messages"), ("adjustments:csv", "told")])
def test_a_platform_that_is_away_makes_no_file_and_the_page_says_so(
    client: Client, sandbox: Sandbox, name: str, panel: str
) -> None:
    sandbox.faults.add("/daily_revenue_summary/", "html")
    sandbox.faults.add("/campaign_results/", "html")
    response = client.get(reverse(name, args=ARGS), follow=True)
    shown = read(response)
    place = shown.root.one("div", id="messages") if panel == "messages" else shown.panel("adjustments")
    assert "No file was made." in place.text
    assert not AuditEvent.objects.filter(kind="exported").exists()
