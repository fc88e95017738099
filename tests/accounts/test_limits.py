"""Limits on guessing hold however a guesser puts the question."""

from __future__ import annotations

from django.core.cache import cache
from django.test import Client

from attribution_portal.accounts.models import User
from tests.accounts.conftest import PASSWORD, is_signed_in


def lets_in(user: User, password: str, *, visitor: int, host: str = "localhost") -> bool:
    """Each visitor comes from another address, so that only the account's own limit counts."""
    client = Client(REMOTE_ADDR=f"203.0.113.{visitor}")
    client.post("/account/login/", {"login": user.email, "password": password}, headers={"Host": host})
    return is_signed_in(client)


def test_the_limit_of_an_account_is_one_for_all_spellings_of_the_host(ada: User) -> None:
    for visitor, host in enumerate(["localhost", "LOCALHOST", "localhost:8000", "localhost:8001", "127.0.0.1"]):
        assert not lets_in(ada, "not-the-passphrase", visitor=visitor, host=host)
    assert not lets_in(ada, PASSWORD, visitor=9, host="localhost:9")


def test_a_limit_is_not_forgotten_because_many_others_are_counted(ada: User) -> None:
    for visitor in range(5):
        assert not lets_in(ada, "not-the-passphrase", visitor=visitor)
    for number in range(1000):
        cache.set(f"~{number}", [0.0], 600)
    assert not lets_in(ada, PASSWORD, visitor=9)
