"""Requests that no browser of a well-meaning person sends: a clear status in words, no 500, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.addresses import PARTNER, PartnerAddress, whole
from tests.pages import read

ClientFor = Callable[[User], Client]
PAGES = [address for address in PARTNER if address.get == 200]
SETTINGS = "/p/partner-id-acme/packages/pkg_main/settings/"
SIGN_IN = "/account/login/"
FILES = ("csv", "xlsx")
PASSWORD = "a-long-enough-passphrase"
KILO = 1024


def rows() -> dict[str, int]:
    """How many rows each table of ours has."""
    models: list[type[Model]] = [model for model in apps.get_models() if model._meta.managed]
    return {model._meta.label: model._default_manager.count() for model in models}


@pytest.fixture
def mara_in(sandbox: Sandbox, mara: User, client_for: ClientFor) -> Client:
    """An account manager, who may do everything with Acme."""
    return client_for(mara)


# Hosts


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil.example:80@localhost", "localhost\x00", "[::1", "", "a" * 300],
)
def test_a_foreign_host_is_refused_before_anything_is_looked_at(db: None, host: str) -> None:
    answer = Client().get(SIGN_IN, headers={"host": host})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "could not understand this request" in page
    assert "evil" not in page


def test_a_forwarded_host_is_not_believed(db: None) -> None:
    answer = Client().get("/", headers={"x-forwarded-host": "evil.example", "host": "localhost"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/?next=/")


# Methods


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "CONNECT", "PROPFIND", "BREW"])
@pytest.mark.parametrize("address", PARTNER, ids=lambda address: address.name)
def test_no_page_knows_another_method(sandbox: Sandbox, mara_in: Client, address: PartnerAddress, method: str) -> None:
    before = rows()
    answer = mara_in.generic(method, address.path)
    assert answer.status_code == 405
    assert rows() == before
    assert sandbox.log.all() == ()


# Null bytes, strange bytes, long and many


@pytest.mark.parametrize(
    "query",
    [
        "period=%00&from=%00&to=%00&by=%00&metric=%00&layers=%00&q=%00&page=%00&sort=%00&status=%00&city=%00",
        "kind=%00&actor=%00&person=%00&outcome=%00&since=%00&until=%00&panel=%00&seen=%00&next=%00",
        "q=%ff%fe&page=%ff&city=%ff&period=%ff&kind=%ff&person=%ff",
        "q=%ED%A0%80&city=%ED%A0%80&person=%ED%A0%80",
        "page=-1&from=0000-00-00&to=9999-99-99&since=0000-00-00&until=99999-01-01",
        "page=99999999999999999999999999&period=custom&from=0001-01-01&to=9999-12-31",
        "page=1e5&page=%D9%A1&from=%D9%A2%D9%A0%D9%A2%D9%A6-01-01&since=%D9%A2%D9%A0%D9%A2%D9%A6-01-01",
        "q=" + "%F0%9F%8E%AD" * 700,
        "&".join(f"x{number}=1" for number in range(2000)),
        "city=" + "&city=".join(map(str, range(500))),
        "%00=1&[]=2&q[]=3&q[a]=4&=5&&&",
        "q=%25s%25(x)s%7B0%7D%7B%7B7%7D%7D&q=..%2f..%2f&q=%27%20OR%201%3D1--",
    ],
    ids=range(12),
)
@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
def test_a_strange_query_gets_a_page_or_words(mara_in: Client, address: PartnerAddress, query: str) -> None:
    answer = whole(mara_in.get(f"{address.path}{'&' if '?' in address.path else '?'}{query}"))
    assert answer.status_code in {200, 302, 400, 404, 422}
    if answer.status_code == 302:
        # A file of what cannot be used would be one of something else: it leads to the page that says why.
        assert address.name.endswith(FILES)
        assert answer.headers["Location"].startswith("/p/partner-id-acme/")
        assert mara_in.get(answer.headers["Location"]).status_code == 200


def test_a_query_with_more_fields_than_anybody_needs_is_refused_in_words(mara_in: Client) -> None:
    query = "&".join(f"x{number}=1" for number in range(2000))
    answer = mara_in.get(f"/p/partner-id-acme/events/evt_closed/?{query}")
    assert answer.status_code == 400
    assert "could not understand this request" in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/p/%00/",
        "/p/partner-id-acme%00/",
        "/p/partner-id-acme/events/%00/",
        "/p/partner-id-acme/%2e%2e/partner-id-sakura/",
        "/p/partner-id-acme%2f..%2fpartner-id-sakura/",
        "/p/..%2fpartner-id-acme/",
        "/p/PARTNER-ID-ACME/",
        "/p/partner-id-acme%20/",
        "/p/partner-id-%61cme%0a/",
        "/p/partner%2did%2dacme%3Fx/",
        "/p/partner‐id‐acme/",
        "/p/ｐartner-id-acme/",
        "/p/partner-id-acme/events/" + "e" * 5000 + "/",
        "/p/partner-id-acme/packages/" + "%F0%9F%8E%AD" * 900 + "/",
        "/account/password/reset/key/%00-%00/",
        "/account/password/reset/key/zzzzzzzzzzzzzzzzzzzz-set-password/",
        "/account/confirm-email/%00/",
        "/static/..%2f..%2fattribution_portal/settings.py",
        "/static/%00",
    ],
)
def test_a_strange_path_is_a_page_that_does_not_exist(
    sandbox: Sandbox, alice: User, client_for: ClientFor, path: str
) -> None:
    answer = client_for(alice).get(path)
    assert answer.status_code == (200 if "reset/key" in path and "%00" not in path else 404)
    assert "Sakura" not in answer.content.decode()
    assert {entry.partner for entry in sandbox.log.all()} <= {None, "partner-id-acme"}


@pytest.mark.parametrize(
    "value", ["\x00", "a\x00b", "\ud800".encode("utf-8", "surrogatepass"), b"\xff\xfe", "x" * 9 * KILO]
)
def test_a_form_with_strange_bytes_is_refused_at_its_fields(
    mara_in: Client, sandbox: Sandbox, value: str | bytes
) -> None:
    mara_in.get("/p/partner-id-acme/packages/pkg_main/")
    sandbox.log.clear()
    before = rows()
    fields = ("model", "window", "email_sent_date", "reason", "token", "next")
    answer = mara_in.post(SETTINGS, dict.fromkeys(fields, value))
    assert answer.status_code == 422
    assert rows() == before
    assert sandbox.log.of(method="PUT") == ()


@pytest.mark.parametrize(
    "value", ["\x00", "ada\x00@example.org", b"\xff\xfe", "x" * 9 * KILO, "ada@example.org\r\nBcc: e@v.il"]
)
@pytest.mark.parametrize("path", [SIGN_IN, "/account/password/reset/"])
def test_signing_in_with_strange_bytes_is_refused_in_words(
    db: None, clean_redis: object, mailoutbox: list[object], path: str, value: str | bytes
) -> None:
    answer = Client().post(path, {"login": value, "email": value, "password": value, "next": value})
    assert answer.status_code == 200
    assert read(answer).root.all("form")
    assert not [mail for mail in mailoutbox if "Unknown" not in str(mail)]


# Bodies


def test_a_body_beyond_the_limit_is_refused_unread_and_in_words(mara_in: Client, sandbox: Sandbox) -> None:
    before = rows()
    answer = mara_in.post(SETTINGS, {"reason": "x" * 300 * KILO}, headers={"accept-language": "de"})
    assert answer.status_code == 413
    assert '<html lang="de">' in answer.content.decode()
    assert read(answer).root.all("h1")
    assert rows() == before
    assert sandbox.log.all() == ()


class Endless(BytesIO):
    """A body that fails the test when somebody reads it."""

    def read(self, *_sizes: object) -> bytes:
        raise AssertionError("read")


@pytest.mark.parametrize("path", [SIGN_IN, SETTINGS, "/", "/account/password/reset/"])
def test_nobody_fills_the_disk_with_a_file(db: None, path: str) -> None:
    answer = Client().generic(
        "POST",
        path,
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(10**12),
        **{"wsgi.input": Endless()},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "0x10", "1e9", "²", "9" * 5000])
def test_a_length_that_is_no_number_is_no_length(db: None, length: str) -> None:
    answer = Client().generic("POST", SIGN_IN, content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=length)
    assert answer.status_code in {200, 400, 413}


def test_a_small_file_in_place_of_a_text_is_no_text(mara_in: Client) -> None:
    mara_in.get("/p/partner-id-acme/packages/pkg_main/")
    answer = mara_in.post(SETTINGS, {"model": SimpleUploadedFile("model", b"ALL_PURCHASES")})
    assert answer.status_code == 422


@pytest.mark.parametrize("count", [101, 1500])
def test_a_form_with_too_many_fields_is_refused_in_words(mara_in: Client, count: int) -> None:
    mara_in.get("/p/partner-id-acme/packages/pkg_main/")
    before = rows()
    answer = mara_in.post(SETTINGS, {f"x{number}": "1" for number in range(count)})
    assert answer.status_code == 400
    assert "could not understand this request" in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"login": "ada@example.org", "password": "x"}'),
        ("application/json; charset=utf-7", b"{"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"login=a"),
        ("application/x-www-form-urlencoded; charset=no-such-thing", b"login=a"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=" + "x" * 500, b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\x00\r\n\r\n\xff\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
        ("text/xml", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"),
        ("\x00", b"\x00"),
        ("", b"login=a"),
    ],
    ids=range(11),
)
def test_a_body_of_another_kind_is_an_empty_form_or_refused(mara_in: Client, content_type: str, body: bytes) -> None:
    mara_in.get("/p/partner-id-acme/packages/pkg_main/")
    before = rows()
    assert mara_in.generic("POST", SETTINGS, body, content_type).status_code in {400, 422}
    assert Client().generic("POST", SIGN_IN, body, content_type).status_code in {200, 400}
    assert rows() == before


# Cookies


@pytest.mark.parametrize("name", ["portal-session", "portal-csrf", "portal-language", "messages", "x" * 300])
@pytest.mark.parametrize("value", ["", "\x00", "../../etc/passwd", "ÿ" * 100, "x" * 5000, "en_US\r\nX: y", "zz", "'--"])
def test_bad_cookies_are_no_cookies(db: None, name: str, value: str) -> None:
    answer = Client().get(SIGN_IN, HTTP_COOKIE=f"{name}={value}")
    assert answer.status_code == 200
    assert Client().get("/p/partner-id-acme/", HTTP_COOKIE=f"{name}={value}").status_code == 302


# Forms from elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-csrftoken": "x"},
        {"x-csrftoken": "a" * 64},
        {"x-csrftoken": "\x00"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
    ids=range(6),
)
@pytest.mark.parametrize(
    "path", [SETTINGS, SIGN_IN, "/account/logout/", "/account/setlang/", "/account/password/change/"]
)
def test_a_form_from_elsewhere_is_refused_in_words_and_changes_nothing(
    sandbox: Sandbox, mara: User, path: str, headers: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mara)
    before = rows()
    answer = client.post(path, {"language": "de"}, headers=headers)
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.content.decode()
    assert rows() == before
    assert sandbox.log.all() == ()
    assert "_auth_user_id" in client.session
    assert "portal-language" not in client.cookies


def test_signing_out_takes_a_form(db: None, alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    assert client.get("/account/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/account/logout/")
    assert "_auth_user_id" not in client.session


# People's addresses


@pytest.mark.parametrize(
    "twin",
    [
        "аda@example.org",  # a Cyrillic a
        "ada@exаmple.org",
        "ada@example.org\N{ZERO WIDTH SPACE}",
        "ａｄａ@example.org",
        "ada\N{COMBINING ACUTE ACCENT}@example.org",
        "ada@example。org",
        "ada@example.org.",
        "adа@example.org",
        "ADA@EXAMPLE.ORG\N{RIGHT-TO-LEFT OVERRIDE}",
        "ada@exampıe.org",
    ],
)
def test_an_address_that_only_looks_like_somebodys_is_somebody_elses(
    db: None, clean_redis: object, mailoutbox: list[object], twin: str
) -> None:
    """Neither their password nor their reset link goes to a twin (as in Django's CVE-2019-19844)."""
    User.objects.create_user("ada@example.org", PASSWORD)
    client = Client()
    assert client.post(SIGN_IN, {"login": twin, "password": PASSWORD}).status_code == 200
    assert "_auth_user_id" not in client.session
    client.post("/account/password/reset/", {"email": twin})
    assert not [mail for mail in mailoutbox if "/reset/key/" in str(getattr(mail, "body", ""))]


def test_a_dotless_i_resets_nobodys_password(db: None, clean_redis: object, mailoutbox: list[object]) -> None:
    User.objects.create_user("mike@example.org", PASSWORD)
    Client().post("/account/password/reset/", {"email": "mıke@example.org"})
    assert not [mail for mail in mailoutbox if "/reset/key/" in str(getattr(mail, "body", ""))]
