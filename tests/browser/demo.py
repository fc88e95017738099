"""`manage.py demo` as a newcomer starts it: every process real, in a folder of its own, gone afterwards."""

from __future__ import annotations

import http.client
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

from attribution_portal.ops.embedded import free_port

ROOT = Path(__file__).parents[2]
MARKETER, VIEWER, MANAGER = "marketer@acme.example", "viewer@acme.example", "manager@portal.example"
OPERATOR = "operator@portal.example"
PASSWORD = "demo-password"
START_SECONDS = 60


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
            time.sleep(0.1)  # nobody listens yet
        finally:
            connection.close()
    raise RuntimeError(f"The demo did not start:\n{log.read_text(encoding='utf-8')}")


def _platform_address(log: Path) -> str:
    found = re.search(r"signs in at (\S+)\.\n", log.read_text(encoding="utf-8"))
    if found is None:
        raise RuntimeError("The demo did not say where its platform is")
    return found[1]
