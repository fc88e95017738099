"""The evaluation page and the list, through the door."""

from __future__ import annotations

import html as html_module
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState, SettingsChange
from attribution_portal.backhaul.polling import engine
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import SignInFailed
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, kpis, news_url, numbers, panel, rows, text
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
ClientFor = Callable[[User], Client]
Stored = Callable[[str], Package]
READS = "/package_builder/*"


def url(package_id: str, partner_id: str = ACME) -> str:
    return f"/p/{partner_id}/packages/{package_id}/"


def page(client: Client, package_id: str = "pkg_main", partner_id: str = ACME) -> str:
    answer = client.get(url(package_id, partner_id))
    assert answer.status_code == 200
    return answer.content.decode()


def test_header_totals_are_the_sums_of_the_clusters_for_every_package(
    partners: Partners, sandbox: Sandbox, mara: User, time: Time, client_for: ClientFor
) -> None:
    client = client_for(mara)
    with_results = 0
    for partner_id in (ACME, "partner-id-sakura"):
        for package_id in sandbox.package_ids(partner_id):
            html = page(client, package_id, partner_id)
            truth = sandbox.current_evaluation(partner_id, package_id)
            if not truth:
                assert 'data-state="empty"' in panel(html, "evaluation")
                continue
            with_results += 1
            shown = kpis(panel(html, "evaluation"))
            for column, name in enumerate(("customers", "items", "revenue")):
                total = sum(Decimal(getattr(each, name)) for each in truth.values())
                assert Decimal(shown[name]) == total
                assert sum(numbers(html, "clusters", column)) == total
    assert with_results == 16


@pytest.mark.parametrize(
    ("package_id", "state"),
    [
        ("pkg_main", "provisional"),
        ("pkg_final", "final"),
        ("pkg_defaults", "current"),
        ("pkg_nosettings", "none"),
        ("pkg_empty", "none"),
        ("pkg_building", "none"),
        ("pkg_failed", "ended"),
        ("pkg_expired", "ended"),
    ],
)
def test_the_state_stands_on_the_panel(alices: Client, package_id: str, state: str) -> None:
    assert evaluation(page(alices, package_id)) == state


def test_the_settings_are_a_sentence_under_the_numbers(alices: Client) -> None:
    said = text(panel(page(alices), "evaluation"))
    assert (
        "Counts any ticket bought by the people in this package from 7 June to 21 June 2026, "
        "for the 6 events in the package." in said
    )
    assert "The window is open until 21 June 2026: the results can still grow." in said
    assert "Day 8 of 14, provisional, final after 21 June 2026." in said
    assert "at most: a person may be in two clusters" in said


def test_defaults_are_named_as_such_and_a_missing_date_is_said(alices: Client) -> None:
    html = page(alices, "pkg_defaults")
    said = text(panel(html, "evaluation"))
    assert "The e-mail date is not set, so the window of 14 days has no anchor." in said
    assert "From the partner's defaults: model and window." in said
    settings = text(panel(html, "settings"))
    assert "Model Events from the package the partner's default" in settings
    assert "Window 14 days the partner's default" in settings
    assert "E-mail date not set neither the package nor the partner's defaults say" in settings
    assert "No e-mail date is set, so there is no window. On which day did the message go out?" in settings


def test_a_package_that_failed_promises_no_results(alices: Client) -> None:
    assert "There are no results by cluster." in text(panel(page(alices, "pkg_failed"), "clusters"))


@pytest.mark.parametrize(
    ("who", "status", "asked"),
    [("editor", "DONE", True), ("editor", "FAILED", False), ("editor", "EXPIRED", False), ("viewer", "DONE", False)],
)
def test_only_who_can_set_something_is_asked_for_it(
    alices: Client, bob: User, client_for: ClientFor, package: Stored, who: str, status: str, asked: bool
) -> None:
    Package.objects.filter(pk=package("pkg_defaults").pk).update(status=status)
    PollState.objects.filter(package=package("pkg_defaults")).update(model="BY_MOON")
    html = page(alices if who == "editor" else client_for(bob), "pkg_defaults")
    said = text(panel(html, "settings"))
    assert "No e-mail date is set, so there is no window." in said
    assert "The platform has the model “BY_MOON”, which this portal does not know." in said
    assert ("On which day did the message go out?" in said) is asked
    assert ("Saving replaces it for everyone." in said) is asked


