"""Real PostgreSQL and Redis for a test run, in place before Django reads its settings (loaded with `-p tests.servers`).

`DATABASE_URL` and `REDIS_URL` that are already set are used as they are; otherwise embedded servers start in a
temporary folder that goes with the run. Workers that run side by side (`-n`, pytest-xdist) share neither Redis nor what
is embedded, since one test may empty or stop what another one reads; in a PostgreSQL that was given, each has a
database of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from attribution_portal.ops import embedded

# Workers inherit the environment of the process that started them: which of its servers were given, which embedded.
_EMBEDDED = "PORTAL_TESTS_EMBEDDED"


def supply() -> None:
    # A run that is stopped from outside ends as by Ctrl-C, and stops its servers too. An exit instead would be taken
    # for the failure of one test, and the run would go on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    if "PYTEST_XDIST_WORKER" in os.environ:
        for name in ("REDIS_URL", *os.environ.get(_EMBEDDED, "").split()):
            os.environ.pop(name, None)
    # Registered first, so it runs last: after the servers' own exit hooks.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    started: list[str] = []
    if not os.environ.get("DATABASE_URL"):
        folder.chmod(0o755)
        os.environ["DATABASE_URL"] = embedded.postgres(folder / "postgres")
        _without_fsync(os.environ["DATABASE_URL"])
        started.append("DATABASE_URL")
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = embedded.redis(folder / "redis")
        started.append("REDIS_URL")
    os.environ[_EMBEDDED] = " ".join(started)
    os.environ.update(
        PORTAL_ENV="local",
        SECRET_KEY="only-for-tests-and-nowhere-else-0123456789",
        FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        PLATFORM_BASE_URL="http://127.0.0.1:9/api/v3",
        PLATFORM_READS_PER_MINUTE="100000",
        PLATFORM_WRITES_PER_MINUTE="100000",
    )
    for name in ("DEBUG", "DEMO", "PLATFORM_USERNAME", "PLATFORM_PASSWORD", "ALLOWED_HOSTS"):
        os.environ.pop(name, None)


def _without_fsync(url: str) -> None:
    """Test data may be lost with the machine; it is not worth a flush to disk per commit."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


supply()
