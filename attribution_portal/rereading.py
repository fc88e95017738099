"""Reading a page's answers anew when somebody asks for it, and telling what that changed.

One person's wish serves everybody: who asks while it is under way waits for it, and who asks soon afterwards is shown
what it brought. So the platform is asked at most once in `PAUSE_SECONDS`, however often the button is pressed.

    read = answers.read(partner, eid=eid)
    page = Page(..., seen=rereading.marks(read.outcomes))          # for `includes/reread.html`
    made = rereading.reread(partner, page=f"event {eid}", seen=..., read=...)
    rereading.tell(request, made, words)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal import http
from attribution_portal.formats import Reader
from attribution_portal.http import PortalRequest
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import configuration, store, turns
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.payloads import Reading

PAUSE_SECONDS: Final = 20
_LOCK_SECONDS: Final = 15.0

# What was asked, by the page's own names for it; a question that was not asked is not in it.
Outcomes = Mapping[str, Reading[Any] | PlatformError]


class Read(Protocol):
    def __call__(self, *, again: bool) -> Outcomes:
        """Everything that the page asks; again: past the cache, whose answers are then renewed."""


@dataclass(frozen=True, slots=True)
class Reread:
    """anew: whether this wish made the platform be asked. wait: else, the seconds until another may. asked, changed and
    unread: names of answers, in the page's order; what changed is told against what the person saw (`compared`: whether
    that is known)."""

    anew: bool
    wait: int
    asked: tuple[str, ...]
    changed: tuple[str, ...]
    unread: tuple[str, ...]
    compared: bool


def reread(partner: Partner, *, page: str, seen: str, read: Read) -> Reread:
    """page: which of the partner's pages, in words of the room's own. seen: `marks` of what the person has on screen.
    Raises NotFound where the page's "event" is none, and no other PlatformError."""
    name = f"portal:{quote(partner.partner_id, safe='')}:refreshed:{quote(page, safe='')}"
    patience = configuration.number("PLATFORM_PAGE_SECONDS")
    with turns.shared_turn(f"{name}:turn", wait=patience, expires=_LOCK_SECONDS) as is_mine:
        wait = _seconds_left(name)
        anew = is_mine and wait == 0
        if anew:
            # Noted first: a platform that is down is not asked again and again either.
            _note(name)
        outcomes = read(again=anew)
    event = outcomes.get("event")
    if isinstance(event, NotFound):
        raise event
    before, now = _parsed(seen), dict(_marks(outcomes))
    return Reread(
        anew=anew,
        wait=max(wait, 1),
        asked=tuple(outcomes),
        changed=tuple(part for part, mark in now.items() if before and before.get(part) != mark),
        unread=tuple(part for part, outcome in outcomes.items() if _is_unread(outcome)),
        compared=bool(before),
    )


def tell(request: PortalRequest, made: Reread, words: Mapping[str, str]) -> None:
    """A message on what is new. words: what people call each of the answers."""
    reader = http.reader(request)
    if len(made.unread) == len(made.asked):
        messages.error(request, _("Nothing could be read. What is shown is unchanged."))
        return
    said = [] if made.anew else [_asked_a_moment_ago(made.wait, reader)]
    if made.unread:
        said.append(_("Could not be read: %(names)s.") % {"names": _names(made.unread, words, reader)})
    if made.anew:
        said.append(_("The rest was read anew.") if made.unread else _("Everything on this page was read anew."))
    if made.changed:
        said.append(_("New since you opened it: %(names)s.") % {"names": _names(made.changed, words, reader)})
    elif made.compared and not made.unread:
        said.append(_("Nothing has changed."))
    level = messages.ERROR if made.unread else messages.SUCCESS if made.changed else messages.INFO
    messages.add_message(request, level, " ".join(said))


def back_to(page: str) -> HttpResponseRedirect:
    """From the form to the page, which is then asked for with GET."""
    response = HttpResponseRedirect(page)
    response.status_code = 303
    return response


def marks(outcomes: Outcomes) -> str:
    """What the page shows, so that a form can carry it: `event:1f0c… daily:83aa…`, equal where the answers are."""
    return " ".join(f"{part}:{mark}" for part, mark in _marks(outcomes))


def _asked_a_moment_ago(wait: int, reader: Reader) -> str:
    """Also where the platform did not answer then."""
    return ngettext(
        "The platform was asked a moment ago; it can be again in %(n)s second.",
        "The platform was asked a moment ago; it can be again in %(n)s seconds.",
        wait,
    ) % {"n": reader.count(wait)}


def _names(parts: tuple[str, ...], words: Mapping[str, str], reader: Reader) -> str:
    return reader.listing([words[part] for part in parts])


def _parsed(text: str) -> Mapping[str, str]:
    """`marks` as they come back; what is not one is left out."""
    return {part: mark for part, colon, mark in (word.partition(":") for word in text[:1000].split()) if colon and mark}


def _is_unread(outcome: Reading[Any] | PlatformError) -> bool:
    """A platform that says no has answered."""
    return isinstance(outcome, PlatformError) and not isinstance(outcome, NotPermitted | NotFound)


def _marks(outcomes: Outcomes) -> list[tuple[str, str]]:
    return [
        (part, _mark(_Same(outcome.value)) if isinstance(outcome, Reading) else type(outcome).__name__)
        for part, outcome in outcomes.items()
        if not _is_unread(outcome)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """One object, whatever it equals: comparing three years of sales to find their mark would cost what the mark does.
    The cache of answers hands out the same object as long as the answer is the same."""

    value: object

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value


@lru_cache(maxsize=256)
def _mark(same: _Same) -> str:
    """Of the values, not of the body: that may hold the moment at which it was written."""
    return hashlib.sha256(repr(same.value).encode()).hexdigest()[:12]


def _seconds_left(name: str) -> int:
    try:
        return max(0, int(store.attempt(lambda client: client.ttl(name))))
    except store.StoreDown:
        return 0


def _note(name: str) -> None:
    try:
        store.attempt(lambda client: client.set(name, "1", ex=PAUSE_SECONDS))
    except store.StoreDown:
        # Without Redis nothing is kept either, so that every page asks the platform anyway.
        return
