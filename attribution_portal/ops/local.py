"""A local run without any configuration: secrets are made once and kept, servers are embedded, all under `var/`."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from attribution_portal.environment import TRUE

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# Commands that read settings but open no database.
WITHOUT_SERVERS = {"", "help", "version", "collectstatic", "compilemessages", "makemessages"}
STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
NOWHERE = {"DATABASE_URL": "postgresql://nobody@localhost/nowhere", "REDIS_URL": "redis://localhost:1/0"}

_told: list[int] = []


def folder(environ: MutableMapping[str, str]) -> Path:
    """Where a local run keeps its data: `VAR_DIR`, or `var/` in the checkout."""
    return Path(environ.get("VAR_DIR") or BASE_DIR / "var")


def supply(environ: MutableMapping[str, str], *, command: str) -> None:
    """Fill in what `environ` lacks, when this is a local run. Values that are given, also by NAME_FILE, are kept."""
    if command == "demo":
        _set_up_demo(environ)
    local = environ.get("PORTAL_ENV") == "local" or environ.get("DEBUG", "").lower() in TRUE
    if not local:
        return
    for name, value in kept_secrets(folder(environ)).items():
        _default(environ, name, value)
    if command in WITHOUT_SERVERS:
        for name, value in NOWHERE.items():
            _default(environ, name, value)
        _default(environ, "PLATFORM_BASE_URL", "http://localhost:1/api/v3")
    elif not (_given(environ, "DATABASE_URL") and _given(environ, "REDIS_URL")):
        _stop_by_exit_hooks(STOPS if command in {"demo", "serve"} else STOPS - {signal.SIGINT})
        _start_servers(environ)


def _start_servers(environ: MutableMapping[str, str]) -> None:
    """Embedded servers for the addresses that are not given. Not part of the production lock file."""
    try:
        from attribution_portal.ops import embedded
    except ImportError as error:
        sys.exit(
            "DATABASE_URL or REDIS_URL is unset, and the embedded servers are not installed "
            f"({error.name} is missing). "
            "Give both addresses, or install requirements/dev.lock."
        )
    try:
        if not _given(environ, "DATABASE_URL"):
            with _stops_wait():
                environ["DATABASE_URL"] = embedded.postgres(folder(environ) / "postgres")
        if not _given(environ, "REDIS_URL"):
            with _stops_wait():
                environ["REDIS_URL"] = embedded.redis(folder(environ) / "redis")
    except embedded.EmbeddedServerError as error:
        sys.exit(str(error))


def _stop_by_exit_hooks(numbers: set[signal.Signals]) -> None:
    """A plain SIGTERM or SIGHUP would skip the hooks that stop the servers. An interrupt runs them, but somebody who
    stops the portal while it starts is owed no traceback. What the caller ignores stays ignored."""

    def stop(number: int, _frame: FrameType | None) -> None:
        _told.append(number)
        sys.exit(128 + number)

    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def leave_if_told() -> None:
    """Where Python swallows exceptions (a finalizer, a callback), it has swallowed the stop as well."""
    if _told:
        sys.exit(128 + _told[0])


@contextmanager
def _stops_wait() -> Iterator[None]:
    """Whoever is told to stop while a server starts does so as soon as an exit hook stops that too."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(signal.Signals(came[0]))


def _set_up_demo(environ: MutableMapping[str, str]) -> None:
    """The demo never touches real data: a folder, a platform and an account of its own, whatever is configured."""
    from attribution_portal.ops import embedded
    from attribution_portal.sandbox import auth

    real = ("DATABASE_URL", "REDIS_URL", "PLATFORM_BASE_URL", "PLATFORM_USERNAME", "PLATFORM_PASSWORD", "EMAIL_URL")
    for name in real:
        environ.pop(f"{name}_FILE", None)
        environ.pop(name, None)
    environ.update(
        PORTAL_ENV="local",
        DEMO="1",
        VAR_DIR=environ.get("VAR_DIR") or str(BASE_DIR / "var" / "demo"),
        PLATFORM_BASE_URL=f"http://127.0.0.1:{embedded.free_port()}/api/v3",
        PLATFORM_USERNAME="portal@sandbox.example",
        PLATFORM_PASSWORD=auth.PASSWORD,
    )
    # Nobody who looks at made-up data should have to set up a second factor first. Its banner says so.
    environ.setdefault("MFA_REQUIRED_ROLES", "")


def kept_secrets(var: Path) -> dict[str, str]:
    """SECRET_KEY and FIELD_ENCRYPTION_KEYS, made on first use and kept in a file that only its owner can read."""
    path = var / "secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    from cryptography.fernet import Fernet

    made = {"SECRET_KEY": secrets.token_urlsafe(48), "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    var.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made), encoding="utf-8")
    draft.replace(path)
    return made


def _given(environ: MutableMapping[str, str], name: str) -> bool:
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def _default(environ: MutableMapping[str, str], name: str, value: str) -> None:
    if not _given(environ, name):
        environ[name] = value
