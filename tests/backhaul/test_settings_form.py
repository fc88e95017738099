"""A person changes a package's settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.models import Evaluation, Package, PollState, SettingsChange
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import evaluation, field_error, kpis, news_url, panel, rows, text, token
from tests.backhaul.settings_sent import PUTS, puts

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
ClientFor = Callable[[User], Client]
Stored = Callable[[str], Package]
PollAll = Callable[[], object]


def url(package_id: str = "pkg_final") -> str:
    return f"/p/{ACME}/packages/{package_id}/"


def page(client: Client, package_id: str = "pkg_final") -> str:
    return client.get(url(package_id)).content.decode()


def send(client: Client, package_id: str = "pkg_final", **values: str) -> HttpResponse:
    form = {
        "model": "EVENTS_FROM_PACKAGE",
        "window": "21",
        "email_sent_date": "2026-05-20",
        "reason": "The campaign ran longer",
        "token": str(uuid4()),
    }
    answer = client.post(url(package_id) + "settings/", {**form, **values})
    assert isinstance(answer, HttpResponse)
    return answer


def test_saving_puts_once_and_the_page_waits_with_the_old_results_until_new_ones_come(
    alices: Client, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    before = kpis(page(alices))
    time.forward(minutes=5)
    answer = send(alices)
    assert (answer.status_code, answer["Location"]) == (303, url())
    assert puts(sandbox) == 1
    assert sandbox.settings_in_force(ACME, "pkg_final") is not None

    html = page(alices)
    assert evaluation(html) == "waiting"
    assert kpis(html) == before
    said = text(panel(html, "evaluation"))
    assert "Counts any ticket bought by the people in this package from 20 May to 27 May 2026, for any event." in said
    assert "Set now: Counts any ticket bought by the people in this package from 20 May to 10 June 2026" in said
    assert "which belong to the settings of before" in said
    where = news_url(html)
    assert where is not None

    time.forward(seconds=10)
    poll_all()
    assert alices.get(where, headers={"HX-Request": "true"}).status_code == 204

    time.forward(seconds=15)
    poll_all()
    fragment = alices.get(where, headers={"HX-Request": "true"}).content.decode()
    truth = sandbox.current_evaluation(ACME, "pkg_final")
    assert truth is not None
    assert kpis(fragment)["customers"] == str(sum(each.customers for each in truth.values()))
    assert kpis(fragment) != before
    assert evaluation(fragment) == "final"
    assert 'hx-trigger="every 15s"' in fragment
    newest, oldest = rows(fragment, "ledger")
    assert "proved" in text(newest)
    assert (
        "Because: model All purchases → Events from the package and window 7 days → 21 days by alice@acme.example on "
        "15 June 2026: “The campaign ran longer”." in text(newest)
    )
    assert "First result." in text(oldest)


def test_a_colleague_sees_the_same_state(alices: Client, bob: User, client_for: ClientFor) -> None:
    send(alices)
    assert evaluation(page(client_for(bob))) == "waiting"


def test_results_that_stay_equal_end_as_cannot_tell_after_48_hours(
    alices: Client, time: Time, poll_all: PollAll
) -> None:
    time.forward(minutes=5)
    assert send(alices, "pkg_equal", window="21", email_sent_date="2026-05-22").status_code == 303
    for _ in range(47):
        time.forward(hours=1)
        poll_all()
        assert evaluation(page(alices, "pkg_equal")) == "waiting"
    assert Evaluation.objects.filter(package__package_id="pkg_equal").count() == 1
    time.forward(hours=1)
    poll_all()
    html = page(alices, "pkg_equal")
    assert evaluation(html) == "unchanged"
    assert "Whether they belong to the new settings cannot be told." in text(panel(html, "evaluation"))
    stored = Evaluation.objects.filter(package__package_id="pkg_equal").order_by("number")
    assert [(row.window, row.certainty) for row in stored] == [(14, "presumed"), (21, "unknown")]
    time.forward(days=2)
    poll_all()
    assert stored.count() == 2


def test_a_re_evaluation_that_takes_a_day_is_seen_within_a_quarter_of_an_hour(
    alices: Client, package: Stored, time: Time, poll_all: PollAll
) -> None:
    time.forward(minutes=5)
    send(alices, "pkg_slow", window="30", email_sent_date="2026-05-27")
    time.forward(hours=23, minutes=59)
    poll_all()
    assert evaluation(page(alices, "pkg_slow")) == "waiting"
    time.forward(minutes=15, seconds=1)
    poll_all()
    row = package("pkg_slow").poll.latest
    assert row is not None
    assert (row.window, row.certainty) == (30, "proved")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("window", "0", "The window is at least 1 day."),
        ("window", "366", "The window is at most 365 days."),
        ("window", "-3", "The window is at least 1 day."),
        ("window", "abc", "Enter a whole number of days, 1 to 365."),
        ("window", "1.5", "Enter a whole number of days, 1 to 365."),
        ("window", "9" * 400, "The window is at most 365 days."),
        ("window", "", "Enter the number of days, 1 to 365."),
        ("model", "FD", "Choose one of the three models: the portal cannot set this one."),
        ("model", "", "Choose which purchases count."),
        ("email_sent_date", "2026-06-16", "The e-mail date cannot lie in the future."),
        ("email_sent_date", "16.06.2026", "Enter a day as year-month-day, such as 2026-06-01."),
        ("email_sent_date", "2026-02-30", "Enter a day as year-month-day, such as 2026-06-01."),
        (
            "email_sent_date",
            "",
            "Enter the day on which the message went out: without it the window has no beginning.",
        ),
        ("reason", "x" * 501, "Ensure this value has at most 500 characters (it has 501)."),
    ],
)
def test_values_that_cannot_be_are_refused_at_their_field_and_nothing_is_sent(
    alices: Client, sandbox: Sandbox, field: str, value: str, words: str
) -> None:
    answer = send(alices, **{field: value})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert field_error(html, field) == words
    assert sandbox.log.all() == ()
    assert SettingsChange.objects.count() == 0


def test_a_refused_form_keeps_what_was_typed(alices: Client) -> None:
    html = send(alices, window="999", reason="Because <b>").content.decode()
    assert 'value="999"' in html
    assert "Because &lt;b&gt;" in html
    assert 'value="2026-05-20"' in html


@pytest.mark.parametrize(("sent", "shown"), [("x", ""), ("2026-5-2", ' value="2026-05-02"')])
def test_a_calendar_holds_a_day_or_nothing(alices: Client, sent: str, shown: str) -> None:
    html = send(alices, window="999", email_sent_date=sent).content.decode()
    assert f'<input type="date" name="email_sent_date"{shown} max="2026-06-15"' in html


def test_the_partners_own_day_decides_what_lies_in_the_future(acme: Partner, alices: Client, time: Time) -> None:
    time.forward(hours=13)  # 23:00 UTC is the next day in Berlin
    assert send(alices, email_sent_date="2026-06-16").status_code == 303
    Partner.objects.filter(pk=acme.pk).update(timezone="America/New_York")
    assert send(alices, email_sent_date="2026-06-16").status_code == 422


@pytest.mark.parametrize("value", ["", "not-a-token"])
def test_a_form_without_its_token_is_not_sent(alices: Client, sandbox: Sandbox, value: str) -> None:
    answer = send(alices, token=value)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "This form is incomplete. Check the values and save again." in text(html)
    assert token(html) != value
    assert puts(sandbox) == 0


def test_the_same_form_sent_twice_is_put_once(alices: Client, sandbox: Sandbox) -> None:
    one = token(page(alices))
    for _ in range(3):
        assert send(alices, token=one).status_code == 303
    assert puts(sandbox) == 1
    assert "This form was sent before, so nothing was sent again." in text(page(alices))


def test_settings_that_are_in_force_already_are_not_put(alices: Client, sandbox: Sandbox) -> None:
    answer = send(alices, model="ALL_PURCHASES", window="7")
    assert answer.status_code == 303
    assert puts(sandbox) == 0
    html = page(alices)
    assert "Nothing was sent: these settings are in force already." in text(html)
    assert evaluation(html) == "final"


def test_defaults_become_the_packages_own_without_waiting_for_other_results(
    alices: Client, sandbox: Sandbox, package: Stored, time: Time
) -> None:
    time.forward(minutes=5)
    answer = send(alices, "pkg_partial", window="14", email_sent_date="2026-06-03")
    assert answer.status_code == 303
    assert puts(sandbox) == 1
    state = package("pkg_partial").poll
    assert (state.inherited, state.pending_changes) == ([], 0)


def test_what_the_platform_refuses_stands_at_its_field(alices: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        path=PUTS,
        method="PUT",
        kind="status",
        status=422,
        fields=(("backhaul_evaluation_attribution_window", "TOO_LONG"),),
    )
    answer = send(alices, window="300")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert field_error(html, "window") == "The platform refused this value."
    assert 'value="300"' in html
    assert "TOO_LONG" not in html
    assert "The platform refused these values. Nothing was changed." in text(html)
    assert SettingsChange.objects.get().outcome == "refused"
    assert evaluation(html) == "final"
    sandbox.faults.clear()
    assert send(alices, token=token(html)).status_code == 303
    assert SettingsChange.objects.filter(outcome="done").count() == 1


def test_validation_errors_in_a_200_are_a_refusal_too(alices: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="validation_errors", fields=(("email_sent_date", "X"),))
    html = send(alices).content.decode()
    assert field_error(html, "email_sent_date") == "The platform refused this value."
    assert evaluation(page(alices)) == "final"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "The platform does not let this account read or change this. Nothing was changed."),
        (404, "The platform does not know this. Nothing was changed."),
        (409, "Somebody changed this in the meantime. Read it again and decide. Nothing was changed."),
    ],
)
def test_what_is_not_permitted_gone_or_in_conflict_is_said(
    alices: Client, sandbox: Sandbox, status: int, words: str
) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="status", status=status)
    answer = send(alices)
    assert answer.status_code == 422
    assert words in text(answer.content.decode())
    assert SettingsChange.objects.get().outcome == "refused"
    assert puts(sandbox) == 1


def test_a_platform_that_cannot_be_read_before_is_not_written_to(alices: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PUTS, method="GET", kind="status", status=503)
    answer = send(alices)
    assert answer.status_code == 503
    assert "Nothing was changed." in text(answer.content.decode())
    assert puts(sandbox) == 0
    assert SettingsChange.objects.count() == 0


def test_results_that_cannot_be_read_do_not_keep_anybody_from_changing_settings(
    alices: Client, sandbox: Sandbox, package: Stored, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path="/package_builder/packages/pkg_final/backhaul_evaluation", kind="wrong_type")
    time.forward(minutes=5)
    assert send(alices).status_code == 303
    assert SettingsChange.objects.get().outcome == "done"
    sandbox.faults.clear()
    time.forward(seconds=25)
    PollState.objects.update(next_due=time.now)
    poll_all()
    row = package("pkg_final").poll.latest
    assert row is not None
    # The old results were not read at the change, so nothing proves when they gave way.
    assert (row.window, row.certainty) == (21, "unknown")


def test_an_unknown_outcome_that_reading_back_confirms_is_done(alices: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="status", status=502, applied=True)
    assert send(alices).status_code == 303
    assert puts(sandbox) == 1
    assert SettingsChange.objects.get().outcome == "done"
    assert evaluation(page(alices)) == "waiting"


def test_an_outcome_that_stays_unknown_is_said_and_nothing_is_sent_again(
    alices: Client, sandbox: Sandbox, package: Stored, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="reset", count=1)
    time.forward(minutes=5)
    assert send(alices).status_code == 303
    html = page(alices)
    assert "We don't know yet whether the platform took the change" in text(html)
    assert evaluation(html) == "final"
    assert news_url(html) is not None
    assert package("pkg_final").poll.next_due == time.now
    time.forward(minutes=3)
    PollState.objects.update(next_due=time.now)
    poll_all()
    assert "did not arrive: the platform answers other settings." in text(page(alices))
    assert puts(sandbox) == 1


def test_a_change_that_arrives_late_is_resolved_by_the_next_poll_and_blamed_on_nobody_else(
    acme: Partner, alices: Client, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path=PUTS, method="PUT", kind="reset", count=1)
    time.forward(minutes=5)
    assert send(alices).status_code == 303
    assert SettingsChange.objects.get().outcome == "unknown"
    time.forward(seconds=5)
    packages.put_settings(
        caller=caller_for(acme),
        package_id="pkg_final",
        settings=AttributionSettings(model="EVENTS_FROM_PACKAGE", window=21, email_sent_date=date(2026, 5, 20)),
    )
    poll_all()
    assert SettingsChange.objects.get().outcome == "done"
    assert evaluation(page(alices)) == "waiting"


def test_a_viewer_and_a_stranger_cannot_save_and_nothing_changes(
    acme: Partner, bob: User, charlie: User, sandbox: Sandbox, client_for: ClientFor
) -> None:
    sandbox.log.clear()
    for person in (bob, charlie):
        assert send(client_for(person)).status_code == 404
    assert sandbox.log.all() == ()
    assert SettingsChange.objects.count() == 0


def test_a_package_that_is_not_stored_has_no_form_to_send(alices: Client, sandbox: Sandbox) -> None:
    assert send(alices, "pkg_nowhere").status_code == 404
    assert sandbox.log.all() == ()


def test_the_forms_address_leads_back_to_the_page(alices: Client) -> None:
    answer = alices.get(url() + "settings/")
    assert (answer.status_code, answer["Location"]) == (302, url())
