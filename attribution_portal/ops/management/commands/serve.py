"""`manage.py serve`: the web server, the Celery worker and Celery beat as one foreground command."""

from __future__ import annotations

import fcntl
import os
import socket
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.ops import local
from attribution_portal.ops.supervisor import Part, supervise

WEB_THREADS = 8


def parts(*, port: int, host: str) -> list[Part]:
    """What production runs, each as its own process."""
    python = sys.executable
    celery = [python, "-m", "celery", "--quiet", "-A", "attribution_portal.celery"]
    schedule = local.folder(os.environ) / "celerybeat-schedule"
    return [
        Part(
            "web",
            [
                *(python, "-m", "gunicorn", "attribution_portal.wsgi:application"),
                *("--bind", f"{host}:{port}", "--threads", str(WEB_THREADS), "--worker-class", "gthread"),
                *("--timeout", "30", "--graceful-timeout", "10", "--log-level", "warning"),
                # By default whoever asks from this machine, which a proxy does for everybody, may say by a header under
                # which path the portal stands.
                *("--forwarder-headers", ""),
            ],
        ),
        Part(
            "worker",
            [
                *celery,
                "worker",
                "--pool",
                "threads",
                "--concurrency",
                "4",
                "--loglevel",
                "WARNING",
                "--without-gossip",
            ],
        ),
        Part("beat", [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(schedule), "--pidfile="]),
    ]


class Command(BaseCommand):
    help = "Run the portal: web, worker and beat, until Ctrl-C. A local run also migrates and connects first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--host", default="127.0.0.1" if settings.LOCAL else "0.0.0.0")  # noqa: S104 - in a container

    def handle(self, *args: object, port: int, host: str, **options: object) -> None:
        claim_port(host, port)
        claim_folder()
        if settings.LOCAL:
            call_command("migrate", interactive=False, verbosity=0)
            if settings.PLATFORM_USERNAME and settings.PLATFORM_PASSWORD:
                self._connect()
        self.stdout.write(f"The portal is at http://localhost:{port}/ (Ctrl-C stops it)")
        local.leave_if_told()
        status = supervise(parts(port=port, host=host), environ=os.environ)
        sys.exit(status)

    def _connect(self) -> None:
        """A platform that is down must not keep the portal from starting: it says so, and so do its pages."""
        try:
            call_command("connect_partners", stdout=self.stdout)
        except CommandError as error:
            self.stderr.write(f"Not connected: {error}")


def claim_folder() -> None:
    """Two portals on one folder would share servers that go with the first of them to end. The lock is held until this
    process is gone, however it goes."""
    folder = local.folder(os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(f"A portal already runs on {folder}. Stop it first, or give another VAR_DIR.") from error


def claim_port(host: str, port: int) -> None:
    """Say in words that a port is taken, before anything starts."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used ({error.strerror}). Choose another: PORT=8080.") from error
