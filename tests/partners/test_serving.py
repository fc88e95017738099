"""Which account reads a partner: staying, going over, leaving and coming back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import redis
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from attribution_portal.accounts.models import User
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import outages
from attribution_portal.backhaul.models import PartnerPoll
from attribution_portal.celery import app
from attribution_portal.partners import connect, tasks
from attribution_portal.partners.connection import account_of, caller_for
from attribution_portal.partners.findings import Findings
from attribution_portal.partners.models import Grant, Partner, ServiceAccount
from attribution_portal.partners.serving import Served, account_for
from attribution_portal.platform_api import events, tokens
from attribution_portal.platform_api.errors import NotPermitted, SignInFailed
from attribution_portal.sandbox import auth
from attribution_portal.sandbox.app import Sandbox
from tests.conftest import Partners
from tests.pages import read

pytestmark = pytest.mark.django_db

ClientFor = Callable[..., Client]
PORTAL, ACME = "portal@sandbox.example", "acme@sandbox.example"
HOME = "/p/partner-id-acme/events/"


def stored(username: str) -> ServiceAccount:
    account = ServiceAccount.objects.filter(username=username).first() or ServiceAccount(username=username)
    account.set_password(auth.PASSWORD)
    account.save()
    return account


def check(username: str) -> Findings:
    return connect.check(ServiceAccount.objects.get(username=username), actor=Actor.portal(), seconds=30)


def acme() -> Partner:
    return Partner.objects.select_related("service_account").get(partner_id="partner-id-acme")


def reads_acme() -> str | None:
    account = acme().service_account
    return account.username if account else None


@contextmanager
def changed(monkeypatch: pytest.MonkeyPatch, username: str, **changes: object) -> Iterator[None]:
    """The platform's own account, as its operators changed it."""
    with monkeypatch.context() as patch:
        patch.setitem(auth.ACCOUNTS, username, replace(auth.ACCOUNTS[username], **changes))
        yield


def without_acme(monkeypatch: pytest.MonkeyPatch, username: str = PORTAL) -> object:
    groups = tuple(group for group in auth.ACCOUNTS[username].groups if group != "partner-id-acme")
    return changed(monkeypatch, username, groups=groups)


def account(pk: int, *, signs_in: bool | None = True, known: bool = True) -> ServiceAccount:
    return ServiceAccount(pk=pk, username=str(pk), signs_in=signs_in, signed_in_at=timezone.now() if known else None)


ONE, TWO, THREE = account(1), account(2), account(3)
REFUSED, UNKNOWN = account(1, signs_in=False), account(1, signs_in=None, known=False)


@pytest.mark.parametrize(
    ("present", "connected", "named_by", "expected"),
    [
        (ONE, True, [ONE, TWO], ONE),
        (TWO, True, [ONE, TWO], TWO),
        (THREE, True, [ONE, TWO], ONE),
        (REFUSED, True, [REFUSED, TWO], TWO),
        (REFUSED, True, [REFUSED], REFUSED),
        (TWO, True, [REFUSED, TWO], TWO),
        (ONE, True, [], None),
        (ONE, False, [], None),
        (ONE, False, [ONE], ONE),
        (None, False, [TWO, THREE], TWO),
        (None, False, [], None),
        (UNKNOWN, True, [], UNKNOWN),
        (UNKNOWN, True, [TWO], UNKNOWN),
        (UNKNOWN, False, [], None),
        (UNKNOWN, False, [TWO], TWO),
    ],
)
def test_the_rule(
    present: ServiceAccount | None, connected: bool, named_by: list[ServiceAccount], expected: ServiceAccount | None
) -> None:
    assert account_for(Served(account=present, connected=connected, named_by=named_by)) == expected


def test_a_second_account_takes_nothing_from_the_first(sandbox: Sandbox) -> None:
    stored(PORTAL)
    check(PORTAL)
    stored(ACME)
    check(ACME)
    assert reads_acme() == PORTAL
    assert set(Grant.objects.filter(partner=acme()).values_list("service_account__username", flat=True)) == {
        PORTAL,
        ACME,
    }


