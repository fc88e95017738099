"""Connecting to the platform: sign in, learn which partners the account serves and what it may read of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import transaction

from attribution_portal.partners.connection import account_of, caller_for
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api import adjustments, events, packages, tokens
from attribution_portal.platform_api import partners as platform_partners
from attribution_portal.platform_api.errors import NotFound, NotPermitted, PlatformError
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import Page, PartnerInfo, Reading


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether the account may do one thing for one partner. `error` is None when it may."""

    name: str
    error: PlatformError | None


@dataclass(frozen=True, slots=True)
class Connected:
    """One partner of the account: stored, or not readable and why."""

    partner_id: str
    partner: Partner | None
    error: PlatformError | None
    abilities: tuple[Ability, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`disconnected`: partners that the account served before and its token no longer names; their data are kept."""

    connected: tuple[Connected, ...]
    disconnected: tuple[Partner, ...]


def store_account(*, username: str, password: str) -> ServiceAccount:
    """Create the service account, or change its password when another one is given."""
    account = ServiceAccount.objects.filter(username=username).first() or ServiceAccount(username=username)
    if not account.has_password(password):
        account.set_password(password)
        account.save()
    return account


def connect(service_account: ServiceAccount) -> Outcome:
    """Sign in and store every partner of the token's groups. Raises SignInFailed or Unavailable without a token."""
    partner_ids = tokens.groups(account_of(service_account))
    outcomes = tuple(_connect_partner(service_account, partner_id) for partner_id in partner_ids)
    lost = list(service_account.partners.filter(connected=True).exclude(partner_id__in=partner_ids))
    Partner.objects.filter(pk__in=[partner.pk for partner in lost]).update(connected=False)
    return Outcome(connected=outcomes, disconnected=tuple(lost))


def _connect_partner(service_account: ServiceAccount, partner_id: str) -> Connected:
    asked = caller_for(Partner(partner_id=partner_id, service_account=service_account))
    caller = replace(asked, reread=True)
    try:
        information = platform_partners.get(caller=caller).value
    except PlatformError as error:
        known = Partner.objects.filter(partner_id=partner_id).first()
        return Connected(partner_id=partner_id, partner=known, error=error, abilities=())
    partner = _store(service_account, partner_id, information)
    return Connected(partner_id=partner_id, partner=partner, error=None, abilities=_abilities(partner))


@transaction.atomic
def _store(service_account: ServiceAccount, partner_id: str, information: PartnerInfo) -> Partner:
    partner, _ = Partner.objects.update_or_create(
        partner_id=partner_id,
        defaults={
            "name": information.name[:200] or partner_id,
            "currency": information.currency or "",
            "has_lookout": information.has_lookout,
            "has_wave": information.has_wave,
            "default_event_model": (information.default_event_model or "")[:40],
            "service_account": service_account,
            "connected": True,
        },
    )
    return partner


def _abilities(partner: Partner) -> tuple[Ability, ...]:
    """One small read per kind of data; what belongs to an event is asked of the first event the account can see."""
    caller = replace(caller_for(partner), reread=True)
    first = gather(
        deadline=caller.deadline,
        events=lambda: events.list_events(caller=caller, query=EventQuery(limit=1)),
        packages=lambda: packages.list_packages(caller=caller),
    )
    probes: dict[str, Callable[[], object]] = {}
    listed = first["events"]
    if isinstance(listed, Reading) and isinstance(listed.value, Page) and listed.value.items:
        eid = listed.value.items[0].id
        probes = {
            "daily revenue": lambda: events.daily_revenue(caller=caller, eid=eid, currency=partner.currency or None),
            "sales adjustments": lambda: adjustments.list_for_event(caller=caller, eid=eid),
        }
    second = gather(deadline=caller.deadline, **probes)
    found = {
        "events": first["events"],
        "packages": first["packages"],
        **second,
    }
    return tuple(Ability(name=name, error=_failure(outcome)) for name, outcome in found.items())


def _failure(outcome: object) -> PlatformError | None:
    """Nothing there yet is no lack of permission."""
    if isinstance(outcome, PlatformError) and not isinstance(outcome, NotFound):
        return outcome
    return None


def in_words(outcome: Outcome) -> list[str]:
    """One line per finding, for the operator's terminal."""
    lines: list[str] = []
    for found in outcome.connected:
        if found.partner is None or found.error is not None:
            reason = found.error.sentence if found.error else ""
            lines.append(f"{found.partner_id}: not readable. {reason}".rstrip())
            continue
        partner = found.partner
        products = [word for word, has in (("Lookout", partner.has_lookout), ("Wave", partner.has_wave)) if has]
        lines.append(
            f"{partner.partner_id}: {partner.name}, {partner.currency or 'no currency given'}, "
            f"{' and '.join(products) or 'neither Lookout nor Wave'}."
        )
        may = [ability.name for ability in found.abilities if ability.error is None]
        may_not = [ability.name for ability in found.abilities if isinstance(ability.error, NotPermitted)]
        unsure = [a for a in found.abilities if a.error is not None and not isinstance(a.error, NotPermitted)]
        if may:
            lines.append(f"    may read: {', '.join(may)}")
        if may_not:
            lines.append(f"    may not read: {', '.join(may_not)}")
        lines += [
            f"    could not tell for {ability.name}: {ability.error.sentence}" for ability in unsure if ability.error
        ]
    lines += [
        f"{partner.partner_id}: {partner.name} is no longer served by this account; its last data are kept."
        for partner in outcome.disconnected
    ]
    return lines or ["The account signs in, but its token names no partner."]
