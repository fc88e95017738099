"""Connecting to the platform: sign in, learn which partners the account serves and what it may read of each.

The command line, the operators' page and the hourly check all come here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice

from django.db import transaction
from django.utils import timezone

from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners import serving
from attribution_portal.partners.connection import account_of
from attribution_portal.partners.findings import Ability, Findings, Found, Problem
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api import adjustments, campaigns, configuration, events, packages, tokens
from attribution_portal.platform_api import partners as platform_partners
from attribution_portal.platform_api.errors import NotFound, PlatformError, SignInFailed
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.gather import gather
from attribution_portal.platform_api.payloads import Page, PartnerInfo, Reading
from attribution_portal.platform_api.transport import Caller

# Partners that are asked about at the same time: three calls each at first, well within the pool.
AT_ONCE = 4
Call = Callable[[], object]


def check(
    service_account: ServiceAccount,
    *,
    actor: Actor,
    seconds: float,
    partner_ids: tuple[str, ...] | None = None,
) -> Findings:
    """Sign in, store every partner of the token's groups, and keep with the account what was found. Partners for which
    `seconds` do not suffice keep what an earlier check found; those asked longest ago come first. `partner_ids`: the
    groups of a sign-in that has just been made."""
    until = time.monotonic() + seconds
    if partner_ids is None:
        try:
            partner_ids = tokens.groups(account_of(service_account))
        except PlatformError as error:
            return _not_signed_in(service_account, error, actor)
    ServiceAccount.objects.filter(pk=service_account.pk).update(signs_in=True, signed_in_at=timezone.now())
    earlier = Findings.of(service_account.findings)
    known = {found.partner_id: found for found in earlier.partners} if earlier else {}
    served_before = {
        partner.partner_id: partner for partner in Partner.objects.filter(grants__service_account=service_account)
    } | {partner.partner_id: partner for partner in service_account.partners.filter(connected=True)}
    asked = {found.partner_id: found for found in _ask(service_account, _longest_ago(partner_ids, known), until, actor)}
    found = tuple(asked.get(each) or known.get(each) or Found(each, "", None) for each in partner_ids)
    serving.grant(service_account, list(Partner.objects.filter(partner_id__in=partner_ids)))
    serving.settle(actor=actor)
    lost = tuple((gone.partner_id, gone.name) for gone in served_before.values() if gone.partner_id not in partner_ids)
    return _kept(service_account, Findings(problem=None, partners=found, lost=lost))


def _not_signed_in(service_account: ServiceAccount, error: PlatformError, actor: Actor) -> Findings:
    """What its token names is not known, so its partners stay with it unless another account can read them. A platform
    that is away says nothing about the account."""
    if isinstance(error, SignInFailed):
        ServiceAccount.objects.filter(pk=service_account.pk).update(signs_in=False)
        serving.settle(actor=actor)
    earlier = Findings.of(service_account.findings)
    return _kept(service_account, Findings(Problem.of(error), earlier.partners if earlier else ()))


def _kept(service_account: ServiceAccount, findings: Findings) -> Findings:
    ServiceAccount.objects.filter(pk=service_account.pk).update(findings=findings.stored(), checked_at=timezone.now())
    service_account.refresh_from_db()
    return findings


def _longest_ago(partner_ids: Iterable[str], known: dict[str, Found]) -> list[str]:
    """Never asked comes first, then by time; the token's order where these are equal."""

    def when(partner_id: str) -> tuple[bool, datetime | None]:
        found = known.get(partner_id)
        at = found.asked_at if found else None
        return (at is not None, at)

    never = [each for each in partner_ids if not when(each)[0]]
    before = sorted((each for each in partner_ids if when(each)[0]), key=lambda each: when(each)[1] or timezone.now())
    return [*never, *before]


def _ask(service_account: ServiceAccount, partner_ids: list[str], until: float, actor: Actor) -> Iterator[Found]:
    """A few at a time, until the time is over. One that does not answer holds up its neighbours for one page's time."""
    queue = iter(partner_ids)
    while time.monotonic() < until and (some := list(islice(queue, AT_ONCE))):
        deadline = min(until, configuration.page_deadline())
        callers = {
            partner_id: Caller(
                account=account_of(service_account), partner_id=partner_id, deadline=deadline, reread=True
            )
            for partner_id in some
        }
        yield from _look(service_account, callers, deadline, actor)


