"""The whole portal for a measurement: the demo on a slow platform, with the bench's addresses added."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import redis

from attribution_portal.ops.embedded import free_port

LATENCY_MS = 200
ROOT = Path(__file__).parent.parent
PERSON, PASSWORD = "marketer@acme.example", "demo-password"
EVENT = "/p/partner-id-acme/events/evt_closed/"


@dataclass(frozen=True, slots=True)
class Stack:
    """`cookie` is that of a signed-in person; `platform` the stand-in platform's base address."""

    port: int
    cookie: str
    platform: str
    redis_url: str

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def forget_answers(self) -> None:
        """Drop every cached platform answer and nothing else: the service account stays signed in."""
        with redis.Redis.from_url(self.redis_url) as client:
            keys = list(client.scan_iter("portal:answer:*", count=1000))
            if keys:
                client.delete(*keys)


class Browserless:
    """One kept-alive connection that reads whole answers."""

    def __init__(self, host: str, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._headers = headers

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path} answered {answer.status}")
        return body


@contextmanager
def running_stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o755)
    port = free_port()
    environ = {**os.environ, "VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "bench.settings"}
    log = (folder / "log").open("w+", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port), "--latency-ms", str(LATENCY_MS)],
        cwd=ROOT,
        env=environ,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_ready(process, port, folder / "log")
        yield Stack(
            port=port,
            cookie=_sign_in(port),
            platform=_platform_address(folder / "log"),
            redis_url=json.loads((folder / "redis" / "running.json").read_text(encoding="utf-8"))["url"],
        )
    finally:
        process.terminate()
        process.wait(60)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("localhost", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"The demo did not start:\n{log.read_text(encoding='utf-8')}")


def _sign_in(port: int) -> str:
    """The session cookie of a person who has signed in through the form."""
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    connection.request("GET", "/account/login/")
    answer = connection.getresponse()
    page = answer.read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("The sign-in page has no form")
    csrf = (answer.getheader("Set-Cookie") or "").split(";")[0]
    form = urlencode({"csrfmiddlewaretoken": found[1], "login": PERSON, "password": PASSWORD})
    headers = {"Cookie": csrf, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/account/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    session = next((cookie for cookie in cookies if cookie.startswith("sessionid=")), None)
    if session is None:
        raise RuntimeError(f"Signing in answered {answer.status}")
    return session


def _platform_address(log: Path) -> str:
    found = re.search(r"signs in at (\S+)\.\n", log.read_text(encoding="utf-8"))
    if found is None:
        raise RuntimeError("The demo did not say where its platform is")
    return found[1]


def platform_caller(stack: Stack) -> Browserless:
    """A bare client of the stand-in platform, signed in like the portal."""
    address = urlsplit(stack.platform)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 0, timeout=30)
    account = json.dumps({"username": "portal@sandbox.example", "password": "sandbox-demo-only"})
    connection.request("POST", f"{address.path}/auth", account, {"Content-Type": "application/json"})
    token = json.loads(connection.getresponse().read())["AccessToken"]
    headers = {"Authorization": f"Bearer {token}", "X-Preferred-Partner-Id": "partner-id-acme"}
    return Browserless(address.hostname or "", address.port or 0, headers)
