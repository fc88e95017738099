"""Two at once: whatever browsers do, one row; whoever is second is told so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.adjustments.models import AdjustmentRequest, DeletedAdjustment
from attribution_portal.audit.models import AuditEvent
from attribution_portal.lookout.models import ModelChange
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, deletes, posts, rows_of
from tests.pages import read

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def at_once(calls: list[Callable[[], T]]) -> list[T]:
    """Each in a thread with a connection of its own, all let go at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            barrier.wait(10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def browsers(on_the_day: object, alice: User, client_for: Callable[..., Client]) -> list[Visitor]:
    """One person's browser, six times."""
    return [Visitor(client_for(alice)) for _each in range(6)]


@pytest.fixture
def _slow(sandbox: Sandbox) -> None:
    """The write takes long enough for everybody else to come meanwhile."""
    for method in ("POST", "DELETE", "PUT"):
        sandbox.faults.add("/*", "latency", method=method, seconds=0.3)


@pytest.mark.usefixtures("_slow")
@pytest.mark.parametrize("lost", [False, True])
def test_a_form_sent_by_many_clicks_makes_one_row(browsers: list[Visitor], sandbox: Sandbox, lost: bool) -> None:
    if lost:
        sandbox.faults.add("/campaign_results/", "status", method="POST", status=500, applied=True)
    form = read(browsers[0].preview("evt_plain", "4", "200")).root.one("form", data_form="adjustment")
    answers = at_once([lambda browser=each: browser.send(form, "confirm") for each in browsers])  # type: ignore[misc]
    assert [answer.status_code for answer in answers] == [303] * 6
    assert len({answer["Location"] for answer in answers}) == 1 or lost
    assert (posts(sandbox), len(rows_of(sandbox, "evt_plain"))) == (1, 1)
    assert AdjustmentRequest.objects.get().outcome == "done"
    assert AuditEvent.objects.filter(kind="adjustment_created", outcome="done").count() == 1


@pytest.mark.usefixtures("_slow")
def test_equal_values_from_many_tabs_make_one_row_until_somebody_confirms_again(
    browsers: list[Visitor], sandbox: Sandbox
) -> None:
    """Each tab has a form and a token of its own, and none had anything to warn of."""
    forms = [read(each.preview("evt_plain", "4", "200")).root.one("form", data_form="adjustment") for each in browsers]

    def send(number: int) -> HttpResponse:
        return browsers[number].send(forms[number], "confirm")

    answers = at_once([lambda number=each: send(number) for each in range(6)])  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 200, 303]
    assert (posts(sandbox), len(rows_of(sandbox, "evt_plain"))) == (1, 1)


@pytest.mark.usefixtures("_slow")
def test_a_row_is_deleted_once_however_many_want_it(browsers: list[Visitor], sandbox: Sandbox) -> None:
    forms = [each.delete_form("evt_closed", "cr_closed_m1") for each in browsers]

    def send(number: int) -> HttpResponse:
        return browsers[number].send(forms[number], reason="Entered twice")

    answers = at_once([lambda number=each: send(number) for each in range(6)])  # type: ignore[misc]
    assert {answer.status_code for answer in answers} <= {303, 404}
    assert (deletes(sandbox), DeletedAdjustment.objects.count()) == (1, 1)


@pytest.mark.usefixtures("_slow")
def test_a_deletion_is_taken_back_once_however_many_want_it(browsers: list[Visitor], sandbox: Sandbox) -> None:
    browsers[0].send(browsers[0].delete_form("evt_closed", "cr_closed_m1"), reason="Entered twice")
    forms = [each.look("evt_closed").panel("adjustments").one("form", data_form="undo-adjustment") for each in browsers]

    def send(number: int) -> HttpResponse:
        return browsers[number].send(forms[number], "confirm")

    at_once([lambda number=each: send(number) for each in range(6)])  # type: ignore[misc]
    assert (posts(sandbox), len(rows_of(sandbox, "evt_closed"))) == (1, 4)


@pytest.mark.usefixtures("_slow")
def test_of_two_who_change_the_model_at_once_one_is_asked(browsers: list[Visitor], sandbox: Sandbox) -> None:
    forms = []
    for browser, model in zip(browsers[:2], ("META", "EXTERNAL"), strict=True):
        form = browser.look("evt_plain").panel("event-model").one("form", data_form="event-model")
        forms.append(read(browser.send(form, model=model)).root.one("form", data_form="event-model"))
    answers = at_once(
        [lambda number=each: browsers[number].send(forms[number], "confirm") for each in range(2)]  # type: ignore[misc]
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(sandbox.log.of(method="PUT")) == 1
    assert ModelChange.objects.get().outcome == "done"
