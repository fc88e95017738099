"""A partner's dashboard: its figures, the next events, the packages, each on its own when something fails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from redis import Redis

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.dashboard import upcoming
from attribution_portal.dashboard.models import Visit
from attribution_portal.formats import Reader
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError, Unavailable
from attribution_portal.platform_api.payloads import Event, Page, Reading
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Json
from tests.conftest import TODAY, Partners
from tests.dashboard.conftest import ACME, Open, Time
from tests.dashboard.test_changes import add_result
from tests.pages import Element, Shown

pytestmark = pytest.mark.django_db

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
NOT_TOLD = "The platform does not tell this number."
READS = {
    "/events/statistics": 1,
    "/campaigns/statistics": 1,
    "/events/flagged/": 1,
    "/events/": 2,
}


def kpis(shown: Shown) -> dict[str, str]:
    return {each["data-kpi"]: each["value"] for each in shown.panel("dashboard").all("data", class_="kpi")}


def note(shown: Shown, name: str) -> str:
    """What stands beneath a headline number."""
    for box in shown.panel("dashboard").all("dl", class_="kpi-box"):
        if box.one("data")["data-kpi"] == name:
            return " ".join(each.text for each in box.all("dd", class_="kpi-note"))
    raise AssertionError(name)


def row(shown: Shown, table: str, id_: str) -> Element:
    return shown.table(table).one("tr", data_id=id_)


def test_it_shows_the_partners_figures(sandbox: Sandbox, page: Open) -> None:
    shown = page()
    tenant = sandbox.world["partner-id-acme"]
    revenue = sum((event.revenue for event in tenant.events.values()), Decimal(0))
    running = sum(event.campaign_status == "RUNNING" for event in tenant.events.values())
    campaigns = [each.status for event in tenant.events.values() for each in event.campaigns]
    found = kpis(shown)
    assert Decimal(found["revenue"]) == revenue
    assert found["running_events"] == str(running)
    assert found["running_campaigns"] == str(campaigns.count("RUNNING"))
    assert found["flagged"] == "3"
    assert list(found) == ["revenue", "roas", "running_events", "running_campaigns", "flagged"]
    assert note(shown, "running_campaigns") == f"of {len(campaigns)}"
    assert shown.root.one("h1").text == "Acme Concerts (demo)"


def test_a_figure_that_the_platform_does_not_tell_is_a_dash_with_the_reason(
    page: Open, nils: User, sandbox: Sandbox
) -> None:
    shown = page(nils, "/p/fd4711/")
    assert kpis(shown)["revenue"] == kpis(shown)["roas"] == kpis(shown)["running_events"] == ""
    assert note(shown, "revenue") == note(shown, "running_events") == NOT_TOLD
    assert note(shown, "roas") == "The platform tells no ad spend."
    assert kpis(shown)["running_campaigns"] != ""


@pytest.mark.parametrize(
    ("body", "shown_roas", "why"),
    [
        ({"revenue": 10, "spent": 0, "roas": None}, "", "Nothing was spent on ads."),
        ({"revenue": 10, "spent": 5, "roas": None}, "", NOT_TOLD),
        ({"revenue": 10, "spent": 5, "roas": 0}, "0", ""),
    ],
)
def test_a_roas_that_is_not_there_differs_from_none(
    sandbox: Sandbox, page: Open, body: Json, shown_roas: str, why: str
) -> None:
    sandbox.faults.add("/events/statistics", "wrong_type", body=body)
    shown = page()
    assert (kpis(shown)["roas"], note(shown, "roas")) == (shown_roas, why)


def test_money_in_another_currency_than_the_partners_says_so(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/events/statistics", "wrong_type", body={"revenue": 12.5, "currency": "CHF"})
    shown = page()
    assert "CHF" in shown.panel("dashboard").one("data", data_kpi="revenue").text
    assert note(shown, "revenue").startswith("In CHF, as the platform names it here")


@pytest.mark.parametrize("body", [[], {"total": 0, "items": []}])
def test_no_flagged_event_is_no_figure(sandbox: Sandbox, page: Open, body: Json) -> None:
    sandbox.faults.add("/events/flagged/", "wrong_type", body=body)
    assert "flagged" not in kpis(page())


def test_flagged_events_that_cannot_be_counted_are_not_none(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/events/flagged/", "html")
    shown = page()
    assert kpis(shown)["flagged"] == ""
    assert note(shown, "flagged") == "The platform cannot be reached right now."


def test_one_sum_that_fails_leaves_the_other(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/events/statistics", "status", status=503)
    shown = page()
    assert shown.panel("dashboard")["data-state"] == "ready"
    assert kpis(shown)["revenue"] == ""
    assert note(shown, "revenue") == "The platform cannot be reached right now."
    assert kpis(shown)["running_campaigns"] != ""


@pytest.mark.parametrize(("status", "state"), [(503, "failed"), (403, "not-permitted")])
def test_a_panel_fails_alone(sandbox: Sandbox, page: Open, status: int, state: str) -> None:
    for path in ("/events/statistics", "/campaigns/statistics"):
        sandbox.faults.add(path, "status", status=status)
    shown = page()
    assert shown.states() == {"dashboard": state, "events": "ready", "packages": "empty", "changes": "empty"}


@pytest.mark.parametrize(("status", "state"), [(503, "failed"), (403, "not-permitted")])
def test_without_the_events_the_figures_stay(sandbox: Sandbox, page: Open, status: int, state: str) -> None:
    sandbox.faults.add("/events/", "status", status=status)
    shown = page()
    assert shown.states() == {"dashboard": "ready", "events": state, "packages": "empty", "changes": "empty"}
    assert shown.panel("events").one("a", href=f"{ACME}events/").text == "All events"


def test_a_refusal_has_the_account_checked_once_for_many_looks(
    sandbox: Sandbox, page: Open, partners: Partners, clean_redis: Redis
) -> None:
    page()
    assert clean_redis.llen("portal") == 0
    clean_redis.flushdb()
    sandbox.faults.add("/events/", "status", status=403)
    for _ in range(2):
        page()
    assert clean_redis.llen("portal") == 1
    (sent,) = clean_redis.lrange("portal", 0, 0)
    assert json.loads(sent)["headers"]["task"] == "partners.check_account"


def test_a_platform_that_is_down_leaves_what_the_portal_knows(
    sandbox: Sandbox, page: Open, partners: Partners, poll: Callable[[Partner], None]
) -> None:
    poll(partners.acme)
    PollState.objects.filter(partner=partners.acme).update(settings_changed_at=F("last_ok_at"))
    sandbox.faults.add("*", "status", status=503)
    shown = page()
    assert shown.states() == {"dashboard": "failed", "events": "failed", "packages": "ready", "changes": "empty"}


def test_the_next_events_stand_by_date_and_the_past_not_at_all(sandbox: Sandbox, page: Open) -> None:
    shown = page()
    zone = sandbox.world["partner-id-acme"].stage.zone
    listed = [
        event
        for event in sandbox.world["partner-id-acme"].events.values()
        if event.starts_at.astimezone(zone).date() >= TODAY
        and event.category != "product"
        and "start_date_time" not in event.nulls
        and event.status != "archived"
    ]
    listed.sort(key=lambda event: (event.starts_at, event.id))
    assert shown.rows("events") == [event.id for event in listed[:8]]
    first = row(shown, "events", listed[0].id)
    assert first.one("a", href=f"{ACME}events/{listed[0].id}/").text == listed[0].title


def event(number: int, day: int) -> Event:
    return Event(id=f"evt_{number}", title=f"Show {number}", starts_at=NOON + timedelta(days=day))


def answer(events: list[Event], *, total: int | None = None, pages: int | None = None) -> Reading[Page[Event]]:
    return Reading(Page(items=tuple(events), total=total, page=1, pages=pages), read_at=NOON)


FAR = [event(number, 200) for number in range(50)]
NEAR = [event(900, 9), event(901, 3), event(901, 3), event(902, -1)]
DOWN = Unavailable(endpoint="GET /events/")
THIRTY_DAYS = "Those of the next 30 days."
MAY_BE_MISSING = "earlier ones may be missing"


@pytest.mark.parametrize(
    ("ahead", "soon", "first", "said"),
    [
        (answer(NEAR, total=4, pages=1), answer([]), "evt_901", ""),
        # The first of several pages need not hold the next events.
        (answer(FAR, total=80, pages=2), answer(NEAR, total=4, pages=1), "evt_901", THIRTY_DAYS),
        (answer(FAR), answer(NEAR), "evt_901", THIRTY_DAYS),
        (answer(FAR, total=80), answer(NEAR, total=4), "evt_901", THIRTY_DAYS),
        (answer(FAR, total=800, pages=16), answer(FAR, total=80, pages=2), "evt_0", MAY_BE_MISSING),
        (answer(FAR, total=80, pages=2), DOWN, "evt_0", MAY_BE_MISSING),
        (DOWN, answer(NEAR, total=4, pages=1), "evt_901", THIRTY_DAYS),
    ],
)
def test_of_two_lists_the_one_that_is_whole_is_shown(
    partners: Partners,
    ahead: Reading[Page[Event]] | PlatformError,
    soon: Reading[Page[Event]] | PlatformError,
    first: str,
    said: str,
) -> None:
    reader = Reader("en", partners.acme.zone, str, lambda one, many, n: one if n == 1 else many)
    panel = upcoming.panel(ahead, soon, partner=partners.acme, today=TODAY, reader=reader, retry="")
    assert panel.data is not None
    assert panel.data[0].id == first
    assert len({row.id for row in panel.data}) == len(panel.data) <= 8
    assert "evt_902" not in {row.id for row in panel.data}
    limits = [words for words in (THIRTY_DAYS, MAY_BE_MISSING) if words in str(panel.caption)]
    assert limits == ([said] if said else [])


def test_nothing_ahead_says_what_will_be_there(sandbox: Sandbox, page: Open) -> None:
    sandbox.faults.add("/events/", "wrong_type", body=[])
    panel = page().panel("events")
    assert panel["data-state"] == "empty"
    assert "No event lies ahead." in panel.text


def test_packages_that_somebody_waits_for_stand_first(
    page: Open, partners: Partners, poll: Callable[[Partner], None]
) -> None:
    poll(partners.acme)
    PollState.objects.filter(partner=partners.acme).update(settings_changed_at=F("last_ok_at"))
    waiting = Package.objects.get(partner=partners.acme, package_id="pkg_final")
    waiting.poll.pending_changes = 1
    waiting.poll.save()
    shown = page()
    assert shown.rows("packages")[0] == "pkg_final"
    assert len(shown.rows("packages")) == 6
    first = row(shown, "packages", "pkg_final")
    assert first.one("td", data_evaluation="waiting").text == "Waiting"
    assert Decimal(first.one("td", class_="num")["data-value"]) == waiting.poll.latest.revenue


def test_results_recorded_for_the_first_time_are_no_change_and_the_next_ones_are(
    page: Open, partners: Partners, poll: Callable[[Partner], None], time: Time
) -> None:
    poll(partners.acme)
    first = page().panel("packages")
    assert first["data-state"] == "empty"
    assert "Changed" not in first.text
    time.forward(hours=2)
    changed = PollState.objects.get(partner=partners.acme, package__package_id="pkg_main")
    changed.latest = add_result(changed.package, revenue="1000.00")
    changed.save()
    shown = page()
    assert shown.rows("packages") == ["pkg_main"]
    assert row(shown, "packages", "pkg_main").one("small").text == "Changed just now"


def test_packages_that_rest_for_a_week_are_no_longer_shown(
    page: Open, partners: Partners, poll: Callable[[Partner], None], time: Time
) -> None:
    poll(partners.acme)
    PollState.objects.filter(partner=partners.acme).update(settings_changed_at=F("last_ok_at"))
    assert page().panel("packages")["data-state"] == "ready"
    time.forward(days=8)
    panel = page().panel("packages")
    assert panel["data-state"] == "empty"
    assert "No package waits for results" in panel.text
    assert panel.one("a", href=f"{ACME}packages/").text == "All packages"


@pytest.mark.parametrize(("error", "state"), [("NotPermitted", "not-permitted"), ("SignInFailed", "failed")])
def test_packages_that_were_never_read_say_why(
    page: Open, partners: Partners, error: str, state: str, time: Time
) -> None:
    now = time.forward(seconds=1)
    PartnerPoll.objects.create(partner=partners.acme, failures=1, failing_since=now, last_error=error)
    assert page().panel("packages")["data-state"] == state


def test_no_call_is_made_twice_and_a_second_look_makes_none(sandbox: Sandbox, page: Open) -> None:
    page()
    assert Counter(entry.path for entry in sandbox.log.of(method="GET")) == READS
    assert len({(entry.path, entry.query) for entry in sandbox.log.of(method="GET")}) == 5
    sandbox.log.clear()
    page()
    assert len(sandbox.log) == 0


def test_another_partners_numbers_never_stand_here(
    page: Open, partners: Partners, client_for: Callable[[User], Client], charlie: User, sandbox: Sandbox
) -> None:
    page()
    shown = page(charlie, "/p/partner-id-sakura/")
    tenant = sandbox.world["partner-id-sakura"]
    assert Decimal(kpis(shown)["revenue"]) == sum((event.revenue for event in tenant.events.values()), Decimal(0))
    assert set(shown.rows("events")) <= set(tenant.events)


def test_the_picker_leads_to_the_only_partners_dashboard(
    sandbox: Sandbox, alice: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(alice).get("/")["Location"] == ACME


def test_a_stranger_leaves_no_visit_behind(
    sandbox: Sandbox, charlie: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(charlie).get(ACME).status_code == 404
    assert not Visit.objects.exists()
    assert len(sandbox.log) == 0


def test_where_nobody_names_a_currency_the_number_has_no_symbol(
    sandbox: Sandbox, page: Open, partners: Partners
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(currency="")
    sandbox.faults.add("/events/statistics", "wrong_type", body={"revenue": 1234.5})
    shown = page()
    assert shown.panel("dashboard").one("data", data_kpi="revenue").text == "1,234.50"
    assert note(shown, "revenue") == "The platform names no currency."


def test_the_page_is_only_read(alice: User, client_for: Callable[[User], Client], sandbox: Sandbox) -> None:
    assert client_for(alice).post(ACME).status_code == 405
    assert len(sandbox.log) == 0


def test_markup_and_right_to_left_titles_stand_as_they_are(sandbox: Sandbox, page: Open) -> None:
    starts = f"{TODAY.isoformat()}T18:00:00Z"
    titles = ["<script>alert(1)</script>", "ليلة النجوم", "x" * 300, "🎪🎶"]
    rows: list[Json] = [
        {"id": f"evt_{number}", "title": title, "start_date_time": starts} for number, title in enumerate(titles)
    ]
    sandbox.faults.add("/events/", "wrong_type", body=rows)
    shown = page()
    assert [row(shown, "events", f"evt_{n}").one("bdi").text for n in range(4)] == titles
    assert row(shown, "events", "evt_0").one("small").text == "today"
