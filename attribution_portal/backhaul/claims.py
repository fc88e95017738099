"""The packages that claim an event's revenue: their latest results in the ledger, as they count (contract §8)."""

from __future__ import annotations

from django.urls import reverse

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.models import PollState
from attribution_portal.claims import Claim
from attribution_portal.formats import Reader
from attribution_portal.partners.models import Partner

# The one model that counts sales of the package's events only; the others may count those of any event.
OF_ITS_EVENTS = "EVENTS_FROM_PACKAGE"


def of_event(partner: Partner, eid: str, reader: Reader) -> tuple[Claim, ...]:
    """One claim for each package that contains the event, by the settings its result belongs to. One look at Postgres.

    A result is of the package's people and its model's purchases: only where the package holds this event alone and its
    model counts no others is it known to be this event's."""
    found = (
        PollState.objects.filter(
            partner=partner,
            package__partner=partner,
            package__vanished_at=None,
            package__events__contains=[{"id": eid}],
        )
        .select_related("package", "latest")
        .only(
            "package__package_id",
            "package__title",
            "package__events",
            "latest__model",
            "latest__window",
            "latest__email_sent_date",
            "latest__revenue",
            "latest__last_confirmed",
        )
    )
    return tuple(_claim(partner, poll, eid, reader) for poll in found)


def _claim(partner: Partner, poll: PollState, eid: str, reader: Reader) -> Claim:
    package, latest = poll.package, poll.latest
    events = {event["id"] for event in package.events}
    return Claim(
        id=package.package_id,
        title=package.title or package.package_id,
        href=reverse("backhaul:package", args=[partner.partner_id, package.package_id]),
        counts=wording.settings_sentence(latest.settings, events=len(events), reader=reader) if latest else "",
        revenue=latest.revenue if latest else None,
        events=len(events),
        alone=latest is not None and latest.model == OF_ITS_EVENTS and events == {eid},
        read_at=latest.last_confirmed if latest else None,
    )
