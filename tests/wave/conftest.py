from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import TODAY
from tests.pages import Element, read


@dataclass(frozen=True)
class Shown:
    """A campaign page as it was answered, parsed and as text."""

    root: Element
    source: str

    def panel(self, name: str) -> Element:
        return self.root.one("section", data_panel=name)

    def states(self) -> dict[str, str]:
        panels = [section for section in self.root.all("section") if section.get("data-panel")]
        return {panel["data-panel"]: panel["data-state"] for panel in panels}


Open = Callable[..., Shown]


@pytest.fixture
def on_the_day() -> Iterator[None]:
    """The portal's day is the sandbox's."""
    with time_machine.travel(datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def campaign_page(sandbox: Sandbox, on_the_day: None, client_for: Callable[[User], Client]) -> Open:
    """Opens an event's campaign page as somebody and reads it."""

    def open_page(user: User, partner_id: str, eid: str, query: str = "") -> Shown:
        response = client_for(user).get(f"/p/{partner_id}/campaigns/{eid}/{query}")
        assert response.status_code == 200
        return Shown(read(response).root, response.content.decode())

    return open_page