def test_rates_stand_only_where_the_size_of_the_cluster_is_known(alices: Client) -> None:
    assert all("%" in text(row.split("</td>")[-3]) for row in rows(page(alices), "clusters"))
    unknown = rows(page(alices, "pkg_nosizes"), "clusters")
    assert any("size of the cluster not known" in text(row) for row in unknown)
    assert any("more customers than people" in text(row) for row in rows(page(alices, "pkg_oversize"), "clusters"))


def test_yen_have_no_decimals(
    partners: Partners, charlie: User, time: Time, sandbox: Sandbox, client_for: ClientFor
) -> None:
    html = page(client_for(charlie), "pkg_jpy", "partner-id-sakura")
    truth = sandbox.current_evaluation("partner-id-sakura", "pkg_jpy")
    assert truth is not None
    assert f"¥{sum(int(each.revenue) for each in truth.values()):,}" in text(panel(html, "evaluation"))


def test_a_partner_without_a_currency_gets_numbers_without_a_symbol_and_a_notice(acme: Partner, alices: Client) -> None:
    Partner.objects.filter(pk=acme.pk).update(currency="")
    said = text(panel(page(alices), "evaluation"))
    assert "€" not in said
    assert "does not say in which currency" in said


def test_titles_with_markup_are_text(alices: Client) -> None:
    html = page(alices, "555")
    assert "Merged: &lt;i&gt;metal&lt;/i&gt; &amp; gala" in html
    assert "<i>metal" not in html


def test_the_page_reads_postgres_alone_once_a_package_is_known(alices: Client, sandbox: Sandbox) -> None:
    sandbox.log.clear()
    page(alices)
    page(alices, "pkg_nosettings")
    assert sandbox.log.all() == ()


def test_a_newcomer_sees_a_package_that_was_never_listed_nor_read(
    time: Time, partners: Partners, alice: User, client_for: ClientFor, sandbox: Sandbox
) -> None:
    client = client_for(alice)
    truth = sandbox.current_evaluation(ACME, "pkg_main")
    assert truth is not None
    assert kpis(page(client))["customers"] == str(sum(each.customers for each in truth.values()))
    sandbox.log.clear()
    page(client)
    assert sandbox.log.all() == ()


def test_an_unknown_package_is_not_found_and_nothing_is_stored(
    time: Time, partners: Partners, alice: User, client_for: ClientFor
) -> None:
    assert client_for(alice).get(url("pkg_nowhere")).status_code == 404
    assert client_for(alice).get(url("x" * 201)).status_code == 404
    assert Package.objects.count() == 0


def test_another_partners_package_is_not_found_and_nothing_is_asked(
    acme: Partner, charlie: User, client_for: ClientFor, sandbox: Sandbox
) -> None:
    sandbox.log.clear()
    client = client_for(charlie)
    assert client.get(url("pkg_main")).status_code == 404
    assert client.get("/p/partner-id-acme/packages/").status_code == 404
    assert sandbox.log.all() == ()


def test_a_package_of_the_same_id_is_the_partners_own(
    acme: Partner, partners: Partners, charlie: User, alices: Client, client_for: ClientFor
) -> None:
    assert "Two-house mailing" in page(alices, "pkg_shared")
    html = page(client_for(charlie), "pkg_shared", "partner-id-sakura")
    assert "Guest evening list" in html
    assert "Two-house" not in html


def test_a_platform_that_is_down_fails_the_page_of_an_unknown_package_in_words(
    time: Time, partners: Partners, alice: User, client_for: ClientFor, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path=READS, kind="status", status=403)
    html = page(client_for(alice))
    assert 'data-state="not-permitted"' in panel(html, "evaluation")
    assert "does not let this account" in text(panel(html, "evaluation"))


