"""The account managers' board through the door: whose packages, in which order, why, and what they sum up to."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models import KnownDefaults, Package, PartnerPoll, SettingsChange
from attribution_portal.partners.models import Membership, Role
from tests.backhaul.stored import NOW, made, result
from tests.conftest import Partners
from tests.pages import Element, Shown, read
from tests.partners.lost_zone import lose
from tests.review.conftest import Time

BOARD = "/review/"
CLOSED = {"window": 5, "email_sent_date": date(2026, 6, 1)}
OPEN = {"window": 30, "email_sent_date": date(2026, 6, 1)}


@pytest.fixture
def packages(time: Time, partners: Partners) -> Partners:
    """One package for each reason, two that need nobody, one of Sakura's in yen, one of a partner of nobody's."""
    acme = partners.acme
    for poll in (partners.acme, partners.sakura):
        PartnerPoll.objects.create(partner=poll, listed_at=NOW)
    KnownDefaults.objects.create(partner=acme, model="EVENTS_FROM_PACKAGE", window=30, read_at=NOW)
    result(made(acme, "quiet", title="Quiet", poll=OPEN))
    result(made(acme, "deviating", title="Deviating", poll={**OPEN, "model": "ALL_PURCHASES"}))
    often = made(acme, "often", title="Often", poll=OPEN)
    late = made(acme, "late", title="Late", poll=OPEN)
    for package, before in ((often, 30), (often, 30), (often, 30), (late, 5)):
        result(package, number=package.evaluations.count() + 1)
        SettingsChange.objects.create(
            partner=acme, package=package, made_at=NOW, outcome="done", before_window=before,
            before_email_sent_date=date(2026, 6, 1),
        )  # fmt: skip
    result(made(acme, "final", title="Final <b>&amp;</b>", poll={**CLOSED, "inherited": ["window"]}), revenue="10.10")
    waiting = made(
        acme, "waiting", title="Waiting",
        poll={**OPEN, "settings_changed_at": NOW - timedelta(hours=30), "pending_changes": 1},
    )  # fmt: skip
    result(waiting, NOW - timedelta(days=3))
    made(
        acme, "failing", title="Failing",
        poll={"failures": 3, "failing_since": NOW - timedelta(hours=2), "last_error": "Unavailable"},
    )  # fmt: skip
    result(made(acme, "merged", title="Merged", merge_id="final", poll=CLOSED), revenue="99.00")
    result(made(partners.sakura, "yen", title="Yen", poll=CLOSED), revenue="5000")
    result(made(partners.nordlicht, "secret", title="Secret", poll=CLOSED))
    return partners


@pytest.fixture
def manager(packages: Partners, mara: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(mara)


def board(client: Client, query: str = "") -> Shown:
    answer = client.get(f"{BOARD}{query}")
    assert answer.status_code == 200
    return read(answer)


def ids(page: Shown) -> list[str]:
    return [row["data-id"] for row in page.root.one("table", data_table="review").all("tr") if row.get("data-id")]


def row(page: Shown, package: str) -> Element:
    return page.root.one("tr", data_id=package)


def totals(page: Shown) -> dict[str, list[str]]:
    return {
        total["data-total"]: [cell["data-value"] for cell in total.all("td", class_="num")]
        for total in page.root.one("tfoot").all("tr")
    }


def test_what_needs_attention_comes_first_and_says_why(manager: Client) -> None:
    page = board(manager)
    assert ids(page)[:7] == ["failing", "waiting", "final", "yen", "late", "often", "deviating"]
    assert set(ids(page)[7:]) == {"quiet", "merged"}
    why = {package: row(page, package).one("td", data_label="Evaluation").text for package in ids(page)}
    assert "Not readable since 15 Jun 2026, 10:00" in why["failing"]
    assert "Waiting for new results since 14 Jun 2026, 06:00" in why["waiting"]
    assert "Final and not signed off" in why["final"]
    assert "Settings changed after the window had closed" in why["late"]
    assert "Settings changed 3 times" in why["often"]
    assert "Settings differ from the partner's default" in why["deviating"]
    assert why["quiet"].startswith("Provisional")
    counts = {link["data-why"]: link["data-value"] for link in page.root.one("ul", class_="reasons").all("a")}
    assert counts == {"failing": "1", "waiting": "1", "unsigned": "2", "late": "1", "often": "1", "deviates": "1"}


def test_money_is_summed_in_its_own_currency_and_never_across(manager: Client) -> None:
    page = board(manager)
    # Customers, items, revenue; what was merged into another is counted and not added.
    assert totals(page) == {"EUR": ["80", "120", "612.6"], "JPY": ["10", "20", "5000"]}
    assert "8 packages · 1 without results · 1 merged into another and not added" in page.root.one("tfoot").text
    assert totals(board(manager, "?q=yen")) == {"JPY": ["10", "20", "5000"]}
    assert ids(board(manager, "?sort=-revenue"))[-3:] == ["final", "failing", "yen"]


def test_nobody_sees_packages_of_partners_that_they_do_not_manage(
    manager: Client, packages: Partners, mara: User, bob: User, client_for: Callable[[User], Client]
) -> None:
    assert "secret" not in ids(board(manager))
    for query in ("?partner=fd4711", "?q=secret"):
        page = board(manager, query)
        assert "Secret" not in page.root.text
    Membership.objects.filter(user=mara, partner=packages.acme).update(role=Role.EDITOR)
    assert ids(board(manager)) == ["yen"]
    assert ids(board(manager, "?partner=partner-id-acme")) == ["yen"]
    before = AuditEvent.objects.count()
    for path in (BOARD, "/review.csv", "/review.xlsx"):
        assert client_for(bob).get(path).status_code == 404
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?why=failing&why=waiting", ["failing", "waiting"]),
        ("?state=final", ["final", "yen", "merged"]),
        ("?partner=partner-id-sakura", ["yen"]),
        ("?model=ALL_PURCHASES", ["deviating"]),
        ("?signed=signed", []),
        ("?q=FIN", ["final"]),
        ("?state=nonsense&sort=nonsense&page=nonsense&why=nonsense&q=quiet", ["quiet"]),
    ],
)
def test_the_address_says_what_is_listed(manager: Client, query: str, found: list[str]) -> None:
    page = board(manager, query)
    if not found:
        assert page.root.one("section", data_panel="review")["data-state"] == "empty"
        assert "No package matches these filters." in page.root.text
        return
    assert ids(page) == found
    if "nonsense" in query:
        assert page.root.text.count("so it is not used") == 2
        assert "so it is in its usual order" in page.root.text
        assert "so this is the first" in page.root.text


def test_markup_in_titles_is_text(manager: Client) -> None:
    content = manager.get(BOARD).content.decode()
    assert "Final &lt;b&gt;&amp;amp;&lt;/b&gt;" in content
    assert "<b>&amp;</b>" not in content


def test_a_merged_package_points_to_the_one_that_it_went_into(manager: Client) -> None:
    link = row(board(manager), "merged").one("a", href="/p/partner-id-acme/packages/final/")
    assert link.text == "Final <b>&amp;</b>"
    # Whatever signs the platform's id holds.
    for name, value in (("package_id", "a?b#c%20"), ("merge_id", "a?b#c%20")):
        Package.objects.filter(package_id="final" if name == "package_id" else "merged").update(**{name: value})
    assert row(board(manager), "merged").one("a", href="/p/partner-id-acme/packages/a%3Fb%23c%2520/")


def test_a_file_holds_every_package_that_matches_and_is_on_record_with_each_partner(manager: Client) -> None:
    text = b"".join(manager.get("/review.csv?state=final")).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert [(each["Partner's id"], each["Id"], each["Currency"], each["Revenue"]) for each in rows] == [
        ("partner-id-acme", "final", "EUR", "10.1"),
        ("partner-id-sakura", "yen", "JPY", "5000"),
        ("partner-id-acme", "merged", "EUR", "99"),
    ]
    assert rows[0]["Worth a look because"] == "Final and not signed off"
    exported = AuditEvent.objects.filter(kind="exported").order_by("partner__partner_id")
    assert [(event.partner.partner_id, event.target, event.after["rows"]) for event in exported] == [
        ("partner-id-acme", "review", 2),
        ("partner-id-sakura", "review", 1),
    ]
    book = openpyxl.load_workbook(BytesIO(b"".join(manager.get("/review.xlsx?q=yen"))))
    assert [cell.value for cell in book.worksheets[0][2]][:3] == ["Sakura Live (demo)", "partner-id-sakura", "Yen"]
    revenue, currency = (
        next(cell.column_letter for cell in book.worksheets[0][1] if cell.value == head)
        for head in ("Revenue", "Currency")
    )
    everything = openpyxl.load_workbook(BytesIO(b"".join(manager.get("/review.xlsx")))).worksheets[0]
    formats = {
        (everything[f"{currency}{cell.row}"].value, cell.number_format)
        for cell in everything[revenue][1:]
        if cell.value is not None
    }
    assert formats == {("EUR", "#,##0.00 [$EUR]"), ("JPY", "#,##0 [$JPY]")}
    assert "Search: yen" in [line[1].value for line in book.worksheets[1].iter_rows()]
    # A filter that cannot be used would make a file of more than was asked for.
    assert manager.get("/review.csv?state=nonsense").headers["Location"] == "/review/?state=nonsense"
    assert AuditEvent.objects.filter(kind="exported").count() == 5


def test_a_file_tells_no_partner_of_the_others_that_it_is_about(manager: Client) -> None:
    b"".join(manager.get("/review.csv?partner=partner-id-acme&partner=partner-id-sakura&state=final"))
    exported = AuditEvent.objects.filter(kind="exported")
    assert {event.partner.partner_id: event.after["filter"] for event in exported} == {
        "partner-id-acme": "state=final",
        "partner-id-sakura": "state=final",
    }
    activity = manager.get("/p/partner-id-acme/activity/").content.decode()
    assert "state=final" in activity
    assert "partner-id-sakura" not in activity


def test_what_was_found_comes_alone_when_the_filters_ask_for_it(manager: Client) -> None:
    answer = manager.get(f"{BOARD}?q=yen", headers={"hx-request": "true", "hx-target": "found"})
    content = answer.content.decode()
    assert "<html" not in content
    assert 'data-id="yen"' in content
    assert answer.headers["HX-Push-Url"] == "/review/?q=yen"


@pytest.mark.parametrize(("path", "name"), [(BOARD, "review"), ("/p/partner-id-acme/packages/", "packages")])
def test_heads_ask_for_what_was_found_alone_and_bring_the_order_that_the_filters_keep(
    manager: Client, path: str, name: str
) -> None:
    page = read(manager.get(path))
    table = page.root.one("table", data_table=name)
    boosted = table.one("thead", hx_boost="true")
    assert (boosted["hx-target"], boosted["hx-swap"]) == ("#found", "outerHTML show:none")
    links = boosted.all("a")
    assert len({link["id"] for link in links}) == len(links) == (7 if name == "review" else 6)
    assert not page.root.all("input", name="sort")
    where = boosted.one("a", id="sort-revenue")["href"]
    assert where == f"{path}?sort=-revenue"
    answer = manager.get(where, headers={"hx-request": "true", "hx-boosted": "true", "hx-target": "found"})
    assert answer.headers["HX-Push-Url"] == where
    # Found with the rows, sent with the filters that stand outside.
    kept = read(answer).root.one("div", id="found").one("input", name="sort")
    assert (kept["type"], kept["value"], kept["form"]) == ("hidden", "-revenue", "filters")
    assert read(manager.get(where)).root.one("input", name="sort")["form"] == "filters"


def test_a_parked_partner_fails_all_its_packages(manager: Client, packages: Partners) -> None:
    PartnerPoll.objects.filter(partner=packages.sakura).update(
        failures=3, failing_since=NOW, last_error="SignInFailed", parked_since=NOW, parked_until=NOW
    )
    page = board(manager)
    assert row(page, "yen").one("td", data_label="Evaluation")["data-evaluation"] == "failing"
    assert "The packages of 1 partner cannot be read at the moment." in page.root.text
    assert "Being read again" not in page.root.text
    assert ids(board(manager, "?why=failing")) == ["failing", "yen"]


def test_rows_of_a_partner_whose_time_zone_is_lost_say_that_they_go_by_utc(
    manager: Client, packages: Partners, alice: User, client_for: Callable[[User], Client]
) -> None:
    words = "Days are those of UTC: the time zone set for this partner, Asia/Atlantis, is not known"
    assert "UTC" not in board(manager).root.one("table", data_table="review").text
    lose(packages.acme)
    page = board(manager)
    said = {each: words in row(page, each).text for each in ids(page)}
    assert said == {each: each != "yen" for each in ids(page)}
    text = b"".join(manager.get("/review.csv")).decode("utf-8-sig")
    lines = {each["Id"]: each["Status"] for each in csv.DictReader(StringIO(text))}
    assert {each: words in status for each, status in lines.items()} == said
    # The partner's own list says it once, above everything.
    own = read(client_for(alice).get("/p/partner-id-acme/packages/")).root
    assert own.text.count("Asia/Atlantis") == 1


def test_without_any_package_the_board_says_so(manager: Client) -> None:
    Package.objects.all().delete()
    page = board(manager)
    assert page.root.one("section", data_panel="review")["data-state"] == "empty"
    assert "Your partners have no packages yet." in page.root.text
