"""The whole portal as production runs it: web, worker and beat, each a process, over a database of its own."""

from __future__ import annotations

import email
import email.policy
import http.client
import os
import re
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
import redis

from attribution_portal.ops.embedded import free_port
from attribution_portal.sandbox import auth
from attribution_portal.sandbox.app import Sandbox
from attribution_portal.sandbox.server import run_in_thread
from tests.security.production import COMPLETE, ROOT

HOST = "portal.example.org"
DATABASE = "portal_in_production"
START_SECONDS, MAIL_SECONDS = 300, 60


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of SMTP as it takes to receive mail."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.received: list[tuple[str, str]] = []
        self.came = threading.Condition()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def link(self, to: str, pattern: str) -> str:
        """The path of the newest link of this kind in a mail to `to`, as soon as there is one."""

        def newest() -> str | None:
            texts = (text for address, text in reversed(self.received) if address == to)
            return next((found[0] for text in texts if (found := re.search(pattern, text))), None)

        with self.came:
            found = self.came.wait_for(newest, timeout=MAIL_SECONDS)
        assert found, f"no mail to {to} with {pattern}"
        return urlsplit(found).path


class _Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("220 mailbox")
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            if verb == "DATA":
                self._say("354 go on")
                lines = iter(lambda: self.rfile.readline().rstrip(b"\r\n"), b".")
                message = email.message_from_bytes(b"\n".join(lines), policy=email.policy.default)
                with self.server.came:
                    self.server.received.append((recipient, str(message.get_content())))
                    self.server.came.notify_all()
            self._say("221 bye" if verb == "QUIT" else "250 fine")
            if verb == "QUIT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@dataclass(frozen=True)
class Page:
    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Browser:
    """Somebody behind the proxy. `seen` are the values of all cookies and of all tokens in forms so far."""

    port: int
    address: str = "203.0.113.7"
    cookies: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    page: Page = field(default_factory=lambda: Page(0, {}, ""))

    def get(self, path: str) -> Page:
        return self.ask("GET", path)

    def send(self, path: str, *, form: str = "", token: bool = True, **fields: str) -> Page:
        """A form of the page that was opened last, with its hidden fields when its name is given; without `token` it
        comes from elsewhere."""
        hidden = self._hidden(form) if form else {}
        if token:
            hidden["csrfmiddlewaretoken"] = self.field("csrfmiddlewaretoken")
        return self.ask("POST", path, urlencode(hidden | fields))

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page.text)
        assert found, f"no {name} on the page ({self.page.status})"
        return unescape(found[1])

    def _hidden(self, form: str) -> dict[str, str]:
        found = re.search(rf'<form[^>]*data-form="{form}".*?</form>', self.page.text, re.DOTALL)
        assert found, f"no form {form} on the page ({self.page.status})"
        inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0])
        return {name: unescape(value) for name, value in inputs}

    def follow(self) -> Page:
        return self.get(self.page.headers["location"])

    def ask(self, method: str, path: str, body: str = "", **more: str) -> Page:
        """`more` are headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": self.address,
            "Referer": f"https://{HOST}/",
            "Cookie": cookies,
            **({"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}),
            **more,
        }
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                for morsel in SimpleCookie(value).values():
                    self.cookies[morsel.key] = morsel.value
        connection.close()
        self.seen |= {value for value in self.cookies.values() if value}
        self.seen |= set(re.findall(r'csrfmiddlewaretoken" value="([^"]+)', text))
        self.page = Page(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
        return self.page


@dataclass(frozen=True)
class Running:
    port: int
    sandbox: Sandbox
    mailbox: Mailbox
    database: str
    redis: redis.Redis
    environ: dict[str, str]
    log: Path

    def browser(self, **given: str) -> Browser:
        return Browser(self.port, **given)

    def manage(self, *command: str, typed: str = "") -> None:
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environ,
            input=typed,
            text=True,
            check=True,
            capture_output=True,
            timeout=START_SECONDS,
        )


@contextmanager
def running_portal(folder: Path) -> Iterator[Running]:
    box = Sandbox(today=datetime.now(UTC).date(), clock=lambda: datetime.now(UTC))
    base_url, stop_sandbox = run_in_thread(box)
    mailbox = Mailbox()
    threading.Thread(target=mailbox.serve_forever, daemon=True).start()
    port, database = free_port(), _new_database()
    store = os.environ["REDIS_URL"].rpartition("/")[0] + "/7"
    environ = {
        "PATH": os.environ["PATH"],
        **COMPLETE,
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": database,
        "REDIS_URL": store,
        "PLATFORM_BASE_URL": base_url,
        "PLATFORM_USERNAME": "portal@sandbox.example",
        "PLATFORM_PASSWORD": auth.PASSWORD,
        "EMAIL_URL": mailbox.url,
        "VAR_DIR": str(folder),
        "PORT": str(port),
    }
    with redis.Redis.from_url(store) as client:
        client.flushdb()
        running = Running(port, box, mailbox, database, client, environ, folder / "log")
        running.manage("migrate")
        running.manage("connect_partners")
        with running.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(port), "--host", "127.0.0.1"],
                cwd=ROOT,
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                _wait_until_ready(running, process)
                yield running
            finally:
                process.terminate()
                process.wait(60)
                mailbox.shutdown()
                mailbox.server_close()
                stop_sandbox()


def _new_database() -> str:
    """An empty one beside that of the other tests."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8'")
    # Not by urlsplit, which drops the empty host of an address that names a socket.
    return re.sub(r"^(\w+://[^/]*)/[^?]*", rf"\1/{DATABASE}", url)


def _wait_until_ready(running: Running, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if running.browser().get("/readyz").status == 200:
                return
        except OSError:
            time.sleep(0.1)  # nobody listens yet
    raise RuntimeError(f"The portal did not start:\n{running.log.read_text(encoding='utf-8')}")
