"""Inviting a person to a partner, and answering an invitation.

Everything here holds the partner's row, as `roster` does: one invitation per address, one membership per invitation,
however many ask at once. The mail goes out after the transaction (`mail.py`): a link that was not committed opens
nothing, and an invitation whose mail failed is there to be sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.members.models import VALID_FOR, Invitation, digest, new_token
from attribution_portal.members.roster import CONFLICT, NotAllowedError, RefusedError, check_still_manages, locked
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.partners.permissions import ROLES, Action

State = Invitation.State

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PER_PERSON_AND_HOUR: Final = 30
PER_PARTNER_AND_DAY: Final = 100
PER_ADDRESS_AND_DAY: Final = 5
TOO_MANY: Final = 429
ENDED: Final = {
    State.ACCEPTED: _("Nothing was changed: this invitation was accepted meanwhile."),
    State.REPLACED: _("Nothing was changed: this invitation was sent again meanwhile."),
    State.REVOKED: _("Nothing was changed: this invitation was revoked meanwhile."),
}


class Standing(Enum):
    """What a link can still do. SWITCHED_OFF: an operator closed the partner's pages for the time being; DISABLED: an
    operator did so with the person's account."""

    USABLE = "usable"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    REPLACED = "replaced"
    SWITCHED_OFF = "switched off"
    DISABLED = "disabled"


class NotUsableError(Exception):
    """The link ended before the answer came."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.value)
        self.standing = standing


class KnownAlreadyError(Exception):
    """Somebody made an account for this address before the answer came: they sign in and accept."""


def invite(
    *, partner: Partner, email: str, role: Role, note: str, language: str, user: User, actor: Actor
) -> tuple[Invitation, str]:
    """The invitation and the token of its link, which is not to be had again. `email` in its normal form.
    Raises RefusedError, NotAllowedError."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        locked(partner)
        check_still_manages(partner, user)
        if Membership.objects.filter(partner=partner, user__email__iexact=email).exists():
            raise RefusedError(_("This person is a member already. Their role can be changed in the list above."))
        earlier = Invitation.objects.select_for_update().filter(partner=partner, email=email, state=State.OPEN).first()
        if earlier is not None:
            if not earlier.has_expired(now):
                raise RefusedError(
                    _("This person is invited already. Send the invitation again, or revoke it, in the list below.")
                )
            earlier.end(State.REPLACED, now)
        _check_pace(partner=partner, email=email, user=user, now=now)
        invitation, token = _make(
            partner=partner, email=email, role=role, note=note, language=language, user=user, now=now
        )
        record(
            kind=Kind.MEMBER_INVITED,
            actor=actor,
            partner=partner,
            target=email,
            after={"role": role},
            reason=note,
        )
    return invitation, token


def resend(*, partner: Partner, invitation_id: int, user: User, actor: Actor) -> tuple[Invitation, str]:
    """A new link with a new end in place of the one that is open. Raises RefusedError, NotAllowedError."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        earlier = _held_open(partner, invitation_id, user)
        _check_pace(partner=partner, email=earlier.email, user=user, now=now)
        earlier.end(State.REPLACED, now)
        invitation, token = _make(
            partner=partner,
            email=earlier.email,
            role=Role(earlier.role),
            note=earlier.note,
            language=earlier.language,
            user=user,
            now=now,
        )
        record(
            kind=Kind.INVITATION_RESENT,
            actor=actor,
            partner=partner,
            target=earlier.email,
            after={"role": earlier.role},
        )
    return invitation, token


def revoke(*, partner: Partner, invitation_id: int, user: User, actor: Actor) -> Invitation:
    """Raises RefusedError, NotAllowedError."""
    with transaction.atomic(durable=True):
        invitation = _held_open(partner, invitation_id, user)
        invitation.end(State.REVOKED, timezone.now())
        record(
            kind=Kind.INVITATION_REVOKED,
            actor=actor,
            partner=partner,
            target=invitation.email,
            before={"role": invitation.role},
        )
    return invitation


def mailed(invitation: Invitation) -> None:
    invitation.mailed_at = timezone.now()
    invitation.save(update_fields=["mailed_at"])


def by_token(token: str) -> Invitation | None:
    """The invitation whose link this is, whatever became of it."""
    return Invitation.objects.select_related("partner", "invited_by").filter(token_digest=digest(token)).first()


def addressee(invitation: Invitation) -> User | None:
    return User.objects.filter(email__iexact=invitation.email).first()


def inviters(partner: Partner) -> frozenset[int]:
    """Who may invite now, by the id of the person."""
    members = Membership.objects.filter(partner=partner, user__is_active=True, role__in=ROLES[Action.MANAGE_MEMBERS])
    return frozenset(members.values_list("user_id", flat=True))


def standing(invitation: Invitation, *, person: User | None, now: datetime) -> Standing:
    """What the link can do at `now`; `person` is whom its address belongs to. A link that ended stays what it is,
    whatever becomes of partner and person. Nobody is let in by somebody who may not invite any more: whoever broke
    into an account manager's account would come back by a link that they sent themselves."""
    if invitation.state != State.OPEN:
        return Standing(invitation.state)
    if invitation.invited_by_id not in inviters(invitation.partner):
        return Standing.REVOKED
    if invitation.has_expired(now):
        return Standing.EXPIRED
    if invitation.partner.switched_off_at is not None:
        return Standing.SWITCHED_OFF
    if person is not None and not person.is_active:
        return Standing.DISABLED
    return Standing.USABLE


