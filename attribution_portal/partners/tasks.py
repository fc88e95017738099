"""What Celery runs for service accounts: ids in, one function, nothing else."""

from __future__ import annotations

from celery import shared_task

from attribution_portal.audit.trail import Actor
from attribution_portal.partners import connect
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api import store

# Below Celery's time limit; partners that the time does not suffice for come first in the next check.
CHECK_SECONDS = 180.0
EXPIRES = 600
SUSPECT_AGAIN_SECONDS = 300


@shared_task(name="partners.check_accounts")
def check_accounts() -> None:
    for pk in ServiceAccount.objects.order_by("pk").values_list("pk", flat=True):
        check_account.apply_async(args=(pk,), expires=EXPIRES)


@shared_task(name="partners.check_account")
def check_account(pk: int) -> None:
    account = ServiceAccount.objects.filter(pk=pk).first()
    if account is not None:
        connect.check(account, actor=Actor.portal(), seconds=CHECK_SECONDS)


def suspect(partner: Partner) -> None:
    """The platform refused what every account may read of its partners: look soon whether the token still names this
    one. Once in a while only, and not at all without Redis: the hourly check finds it too."""
    pk = partner.service_account_id
    if pk is None or not partner.is_read:
        return
    try:
        is_first = store.attempt(
            lambda client: client.set(f"portal-suspect:{pk}", b"1", nx=True, ex=SUSPECT_AGAIN_SECONDS)
        )
    except store.StoreDown:
        return
    if is_first:
        check_account.apply_async(args=(pk,), expires=EXPIRES, retry=False)
