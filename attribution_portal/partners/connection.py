"""From a tenant to the caller that the platform client works with."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _

from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api.errors import SignInFailed
from attribution_portal.platform_api.tokens import AUTH, Account
from attribution_portal.platform_api.transport import Caller
from attribution_portal.sealing import SealBrokenError

SEALED_DETAIL = "the stored password cannot be opened"
SEALED = _(
    "The portal can no longer open the service account's stored password: its encryption key is gone. "
    "Connect again with the password."
)


SWITCHED_OFF = _("An operator has switched this partner off. Nothing is read from the platform until it is on again.")
DISCONNECTED = _("The platform no longer lets the portal read this partner. What was read before is kept.")


def account_of(service_account: ServiceAccount) -> Account:
    """The password is unsealed only when a sign-in really happens; a seal that no key opens is then a failed one."""

    def password() -> str:
        try:
            return service_account.password()
        except SealBrokenError as error:
            raise SignInFailed(SEALED_DETAIL, endpoint=AUTH.name, sentence=SEALED) from error

    return Account(id=str(service_account.pk), username=service_account.username, password=password)


def caller_for(partner: Partner, *, lane: Literal["person", "polling"] = "person") -> Caller:
    """A person's caller has the deadline of one page; polling has its own pace. Needs `partner.service_account`.

    A partner that is switched off or disconnected gets one that asks nothing: the platform would answer 403 to
    everything, and that answer would take the place of what was last known."""
    account = _account_for(partner)
    if lane == "person":
        return Caller.for_page(account, partner.partner_id)
    return Caller(account=account, partner_id=partner.partner_id, lane="polling")


def _account_for(partner: Partner) -> Account:
    if partner.switched_off_at is not None:
        return Account(id="", username="", password=str, closed=SWITCHED_OFF)
    if not partner.connected or partner.service_account is None:
        return Account(id="", username="", password=str, closed=DISCONNECTED)
    return account_of(partner.service_account)
