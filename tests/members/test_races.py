"""Several people at once, over real connections: what must hold holds, whoever comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connections
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.members.models import Invitation
from attribution_portal.partners.models import Membership, Role
from tests.conftest import Partners
from tests.members.conftest import MEMBERS, PASSWORD, ClientFor, invite, link

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
FORM = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}


def at_once(*calls: Callable[[], int]) -> list[int]:
    """What each answers, all started at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], int]) -> int:
        try:
            barrier.wait(timeout=10)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, call) for call in calls]]


@pytest.fixture
def managers(clean_redis: object, partners: Partners) -> list[User]:
    """Two account managers, and nobody else."""
    made = []
    for email in ("nora@acme.example", "mona@acme.example"):
        user = User.objects.create_user(email, PASSWORD)
        Membership.objects.create(user=user, partner=partners.acme, role=Role.ACCOUNT_MANAGER)
        TOTP.activate(user, generate_totp_secret())
        made.append(user)
    return made


def post(client: Client, path: str, **fields: str) -> int:
    return client.post(path, fields).status_code


@pytest.mark.parametrize("act", ["remove", "role"])
@pytest.mark.parametrize("whom", ["each other", "themselves"])
def test_one_of_two_account_managers_remains(
    managers: list[User], partners: Partners, client_for: ClientFor, act: str, whom: str
) -> None:
    for _ in range(ROUNDS):
        numbers = [
            Membership.objects.update_or_create(
                user=user, partner=partners.acme, defaults={"role": Role.ACCOUNT_MANAGER}
            )[0].pk
            for user in managers
        ]
        if whom == "each other":
            numbers.reverse()
        calls = [
            partial(post, client_for(user), f"{MEMBERS}{number}/{act}/", seen="account_manager", role="viewer")
            for user, number in zip(managers, numbers, strict=True)
        ]
        won, lost = sorted(at_once(*calls))
        assert won == 303
        assert lost in {404, 409}
        assert Membership.objects.filter(role=Role.ACCOUNT_MANAGER).count() == 1


def test_two_answers_at_once_make_one_account_and_one_membership(
    managers: list[User], partners: Partners, client_for: ClientFor
) -> None:
    invite(client_for(managers[0]))
    browsers = [Client(), Client(), Client()]
    for browser in browsers:
        browser.get(link())
    path = f"/invitation/{Invitation.objects.get().pk}/answer/"
    answers = at_once(*(partial(post, browser, path, **FORM) for browser in browsers))
    assert sorted(answers) == [302, 410, 410]
    assert User.objects.filter(email="ada@example.org").count() == 1
    assert Membership.objects.filter(user__email="ada@example.org").count() == 1
    assert AuditEvent.objects.filter(kind="invitation_accepted").count() == 1


def test_two_answers_of_a_known_person_make_one_membership(
    managers: list[User], partners: Partners, client_for: ClientFor
) -> None:
    ada = User.objects.create_user("ada@example.org", PASSWORD)
    invite(client_for(managers[0]))
    browsers = [client_for(ada), client_for(ada)]
    for browser in browsers:
        browser.get(link())
    path = f"/invitation/{Invitation.objects.get().pk}/answer/"
    answers = at_once(*(partial(post, browser, path) for browser in browsers))
    assert answers == [303, 303] or sorted(answers) == [303, 410]
    assert Membership.objects.filter(user=ada).count() == 1
    assert AuditEvent.objects.filter(kind="invitation_accepted").count() == 1


def test_the_same_new_person_at_two_partners_at_once_is_one_account(
    managers: list[User], partners: Partners, client_for: ClientFor
) -> None:
    Membership.objects.create(user=managers[1], partner=partners.sakura, role=Role.ACCOUNT_MANAGER)
    invite(client_for(managers[0]))
    invite(client_for(managers[1]), partner="partner-id-sakura")
    calls = []
    for number, invitation in enumerate(Invitation.objects.order_by("pk")):
        browser = Client()
        browser.get(link(number))
        calls.append(partial(post, browser, f"/invitation/{invitation.pk}/answer/", **FORM))
    answers = at_once(*calls)
    assert 302 in answers
    assert User.objects.filter(email="ada@example.org").count() == 1
    assert (
        Invitation.objects.filter(state="accepted").count()
        == Membership.objects.filter(user__email="ada@example.org").count()
    )


def test_two_invitations_of_one_address_at_once_are_one(
    managers: list[User], partners: Partners, client_for: ClientFor
) -> None:
    fields = {"email": "ada@example.org", "role": "viewer"}
    calls = [partial(post, client_for(user), f"{MEMBERS}invite/", **fields) for user in managers]
    assert sorted(at_once(*calls)) == [303, 422]
    assert Invitation.objects.count() == 1


def test_two_who_send_again_at_once_make_one_new_link(
    managers: list[User], partners: Partners, client_for: ClientFor
) -> None:
    invite(client_for(managers[0]))
    path = f"{MEMBERS}invitations/{Invitation.objects.get().pk}/resend/"
    calls = [partial(post, client_for(user), path) for user in managers]
    assert sorted(at_once(*calls)) == [303, 409]
    assert list(Invitation.objects.order_by("pk").values_list("state", flat=True)) == ["replaced", "open"]
