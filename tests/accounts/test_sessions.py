"""Where a person is signed in, and what a browser gets whose session has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from attribution_portal.accounts import tasks
from attribution_portal.accounts.models import User
from attribution_portal.accounts.sessions import browser_in_words
from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Kind
from tests.accounts.conftest import PASSWORD, is_signed_in, sign_in
from tests.pages import read

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:126.0) Gecko/20100101 Firefox/126.0"


@pytest.fixture
def phone(ada: User) -> Client:
    return sign_in(ada, client=Client(HTTP_USER_AGENT=PHONE, REMOTE_ADDR="198.51.100.7"))


@pytest.fixture
def desk(ada: User) -> Client:
    return sign_in(ada, client=Client(HTTP_USER_AGENT=DESK, REMOTE_ADDR="192.0.2.4"))


def shown(client: Client) -> list[list[str]]:
    rows = read(client.get("/account/sessions/")).table("sessions").one("tbody").all("tr")
    return [[cell.text for cell in (row.one("th"), *row.all("td"))] for row in rows]


def test_sessions_are_listed_by_browser_and_address_with_this_one_first(phone: Client, desk: Client) -> None:
    first, second = shown(phone)
    assert (first[0], first[1], first[4]) == ("Safari on iPhone", "198.51.100.7", "This one")
    assert (second[0], second[1], second[4]) == ("Firefox on Windows", "192.0.2.4", "End")


def test_one_session_is_ended_from_another(ada: User, phone: Client, desk: Client) -> None:
    other = UserSession.objects.get(ip="198.51.100.7").pk
    answer = desk.post("/account/sessions/", {"session": other}, follow=True)
    assert "1 session has ended." in answer.content.decode()
    assert phone.get("/account/")["Location"] == "/account/login/?next=/account/"
    assert desk.get("/account/").status_code == 200
    event = AuditEvent.objects.get(kind=Kind.SESSION_ENDED)
    assert event.before == {"address": "198.51.100.7", "browser": "Safari on iPhone"}


def test_all_others_are_ended_at_once(ada: User, phone: Client, desk: Client) -> None:
    third = sign_in(ada)
    desk.post("/account/sessions/", {"session": "others"})
    assert [is_signed_in(client) for client in (phone, third, desk)] == [False, False, True]


@pytest.mark.parametrize("wanted", ["999999", "", "-1", "1; drop", "²", "9" * 30, "9" * 5000, "\x00"])
def test_a_session_that_is_not_there_is_a_sentence(phone: Client, desk: Client, wanted: str) -> None:
    answer = desk.post("/account/sessions/", {"session": wanted}, follow=True)
    assert "There was no such session any more." in answer.content.decode()
    assert is_signed_in(phone)


def test_nobody_ends_somebody_elses_session_or_this_one(phone: Client, desk: Client) -> None:
    grace = sign_in(User.objects.create_user("grace@example.org", PASSWORD))
    hers = UserSession.objects.get(user__email="grace@example.org").pk
    own = UserSession.objects.get(ip="192.0.2.4").pk
    for wanted in (hers, own):
        desk.post("/account/sessions/", {"session": wanted})
    assert is_signed_in(grace)
    assert is_signed_in(desk)
    assert not AuditEvent.objects.filter(kind=Kind.SESSION_ENDED).exists()


def test_when_and_from_where_a_session_was_last_used_is_kept_up_to_date(desk: Client) -> None:
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=3))
    desk.get("/account/", REMOTE_ADDR="192.0.2.99")
    session = UserSession.objects.get()
    assert timezone.now() - session.last_seen_at < timedelta(minutes=1)
    assert session.ip == "192.0.2.99"


def test_a_panel_of_an_open_tab_leads_the_whole_page_to_sign_in_and_back(desk: Client) -> None:
    desk.post("/account/logout/")
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/p/partner-id-acme/events/evt_closed/?by=week"}
    answer = desk.get("/p/partner-id-acme/packages/pkg_main/", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["HX-Redirect"] == ("/account/login/?next=%2Fp%2Fpartner-id-acme%2Fevents%2Fevt_closed%2F%3Fby%3Dweek")


@pytest.mark.parametrize("page", ["https://evil.example/p/", "//evil.example", "", "javascript:alert(1)"])
def test_a_foreign_page_is_not_led_back_to(db: None, page: str) -> None:
    answer = Client().get("/p/partner-id-acme/", headers={"HX-Request": "true", "HX-Current-URL": page})
    assert answer["HX-Redirect"] == "/account/login/?next=%2F"


def test_a_form_sent_after_the_session_ended_leads_back_to_the_page_it_stood_on(db: None) -> None:
    page = "http://testserver/p/partner-id-acme/packages/pkg_main/"
    client = Client()
    answer = client.post("/p/partner-id-acme/packages/pkg_main/settings/", {}, headers={"Referer": page})
    assert answer["Location"] == "/account/login/?next=%2Fp%2Fpartner-id-acme%2Fpackages%2Fpkg_main%2F"
    told = "You were signed out meanwhile, so nothing was sent. Sign in and enter it once more."
    assert told in client.get(answer["Location"]).content.decode()
    assert told not in client.get(answer["Location"]).content.decode()


def test_whoever_only_reads_is_not_told_of_a_form(db: None) -> None:
    client = Client()
    answer = client.get("/p/partner-id-acme/packages/pkg_main/")
    assert "nothing was sent" not in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (PHONE, "Safari on iPhone"),
        (DESK, "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0 Safari/537.36", "Chrome on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
        ("<script>" * 40, ("<script>" * 40)[:60]),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words


def test_sessions_whose_time_is_over_are_cleared_away(ada: User, phone: Client, desk: Client) -> None:
    assert phone.session.session_key
    Session.objects.filter(pk=phone.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.clear_sessions()
    assert [each.ip for each in UserSession.objects.all()] == ["192.0.2.4"]
    assert [each.pk for each in Session.objects.all()] == [desk.session.session_key]
    assert (is_signed_in(phone), is_signed_in(desk)) == (False, True)
