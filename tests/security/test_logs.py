"""A whole run in production's own processes, with everything that goes wrong on the way; then its log is searched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import time

import psycopg
import pytest
from allauth.mfa.totp.internal import auth as totp

from attribution_portal.sandbox import auth
from attribution_portal.sandbox.app import Sandbox
from tests.security.belongings import NUMBER, belongings
from tests.security.belongings import _read as number_of
from tests.security.production import COMPLETE
from tests.security.running import Browser, Running, running_portal

PASSWORD, TYPED_WRONG, NEW = "quiet-harbour-lantern", "quiet-harbour-lantern-mistyped", "another-quiet-harbour-9"
ALICE, MARA, NEWCOMER = "alice@acme.example", "mara@portal.example", "newcomer@acme.example"
SIGN_IN = "/account/login/"
ACME = "/p/partner-id-acme"
PAGES = (
    f"{ACME}/",
    f"{ACME}/events/",
    f"{ACME}/events/evt_closed/",
    f"{ACME}/campaigns/evt_closed/",
    f"{ACME}/packages/",
    f"{ACME}/packages/pkg_main/",
    f"{ACME}/activity/",
)


@dataclass
class Run:
    log: str = ""
    stored: str = ""
    secrets: dict[str, set[str]] = field(default_factory=dict)
    error_page: str = ""
    statuses: dict[str, int] = field(default_factory=dict)

    def secret(self, what: str, *values: str) -> None:
        self.secrets.setdefault(what, set()).update(values)


class Remembering(dict[str, object]):
    """Every token that the platform ever gave out, also after it was revoked."""

    def __init__(self) -> None:
        super().__init__()
        self.given: set[str] = set()

    def __setitem__(self, token: str, session: object) -> None:
        self.given.add(token)
        super().__setitem__(token, session)


def sign_in(browser: Browser, email: str, password: str) -> None:
    browser.get(SIGN_IN)
    browser.send(SIGN_IN, login=email, password=password)


def read_everything(browser: Browser) -> list[int]:
    return [browser.get(page).status for page in PAGES]


def visit(running: Running, run: Run) -> None:
    """What people do in a bad week."""
    box = running.sandbox
    alice = running.browser()
    # Passwords: wrong, typed into the wrong field, right; sent from elsewhere.
    sign_in(alice, ALICE, TYPED_WRONG)
    sign_in(alice, TYPED_WRONG, PASSWORD)
    alice.send(SIGN_IN, token=False, login=ALICE, password=PASSWORD)
    sign_in(alice, ALICE, PASSWORD)
    assert read_everything(alice) == [200] * len(PAGES)
    # The platform fails in every way it can.
    for kind, path, page in (
        ("status", "/daily_revenue_summary/", PAGES[2]),
        ("html", "/events/*", PAGES[1]),
        ("truncated", "/campaign_results/", PAGES[3]),
        ("wrong_type", "/package_builder/*", PAGES[5]),
        ("status", "*", PAGES[0]),
    ):
        box.faults.add(path, kind, status=500)  # type: ignore[arg-type]
        for key in running.redis.keys("portal:*"):
            running.redis.delete(key)
        alice.get(page)
        box.faults.clear()
    box.revoke_tokens()
    assert read_everything(alice) == [200] * len(PAGES)
    # Writes: refused here, refused there, of unknown outcome.
    wanted = {"model": "ALL_PURCHASES", "window": "21", "email_sent_date": "2026-01-05", "reason": "because"}
    alice.get(PAGES[5])
    assert alice.send(f"{PAGES[5]}settings/", form="settings", **(wanted | {"window": "x"})).status == 422
    box.faults.add("/package_builder/*", "status", method="PUT", status=500)
    alice.get(PAGES[5])
    alice.send(f"{PAGES[5]}settings/", form="settings", **wanted)
    box.faults.clear()
    # A link for a new password: opened damaged, sent from elsewhere, used.
    alice.get("/account/password/reset/")
    alice.send("/account/password/reset/", email=ALICE)
    link = running.mailbox.link(ALICE, r"https://\S+/account/password/reset/key/\S+")
    run.secret("link for a new password", link.rstrip("/").rpartition("/")[2])
    nobody = running.browser(address="198.51.100.1")
    assert nobody.get(f"{link[:-2]}x/").status == 200
    nobody.send(link, token=False, password1=NEW, password2=NEW)
    nobody.ask("PUT", link)
    nobody.get(link)
    nobody.follow()
    nobody.send(
        nobody.page.headers.get("location") or re.sub(r"[^/]+/$", "1-set-password/", link), password1="x", password2="y"
    )
    # A second factor, and an invitation by its means.
    mara = running.browser(address="198.51.100.2")
    sign_in(mara, MARA, PASSWORD)
    mara.get("/account/mfa/totp/activate/")
    found = re.search(r'data-secret="([A-Z2-7=]+)"', mara.page.text)
    assert found, mara.page.text
    code = totp.format_hotp_value(totp.hotp_value(found[1], int(time()) // 30))
    mara.send("/account/mfa/totp/activate/", code="000000")
    mara.send("/account/mfa/totp/activate/", code=code)
    mara.get("/account/mfa/recovery-codes/")
    run.secret("TOTP secret", found[1])
    codes = set(re.findall(r"\b[0-9]{8}\b", mara.page.text))
    assert codes
    run.secret("recovery code", *codes)
    mara.get(f"{ACME}/members/")
    mara.send(f"{ACME}/members/invite/", email=NEWCOMER, role="viewer", language="en", note="")
    invitation = running.mailbox.link(NEWCOMER, r"https://\S+/invitation/\S+")
    run.secret("invitation", invitation.strip("/").rpartition("/")[2])
    nobody.get(invitation[:-3] + "xx/")
    nobody.ask("POST", invitation)
    nobody.ask("DELETE", invitation)
    nobody.get(invitation)
    # A defect: a table is missing while somebody looks, and while the link of the invitation is opened.
    with psycopg.connect(running.database, autocommit=True) as connection:
        for table, look in (
            ("backhaul_package", lambda: alice.get(PAGES[4])),
            ("members_invitation", lambda: nobody.get(invitation)),
            ("django_session", lambda: nobody.get(link)),
        ):
            connection.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
            try:
                answer = look()
                assert answer.status == 500, (table, answer.status)
                run.error_page = answer.text
            finally:
                connection.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
    # What a proxy may let through, since no browser sends it.
    prowler = running.browser(address="198.51.100.3")
    run.statuses = {
        "path prefix": prowler.ask("GET", f"/elsewhere{SIGN_IN}", SCRIPT_NAME="/elsewhere").status,
        "other path": prowler.ask("GET", "/elsewhere/", PATH_INFO="/livez").status,
        "long address": prowler.ask("GET", f"{SIGN_IN}?q={'x' * 9000}").status,
        "trace": prowler.ask("TRACE", SIGN_IN).status,
        "two lengths": prowler.ask(
            "POST", SIGN_IN, "x", **{"Transfer-Encoding": "chunked", "Content-Length": "1"}
        ).status,
        "large body": prowler.ask("POST", SIGN_IN, "x" * 300_000).status,
        "plain HTTP": prowler.ask("GET", SIGN_IN, **{"X-Forwarded-Proto": "http"}).status,
        "other host": prowler.ask("GET", SIGN_IN, Host="evil.example").status,
    }
    alice.get(f"/p/{TYPED_WRONG}/")
    alice.get("/account/logout/")
    alice.send("/account/logout/")
    for browser in (alice, nobody, mara):
        run.secret("cookie or token of a form", *(value for value in browser.seen if len(value) > 16))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("production")
    folder.chmod(0o755)
    found = Run()
    with running_portal(folder) as running:
        access, refresh = Remembering(), Remembering()
        running.sandbox._tokens._access, running.sandbox._tokens._refresh = access, refresh  # type: ignore[assignment]
        for email, role in ((ALICE, "editor"), (MARA, "account_manager")):
            running.manage(
                *("add_member", email, "--partner", "partner-id-acme", "--role", role, "--password-stdin"),
                typed=f"{PASSWORD}\n",
            )
        visit(running, found)
        found.secret("token of the platform", *access.given, *refresh.given)
        found.stored = "\n".join(_everything_in(running))
    found.log = running.log.read_text(encoding="utf-8", errors="replace")
    found.secret("password", PASSWORD, TYPED_WRONG, NEW, auth.PASSWORD)
    found.secret("key", COMPLETE["SECRET_KEY"], COMPLETE["FIELD_ENCRYPTION_KEYS"])
    return found


def _everything_in(running: Running) -> Iterator[str]:
    client = running.redis
    for key in client.keys("*"):
        read = {
            b"string": client.get,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"set": client.smembers,
            b"hash": client.hgetall,
        }[client.type(key)]
        yield f"{key!r} {read(key)!r}"


def test_the_log_tells_what_went_wrong(run: Run) -> None:
    """A log without anything in it would keep every secret."""
    for line in (
        r"attribution_portal\.platform .*GET /daily_revenue_summary/ .*500.*req-\d+",
        r"Internal Server Error: /p/<partner:partner_id>/packages/",
        r"Internal Server Error: /invitation/<str:token>/",
        r"Forbidden \(.*\): /invitation/<str:token>/",
        r"Not Found: /invitation/<str:token>/",
        r"Forbidden \(.*\): /account/login/",
        r"UndefinedTable",
    ):
        assert re.search(line, run.log), line


@pytest.mark.parametrize(
    "what",
    [
        "password",
        "key",
        "cookie or token of a form",
        "token of the platform",
        "link for a new password",
        "invitation",
        "TOTP secret",
        "recovery code",
    ],
)
def test_the_log_holds_no_secret(run: Run, what: str) -> None:
    assert run.secrets[what]
    assert [secret for secret in run.secrets[what] if secret in run.log] == []


@pytest.mark.parametrize(
    "what",
    [
        "password",
        "key",
        "cookie or token of a form",
        "token of the platform",
        "link for a new password",
        "invitation",
        "TOTP secret",
    ],
)
def test_redis_holds_no_secret_in_the_clear(run: Run, what: str) -> None:
    assert len(run.stored) > 1000
    assert [secret for secret in run.secrets[what] if secret in run.stored] == []


def test_the_log_holds_no_money_no_title_and_no_id_of_an_event(run: Run) -> None:
    box = Sandbox(today=datetime.now(UTC).date(), clock=lambda: datetime.now(UTC))
    acme = belongings(box, "partner-id-acme")
    words = {word for word in acme.words if word not in {"partner-id-acme", "Acme Concerts (demo)"}}
    assert [word for word in words if word in run.log] == []
    numbers = {number_of(found) for found in NUMBER.findall(run.log)}
    assert acme.numbers & numbers == set()


def test_the_log_names_nobody(run: Run) -> None:
    assert [email for email in (ALICE, MARA, NEWCOMER) if email in run.log] == []


def test_an_error_page_says_nothing_about_the_inside(run: Run) -> None:
    assert "Something went wrong on our side" in run.error_page
    for word in ("Traceback", "psycopg", "django", "relation", "attribution_portal", "SELECT", str(Path.cwd())):
        assert word not in run.error_page, word


def test_the_web_server_lets_no_header_turn_a_request_into_another(run: Run) -> None:
    assert run.statuses == {
        "path prefix": 404,
        "other path": 404,
        "long address": 414,
        "trace": 405,
        "two lengths": 400,
        "large body": 413,
        "plain HTTP": 301,
        "other host": 400,
    }
