"""Reading an event's page anew when somebody asks for it, and telling what that changed.

One person's wish serves everybody: who asks while it is under way waits for it, and who asks soon afterwards is shown
what it brought. So the platform is asked at most once in `PAUSE_SECONDS`, however often the button is pressed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from attribution_portal.lookout import answers
from attribution_portal.lookout.answers import Answers
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import configuration, store, turns
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Reading

PAUSE_SECONDS: Final = 20
_LOCK_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Refreshed:
    """anew: whether this wish made the platform be asked. wait: else, the seconds until another may. changed and
    unread: names of answers, in the order of `Answers`; what changed is told against what the person saw."""

    anew: bool
    wait: int
    changed: tuple[str, ...]
    unread: tuple[str, ...]


def refresh(partner: Partner, *, eid: str, sibling: str, seen: Mapping[str, str]) -> Refreshed:
    """seen: `marks` of what the person has on screen. Never raises a PlatformError."""
    name = f"portal:{quote(partner.partner_id, safe='')}:refreshed:{quote(eid, safe='')}"
    patience = configuration.number("PLATFORM_PAGE_SECONDS")
    with turns.shared_turn(f"{name}:turn", wait=patience, expires=_LOCK_SECONDS) as is_mine:
        wait = _seconds_left(name)
        anew = is_mine and wait == 0
        if anew:
            # Noted first: a platform that is down is not asked again and again either.
            _note(name)
        read = answers.read(partner, eid=eid, sibling=sibling, again=anew)
    now = dict(_marks(read))
    return Refreshed(
        anew=anew,
        wait=max(wait, 1),
        changed=tuple(part for part, mark in now.items() if seen and seen.get(part) != mark),
        unread=tuple(part for part, outcome in _outcomes(read) if isinstance(outcome, PlatformError)),
    )


def marks(read: Answers) -> str:
    """What the page shows, so that a form can carry it: `event:1f0c… daily:83aa…`, equal where the answers are."""
    return " ".join(f"{part}:{mark}" for part, mark in _marks(read))


def parse(text: str) -> Mapping[str, str]:
    """`marks` as they come back; what is not one is left out."""
    return {part: mark for part, colon, mark in (word.partition(":") for word in text[:1000].split()) if colon and mark}


def _outcomes(read: Answers) -> Iterator[tuple[str, object]]:
    return ((part.name, getattr(read, part.name)) for part in fields(Answers))


def _marks(read: Answers) -> Iterator[tuple[str, str]]:
    for part, outcome in _outcomes(read):
        if isinstance(outcome, Reading):
            yield part, _mark(_Same(outcome.value))


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
