"""Who needs a second factor, and how theirs are kept.

A second factor is an authenticator app (TOTP) or a passkey. Recovery codes stand in for one and are none themselves:
they go when the last factor goes.
"""

from __future__ import annotations

from typing import Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from attribution_portal import sealing
from attribution_portal.accounts.models import User

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required(user: User) -> bool:
    """Whether one of this person's roles asks for a second factor, or one of their partners does."""
    return _by_office(user) or User.objects.filter(_by_membership(), pk=user.pk).exists()


def partners_that_ask(user: User) -> list[str]:
    """Names of the partners on whose account alone this person needs a second factor. Empty when a role asks for it
    already, which is then the reason to give, and when nothing does."""
    asked = user.memberships.filter(partner__members_need_mfa=True)
    if _by_office(user) or user.memberships.filter(role__in=settings.MFA_REQUIRED_ROLES).exists():
        return []
    return list(asked.order_by("partner__name").values_list("partner__name", flat=True))


def is_missing(request: HttpRequest) -> bool:
    """Whether this person needs a second factor and has none. Asks the database anew, in one query: a rule that
    changes and a factor that goes count from the next request on."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - nobody asks before a person has signed in
    if settings.OIDC_COUNTS_AS_SECOND_FACTOR and signed_in_elsewhere(request, user):
        return False
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    lacking = User.objects.filter(~Exists(factors), pk=user.pk)
    return (lacking if _by_office(user) else lacking.filter(_by_membership())).exists()


def signed_in_elsewhere(request: HttpRequest, user: AbstractBaseUser | None) -> bool:
    """Whether this session began with a single sign-on."""
    return any(record["method"] == "socialaccount" for record in get_authentication_records(request, user))


def _by_office(user: User) -> bool:
    return user.is_operator and "operator" in settings.MFA_REQUIRED_ROLES


def _by_membership() -> Q:
    return Q(memberships__role__in=settings.MFA_REQUIRED_ROLES) | Q(memberships__partner__members_need_mfa=True)


class SecondFactorStage(AuthenticateStage):
    """The step of a sign-in that asks for the second factor."""

    def _should_handle(self, request: HttpRequest) -> bool:
        if settings.OIDC_COUNTS_AS_SECOND_FACTOR and signed_in_elsewhere(request, self.login.user):
            return False
        return bool(super()._should_handle(request))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes lie sealed in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right. Codes of an app change every half minute; use the one shown now."),
        "used_code": _("This code has been used already. Wait for the next one, which comes within half a minute."),
        "incorrect_passkey": _("This passkey could not be checked. Try again, or use another way."),
        "cannot_delete_authenticator": _(
            "You cannot remove your last second factor, because you need one to sign in here. Add another first."
        ),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
        return others.exists() or not is_required(User.objects.get(pk=authenticator.user_id))

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}
