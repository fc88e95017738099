"""What all partners share (Redis, locks, the queue) is told apart by partner, and holds no secret in the clear."""

from __future__ import annotations

import json
from collections.abc import Callable
from inspect import signature
from itertools import product

import pytest
import redis
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.accounts.models import User
from attribution_portal.celery import app
from attribution_portal.platform_api import entries
from attribution_portal.sandbox import auth
from attribution_portal.sandbox.app import Sandbox
from tests.addresses import PARTNER, whole
from tests.conftest import Partners

ClientFor = Callable[..., Client]
# As wide as the tokens' groups allow (platform_api/tokens.py), separators of our keys included.
partner_ids = st.from_regex(r"\A(partner-id-[!-.0-~]{1,12}|fd[0-9]{1,6})\Z")
texts = st.text(max_size=8)
params = st.lists(st.tuples(texts, texts), max_size=3)


@given(
    mine=partner_ids, theirs=partner_ids, endpoints=st.tuples(texts, texts), scopes=st.tuples(texts, texts), of=params
)
def test_no_two_partners_share_a_key_a_mark_or_a_lock(
    mine: str, theirs: str, endpoints: tuple[str, str], scopes: tuple[str, str], of: list[tuple[str, str]]
) -> None:
    """Whatever their ids, endpoints and scopes are made of."""
    names: dict[str, set[str]] = {}
    for partner_id in {mine, theirs}:
        keys = [
            entries.key_for(partner_id=partner_id, endpoint=endpoint, params=of, scope=scope)
            for endpoint, scope in product(endpoints, scopes)
        ]
        names[partner_id] = {name for key in keys for name in (key.name, key.mark, key.failed, key.lock)}
    assert mine == theirs or not names[mine] & names[theirs]


def test_nothing_is_kept_for_nobody() -> None:
    with pytest.raises(ValueError, match="belongs to a partner"):
        entries.key_for(partner_id="", endpoint="GET /events/", params=(), scope="events")


def test_everything_kept_after_reading_all_pages_names_its_partner(
    sandbox: Sandbox, clean_redis: redis.Redis, alice: User, client_for: ClientFor
) -> None:
    for address in PARTNER:
        whole(client_for(alice).get(address.path))
    kept = [key.decode() for key in clean_redis.keys("*")]
    # The service account's tokens serve several partners; the queue's own keys hold tasks, looked at below; calls are
    # counted of all partners together.
    shared = ("portal-token:", "portal-platform-calls", "_kombu", "unacked")
    owned = [key for key in kept if not key.startswith(shared) and key != "portal"]
    assert len(owned) > 10
    assert [key for key in owned if "partner-id-acme" not in key] == []


def test_redis_holds_no_token_password_or_cookie_in_the_clear(
    sandbox: Sandbox, clean_redis: redis.Redis, alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    for address in PARTNER:
        whole(client.get(address.path))
    secrets = [auth.PASSWORD, "sandbox-access-", "sandbox-refresh-", "eyJ", str(client.session.session_key)]
    for key in clean_redis.keys("*"):
        kind = clean_redis.type(key)
        held = {
            b"string": lambda key: [clean_redis.get(key) or b""],
            b"list": lambda key: clean_redis.lrange(key, 0, -1),
            b"zset": lambda key: clean_redis.zrange(key, 0, -1),
            b"set": lambda key: list(clean_redis.smembers(key)),
            b"hash": lambda key: list(clean_redis.hgetall(key).values()),
        }[kind](key)
        text = b"\n".join([key, *held]).decode("utf-8", "replace")
        assert [secret for secret in secrets if secret in text] == [], key


# Tasks, and what stands in their messages: ids of rows and no more. Mail is about one person, whose address it needs.
TASKS = {
    "accounts.send_reset": {"address", "language", "site"},
    "accounts.deliver": {"subject", "body", "address"},
    "accounts.clear_sessions": set(),
    "backhaul.claim_due": set(),
    "backhaul.poll_chunk": {"partner", "packages", "lease"},
    "backhaul.list_packages": set(),
    "backhaul.list_partner": {"partner"},
    "backhaul.settle_defaults": {"partner"},
    "backhaul.prune": set(),
    "lookout.look_after": set(),
    "lookout.look_after_event": {"partner", "eid"},
    # A page of the campaigns list; what it asks for stands in Redis, under the partner's name.
    "wave.read_results": {"partner", "page"},
    # A service account, which may serve several partners.
    "partners.check_accounts": set(),
    "partners.check_account": {"pk"},
}
WITHOUT_A_PARTNER = {"backhaul.claim_due", "backhaul.list_packages", "backhaul.prune", "lookout.look_after"}


def signatures() -> dict[str, set[str]]:
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    # A task that tries again by itself is wrapped.
    return {name: set(signature(getattr(task, "_orig_run", task.run)).parameters) for name, task in ours.items()}


def test_every_task_says_whose_work_it_is_and_carries_nothing_else() -> None:
    assert signatures() == TASKS
    for name, names in TASKS.items():
        if name.startswith(("backhaul.", "lookout.", "wave.")) and name not in WITHOUT_A_PARTNER:
            assert "partner" in names


def test_messages_in_the_queue_are_small_and_hold_ids(
    sandbox: Sandbox, clean_redis: redis.Redis, partners: Partners, alice: User, client_for: ClientFor
) -> None:
    client_for(alice).get("/p/partner-id-acme/packages/")
    app.loader.import_default_modules()
    app.tasks["backhaul.list_packages"].run()
    app.tasks["backhaul.claim_due"].run()
    messages = [json.loads(message) for message in clean_redis.lrange("portal", 0, -1)]
    assert messages
    for message in messages:
        assert message["headers"]["task"] in TASKS
        assert len(json.dumps(message["headers"])) < 2000
