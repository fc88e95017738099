"""What the operators' pages show. Names, roles and states of connections; never a partner's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attribution_portal.accounts.models import User
from attribution_portal.formats import Reader
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners import wording, zones
from attribution_portal.partners.findings import Findings
from attribution_portal.partners.models import Membership, Partner, ServiceAccount
from attribution_portal.partners.wording import Said
from attribution_portal.platform_api.errors import SignInFailed

PER_PAGE = 50
NAMED = 3

FACTORS: dict[str, str | Promise] = {
    Authenticator.Type.TOTP: gettext_lazy("authenticator app"),
    Authenticator.Type.WEBAUTHN: gettext_lazy("passkey"),
}


# Service accounts.


@dataclass(frozen=True, slots=True)
class AccountRow:
    """`reading`: connected partners that are read with it. `named`: partners that its token names."""

    account: ServiceAccount
    url: str
    badge: Badge
    why: str
    reading: int
    named: int


@dataclass(frozen=True, slots=True)
class AccountPage:
    row: AccountRow
    check: Panel[list[Said]]
    reading: list[Partner]


def accounts(reader: Reader) -> Panel[list[AccountRow]]:
    rows = [_account_row(account) for account in _accounts()]
    if not rows:
        return Panel("service-accounts", "empty", sentence=_("No service account is stored yet. Add the first below."))
    count = ngettext("%(n)s service account", "%(n)s service accounts", len(rows)) % {"n": reader.count(len(rows))}
    return Panel("service-accounts", "ready", data=rows, caption=count)


def account(pk: int) -> AccountPage | None:
    found = _accounts().filter(pk=pk).first()
    if found is None:
        return None
    reading = list(found.partners.filter(connected=True))
    return AccountPage(row=_account_row(found), check=_check(found), reading=reading)


def _accounts() -> QuerySet[ServiceAccount]:
    return ServiceAccount.objects.annotate(
        reading=Count("partners", filter=Q(partners__connected=True), distinct=True),
        named=Count("grants", distinct=True),
    ).order_by("pk")


def _account_row(account: ServiceAccount) -> AccountRow:
    findings = Findings.of(account.findings)
    return AccountRow(
        account=account,
        url=reverse("operators:account", args=[account.pk]),
        badge=_sign_in_badge(account, findings),
        why=wording.problem(findings.problem) if findings and findings.problem else "",
        reading=account.reading,  # type: ignore[attr-defined]
        named=account.named,  # type: ignore[attr-defined]
    )


def _sign_in_badge(account: ServiceAccount, findings: Findings | None) -> Badge:
    if findings is None:
        return Badge(_("Not checked yet"), "none")
    if findings.problem is None:
        return Badge(_("Signs in"), "final")
    if findings.problem.kind == SignInFailed.__name__:
        return Badge(_("Does not sign in"), "failing")
    return Badge(_("Could not tell"), "unknown")


def _check(account: ServiceAccount) -> Panel[list[Said]]:
    findings = Findings.of(account.findings)
    if findings is None:
        return Panel("check", "empty", sentence=_("This account was not checked yet."))
    said = wording.partners(findings, asked_before=_earlier(account, findings))
    return Panel(
        "check",
        "ready",
        data=said,
        caption=_("What the platform lets this account read. Checked every hour and on request."),
        read_at=account.checked_at,
    )


def _earlier(account: ServiceAccount, findings: Findings) -> datetime | None:
    """When the account could not sign in, everything known of its partners is older than the check."""
    return account.checked_at if findings.problem is not None else account.signed_in_at


# Partners.


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """`zone_fault`: what does not work with its time zone, "" when nothing."""

    partner: Partner
    url: str
    badge: Badge
    why: str
    members: int
    zone_fault: str


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """`named_by`: the other accounts whose token names it, first the one that would take over."""

    row: PartnerRow
    panel: Panel[PartnerRow]
    named_by: list[ServiceAccount]


@dataclass(frozen=True, slots=True)
class PartnerList:
    panel: Panel[list[PartnerRow]]
    paging: Page[Partner]


def partners(*, words: str, number: str, reader: Reader) -> PartnerList:
    rows = _partners()
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(partner_id__icontains=words))
    paging = Paginator(rows, PER_PAGE).get_page(number)
    total = paging.paginator.count
    if not total:
        nothing = (
            _("No partner's name or id contains this.")
            if words
            else _("No partner is known yet. They come with the first service account.")
        )
        return PartnerList(Panel("partners", "empty", sentence=nothing), paging)
    count = ngettext("%(n)s partner", "%(n)s partners", total) % {"n": reader.count(total)}
    faults = zones.faults(partner.timezone for partner in paging)
    shown = [_partner_row(partner, faults) for partner in paging]
    return PartnerList(Panel("partners", "ready", data=shown, caption=count), paging)


def partner(partner_id: str) -> PartnerPage | None:
    found = _partners().filter(partner_id=partner_id).first()
    if found is None:
        return None
    row = _partner_row(found, zones.faults([found.timezone]))
    naming = ServiceAccount.objects.filter(grants__partner=found).order_by("pk")
    others = [account for account in naming if account.pk != found.service_account_id]
    return PartnerPage(row=row, panel=Panel("partner", "ready", data=row), named_by=others)


def _partners() -> QuerySet[Partner]:
    members = Membership.objects.filter(partner=OuterRef("pk")).order_by().values("partner").annotate(n=Count("pk"))
    return (
        Partner.objects.select_related("service_account")
        .annotate(members=Coalesce(Subquery(members.values("n"), output_field=IntegerField()), 0))
        .order_by("name", "partner_id")
    )


def _partner_row(partner: Partner, zone_faults: Mapping[str, str]) -> PartnerRow:
    badge, why = _connection(partner)
    return PartnerRow(
        partner=partner,
        url=reverse("operators:partner", args=[partner.partner_id]),
        badge=badge,
        why=why,
        members=partner.members,  # type: ignore[attr-defined]
        zone_fault=zone_faults.get(partner.timezone, ""),
    )


def _connection(partner: Partner) -> tuple[Badge, str]:
    account = partner.service_account
    if partner.switched_off_at is not None:
        return Badge(_("Switched off"), "ended"), _("Its members see no page but the one that says so.")
    if not partner.connected:
        if account is None:
            return Badge(_("Disconnected"), "failing"), _("The account that it was read with was removed.")
        return Badge(_("Disconnected"), "failing"), _("No account's token names it any more.")
    if account is not None and account.signs_in is False:
        return Badge(_("Not readable"), "failing"), _("The account that it is read with does not sign in.")
    return Badge(_("Connected"), "final"), ""


# People.


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`roles`: the first few partners with the role there; `more`: how many others there are."""

    person: User
    url: str
    badge: Badge
    roles: list[tuple[str, str]]
    more: int
    factors: str
    sessions: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    row: PersonRow
    panel: Panel[PersonRow]
    roles: list[Membership]
    has_factors: bool