def _look(
    service_account: ServiceAccount, callers: dict[str, Caller], deadline: float, actor: Actor
) -> Iterator[Found]:
    asked: dict[str, Call] = {}
    for partner_id, caller in callers.items():
        asked[f"{partner_id} partner"] = partial(platform_partners.get, caller=caller)
        asked[f"{partner_id} events"] = partial(events.list_events, caller=caller, query=EventQuery(limit=1))
        asked[f"{partner_id} packages"] = partial(packages.list_packages, caller=caller)
    first = gather(deadline=deadline, **asked)
    deeper: dict[str, Call] = {}
    for partner_id, caller in callers.items():
        calls = _deeper(caller, *(first[f"{partner_id} {what}"] for what in ("partner", "events", "packages")))
        deeper |= {f"{partner_id} {name}": call for name, call in calls.items()}
    outcomes = first | gather(deadline=deadline, **deeper)
    for partner_id in callers:
        information = outcomes[f"{partner_id} partner"]
        now = timezone.now()
        if isinstance(information, PlatformError):
            known = Partner.objects.filter(partner_id=partner_id).first()
            yield Found(partner_id, known.name if known else "", now, problem=Problem.of(information))
            continue
        assert isinstance(information, Reading)  # noqa: S101
        assert isinstance(information.value, PartnerInfo)  # noqa: S101
        partner = _store(service_account, partner_id, information.value, actor)
        yield Found(
            partner_id,
            partner.name,
            now,
            currency=partner.currency,
            has_lookout=partner.has_lookout,
            has_wave=partner.has_wave,
            abilities=tuple(
                Ability(name, _problem(outcomes[f"{partner_id} {name}"]))
                for name in ("events", "packages", *DEEPER)
                if f"{partner_id} {name}" in outcomes
            ),
        )


# What belongs to an event or a package is asked of the first one that the account can see.
DEEPER = ("daily revenue", "sales adjustments", "Meta statistics", "evaluations")


def _deeper(caller: Caller, partner: object, listed: object, shelf: object) -> dict[str, Call]:
    calls: dict[str, Call] = {}
    information = partner.value if isinstance(partner, Reading) else None
    currency = information.currency if isinstance(information, PartnerInfo) else None
    if isinstance(listed, Reading) and isinstance(listed.value, Page) and listed.value.items:
        event = listed.value.items[0]
        calls["daily revenue"] = partial(events.daily_revenue, caller=caller, eid=event.id, currency=currency)
        calls["sales adjustments"] = partial(adjustments.list_for_event, caller=caller, eid=event.id)
        calls["Meta statistics"] = partial(campaigns.meta_results, caller=caller, eid=event.id)
    if isinstance(shelf, Reading) and isinstance(shelf.value, tuple) and shelf.value:
        calls["evaluations"] = partial(packages.evaluation, caller=caller, package_id=shelf.value[0].id)
    return calls


def _problem(outcome: object) -> Problem | None:
    """Nothing there yet is no lack of permission."""
    if isinstance(outcome, PlatformError) and not isinstance(outcome, NotFound):
        return Problem.of(outcome)
    return None


@transaction.atomic
def _store(service_account: ServiceAccount, partner_id: str, information: PartnerInfo, actor: Actor) -> Partner:
    """What the platform says of it. Whose account reads it is for `serving` to decide, but for a new one."""
    says = {
        "name": information.name[:200] or partner_id,
        "currency": information.currency or "",
        "has_lookout": information.has_lookout,
        "has_wave": information.has_wave,
        "default_event_model": (information.default_event_model or "")[:40],
    }
    partner, new = Partner.objects.update_or_create(
        partner_id=partner_id, defaults=says, create_defaults={**says, "service_account": service_account}
    )
    if new:
        record(kind=Kind.PARTNER_CONNECTED, actor=actor, partner=partner, target=partner_id, title=partner.name)
    return partner
