"""What every answer carries, whoever made it; and what production adds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any, cast

import pytest
from django.conf import settings as portal_settings
from django.test import Client

from attribution_portal.accounts.models import User
from attribution_portal.sandbox.app import Sandbox
from tests.security.production import COMPLETE, ROOT

ClientFor = Callable[[User], Client]
EVERY_ANSWER = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
EVERY_PAGE = EVERY_ANSWER | {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
KEPT_BY_NO_CACHE = {"no-store", "private"}


def directives(policy: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (each.strip().partition(" ") for each in policy.split(";"))}


def assert_kept_by_no_cache(cache_control: str) -> None:
    assert {each.strip() for each in cache_control.split(",")} >= KEPT_BY_NO_CACHE


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/account/login/", 200),
        ("/", 302),
        ("/p/partner-id-acme/", 302),
        ("/p/partner-id-acme", 301),
        ("/nowhere/", 404),
        ("/account/setlang/", 302),
    ],
)
def test_pages_errors_and_redirects_carry_the_same_headers(db: None, path: str, status: int) -> None:
    answer = Client().get(path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EVERY_PAGE} == EVERY_PAGE
    assert "Content-Security-Policy" in answer.headers
    assert "Permissions-Policy" in answer.headers
    assert_kept_by_no_cache(answer.headers["Cache-Control"])


def test_an_error_that_nobody_expected_carries_them_too(
    sandbox: Sandbox, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    monkeypatch.setattr("attribution_portal.dashboard.reports.page", None)
    answer = client.get("/p/partner-id-acme/")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in EVERY_PAGE} == EVERY_PAGE
    assert_kept_by_no_cache(answer.headers["Cache-Control"])
    page = answer.content.decode()
    assert "Something went wrong" in page
    assert not [word for word in ("Traceback", "TypeError", "NoneType", "reports", "acme") if word in page]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_says_no_more_than_it_must(db: None, clean_redis: object, path: str) -> None:
    answer = Client().get(path, headers={"host": "whoever-asks"})
    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in EVERY_ANSWER} == EVERY_ANSWER
    assert_kept_by_no_cache(answer.headers["Cache-Control"])
    assert set(answer.json()) <= {"live", "ready", "database", "redis"}
    assert set(answer.json().values()) <= {True, "ok"}
    assert answer.cookies == {}


def test_fragments_are_kept_by_no_cache(sandbox: Sandbox, alice: User, client_for: ClientFor) -> None:
    headers = {"hx-request": "true", "hx-target": "figures"}
    answer = client_for(alice).get("/p/partner-id-acme/events/evt_closed/", headers=headers)
    assert "<html" not in answer.content.decode()
    assert_kept_by_no_cache(answer.headers["Cache-Control"])


def test_the_policy_lets_nothing_run_but_our_own_files(db: None) -> None:
    policy = directives(Client().get("/account/login/").headers["Content-Security-Policy"])
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "manifest-src": "'self'",
    }


def test_a_page_may_ask_the_browser_for_passkeys_and_nothing_else(db: None) -> None:
    allowed = Client().get("/account/login/").headers["Permissions-Policy"].split(", ")
    assert {each for each in allowed if not each.endswith("=()")} == {
        "clipboard-write=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    }
    assert {"camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"} <= set(allowed)


def test_no_script_can_read_a_cookie(db: None, clean_redis: object) -> None:
    User.objects.create_user("ada@example.org", "a-long-enough-passphrase")
    client = Client()
    client.get("/account/login/")
    client.post("/account/login/", {"login": "ada@example.org", "password": "a-long-enough-passphrase"})
    client.post("/account/setlang/", {"language": "de"})
    assert {name: bool(cookie["httponly"]) for name, cookie in client.cookies.items()} == {
        portal_settings.SESSION_COOKIE_NAME: True,
        portal_settings.CSRF_COOKIE_NAME: True,
        portal_settings.LANGUAGE_COOKIE_NAME: True,
    }
    assert {cookie["samesite"] for cookie in client.cookies.values()} == {"Lax"}


# A process of its own, since settings are read once. No request of it opens a database.
VISIT = """
import json, django
django.setup()
from django.test import Client
host = {"host": "portal.example.org"}
client = Client(headers=host)
login = client.get("/account/login/", secure=True)
language = client.post("/account/setlang/", {"language": "de", "next": "https://evil.example/"}, secure=True)
plain = client.get("/account/login/?next=/p/fd4711/")
elsewhere = Client().get("/account/login/", secure=True, headers={"host": "evil.example"})
print(json.dumps({
    "login": dict(login.headers), "status": login.status_code,
    "cookies": [morsel.OutputString() for answer in (login, language) for morsel in answer.cookies.values()],
    "language": language.headers["Location"],
    "plain": [plain.status_code, plain.headers["Location"]],
    "elsewhere": [elsewhere.status_code, elsewhere.content.decode()],
}))
"""


def in_production(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "attribution_portal.settings", **COMPLETE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    visited = in_production("-c", VISIT)
    assert visited.returncode == 0, visited.stderr
    return cast("dict[str, Any]", json.loads(visited.stdout))


def test_production_insists_on_tls(production: dict[str, Any]) -> None:
    assert production["plain"] == [301, "https://portal.example.org/account/login/?next=/p/fd4711/"]
    assert production["login"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert "upgrade-insecure-requests" in directives(production["login"]["Content-Security-Policy"])


def test_cookies_of_production_belong_to_this_host_alone(production: dict[str, Any]) -> None:
    cookies = SimpleCookie()
    for line in production["cookies"]:
        cookies.load(line)
    assert set(cookies) == {"__Host-portal-csrf", "__Host-portal-language"}
    for cookie in cookies.values():
        # What the prefix demands of them, and what we ask besides.
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_production_serves_no_other_host_and_says_so_in_words(production: dict[str, Any]) -> None:
    status, page = production["elsewhere"]
    assert status == 400
    assert "could not understand this request" in page
    assert "evil.example" not in page
    assert "portal.example.org" not in page


def test_the_language_leads_nowhere_else(production: dict[str, Any]) -> None:
    assert production["language"] == "/"


def test_the_framework_has_nothing_to_say_against_production() -> None:
    checked = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stdout) == (0, "System check identified no issues (0 silenced).\n"), checked


@pytest.mark.parametrize("name", ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME"])
def test_production_names_the_session_as_it_names_the_others(name: str) -> None:
    asked = in_production("-c", f"from attribution_portal import settings; print(settings.{name})")
    assert asked.stdout.startswith("__Host-portal-"), asked.stderr


def test_a_short_secret_is_refused_by_name_only() -> None:
    asked = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **COMPLETE, "SECRET_KEY": "hunter2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert asked.returncode != 0
    assert "SECRET_KEY must have at least 50 characters" in asked.stderr
    assert "hunter2" not in asked.stderr
