"""What Celery runs for accounts: mail, and clearing away sessions that have ended. A mail server that is away for a
moment is asked again."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any, Final

from celery import shared_task

from attribution_portal.accounts import mail, sessions

AGAIN: Final[dict[str, Any]] = {
    "autoretry_for": (SMTPException, OSError),
    "retry_backoff": 5,
    "retry_kwargs": {"max_retries": 4},
}


@shared_task(name="accounts.send_reset", **AGAIN)
def send_reset(address: str, language: str, site: str) -> None:
    mail.send_reset(address, language, site)


@shared_task(name="accounts.deliver", **AGAIN)
def deliver(subject: str, body: str, address: str) -> None:
    mail.send(subject, body, address)


@shared_task(name="accounts.clear_sessions")
def clear_sessions() -> None:
    sessions.clear()
