"""What saving would do is told before it is done, and asked about where it overwrites or ends something."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Package, PollState, SettingsChange
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import field_error, hidden, panel, text
from tests.backhaul.settings_sent import puts
from tests.backhaul.stored import sign

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
ClientFor = Callable[[User], Client]
Stored = Callable[[str], Package]
SAME = {"model": "ALL_PURCHASES", "window": "7", "email_sent_date": "2026-05-20", "reason": ""}


def url(package_id: str) -> str:
    return f"/p/{ACME}/packages/{package_id}/"


def send(client: Client, package_id: str = "pkg_final", **values: str) -> HttpResponse:
    html = client.get(url(package_id)).content.decode()
    answer = client.post(url(package_id) + "settings/", {**SAME, **hidden(html, "settings"), **values})
    assert isinstance(answer, HttpResponse)
    return answer


def test_the_effect_is_spelled_out_and_nothing_is_sent(alices: Client, sandbox: Sandbox) -> None:
    answer = send(alices, window="30", preview="yes")
    assert answer.status_code == 200
    html = answer.content.decode()
    said = text(panel(html, "settings"))
    assert "The settings change: window 7 days → 30 days." in said
    assert "from 20 May to 19 June 2026" in said
    assert "The window would be open until 19 June 2026, and the results provisional until then." in said
    assert "recalculates it for everyone. The present result stays in “Results so far”." in said
    assert "Nothing has been sent yet." in said
    assert 'value="30"' in html
    assert puts(sandbox) == 0
    assert SettingsChange.objects.count() == 0
    # The same form is then saved, once.
    form = {**SAME, "window": "30", **hidden(html, "settings"), "confirm": "yes"}
    assert alices.post(url("pkg_final") + "settings/", form).status_code == 303
    assert puts(sandbox) == 1
    unmoved = text(send(alices, window="30", preview="yes").content.decode())
    assert "Nothing would change: these settings are in force already." in unmoved


def test_a_window_that_is_over_makes_the_new_results_final_at_once(alices: Client) -> None:
    said = text(send(alices, window="9", preview="yes").content.decode())
    assert "The window has been over since 29 May 2026: the new results are final at once." in said


def test_defaults_are_put_into_the_fields_and_saved_only_by_whoever_saves_them(
    alices: Client, sandbox: Sandbox
) -> None:
    answer = send(alices, fill="defaults")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert '<option value="EVENTS_FROM_PACKAGE" selected>' in html
    assert 'name="window" value="14"' in html
    assert 'name="email_sent_date" value="2026-05-20"' in html
    assert "The settings change: model All purchases → Events from the package and window 7 days → 14 days." in text(
        html
    )
    assert puts(sandbox) == 0


def test_a_package_that_follows_the_defaults_stops_doing_so(alices: Client) -> None:
    said = text(
        send(
            alices, "pkg_partial", model="EVENTS_FROM_PACKAGE", window="21", email_sent_date="2026-06-03", preview="yes"
        ).content.decode()
    )
    assert "All three values become the package's own" in said


def test_a_model_that_is_not_known_is_overwritten_only_by_a_second_button(
    alices: Client, sandbox: Sandbox, package: Stored
) -> None:
    details = "/package_builder/packages/pkg_final/backhaul_evaluation_details"
    sandbox.faults.add(
        path=details,
        method="GET",
        kind="wrong_type",
        body={
            "backhaul_evaluation_model": "BY_MOON",
            "backhaul_evaluation_attribution_window": 7,
            "email_sent_date": "2026-05-20",
        },
    )
    PollState.objects.filter(package=package("pkg_final")).update(model="BY_MOON")
    answer = send(alices, window="9")
    assert answer.status_code == 200
    said = text(panel(answer.content.decode(), "settings"))
    assert "It replaces the model “BY_MOON”, which this portal does not know and cannot set again." in said
    assert puts(sandbox) == 0
    assert SettingsChange.objects.count() == 0
    assert send(alices, window="9", confirm="yes").status_code == 303
    assert puts(sandbox) == 1


def test_another_window_or_date_of_a_signed_off_package_needs_a_reason(
    alices: Client, sandbox: Sandbox, package: Stored, mara: User
) -> None:
    sign(package("pkg_final"), mara)
    needed = "Say why the window or the e-mail date changes: this package is signed off, and that ends it."
    for values in ({"window": "9"}, {"email_sent_date": "2026-05-21"}, {"window": "9", "reason": "   "}):
        answer = send(alices, **values)
        assert answer.status_code == 422
        assert needed in field_error(answer.content.decode(), "reason")
    assert puts(sandbox) == 0
    assert SettingsChange.objects.count() == 0
    ends = f"The sign-off by {mara.shown_name} ends with it."
    assert f"{ends} Nothing has" in text(send(alices, window="9", reason="Late", preview="yes").content.decode())
    # Whoever only looks at what it would do needs none yet, and is told.
    for button in ({"window": "9", "preview": "yes"}, {"fill": "defaults"}):
        answer = send(alices, **button)
        assert answer.status_code == 200
        html = answer.content.decode()
        assert field_error(html, "reason") == ""
        assert f"{ends} To save it, say why in the field “Reason”. Nothing has been sent yet." in text(html)
    answer = send(alices, window="9", confirm="yes")
    assert answer.status_code == 422
    assert needed in field_error(answer.content.decode(), "reason")
    assert puts(sandbox) == 0
    # Another model alone needs none.
    assert send(alices, model="EVENT_SERIES").status_code == 303
    assert puts(sandbox) == 1
    # That has ended the sign-off, so nothing is asked any more.
    assert send(alices, model="EVENT_SERIES", window="9").status_code == 303
    assert puts(sandbox) == 2


def test_what_is_odd_in_the_settings_is_said(alices: Client, package: Stored, time: Time) -> None:
    stored = PollState.objects.filter(package=package("pkg_final"))
    for values, says in (
        ({"window": 0}, "The window is 0 days: only purchases on the e-mail date itself could count."),
        ({"window": None}, "No window is set: nothing says when the results are final."),
        ({"window": 7, "email_sent_date": None}, "On which day did the message go out?"),
        ({"email_sent_date": "2026-06-16"}, "The e-mail date, 16 June 2026, lies in the future"),
    ):
        stored.update(**values)
        html = alices.get(url("pkg_final")).content.decode()
        assert says in text(panel(html, "settings"))
        assert 'data-form="settings"' in html
