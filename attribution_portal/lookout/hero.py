"""What stands at the head of an event's page: which event this is, when and where, and its states as badges."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.formats import Reader
from attribution_portal.platform_api.payloads import Event


@dataclass(frozen=True, slots=True)
class Badge:
    """`kind` is one of the kinds that `{% badge %}` draws."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Hero:
    """`facts` are date in the partner's zone, place and capacity, as far as the platform tells them."""

    title: str
    facts: tuple[str, ...] = ()
    badges: tuple[Badge, ...] = ()


# The platform's words (§5), which are open: one that is not here is shown as itself. "" = says nothing worth a badge.
_STATUS: dict[str, tuple[Promise | str, str]] = {
    "active": ("", ""),
    "archived": (gettext_lazy("Archived"), "ended"),
    "cancelled": (gettext_lazy("Cancelled"), "failing"),
}
_FRONTEND_STATUS: dict[str, tuple[Promise | str, str]] = {
    "DEFAULT": ("", ""),
    "FLAGGED": (gettext_lazy("Flagged"), "notice"),
    "HIDDEN": (gettext_lazy("Hidden"), "neutral"),
    "CANCELLED": (gettext_lazy("Cancelled"), "failing"),
}
_CAMPAIGN_STATUS: dict[str, tuple[Promise | str, str]] = {
    "RUNNING": (gettext_lazy("Campaign running"), "active"),
    "OPEN": (gettext_lazy("Campaign open"), "neutral"),
    "CLOSED": (gettext_lazy("Campaign closed"), "ended"),
    "IGNORED": (gettext_lazy("Campaign ignored"), "neutral"),
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
    badges = [
        badge
        for words, value in (
            (_STATUS, event.status),
            (_FRONTEND_STATUS, event.frontend_status),
            (_CAMPAIGN_STATUS, event.campaign_status),
        )
        if value and (badge := _badge(words, value)).text
    ]
    return Hero(title=event.title or eid, facts=tuple(facts), badges=tuple(dict.fromkeys(badges)))


def _badge(words: dict[str, tuple[Promise | str, str]], value: str) -> Badge:
    text, kind = words.get(value, (value, "neutral"))
    return Badge(str(text), kind)
