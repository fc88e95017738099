"""The Celery application and its beat table."""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.schedules import crontab
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attribution_portal.settings")

if os.environ.get("PORTAL_ENV") == "local":
    # A newcomer's container often has no user but root; in production the warning stands.
    warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("attribution_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [f"attribution_portal.{room}" for room in ("accounts", "partners", "backhaul", "lookout", "wave")],
)

# A tick that waited longer than its interval is dropped: the next one does the same work. Two beats are harmless, since
# the claim in the database decides who reads what.
app.conf.beat_schedule = {
    "claim-due-packages": {
        "task": "backhaul.claim_due",
        "schedule": 5.0,
        "options": {"expires": 4.5},
    },
    "list-packages": {
        "task": "backhaul.list_packages",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "look-after-changes": {
        "task": "lookout.look_after",
        "schedule": 300.0,
        "options": {"expires": 290},
    },
    "check-accounts": {
        "task": "partners.check_accounts",
        "schedule": 3600.0,
        "options": {"expires": 3500},
    },
    "prune-polling": {
        "task": "backhaul.prune",
        "schedule": crontab(hour=3, minute=50),
        "options": {"expires": 3600},
    },
    "clear-sessions": {
        "task": "accounts.clear_sessions",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 3600},
    },
}


@worker_ready.connect
def list_at_once(**_signal: object) -> None:
    """Beat's first tick comes after a whole interval; a portal that has just started should not wait for it."""
    app.send_task("backhaul.list_packages", expires=55)
