"""A partner that cannot be read is parked, alone, and comes back by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.backhaul import tasks
from attribution_portal.backhaul.ledger import recording
from attribution_portal.backhaul.models import Package, PartnerPoll, PollState
from attribution_portal.backhaul.polling import engine, listing
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import BadPayload, Unavailable
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.html import hidden, news_url, panel, text
from tests.conftest import Partners

pytestmark = pytest.mark.django_db

ACME = "partner-id-acme"
EVERYTHING = "/package_builder/packages/*"
LIST = "/package_builder/packages/"
MINUTE = timedelta(minutes=1)
Stored = Callable[[str], Package]
PollAll = Callable[[], tuple[recording.Recorded, ...]]


def due_now(time: Time) -> None:
    PollState.objects.filter(next_due__isnull=False).update(next_due=time.now)


def counted(recorded: tuple[recording.Recorded, ...]) -> tuple[int, int]:
    """Packages read and packages that could not be read."""
    return sum(each.taken for each in recorded), sum(each.failures for each in recorded)


def out(sandbox: Sandbox) -> None:
    """The platform is out for Acme, and for nobody else."""
    sandbox.faults.add(path=EVERYTHING, kind="status", status=503, partner=ACME)


def shown(moment: datetime) -> str:
    """As the pages word it, in Berlin."""
    return moment.astimezone(ZoneInfo("Europe/Berlin")).strftime("%-d %b %Y, %H:%M")


def poll_of(partner: Partner) -> PartnerPoll:
    return PartnerPoll.objects.get(partner=partner)


@pytest.fixture
def parked(acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll) -> Partner:
    out(sandbox)
    time.forward(minutes=5)
    due_now(time)
    poll_all()
    return acme


def test_an_outage_parks_its_partner_and_nobody_else(
    acme: Partner, partners: Partners, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    engine.list_packages(partner=partners.sakura)
    poll_all()
    out(sandbox)
    time.forward(minutes=5)
    due_now(time)
    assert counted(poll_all()) == (4, PollState.objects.filter(partner=acme, failures=1).count())
    poll = poll_of(acme)
    assert (poll.failures, poll.failing_since, poll.last_error) == (1, time.now, "Unavailable")
    assert (poll.parked_since, poll.parked_until) == (time.now, time.now + MINUTE)
    due_now(time)
    sandbox.log.clear()
    assert counted(poll_all()) == (4, 0)
    assert {entry.partner for entry in sandbox.log.all()} == {"partner-id-sakura"}
    assert poll_of(partners.sakura).parked_until is None
    assert [partner.partner_id for partner in listing.due(time.now)] == ["fd4711", "partner-id-sakura"]


def test_its_pages_say_why_and_keep_what_is_known(
    parked: Partner, bob: User, client_for: Callable[[User], Client], time: Time
) -> None:
    listed = client_for(bob).get(f"/p/{ACME}/packages/").content.decode()
    assert "The list cannot be read at the moment. The platform cannot be reached right now." in text(listed)
    page = client_for(bob).get(f"/p/{ACME}/packages/pkg_main/").content.decode()
    said = text(panel(page, "evaluation"))
    assert 'data-evaluation="failing"' in page
    assert "The portal has not been able to read this package since 15 Jun 2026, 12:05" in said
    assert "What you see was read before that." in said


@pytest.mark.parametrize("shown", ["form", "effect"])
def test_nothing_is_saved_while_the_platform_is_away_and_the_button_comes_back_by_itself(
    parked: Partner, alice: User, bob: User, client_for: Callable[[User], Client], sandbox: Sandbox, time: Time,
    poll_all: PollAll, shown: str,
) -> None:  # fmt: skip
    client, url = client_for(alice), f"/p/{ACME}/packages/pkg_main/"
    html = client.get(url).content.decode()
    if shown == "effect":
        typed = {"model": "EVENT_SERIES", "window": "9", "email_sent_date": "2026-06-07", "preview": "yes"}
        html = client.post(f"{url}settings/", {**hidden(html, "settings"), **typed}).content.decode()
    label = "Save these settings" if shown == "effect" else "Save settings"

    def save(markup: str) -> str:
        found = re.search(rf'<button([^>]*id="settings-save"[^>]*)>{label}</button>', markup)
        assert found is not None
        return found[1]

    why = "Nothing can be saved at the moment. The platform cannot be reached right now. While this page is open, the "
    why += "portal tries again about once a minute; the button comes back by itself."
    assert why in text(panel(html, "settings"))
    assert save(html).endswith(' disabled aria-describedby="settings-away"')
    assert ('name="confirm" value="yes"' in save(html)) is (shown == "effect")
    # Who has no form misses no button.
    reader = client_for(bob).get(url).content.decode()
    assert why not in text(reader)
    sandbox.faults.clear()
    time.forward(minutes=1)
    tasks.list_partner(parked.pk)
    poll_all()
    asked, sent = news_url(html), hidden(html, "settings")["effect"]
    assert asked is not None
    assert 'hx-include="#settings-effect"' in html
    told = client.get(f"{asked}&effect={sent}", headers={"HX-Request": "true"}).content.decode()
    assert 'id="settings-buttons" hx-swap-oob="true"' in told
    assert why not in text(told)
    assert "disabled" not in save(told)
    assert ('name="confirm" value="yes"' in save(told)) is (shown == "effect")
    theirs = news_url(reader)
    assert theirs is not None
    assert "hx-include" not in reader
    assert 'id="settings-buttons"' not in client_for(bob).get(theirs, headers={"HX-Request": "true"}).content.decode()


def look(client: Client, html: str) -> str:
    """What an open page is told when it asks for news."""
    address = news_url(html)
    assert address is not None
    return client.get(address, headers={"HX-Request": "true"}).content.decode()


def tried(partner: Partner, poll_all: PollAll) -> None:
    """A tick of the beat: the list, and what is due."""
    tasks.list_partner(partner.pk)
    poll_all()


def test_who_looks_has_an_outage_tried_every_minute_however_long_the_parking_is(
    parked: Partner, alice: User, client_for: Callable[[User], Client], sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    for _ in range(7):
        time.forward(seconds=(poll_of(parked).parked_until or time.now).timestamp() - time.now.timestamp())
        tried(parked, poll_all)
    parked_at = time.now
    poll = poll_of(parked)
    assert (poll.parked_at, poll.parked_until) == (parked_at, parked_at + timedelta(hours=1))
    # A first look tells at once when it is tried again: a minute after the last try, not an hour.
    time.forward(seconds=20)
    client = client_for(alice)
    html = client.get(f"/p/{ACME}/packages/pkg_main/").content.decode()
    assert poll_of(parked).parked_until == parked_at + MINUTE
    assert f"It is read again at about {shown(parked_at + MINUTE)}." in text(panel(html, "evaluation"))
    sandbox.log.clear()
    tried(parked, poll_all)
    look(client, html)
    assert sandbox.log.all() == ()
    # Tried, in vain, with the list and one package; parked for an hour again, but for who looks.
    time.forward(seconds=40)
    tried(parked, poll_all)
    assert {entry.path for entry in sandbox.log.of(path=LIST)} == {LIST}
    assert len({entry.path for entry in sandbox.log.all()} - {LIST}) <= 3
    assert poll_of(parked).parked_until == time.now + timedelta(hours=1)
    again = look(client, html)
    assert poll_of(parked).parked_until == time.now + MINUTE
    # The open page keeps all that it shows, and renews when it is read again.
    said = f"It is read again at about {shown(time.now + MINUTE)}."
    assert again.strip() == f'<p class="panel-caption" id="next-reading" hx-swap-oob="innerHTML">{said}</p>'
    assert '<p class="panel-caption" id="next-reading">' in panel(html, "evaluation")
    # Back: the next try finds out, and the open page gets its button.
    sandbox.faults.clear()
    time.forward(minutes=1)
    assert "It is read again at any moment." in look(client, html)
    tried(parked, poll_all)
    assert poll_of(parked).parked_until is None
    told = look(client, html)
    assert 'data-evaluation="failing"' not in told
    assert "disabled" not in told.partition('id="settings-buttons"')[2].partition("</div>")[0]


@pytest.mark.parametrize("error", ["SignInFailed", "NotPermitted"])
def test_what_only_an_operator_can_mend_is_not_tried_more_often_for_who_looks(
    error: str, parked: Partner, alice: User, client_for: Callable[[User], Client], time: Time
) -> None:
    until = time.now + timedelta(minutes=40)
    PartnerPoll.objects.filter(partner=parked).update(last_error=error, parked_until=until)
    PollState.objects.filter(partner=parked, failures__gt=0).update(last_error=error)
    time.forward(minutes=5)
    html = client_for(alice).get(f"/p/{ACME}/packages/pkg_main/").content.decode()
    assert poll_of(parked).parked_until == until
    assert "tries again about once a minute" not in text(html)


def test_a_package_whose_answer_is_odd_can_still_be_saved(
    acme: Partner, alice: User, client_for: Callable[[User], Client], time: Time
) -> None:
    page = client_for(alice)
    for error, disabled in (
        ("BadPayload", False),
        ("NotPermitted", False),
        ("Unavailable", True),
        ("SignInFailed", True),
    ):
        PollState.objects.filter(package__package_id="pkg_main").update(
            failures=1, failing_since=time.now, last_error=error
        )
        html = page.get(f"/p/{ACME}/packages/pkg_main/").content.decode()
        assert 'data-evaluation="failing"' in html
        assert ("data-away" in html) is disabled, error


def test_each_parking_is_longer_up_to_an_hour_and_costs_one_list_and_one_package(
    parked: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll, settings: object
) -> None:
    waits = []
    for _ in range(8):
        until = poll_of(parked).parked_until
        assert until is not None
        waits.append((until - time.now) // MINUTE)
        time.forward(minutes=waits[-1])
        due_now(time)
        assert [len(chunk.packages) for chunk in engine.claim_due(now=time.now)] == [1]
        PollState.objects.update(lease=None, lease_until=None)
        with pytest.raises(Unavailable):
            engine.list_packages(partner=parked)
        assert engine.claim_due(now=time.now) == ()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_list_that_answers_again_ends_it_and_all_that_failed_is_read_at_once(
    parked: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.clear()
    time.forward(minutes=1)
    tasks.list_partner(parked.pk)
    poll = poll_of(parked)
    assert (poll.failures, poll.failing_since, poll.last_error) == (0, None, "")
    assert (poll.parked_since, poll.parked_until, poll.list_due) == (None, None, time.now + MINUTE)
    read, failed = counted(poll_all())
    assert (read, failed) == (PollState.objects.filter(failures=0, last_ok_at=time.now).count(), 0)
    assert read > 10
    assert not PollState.objects.filter(failures__gt=0).exists()


def test_a_package_that_answers_again_ends_it_too_while_the_list_is_still_broken(
    parked: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.clear()
    sandbox.faults.add(path=LIST, kind="status", status=503, partner=ACME)
    time.forward(minutes=1)
    assert counted(poll_all()) == (1, 0)
    poll = poll_of(parked)
    assert (poll.parked_since, poll.parked_until, poll.last_error) == (None, None, "Unavailable")
    assert counted(poll_all()) == (PollState.objects.filter(last_ok_at=time.now).count() - 1, 0)
    assert not PollState.objects.filter(failures__gt=0).exists()


def test_an_outage_that_goes_on_parks_again_from_the_one_package_that_is_tried(
    parked: Partner, time: Time, poll_all: PollAll
) -> None:
    time.forward(minutes=1)
    due_now(time)
    assert counted(poll_all()) == (0, 1)
    poll = poll_of(parked)
    assert (poll.parked_since, poll.parked_until) == (time.now - MINUTE, time.now + 2 * MINUTE)


def test_a_list_that_fails_alone_parks_nobody_and_is_asked_ever_more_seldom(
    acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path=LIST, kind="status", status=503)
    waits = []
    for _ in range(5):
        with pytest.raises(Unavailable):
            engine.list_packages(partner=acme)
        poll = poll_of(acme)
        assert poll.list_due is not None
        assert poll.parked_until is None
        assert acme not in listing.due(time.now)
        waits.append((poll.list_due - time.now) // MINUTE)
        time.forward(minutes=waits[-1])
        assert acme in listing.due(time.now)
    assert waits == [1, 2, 4, 5, 5]
    due_now(time)
    read, failed = counted(poll_all())
    assert (read > 10, failed) == (True, 0)


def test_a_list_that_cannot_be_understood_parks_nobody(acme: Partner, sandbox: Sandbox) -> None:
    sandbox.faults.add(path=LIST, kind="wrong_type", body="nonsense")
    with pytest.raises(BadPayload):
        engine.list_packages(partner=acme)
    assert poll_of(acme).parked_until is None


def test_a_package_that_fails_alone_parks_nobody(
    acme: Partner, package: Stored, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path="/package_builder/packages/pkg_main/backhaul_evaluation", kind="status", status=500)
    time.forward(minutes=5)
    for failures in (1, 2, 3):
        PollState.objects.exclude(package__package_id="pkg_main").update(next_due=None)
        due_now(time)
        assert counted(poll_all()) == (0, 1)
        assert (poll_of(acme).failures, poll_of(acme).parked_until) == (0, None)
        # Nor does the list, which was asked and answered, pull it forward.
        state = package("pkg_main").poll
        assert (state.failures, state.next_due) == (failures, time.now + timedelta(seconds=15 * 2**failures))
        time.forward(minutes=5)


def test_a_spent_budget_is_no_outage(
    acme: Partner, partners: Partners, sandbox: Sandbox, time: Time, poll_all: PollAll, settings: object
) -> None:
    settings.PLATFORM_READS_PER_MINUTE = 1  # type: ignore[attr-defined]
    engine.list_packages(partner=partners.nordlicht)
    settings.PLATFORM_POLLING_SECONDS = 0.2  # type: ignore[attr-defined]
    with pytest.raises(Unavailable):
        engine.list_packages(partner=partners.nordlicht)
    poll = poll_of(partners.nordlicht)
    assert (poll.failures, poll.last_error, poll.parked_until) == (0, "", None)
    assert poll.list_due is not None
    assert poll.list_due > time.now
    due_now(time)
    poll_all()
    assert not PartnerPoll.objects.filter(failures__gt=0).exists()
    assert not PollState.objects.filter(failures__gt=0).exists()


def test_an_ended_package_that_was_given_up_is_not_stirred_by_its_partner(
    parked: Partner, package: Stored, sandbox: Sandbox, time: Time
) -> None:
    PollState.objects.filter(package__package_id="pkg_expired").update(
        next_due=None, failures=13, failing_since=time.now, last_error="BadPayload"
    )
    sandbox.faults.clear()
    time.forward(minutes=1)
    engine.list_packages(partner=parked)
    assert package("pkg_expired").poll.next_due is None
    assert PollState.objects.filter(failures=1, next_due__lte=time.now).count() > 10


def test_an_ended_package_that_can_never_be_read_is_given_up_after_a_day_and_a_half(
    partners: Partners, sandbox: Sandbox, time: Time, poll_all: PollAll
) -> None:
    sandbox.faults.add(path="/package_builder/packages/pkg_expired/backhaul_evaluation", kind="html", status=200)
    start = time.now
    engine.list_packages(partner=partners.acme)
    poll_all()
    tries = 1
    while (next_due := Package.objects.get(package_id="pkg_expired").poll.next_due) is not None:
        time.forward(seconds=(next_due - time.now).total_seconds())
        PollState.objects.exclude(package__package_id="pkg_expired").update(next_due=None)
        poll_all()
        tries += 1
    assert tries == 13
    assert time.now - start == timedelta(seconds=30 * (2**12 - 1))


@pytest.mark.parametrize("how", ["switched off", "disconnected"])
def test_a_partner_that_is_off_is_left_alone_and_goes_on_by_itself_when_it_is_back(
    acme: Partner, sandbox: Sandbox, time: Time, poll_all: PollAll, how: str
) -> None:
    time.forward(minutes=5)
    due_now(time)
    claimed = engine.claim_due(now=time.now)
    if how == "switched off":
        off, on = {"switched_off_at": time.now}, {"switched_off_at": None}
    else:
        off, on = {"connected": False}, {"connected": True}
    Partner.objects.filter(pk=acme.pk).update(**off)
    sandbox.log.clear()
    # A chunk that was claimed before is let go unread, and nothing else is claimed or listed.
    assert [engine.poll_chunk(chunk).taken for chunk in claimed] == [0]
    assert not PollState.objects.exclude(lease=None).exists()
    assert not PollState.objects.filter(failures__gt=0).exists()
    assert engine.claim_due(now=time.now) == ()
    assert acme not in listing.due(time.now)
    tasks.list_partner(acme.pk)
    assert sandbox.log.all() == ()
    assert (poll_of(acme).failures, poll_of(acme).parked_until) == (0, None)
    Partner.objects.filter(pk=acme.pk).update(**on)
    read, failed = counted(poll_all())
    assert (read > 10, failed) == (True, 0)


def test_a_chunk_of_a_partner_that_was_parked_meanwhile_is_let_go_unread(
    acme: Partner, sandbox: Sandbox, time: Time
) -> None:
    time.forward(minutes=5)
    due_now(time)
    (claimed,) = engine.claim_due(now=time.now)
    PartnerPoll.objects.filter(partner=acme).update(
        failures=1,
        failing_since=time.now,
        last_error="SignInFailed",
        parked_since=time.now,
        parked_until=time.now + MINUTE,
    )
    sandbox.log.clear()
    assert engine.poll_chunk(claimed).taken == 0
    assert sandbox.log.all() == ()
    assert not PollState.objects.exclude(lease=None).exists()


def test_poll_once_says_why_a_partner_is_left_alone(parked: Partner, partners: Partners, time: Time) -> None:
    Partner.objects.filter(pk=partners.sakura.pk).update(switched_off_at=time.now)
    Partner.objects.filter(pk=partners.nordlicht.pk).update(connected=False)
    out = StringIO()
    call_command("poll_once", stdout=out)
    assert out.getvalue().splitlines() == [
        "Acme Concerts (demo) (partner-id-acme): waits after failures.",
        "Nordlicht Kultur (demo) (fd4711): is not connected.",
        "Sakura Live (demo) (partner-id-sakura): is switched off.",
    ]
