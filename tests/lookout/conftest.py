from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attribution_portal.accounts.models import User
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import TODAY, Partners
from tests.pages import Shown, read

Open = Callable[..., Shown]


@pytest.fixture
def on_the_day() -> Iterator[None]:
    """The portal's day is the sandbox's."""
    with time_machine.travel(datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def everywhere(partners: Partners, sandbox: Sandbox, on_the_day: None) -> User:
    """Somebody who may see every partner."""
    user = User.objects.create(email="olga@portal.example")
    for partner in Partner.objects.all():
        Membership.objects.create(user=user, partner=partner, role=Role.VIEWER)
    return user


@pytest.fixture
def client(everywhere: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(everywhere)


@pytest.fixture
def page(client: Client) -> Open:
    """Open an event's page: `page("evt_closed", by="day")`."""

    def open_(eid: str, *, partner: str = "partner-id-acme", **query: str) -> Shown:
        response = client.get(reverse("lookout:event", args=[partner, eid]), query)
        assert response.status_code == 200
        return read(response)

    return open_
