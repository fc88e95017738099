"""What the picker and a partner's start page show."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from attribution_portal.accounts.models import User
from attribution_portal.panels import Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Membership, Partner
from attribution_portal.platform_api import events
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import Event, Page

EVENTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Home:
    """The start page: the platform's first page of events, flagged ones first."""

    partner: Partner
    events: Panel[Page[Event]]


def memberships(user: User) -> list[Membership]:
    return list(Membership.objects.filter(user=user).select_related("partner").order_by("partner__name"))


def home(partner: Partner) -> Home:
    caller = caller_for(partner)
    query = EventQuery(limit=EVENTS_SHOWN, flagged_to_top=True)
    answers = gather(deadline=caller.deadline, events=lambda: events.list_events(caller=caller, query=query))
    return Home(
        partner=partner,
        events=Panel.of(
            "events",
            answers["events"],
            caption=_("Events as the platform lists them, flagged ones first."),
            empty=_("The platform lists no events for this partner yet."),
            is_empty=lambda page: not page.items,
        ),
    )
