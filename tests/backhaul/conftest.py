"""Packages of the sandbox's partners as the polling engine stores them, under a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Package
from attribution_portal.backhaul.polling import engine, listing
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import TODAY, Clock, Partners


class Time:
    """The portal's clock and the sandbox's, moved together."""

    def __init__(self, traveller: time_machine.Traveller, clock: Clock) -> None:
        self._traveller = traveller
        self._clock = clock

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def forward(self, **step: float) -> datetime:
        self._traveller.shift(timedelta(**step))
        return self._clock.forward(**step)


@pytest.fixture
def time(sandbox: Sandbox, clock: Clock) -> Iterator[Time]:
    start = datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as traveller:
        yield Time(traveller, clock)


@pytest.fixture
def poll_all() -> Callable[[], tuple[recording.Recorded, ...]]:
    """One round: what is due is claimed and read."""

    def run() -> tuple[recording.Recorded, ...]:
        return tuple(engine.poll_chunk(chunk) for chunk in engine.claim_due(now=datetime.now(UTC), capacity=1000))

    return run


@pytest.fixture
def acme(time: Time, partners: Partners, poll_all: Callable[[], object]) -> Partner:
    """Acme with its packages listed and read once."""
    engine.list_packages(partner=partners.acme)
    poll_all()
    return partners.acme


@pytest.fixture
def package(acme: Partner) -> Callable[[str], Package]:
    """A package of Acme's as stored now."""

    def get(package_id: str) -> Package:
        return Package.objects.select_related("poll__latest", "partner").get(partner=acme, package_id=package_id)

    return get


@pytest.fixture
def alices(acme: Partner, alice: User, sandbox: Sandbox, client_for: Callable[[User], Client]) -> Client:
    """The browser of Acme's editor."""
    sandbox.log.clear()
    return client_for(alice)


@pytest.fixture
def maras(acme: Partner, mara: User, sandbox: Sandbox, client_for: Callable[[User], Client]) -> Client:
    """The browser of Acme's account manager."""
    sandbox.log.clear()
    return client_for(mara)


__all__ = ["Time", "listing"]
