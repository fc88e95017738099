"""A partner's defaults: what packages without settings of their own go by. Read anew whenever somebody looks; changed
by one intent, at most one POST, and an outcome that is known or said to be unknown.

An unknown outcome is resolved by reading the defaults back, at once and then by whoever looks next or by polling
(`settle`), never by sending again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from attribution_portal.audit.trail import Actor
from attribution_portal.backhaul import clock, outages
from attribution_portal.backhaul.ledger import intents
from attribution_portal.backhaul.ledger.intents import Basis, Outcome
from attribution_portal.backhaul.models import DefaultsChange, PollState
from attribution_portal.backhaul.precedence import changed
from attribution_portal.backhaul.settings import following, known_defaults
from attribution_portal.backhaul.state import IN_DOUBT
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import NotPermitted, PlatformError, Unknown
from attribution_portal.platform_api.payloads import AttributionSettings, Reading

# How long polling looks after a change whose outcome nobody knows.
LOOKED_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Known:
    """The defaults as just read; or, with the `error` that kept them from being read, as last known, if ever. One of
    the two is always there."""

    reading: Reading[AttributionSettings] | None
    error: PlatformError | None


def look(partner: Partner) -> Known:
    """From the platform; while it cannot be asked, its last answer, marked stale."""
    caller = caller_for(partner)
    began = clock.now()
    try:
        reading = packages.partner_defaults(caller=caller.rereading())
    except NotPermitted as error:
        return Known(None, error)
    except PlatformError as error:
        try:
            last = packages.partner_defaults(caller=caller)
        except PlatformError:
            return Known(None, error)
        return Known(replace(last, stale=True), error)
    read_at = reading.read_at + clock.ahead(clock.now())
    known_defaults.remember(partner=partner, settings=reading.value, read_at=read_at)
    _settle(partner, reading.value, began)
    return Known(reading, None)


def newest(partner: Partner) -> DefaultsChange | None:
    """The newest change made here that was not refused, and is not known to have got lost."""
    made = DefaultsChange.objects.filter(partner=partner).exclude(outcome__in=DefaultsChange.IN_VAIN)
    return made.select_related("user").order_by("-made_at", "-pk").first()


def last_sent(partner: Partner) -> DefaultsChange | None:
    """The newest change made here that was not refused, also one that got lost: what people are told about."""
    made = DefaultsChange.objects.filter(partner=partner).exclude(outcome=DefaultsChange.Outcome.REFUSED)
    return made.select_related("user").order_by("-made_at", "-pk").first()


def save(*, partner: Partner, wanted: AttributionSettings, basis: Basis | None, actor: Actor, token: UUID) -> Outcome:
    """Replace the defaults (contract §8). Raises PlatformError when they certainly were not taken: unreadable before,
    refused, or never sent; Moved when something else than `basis` is in force. The intent is stored and on record
    before it is sent, so that a second click, a reload or another tab finds its token used."""
    if DefaultsChange.objects.filter(token=token).exists():
        return Outcome.SENT_BEFORE
    in_force = packages.partner_defaults(caller=caller_for(partner).rereading()).value
    if in_force == wanted:
        return Outcome.NOTHING_CHANGED
    change = _begin(partner, wanted, in_force=in_force, basis=basis, actor=actor, token=token)
    if change is None:
        return Outcome.SENT_BEFORE
    try:
        taken = packages.post_partner_defaults(caller=caller_for(partner), settings=wanted)
    except Unknown as error:
        outcome, request_id = _read_back(partner, wanted), error.request_id or ""
    except PlatformError as error:
        _conclude(change, DefaultsChange.Outcome.REFUSED, actor, error.request_id or "")
        raise
    else:
        outcome, request_id = DefaultsChange.Outcome.DONE, taken.request_id
    _conclude(change, outcome, actor, request_id)
    return Outcome.DONE if outcome == DefaultsChange.Outcome.DONE else Outcome.UNKNOWN


def in_doubt(now: datetime) -> list[Partner]:
    """The partners with a change whose outcome nobody knows, and which are looked after for an hour."""
    made = Q(made_at__gt=now - LOOKED_AFTER, made_at__lt=now - intents.LONGEST_SENDING)
    doubtful = DefaultsChange.objects.filter(made, outcome=DefaultsChange.Outcome.UNKNOWN)
    partners = Partner.objects.filter(connected=True, switched_off_at=None)
    return list(partners.filter(pk__in=doubtful.values("partner")).select_related("service_account"))


def settle(partner: Partner) -> None:
    """Read the defaults back in the polling lane for a change in doubt. Raises PlatformError."""
    began = clock.now()
    reading = packages.partner_defaults(caller=caller_for(partner, lane="polling"))
    _settle(partner, reading.value, began)


def _begin(
    partner: Partner,
    wanted: AttributionSettings,
    *,
    in_force: AttributionSettings,
    basis: Basis | None,
    actor: Actor,
    token: UUID,
) -> DefaultsChange | None:
    """The intent, stored; None when its token was used. Whoever changes this partner's defaults stands in line, so that
    the second of two finds what the first one stored. Raises Moved."""
    with transaction.atomic(durable=True):
        outages.lock(partner)
        if DefaultsChange.objects.filter(token=token).exists():
            return None
        intents.check(basis, in_force=in_force, newest=newest(partner))
        change = DefaultsChange(
            partner=partner,
            user=actor.user,
            made_at=clock.now(),
            outcome=DefaultsChange.Outcome.UNKNOWN,
            token=token,
        )
        change.settings, change.before = wanted, in_force
        change.save(force_insert=True)
        intents.put_on_record(change, actor=actor)
    return change


def _read_back(partner: Partner, wanted: AttributionSettings) -> DefaultsChange.Outcome:
    """Anything but the wanted values leaves it open: the POST may still be on its way."""
    try:
        reading = packages.partner_defaults(caller=caller_for(partner).rereading())
    except PlatformError:
        return DefaultsChange.Outcome.UNKNOWN
    return DefaultsChange.Outcome.DONE if reading.value == wanted else DefaultsChange.Outcome.UNKNOWN


def _settle(partner: Partner, in_force: AttributionSettings, began: datetime) -> None:
    """What a reading that began at `began` says about changes of which nobody heard again, also about one whose process
    died. Only the newest can be what is in force; one that is not, long after it was sent, did not arrive."""
    known = newest(partner)
    if known is None:
        return
    doubtful = DefaultsChange.objects.filter(partner=partner, outcome=DefaultsChange.Outcome.UNKNOWN, made_at__lt=began)
    for change in doubtful.order_by("-made_at", "-pk"):
        change.partner = partner
        if change.settings == in_force:
            if change.pk == known.pk:
                _conclude(change, DefaultsChange.Outcome.DONE, Actor.portal())
        elif began - change.made_at > IN_DOUBT:
            _conclude(change, DefaultsChange.Outcome.NOT_TAKEN, Actor.portal())


def _conclude(
    change: DefaultsChange, outcome: DefaultsChange.Outcome, actor: Actor, platform_request: str = ""
) -> None:
    """Stored and on record, once. What went by the old defaults is read at once: it goes by the new ones now."""
    with transaction.atomic():
        stored = DefaultsChange.objects.select_for_update().get(pk=change.pk)
        if stored.outcome != DefaultsChange.Outcome.UNKNOWN:
            return
        stored.outcome = change.outcome = outcome
        stored.save(update_fields=["outcome"])
        if outcome == DefaultsChange.Outcome.DONE:
            now = clock.now()
            known_defaults.remember(partner=change.partner, settings=change.settings, read_at=now)
            names = changed(change.before, change.settings)
            affected = following.packages_of(change.partner).filter(following.takes_any(names)).values("pk")
            later = PollState.objects.select_for_update().filter(pk__in=affected, next_due__gt=now).order_by("pk")
            due = list(later.values_list("pk", flat=True))
            PollState.objects.filter(pk__in=due).update(next_due=now)
        intents.conclude(change, actor=actor, platform_request=platform_request)
