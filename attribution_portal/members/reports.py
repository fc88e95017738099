"""What the members page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from attribution_portal.accounts.models import User
from attribution_portal.accounts.second_factor import FACTORS
from attribution_portal.members import wording
from attribution_portal.members.invitations import inviters
from attribution_portal.members.models import Invitation
from attribution_portal.panels import Badge, Panel, Text
from attribution_portal.partners.models import Membership, Partner, Role


@dataclass(frozen=True, slots=True)
class Member:
    """`manages_alone`: nobody else who can sign in is account manager, so this person can be neither lowered nor
    removed."""

    id: int
    name: str
    email: str
    role: Role
    may_sign_in: bool
    has_second_factor: bool
    last_sign_in: datetime | None
    since: datetime
    is_reader: bool
    manages_alone: bool

    @property
    def shown_name(self) -> str:
        return self.name or self.email

    @property
    def role_sentence(self) -> Text:
        return wording.ROLE_SENTENCES[self.role]


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that waits for its answer, has expired, or whose mail never went out."""

    id: int
    email: str
    role: Role
    note: str
    inviter: str
    badge: Badge
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MfaRule:
    """Whether this partner's members need a second factor, and how many of those who may sign in have none."""

    needed: bool
    members: int
    without: int


@dataclass(frozen=True, slots=True)
class Page:
    members: Panel[tuple[Member, ...]]
    invitations: Panel[tuple[Invited, ...]]
    rule: Panel[MfaRule]


def page(*, partner: Partner, user: User, now: datetime) -> Page:
    people = members(partner=partner, user=user)
    asked = invited(partner=partner, now=now)
    can_sign_in = [member for member in people if member.may_sign_in]
    rule = MfaRule(
        needed=partner.members_need_mfa,
        members=len(can_sign_in),
        without=sum(not member.has_second_factor for member in can_sign_in),
    )
    return Page(
        members=Panel("members", "ready", data=people, caption=_("Everybody who can see this partner.")),
        invitations=Panel(
            "invitations",
            "ready" if asked else "empty",
            data=asked,
            sentence="" if asked else _("No invitation is open."),
            caption=_("A link works once and for 7 days. Accepted and revoked invitations are in the activity."),
        ),
        rule=Panel("mfa-rule", "ready", data=rule),
    )


def members(*, partner: Partner, user: User) -> tuple[Member, ...]:
    """Account managers first, then by name."""
    rows = list(Membership.objects.filter(partner=partner).select_related("user"))
    secured = _with_second_factor(rows)
    managers = [row.pk for row in rows if row.role == Role.ACCOUNT_MANAGER and row.user.is_active]
    found = [
        Member(
            id=row.pk,
            name=row.user.name,
            email=row.user.email,
            role=Role(row.role),
            may_sign_in=row.user.is_active,
            has_second_factor=row.user.pk in secured,
            last_sign_in=row.user.last_login,
            since=row.since,
            is_reader=row.user == user,
            manages_alone=managers == [row.pk],
        )
        for row in rows
    ]
    order = list(reversed(Role))
    return tuple(sorted(found, key=lambda each: (order.index(each.role), each.shown_name.casefold(), each.email)))


def member(*, partner: Partner, user: User, membership_id: int) -> Member | None:
    return next((each for each in members(partner=partner, user=user) if each.id == membership_id), None)


def invited(*, partner: Partner, now: datetime) -> tuple[Invited, ...]:
    """What needs somebody to act first, then the newest first."""
    rows = (
        Invitation.objects.filter(partner=partner, state=Invitation.State.OPEN)
        .select_related("invited_by")
        .order_by("-made_at", "-pk")
    )
    may_invite = inviters(partner)
    found = [
        Invited(
            id=row.pk,
            email=row.email,
            role=Role(row.role),
            note=row.note,
            inviter=wording.inviter(row),
            badge=_badge(row, now, may_invite=may_invite),
            made_at=row.made_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda each: each.badge.kind == "waiting"))


def open_invitations_by(*, partner: Partner, membership_id: int) -> int:
    """How many links that this member sent still wait; they go with their sender's right to invite."""
    return Invitation.objects.filter(
        partner=partner, state=Invitation.State.OPEN, invited_by__memberships=membership_id
    ).count()


def _badge(row: Invitation, now: datetime, *, may_invite: frozenset[int]) -> Badge:
    if row.has_expired(now):
        return Badge(_("Expired"), "ended")
    if row.invited_by_id not in may_invite:
        return Badge(_("Sender may not invite any more"), "ended")
    if row.mailed_at is None:
        return Badge(_("Mail not sent"), "failing")
    return Badge(_("Waiting for an answer"), "waiting")


def _with_second_factor(rows: Sequence[Membership]) -> set[int]:
    people = [row.user_id for row in rows]
    return set(Authenticator.objects.filter(user__in=people, type__in=FACTORS).values_list("user_id", flat=True))
