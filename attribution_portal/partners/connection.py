"""From a tenant to the caller that the platform client works with."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _

from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.partners.sealing import SealBrokenError
from attribution_portal.platform_api.errors import SignInFailed
from attribution_portal.platform_api.tokens import AUTH, Account
from attribution_portal.platform_api.transport import Caller

SEALED = _(
    "The portal can no longer open the service account's stored password: its encryption key is gone. "
    "Connect again with the password."
)


def account_of(service_account: ServiceAccount) -> Account:
    """The password is unsealed only when a sign-in really happens; a seal that no key opens is then a failed one."""

    def password() -> str:
        try:
            return service_account.password()
        except SealBrokenError as error:
            raise SignInFailed("the stored password cannot be opened", endpoint=AUTH.name, sentence=SEALED) from error

    return Account(id=str(service_account.pk), username=service_account.username, password=password)


def caller_for(partner: Partner, *, lane: Literal["person", "polling"] = "person") -> Caller:
    """A person's caller has the deadline of one page; polling has its own pace. Needs `partner.service_account`."""
    account = account_of(partner.service_account)
    if lane == "person":
        return Caller.for_page(account, partner.partner_id)
    return Caller(account=account, partner_id=partner.partner_id, lane="polling")
