"""`/metrics`: what the operators' page tells, for a machine that asks with the deployment's token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import PartnerPoll, PollState
from attribution_portal.backhaul.polling import engine, rounds
from attribution_portal.partners.models import Partner
from tests.backhaul.conftest import Time
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-twenty-letters"
ClientFor = Callable[..., Client]


@pytest.fixture
def beating(clean_redis: redis.Redis, time: Time) -> None:
    """A worker has just carried out a tick."""
    rounds.ticked()


def scrape(**headers: str) -> dict[tuple[str, ...], float]:
    answer = Client().get("/metrics", headers=headers, HTTP_HOST="10.0.0.7")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.content.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_metrics_are_told_to_who_has_the_token_and_to_nobody_else(
    acme: Partner, olga: User, client_for: ClientFor, settings: object
) -> None:
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    for given in ("", TOKEN, f"Bearer {TOKEN}x", f"bearer {TOKEN}", "Bearer ", "Basic " + TOKEN, "Bearer ä"):
        assert Client().get("/metrics", headers={"Authorization": given}).status_code == 404
    assert client_for(olga).get("/metrics").status_code == 404
    assert Client().get(f"/metrics?token={TOKEN}").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_metrics_tell_what_the_page_tells(
    acme: Partner, partners: Partners, beating: None, time: Time, settings: object, clean_redis: redis.Redis
) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    since = time.now
    PollState.objects.update(next_due=since)
    clean_redis.rpush("portal", "a task", "another")
    time.forward(minutes=2)
    engine.claim_due(now=time.now, capacity=5)
    PartnerPoll.objects.create(
        partner=partners.sakura,
        failures=1,
        failing_since=since,
        last_error="SignInFailed",
        parked_since=since,
        parked_until=since + timedelta(hours=1),
    )
    found = scrape(Authorization=f"Bearer {TOKEN}")
    packages = {key[1]: value for key, value in found.items() if key[0] == "portal_polling_packages"}
    assert packages == {
        "due": 13,
        "in_flight": 5,
        "overdue_leases": 0,
        "held_back": 0,
        "failing": 0,
        "given_up": 0,
        "scheduled": 18,
    }
    assert found[("portal_polling_oldest_due_timestamp_seconds",)] == since.timestamp()
    assert found[("portal_polling_last_tick_timestamp_seconds",)] == since.timestamp()
    assert found[("portal_polling_parked_partners", "SignInFailed")] == 1
    assert (found[("portal_partners", "connected")], found[("portal_partners", "disconnected")]) == (3, 0)
    assert (found[("portal_queue_messages",)], found[("portal_redis_up",)], found[("portal_database_up",)]) == (2, 1, 1)
    assert found[("portal_polling_day", "read")] == 18
    assert sum(value for key, value in found.items() if key[0] == "portal_ledger_rows") == 12
    assert sum(value for key, value in found.items() if key[0] == "portal_packages") == 18
    assert found[("portal_polling_reads_left",)] > 0
    text_of_all = " ".join(part for key in found for part in key)
    assert not any(word in text_of_all.lower() for word in ("acme", "sakura", "fd4711", "@", TOKEN))


def test_metrics_without_redis_say_so(acme: Partner, settings: object) -> None:
    settings.METRICS_TOKEN = TOKEN  # type: ignore[attr-defined]
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    found = scrape(Authorization=f"Bearer {TOKEN}")
    assert (found[("portal_redis_up",)], found[("portal_database_up",)]) == (0, 1)
    assert ("portal_queue_messages",) not in found
    assert ("portal_polling_last_tick_timestamp_seconds",) not in found