@dataclass(frozen=True, slots=True)
class PersonList:
    panel: Panel[list[PersonRow]]
    paging: Page[User]


def people(*, words: str, number: str, reader: Reader) -> PersonList:
    rows = _people()
    if words:
        theirs = Membership.objects.filter(
            Q(partner__name__icontains=words) | Q(partner__partner_id__iexact=words), user=OuterRef("pk")
        )
        rows = rows.filter(Q(email__icontains=words) | Q(name__icontains=words) | Exists(theirs))
    paging = Paginator(rows, PER_PAGE).get_page(number)
    total = paging.paginator.count
    if not total:
        nothing = _("Nobody's address, name or partner matches this.")
        return PersonList(Panel("people", "empty", sentence=nothing), paging)
    count = ngettext("%(n)s person", "%(n)s people", total) % {"n": reader.count(total)}
    return PersonList(Panel("people", "ready", data=[_person_row(person) for person in paging], caption=count), paging)


def person(pk: int) -> PersonPage | None:
    found = _people().filter(pk=pk).first()
    if found is None:
        return None
    row = _person_row(found)
    return PersonPage(
        row=row,
        panel=Panel("person", "ready", data=row),
        roles=list(found.memberships.all()),
        has_factors=bool(found.authenticator_set.all()),  # type: ignore[attr-defined]
    )


def _people() -> QuerySet[User]:
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    sessions = (
        UserSession.objects.filter(Exists(alive), user=OuterRef("pk")).order_by().values("user").annotate(n=Count("pk"))
    )
    return (
        User.objects.annotate(sessions=Coalesce(Subquery(sessions.values("n"), output_field=IntegerField()), 0))
        .prefetch_related(
            Prefetch("memberships", Membership.objects.select_related("partner").order_by("partner__name", "pk")),
            Prefetch("authenticator_set", Authenticator.objects.only("user_id", "type").order_by("pk")),
        )
        .order_by(Lower("email"))
    )


def _person_row(person: User) -> PersonRow:
    memberships = list(person.memberships.all())
    return PersonRow(
        person=person,
        url=reverse("operators:person", args=[person.pk]),
        badge=_person_badge(person),
        roles=[(each.partner.name, each.get_role_display()) for each in memberships[:NAMED]],
        more=max(0, len(memberships) - NAMED),
        factors=_factors(person),
        sessions=person.sessions,  # type: ignore[attr-defined]
    )


def _person_badge(person: User) -> Badge:
    if not person.is_active:
        return Badge(_("Switched off"), "ended")
    return Badge(_("Operator"), "notice") if person.is_staff else Badge(_("May sign in"), "current")


def _factors(person: User) -> str:
    """Recovery codes alone are none: they stand in for the one that is lost."""
    types = {factor.type for factor in person.authenticator_set.all()}  # type: ignore[attr-defined]
    return ", ".join(str(name) for kind, name in FACTORS.items() if kind in types) or _("none")
