"""An account manager changes what packages without settings of their own go by."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul import tasks
from attribution_portal.backhaul.models import DefaultsChange, Package, PollState
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import field_error, hidden, panel, rows, text, token
from tests.conftest import Partners
from tests.pages import read

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
URL = f"/p/{ACME}/package-defaults/"
PATH = "/partners/*/backhaul_attribution_details"
ClientFor = Callable[..., Client]
Stored = Callable[[str], Package]
PollAll = Callable[[], object]
WANTED = {"model": "ALL_PURCHASES", "window": "21", "email_sent_date": ""}
IN_FORCE = AttributionSettings(model="EVENTS_FROM_PACKAGE", window=14, email_sent_date=None)
NEW = AttributionSettings(model="ALL_PURCHASES", window=21, email_sent_date=None)


def page(client: Client, url: str = URL) -> str:
    return client.get(url).content.decode()


def send(client: Client, html: str, *, confirm: bool = False, **values: str) -> HttpResponse:
    """The form of a page, with other values; its second button when `confirm`."""
    form = {**WANTED, **hidden(html, "defaults"), **values}
    answer = client.post(URL, {**form, **({"confirm": "yes"} if confirm else {})})
    assert isinstance(answer, HttpResponse)
    return answer


def save(client: Client, **values: str) -> HttpResponse:
    """Both steps."""
    preview = send(client, page(client), **values)
    assert preview.status_code == 200
    return send(client, preview.content.decode(), confirm=True, **values)


def posts(sandbox: Sandbox) -> int:
    return len(sandbox.log.of(method="POST", path=PATH))


def defaults_of(partner: Partner) -> AttributionSettings:
    return packages.partner_defaults(caller=caller_for(partner).rereading()).value


def put_elsewhere(partner: Partner, window: int) -> AttributionSettings:
    """Somebody changes the defaults with another tool."""
    settings = AttributionSettings(model="EVENTS_FROM_PACKAGE", window=window, email_sent_date=None)
    packages.post_partner_defaults(caller=caller_for(partner), settings=settings)
    return settings


def on_record() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(kind="defaults_changed").order_by("position")
    return [(event.outcome, event.email) for event in events]


@pytest.fixture
def maras(acme: Partner, mara: User, sandbox: Sandbox, client_for: ClientFor) -> Client:
    sandbox.log.clear()
    return client_for(mara)


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
    assert "mara@portal.example changed this at 15 Jun 2026, 12:00, after you opened the form." in text(html)
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


def test_what_the_platform_refuses_stands_at_its_field_and_is_on_record(maras: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        path=PATH,
        method="POST",
        kind="status",
        status=422,
        fields=(("backhaul_evaluation_attribution_window", "TOO_LONG"),),
    )
    answer = save(maras)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert field_error(html, "window") == "The platform refused this value."
    assert "The platform refused these values. Nothing was changed." in text(html)
    assert "TOO_LONG" not in html
    assert DefaultsChange.objects.get().outcome == "refused"
    assert [outcome for outcome, _who in on_record()] == ["intended", "refused"]
    assert AuditEvent.objects.get(outcome="refused").platform_request.startswith("req-")
    sandbox.faults.clear()
    preview = send(maras, html).content.decode()
    assert send(maras, preview, confirm=True).status_code == 303


def test_an_account_that_may_not_write_them_is_told_so(maras: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PATH, method="POST", kind="status", status=403)
    answer = save(maras)
    assert answer.status_code == 422
    said = text(answer.content.decode())
    assert "The platform does not let this account read or change this. Nothing was changed." in said


def test_an_unknown_outcome_that_reading_back_confirms_is_done(maras: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PATH, method="POST", kind="status", status=502, applied=True)
    assert save(maras).status_code == 303
    assert posts(sandbox) == 1
    assert DefaultsChange.objects.get().outcome == "done"
    assert [outcome for outcome, _who in on_record()] == ["intended", "done"]


def test_an_outcome_that_stays_unknown_is_said_and_never_sent_again(
    maras: Client, sandbox: Sandbox, time: Time
) -> None:
    sandbox.faults.add(path=PATH, method="POST", kind="reset", count=1)
    assert save(maras).status_code == 303
    assert "We don't know yet whether the platform took the change of 15 Jun 2026, 12:00" in text(page(maras))
    assert on_record() == [("intended", "mara@portal.example"), ("unknown", "mara@portal.example")]
    time.forward(minutes=3)
    tasks.settle_defaults(DefaultsChange.objects.get().partner_id)
    assert "did not arrive: the platform answers other values." in text(page(maras))
    assert DefaultsChange.objects.get().outcome == "unknown"
    assert posts(sandbox) == 1


@pytest.mark.parametrize("how", ["polling", "a look"])
def test_a_change_that_arrives_late_is_resolved_by_reading_it_back(
    maras: Client, acme: Partner, sandbox: Sandbox, time: Time, package: Stored, how: str
) -> None:
    sandbox.faults.add(path=PATH, method="POST", kind="reset", count=1)
    assert save(maras).status_code == 303
    time.forward(minutes=1)
    packages.post_partner_defaults(caller=caller_for(acme), settings=NEW)
    if how == "polling":
        tasks.settle_defaults(acme.pk)
    else:
        assert "We don't know" not in text(page(maras))
    assert DefaultsChange.objects.get().outcome == "done"
    # The portal found out by itself; the intent says who it was.
    assert on_record() == [("intended", "mara@portal.example"), ("unknown", "mara@portal.example"), ("done", "")]
    first, second, third = AuditEvent.objects.filter(kind="defaults_changed").order_by("position")
    assert (second.of, third.of) == (first, first)
    assert package("pkg_defaults").poll.next_due == time.now
    page(maras)
    tasks.settle_defaults(acme.pk)
    assert len(on_record()) == 3


def test_a_change_in_doubt_is_looked_after_for_an_hour(maras: Client, sandbox: Sandbox, time: Time) -> None:
    sandbox.faults.add(path=PATH, method="POST", kind="reset", count=1)
    save(maras)
    pk = DefaultsChange.objects.get().partner_id
    for minutes, reads in ((0, 0), (1, 1), (58, 1), (2, 0)):
        time.forward(minutes=minutes)
        sandbox.log.clear()
        tasks.settle_defaults(pk)
        assert len(sandbox.log.of(method="GET", path=PATH)) == reads


def test_defaults_that_somebody_changed_elsewhere_since_are_told(maras: Client, acme: Partner) -> None:
    assert save(maras).status_code == 303
    put_elsewhere(acme, 5)
    assert (
        "was taken by the platform, which answers something else now: somebody may have changed it elsewhere since."
        in text(page(maras))
    )


def test_while_the_platform_is_down_the_last_known_is_shown_with_its_age_and_nothing_can_be_sent(
    maras: Client, sandbox: Sandbox
) -> None:
    opened = page(maras)
    sandbox.faults.add(path=PATH, kind="status", status=503)
    answer = maras.get(URL)
    html = answer.content.decode()
    assert answer.status_code == 200
    shown = read(answer)
    assert shown.states() == {"defaults": "ready", "followers": "ready"}
    assert shown.panel("defaults")["data-stale"] == "true"
    said = text(panel(html, "defaults"))
    assert "The window is the 14 days after the e-mail date." in said
    assert "Nothing can be changed now. The platform cannot be reached right now." in said
    assert "As of" in said
    assert 'data-form="defaults"' not in html
    sandbox.log.clear()
    answer = send(maras, opened, confirm=True)
    assert answer.status_code == 503
    html = answer.content.decode()
    assert "The platform cannot be reached right now. Nothing was changed." in text(html)
    assert 'value="21"' in html
    assert posts(sandbox) == 0
    sandbox.faults.clear()
    preview = send(maras, html).content.decode()
    assert send(maras, preview, confirm=True).status_code == 303


def test_defaults_that_were_never_read_are_a_failed_panel(maras: Client, sandbox: Sandbox, clean_redis: object) -> None:
    clean_redis.flushdb()  # type: ignore[attr-defined]
    sandbox.faults.add(path=PATH, kind="status", status=503)
    answer = maras.get(URL)
    assert read(answer).states() == {"defaults": "failed", "followers": "ready"}
    html = answer.content.decode()
    assert "The platform cannot be reached right now." in text(panel(html, "defaults"))
    assert f'href="{URL}"' in panel(html, "defaults")
    assert 'data-form="defaults"' not in html
    # Whether a package deviates cannot be said.
    assert "Deviates" not in text(panel(html, "followers"))
    assert "11 have their own settings" in text(panel(html, "followers"))


def test_an_account_that_may_not_read_them_is_a_state_of_its_own(maras: Client, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=PATH, kind="status", status=403)
    answer = maras.get(URL)
    assert read(answer).states()["defaults"] == "not-permitted"
    assert 'data-form="defaults"' not in answer.content.decode()


def test_no_defaults_are_a_state_of_its_own_and_can_be_set(maras: Client, sandbox: Sandbox, acme: Partner) -> None:
    sandbox.faults.add(path=PATH, method="GET", kind="status", status=404)
    answer = maras.get(URL)
    html = answer.content.decode()
    assert read(answer).states()["defaults"] == "empty"
    assert "No defaults are set: a package without settings of its own has none." in text(panel(html, "defaults"))
    preview = send(maras, html).content.decode()
    assert "model not set → All purchases and window no window → 21 days" in text(preview)
    assert send(maras, preview, confirm=True).status_code == 303
    assert posts(sandbox) == 1


def test_a_model_that_is_not_known_here_is_shown_and_asked_about_before_it_is_replaced(
    maras: Client, sandbox: Sandbox
) -> None:
    odd = {"backhaul_evaluation_model": "LAST  CLICK\n<b>", "backhaul_evaluation_attribution_window": 0}
    sandbox.faults.add(path=PATH, method="GET", kind="wrong_type", body=odd)
    html = page(maras)
    said = text(panel(html, "defaults"))
    assert "which this portal does not know. Saving replaces it." in said
    assert "<b>" not in html
    answer = send(maras, html, model="LAST  CLICK\n<b>")
    assert field_error(answer.content.decode(), "model").startswith("Choose one of the three models")
    preview = send(maras, html)
    assert preview.status_code == 200
    assert send(maras, preview.content.decode(), confirm=True).status_code == 303
    assert posts(sandbox) == 1


def test_without_packages_the_page_still_works(maras: Client) -> None:
    Package.objects.update(status="EXPIRED")
    answer = maras.get(URL)
    assert read(answer).states()["followers"] == "empty"
    assert "No package that the portal has read takes a value" in text(send(maras, page(maras)).content.decode())


def test_packages_that_were_never_read_are_counted_apart(maras: Client, acme: Partner, time: Time) -> None:
    made = Package.objects.create(
        partner=acme, package_id="x", title="<script>", first_seen=time.now, last_seen=time.now
    )
    PollState.objects.create(package=made, partner=acme)
    html = page(maras)
    assert "and 1 was not read yet." in text(panel(html, "followers"))
    assert "<script>&" not in html
    assert "1 package could not be read yet: whether it follows the defaults is not known." in text(
        send(maras, html).content.decode()
    )


def test_many_packages_are_paged_and_never_cost_more_queries(
    maras: Client, acme: Partner, time: Time, django_assert_max_num_queries: Callable[..., object]
) -> None:
    made = Package.objects.bulk_create(
        Package(partner=acme, package_id=f"x{n}", first_seen=time.now, last_seen=time.now) for n in range(120)
    )
    PollState.objects.bulk_create(
        PollState(package=each, partner=acme, last_ok_at=time.now, last_read_at=time.now) for each in made
    )
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        html = page(maras, URL + "?page=2")
    assert len(rows(html, "followers")) == 50
    assert "Page 2 of 3" in text(html)
    preview = send(maras, html).content.decode()
    assert len(rows(preview, "affected")) == 50
    assert "125 packages take a value that changes." in text(preview)
    assert "And 75 more packages." in text(preview)


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
