"""A person at an event's page who fills in and sends its forms as a browser does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import TODAY, Partners
from tests.pages import Element, Shown, read

ACME = "partner-id-acme"
ROOMS = {"lookout": "events", "wave": "campaigns"}


def fields(form: Element) -> dict[str, str]:
    """What a browser would send of a form as it stands, without a button."""
    return {
        each["name"]: each.get("value")
        for each in form.all("input")
        if each.get("name") and (each.get("type") != "radio" or "checked" in each.attributes)
    }


@dataclass
class Visitor:
    """One browser, at one partner."""

    client: Client
    partner: str = ACME

    def look(self, eid: str, room: str = "lookout") -> Shown:
        answer = self.client.get(f"/p/{self.partner}/{ROOMS[room]}/{eid}/")
        assert answer.status_code == 200
        return read(answer)

    def send(self, form: Element, button: str = "", **typed: str) -> HttpResponse:
        """Sends a form with what was typed, by a button with a name or by the plain one."""
        values = fields(form) | typed
        values.pop("csrfmiddlewaretoken", None)
        answer: HttpResponse = self.client.post(form["action"], values | ({button: "yes"} if button else {}))
        return answer

    def adjustment_form(self, eid: str, room: str = "lookout") -> Element:
        return self.look(eid, room).panel("adjustments").one("form", data_form="adjustment")

    def preview(
        self,
        eid: str,
        purchases: str = "10",
        revenue: str = "500",
        reason: str = "Box office list",
        room: str = "lookout",
    ) -> HttpResponse:
        form = self.adjustment_form(eid, room)
        return self.send(form, purchases=purchases, revenue=revenue, reason=reason)

    def create(self, eid: str, purchases: str = "10", revenue: str = "500", room: str = "lookout") -> HttpResponse:
        """Through the preview, all warnings confirmed."""
        previewed = read(self.preview(eid, purchases, revenue, room=room))
        return self.send(previewed.root.one("form", data_form="adjustment"), "confirm")

    def delete_form(self, eid: str, row: str, room: str = "lookout") -> Element:
        panel = self.look(eid, room).panel("adjustments")
        (form,) = [
            form
            for form in panel.all("form", data_form="delete-adjustment")
            if form.one("input", name="id")["value"] == row
        ]
        return form


@pytest.fixture
def on_the_day(sandbox: Sandbox) -> Iterator[time_machine.Traveller]:
    """The portal's day is the sandbox's."""
    moment = datetime(TODAY.year, TODAY.month, TODAY.day, 10, tzinfo=UTC)
    with time_machine.travel(moment, tick=True) as traveller:
        yield traveller


@pytest.fixture
def editor(on_the_day: time_machine.Traveller, alice: User, client_for: Callable[..., Client]) -> Visitor:
    return Visitor(client_for(alice))


@pytest.fixture
def viewer(on_the_day: time_machine.Traveller, bob: User, client_for: Callable[..., Client]) -> Visitor:
    return Visitor(client_for(bob))


@pytest.fixture
def sakura(
    on_the_day: time_machine.Traveller, partners: Partners, charlie: User, client_for: Callable[..., Client]
) -> Visitor:
    return Visitor(client_for(charlie), "partner-id-sakura")


def rows_of(sandbox: Sandbox, eid: str, partner: str = ACME) -> list[str]:
    """The platform's own list: the judge of what happened."""
    return sorted(sandbox.adjustment_ids(partner, eid))


def posts(sandbox: Sandbox) -> int:
    return len(sandbox.log.of(method="POST", path="/campaign_results/"))


def deletes(sandbox: Sandbox) -> int:
    return len(sandbox.log.of(method="DELETE", path="/campaign_results/"))
