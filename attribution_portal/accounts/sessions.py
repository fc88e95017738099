"""Where a person is signed in: by address, browser and time, each to be ended from afar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from attribution_portal.accounts.models import User
from attribution_portal.audit import sign_ins

# Written down no more often than this.
SEEN_EVERY: Final = timedelta(minutes=5)

# The first that matches counts: most browsers name others as well.
BROWSERS: Final = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
SYSTEMS: Final = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session, as its owner recognises it."""

    pk: int
    browser: str
    address: str
    since: datetime
    seen: datetime
    is_this: bool


def of(request: HttpRequest, user: User) -> list[SignedIn]:
    """Sessions that still are: this one first, then by when they were last seen."""
    found = [
        SignedIn(
            pk=session.pk,
            browser=browser_in_words(session.user_agent),
            address=session.ip,
            since=session.created_at,
            seen=session.last_seen_at,
            is_this=session.session_key == request.session.session_key,
        )
        for session in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda each: (each.is_this, each.seen), reverse=True)


def end(request: HttpRequest, sessions: list[UserSession]) -> None:
    """Sign out there, and put each on record. None of them is the one that asks."""
    for session in sessions:
        browser = browser_in_words(session.user_agent)
        sign_ins.session_ended(request, address=session.ip, browser=browser)
        session.end()


@receiver(authenticator_added)
def _prove_it_everywhere(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: object) -> None:
    """With the first second factor, all other sessions end: they began without one, and whoever knew the password
    alone would find open in theirs what the factor is to protect."""
    factors = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES and factors.count() == 1:
        end(request, list(UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)))


def seen(request: HttpRequest) -> None:
    """Remember that this session is in use, and from where."""
    now = timezone.now()
    news = {"last_seen_at": now} | ({"ip": address} if (address := request.META.get("REMOTE_ADDR")) else {})
    stale = UserSession.objects.filter(session_key=request.session.session_key, last_seen_at__lt=now - SEEN_EVERY)
    stale.update(**news)


def clear() -> None:
    """Forget sessions whose time is over, and what was remembered of them. Their owners see them no more either way."""
    SessionStore.clear_expired()
    kept = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.exclude(Exists(kept)).delete()


def browser_in_words(user_agent: str) -> str:
    """Browser and system, such as "Firefox on Windows"; of a program that is neither, what it calls itself."""
    browser = next((name for name, pattern in BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for name, pattern in SYSTEMS if re.search(pattern, user_agent)), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or _("Unknown browser")
