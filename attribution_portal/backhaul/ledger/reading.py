"""How a package stands, as stored: what every page that names packages asks first. Reads Postgres only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from attribution_portal.backhaul import state
from attribution_portal.backhaul.ledger import snapshot, standing
from attribution_portal.backhaul.models import Evaluation, Package, PartnerPoll, PollState
from attribution_portal.backhaul.state import Facts, State
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import errors

# With these errors nothing reaches the platform; with others it answers, if not what was asked for.
UNREACHABLE: Final = frozenset({errors.Unavailable.__name__, errors.SignInFailed.__name__})


@dataclass(frozen=True, slots=True)
class Standing:
    """A package as stored, and what follows from it at `facts.now`. `next_due`: when it is read again, None for
    never. `away`: why nothing can be sent to the platform now, "" while that is not known; `is_tried`: whether that is
    found out again while somebody looks (`outages.looked_at`)."""

    package: Package
    poll: PollState
    latest: Evaluation | None
    facts: Facts
    state: State
    error: str
    next_due: datetime | None
    away: str
    is_tried: bool


def standing_of(*, partner: Partner, package: Package, parked: PartnerPoll | None, now: datetime) -> Standing:
    poll = package.poll
    facts = standing.facts(partner=partner, package=package, poll=poll, latest=poll.latest, parked=parked, now=now)
    failed = poll.last_error or (parked.last_error if parked else "")
    next_due, errors_now = poll.next_due, [poll.last_error]
    if parked is not None and parked.parked_until is not None:
        next_due = max(next_due, parked.parked_until) if next_due is not None else None
        errors_now.append(parked.last_error)
    found = state.of(facts)
    away = next((name for name in errors_now if name in UNREACHABLE), "") if found is State.FAILING else ""
    return Standing(
        package,
        poll,
        poll.latest,
        facts,
        found,
        error_words(failed),
        next_due=next_due,
        away=error_words(away),
        is_tried=away == errors.Unavailable.__name__,
    )


def known_at(*, partner: Partner, package: Package, until: datetime | None, now: datetime) -> Standing:
    """How the package stands now, or as it was known at a past moment."""
    if until is None:
        return standing_of(partner=partner, package=package, parked=parked_with(package), now=now)
    then = snapshot.take(package, until)
    return standing_of(partner=partner, package=then, parked=None, now=until)


def error_words(name: str) -> str:
    """The sentence of an error class, in the language of the moment; "" for none."""
    kind = getattr(errors, name, errors.PlatformError) if name else None
    return str(kind.sentence) if kind is not None else ""


def parked(partner: Partner) -> PartnerPoll | None:
    return PartnerPoll.objects.filter(partner=partner).first()


def parked_with(package: Package) -> PartnerPoll | None:
    """The same of a package that was found with its partner."""
    try:
        return package.partner.poll
    except PartnerPoll.DoesNotExist:
        return None


def package_url(partner: Partner, package: Package) -> str:
    # The partner is at hand: following the foreign key would cost a query.
    return reverse("backhaul:package", args=[partner.partner_id, package.package_id])
