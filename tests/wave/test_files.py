"""The campaign page as CSV and XLSX: what it shows, as numbers, on record, safe to open."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.world import ACME, SAKURA
from tests.conftest import Partners
from tests.pages import read
from tests.wave.claimed import stored

ClientFor = Callable[[User], Client]
PAGE = f"/p/{ACME}/campaigns/evt_closed/"
# As the page has them.
PARTS = [
    "Post-campaign performance",
    "Where the credit comes from",
    "Before and during",
    "Campaigns",
    "Meta",
    "What each source states",
    "Adjustments",
]


def lines(client: Client, path: str = f"{PAGE}campaign.csv") -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text, newline="")))


def test_every_number_of_the_page_is_in_the_file(
    sandbox: Sandbox, on_the_day: None, client_for: ClientFor, partners: Partners, alice: User
) -> None:
    stored(partners.acme, "pkg_alone", "evt_closed", revenue="1200")
    client = client_for(alice)
    root = read(client.get(PAGE)).root
    found = lines(client)
    titles = {
        section["data-panel"]: section.one("h2").text for section in root.all("section") if section.get("data-panel")
    }
    assert {line["Part"] for line in found} == set(titles.values())
    for name, title in titles.items():
        section = root.one("section", data_panel=name)
        shown = {data["value"] for data in section.all("data", class_="kpi")}
        shown |= {cell["data-value"] for cell in section.all("td") if cell.get("data-value")}
        assert shown <= {line["Value"] for line in found if line["Part"] == title} | {""}
    share = next(line for line in found if line["Number"] == "Share of the event's revenue")
    assert (share["Value"], share["As shown"]) == ("0.0231772309207", "2.3%")
    assert "€9,990.90 ÷ €431,065.30 · GET /campaign_results/ and GET /daily_revenue_summary/" in share["Remark"]


def test_the_workbook_holds_numbers_and_says_what_they_are(
    sandbox: Sandbox, on_the_day: None, client_for: ClientFor, alice: User
) -> None:
    client = client_for(alice)
    answer = client.get(f"{PAGE}campaign.xlsx")
    assert answer["Content-Disposition"] == (f'attachment; filename="campaign-{ACME}-evt_closed-2026-06-15.xlsx"')
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    sheet, about = book.worksheets
    rows = list(sheet.iter_rows(values_only=True))
    told = {(row[0], row[2]): row[3] for row in rows if not row[1]}
    assert told["Post-campaign performance", "Adjustment revenue"] == pytest.approx(9990.9)
    assert len(rows) == len(lines(client)) + 1
    said = dict(about.iter_rows(values_only=True))
    assert said["Event"] == "The Velvet Tramlines – Farewell Night"
    assert said["Campaigns' days"] == "16 April to 31 May 2026"
    assert "Return on ad spend" in str(said["ROAS"])


@pytest.mark.parametrize(
    ("person", "path", "currency", "sign", "pattern"),
    [
        ("alice", f"/p/{ACME}/campaigns/evt_closed/", "EUR", "€", "#,##0.00 [$EUR]"),
        ("charlie", f"/p/{SAKURA}/campaigns/evt_jpy_closed/", "JPY", "¥", "#,##0 [$JPY]"),
    ],
)
def test_every_amount_names_its_currency_and_every_number_is_written_as_what_it_is(
    sandbox: Sandbox,
    on_the_day: None,
    client_for: ClientFor,
    request: pytest.FixtureRequest,
    person: str,
    path: str,
    currency: str,
    sign: str,
    pattern: str,
) -> None:
    client = client_for(request.getfixturevalue(person))
    answer = client.get(f"{path}campaign.xlsx")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets[0]  # type: ignore[attr-defined]
    at = {str(cell.value): cell.column - 1 for cell in sheet[1]}
    found = {"money": 0, "percent": 0, "plain": 0}
    for line in sheet.iter_rows(min_row=2):
        value, named, shown = line[at["Value"]], line[at["Currency"]].value, str(line[at["As shown"]].value)
        if value.value is None:
            assert named is None
        elif sign in shown:
            found["money"] += 1
            assert (named, value.data_type, value.number_format) == (currency, "n", pattern)
        else:
            kind = "percent" if shown.endswith("%") else "plain"
            found[kind] += 1
            assert (named, value.data_type) == (None, "n")
            assert (value.number_format == "0.00%") == (kind == "percent")
    assert min(found.values()) > 0
    written = lines(client, f"{path}campaign.csv")
    assert {line["Currency"] for line in written if line["Value"]} == {"", currency}


def test_taking_a_file_is_on_record(
    sandbox: Sandbox, on_the_day: None, client_for: ClientFor, partners: Partners, alice: User
) -> None:
    lines(client_for(alice))
    event = AuditEvent.objects.get(kind=Kind.EXPORTED)
    assert (event.partner, event.user, event.target, event.after) == (
        partners.acme,
        alice,
        "evt_closed",
        {"format": "csv"},
    )
    assert event.title == "Campaign: The Velvet Tramlines – Farewell Night"


def test_what_could_not_be_read_is_said_in_the_file(
    sandbox: Sandbox, on_the_day: None, client_for: ClientFor, alice: User
) -> None:
    sandbox.faults.add("/integrations/*", "status", status=503)
    found = lines(client_for(alice))
    assert list(dict.fromkeys(line["Part"] for line in found)) == PARTS
    meta = [line for line in found if line["Part"] == "Meta"]
    assert [(line["Value"], line["As shown"]) for line in meta] == [("", "—")]
    assert meta[0]["Remark"]


def test_texts_of_the_platform_are_no_formulas(
    sandbox: Sandbox, on_the_day: None, client_for: ClientFor, alice: User
) -> None:
    sandbox.faults.add(
        "/events/evt_closed/campaigns",
        "wrong_type",
        body=[{"tc": "=1+1", "status": "@SUM(A1)", "creative": {"headline": "-2+3"}, "budget": -5}],
    )
    found = [line for line in lines(client_for(alice)) if line["Part"] == "Campaigns"]
    assert {line["Row"] for line in found} == {"'=1+1"}
    assert [line["Value"] for line in found if line["Number"] == "Budget"] == ["-5"]
    assert {line["As shown"] for line in found} >= {"'@SUM(A1)", "'-2+3"}


def test_a_stranger_and_an_unknown_event_get_no_file_and_leave_no_record(
    sandbox: Sandbox, on_the_day: None, client_for: ClientFor, partners: Partners, alice: User, charlie: User
) -> None:
    assert client_for(charlie).get(f"{PAGE}campaign.csv").status_code == 404
    assert sandbox.log.all() == ()
    assert client_for(alice).get(f"/p/{ACME}/campaigns/evt_nothing/campaign.csv").status_code == 404
    sandbox.faults.add("/events/evt_closed", "status", status=403)
    assert client_for(alice).get(f"{PAGE}campaign.xlsx").status_code == 403
    assert not AuditEvent.objects.filter(kind=Kind.EXPORTED).exists()
