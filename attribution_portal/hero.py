"""What stands at the head of an event's pages: which event this is, when and where, and its states as badges."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.formats import Reader
from attribution_portal.panels import Badge, Text
from attribution_portal.platform_api.payloads import Event
from attribution_portal.templating import CAMPAIGN_STATES


@dataclass(frozen=True, slots=True)
class Hero:
    """`facts` are date in the partner's zone, place and capacity, as far as the platform tells them."""

    title: str
    facts: tuple[str, ...] = ()
    badges: tuple[Badge, ...] = ()


# The platform's words (§5), which are open: one that is not here is shown as itself. "" = says nothing worth a badge.
_STATES: dict[str, tuple[Text, str]] = {
    "ACTIVE": ("", ""),
    "DEFAULT": ("", ""),
    "ARCHIVED": (gettext_lazy("Archived"), "ended"),
    "CANCELLED": (gettext_lazy("Cancelled"), "failing"),
    "FLAGGED": (gettext_lazy("Flagged"), "notice"),
    "HIDDEN": (gettext_lazy("Hidden"), "neutral"),
}
# Beside an event's title the word alone would be read as the event's.
_CAMPAIGN_STATES: dict[str, Text] = {
    "RUNNING": gettext_lazy("Campaign running"),
    "OPEN": gettext_lazy("Campaign open"),
    "CLOSED": gettext_lazy("Campaign closed"),
    "IGNORED": gettext_lazy("Campaign ignored"),
}


def hero(event: Event | None, *, eid: str, reader: Reader) -> Hero:
    """event: None when it could not be read; the page is then headed by the id that was asked for."""
    if event is None:
        return Hero(title=eid)
    facts = []
    if event.starts_at is not None:
        facts.append(reader.instant(event.starts_at))
    place = ", ".join(part for part in (event.hall, event.venue, event.city) if part)
    if place:
        facts.append(place)
    if event.capacity is not None:
        facts.append(_("%(n)s places") % {"n": reader.count(event.capacity)})
    badges = [_state(word) for word in (event.status, event.frontend_status) if word]
    if event.campaign_status:
        badges.append(_campaign_state(event.campaign_status))
    shown = dict.fromkeys(badge for badge in badges if badge.text)
    return Hero(title=event.title or eid, facts=tuple(facts), badges=tuple(shown))


def _state(word: str) -> Badge:
    text, kind = _STATES.get(word.upper(), (word, "neutral"))
    return Badge(str(text), kind)


def _campaign_state(word: str) -> Badge:
    _text, kind = CAMPAIGN_STATES.get(word.upper(), ("", "neutral"))
    return Badge(str(_CAMPAIGN_STATES.get(word.upper(), word)), kind)
