"""The campaigns list when its results are older than it takes them for: read anew, or not to be had."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.celery import app
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.faults import Kind as Fault
from tests.pages import read
from tests.wave.test_list import AGAIN, LIST, RESULTS, cells, opened, progress, row

pytestmark = pytest.mark.django_db

LATER = timedelta(minutes=20)


@pytest.fixture
def client(alice: User, on_the_day: None, client_for: Callable[[User], Client]) -> Client:
    return client_for(alice)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (
            "status",
            503,
            "0 of 45 rows are read: the platform cannot be reached right now. The others are read when the page is"
            " opened again in a minute. 45 rows show what was read earlier.",
        ),
        ("truncated", None, f"45 rows could not be read; they are {AGAIN}. 45 rows show what was read earlier."),
    ],
)
def test_results_of_earlier_are_shown_as_such_while_they_cannot_be_read_anew(
    sandbox: Sandbox, client: Client, tasks_at_once: None, fault: Fault, status: int | None, said: str
) -> None:
    opened(client)
    sandbox.faults.add(RESULTS, fault, status=status)
    with time_machine.travel(datetime.now(UTC) + LATER, tick=True):
        shown = opened(client)
    assert cells(row(shown, "evt_closed"))[:2] == ["222", "€9,990.90"]
    assert progress(shown)[1] == said
    # What the dot in the bar goes by.
    assert shown.root.one("p", id="reading")["data-failing"] == "true"


def test_results_that_are_read_anew_do_not_count_before_they_have_come(
    sandbox: Sandbox, client: Client, tasks_at_once: None
) -> None:
    assert progress(opened(client)) == ("done", "")
    app.conf.task_always_eager = False
    with time_machine.travel(datetime.now(UTC) + LATER, tick=True):
        shown = read(client.get(LIST))
    words = "Results are being read: 0 of 45 rows so far. 45 rows show what was read earlier."
    state, said = progress(shown)
    assert (state, said.removesuffix("Reload the page to see them.")) == ("reading", words)
    assert "data-failing" not in shown.root.one("p", id="reading").attributes