def test_a_package_that_cannot_be_read_shows_the_last_results_and_says_since_when(
    alices: Client, sandbox: Sandbox, time: Time, poll_all: Callable[[], object]
) -> None:
    before = kpis(page(alices))
    sandbox.faults.add(path="/package_builder/packages/pkg_main/*", kind="html")
    time.forward(minutes=5)
    PollState.objects.update(next_due=time.now)
    poll_all()
    html = page(alices)
    assert evaluation(html) == "failing"
    assert kpis(html) == before
    said = text(panel(html, "evaluation"))
    assert "The portal has not been able to read this package since 15 Jun 2026, 12:05." in said
    for name in ("evaluation", "clusters"):
        shown = panel(html, name)
        assert 'data-stale="true" data-failing="true"' in shown
        assert text(shown).endswith("The last answer we have.")
    # Nothing is being read that a reload would show.
    assert "Being read again" not in html


def test_a_partner_that_is_parked_says_why_on_each_page(
    acme: Partner, alices: Client, sandbox: Sandbox, time: Time
) -> None:
    sandbox.revoke_tokens()
    sandbox.faults.add(path="/auth*", kind="status", status=401)
    time.forward(minutes=5)
    with pytest.raises(SignInFailed):
        engine.list_packages(partner=acme)
    html = page(alices)
    assert evaluation(html) == "failing"
    assert "The portal cannot sign in to the platform." in text(panel(html, "evaluation"))


@pytest.mark.parametrize(("minutes", "when"), [(40, "12:40"), (2, "12:20")])
def test_a_parked_partners_package_promises_no_reading_before_the_parking_has_run_out(
    acme: Partner, alices: Client, time: Time, minutes: int, when: str
) -> None:
    PollState.objects.update(next_due=time.now + timedelta(minutes=20), watched_until=time.now + timedelta(hours=1))
    PartnerPoll.objects.filter(partner=acme).update(
        failures=1, failing_since=time.now, last_error="SignInFailed", parked_since=time.now,
        parked_until=time.now + timedelta(minutes=minutes),
    )  # fmt: skip
    said = text(panel(page(alices), "evaluation"))
    assert f"It is read again at about 15 Jun 2026, {when}." in said


