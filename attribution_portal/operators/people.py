"""What operators do about a person. Every function says whether anything changed, and puts on record what did.

Someone always operates the portal: whoever would be the last is refused. To that end everything that touches
operators holds the rows of all operators, and looks under that lock whether the one who asks still is one.
"""

from __future__ import annotations

from importlib import import_module

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record


class LastOperatorError(Exception):
    """Nobody would be left who operates the portal."""


class NoOperatorError(Exception):
    """The one who asks was an operator when the request began and no longer is."""


def disable(person: User, *, actor: Actor, reason: str) -> bool:
    """From the next request on the person is signed out and cannot sign in. What they did stays theirs."""
    with transaction.atomic():
        locked, operators = _locked(person, actor)
        if not locked.is_active:
            return False
        _refuse_last(locked, operators)
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        ended = _end_sessions(locked)
        record(
            kind=Kind.PERSON_DISABLED, actor=actor, target=locked.email, after={"sessions_ended": ended}, reason=reason
        )
    return True


def enable(person: User, *, actor: Actor, reason: str) -> bool:
    with transaction.atomic():
        locked, _operators = _locked(person, actor)
        if locked.is_active:
            return False
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        record(kind=Kind.PERSON_ENABLED, actor=actor, target=locked.email, reason=reason)
    return True


def make_operator(person: User, *, actor: Actor, reason: str) -> bool:
    return _set_operator(person, True, actor=actor, reason=reason)


def unmake_operator(person: User, *, actor: Actor, reason: str) -> bool:
    return _set_operator(person, False, actor=actor, reason=reason)


def _set_operator(person: User, operates: bool, *, actor: Actor, reason: str) -> bool:
    with transaction.atomic():
        locked, operators = _locked(person, actor)
        if locked.is_staff == operates:
            return False
        if not operates:
            _refuse_last(locked, operators)
        locked.is_staff = operates
        locked.save(update_fields=["is_staff"])
        record(
            kind=Kind.OPERATOR_CHANGED,
            actor=actor,
            target=locked.email,
            before={"operator": not operates},
            after={"operator": operates},
            reason=reason,
        )
    return True


def end_sessions(person: User, *, actor: Actor, reason: str) -> int:
    """Signs the person out everywhere. Returns how many sessions that were."""
    with transaction.atomic():
        locked, _operators = _locked(person, actor)
        ended = _end_sessions(locked)
        if ended:
            record(
                kind=Kind.SESSION_ENDED,
                actor=actor,
                target=locked.email,
                after={"sessions_ended": ended},
                reason=reason,
            )
    return ended


def remove_factors(person: User, *, actor: Actor, reason: str) -> bool:
    """For a lost phone: authenticator app, passkeys and recovery codes go, and so do all sessions, because one may be
    open on that phone. The password alone lets the person in again, and where a second factor is required they are
    led to set up a new one."""
    with transaction.atomic():
        locked, _operators = _locked(person, actor)
        factors = list(Authenticator.objects.select_for_update().filter(user=locked).order_by("pk"))
        if not factors:
            return False
        Authenticator.objects.filter(pk__in=[factor.pk for factor in factors]).delete()
        ended = _end_sessions(locked)
        record(
            kind=Kind.MFA_REMOVED,
            actor=actor,
            target=locked.email,
            before={"factors": ", ".join(sorted({str(factor.type) for factor in factors}))},
            after={"sessions_ended": ended},
            reason=reason,
        )
    return True


def _locked(person: User, actor: Actor) -> tuple[User, list[User]]:
    """The person and all operators who can act, locked in one order. Raises NoOperatorError for a person who is none;
    a command has no person, and is run by whoever owns the portal."""
    concerned = User.objects.select_for_update(no_key=True).filter(is_staff=True) | (
        User.objects.select_for_update(no_key=True).filter(pk=person.pk)
    )
    rows = {row.pk: row for row in concerned.order_by("pk")}
    operators = [row for row in rows.values() if row.is_operator]
    if actor.user is not None and actor.user.pk not in {row.pk for row in operators}:
        raise NoOperatorError
    return rows[person.pk], operators


def _refuse_last(person: User, operators: list[User]) -> None:
    if [row.pk for row in operators] == [person.pk]:
        raise LastOperatorError


def _end_sessions(person: User) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    rows = UserSession.objects.filter(user=person)
    keys = list(rows.values_list("session_key", flat=True))
    alive = sum(1 for key in keys if store().exists(key))
    for key in keys:
        store(key).delete()
    rows.delete()
    return alive