def test_a_partner_goes_over_when_its_account_loses_it_and_stays_there(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for username in (PORTAL, ACME):
        stored(username)
        check(username)
    with without_acme(monkeypatch):
        check(PORTAL)
        assert (reads_acme(), acme().connected) == (ACME, True)
    check(PORTAL)
    assert reads_acme() == ACME
    (event,) = AuditEvent.objects.filter(kind="partner_moved")
    assert (event.target, event.before, event.after) == (
        "partner-id-acme",
        {"service_account": PORTAL},
        {"service_account": ACME},
    )
    assert Partner.objects.get(partner_id="fd4711").service_account == ServiceAccount.objects.get(username=PORTAL)


def test_a_partner_goes_over_when_the_platform_refuses_its_account(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for username in (PORTAL, ACME):
        stored(username)
        check(username)
    with changed(monkeypatch, PORTAL, disabled=True):
        check(PORTAL)
    assert reads_acme() == ACME
    others = Partner.objects.exclude(partner_id="partner-id-acme")
    assert set(others.values_list("service_account__username", "connected")) == {(PORTAL, True)}


def test_an_outage_moves_nobody(sandbox: Sandbox) -> None:
    for username in (PORTAL, ACME):
        stored(username)
        check(username)
    sandbox.faults.add("/auth", "status", status=503)
    findings = check(PORTAL)
    assert findings.problem is not None
    assert findings.problem.kind == "Unavailable"
    assert len(findings.partners) == 3
    assert reads_acme() == PORTAL
    assert ServiceAccount.objects.get(username=PORTAL).signs_in is True


def test_after_the_move_each_partner_is_read_with_its_own_account(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    partners: Partners,
    alice: User,
    charlie: User,
    client_for: ClientFor,
) -> None:
    stored(ACME)
    check(ACME)
    with without_acme(monkeypatch):
        check(PORTAL)
        sandbox.log.clear()
        assert client_for(alice).get(HOME).status_code == 200
        assert client_for(charlie).get(HOME.replace("acme", "sakura")).status_code == 200
    by_partner = {(entry.partner, entry.account) for entry in sandbox.log if entry.partner}
    assert by_partner == {("partner-id-acme", ACME), ("partner-id-sakura", PORTAL)}


@pytest.fixture
def disconnected(sandbox: Sandbox, partners: Partners, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Acme was looked at, and has then left the token."""
    events.get(caller=caller_for(acme()), eid="evt_closed")
    check(PORTAL)
    with without_acme(monkeypatch):
        check(PORTAL)
        sandbox.log.clear()
        yield


def test_a_partner_that_left_every_token_is_disconnected_and_on_record(disconnected: None) -> None:
    partner = acme()
    assert (partner.connected, partner.disconnected_at is not None) == (False, True)
    (event,) = AuditEvent.objects.filter(kind="partner_disconnected")
    assert (event.partner, event.email, event.title) == (partner, "", "Acme Concerts (demo)")


def test_its_pages_say_so_and_the_platform_is_not_asked(
    sandbox: Sandbox, disconnected: None, alice: User, client_for: ClientFor
) -> None:
    answer = client_for(alice).get("/p/partner-id-acme/events/evt_closed/")
    assert answer.status_code == 200
    page = read(answer)
    assert "The numbers are the last that the portal knew" in page.root.one("main").text
    assert page.root.one("main").one("strong").text.startswith("Disconnected since ")
    shown = answer.content.decode()
    assert "Up to date" not in shown
    assert "Being read again" not in shown
    assert sandbox.log.all() == ()


def test_what_was_last_read_is_still_shown(sandbox: Sandbox, disconnected: None) -> None:
    reading = events.get(caller=caller_for(acme()), eid="evt_closed")
    assert reading.value.id == "evt_closed"
    with pytest.raises(SignInFailed, match="not asked"):
        events.get(caller=caller_for(acme()).rereading(), eid="evt_closed")
    assert sandbox.log.all() == ()


def test_a_refusal_before_anybody_noticed_does_not_take_the_last_answer_away(
    sandbox: Sandbox, partners: Partners, monkeypatch: pytest.MonkeyPatch, clean_redis: redis.Redis
) -> None:
    events.get(caller=caller_for(acme()), eid="evt_closed")
    with without_acme(monkeypatch):
        sandbox.revoke_tokens()
        for _twice in range(2):
            with pytest.raises(NotPermitted):
                events.get(caller=caller_for(acme()).rereading(), eid="evt_closed")
        check(PORTAL)
    expire_refusals(clean_redis)
    reading = events.get(caller=caller_for(acme()), eid="evt_closed")
    assert (reading.value.id, reading.stale) == ("evt_closed", True)


def expire_refusals(client: redis.Redis) -> None:
    """As the minute does, for which Redis remembers that something was refused."""
    for key in client.scan_iter("portal:partner-id-acme:GET*"):
        if 0 < client.ttl(key) <= 60:
            client.delete(key)


def test_polling_rests_and_goes_on_at_once_when_the_partner_is_back(
    sandbox: Sandbox, disconnected: None, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    partner = acme()
    outages.list_failed(partner=partner, error=NotPermitted(endpoint="GET /x"), now=timezone.now())
    assert PartnerPoll.objects.get(partner=partner).parked_until > timezone.now()
    call_command("poll_once", verbosity=0)
    assert sandbox.log.of(partner="partner-id-acme") == ()
    auth.ACCOUNTS[PORTAL] = replace(auth.ACCOUNTS[PORTAL], groups=(*auth.ACCOUNTS[PORTAL].groups, "partner-id-acme"))
    with django_capture_on_commit_callbacks(execute=True):
        check(PORTAL)
    partner.refresh_from_db()
    assert (partner.connected, partner.disconnected_at) == (True, None)
    assert PartnerPoll.objects.get(partner=partner).parked_until <= timezone.now()
    assert AuditEvent.objects.filter(kind="partner_connected", partner=partner).count() == 1


def test_an_account_that_cannot_be_opened_keeps_its_partners(
    sandbox: Sandbox, partners: Partners, settings: Settings
) -> None:
    ServiceAccount.objects.update(sealed_password="nothing opens this")
    findings = check(PORTAL)
    assert findings.problem is not None
    assert findings.problem.kind == "SignInFailed"
    assert set(Partner.objects.values_list("connected", flat=True)) == {True}
    assert sandbox.log.all() == ()


def test_partners_that_the_time_does_not_suffice_for_come_first_next_time(
    sandbox: Sandbox, partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "AT_ONCE", 1)
    found = connect.check(ServiceAccount.objects.get(), actor=Actor.portal(), seconds=0)
    assert [each.asked_at for each in found.partners] == [None, None, None]
    assert set(Partner.objects.values_list("connected", flat=True)) == {True}
    assert Grant.objects.count() == 3
    sandbox.log.clear()
    found = check(PORTAL)
    assert all(each.asked_at for each in found.partners)
    asked = [entry.partner for entry in sandbox.log.of(path="/partners/")]
    assert asked == ["partner-id-acme", "partner-id-sakura", "fd4711"]


def test_the_hourly_check_looks_at_every_account(sandbox: Sandbox, partners: Partners) -> None:
    stored(ACME)
    for pk in ServiceAccount.objects.values_list("pk", flat=True):
        tasks.check_account(pk)
    tasks.check_account(0)
    assert set(ServiceAccount.objects.values_list("signs_in", flat=True)) == {True}


def test_a_suspicion_is_followed_once_in_a_while(
    sandbox: Sandbox, partners: Partners, clean_redis: redis.Redis
) -> None:
    for _thrice in range(3):
        tasks.suspect(partners.acme)
    assert clean_redis.llen("portal") == 1
    Partner.objects.filter(pk=partners.nordlicht.pk).update(connected=False)
    clean_redis.flushdb()
    tasks.suspect(Partner.objects.get(pk=partners.nordlicht.pk))
    assert clean_redis.llen("portal") == 0


def test_a_removed_account_leaves_no_token_behind(sandbox: Sandbox, clean_redis: redis.Redis) -> None:
    account = stored(PORTAL)
    check(PORTAL)
    assert len(list(clean_redis.scan_iter("portal-token:*"))) == 1
    tokens.forget(account_of(account))
    assert list(clean_redis.scan_iter("portal-token:*")) == []


def test_a_closed_partner_gets_no_caller_that_could_ask(partners: Partners) -> None:
    partners.acme.switched_off_at = timezone.now()
    assert str(caller_for(partners.acme).account.closed).startswith("An operator has switched this partner off.")
    partners.sakura.connected = False
    assert caller_for(partners.sakura, lane="polling").account.closed


def switched_off(answer: HttpResponse) -> bool:
    return answer.status_code == 403 and b"is switched off" in answer.content


def test_a_switched_off_partner_tells_its_members_and_asks_nobody(
    sandbox: Sandbox, partners: Partners, alice: User, charlie: User, client_for: ClientFor
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(switched_off_at=timezone.now())
    client = client_for(alice)
    assert switched_off(client.get(HOME))
    assert read(client.get("/")).root.one("a", class_="card-link").text.endswith("Editor · EUR · switched off")
    assert switched_off(client.post("/p/partner-id-acme/packages/pkg_main/settings/", {}))
    assert client_for(charlie).get(HOME).status_code == 404
    assert client_for(charlie).get(HOME.replace("acme", "sakura")).status_code == 200
    assert sandbox.log.of(partner="partner-id-acme") == ()


def test_an_open_page_of_a_partner_that_is_switched_off_loads_anew(
    sandbox: Sandbox, partners: Partners, alice: User, client_for: ClientFor
) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(switched_off_at=timezone.now())
    answer = client_for(alice).get("/p/partner-id-acme/packages/pkg_main/?seen=x", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"], answer.content) == (403, "true", b"")


def test_polling_passes_over_a_switched_off_partner(sandbox: Sandbox, partners: Partners) -> None:
    Partner.objects.filter(pk=partners.acme.pk).update(switched_off_at=timezone.now())
    call_command("poll_once", verbosity=0)
    assert sandbox.log.of(partner="partner-id-acme") == ()
    assert sandbox.log.of(partner="partner-id-sakura") != ()


def test_the_accounts_are_checked_every_hour_and_a_late_check_is_dropped() -> None:
    entry = app.conf.beat_schedule["check-accounts"]
    assert (entry["task"], entry["schedule"]) == ("partners.check_accounts", 3600)
    assert entry["options"]["expires"] < entry["schedule"]
    assert {"partners.check_accounts", "partners.check_account"} <= set(app.tasks)