def test_an_open_page_gets_nothing_while_nothing_is_new_and_never_asks_the_platform(
    alices: Client, sandbox: Sandbox, package: Stored, time: Time
) -> None:
    where = news_url(page(alices, "pkg_nosettings"))
    assert where is not None
    sandbox.log.clear()
    answer = alices.get(where, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    Package.objects.filter(package_id="pkg_nosettings").update(title="Renamed")
    answer = alices.get(where, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer["HX-Retarget"] == "#package-live"
    fragment = answer.content.decode()
    assert "<html" not in fragment
    assert "<form" not in fragment
    assert 'hx-swap-oob="true"' in fragment
    assert sandbox.log.all() == ()


def test_a_settled_page_asks_seldom_and_an_ended_one_never(alices: Client) -> None:
    settled = page(alices, "pkg_final")
    assert news_url(settled) is not None
    assert 'hx-trigger="every 15s"' in settled
    assert news_url(page(alices, "pkg_expired")) is None


def test_news_of_a_package_that_is_not_stored_are_not_found(
    time: Time, partners: Partners, alice: User, client_for: ClientFor, sandbox: Sandbox
) -> None:
    answer = client_for(alice).get(url("pkg_main") + "?seen=x", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert sandbox.log.all() == ()


def test_a_model_that_is_not_known_is_shown_as_it_is_and_must_be_chosen_anew(alices: Client, package: Stored) -> None:
    PollState.objects.filter(package=package("pkg_main")).update(model="BY_MOON")
    html = page(alices)
    assert '<option value="BY_MOON" selected>BY_MOON (not known here)</option>' in html
    assert "The platform has the model “BY_MOON”, which this portal does not know." in text(html)
    answer = alices.post(
        url("pkg_main") + "settings/",
        {"model": "BY_MOON", "window": "14", "email_sent_date": "2026-06-07", "reason": "", "token": uuid4()},
    )
    assert answer.status_code == 422
    assert "Choose one of the three models" in answer.content.decode()
    assert SettingsChange.objects.count() == 0


def test_a_viewer_reads_the_settings_and_sees_no_form(acme: Partner, bob: User, client_for: ClientFor) -> None:
    html = page(client_for(bob))
    assert "Counts any ticket" in text(panel(html, "settings"))
    assert 'data-form="settings"' not in html


def test_the_page_takes_few_queries_however_long_the_ledger_is(
    acme: Partner, alices: Client, package: Stored, time: Time
) -> None:
    page(alices)
    time.forward(minutes=5)

    def queries(query: str = "") -> int:
        with CaptureQueriesContext(connection) as captured:
            assert alices.get(url("pkg_main") + query).status_code == 200
        assert len(captured) <= 12, [each["sql"][:300] for each in captured]
        return len(captured)

    first, short = queries(), queries()
    assert short <= first
    row = package("pkg_main").poll.latest
    assert row is not None
    for number in range(2, 140):
        row.pk, row.number = None, number
        row.save(force_insert=True)
    PollState.objects.filter(package=row.package).update(latest=row)
    # A ledger that does not fit on one page is asked for its latest results under each setting.
    assert queries() == queries("?page=2") == short + 1
    queries("?as_of=2026-06-14")


def test_a_long_ledger_has_pages_and_nothing_is_left_out(acme: Partner, alices: Client, package: Stored) -> None:
    row = package("pkg_main").poll.latest
    assert row is not None
    for number in range(2, 140):
        row.pk, row.number, row.revenue = None, number, row.revenue + 1
        row.save(force_insert=True)
    PollState.objects.filter(package=row.package).update(latest=row)
    shown = []
    where = url("pkg_main")
    for words in ("Results 139 to 90 of 139", "Results 89 to 40 of 139", "Results 39 to 1 of 139"):
        html = alices.get(where).content.decode()
        assert words in text(panel(html, "ledger"))
        page_rows = rows(html, "ledger")
        shown += [re.findall(r'data-id="(\d+)"', each)[0] for each in page_rows]
        # Also the last row of a page is held against the one before it.
        assert sum("+€1.00" in each for each in page_rows) == len(page_rows) - (words.endswith("39 to 1 of 139"))
        where = html_module.unescape(found[1]) if (found := re.search(r'rel="next" href="([^"]+)"', html)) else ""
    assert shown == [str(number) for number in range(139, 0, -1)]
    assert where == ""
    assert "Results 39 to 1 of 139" in text(alices.get(url("pkg_main") + "?page=99").content.decode())


def test_the_list_shows_every_package_with_its_state_and_totals(
    acme: Partner, alices: Client, sandbox: Sandbox
) -> None:
    sandbox.log.clear()
    with CaptureQueriesContext(connection) as captured:
        html = alices.get("/p/partner-id-acme/packages/").content.decode()
    assert len(captured) <= 12
    assert sandbox.log.all() == ()
    shown = rows(html, "packages")
    assert len(shown) == 18
    (main,) = [row for row in shown if 'data-id="pkg_main"' in row]
    truth = sandbox.current_evaluation(ACME, "pkg_main")
    assert truth is not None
    assert f'data-value="{sum(each.customers for each in truth.values())}"' in main
    assert 'data-evaluation="provisional"' in main
    assert 'href="/p/partner-id-acme/packages/pkg_main/"' in main


def test_the_list_is_read_once_for_a_newcomer(
    partners: Partners, time: Time, alice: User, client_for: ClientFor, sandbox: Sandbox
) -> None:
    client = client_for(alice)
    for _ in range(2):
        assert len(rows(client.get("/p/partner-id-acme/packages/").content.decode(), "packages")) == 18
    assert len(sandbox.log.of(path="/package_builder/packages/")) == 1


def test_a_list_that_may_not_be_read_says_so(
    partners: Partners, time: Time, alice: User, client_for: ClientFor, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/package_builder/packages/", kind="status", status=403)
    html = client_for(alice).get("/p/partner-id-acme/packages/").content.decode()
    assert 'data-state="not-permitted"' in panel(html, "packages")
