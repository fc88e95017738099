"""Mail to people about their account. It is written in the background: a request neither waits for a mail server nor
tells, by the time it takes, whether an address is known."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from kombu.exceptions import OperationalError

from attribution_portal.accounts.models import User

log = logging.getLogger(__name__)

# A mail that could not be sent within this time says nothing new any more.
EXPIRES = 15 * 60


def request_reset(request: HttpRequest, address: str) -> None:
    """Ask for a mail with a link that sets a new password, if `address` is known. The link leads to the host that was
    asked, which is one of ALLOWED_HOSTS."""
    from attribution_portal.accounts.tasks import send_reset

    _queue(send_reset, address, translation.get_language() or settings.LANGUAGE_CODE, request.build_absolute_uri("/"))


def notify(subject: str, body: str, address: str) -> None:
    """Tell a person what happened to their account."""
    from attribution_portal.accounts.tasks import deliver

    _queue(deliver, subject, body, address)


def send_reset(address: str, language: str, site: str) -> None:
    """Write to `address`, if a person who may sign in has it. `site` is the portal's own address, with a slash."""
    user = User.objects.filter(email=address, is_active=True).first()
    if user is None:
        return
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    with translation.override(language):
        context = {"link": site.rstrip("/") + path, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
        subject = render_to_string("account/email/password_reset_key_subject.txt", context)
        body = render_to_string("account/email/password_reset_key_message.txt", context)
    send(" ".join(subject.split()), body.strip() + "\n", user.email)


def send(subject: str, body: str, address: str) -> None:
    EmailMessage(subject=subject, body=body, to=[address]).send()


def _queue(task: Any, *args: str) -> None:
    try:
        task.apply_async(args=args, expires=EXPIRES, retry=False)
    except OperationalError:
        # Redis is away. What the person did is done; that no mail tells of it is for whoever reads the log.
        log.error("No mail could be queued: the broker cannot be reached (%s)", task.name)
