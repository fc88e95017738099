"""Reading a campaign page anew: what is new is said, and pressing the button often costs the platform nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.pages import Shown, read

ADDRESS = "/p/partner-id-acme/campaigns/evt_closed/"
DAILY = "/daily_revenue_summary/"
READS = 10


@pytest.fixture
def client(sandbox: Sandbox, on_the_day: None, alice: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


def opened(client: Client, address: str = ADDRESS) -> Shown:
    return read(client.get(address))


def press(client: Client, shown: Shown) -> Shown:
    """The button, as the form on screen sends it; the page that follows."""
    form = shown.root.one("form", data_form="refresh")
    assert form["method"] == "post"
    response = client.post(form["action"], {"seen": form.one("input", name="seen")["value"]})
    assert (response.status_code, response["Location"]) == (303, ADDRESS)
    return opened(client)


def message(shown: Shown) -> str:
    return shown.root.one("div", id="messages").text


def reads(sandbox: Sandbox) -> Counter[str]:
    return Counter(entry.path for entry in sandbox.log.of(method="GET"))


def revenue(shown: Shown) -> str:
    return shown.panel("post-campaign").one("data", data_kpi="revenue")["value"]


def test_everything_is_read_once_more_and_that_nothing_changed_is_said(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    assert shown.root.one("button", id="refresh").text == "Read everything again"
    sandbox.log.clear()
    after = press(client, shown)
    assert message(after) == "Everything on this page was read anew. Nothing has changed."
    found = reads(sandbox)
    assert len(found) == READS
    assert set(found.values()) == {1}


def test_what_is_new_is_named_and_shown(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    assert revenue(shown) == "9990.9"
    sandbox.faults.add("/campaign_results/", "wrong_type", body=[])
    sandbox.faults.add(DAILY, "wrong_type", body={"currency": "EUR", "daily_revenue": []})
    after = press(client, shown)
    assert message(after) == (
        "Everything on this page was read anew. New since you opened it: adjustments and daily revenue."
    )
    assert after.panel("post-campaign")["data-state"] == "empty"


def test_pressing_it_often_asks_the_platform_once(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.log.clear()
    for _ in range(3):
        shown = press(client, shown)
    assert set(reads(sandbox).values()) == {1}
    assert message(shown).startswith("The platform was asked a moment ago; it can be again in ")
    assert message(shown).endswith(" Nothing has changed.")


def test_the_event_s_page_is_another_wish(sandbox: Sandbox, client: Client) -> None:
    press(client, opened(client))
    sandbox.log.clear()
    assert client.post("/p/partner-id-acme/events/evt_closed/refresh/").status_code == 303
    assert reads(sandbox)[DAILY] == 1


def test_a_platform_that_is_down_leaves_what_was_known(sandbox: Sandbox, client: Client, settings: Settings) -> None:
    settings.PLATFORM_PAGE_SECONDS = 1.0
    shown = opened(client)
    sandbox.faults.add("*", "status", status=503)
    after = press(client, shown)
    assert message(after) == "Nothing could be read. What is shown is unchanged."
    assert revenue(after) == "9990.9"


def test_one_answer_that_cannot_be_read_is_named(sandbox: Sandbox, client: Client) -> None:
    shown = opened(client)
    sandbox.faults.add("/events/evt_closed/statistics", "html")
    assert message(press(client, shown)) == "Could not be read: event statistics. The rest was read anew."


def test_it_is_a_form_with_a_token_and_no_link(
    sandbox: Sandbox, client: Client, alice: User, client_for: Callable[[User], Client]
) -> None:
    form = opened(client).root.one("form", data_form="refresh")
    assert form.one("input", name="csrfmiddlewaretoken")["value"]
    sandbox.log.clear()
    assert client.get(form["action"]).status_code == 405
    client.handler.enforce_csrf_checks = True
    assert client.post(form["action"]).status_code == 403
    assert len(sandbox.log) == 0


def test_a_stranger_cannot_make_the_platform_be_asked(
    sandbox: Sandbox, on_the_day: None, charlie: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(charlie).post(f"{ADDRESS}refresh/").status_code == 404
    assert len(sandbox.log) == 0


def test_an_event_of_another_partner_is_none(client: Client) -> None:
    assert client.post("/p/partner-id-acme/campaigns/evt_jpy/refresh/").status_code == 404


def test_without_redis_it_reads_all_the_same(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert message(press(client, opened(client))) == "Everything on this page was read anew. Nothing has changed."
