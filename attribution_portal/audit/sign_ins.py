"""Sign-ins and everything around them, put on record as allauth and Django tell of them.

All of it goes to the portal-wide chain: a person signs in to the portal, not to a partner, and one partner's members
are no business of another's. What somebody signed out can cause is bounded by the limits on sign-ins
(ACCOUNT_RATE_LIMITS): a refused attempt is on record once, and what those limits do not cover only so many times per
address (`throttled`, `refused_elsewhere`).

Of what was typed only something that is an e-mail address is kept: a password typed into the wrong field is not.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from attribution_portal.audit.models import AuditEvent
from attribution_portal.audit.trail import Actor, Kind, Outcome, record

# What is counted per address so that nobody fills the trail: refusals of this time.
LATELY: Final = timedelta(minutes=10)
REFUSED_ELSEWHERE_AT_MOST: Final = 20
RECOVERY_CODES: Final = "recovery_codes"


def _name(entry: dict[str, Any]) -> str:
    """One proof of identity: `password`, `totp`, `webauthn`, `recovery_codes`, or the provider of a single sign-on."""
    return str(entry.get("type") or entry.get("provider") or entry["method"])


@receiver(account.user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **_kwargs: object) -> None:
    proofs = [_name(entry) for entry in get_authentication_records(request, user) if not entry.get("reauthenticated")]
    method = "+".join(dict.fromkeys(proofs)) or None
    record(kind=Kind.SIGNED_IN, actor=Actor.signing_in(request, user), target=user.email, after={"method": method})


@receiver(account.authentication_step_completed)
def _confirmed(request: HttpRequest, user: Any, method: str, **details: Any) -> None:
    if details.get("reauthenticated"):
        proof = _name({"method": method, **details})
        record(kind=Kind.REAUTHENTICATED, actor=Actor.of(request), target=user.email, after={"method": proof})


@receiver(user_login_failed)
def _password_refused(credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: object) -> None:
    if request is None:
        return
    if request.user.is_authenticated:
        _refused(request, Kind.REAUTHENTICATED, request.user.email, "password")
    else:
        _refused(request, Kind.SIGN_IN_FAILED, typed_address(credentials.get("email")), "password")


@receiver(mfa.authentication_failed)
def _code_refused(
    request: HttpRequest, user: Any, authenticator: Any, reauthentication: bool = False, **_kwargs: object
) -> None:
    kind = Kind.REAUTHENTICATED if reauthentication else Kind.SIGN_IN_FAILED
    _refused(request, kind, user.email, str(authenticator.type))


def _refused(request: HttpRequest, kind: Kind, email: str, method: str) -> None:
    actor = Actor.of(request)
    record(kind=kind, actor=actor, target=email, after={"method": method}, outcome=Outcome.REFUSED)


def present_password_refused(request: HttpRequest) -> None:
    """A person who is signed in wanted another password and did not know the present one."""
    _refused(request, Kind.PASSWORD_CHANGED, Actor.of(request).email, "password")


def throttled(request: HttpRequest, email: str = "") -> None:
    """An attempt to sign in that is turned away unseen, because there were too many before. Called by whoever turns
    it away; the first in ten minutes from an address goes on record, however many follow."""
    actor = Actor.of(request)
    if _lately(Kind.SIGN_IN_THROTTLED, actor) < 1:
        record(kind=Kind.SIGN_IN_THROTTLED, actor=actor, target=typed_address(email), outcome=Outcome.REFUSED)


def refused_elsewhere(request: HttpRequest, email: str = "") -> None:
    """A single sign-on that did not lead in; `email` is what the provider told, if it got that far. Anybody can ask
    for its last page as often as they like, so that only the first few from an address go on record."""
    if _lately(Kind.SIGN_IN_FAILED, Actor.of(request)) < REFUSED_ELSEWHERE_AT_MOST:
        _refused(request, Kind.SIGN_IN_FAILED, typed_address(email), "socialaccount")


def refused_as_disabled(request: HttpRequest, user: Any) -> None:
    """Somebody proved who they are and may not sign in. By password that is a refused password, and on record as one
    already."""
    proof = get_authentication_records(request, user)[-1]
    if proof["method"] != "password":
        _refused(request, Kind.SIGN_IN_FAILED, user.email, _name(proof))


def _lately(kind: Kind, actor: Actor) -> int:
    since = timezone.now() - LATELY
    return AuditEvent.objects.filter(partner=None, kind=kind, address=actor.address, at__gt=since).count()


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: Any, **_kwargs: object) -> None:
    if user is not None:
        record(kind=Kind.SIGNED_OUT, actor=Actor.signing_in(request, user), target=user.email)


def session_ended(request: HttpRequest, *, address: str, browser: str) -> None:
    """The person ended one of their sessions from the list of them; `address` and `browser` are that session's."""
    actor = Actor.of(request)
    record(kind=Kind.SESSION_ENDED, actor=actor, target=actor.email, before={"address": address, "browser": browser})


@receiver([account.password_changed, account.password_set])
def _password_changed(request: HttpRequest, user: Any, **_kwargs: object) -> None:
    record(kind=Kind.PASSWORD_CHANGED, actor=Actor.signing_in(request, user), target=user.email)


@receiver(account.password_reset)
def _password_reset(request: HttpRequest, user: Any, **_kwargs: object) -> None:
    record(kind=Kind.PASSWORD_RESET, actor=Actor.signing_in(request, user), target=user.email)


@receiver([mfa.authenticator_added, mfa.authenticator_reset])
def _authenticator_added(request: HttpRequest, user: Any, authenticator: Any, **_kwargs: object) -> None:
    kind = Kind.RECOVERY_CODES_MADE if authenticator.type == RECOVERY_CODES else Kind.MFA_ADDED
    after = {} if kind is Kind.RECOVERY_CODES_MADE else {"method": str(authenticator.type)}
    record(kind=kind, actor=Actor.signing_in(request, user), target=user.email, after=after)


@receiver(mfa.authenticator_removed)
def _authenticator_removed(request: HttpRequest, user: Any, authenticator: Any, **_kwargs: object) -> None:
    before = {"method": str(authenticator.type)}
    record(kind=Kind.MFA_REMOVED, actor=Actor.signing_in(request, user), target=user.email, before=before)


def typed_address(typed: object) -> str:
    """What was typed where an e-mail address belongs, in lower case; "" when it is none."""
    text = typed.strip().lower() if isinstance(typed, str) else ""
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text
