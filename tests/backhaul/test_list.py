"""The list of packages through the door: rows, states, filters, order, pages, files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.stored import NOW, made, result
from tests.conftest import Partners
from tests.pages import Shown, read

PATH = "/p/partner-id-acme/packages/"
WINDOW = {"window": 14, "email_sent_date": date(2026, 6, 6)}


@pytest.fixture
def listed(time: Time, partners: Partners, sandbox: Sandbox) -> Partner:
    """Five packages, as read two days ago."""
    acme = partners.acme
    PartnerPoll.objects.create(partner=acme, listed_at=NOW)
    old = NOW - timedelta(days=40)
    result(made(acme, "open", title="Open", poll=WINDOW, created_at=NOW, events=[{"id": "e1", "title": "Zoo night"}]))
    gone = {"status": "EXPIRED", "created_at": old, "first_seen": old}
    result(made(acme, "expired", title="expired", poll={"model": "ALL_PURCHASES"}, **gone), revenue="20")
    made(acme, "building", title="Building", status="INPROGRESS", created_at=NOW - timedelta(days=1))
    merged = {"merge_id": "open", "created_at": NOW - timedelta(days=2), "first_seen": old}
    result(made(acme, "merged", title="Merged", **merged), revenue="7")
    result(made(acme, "lost", title="Lost", vanished_at=NOW, merge_id="elsewhere", created_at=NOW, first_seen=old))
    return acme


@pytest.fixture
def client(listed: Partner, bob: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(bob)


def page(client: Client, query: str = "") -> Shown:
    answer = client.get(f"{PATH}{query}")
    assert answer.status_code == 200
    return read(answer)


def ids(shown: Shown) -> list[str]:
    return [row["data-id"] for row in shown.root.one("table", data_table="packages").all("tr") if row.get("data-id")]


def test_a_row_says_where_a_package_stands_without_asking_the_platform(client: Client, sandbox: Sandbox) -> None:
    shown = page(client)
    assert sandbox.log.all() == ()
    assert ids(shown) == ["open", "building", "merged", "expired", "lost"]
    rows = {row["data-id"]: row for row in shown.root.one("tbody").all("tr")}
    opened = rows["open"]
    assert opened.one("td", data_label="Evaluation")["data-evaluation"] == "provisional"
    assert opened.one("span", class_="state-notice").text == "New"
    assert "Day 9 of 14, provisional until 20 Jun 2026" in opened.text
    assert [cell["data-value"] for cell in opened.all("td", class_="num")] == ["10", "20", "120.5"]
    assert "its customer lists are gone, the last results are kept" in rows["expired"].text
    assert rows["expired"].all("td", class_="num")[2]["data-value"] == "20"
    assert not rows["expired"].all("span", class_="state-notice")
    assert [cell["data-value"] for cell in rows["building"].all("td", class_="num")] == ["", "", ""]
    assert rows["merged"].one("a", href=f"{PATH}open/").text == "Open"
    assert rows["merged"].all("td", class_="num")[2]["data-value"] == "7"
    assert "Merged into elsewhere" in rows["lost"].text
    assert "No longer listed by the platform: the last results are kept" in rows["lost"].text
    total = shown.root.one("tfoot").one("tr")
    assert [cell["data-value"] for cell in total.all("td", class_="num")] == ["20", "40", "140.5"]
    assert "5 packages · 1 without results · 2 merged into others and not added" in total.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=zoo+NIGHT", ["open"]),
        ("?q=%25", []),
        ("?event=e1", ["open"]),
        ("?event=e%22", []),
        ("?state=ended&state=none", ["building", "expired", "lost"]),
        ("?status=EXPIRED", ["expired"]),
        ("?model=ALL_PURCHASES", ["expired"]),
        ("?model=NEW_MODEL", []),
        ("?sort=package", ["building", "expired", "lost", "merged", "open"]),
        ("?sort=-package", ["open", "merged", "lost", "expired", "building"]),
        ("?sort=revenue", ["merged", "expired", "open", "lost", "building"]),
        ("?sort=-revenue", ["open", "lost", "expired", "merged", "building"]),
    ],
)
def test_the_address_says_what_is_listed_and_in_which_order(client: Client, query: str, found: list[str]) -> None:
    shown = page(client, query)
    if found:
        assert ids(shown) == found
    else:
        assert shown.root.one("section", data_panel="packages")["data-state"] == "empty"
        assert "No package matches these filters." in shown.root.text


def test_models_that_the_portal_does_not_know_are_found_by_one_box(client: Client, listed: Partner) -> None:
    """Expired counts all purchases, Lost has no model; the others go by the events of the package."""
    PollState.objects.filter(package__package_id="merged").update(model="BY_MOON")
    PollState.objects.filter(package__package_id="open").update(model="other worlds")
    PollState.objects.filter(package__package_id="lost").update(model="")
    shown = page(client, "?model=other")
    assert ids(shown) == ["open", "merged"]
    assert shown.root.one("section", data_panel="packages")["data-found"] == "2"
    boxes = {box["value"]: "checked" in box.attributes for box in shown.root.all("input", name="model")}
    assert boxes == {
        "ALL_PURCHASES": False, "EVENTS_FROM_PACKAGE": False, "EVENT_SERIES": False, "other": True, "none": False,
    }  # fmt: skip
    assert "Another model" in shown.root.one("form", id="filters").text
    assert ids(page(client, "?model=none")) == ["lost"]
    assert ids(page(client, "?model=other&model=none&model=ALL_PURCHASES")) == ["open", "merged", "expired", "lost"]
    assert ids(page(client, "?model=BY_MOON")) == ["merged"]
    rows = csv.DictReader(StringIO(b"".join(client.get("/p/partner-id-acme/packages.csv?model=other")).decode()))
    assert [row["Model"] for row in rows] == ["other worlds", "BY_MOON"]


def test_what_cannot_be_filtered_by_is_told_at_its_field(client: Client) -> None:
    shown = page(client, f"?q={'x' * 201}&state=later&sort=colour&page=0&event=%00")
    assert len(ids(shown)) == 5
    for words in (
        "At most 200 characters",
        "so it is not used",
        "usual order",
        "so this is the first",
        "no such event",
    ):
        assert words in shown.root.text


def test_pages_go_by_fifty_and_one_beyond_the_last_leads_back(client: Client, listed: Partner) -> None:
    for number in range(60):
        made(listed, f"p{number:02d}", title=f"P{number:02d}", created_at=NOW - timedelta(days=60))
    first, second = page(client), page(client, "?page=2")
    assert (len(ids(first)), len(ids(second))) == (50, 15)
    assert not set(ids(first)) & set(ids(second))
    assert "65 packages, page 2 of 2" in second.root.text
    beyond = page(client, "?page=3")
    assert "The list ends before this page." in beyond.root.text
    assert beyond.root.one("a", href=f"{PATH}?page=2").text == "Go to the last page"


def test_the_file_holds_all_that_is_listed_and_is_on_record(client: Client, listed: Partner) -> None:
    Package.objects.filter(package_id="open").update(title="=HYPERLINK(1)")
    for number in range(60):
        made(listed, f"p{number:02d}", title=f"P{number:02d}")
    text = b"".join(client.get("/p/partner-id-acme/packages.csv?sort=-revenue")).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == 65
    assert [each["Revenue"] for each in rows[:5]] == ["120.5", "120.5", "20", "7", ""]
    assert rows[0]["Package"] == "'=HYPERLINK(1)"
    assert rows[3]["Merged into"] == "open"
    assert (rows[0]["Window until"], rows[0]["E-mail date"]) == ("2026-06-20", "2026-06-06")
    event = AuditEvent.objects.get(kind="exported")
    assert (event.target, event.after) == ("packages", {"format": "csv", "rows": 65, "filter": "sort=-revenue"})


def test_the_lists_own_states_are_told_apart(time: Time, partners: Partners, sandbox: Sandbox, bob: User,
                                             client_for: Callable[[User], Client]) -> None:  # fmt: skip
    acme, client = partners.acme, client_for(bob)
    poll = PartnerPoll.objects.create(partner=acme)

    def told() -> tuple[str, str]:
        panel = page(client).root.one("section", data_panel="packages")
        return panel["data-state"], panel.text

    assert told()[0] == "empty"
    assert "The packages have not been read yet." in told()[1]
    PartnerPoll.objects.filter(pk=poll.pk).update(listed_at=NOW)
    assert "No packages yet." in told()[1]
    PartnerPoll.objects.filter(pk=poll.pk).update(failures=1, failing_since=NOW, last_error="Unavailable")
    assert told()[0] == "failed"
    PartnerPoll.objects.filter(pk=poll.pk).update(last_error="NotPermitted")
    assert told()[0] == "not-permitted"
    # What is stored stays, with the reason.
    made(acme, "kept")
    state, words = told()
    assert state == "ready"
    assert "The list cannot be read at the moment." in words
    assert words.endswith("The last answer we have.")
    assert page(client).root.one("section", data_panel="packages")["data-failing"] == "true"
    nothing = page(client, "?q=nowhere").root.one("section", data_panel="packages")
    assert (nothing["data-state"], nothing["data-failing"]) == ("empty", "true")
    assert "Being read again" not in nothing.text
    PartnerPoll.objects.filter(pk=poll.pk).update(failures=0, failing_since=None, last_error="")
    assert not page(client).root.one("section", data_panel="packages").get("data-failing")
