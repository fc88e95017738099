"""Reading an event's page anew: what is new is said, and pressing the button often costs the platform nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal import rereading
from attribution_portal.accounts.models import User
from attribution_portal.lookout import answers
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.pages import Shown, read

pytestmark = pytest.mark.django_db

ADDRESS = "/p/partner-id-acme/events/evt_closed/"
DAILY = "/daily_revenue_summary/"
CALLS = 9


def opened(client: Client, query: str = "") -> Shown:
    return read(client.get(ADDRESS + query))


def press(client: Client, shown: Shown) -> Shown:
    """The button, as the form on screen sends it; the page that follows."""
    form = shown.root.one("form", data_form="refresh")
    seen = form.one("input", name="seen")["value"]
    response = client.post(form["action"], {"seen": seen})
    assert response.status_code == 303
    return read(client.get(response["Location"]))


def message(shown: Shown) -> str:
    return shown.root.one("div", id="messages").text


def reads(sandbox: Sandbox) -> Counter[str]:
    return Counter(entry.path for entry in sandbox.log.of(method="GET"))


def pause_over(clean_redis: redis.Redis) -> None:
    for name in clean_redis.scan_iter("portal:*:refreshed:*"):
        clean_redis.delete(name)


def test_everything_is_read_once_more_and_that_nothing_changed_is_said(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.log.clear()
    after = press(client, shown)
    assert message(after) == "Everything on this page was read anew. Nothing has changed."
    found = reads(sandbox)
    assert len(found) == CALLS
    assert set(found.values()) == {1}


def test_what_is_new_is_named(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    body = {"currency": "EUR", "daily_revenue": [{"date": "2026-06-01", "revenue": 5, "purchases": 1}]}
    sandbox.faults.add(DAILY, "wrong_type", body=body)
    sandbox.faults.add("/events/evt_closed/attribution_model", "wrong_type", body={"model": "META"})
    after = press(client, shown)
    assert message(after) == (
        "Everything on this page was read anew. New since you opened it: daily revenue and attribution model."
    )
    assert after.kpi("revenue") == 5


def test_it_is_told_against_what_the_person_saw_also_when_somebody_else_read_it(
    sandbox: Sandbox, client: Client
) -> None:
    before = opened(client)
    sandbox.faults.add(DAILY, "wrong_type", body={"currency": "EUR", "daily_revenue": []})
    press(client, before)
    sandbox.log.clear()
    after = press(client, before)
    assert "New since you opened it: daily revenue." in message(after)
    assert len(sandbox.log) == 0


def test_pressing_it_often_asks_the_platform_once(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.log.clear()
    for _ in range(5):
        shown = press(client, shown)
    assert set(reads(sandbox).values()) == {1}
    assert "The platform was asked a moment ago; it can be again in " in message(shown)
    assert message(shown).endswith("Nothing has changed.")


def test_after_the_pause_it_asks_again(sandbox: Sandbox, client: Client, clean_redis: redis.Redis) -> None:
    shown = press(client, opened(client))
    pause_over(clean_redis)
    sandbox.log.clear()
    press(client, shown)
    assert len(reads(sandbox)) == CALLS


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_served_by_one_reading(sandbox: Sandbox, partners: object, on_the_day: None) -> None:
    partner = Partner.objects.select_related("service_account").get(partner_id="partner-id-acme")
    answers.read(partner, eid="evt_closed")
    sandbox.log.clear()

    def read_all(*, again: bool) -> rereading.Outcomes:
        return answers.read(partner, eid="evt_closed", again=again).outcomes

    def wish(_number: int) -> bool:
        try:
            return rereading.reread(partner, page="event evt_closed", seen="", read=read_all).anew
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as people:
        assert sorted(people.map(wish, range(6))) == [False] * 5 + [True]
    assert set(reads(sandbox).values()) == {1}


def test_a_platform_that_is_down_leaves_what_was_known_and_is_not_asked_on_and_on(
    sandbox: Sandbox, client: Client, settings: Settings
) -> None:
    settings.PLATFORM_PAGE_SECONDS = 1.0
    shown = opened(client)
    revenue = shown.kpi("revenue")
    sandbox.faults.add("*", "status", status=503)
    after = press(client, shown)
    assert message(after) == "Nothing could be read. What is shown is unchanged."
    assert after.kpi("revenue") == revenue
    sandbox.log.clear()
    soon = press(client, after)
    assert len(sandbox.log) == 0
    assert "read anew" not in message(soon)


def test_one_answer_that_cannot_be_read_is_named(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.faults.add("/events/evt_closed/series", "html")
    after = press(client, shown)
    assert message(after) == "Could not be read: series. The rest was read anew."


def test_what_could_not_be_read_keeps_nobody_from_what_is_new(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.faults.add("/events/evt_closed/series", "status", status=503)
    sandbox.faults.add(DAILY, "wrong_type", body={"currency": "EUR", "daily_revenue": []})
    assert message(press(client, shown)) == (
        "Could not be read: series. The rest was read anew. New since you opened it: daily revenue."
    )


def test_with_an_event_to_compare_with_everything_is_one_more(
    sandbox: Sandbox, client: Client, settings: Settings
) -> None:
    settings.PLATFORM_PAGE_SECONDS = 1.0
    shown = read(client.get("/p/partner-id-acme/events/evt_tour_ham/?compare=evt_tour_ber"))
    sandbox.faults.add("*", "status", status=503)
    assert message(press(client, shown)) == "Nothing could be read. What is shown is unchanged."


def test_a_no_of_the_platform_is_an_answer(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.faults.add("/campaign_results/", "status", status=403)
    assert message(press(client, shown)) == (
        "Everything on this page was read anew. New since you opened it: adjustments."
    )


def test_an_event_that_is_none_has_nothing_to_read_anew(client: Client) -> None:
    assert client.post("/p/partner-id-acme/events/evt_jpy/refresh/").status_code == 404


def test_the_choices_stay(client: Client) -> None:
    shown = opened(client, "?period=campaign&by=week&layers=measured&compare=previous")
    form = shown.root.one("form", data_form="refresh")
    assert form["action"] == f"{ADDRESS}refresh/?period=campaign&by=week&layers=measured&compare=previous"
    response = client.post(form["action"])
    assert response["Location"] == f"{ADDRESS}?period=campaign&by=week&layers=measured&compare=previous"


def test_a_sibling_is_read_anew_too(sandbox: Sandbox, client: Client) -> None:
    address = "/p/partner-id-acme/events/evt_tour_ham/"
    shown = read(client.get(f"{address}?compare=evt_tour_ber"))
    sandbox.log.clear()
    press(client, shown)
    assert reads(sandbox)[DAILY] == 2


@pytest.mark.parametrize("seen", ["", "daily", "daily:x unknown:y", "x" * 5000, "<script>:1"])
def test_a_form_that_was_tampered_with_harms_nothing(client: Client, seen: str) -> None:
    response = client.post(f"{ADDRESS}refresh/", {"seen": seen})
    assert response.status_code == 303
    assert "<script>:1" not in client.get(response["Location"]).content.decode()


def test_a_link_reads_nothing_anew(sandbox: Sandbox, client: Client) -> None:
    assert client.get(f"{ADDRESS}refresh/").status_code == 405
    assert len(sandbox.log) == 0


def test_a_stranger_cannot_make_the_platform_be_asked(
    sandbox: Sandbox, charlie: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(charlie).post(f"{ADDRESS}refresh/").status_code == 404
    assert len(sandbox.log) == 0


def test_without_redis_it_reads_all_the_same(sandbox: Sandbox, client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    shown = opened(client)
    assert message(press(client, shown)) == "Everything on this page was read anew. Nothing has changed."
