"""What was typed into a form that could not be taken: kept for the person who typed it, shown to them once more, never
sent for them.

Where a proof is asked for (`reauthentication`) the session says who it was. Where the session has ended, or the person
has signed in again in another tab, the form says so itself, by `{% sender %}`: a signed note of the person for whom its
page was drawn. What the form's own address answers to GET is, or leads to, the page that shows the draft:

    if request.method != "POST":
        typed = drafts.draft(request)           # None for whoever was not led away
"""

from __future__ import annotations

import time
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from attribution_portal.accounts.models import User

SESSION_KEY: Final = "portal_drafts"
DRAFTS_KEPT: Final = 4
DRAFT_SECONDS: Final = 15 * 60
# Characters of one draft: a thousand letters of any script, percent-encoded, and the short fields beside them.
LONGEST: Final = 16_000
SENDER: Final = "sender"
# A draft lies in the session table in the clear, no place for a secret; a token belongs to the page it came in.
NEVER_KEPT: Final = frozenset({"csrfmiddlewaretoken", "password", "token", SENDER})


def sender(user: User) -> str:
    """What a form carries of the person whom it was drawn for."""
    return signing.dumps(user.pk, salt=SENDER)


def keep(request: HttpRequest) -> bool:
    """Keep the fields of a form that is not taken. False where it does not say whose it is, where that is not who is
    signed in now, and where it is too long. The note of the sender stands in pages of that person alone, so that nobody
    else's site can leave something here."""
    person = _sender(request)
    user = request.user
    if person is None or (user.is_authenticated and user.pk != person):
        return False
    return _keep(request, person)


def keep_own(request: HttpRequest) -> bool:
    """The same for somebody signed in whose form has passed every check but the one for a recent proof."""
    assert request.user.pk is not None  # noqa: S101 - signed in
    return _keep(request, request.user.pk)


def draft(request: HttpRequest, path: str | None = None, *, told: str = "") -> QueryDict | None:
    """What was typed into the form that is sent to `path` (by default the page's own address) when it was not taken;
    given once, within a quarter of an hour, without secrets, to nobody else. The page says that nothing was sent;
    `told`: the tag of the message, where the page shows it beside the form."""
    drafts: dict[str, Any] = request.session.get(SESSION_KEY, {})
    kept = drafts.pop(path or request.path, None)
    if kept is None:
        return None
    request.session[SESSION_KEY] = drafts
    if time.time() - kept["at"] > DRAFT_SECONDS or kept.get("by") != request.user.pk:
        return None
    words = _("Nothing has been sent yet. Look at what you entered once more, then send it again.")
    messages.info(request, words, told)
    return QueryDict(kept["fields"])


def _sender(request: HttpRequest) -> int | None:
    try:
        person = signing.loads(request.POST.get(SENDER, ""), salt=SENDER, max_age=settings.SESSION_COOKIE_AGE)
    except signing.BadSignature:
        return None
    return person if isinstance(person, int) else None


def _keep(request: HttpRequest, person: int) -> bool:
    fields = request.POST.copy()
    for name in NEVER_KEPT & fields.keys():
        del fields[name]
    typed = fields.urlencode()
    if len(typed) > LONGEST:
        return False
    drafts = request.session.get(SESSION_KEY, {})
    drafts[request.path] = {"fields": typed, "at": time.time(), "by": person}
    newest = sorted(drafts.items(), key=lambda item: item[1]["at"])[-DRAFTS_KEPT:]
    request.session[SESSION_KEY] = dict(newest)
    if not request.user.is_authenticated:
        # What nobody comes back for is cleared away with its session.
        request.session.set_expiry(DRAFT_SECONDS)
    return True


@receiver(user_logged_in)
def _leave_to_its_owner(request: HttpRequest, user: User, **_kwargs: object) -> None:
    """Signing in takes over the session of before, whoever it was that had typed something there."""
    if SESSION_KEY not in request.session:
        return
    drafts = request.session[SESSION_KEY]
    request.session[SESSION_KEY] = {path: kept for path, kept in drafts.items() if kept.get("by") == user.pk}
    request.session.set_expiry(None)
