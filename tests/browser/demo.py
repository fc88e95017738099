"""`manage.py demo` as a newcomer starts it: every process real, in a folder of its own, gone afterwards."""

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
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from attribution_portal.ops.embedded import free_port

ROOT = Path(__file__).parents[2]
MARKETER, VIEWER, MANAGER = "marketer@acme.example", "viewer@acme.example", "manager@portal.example"
OPERATOR = "operator@portal.example"
PASSWORD = "demo-password"
START_SECONDS = 300
# Until the stand-in platform's results follow new settings: longer than a test looks, which says itself when they do.
DELAY = 300.0


@dataclass(frozen=True, slots=True)
class Demo:
    """`platform` is the stand-in platform's base address, `folder` what the demo keeps its data in; `ready_after` is
    in seconds."""

    port: int
    platform: str
    folder: Path
    process: subprocess.Popen[bytes]
    ready_after: float

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def bring_results(self) -> None:
        """All settings that were saved so far have their results now."""
        self.steer("PUT", "clock", advance_seconds=DELAY)

    def forget_answers(self, partner_id: str = "partner-id-acme") -> None:
        """The portal has to read this partner anew: every kept answer of the platform is dropped, and nothing else."""
        known = json.loads((self.folder / "redis" / "running.json").read_text(encoding="utf-8"))
        with redis.Redis.from_url(known["url"]) as client:
            if keys := list(client.scan_iter(f"portal:{partner_id}:*", count=1000)):
                client.delete(*keys)

    @contextmanager
    def holding(self, path: str) -> Iterator[None]:
        """Who asks the stand-in platform there gets the answer when the block ends."""
        fault = self.steer("POST", "faults", path=path, kind="latency", seconds=600)
        try:
            yield
        finally:
            self.steer("DELETE", f"faults?id={fault['id']}")

    def steer(self, method: str, action: str, **body: object) -> dict[str, Any]:
        """Through the control door of the stand-in platform."""
        with closing(http.client.HTTPConnection(urlsplit(self.platform).netloc, timeout=30)) as door:
            door.request(method, f"/__sandbox__/{action}", json.dumps(body), {"Content-Type": "application/json"})
            answer = door.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, told
        return told


@contextmanager
def running_demo(*options: str, environ: dict[str, str] | None = None) -> Iterator[Demo]:
    """Start `manage.py demo` with `options`, wait until it is ready, stop it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="portal-demo-"))
    folder.chmod(0o755)
    port = free_port()
    unset = ("DATABASE_URL", "REDIS_URL", "PLATFORM_BASE_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PORTAL_ENV")
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    begun = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port), *options],
            cwd=ROOT,
            env={**inherited, "VAR_DIR": str(folder), **(environ or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(process, port, folder / "log")
            yield Demo(
                port=port,
                platform=_platform_address(folder / "log"),
                folder=folder,
                process=process,
                ready_after=time.monotonic() - begun,
            )
        finally:
            process.terminate()
            process.wait(60)
            shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("localhost", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # nobody listens yet
        finally:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError(f"The demo did not start:\n{log.read_text(encoding='utf-8')}")


def _platform_address(log: Path) -> str:
    found = re.search(r"signs in at (\S+)\.\n", log.read_text(encoding="utf-8"))
    if found is None:
        raise RuntimeError("The demo did not say where its platform is")
    return found[1]
