"""The campaigns list, through the door: which events, in what order, and what is said of their results."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import AuditEvent, Kind
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Json
from attribution_portal.sandbox.faults import Kind as Fault
from tests.conftest import TODAY, Clock
from tests.pages import Element, Shown, read

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
LIST = f"/p/{ACME}/campaigns/"
EVENTS, RESULTS, STATISTICS = "/events/", "/campaign_results/", "/events/*/statistics"
# Some of Acme's own, with other members: the platform has no results of events that it does not know.
IDS = tuple(sorted(eid for eid in Sandbox(today=TODAY, clock=Clock()).event_ids(ACME) if eid.startswith("evt_")))
AGAIN = "tried again when the page is opened again in a minute"
STATES = ("RUNNING", "OPEN", "CLOSED", "IGNORED")


@pytest.fixture
def client(alice: User, on_the_day: None, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


def ask_again(client: Client, path: str = LIST) -> HttpResponse:
    """What htmx gets while results are being read."""
    return client.get(path, headers={"HX-Request": "true", "HX-Target": "rows"})


def opened(client: Client, query: str = "", *, path: str = LIST) -> Shown:
    """The list after its results have come in."""
    client.get(f"{path}{query}")
    response = client.get(f"{path}{query}")
    assert response.status_code == 200
    return read(response)


def row(shown: Shown, eid: str) -> Element:
    return shown.table("campaigns").one("tr", data_id=eid)


def cells(row: Element) -> list[str]:
    """What is said of purchases, revenue, ad spend and ROAS, in the cells that there are."""
    return [cell.text for cell in row.all("td", class_="num")]


def progress(shown: Shown) -> tuple[str, str]:
    line = shown.root.one("p", id="reading")
    return line["data-progress"], line.text


def wire(number: int, **members: Json) -> Json:
    return {"id": IDS[number], "title": f"Show {number}", "campaign_status": "CLOSED", **members}


def result(number: int, *, purchase: int = 10, revenue: float = 500) -> Json:
    return {
        "id": f"cr_{number}",
        "eid": IDS[number],
        "partner_id": ACME,
        "purchase": purchase,
        "revenue": revenue,
        "created_at": "2026-06-01T08:00:00Z",
        "source": "automated",
    }


def each_with_results() -> Json:
    """The same answer whichever event is asked for: each counts the row that names it, and no other."""
    return [result(number) for number in range(len(IDS))]


def spent(amount: Json, currency: Json = "EUR") -> Json:
    return {"revenue": None, "purchases": None, "spent": amount, "roas": None, "currency": currency}


def listing(sandbox: Sandbox, *events: Json) -> None:
    sandbox.faults.add(EVENTS, "wrong_type", body=list(events))


def test_it_lists_every_event_with_campaigns_by_state_and_the_next_show_first(
    sandbox: Sandbox, client: Client, tasks_at_once: None
) -> None:
    shown = opened(client)
    tenant = sandbox.world[ACME]
    expected = [each for each in tenant.events.values() if each.campaigns and each.status != "archived"]
    rows = shown.table("campaigns").one("tbody").all("tr")
    assert sorted(each["data-id"] for each in rows) == sorted(each.id for each in expected)
    states = [each.one("td", class_="states")["data-state"] for each in rows]
    ranks = [STATES.index(state) if state in STATES else len(STATES) for state in states]
    assert ranks == sorted(ranks)
    assert set(states) == {"RUNNING", "OPEN", "CLOSED", "IGNORED"}
    assert shown.panel("campaigns").one("h2").text == "45 events with campaigns"
    running = [tenant.events[each["data-id"]].starts_at for each in rows if "is-past" not in each.get("class")]
    first = running[: states.count("RUNNING")]
    assert first == sorted(first)
    # Each row leads to both pages of its event, and the list is where the frame says.
    assert row(shown, "evt_closed").one("th").one("a")["href"] == f"{LIST}evt_closed/"
    assert row(shown, "evt_closed").one("a", class_="more")["href"] == f"/p/{ACME}/events/evt_closed/"
    here = {link.text: link.get("aria-current") for link in shown.root.all("a") if link.text in ("Events", "Campaigns")}
    assert here == {"Events": "", "Campaigns": "true"}


def test_a_page_waits_for_no_row_and_each_row_is_read_once(
    sandbox: Sandbox, client: Client, tasks_at_once: None
) -> None:
    first = read(client.get(LIST))
    assert progress(first)[0] == "reading"
    assert set(cells(row(first, "evt_closed"))) == {"— Not read yet."}
    asked = [entry.query for entry in sandbox.log.of(path=RESULTS)]
    assert len(asked) == len(set(asked)) == 45
    spend = [entry.path for entry in sandbox.log.of(path=STATISTICS)]
    # Ad spend of those alone that have results to be held against, since it fits in.
    with_results = {each.eid for each in sandbox.world[ACME].results}
    assert len(spend) == len(set(spend)) <= 8 + 5
    assert {path.split("/")[2] for path in spend} <= with_results
    sandbox.log.clear()
    last = ask_again(client)
    assert last.status_code == 286
    for _ in range(3):
        shown = read(client.get(LIST))
        assert progress(shown) == ("done", "")
    assert len(sandbox.log) == 0
    # The same rows as on the page of the campaign, by the same arithmetic.
    tenant = sandbox.world[ACME]
    mine = [each for each in tenant.results if each.eid == "evt_closed" and each.in_results]
    revenue, spend_of = sum(each.revenue for each in mine), tenant.events["evt_closed"].spend
    figures = [cell["data-value"] for cell in row(shown, "evt_closed").all("td", class_="num")]
    assert Decimal(figures[0]) == sum(each.purchase for each in mine) == 222
    assert Decimal(figures[1]) == revenue == Decimal("9990.90")
    assert Decimal(figures[2]) == spend_of
    assert abs(Decimal(figures[3]) - revenue / spend_of) < Decimal("0.00001")
    assert cells(row(shown, "evt_rtl"))[0] == "— No results yet."


def test_fifty_rows_with_results_take_fifty_readings_eight_at_a_time_and_ad_spend_is_asked_for(
    sandbox: Sandbox, client: Client, tasks_at_once: None
) -> None:
    listing(sandbox, *(wire(number) for number in range(50)))
    sandbox.faults.add(RESULTS, "wrong_type", body=each_with_results())
    sandbox.faults.add(STATISTICS, "wrong_type", body=spent(100))
    sandbox.latency_seconds = 0.05
    client.get(LIST)
    reads = sandbox.log.of(method="GET")
    assert len(reads) == 51
    moments = sorted(
        [(entry.started, 1) for entry in sandbox.log.of(path=RESULTS)]
        + [(entry.started + 0.05, -1) for entry in sandbox.log.of(path=RESULTS)]
    )
    at_once = [sum(step for _moment, step in moments[: count + 1]) for count in range(len(moments))]
    assert max(at_once) <= 8
    sandbox.latency_seconds = 0
    sandbox.log.clear()
    shown = read(client.get(LIST))
    assert len(sandbox.log) == 0
    assert {tuple(cells(each)) for each in shown.table("campaigns").one("tbody").all("tr")} == {
        ("10", "€500", "— Not read.")
    }
    link = shown.root.one("a", href=f"{LIST}?spend=1")
    assert link.text == "Read ad spend for all rows"
    asked = opened(client, "?spend=1")
    assert len(sandbox.log.of(method="GET")) == len(sandbox.log.of(path=STATISTICS)) == 50
    assert cells(row(asked, IDS[7])) == ["10", "€500", "€100", "5.00"]
    assert asked.root.all("a", href=f"{LIST}?spend=1") == []
    total = asked.table("campaigns").one("tfoot")
    assert cells(total) == ["500", "€25,000", "€5,000", "5.00"]


def test_two_people_and_ten_reloads_start_one_reading(
    sandbox: Sandbox, client: Client, bob: User, client_for: Callable[[User], Client], clean_redis: object
) -> None:
    """Without a worker: what is sent stays in the queue."""
    for visitor in (client, client_for(bob)):
        for _ in range(5):
            assert progress(read(visitor.get(LIST)))[0] == "reading"
    assert clean_redis.llen("portal") == 1  # type: ignore[attr-defined]
    # Another page of the list is another reading; asking again is none.
    assert ask_again(client).status_code == 200
    client.get(f"{LIST}?status=OPEN")
    assert clean_redis.llen("portal") == 2  # type: ignore[attr-defined]
    assert len(sandbox.log.of(path=RESULTS)) == 0


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"results": "abc", "spend": [], "page": [], "room": 1, "ended": false, "stop": null, "failures": {}}',
        b'{"results": [1], "spend": [], "page": [], "room": 1, "ended": false, "stop": null, "failures": {}}',
        b'{"results": [], "spend": [], "page": [], "room": 1, "ended": true, "stop": null, "failures": ["x"]}',
        b'{"results": [], "spend": [], "page": [], "room": 1, "ended": true, "stop": null, "failures": {"x": 1}}',
        b'{"results": [], "spend": [], "page": [], "room": 1, "ended": true, "stop": "new", "failures": {}}',
    ],
    ids=range(9),
)
def test_a_plan_that_nobody_here_wrote_is_none(
    sandbox: Sandbox, client: Client, clean_redis: object, stored: bytes
) -> None:
    client.get(LIST)
    (key,) = clean_redis.keys("portal-filling:*")  # type: ignore[attr-defined]
    clean_redis.set(key, stored)  # type: ignore[attr-defined]
    assert read(client.get(LIST)).panel("campaigns")["data-state"] == "ready"
    assert ask_again(client).status_code in {200, 286}


def test_asking_again_asks_the_platform_nothing(sandbox: Sandbox, client: Client, clean_redis: object) -> None:
    client.get(LIST)
    sandbox.log.clear()
    assert "hx-get" in ask_again(client).content.decode()
    sorted_ = f"{LIST}?sort=-revenue"
    client.get(sorted_)
    sandbox.log.clear()
    waiting = ask_again(client, sorted_)
    # Rows that stand by their results do not move until all are there.
    assert (waiting["HX-Retarget"], "<table" in waiting.content.decode()) == ("#reading", False)
    clean_redis.flushdb()  # type: ignore[attr-defined]
    gone = ask_again(client)
    assert (gone.status_code, gone["HX-Refresh"]) == (286, "true")
    assert len(sandbox.log) == 0


def test_a_reading_that_got_lost_is_said_to_be(sandbox: Sandbox, client: Client, clean_redis: object) -> None:
    client.get(LIST)
    (key,) = clean_redis.keys("portal-filling:*")  # type: ignore[attr-defined]
    clean_redis.delete(key)  # type: ignore[attr-defined]
    response = ask_again(client)
    assert response.status_code == 286
    state, words = progress(read(response))
    assert (state, words.startswith("0 of 45 rows are read: the reading was interrupted.")) == ("stopped", True)
    assert "hx-get" not in read(response).root.one("div", id="rows").attributes


@pytest.mark.parametrize(
    ("fault", "status", "body", "words"),
    [
        ("status", 403, None, "— This account may not read it."),
        ("status", 404, None, "— None for this event."),
        ("status", 503, None, "— Could not be read right now."),
        ("wrong_type", None, [1], "— The platform's answer could not be understood."),
        ("html", 200, None, "— The platform's answer could not be understood."),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_the_others_are(
    sandbox: Sandbox,
    client: Client,
    tasks_at_once: None,
    fault: Fault,
    status: int | None,
    body: Json,
    words: str,
) -> None:
    listing(sandbox, wire(1), wire(2), wire(3))
    sandbox.faults.add(STATISTICS, "wrong_type", body=spent(100))
    sandbox.faults.add(f"/events/{IDS[2]}/statistics", fault, status=status, body=body)
    sandbox.faults._faults.reverse()
    sandbox.faults.add(RESULTS, "wrong_type", body=each_with_results())
    shown = opened(client)
    assert cells(row(shown, IDS[1])) == ["10", "€500", "€100", "5.00"]
    assert cells(row(shown, IDS[2])) == ["10", "€500", words]
    # What is not permitted or not there is an answer; the others are tried again in a minute.
    assert progress(shown) == ("done", "" if status in (403, 404) else f"1 row could not be read; it is {AGAIN}.")
    sandbox.log.clear()
    client.get(LIST)
    assert len(sandbox.log) == 0


@pytest.mark.parametrize(
    ("fault", "status", "retry_after", "why"),
    [
        ("status", 503, None, "the platform cannot be reached right now."),
        ("status", 429, 60, "this minute's calls to the platform are used up."),
    ],
)
def test_reading_stops_when_nothing_comes_and_says_so_for_a_minute(
    sandbox: Sandbox,
    client: Client,
    tasks_at_once: None,
    fault: Fault,
    status: int,
    retry_after: int | None,
    why: str,
) -> None:
    sandbox.faults.add(RESULTS, fault, status=status, retry_after=retry_after)
    client.get(LIST)
    tried = {entry.query for entry in sandbox.log.of(path=RESULTS)}
    assert len(tried) == 1
    sandbox.log.clear()
    response = ask_again(client)
    assert response.status_code == 286
    words = "The others are read when the page is opened again in a minute."
    assert progress(read(response)) == ("stopped", f"0 of 45 rows are read: {why} {words}")
    assert read(client.get(LIST)).panel("campaigns")["data-state"] == "ready"
    assert len(sandbox.log.of(path=RESULTS)) == 0


def test_people_go_first_in_the_budget_and_the_reading_does_not_wait_for_the_next_minute(
    sandbox: Sandbox, client: Client, settings: Settings, tasks_at_once: None
) -> None:
    settings.PLATFORM_READS_PER_MINUTE = 30
    client.get(LIST)
    # 80 % of the budget less the list itself, in steps of eight, of which the first begins with one alone.
    assert len(sandbox.log.of(path=RESULTS)) == 1 + 7 + 8
    state, words = progress(read(client.get(LIST)))
    assert (state, words.split(" The")[0]) == (
        "stopped",
        "16 of 45 rows are read: this minute's calls to the platform are used up.",
    )
    assert read(client.get(f"{LIST}evt_closed/")).panel("post-campaign")["data-state"] == "ready"


def test_where_results_may_not_be_read_the_rows_of_daily_revenue_count(
    sandbox: Sandbox, nils: User, on_the_day: None, client_for: Callable[[User], Client], tasks_at_once: None
) -> None:
    shown = opened(client_for(nils), path="/p/fd4711/campaigns/")
    assert cells(row(shown, "evt_nord"))[:2] == ["35", "€1,365.90"]
    rows = len(shown.rows("campaigns"))
    assert len(sandbox.log.of(path=RESULTS)) == 1
    assert len(sandbox.log.of(path="/daily_revenue_summary/")) == rows


@pytest.mark.parametrize(
    ("statistics", "said"),
    [
        (spent(0), ["€0", "— No ratio: the stated ad spend is zero."]),
        (spent(None), ["— The event's statistics state none."]),
        (spent(100, "USD"), ["$100", "— No ratio: revenue and ad spend are in different currencies."]),
        (spent(-5), ["−€5", "— Not computed: the stated ad spend is below zero."]),
        (spent(200, None), ["€200", "2.50"]),
    ],
)
def test_no_ratio_is_drawn_from_what_cannot_be_divided(
    sandbox: Sandbox, client: Client, tasks_at_once: None, statistics: Json, said: list[str]
) -> None:
    listing(sandbox, wire(1))
    sandbox.faults.add(RESULTS, "wrong_type", body=each_with_results())
    sandbox.faults.add(STATISTICS, "wrong_type", body=statistics)
    assert cells(row(opened(client), IDS[1]))[2:] == said


def test_different_currencies_are_not_added_up(sandbox: Sandbox, client: Client, tasks_at_once: None) -> None:
    listing(sandbox, wire(1, currency="EUR"), wire(2, currency="USD"))
    sandbox.faults.add(RESULTS, "wrong_type", body=each_with_results())
    sandbox.faults.add(STATISTICS, "wrong_type", body=spent(100))
    total = opened(client).table("campaigns").one("tfoot")
    assert cells(total) == ["20", "— No total: the rows are in different currencies.", "€200", "—"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?sort=-revenue", [3, 1, 2]),
        ("?sort=revenue", [1, 3, 2]),
        ("?sort=-purchases", [1, 3, 2]),
        ("?sort=title", [1, 2, 3]),
        ("?sort=-title", [3, 2, 1]),
        ("?sort=date", [2, 1, 3]),
        ("?sort=-date", [1, 2, 3]),
        ("?sort=state", [2, 1, 3]),
        ("?status=CLOSED", [1]),
        ("?status=warming+up&status=running", [2, 3]),
        ("?status=open", []),
    ],
)
def test_it_is_sorted_and_filtered_and_what_has_no_number_stands_last(
    sandbox: Sandbox, client: Client, tasks_at_once: None, query: str, ids: list[int]
) -> None:
    listing(
        sandbox,
        wire(1, start_date_time="2026-07-02T18:00:00Z"),
        wire(2, start_date_time="2026-07-01T18:00:00Z", campaign_status="RUNNING"),
        wire(3, campaign_status="Warming up"),
    )
    many: Json = [result(1, purchase=9, revenue=50)]
    few: Json = [result(3, purchase=2, revenue=700)]
    sandbox.faults.add(RESULTS, "wrong_type", body=[*many, *few])
    shown = opened(client, query)
    assert (shown.rows("campaigns") if ids else []) == [IDS[number] for number in ids]
    if not ids:
        assert shown.panel("campaigns")["data-state"] == "empty"
        assert "No event with campaigns matches these filters." in shown.panel("campaigns").text


def test_an_order_by_results_says_for_how_many_it_does_not_hold(sandbox: Sandbox, client: Client) -> None:
    shown = read(client.get(f"{LIST}?sort=-revenue"))
    assert "45 events are not read yet and stand last; the order holds for the others." in shown.root.text
    head = shown.root.one("a", id="sort-revenue")
    assert head["href"] == f"{LIST}?sort=revenue"
    assert shown.table("campaigns").one("th", aria_sort="descending").text.startswith("Revenue")
    # Filters keep the order although they stand in a form of their own.
    assert shown.root.one("input", type="hidden", name="sort")["value"] == "-revenue"


def test_what_cannot_be_used_is_said_where_it_stands(sandbox: Sandbox, client: Client) -> None:
    shown = read(client.get(f"{LIST}?sort=luck&status=%3Cb%3E&from=soon&page=0&archived=perhaps"))
    notes = {each["data-field"]: each.text for each in shown.root.all("p", class_="field-error") if each.text}
    assert set(notes) == {"sort", "status", "from", "page", "archived"}
    assert shown.panel("campaigns")["data-state"] == "ready"


@pytest.mark.parametrize(("status", "state"), [(503, "failed"), (403, "not-permitted")])
def test_a_list_that_cannot_be_read_is_a_panel_that_says_so(
    sandbox: Sandbox, client: Client, status: int, state: str
) -> None:
    sandbox.faults.add(EVENTS, "status", status=status)
    shown = read(client.get(LIST))
    assert shown.panel("campaigns")["data-state"] == state
    assert shown.root.all("div", id="rows") == []
    assert len(sandbox.log.of(path=RESULTS)) == 0


def test_pages_are_cut_from_the_whole_list(sandbox: Sandbox, client: Client, tasks_at_once: None) -> None:
    listing(sandbox, *(wire(number) for number in range(55)))
    sandbox.faults.add(RESULTS, "wrong_type", body=[])
    shown = opened(client, "?page=2")
    assert (len(shown.rows("campaigns")), shown.panel("campaigns").one("h2").text) == (
        5,
        "55 events with campaigns, page 2 of 2",
    )
    assert len(sandbox.log.of(path=RESULTS)) == 5
    beyond = read(client.get(f"{LIST}?page=9"))
    assert "There is no page 9: the list has 2 pages." in beyond.panel("campaigns").text
    assert beyond.root.one("a", class_="btn", href=f"{LIST}?page=2").text == "Go to the last page"


def test_the_files_hold_what_the_list_shows_and_that_is_on_record(
    sandbox: Sandbox, client: Client, alice: User, tasks_at_once: None
) -> None:
    listing(sandbox, wire(1, title="=1+1"), wire(2, campaign_status="RUNNING"), wire(3))
    sandbox.faults.add(RESULTS, "wrong_type", body=[result(1, revenue=500.5)])
    sandbox.faults.add(STATISTICS, "wrong_type", body=spent(100))
    sandbox.log.clear()
    unread = client.get(f"{LIST}campaigns.csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(unread.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [line["Remark"] for line in lines] == ["Not read yet."] * 3
    assert len(sandbox.log.of(path=RESULTS)) == 0
    opened(client)
    response = client.get(f"{LIST}campaigns.csv?sort=title")
    lines = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [line["Id"] for line in lines] == [IDS[1], IDS[2], IDS[3]]
    first = lines[0]
    assert (first["Event"], first["Campaign state"]) == ("'=1+1", "Closed")
    assert (first["Adjustment purchases"], first["Adjustment revenue"], first["Currency"]) == ("10", "500.5", "EUR")
    assert (first["Ad spend"], Decimal(first["ROAS"])) == ("100", Decimal("5.005"))
    assert (lines[1]["Adjustment revenue"], lines[1]["Remark"]) == ("", "No results yet.")
    book = load_workbook(io.BytesIO(b"".join(client.get(f"{LIST}campaigns.xlsx?status=running").streaming_content)))  # type: ignore[attr-defined]
    assert [cell.value for cell in book.worksheets[0]["B"]] == ["Id", IDS[2]]
    sheet = load_workbook(io.BytesIO(b"".join(client.get(f"{LIST}campaigns.xlsx").streaming_content))).worksheets[0]  # type: ignore[attr-defined]
    at = {cell.value: cell.column for cell in sheet[1]}
    line = next(cell.row for cell in sheet["B"] if cell.value == IDS[1])
    assert {name: sheet.cell(line, at[name]).number_format for name in ("Adjustment revenue", "Ad spend", "ROAS")} == {
        "Adjustment revenue": "#,##0.00 [$EUR]",
        "Ad spend": "#,##0.00 [$EUR]",
        "ROAS": "#,##0.00",
    }
    on_record = list(AuditEvent.objects.filter(kind=Kind.EXPORTED).order_by("position").values_list("after", flat=True))
    assert on_record[1:] == [
        {"format": "csv", "rows": 3, "filter": "sort=title"},
        {"format": "xlsx", "rows": 1, "filter": "status=RUNNING"},
        {"format": "xlsx", "rows": 3, "filter": None},
    ]
    # A filter that cannot be used would make a file of something else.
    assert client.get(f"{LIST}campaigns.csv?from=soon")["Location"] == f"{LIST}?from=soon"
    assert AuditEvent.objects.filter(kind=Kind.EXPORTED).count() == 4


def test_a_file_of_more_events_than_are_looked_through_says_so(sandbox: Sandbox, client: Client) -> None:
    items = [wire(number) for number in range(50)]
    sandbox.faults.add(EVENTS, "wrong_type", body={"items": items, "total": 5000, "page": 1, "pages": 100})
    book = load_workbook(io.BytesIO(b"".join(client.get(f"{LIST}campaigns.xlsx").streaming_content)))  # type: ignore[attr-defined]
    said = {line[0].value: line[1].value for line in book.worksheets[1].iter_rows()}
    assert said["What is missing"].startswith("Only the first 1,000 events were looked through")


def test_nothing_is_read_of_a_partner_that_left_and_what_is_kept_is_shown(
    sandbox: Sandbox, client: Client, alice: User, tasks_at_once: None
) -> None:
    opened(client)
    partner = alice.memberships.get().partner
    partner.connected = False
    partner.save()
    sandbox.log.clear()
    shown = read(client.get(f"{LIST}?spend=1"))
    assert cells(row(shown, "evt_closed"))[:2] == ["222", "€9,990.90"]
    assert progress(shown) == (
        "stopped",
        # The ad spend that was asked for is known of five only.
        "5 of 45 rows are read: the platform is not asked about this partner at the moment.",
    )
    assert len(sandbox.log) == 0
