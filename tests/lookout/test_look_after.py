"""Changes whose outcome nobody knows get one on record although nobody opens the event's page again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.audit.models import AuditEvent
from attribution_portal.lookout.models import ModelChange
from attribution_portal.lookout.tasks import look_after
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, editor, on_the_day, posts, rows_of
from tests.pages import read

__all__ = ["editor", "on_the_day"]


pytestmark = pytest.mark.usefixtures("tasks_at_once")


def outcomes(kind: str) -> list[str]:
    return list(AuditEvent.objects.filter(kind=kind).order_by("position").values_list("outcome", flat=True))


def test_an_intent_whose_process_died_gets_its_outcome(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller
) -> None:
    sandbox.faults.add("/campaign_results/", "status", method="POST", count=1, status=500, applied=True)
    editor.create("evt_plain", "4", "200")
    AdjustmentRequest.objects.update(outcome="sending", platform_id="", settled_at=None)
    look_after()
    assert AdjustmentRequest.objects.get().outcome == "sending"
    on_the_day.shift(timedelta(minutes=2))
    look_after()
    request = AdjustmentRequest.objects.get()
    assert (request.outcome, [request.platform_id]) == ("done", rows_of(sandbox, "evt_plain"))
    assert posts(sandbox) == 1
    before = len(sandbox.log.of())
    look_after()
    assert len(sandbox.log.of()) == before


def test_what_did_not_come_is_told_as_not_taken(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller
) -> None:
    sandbox.faults.add("/campaign_results/", "status", method="POST", count=1, status=500)
    editor.create("evt_plain", "4", "200")
    on_the_day.shift(timedelta(minutes=5))
    look_after()
    assert outcomes("adjustment_created") == ["intended", "unknown"]
    on_the_day.shift(timedelta(minutes=15))
    look_after()
    assert outcomes("adjustment_created") == ["intended", "unknown", "refused"]
    assert AuditEvent.objects.latest("at").email == ""
    assert posts(sandbox) == 1


def test_a_model_that_was_taken_after_all_is_on_record(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller
) -> None:
    form = editor.look("evt_plain").panel("event-model").one("form", data_form="event-model")
    confirm = read(editor.send(form, model="META")).root.one("form", data_form="event-model")
    assert editor.send(confirm, "confirm").status_code == 303
    ModelChange.objects.update(outcome="sending", settled_at=None)
    on_the_day.shift(timedelta(minutes=2))
    look_after()
    assert ModelChange.objects.get().outcome == "done"
    assert len(sandbox.log.of(method="PUT")) == 1


@pytest.mark.parametrize("why", ["away", "switched off"])
def test_while_the_platform_cannot_be_asked_it_stays_unknown(
    editor: Visitor, sandbox: Sandbox, on_the_day: time_machine.Traveller, why: str
) -> None:
    sandbox.faults.add("/campaign_results/", "status", method="POST", count=1, status=500)
    editor.create("evt_plain", "4", "200")
    on_the_day.shift(timedelta(minutes=20))
    if why == "away":
        sandbox.faults.add("/*", "status", status=403)
    else:
        Partner.objects.update(switched_off_at="2026-06-15T10:00:00Z")
    before = len(sandbox.log.of())
    look_after()
    assert (len(sandbox.log.of()) > before) is (why == "away")
    assert AdjustmentRequest.objects.get().outcome == "unknown"
