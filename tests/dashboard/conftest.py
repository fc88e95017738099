from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.polling import engine
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import TODAY, Clock, Partners
from tests.pages import Shown, read

ACME = "/p/partner-id-acme/"

Open = Callable[..., Shown]


class Time:
    """The portal's clock and the sandbox's, moved together."""

    def __init__(self, traveller: time_machine.Traveller, clock: Clock) -> None:
        self._traveller = traveller
        self._clock = clock

    def forward(self, **step: float) -> datetime:
        self._traveller.shift(timedelta(**step))
        return self._clock.forward(**step)


@pytest.fixture
def time(sandbox: Sandbox, clock: Clock) -> Iterator[Time]:
    start = datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as traveller:
        yield Time(traveller, clock)


@pytest.fixture
def poll(time: Time) -> Callable[[Partner], None]:
    """The list of packages is read, and what is due."""

    def run(partner: Partner) -> None:
        engine.list_packages(partner=partner)
        for chunk in engine.claim_due(now=datetime.now(UTC), capacity=1000):
            engine.poll_chunk(chunk)

    return run


@pytest.fixture
def page(time: Time, partners: Partners, alice: User, client_for: Callable[[User], Client]) -> Open:
    """Open Acme's dashboard, as Alice unless somebody else is named."""

    def open_(user: User = alice, path: str = ACME) -> Shown:
        response = client_for(user).get(path)
        assert response.status_code == 200
        return read(response)

    return open_
