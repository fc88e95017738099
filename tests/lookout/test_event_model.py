"""The event's attribution model: what is in force, and changing it once, knowingly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.lookout.models import ModelChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import events
from attribution_portal.sandbox.app import Sandbox
from tests.adjustments.conftest import Visitor, fields
from tests.adjustments.conftest import on_the_day as frozen_day
from tests.conftest import Partners
from tests.pages import Element, read

frozen = frozen_day
ADDRESS = "/p/partner-id-acme/events/evt_plain/model/"


@pytest.fixture
def editor(frozen: time_machine.Traveller, alice: User, client_for: Callable[..., Client]) -> Visitor:
    return Visitor(client_for(alice))


def form_of(editor: Visitor, eid: str = "evt_plain") -> Element:
    return editor.look(eid).panel("event-model").one("form", data_form="event-model")


def confirmation(editor: Visitor, model: str, eid: str = "evt_plain") -> Element:
    return read(editor.send(form_of(editor, eid), model=model)).root.one("form", data_form="event-model")


def change(editor: Visitor, model: str, eid: str = "evt_plain") -> HttpResponse:
    return editor.send(confirmation(editor, model, eid), "confirm")


def in_force(partners: Partners, eid: str = "evt_plain") -> str | None:
    return events.attribution_model(caller=caller_for(partners.acme).rereading(), eid=eid).value


def puts(sandbox: Sandbox) -> int:
    return len(sandbox.log.of(method="PUT"))


@pytest.mark.parametrize("eid", ["evt_plain", "evt_meta", "evt_external"])
def test_no_model_is_chosen_beforehand(editor: Visitor, eid: str) -> None:
    radios = form_of(editor, eid).all("input", type="radio")
    assert [radio["value"] for radio in radios] == ["FD", "META", "EXTERNAL"]
    assert not any("checked" in radio.attributes for radio in radios)


def test_the_effect_is_spelled_out_before_anything_is_sent(editor: Visitor, sandbox: Sandbox) -> None:
    answer = editor.send(form_of(editor), model="EXTERNAL")
    assert answer.status_code == 200
    panel = read(answer).panel("event-model")
    assert "It concerns this event alone, and everybody who looks at it" in panel.text
    assert "automated adjustments disappear from its list" in panel.text
    assert "The measured revenue and purchases themselves stay." in panel.text
    assert "split anew" not in panel.text
    assert "no longer follows the partner's default (FD)" in panel.text
    assert panel.one("button", name="confirm").text == "Change to External"
    assert (puts(sandbox), ModelChange.objects.count()) == (0, 0)


def test_a_confirmed_change_is_one_put_and_read_anew(
    editor: Visitor, sandbox: Sandbox, partners: Partners, alice: User
) -> None:
    answer = change(editor, "META")
    assert (answer.status_code, answer["Location"]) == (
        303,
        "/p/partner-id-acme/events/evt_plain/#panel-event-model",
    )
    (put,) = sandbox.log.of(method="PUT")
    assert (put.path, put.partner, put.body) == (
        "/events/evt_plain/attribution_model",
        "partner-id-acme",
        {"model": "META"},
    )
    shown = editor.look("evt_plain")
    assert shown.panel("event-model").one("strong", data_model="META").text == "Meta"
    assert "Chosen for this event." in shown.panel("event-model").text
    intended, done = AuditEvent.objects.filter(kind="event_model_changed").order_by("position")
    assert (intended.outcome, done.outcome, done.of, done.user) == ("intended", "done", intended, alice)
    assert (done.before, done.after) == ({"model": None, "default": "FD"}, {"model": "META"})
    assert done.platform_request == put.request_id


def test_a_form_sent_twice_changes_once(editor: Visitor, sandbox: Sandbox) -> None:
    form = confirmation(editor, "META")
    assert [editor.send(form, "confirm").status_code for _each in range(2)] == [303, 303]
    assert puts(sandbox) == 1


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("", "Choose a model."),
        ("GUESS", "Choose one of the three models: the portal cannot set this one."),
    ],
)
def test_a_model_that_is_none_is_told(editor: Visitor, sandbox: Sandbox, model: str, words: str) -> None:
    values = fields(form_of(editor)) | {"model": model, "confirm": "yes"}
    answer = editor.client.post(ADDRESS, values)
    assert answer.status_code == 422
    assert words in read(answer).panel("event-model").text
    assert puts(sandbox) == 0


def test_a_form_without_its_token_is_incomplete(editor: Visitor, sandbox: Sandbox) -> None:
    values = fields(form_of(editor)) | {"model": "META", "confirm": "yes", "token": ""}
    answer = editor.client.post(ADDRESS, values)
    assert answer.status_code == 422
    assert "This form is incomplete." in read(answer).panel("event-model").text
    assert puts(sandbox) == 0


def test_what_is_in_force_already_is_not_sent(editor: Visitor, sandbox: Sandbox) -> None:
    assert editor.send(form_of(editor, "evt_meta"), model="META").status_code == 303
    assert "Nothing was sent: the event has this model already." in editor.look("evt_meta").root.text
    assert puts(sandbox) == 0


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_change_by_somebody_else_meanwhile_is_told_and_asked_about(
    editor: Visitor, sandbox: Sandbox, partners: Partners, confirmed: bool
) -> None:
    form = confirmation(editor, "META") if confirmed else form_of(editor)
    events.set_attribution_model(caller=caller_for(partners.acme), eid="evt_plain", model="EXTERNAL")
    answer = editor.send(form, "confirm") if confirmed else editor.send(form, model="META")
    assert answer.status_code == 409
    panel = read(answer).panel("event-model")
    assert "Somebody changed the model while you were choosing" in panel.text
    assert panel.one("strong", data_model="EXTERNAL")
    assert (puts(sandbox), in_force(partners)) == (1, "EXTERNAL")
    assert editor.send(panel.one("form", data_form="event-model"), "confirm").status_code == 303
    assert in_force(partners) == "META"


def test_a_model_that_is_not_known_is_shown_as_it_is_and_never_overwritten_unseen(
    editor: Visitor, sandbox: Sandbox
) -> None:
    fault = sandbox.faults.add(
        "/events/evt_plain/attribution_model", "wrong_type", method="GET", body={"model": "SHAPLEY"}
    )
    panel = editor.look("evt_plain").panel("event-model")
    assert panel.one("strong", data_model="SHAPLEY").text == "SHAPLEY"
    form = panel.one("form", data_form="event-model")
    assert editor.send(form).status_code == 422
    assert fields(form)["seen"] == "SHAPLEY"
    sandbox.faults.clear(fault.id)
    assert editor.send(form, "confirm", model="META").status_code == 409
    assert puts(sandbox) == 0


def effects(editor: Visitor, model: str) -> list[str]:
    return [
        item.text for item in read(editor.send(form_of(editor), model=model)).root.one("ul", class_="effects").all("li")
    ]


def test_the_name_of_a_model_that_is_not_known_stands_once(editor: Visitor, sandbox: Sandbox) -> None:
    sandbox.faults.add("/events/evt_plain/attribution_model", "wrong_type", method="GET", body={"model": "BLENDED"})
    panel = editor.look("evt_plain").panel("event-model")
    assert panel.one("strong", data_model="BLENDED").text == "BLENDED"
    assert panel.all("p", class_="sentence")[0].all("code") == []
    confirm = read(editor.send(form_of(editor), model="META")).panel("event-model")
    assert [code.text for code in confirm.all("code")] == ["META"]


@pytest.mark.parametrize(("default", "model"), [("FD", "BLENDED"), ("", "BLENDED"), ("BLENDED", "BLENDED")])
def test_a_model_that_cannot_be_set_again_is_told_to_be_one(
    editor: Visitor, sandbox: Sandbox, partners: Partners, default: str, model: str
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(default_event_model=default)
    sandbox.faults.add("/events/evt_plain/attribution_model", "wrong_type", method="GET", body={"model": model})
    assert effects(editor, "META")[-2:] == [
        "It replaces the model “BLENDED”, which this portal does not know and cannot set again.",
        "The partner's default and all other events stay as they are.",
    ]
    assert puts(sandbox) == 0


def test_a_default_that_cannot_be_set_is_not_offered_as_a_choice(
    editor: Visitor, sandbox: Sandbox, partners: Partners
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(default_event_model="BLENDED")
    assert effects(editor, "META")[-1] == (
        "The event then has a model of its own and no longer follows the partner's default, the model “BLENDED”. The "
        "platform offers no way back to following it, and this portal does not know that model and cannot set it."
    )
    assert puts(sandbox) == 0


@pytest.mark.parametrize("eid", ["evt_plain", "evt_meta"])
def test_a_model_that_can_be_set_again_is_not_lamented(editor: Visitor, eid: str) -> None:
    panel = read(editor.send(form_of(editor, eid), model="EXTERNAL")).panel("event-model")
    assert "cannot set" not in panel.text


@pytest.mark.parametrize(
    ("fault", "carried_out"),
    [
        ({"kind": "timeout", "seconds": 20}, False),
        ({"kind": "timeout", "seconds": 20, "applied": True}, True),
        ({"kind": "status", "status": 500}, False),
        ({"kind": "status", "status": 500, "applied": True}, True),
        ({"kind": "reset", "applied": True}, True),
        ({"kind": "html", "status": 200}, False),
    ],
)
def test_a_put_whose_answer_is_lost_is_read_back_and_never_sent_again(
    editor: Visitor, sandbox: Sandbox, settings: Settings, fault: dict[str, Any], carried_out: bool
) -> None:
    form = confirmation(editor, "META")
    settings.PLATFORM_READ_SECONDS = 3.0
    sandbox.faults.add("/events/*", method="PUT", count=1, **fault)
    assert editor.send(form, "confirm").status_code == 303
    assert ModelChange.objects.get().outcome == ("done" if carried_out else "unknown")
    notes = editor.look("evt_plain").panel("event-model").all("div", data_request="unknown")
    assert bool(notes) is not carried_out
    assert puts(sandbox) == 1


def test_a_change_that_took_late_is_settled_by_the_next_look_and_one_that_did_not_in_time(
    editor: Visitor, sandbox: Sandbox, partners: Partners, frozen: time_machine.Traveller
) -> None:
    sandbox.faults.add("/events/*", "status", method="PUT", count=2, status=500)
    change(editor, "META")
    change(editor, "META", "evt_gaps")
    events.set_attribution_model(caller=caller_for(partners.acme), eid="evt_plain", model="META")
    assert editor.look("evt_plain").panel("event-model").all("div", data_request="unknown") == []
    frozen.shift(timedelta(minutes=20))
    assert editor.look("evt_gaps").panel("event-model").all("div", data_request="unknown") == []
    found = dict(ModelChange.objects.values_list("event_id", "outcome"))
    assert found == {"evt_plain": "done", "evt_gaps": "not_taken"}


@pytest.mark.parametrize(("status", "shown"), [(403, 403), (409, 422), (422, 422), (429, 503)])
def test_a_refused_change_changes_nothing(
    editor: Visitor, sandbox: Sandbox, partners: Partners, status: int, shown: int
) -> None:
    form = confirmation(editor, "META")
    sandbox.faults.add("/events/*", "status", method="PUT", count=1, status=status)
    answer = editor.send(form, "confirm")
    assert answer.status_code == shown
    assert "Nothing was changed." in read(answer).panel("event-model").text
    assert in_force(partners) is None
    assert ModelChange.objects.get().outcome == "refused"
    again = read(answer).root.one("form", data_form="event-model")
    assert editor.send(read(editor.send(again, model="META")).root.one("form", data_form="event-model"), "confirm")
    assert in_force(partners) == "META"


def test_what_cannot_be_read_is_not_changed(editor: Visitor, sandbox: Sandbox) -> None:
    form = confirmation(editor, "META")
    sandbox.faults.add("/events/*/attribution_model", "status", method="GET", status=503)
    answer = editor.send(form, "confirm")
    assert answer.status_code == 503
    assert "Nothing was changed." in read(answer).panel("event-model").text
    assert puts(sandbox) == 0


def test_what_is_read_again_behind_the_page_can_be_changed_and_only_a_cut_off_platform_cannot(
    editor: Visitor, sandbox: Sandbox, frozen: time_machine.Traveller
) -> None:
    form_of(editor)
    frozen.shift(timedelta(minutes=8))
    assert form_of(editor)["action"]
    sandbox.faults.add("/*", "status", status=503)
    frozen.shift(timedelta(minutes=20))
    panel = editor.look("evt_plain").panel("event-model")
    assert "The platform cannot be reached right now, so the model cannot be changed." in panel.text
    assert panel.all("form") == []


def test_a_viewer_and_a_stranger_change_nothing(
    frozen: time_machine.Traveller, sandbox: Sandbox, bob: User, charlie: User, client_for: Callable[..., Client]
) -> None:
    viewer = Visitor(client_for(bob))
    assert viewer.look("evt_plain").panel("event-model").all("form") == []
    for person in (bob, charlie):
        client = client_for(person)
        assert client.post(ADDRESS, {"model": "META", "seen": "", "confirm": "yes"}).status_code == 404
        assert client.get(ADDRESS).status_code == 404
    assert puts(sandbox) == 0


def test_an_event_that_is_none_has_no_model(editor: Visitor, sandbox: Sandbox) -> None:
    values = fields(form_of(editor)) | {"model": "META", "confirm": "yes"}
    assert editor.client.post("/p/partner-id-acme/events/evt_jpy/model/", values).status_code == 404
    assert puts(sandbox) == 0
