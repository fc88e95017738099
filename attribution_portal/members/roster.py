"""Who belongs to a partner, as what: changing a role, removing a person, and the rule about second factors.

Whoever changes any of it holds the partner's row, so that such changes come one after another: of two account managers
who remove each other at once, the second finds their own role gone.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.members.models import Invitation
from attribution_portal.panels import Text
from attribution_portal.partners.models import Membership, Partner, Role
from attribution_portal.partners.permissions import Action, may


class NotAllowedError(Exception):
    """The person lost the right to do this between opening the page and sending its form, or it is about something of
    another partner: to them it does not exist."""


class RefusedError(Exception):
    """Nothing was changed, for a reason that a person understands. `status` is the answer's."""

    def __init__(self, sentence: Text, *, status: int = 422) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.status = status


CONFLICT = 409
LAST_MANAGER = _(
    "Nothing was changed: this is the last account manager who can sign in. "
    "Give somebody else the role of account manager first."
)


def locked(partner: Partner) -> Partner:
    """The partner as it is now, held until the transaction ends. Rows that refer to it can still be added."""
    return Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)


def changed_meanwhile(now: str) -> RefusedError:
    return RefusedError(
        _("Nothing was changed: somebody changed this meanwhile. The role is now: %(role)s. Look again, then decide.")
        % {"role": Role(now).label},
        status=CONFLICT,
    )


def gone() -> RefusedError:
    return RefusedError(
        _("Nothing was changed: this person is not a member any more. Somebody removed them meanwhile."),
        status=CONFLICT,
    )


def check_still_manages(partner: Partner, user: User) -> None:
    """Under the partner's lock. Raises NotAllowedError."""
    own = Membership.objects.filter(partner=partner, user=user).values_list("role", flat=True).first()
    if own is None or not may(Role(own), Action.MANAGE_MEMBERS):
        raise NotAllowedError


def change_role(*, partner: Partner, membership_id: int, seen: str, wanted: Role, user: User, actor: Actor) -> bool:
    """Whether there was anything to change. `seen` is the role that the person saw when they decided. Raises
    RefusedError, NotAllowedError."""
    with transaction.atomic(durable=True):
        member = _held(partner, membership_id, seen=seen, user=user)
        if member.role == wanted:
            return False
        if wanted != Role.ACCOUNT_MANAGER:
            _check_others_manage(partner, member)
        member.role = wanted
        member.save(update_fields=["role"])
        record(
            kind=Kind.ROLE_CHANGED,
            actor=actor,
            partner=partner,
            target=member.user.email,
            title=member.user.shown_name,
            before={"role": seen},
            after={"role": wanted},
        )
    return True


def remove(*, partner: Partner, membership_id: int, seen: str, user: User, actor: Actor) -> User:
    """The person who is not a member any more. A link that is still open for their address would let them back in:
    it is revoked with them. Raises RefusedError, NotAllowedError."""
    with transaction.atomic(durable=True):
        member = _held(partner, membership_id, seen=seen, user=user)
        _check_others_manage(partner, member)
        person = member.user
        member.delete()
        links = Invitation.objects.select_for_update().filter(
            partner=partner, email=person.email.lower(), state=Invitation.State.OPEN
        )
        revoked = list(links)
        for invitation in revoked:
            invitation.end(Invitation.State.REVOKED, timezone.now())
        for kind, role in [
            (Kind.MEMBER_REMOVED, seen),
            *((Kind.INVITATION_REVOKED, invitation.role) for invitation in revoked),
        ]:
            record(
                kind=kind,
                actor=actor,
                partner=partner,
                target=person.email,
                title=person.shown_name,
                before={"role": role},
            )
    return person


def set_mfa_rule(*, partner: Partner, seen: bool, wanted: bool, user: User, actor: Actor) -> bool:
    """Whether there was anything to change. Raises RefusedError, NotAllowedError."""
    with transaction.atomic(durable=True):
        now = locked(partner)
        check_still_manages(partner, user)
        if now.members_need_mfa == wanted:
            return False
        if now.members_need_mfa != seen:
            raise RefusedError(_("Nothing was changed: somebody changed this rule meanwhile."), status=CONFLICT)
        now.members_need_mfa = wanted
        now.save(update_fields=["members_need_mfa"])
        record(
            kind=Kind.MFA_RULE_CHANGED,
            actor=actor,
            partner=partner,
            before={"members_need_mfa": seen},
            after={"members_need_mfa": wanted},
        )
    return True


def _held(partner: Partner, membership_id: int, *, seen: str, user: User) -> Membership:
    """The membership as it is now, held until the transaction ends."""
    locked(partner)
    check_still_manages(partner, user)
    member = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(partner=partner, pk=membership_id)
        .first()
    )
    if member is None:
        raise gone()
    if member.role != seen:
        raise changed_meanwhile(member.role)
    return member


def _check_others_manage(partner: Partner, member: Membership) -> None:
    """Raises RefusedError when nobody else could manage this partner's members."""
    if member.role != Role.ACCOUNT_MANAGER:
        return
    others = (
        Membership.objects.select_for_update(of=("self",))
        .filter(partner=partner, role=Role.ACCOUNT_MANAGER, user__is_active=True)
        .exclude(pk=member.pk)
    )
    if not others:
        raise RefusedError(LAST_MANAGER, status=CONFLICT)
