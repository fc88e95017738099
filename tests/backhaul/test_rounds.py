"""Operators see how far polling has come: due, in flight, done, failed, the oldest, who is parked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import redis
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import tasks
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Evaluation, Package, PollHour, PollState
from attribution_portal.backhaul.polling import engine, rounds
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import panel, text
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

PAGE = "/operate/polling/"
ACME = "partner-id-acme"
PollAll = Callable[[], tuple[recording.Recorded, ...]]
ClientFor = Callable[..., Client]


def read_by(olga: User, client_for: ClientFor) -> str:
    return client_for(olga).get(PAGE).content.decode()


def kpis(page: str) -> dict[str, str]:
    return dict(re.findall(r'data-kpi="polling_(\w+)" value="([^"]*)"', page))


def facts(page: str) -> dict[str, str]:
    return {name: text(inner) for name, inner in re.findall(r'data-fact="([^"]+)">(.*?)</dd>', page)}


def state_of(page: str, partner_id: str) -> str:
    row = re.search(rf'<tr data-id="{partner_id}">(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    return text(row[1])


@pytest.fixture
def beating(clean_redis: redis.Redis, time: Time) -> None:
    """A worker has just carried out a tick."""
    rounds.ticked()


def test_before_anything_was_read_the_page_says_so(
    partners: Partners, time: Time, olga: User, client_for: ClientFor, clean_redis: redis.Redis
) -> None:
    page = read_by(olga, client_for)
    assert kpis(page) == {"due": "0", "in_flight": "0", "read": "0", "failed": "0", "oldest": "", "reads_left": ""}
    now = text(panel(page, "polling"))
    assert "No package is to be read: none is known yet, or all have ended." in now
    assert "No worker has polled since Redis was started. Are beat and a worker running?" in now
    assert "No partner has packages that are due, and none is parked." in text(panel(page, "polling-partners"))
    assert "Nothing was read in the last 24 hours." in text(panel(page, "polling-hours"))
    assert "Stands still" in text(page)


def test_what_stands_still_has_no_pace(
    acme: Partner, beating: None, time: Time, olga: User, client_for: ClientFor
) -> None:
    PollState.objects.update(next_due=time.now)
    time.forward(minutes=3)
    page = read_by(olga, client_for)
    now = text(panel(page, "polling"))
    assert "Stands still" in text(page)
    assert "No worker has polled since 15 Jun 2026, " in now
    assert "Packages are due." in now
    assert "At the pace" not in now


def test_a_round_that_is_done_leaves_nothing_due_and_is_counted(
    acme: Partner, beating: None, time: Time, olga: User, client_for: ClientFor, poll_all: PollAll
) -> None:
    page = read_by(olga, client_for)
    assert kpis(page) == {"due": "0", "in_flight": "0", "read": "18", "failed": "0", "oldest": "", "reads_left": ""}
    due = PollState.objects.filter(next_due__isnull=False).order_by("next_due").values_list("next_due", flat=True)[0]
    assert f"Nothing is due. The next package is read on {due:%-d %b %Y}" in text(panel(page, "polling"))
    assert re.search(r"15 Jun 2026, 12:00 18 12 0", text(panel(page, "polling-hours")))
    assert "Idle" in text(page)
    time.forward(hours=1)
    PollState.objects.filter(next_due__isnull=False).update(next_due=time.now)
    poll_all()
    counted = PollHour.objects.order_by("hour").values_list("read", "news", "failed")
    assert list(counted) == [(18, 12, 0), (PollState.objects.filter(last_ok_at=time.now).count(), 0, 0)]


def test_while_a_round_goes_on_what_is_due_in_flight_and_waiting_is_told(
    acme: Partner, beating: None, time: Time, olga: User, client_for: ClientFor
) -> None:
    since = time.now
    PollState.objects.update(next_due=since)
    time.forward(minutes=3)
    rounds.ticked()
    (chunk,) = engine.claim_due(now=time.now, capacity=5)
    page = read_by(olga, client_for)
    found = kpis(page)
    assert (found["due"], found["in_flight"], found["read"], found["oldest"]) == ("13", "5", "18", "180")
    assert int(found["reads_left"]) > 0
    assert "all that is due is read in about 5 minutes." in text(panel(page, "polling"))
    assert "Reading" in text(page)
    assert "Being read" in state_of(page, ACME)
    assert re.search(r"Being read 13 5 0 3 min ago", state_of(page, ACME))
    time.forward(minutes=7)
    rounds.ticked()
    assert facts(read_by(olga, client_for))["overdue-leases"] == "5"
    assert engine.poll_chunk(chunk) == engine.NOTHING


def test_parked_failing_and_stuck_are_told_in_words_and_no_number_of_the_partner_is(
    acme: Partner, beating: None, sandbox: Sandbox, time: Time, olga: User, client_for: ClientFor, poll_all: PollAll
) -> None:
    sandbox.faults.add(path="/package_builder/packages/*", kind="status", status=503, partner=ACME)
    time.forward(minutes=5)
    PollState.objects.filter(next_due__isnull=False).update(next_due=time.now)
    poll_all()
    page = read_by(olga, client_for)
    assert "The platform cannot be reached right now. Parked since 15 Jun 2026, 12:05" in state_of(page, ACME)
    assert "tried again on 15 Jun 2026, 12:06." in state_of(page, ACME)
    told = facts(page)
    failing = PollState.objects.filter(failures__gt=0).count()
    assert (kpis(page)["failed"], told["failing"], told["lists-failing"]) == (str(failing), str(failing), "1")
    assert "No worker has polled since 15 Jun 2026, 12:00. Are beat and a worker running?" in text(page)
    time.forward(minutes=1)
    PollState.objects.filter(next_due__isnull=False).update(next_due=time.now)
    page = read_by(olga, client_for)
    assert "one package at a time is tried." in state_of(page, ACME)
    assert kpis(page)["due"] == str(failing)
    revenue = {f"{row.revenue:.0f}" for row in Evaluation.objects.all() if row.revenue > 1000}
    assert not [number for number in revenue if number in page.replace(",", "")]


def test_the_page_asks_itself_and_gets_an_answer_only_when_something_moved(
    acme: Partner, beating: None, time: Time, olga: User, client_for: ClientFor
) -> None:
    client = client_for(olga)
    page = client.get(PAGE).content.decode()
    again = re.search(r'hx-get="([^"]+)" hx-trigger="every 5s"', page)
    assert again is not None
    assert client.get(again[1], headers={"HX-Request": "true"}).status_code == 204
    PollState.objects.update(next_due=time.now)
    news = client.get(again[1], headers={"HX-Request": "true"})
    assert news.status_code == 200
    assert kpis(news.content.decode())["due"] == "18"
    assert "<html" not in news.content.decode()


def test_without_redis_the_page_says_that_nothing_goes_on(
    acme: Partner, time: Time, olga: User, client_for: ClientFor, settings: object
) -> None:
    client = client_for(olga)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    page = client.get(PAGE).content.decode()
    assert "Redis does not answer: no worker gets anything to do." in text(page)
    assert facts(page)["queue"] == "—"


def test_hours_that_are_long_over_are_forgotten_and_the_ledger_never_is(acme: Partner, time: Time) -> None:
    rows = Evaluation.objects.count()
    time.forward(days=34, hours=23)
    tasks.prune()
    assert PollHour.objects.count() == 1
    time.forward(hours=2)
    tasks.prune()
    assert PollHour.objects.count() == 0
    assert Evaluation.objects.count() == rows == 12


def test_the_page_costs_the_same_number_of_queries_however_many_packages_there_are(
    acme: Partner, beating: None, time: Time, olga: User, client_for: ClientFor, django_assert_max_num_queries: object
) -> None:
    made = Package.objects.bulk_create(
        Package(partner=acme, package_id=f"more-{n}", first_seen=time.now, last_seen=time.now) for n in range(300)
    )
    PollState.objects.bulk_create(PollState(package=each, partner=acme, next_due=time.now) for each in made)
    client = client_for(olga)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert kpis(client.get(PAGE).content.decode())["due"] == "300"
