"""Which service account reads a partner, when none does any more, and when one does again.

The rule: a partner stays with its account for as long as that account's token names it. When it does not, or when the
platform refuses that account's sign-in, the partner goes over to the first account, in the order in which they were
added, that names it and signs in. When no token names it, it is disconnected and keeps what is known of it; it comes
back by itself as soon as one names it again. An account that no check could sign in with yet keeps what it has, because
nobody knows what its token would name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.models import Grant, Partner, ServiceAccount

# Sent with `partner` once the transaction is over in which it was connected or switched on again: whoever had stopped
# asking about it goes on.
resumed = Signal()


@dataclass(frozen=True, slots=True)
class Served:
    """A partner's situation. `named_by`: the accounts whose token named it, in the order of their adding."""

    account: ServiceAccount | None
    connected: bool
    named_by: Sequence[ServiceAccount]


def account_for(served: Served) -> ServiceAccount | None:
    """The account to read with, by the rule above; None when no token names the partner."""
    present = served.account
    candidates = list(served.named_by)
    if present is not None and served.connected and present.signed_in_at is None and present not in candidates:
        candidates.append(present)
    good = [account for account in candidates if account.signs_in is not False]
    choice = good or candidates
    if present in choice:
        return present
    return choice[0] if choice else None


def grant(account: ServiceAccount, partners: Sequence[Partner]) -> None:
    """The token names exactly these."""
    with transaction.atomic():
        ServiceAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        Grant.objects.filter(service_account=account).exclude(partner__in=partners).delete()
        Grant.objects.bulk_create(
            [Grant(service_account=account, partner=partner) for partner in partners], ignore_conflicts=True
        )


def settle(*, actor: Actor) -> list[Partner]:
    """Bring every partner in line with the rule. Returns those that are disconnected now and were not before. Only what
    changes is locked, one partner at a time: pages and polling go on meanwhile."""
    lost: list[Partner] = []
    for partner in Partner.objects.select_related("service_account").prefetch_related("grants__service_account"):
        if _is_due(partner, account_for(_served(partner))):
            settled = _settle(partner.pk, actor)
            if settled is not None and not settled.connected:
                lost.append(settled)
    return lost


def _served(partner: Partner) -> Served:
    named_by = sorted((found.service_account for found in partner.grants.all()), key=lambda account: account.pk)
    return Served(account=partner.service_account, connected=partner.connected, named_by=named_by)


def _is_due(partner: Partner, account: ServiceAccount | None) -> bool:
    if account is None:
        return partner.connected
    return not partner.connected or account != partner.service_account


@transaction.atomic
def _settle(pk: int, actor: Actor) -> Partner | None:
    """None when somebody else has done it meanwhile."""
    Partner.objects.select_for_update(no_key=True).get(pk=pk)
    partner = Partner.objects.select_related("service_account").prefetch_related("grants__service_account").get(pk=pk)
    before, account = partner.service_account, account_for(_served(partner))
    if not _is_due(partner, account):
        return None
    if account is None:
        partner.connected, partner.disconnected_at = False, timezone.now()
        partner.save(update_fields=["connected", "disconnected_at"])
        record(
            kind=Kind.PARTNER_DISCONNECTED,
            actor=actor,
            partner=partner,
            target=partner.partner_id,
            title=partner.name,
        )
        return partner
    if ServiceAccount.objects.select_for_update(no_key=True).filter(pk=account.pk).first() is None:
        return None
    was_connected = partner.connected
    partner.service_account = account
    partner.connected, partner.disconnected_at = True, None
    partner.save(update_fields=["service_account", "connected", "disconnected_at"])
    if not was_connected:
        record(kind=Kind.PARTNER_CONNECTED, actor=actor, partner=partner, target=partner.partner_id, title=partner.name)
        transaction.on_commit(lambda: resumed.send(sender=Partner, partner=partner))
    if before != account:
        record(
            kind=Kind.PARTNER_MOVED,
            actor=actor,
            target=partner.partner_id,
            title=partner.name,
            before={"service_account": before.username if before else None},
            after={"service_account": account.username},
        )
    return partner
