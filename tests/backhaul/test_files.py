"""A package's evaluation and its whole ledger as files."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models import Evaluation, Package, PollState
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.html import panel, rows

pytestmark = pytest.mark.django_db

URL = "/p/partner-id-acme/packages/pkg_main/"
Stored = Callable[[str], Package]


@pytest.fixture
def bobs(acme: Partner, bob: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(bob)


def body(client: Client, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def table(client: Client, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(body(client, path).decode("utf-8-sig"))))


def test_the_clusters_are_those_of_the_page_in_its_order(bobs: Client, sandbox: Sandbox) -> None:
    truth = sandbox.current_evaluation("partner-id-acme", "pkg_main")
    assert truth is not None
    for sort in ("-revenue", "customers", "-rate", "cluster"):
        lines = table(bobs, f"{URL}evaluation.csv?sort={sort}")
        page = bobs.get(f"{URL}?sort={sort}").content.decode()
        assert len(lines) == len(truth)
        assert all(
            f'data-id="{line["Cluster id"]}"' in html.unescape(row)
            for line, row in zip(lines, rows(page, "clusters"), strict=True)
        )
        for line in lines:
            each = truth[line["Cluster id"]]
            assert (int(line["Customers"]), int(line["Items"]), Decimal(line["Revenue"])) == (
                each.customers,
                each.items,
                each.revenue,
            )
        assert sum(Decimal(line["Share of revenue"]) for line in lines) == pytest.approx(
            Decimal(1), abs=Decimal("0.0001")
        )
        assert all(
            float(line["Interval (95%), low"]) < float(line["Rate"]) < float(line["Interval (95%), high"])
            for line in lines
        )


def test_amounts_stand_beside_their_currency_and_the_links_in_the_order_of_every_page(
    bobs: Client, acme: Partner
) -> None:
    files = (f"{URL}evaluation.csv", f"{URL}results.csv", "/p/partner-id-acme/packages.csv")
    for path in files:
        assert {line["Currency"] for line in table(bobs, path)} == {"EUR"}
    Partner.objects.filter(pk=acme.pk).update(currency="")
    for path in files:
        assert {line["Currency"] for line in table(bobs, path)} == {""}
    page = bobs.get(URL).content.decode()
    for name in ("clusters", "ledger"):
        links = re.findall(r'<a href="([^"]+)" download>', panel(page, name))
        what = "evaluation" if name == "clusters" else "results"
        assert links == [f"{URL}{what}.csv", f"{URL}{what}.xlsx"]


def test_a_rate_that_is_withheld_is_empty_with_its_reason(bobs: Client) -> None:
    lines = table(bobs, "/p/partner-id-acme/packages/pkg_oversize/evaluation.csv")
    (odd,) = [line for line in lines if not line["Rate"]]
    assert odd["Why there is no rate"] == "more customers than people in the cluster"
    assert odd["Interval (95%), low"] == ""


def test_the_workbook_says_what_the_numbers_are(bobs: Client) -> None:
    book = openpyxl.load_workbook(BytesIO(body(bobs, f"{URL}evaluation.xlsx")))
    numbers, about = book.worksheets
    assert numbers.title == "Evaluation"
    assert isinstance(numbers["E2"].value, int | float)
    assert "[$EUR]" in numbers["E2"].number_format
    formats = {
        str(column[0].value): {cell.number_format for cell in column[1:] if cell.data_type == "n"}
        for column in numbers.iter_cols()
    }
    assert {head: found for head, found in formats.items() if found} == {
        "Customers": {"#,##0"},
        "Items": {"#,##0"},
        "Revenue": {"#,##0.00 [$EUR]"},
        "Revenue per customer": {"#,##0.00 [$EUR]"},
        "Share of revenue": {"0.00%"},
        "People in the cluster": {"#,##0"},
        "Rate": {"0.00%"},
        "Interval (95%), low": {"0.00%"},
        "Interval (95%), high": {"0.00%"},
    }
    assert 0 < numbers["H2"].value < 1
    said = {row[0].value: row[1].value for row in about.iter_rows()}
    assert said["Package"] == "Munich & tour autumn mailing"
    assert said["These results count"].startswith("Counts any ticket bought by the people in this package from 7 June")
    assert said["Settings in force"] == "Events from the package · 14 days · 7 Jun 2026"
    assert said["State"].startswith("Provisional. The window is open until 21 June 2026")
    assert said["As of"] == "15 Jun 2026, 12:00"
    assert said["Times"] == "In the zone Europe/Berlin."
    assert said["Conversion rate"].endswith("Customers ÷ people in the cluster")


def test_the_whole_ledger_is_in_its_file_however_long_it_is(bobs: Client, package: Stored) -> None:
    row = package("pkg_main").poll.latest
    assert row is not None
    first = row.revenue
    for number in range(2, 640):
        row.pk, row.number, row.revenue = None, number, row.revenue + 1
        row.save(force_insert=True)
    PollState.objects.filter(package=row.package).update(latest=row)
    lines = table(bobs, f"{URL}results.csv")
    assert [int(line["Number"]) for line in lines] == list(range(639, 0, -1))
    assert [Decimal(line["Revenue"]) for line in lines] == [first + n for n in range(638, -1, -1)]
    assert lines[-1]["What changed"] == "First result."
    assert lines[0]["Belongs to these settings"] == "presumed: no other settings were seen"
    event = AuditEvent.objects.get(kind="exported")
    assert (event.target, event.after) == ("pkg_main", {"format": "csv", "rows": 639, "filter": None})


def test_a_file_of_a_past_day_is_that_days(bobs: Client, package: Stored) -> None:
    Evaluation.objects.filter(package=package("pkg_main")).update(first_seen="2026-06-10T10:00:00Z")
    Package.objects.update(first_seen="2026-06-09T10:00:00Z")
    assert len(table(bobs, f"{URL}results.csv?as_of=2026-06-10")) == 1
    assert len(table(bobs, f"{URL}evaluation.csv?as_of=2026-06-10")) == 5
    assert table(bobs, f"{URL}results.csv?as_of=2026-06-09") == []
    assert table(bobs, f"{URL}evaluation.csv?as_of=2026-06-09") == []
    answer = bobs.get(f"{URL}evaluation.xlsx?as_of=2026-06-10")
    assert "2026-06-10" in answer["Content-Disposition"]
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    said = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert said["As known at the end of"] == "10 June 2026"
    assert said["State"].startswith("Provisional. On 10 June 2026 the window was still open")
    assert AuditEvent.objects.filter(kind="exported", after__filter="as_of=2026-06-10").count() == 3


def test_names_that_look_like_formulas_stay_texts(bobs: Client, package: Stored) -> None:
    row = package("pkg_main").poll.latest
    assert row is not None
    row.clusters = [{"tc": "=1+1", "customers": "-3", "items": "1", "revenue": "-2.5"}]
    row.save()
    (line,) = table(bobs, f"{URL}evaluation.csv")
    assert (line["Cluster"], line["Customers"], line["Revenue"]) == ("'=1+1", "-3", "-2.5")
