"""From a tenant to the caller that the platform client works with."""

from __future__ import annotations

from typing import Literal

from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api.tokens import Account
from attribution_portal.platform_api.transport import Caller


def account_of(service_account: ServiceAccount) -> Account:
    """The password is unsealed only when a sign-in really happens."""
    return Account(id=str(service_account.pk), username=service_account.username, password=service_account.password)


def caller_for(partner: Partner, *, lane: Literal["person", "polling"] = "person") -> Caller:
    """A person's caller has the deadline of one page; polling has its own pace. Needs `partner.service_account`."""
    account = account_of(partner.service_account)
    if lane == "person":
        return Caller.for_page(account, partner.partner_id)
    return Caller(account=account, partner_id=partner.partner_id, lane="polling")
