from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from pytest_django.fixtures import Settings

from attribution_portal.sandbox.server import run_in_thread
from tests.conftest import TODAY, Clock
from tests.security.hostile import HostileSandbox


@pytest.fixture
def on_the_day() -> Iterator[None]:
    """The portal's day is the sandbox's."""
    with time_machine.travel(datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC), tick=True):
        yield


@pytest.fixture(scope="module")
def running_hostile_sandbox() -> Iterator[tuple[HostileSandbox, str]]:
    box = HostileSandbox(today=TODAY, clock=Clock())
    base_url, stop = run_in_thread(box)
    yield box, base_url
    stop()


@pytest.fixture(params=[False, True], ids=["texts", "texts and ids"])
def hostile(
    request: pytest.FixtureRequest,
    running_hostile_sandbox: tuple[HostileSandbox, str],
    settings: Settings,
    clean_redis: object,
    on_the_day: None,
) -> HostileSandbox:
    """The platform that answers in payloads, as new, with an empty Redis."""
    box, base_url = running_hostile_sandbox
    box.reset()
    box.identities = request.param
    settings.PLATFORM_BASE_URL = base_url
    settings.PLATFORM_RETRY_BASE_SECONDS = 0.001
    return box