def accept(*, invitation: Invitation, user: User, actor: Actor) -> Membership:
    """For the person with the invited address, signed in. Somebody who is a member already keeps the role they have.
    Raises NotUsableError."""
    with transaction.atomic(durable=True):
        held = _held_usable(invitation, user)
        return _join(held, user, actor)


def accept_as_new(
    *, invitation: Invitation, name: str, password: str, actor: Callable[[User], Actor]
) -> tuple[User, Membership]:
    """For an address without an account: makes one. Raises NotUsableError, KnownAlreadyError."""
    try:
        with transaction.atomic(durable=True):
            held = _held_usable(invitation, None)
            if addressee(held) is not None:
                raise KnownAlreadyError
            user = User.objects.create_user(held.email, password)
            user.name = name
            user.save(update_fields=["name"])
            return user, _join(held, user, actor(user))
    except (IntegrityError, ValidationError) as error:
        # At the same moment, through the link of another partner.
        if addressee(invitation) is not None:
            raise KnownAlreadyError from error
        raise


def _join(invitation: Invitation, user: User, actor: Actor) -> Membership:
    membership, new = Membership.objects.get_or_create(
        user=user, partner=invitation.partner, defaults={"role": invitation.role}
    )
    _note_verified(user)
    invitation.accepted_by = user
    invitation.end(State.ACCEPTED, timezone.now())
    record(
        kind=Kind.INVITATION_ACCEPTED,
        actor=actor,
        partner=invitation.partner,
        target=user.email,
        title=user.shown_name,
        before=None if new else {"role": membership.role},
        after={"role": membership.role},
    )
    return membership


def _note_verified(user: User) -> None:
    """The link came by mail, so whoever holds it reads this address."""
    addresses = EmailAddress.objects.filter(email__iexact=user.email)
    if addresses.exclude(user=user).exists():
        return
    if not addresses.update(verified=True):
        primary = not EmailAddress.objects.filter(user=user, primary=True).exists()
        EmailAddress.objects.create(user=user, email=user.email.lower(), verified=True, primary=primary)


def _make(
    *, partner: Partner, email: str, role: Role, note: str, language: str, user: User, now: datetime
) -> tuple[Invitation, str]:
    token = new_token()
    invitation = Invitation.objects.create(
        partner=partner,
        email=email,
        role=role,
        note=note,
        language=language,
        token_digest=digest(token),
        invited_by=user,
        made_at=now,
        expires_at=now + VALID_FOR,
    )
    return invitation, token


def _held_open(partner: Partner, invitation_id: int, user: User) -> Invitation:
    """An open invitation, expired or not, held until the transaction ends. Raises RefusedError when it ended, and
    NotAllowedError."""
    locked(partner)
    check_still_manages(partner, user)
    invitation = Invitation.objects.select_for_update(of=("self",)).filter(partner=partner, pk=invitation_id).first()
    if invitation is None:
        raise NotAllowedError
    if invitation.state != State.OPEN:
        raise RefusedError(ENDED[State(invitation.state)], status=CONFLICT)
    return invitation


def _held_usable(invitation: Invitation, user: User | None) -> Invitation:
    partner = locked(invitation.partner)
    held = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    held.partner = partner
    now_standing = standing(held, person=user, now=timezone.now())
    if now_standing is not Standing.USABLE:
        raise NotUsableError(now_standing)
    return held


def _check_pace(*, partner: Partner, email: str, user: User, now: datetime) -> None:
    """Mails go out in the portal's name: neither one person nor one partner sends masses, and nobody's mailbox is
    filled. Under the partner's lock; one person at two partners at once may go over by one."""
    sent = Invitation.objects
    if sent.filter(invited_by=user, made_at__gt=now - HOUR).count() >= PER_PERSON_AND_HOUR:
        raise RefusedError(
            _("Nothing was sent: you sent %(n)s invitations within the last hour. Please go on later.")
            % {"n": PER_PERSON_AND_HOUR},
            status=TOO_MANY,
        )
    if sent.filter(partner=partner, made_at__gt=now - DAY).count() >= PER_PARTNER_AND_DAY:
        raise RefusedError(
            _("Nothing was sent: %(n)s invitations to this partner went out within a day. Please go on tomorrow.")
            % {"n": PER_PARTNER_AND_DAY},
            status=TOO_MANY,
        )
    if sent.filter(partner=partner, email=email, made_at__gt=now - DAY).count() >= PER_ADDRESS_AND_DAY:
        raise RefusedError(
            _("Nothing was sent: this address was sent %(n)s invitations within a day. Please go on tomorrow.")
            % {"n": PER_ADDRESS_AND_DAY},
            status=TOO_MANY,
        )
