"""Acme with its account manager Mara at the members page, and what arrives by mail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.partners.models import Membership, Partner

MEMBERS = "/p/partner-id-acme/members/"
PASSWORD = "a-long-enough-passphrase"
LINK = re.compile(r"http://testserver(/invitation/([A-Za-z0-9_-]+)/)")

ClientFor = Callable[..., Client]


@pytest.fixture
def manager(clean_redis: object, mara: User, client_for: ClientFor) -> Client:
    """Mara's browser."""
    return client_for(mara)


def invite(
    client: Client, email: str = "ada@example.org", *, partner: str = "partner-id-acme", **fields: str
) -> HttpResponse:
    """The form as the page sends it."""
    sent = {"email": email, "role": "editor", "language": "en", "note": "", **fields}
    return client.post(f"/p/{partner}/members/invite/", sent)


def link(number: int = -1) -> str:
    """The path of the link in a mail, by default in the newest one."""
    found = LINK.search(str(mail.outbox[number].body))
    assert found
    return found[1]


def token(number: int = -1) -> str:
    return link(number).split("/")[2]


def membership(user: User, partner: Partner) -> Membership:
    return Membership.objects.get(user=user, partner=partner)


def page_of(client: Client, path: str) -> HttpResponse:
    """The page to which a link leads, with its address in `path`."""
    return client.get(path, follow=True)
