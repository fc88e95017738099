"""Adding a service account, changing its password, removing it. Nothing is stored that the platform did not accept a
moment ago, and no password ever leaves: it is sealed, and the trail only says that it was given."""

from __future__ import annotations

from uuid import uuid4

from django.db import IntegrityError, transaction

from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.connection import account_of
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api import tokens
from attribution_portal.platform_api.tokens import Account


class TakenError(Exception):
    """An account with this user name is stored already."""


class StillServingError(Exception):
    """The account is the one that connected partners are read with."""

    def __init__(self, partners: list[Partner]) -> None:
        super().__init__("partners are read with it")
        self.partners = partners


def add(*, username: str, password: str, actor: Actor) -> ServiceAccount:
    """Store an account that signs in. Raises TakenError, and PlatformError when it does not sign in or nobody can
    tell."""
    if ServiceAccount.objects.filter(username=username).exists():
        raise TakenError
    trial = Account(id=f"new-{uuid4()}", username=username, password=lambda: password)
    try:
        tokens.groups(trial)
    finally:
        tokens.forget(trial)
    account = ServiceAccount(username=username)
    account.set_password(password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            record(kind=Kind.SERVICE_ACCOUNT_ADDED, actor=actor, target=str(account.pk), title=username)
    except IntegrityError as error:
        raise TakenError from error
    return account


def change_password(account: ServiceAccount, password: str, *, actor: Actor) -> tuple[str, ...]:
    """Take the password if the account signs in with it; the old one stays otherwise. Returns the ids of the token's
    partners. Raises PlatformError."""
    trial = Account(id=str(account.pk), username=account.username, password=lambda: password)
    partner_ids = tokens.groups(trial)
    with transaction.atomic():
        stored = ServiceAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        stored.set_password(password)
        stored.save(update_fields=["sealed_password", "changed_at"])
        record(
            kind=Kind.SERVICE_ACCOUNT_CHANGED,
            actor=actor,
            target=str(account.pk),
            title=account.username,
            after={"password": "given anew"},
        )
    account.refresh_from_db()
    return partner_ids


def remove(account: ServiceAccount, *, actor: Actor) -> None:
    """Raises StillServingError while connected partners are read with it; disconnected ones are left without account
    and keep what is known of them."""
    with transaction.atomic():
        read_with_it = Partner.objects.filter(service_account=account)
        locked = list(read_with_it.select_for_update(no_key=True).order_by("pk"))
        ServiceAccount.objects.select_for_update().get(pk=account.pk)
        # A partner that came over between the two locks is connected.
        serving = [partner for partner in read_with_it if partner.connected or partner not in locked]
        if serving:
            raise StillServingError(serving)
        read_with_it.update(service_account=None)
        forgotten = account_of(account)
        record(kind=Kind.SERVICE_ACCOUNT_REMOVED, actor=actor, target=str(account.pk), title=account.username)
        ServiceAccount.objects.filter(pk=account.pk).delete()
        transaction.on_commit(lambda: tokens.forget(forgotten))
