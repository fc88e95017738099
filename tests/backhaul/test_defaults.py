"""An account manager changes what packages without settings of their own go by."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models import DefaultsChange, Package
from attribution_portal.partners.models import Partner
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.defaults_form import (
    ACME,
    IN_FORCE,
    NEW,
    PATH,
    URL,
    WANTED,
    defaults_of,
    on_record,
    page,
    posts,
    put_elsewhere,
    save,
    send,
)
from tests.backhaul.html import field_error, panel, rows, text, token
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
Stored = Callable[[str], Package]
PollAll = Callable[[], object]


def test_the_page_says_what_is_in_force_and_who_goes_by_it(maras: Client) -> None:
    html = page(maras)
    said = text(panel(html, "defaults"))
    assert "A package without settings of its own counts tickets for the events in the package." in said
    assert "The window is the 14 days after the e-mail date. No e-mail date is set here" in said
    assert re.search(r"As of just now|As of \d+ s", said) is not None
    followers = panel(html, "followers")
    shown = {
        re.search(r'data-id="([^"]+)"', row)[1]: text(row)  # type: ignore[index]
        for row in rows(html, "followers")
    }
    assert len(shown) == 16
    assert "pkg_expired" not in shown
    assert "Follows 14" not in shown["pkg_defaults"]
    assert shown["pkg_defaults"].startswith("Comedy after work Follows Events from the package · 14 days")
    assert "Follows in part" in shown["pkg_partial"]
    assert "Its own: e-mail date." in shown["pkg_partial"]
    assert "Deviates" in shown["pkg_final"]
    assert "Instead of model Events from the package and window 14 days." in shown["pkg_final"]
    assert "Own, but the same" in shown["pkg_main"]
    said = text(followers)
    assert (
        "Of 16 packages: 4 follow the defaults, 1 follows in part, 4 deviate and 7 have the same of their own." in said
    )
    assert "its documentation does not spell it out" in said


def test_the_first_press_shows_the_effect_and_sends_nothing(maras: Client, sandbox: Sandbox, package: Stored) -> None:
    answer = send(maras, page(maras))
    html = answer.content.decode()
    assert answer.status_code == 200
    said = text(panel(html, "defaults"))
    assert (
        "The partner's defaults change: model Events from the package → All purchases and window 14 days → 21 days."
        in said
    )
    assert "5 packages take a value that changes." in said
    assert (
        "11 packages have their own values for what changes, which go before the defaults. Nothing is sent for them."
        in said
    )
    assert "Whether the platform counts their results anew at once is not documented" in said
    affected = {
        re.search(r'data-id="([^"]+)"', row)[1]: text(row)  # type: ignore[index]
        for row in rows(html, "affected")
    }
    assert set(affected) == {"pkg_defaults", "pkg_partial", "pkg_nosettings", "pkg_starting", "pkg_building"}
    assert "model Events from the package → All purchases and window 14 days → 21 days" in affected["pkg_partial"]
    assert posts(sandbox) == 0
    assert DefaultsChange.objects.count() == 0
    assert 'name="confirm"' in html


def test_a_change_that_only_some_take_names_only_them(maras: Client, package: Stored) -> None:
    state = package("pkg_partial").poll
    state.inherited = ["model"]
    state.window = 30
    state.save()
    html = send(maras, page(maras), model="EVENTS_FROM_PACKAGE", window="21").content.decode()
    assert 'data-id="pkg_partial"' not in "".join(rows(html, "affected"))
    html = send(maras, page(maras), model="ALL_PURCHASES", window="14").content.decode()
    row = next(row for row in rows(html, "affected") if "pkg_partial" in row)
    assert "model Events from the package → All purchases" in text(row)
    assert "window" not in text(row)


def test_saving_posts_once_is_on_record_and_reads_again_what_follows(
    maras: Client, mara: User, acme: Partner, sandbox: Sandbox, package: Stored, time: Time
) -> None:
    answer = save(maras)
    assert (answer.status_code, answer["Location"]) == (303, URL)
    assert posts(sandbox) == 1
    assert defaults_of(acme) == NEW
    html = page(maras)
    assert "Defaults saved. What the platform answers now stands below." in text(html)
    assert "counts tickets for any event. The window is the 21 days" in text(panel(html, "defaults"))

    change = DefaultsChange.objects.get()
    assert (change.outcome, change.settings, change.before, change.user) == ("done", NEW, IN_FORCE, mara)
    intended, done = AuditEvent.objects.filter(kind="defaults_changed").order_by("position")
    assert change.intent == intended
    assert (intended.outcome, done.outcome, done.of) == ("intended", "done", intended)
    assert (done.partner, done.user, done.target, done.title) == (acme, mara, ACME, "Acme Concerts (demo)")
    assert done.before == {"model": "EVENTS_FROM_PACKAGE", "window": 14, "email_sent_date": None}
    assert done.after == {"model": "ALL_PURCHASES", "window": 21, "email_sent_date": None}
    (sent,) = sandbox.log.of(method="POST", path=PATH)
    assert intended.platform_request == ""
    assert done.platform_request.startswith("req-")
    assert sent.status == 200
    assert package("pkg_defaults").poll.next_due == time.now
    assert package("pkg_partial").poll.next_due == time.now
    assert package("pkg_main").poll.next_due > time.now


def test_what_was_read_before_the_defaults_changed_says_so_and_what_goes_with_them(
    maras: Client, time: Time, poll_all: PollAll
) -> None:
    time.forward(minutes=4)
    assert "As last read" not in panel(page(maras), "followers")
    assert save(maras).status_code == 303

    def told(package_id: str) -> str:
        (row,) = [row for row in rows(page(maras), "followers") if f'data-id="{package_id}"' in row]
        return text(row)

    assert told("pkg_defaults") == (
        "Comedy after work Follows Events from the package · 14 days · no e-mail date As last read, 15 Jun 2026, "
        "12:00. With the defaults above: All purchases · 21 days · no e-mail date."
    )
    assert "Its own: e-mail date. As last read, 15 Jun 2026, 12:00. With the defaults above: " in told("pkg_partial")
    assert "As last read" not in told("pkg_main")
    assert "As last read" not in told("pkg_final")
    poll_all()
    assert told("pkg_defaults") == "Comedy after work Follows All purchases · 21 days · no e-mail date"
    assert "As last read" not in panel(page(maras), "followers")


def test_a_result_that_follows_from_new_defaults_is_not_blamed_on_another_tool(
    maras: Client, time: Time, poll_all: PollAll
) -> None:
    time.forward(minutes=4)
    assert save(maras).status_code == 303
    poll_all()
    time.forward(hours=1)
    poll_all()
    html = page(maras, f"/p/{ACME}/packages/pkg_partial/")
    newest = text(rows(html, "ledger")[0])
    assert (
        "Because: model Events from the package → All purchases and window 14 days → 21 days in the partner's "
        "defaults, seen on 15 June 2026." in newest
    )


def test_an_e_mail_date_may_be_set_and_taken_away_again(maras: Client, acme: Partner, sandbox: Sandbox) -> None:
    assert save(maras, email_sent_date="2026-06-01").status_code == 303
    assert defaults_of(acme).email_sent_date == date(2026, 6, 1)
    html = page(maras)
    assert "The window is 1 June to 22 June 2026, for all of them alike." in text(html).replace("1–22", "1 June to 22")
    assert save(maras).status_code == 303
    assert defaults_of(acme) == NEW
    assert posts(sandbox) == 2


def test_the_same_form_sent_again_is_posted_once(maras: Client, sandbox: Sandbox) -> None:
    preview = send(maras, page(maras)).content.decode()
    for _ in range(3):
        assert send(maras, preview, confirm=True).status_code == 303
    assert posts(sandbox) == 1
    assert "This form was sent before, so nothing was sent again." in text(page(maras))
    assert on_record() == [("intended", "mara@portal.example"), ("done", "mara@portal.example")]


@pytest.mark.parametrize("confirm", [False, True])
def test_defaults_that_are_in_force_already_are_not_posted(maras: Client, sandbox: Sandbox, confirm: bool) -> None:
    answer = send(maras, page(maras), confirm=confirm, model="EVENTS_FROM_PACKAGE", window="14")
    assert answer.status_code == 303
    assert posts(sandbox) == 0
    assert "Nothing was sent: these defaults are in force already." in text(page(maras))
    assert on_record() == []


def test_other_values_than_those_whose_effect_was_shown_are_shown_first(maras: Client, sandbox: Sandbox) -> None:
    preview = send(maras, page(maras)).content.decode()
    answer = send(maras, preview, confirm=True, window="30")
    assert answer.status_code == 200
    assert "window 14 days → 30 days" in text(answer.content.decode())
    assert posts(sandbox) == 0
    assert send(maras, answer.content.decode(), confirm=True, window="30").status_code == 303
    assert posts(sandbox) == 1


@pytest.mark.parametrize("confirm", [False, True])
def test_defaults_that_changed_since_the_form_was_opened_are_shown_and_asked_about(
    maras: Client, acme: Partner, sandbox: Sandbox, confirm: bool
) -> None:
    preview = send(maras, page(maras)).content.decode()
    put_elsewhere(acme, 30)
    sandbox.log.clear()
    answer = send(maras, preview, confirm=confirm)
    html = answer.content.decode()
    assert answer.status_code == 409
    said = text(html)
    assert (
        "Something else is in force than this form showed. It was not changed in this portal. Nothing was sent." in said
    )
    assert "Shown to you before Events from the package · 14 days · no e-mail date" in said
    assert "In force now Events from the package · 30 days · no e-mail date" in said
    assert "Entered by you All purchases · 21 days · no e-mail date" in said
    assert 'value="21"' in html
    assert posts(sandbox) == 0
    assert on_record() == []
    # Whoever goes on replaces what they were shown.
    preview = send(maras, html).content.decode()
    assert "window 30 days → 21 days" in text(preview)
    assert send(maras, preview, confirm=True).status_code == 303
    assert posts(sandbox) == 1
    assert defaults_of(acme) == NEW


def test_a_colleagues_change_is_named(maras: Client, acme: Partner, client_for: ClientFor, mara: User) -> None:
    other = client_for(mara)
    preview = send(maras, page(maras)).content.decode()
    assert save(other, window="30").status_code == 303
    html = send(maras, preview, confirm=True).content.decode()
    assert "mara@portal.example changed this on 15 Jun 2026, 12:00, after you opened the form." in text(html)
    assert defaults_of(acme).window == 30


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("window", "0", "The window is at least 1 day."),
        ("window", "366", "The window is at most 365 days."),
        ("window", "abc", "Enter a whole number of days, 1 to 365."),
        ("window", "", "Enter the number of days, 1 to 365."),
        ("model", "META", "Choose one of the three models: the portal cannot set this one."),
        ("model", "", "Choose which purchases count."),
        ("email_sent_date", "2026-06-16", "The e-mail date cannot lie in the future."),
        ("email_sent_date", "tomorrow", "Enter a day as year-month-day, such as 2026-06-01."),
    ],
)
def test_values_that_cannot_be_are_refused_at_their_field_and_nothing_is_sent(
    maras: Client, sandbox: Sandbox, field: str, value: str, words: str
) -> None:
    answer = send(maras, page(maras), confirm=True, **{field: value})
    assert answer.status_code == 422
    assert field_error(answer.content.decode(), field) == words
    assert posts(sandbox) == 0
    assert DefaultsChange.objects.count() == 0
    assert on_record() == []


@pytest.mark.parametrize(("field", "value"), [("token", ""), ("token", "x"), ("seen_window", "many")])
def test_a_form_whose_hidden_parts_are_damaged_is_not_sent(
    maras: Client, sandbox: Sandbox, field: str, value: str
) -> None:
    answer = send(maras, page(maras), confirm=True, **{field: value})
    assert answer.status_code == 422
    assert "This form is incomplete. Check the values and save again." in text(answer.content.decode())
    assert UUID(token(answer.content.decode()))
    assert posts(sandbox) == 0


def test_viewers_editors_and_strangers_find_no_such_page_and_nothing_changes(
    acme: Partner, alice: User, bob: User, charlie: User, sandbox: Sandbox, client_for: ClientFor
) -> None:
    sandbox.log.clear()
    for person in (alice, bob, charlie):
        client = client_for(person)
        assert client.get(URL).status_code == 404
        form = {**WANTED, "token": str(uuid4()), "confirm": "yes"}
        assert client.post(URL, form).status_code == 404
    assert sandbox.log.all() == ()
    assert DefaultsChange.objects.count() == 0
    assert on_record() == []


def test_only_those_who_may_change_them_are_led_there_from_the_list(
    maras: Client, alice: User, bob: User, client_for: ClientFor
) -> None:
    listed = f"/p/{ACME}/packages/"
    assert f'href="{URL}"' in page(maras, listed)
    for person in (alice, bob):
        assert URL not in page(client_for(person), listed)


def test_a_manager_of_two_partners_changes_only_the_one(maras: Client, partners: Partners, acme: Partner) -> None:
    before = defaults_of(partners.sakura)
    assert save(maras).status_code == 303
    assert defaults_of(partners.sakura) == before
    assert defaults_of(acme) == NEW


def test_somebody_whose_proof_is_old_confirms_first_and_finds_what_they_typed(
    acme: Partner, mara: User, sandbox: Sandbox, client_for: ClientFor
) -> None:
    stale = client_for(mara, stale=True)
    html = page(stale)
    sandbox.log.clear()
    answer = send(stale, html, confirm=True, window="33")
    assert answer.status_code == 302
    assert "/account/" in answer["Location"]
    assert posts(sandbox) == 0
    assert DefaultsChange.objects.count() == 0
    html = page(stale)
    assert 'value="33"' in html
    assert "Nothing has been sent yet." in text(html)
    assert UUID(token(html))
    assert posts(sandbox) == 0
