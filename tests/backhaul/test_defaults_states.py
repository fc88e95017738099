"""Package defaults that are refused, in doubt, out of reach or odd: each has its words, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import tasks
from attribution_portal.backhaul.ledger import intents
from attribution_portal.backhaul.models import DefaultsChange, Package, PollState
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.conftest import Time
from tests.backhaul.defaults_form import (
    IN_FORCE,
    NEW,
    PATH,
    URL,
    on_record,
    page,
    posts,
    put_elsewhere,
    save,
    send,
)
from tests.backhaul.html import field_error, panel, rows, text
from tests.pages import read

pytestmark = pytest.mark.django_db

Stored = Callable[[str], Package]


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
    assert DefaultsChange.objects.get().outcome == "not_taken"
    assert on_record()[2:] == [("refused", "")]
    assert posts(sandbox) == 1
    time.forward(days=8)
    assert "did not arrive" not in text(page(maras))


def test_a_change_whose_process_died_is_concluded_by_whoever_looks_next(
    maras: Client, acme: Partner, mara: User, time: Time
) -> None:
    # Stored and on record, and then the process was gone.
    change = DefaultsChange(partner=acme, user=mara, made_at=time.now, outcome="unknown")
    change.settings, change.before = NEW, IN_FORCE
    change.save()
    intents.put_on_record(change, actor=Actor(mara, mara.email))
    assert on_record() == [("intended", "mara@portal.example")]
    page(maras)
    assert len(on_record()) == 1
    time.forward(minutes=3)
    assert "did not arrive: the platform answers other values." in text(page(maras))
    assert on_record()[1:] == [("refused", "")]
    assert "No outcome on record yet" not in text(page(maras, f"/p/{acme.partner_id}/activity/"))


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
    assert shown.panel("defaults")["data-stale"] == shown.panel("defaults")["data-failing"] == "true"
    assert "The last answer we have." in shown.panel("defaults").text
    assert "Being read again" not in html
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


def test_defaults_that_were_never_read_are_a_failed_panel(
    maras: Client, sandbox: Sandbox, clean_redis: redis.Redis
) -> None:
    clean_redis.flushdb()
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
    assert "which this portal does not know. Saving replaces it for everyone." in said
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
