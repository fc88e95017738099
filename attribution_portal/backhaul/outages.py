"""How reading a partner as a whole goes: when it is parked, for how long, and how it comes back by itself.

While a partner is parked nothing of it is read. It is parked when its account cannot sign in, when it may not list its
packages, and when the platform is out for it: not one package of a whole chunk could be reached, and its list, asked as
a second witness, could not be reached either. One endpoint that is broken alone, a list or a package, parks nobody.

Each parking is as long as all before it together, and a minute; an hour at most. When it has run out, the list and one
package at a time are tried (`engine.CLAIM`): the first that answers ends it, and all that failed meanwhile is read
again at once. While somebody looks at one of its packages, an outage is tried again every minute.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.models import PartnerPoll, PollState
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import NotPermitted, PlatformError, SignInFailed, Unavailable

logger = logging.getLogger(__name__)

FIRST_PARKING: Final = timedelta(minutes=1)
LONGEST_PARKING: Final = timedelta(hours=1)
# A list that fails alone is asked again after a minute, two, four, and then every five.
FIRST_LIST_RETRY: Final = timedelta(minutes=1)
LAST_LIST_RETRY: Final = timedelta(minutes=5)
# What failed with its partner and would be tried again later.
STIRRED: Final = Q(failures__gt=0, next_due__isnull=False)


def is_unreachable(error: PlatformError) -> bool:
    """Whether nothing came in time. A spent budget is something else: the platform was not asked."""
    return isinstance(error, Unavailable) and seconds_to_wait(error) is None


def seconds_to_wait(error: PlatformError) -> float | None:
    """How long until the partner's budget has a place again, when that is why the platform was not asked."""
    return error.retry_after if isinstance(error, Unavailable) and error.status is None else None


def lock(partner: Partner) -> PartnerPoll:
    """Whoever stores packages of a partner, or how it goes, holds this row: two lists cannot interleave."""
    PartnerPoll.objects.bulk_create([PartnerPoll(partner=partner)], ignore_conflicts=True)
    return PartnerPoll.objects.select_for_update().get(partner=partner)


def parking_of(partner: Partner) -> datetime | None:
    """Until when it is parked, None when it is not. A time that has passed: reading it is being tried. The partner was
    selected with its `poll`."""
    poll: PartnerPoll | None = getattr(partner, "poll", None)
    return poll.parked_until if poll is not None else None


def list_failed(*, partner: Partner, error: PlatformError, packages_too: bool = False, now: datetime) -> None:
    """The partner's list could not be read; `packages_too`: nor could any package that was asked for just before."""
    waits = seconds_to_wait(error)
    with transaction.atomic():
        poll = lock(partner)
        if waits is not None:
            poll.list_due = now + timedelta(seconds=waits)
            poll.save(update_fields=["list_due"])
            return
        # A parking that has run out is not over until something answers.
        is_out = is_unreachable(error) and (packages_too or poll.parked_until is not None)
        if isinstance(error, SignInFailed | NotPermitted) or is_out:
            _park(poll, error, now)
        elif poll.parked_until is None or poll.parked_until <= now:
            _note(poll, error, now)
            poll.list_due = now + min(LAST_LIST_RETRY, FIRST_LIST_RETRY * (1 << min(poll.failures - 1, 10)))
        poll.save()
    logger.warning("partner %s: %s", partner.partner_id, error)


def sign_in_failed(*, partner: Partner, error: SignInFailed, now: datetime) -> None:
    """In the middle of reading packages."""
    with transaction.atomic():
        poll = lock(partner)
        _park(poll, error, now)
        poll.save()
    logger.warning("partner %s: %s", partner.partner_id, error)


def packages_answer(*, partner: Partner, now: datetime) -> None:
    """At least one package could be read while reading was being tried: an outage, or a sign-in that failed, is over.
    That the list may not be read is not: the list has to say so itself."""
    with transaction.atomic():
        poll = lock(partner)
        if poll.parked_until is None or poll.last_error == NotPermitted.__name__:
            return
        poll.parked_since = poll.parked_until = poll.list_due = None
        poll.save()
        failed = PollState.objects.select_for_update().filter(STIRRED, partner=partner, next_due__gt=now)
        stirred = list(failed.order_by("pk").values_list("pk", flat=True))
        PollState.objects.filter(pk__in=stirred).update(next_due=now)


def budget_spent(*, partner: Partner, until: datetime) -> None:
    """Its packages wait in Postgres until the budget has a place again, not in a worker."""
    with transaction.atomic():
        poll = lock(partner)
        poll.budget_until = until
        poll.save(update_fields=["budget_until"])


def try_again(*, partner: Partner, **_signal: object) -> None:
    """The partner is connected or switched on again: what it was parked for may be over, so its parking has run out."""
    now = clock.now()
    PartnerPoll.objects.filter(partner=partner, parked_until__gt=now).update(parked_until=now)
    PartnerPoll.objects.filter(partner=partner, list_due__gt=now).update(list_due=now)


def looked_at(*, partner: Partner, now: datetime) -> None:
    """Somebody looks at a package of a partner, selected with its `poll`: an outage may be over sooner than its parking
    is, so that runs out a minute after it began. Whose account may not sign in or list is not tried for that: somebody
    has to see to it first."""
    poll: PartnerPoll | None = getattr(partner, "poll", None)
    if poll is None or poll.parked_until is None or poll.last_error != Unavailable.__name__:
        return
    soon = max(now, poll.parked_at + FIRST_PARKING) if poll.parked_at is not None else now
    if poll.parked_until > soon:
        # Unless it has been parked anew since it was selected.
        mine = PartnerPoll.objects.filter(partner=partner, parked_at=poll.parked_at, parked_until__gt=soon)
        mine.update(parked_until=soon)
        poll.parked_until = soon


def list_answers(poll: PartnerPoll, *, due: datetime) -> None:
    """Of a row that the caller holds and saves. `due`: when the list is read next."""
    poll.failures, poll.failing_since, poll.last_error = 0, None, ""
    poll.parked_since = poll.parked_until = None
    poll.list_due = due


def _note(poll: PartnerPoll, error: PlatformError, now: datetime) -> None:
    poll.failures += 1
    poll.failing_since = poll.failing_since or now
    poll.last_error = type(error).__name__


def _park(poll: PartnerPoll, error: PlatformError, now: datetime) -> None:
    """Chunks that were under way when the first of them failed tell nothing new."""
    if poll.parked_until is not None and poll.parked_until > now:
        return
    _note(poll, error, now)
    poll.parked_since, poll.parked_at = poll.parked_since or now, now
    poll.parked_until = now + min(LONGEST_PARKING, FIRST_PARKING + max(now - poll.parked_since, timedelta(0)))
    poll.list_due = None
