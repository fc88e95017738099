"""A person's intent to change something at the platform: sent at most once, its outcome known or said to be unknown.

    begin(intent, actor=actor)      # committed before anything is sent; a token that was used before stops here
    answer = …                      # the one call
    settle(intent, Outcome.DONE, actor=actor, platform_request=answer.request_id)

An intent begins as `sending`. Who sends it settles it: `done`, `refused` (the platform certainly did not take it) or
`unknown`. What is unknown, or was left behind by a process that died, is resolved by reading back and never by
sending again: it becomes `done`, or, long after anything could still be on its way, `not taken`.

Nothing here talks to the platform, and every transaction here ends before anybody does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attribution_portal.audit import trail
from attribution_portal.audit.trail import Actor, Kind
from attribution_portal.partners.models import Partner

if TYPE_CHECKING:
    from attribution_portal.audit.trail import Values

# Beyond any deadline of a page: whoever is still "sending" by then has died.
LONGEST_CALL: Final = timedelta(seconds=60)
# Beyond anything that a gateway holds back: what is not there by then was not taken.
ON_ITS_WAY: Final = timedelta(minutes=15)
# How long an unknown outcome is looked after, and told on the page.
LOOKED_AFTER: Final = timedelta(days=7)


class Outcome(models.TextChoices):
    SENDING = "sending", _("being sent")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    UNKNOWN = "unknown", _("not known yet")
    NOT_TAKEN = "not_taken", _("not taken")


OPEN: Final = (Outcome.SENDING, Outcome.UNKNOWN)
_ON_RECORD: Final = {
    Outcome.DONE: trail.Outcome.DONE,
    Outcome.REFUSED: trail.Outcome.REFUSED,
    Outcome.UNKNOWN: trail.Outcome.UNKNOWN,
    Outcome.NOT_TAKEN: trail.Outcome.REFUSED,
}


class Intent(models.Model):
    """`token` admits the intent once. `made_at`: when it was stored, just before it was sent. `settled_at`: when its
    outcome was last decided. `platform_request`: the platform's request id, "" when it gave none. `audit`: the event
    that put the intent on record; its outcomes refer to it."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    event_id = models.TextField()
    event_title = models.TextField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token = models.UUIDField(unique=True)
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.SENDING)
    platform_request = models.CharField(max_length=200, blank=True)
    audit = models.ForeignKey("audit.AuditEvent", on_delete=models.PROTECT, db_constraint=False, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.event_id} {self.made_at:%Y-%m-%d %H:%M} {self.outcome}"

    @property
    def kind(self) -> Kind:
        """What it is on record as."""
        raise NotImplementedError

    def on_record(self) -> tuple[Values, Values, str]:
        """Before, after and the person's reason."""
        raise NotImplementedError

    @property
    def is_open(self) -> bool:
        return self.outcome in OPEN

    def may_be_on_its_way(self, now: datetime) -> bool:
        return now - self.made_at < ON_ITS_WAY

    def was_left_behind(self, now: datetime) -> bool:
        return self.outcome == Outcome.SENDING and now - self.made_at > LONGEST_CALL

    @classmethod
    def of_event(cls, partner: Partner, eid: str) -> models.QuerySet[Self]:
        manager: models.Manager[Self] = cls._default_manager
        return manager.filter(partner=partner, event_id=eid)


I = TypeVar("I", bound=Intent)  # noqa: E741 - an intent of one kind


def looked_after(now: datetime) -> Q:
    return Q(outcome__in=OPEN, made_at__gt=now - LOOKED_AFTER)


def sent(now: datetime) -> Q:
    """Those that nobody can be sending any more."""
    return Q(made_at__lt=now - LONGEST_CALL)


class SentBefore(Exception):  # noqa: N818 - what happened, not what went wrong
    """The token was used: this very intent was sent, whatever became of it."""


def begin(intent: Intent, *, actor: Actor, check: Callable[[], None] | None = None) -> None:
    """Store the intent and put it on record, before it is sent. Raises SentBefore when its token was used.

    `check` raises to stop it. It runs while nobody else can begin anything for this partner, so that what it sees is
    still true when the intent is stored. `durable`: were this inside another transaction, the intent would not be
    committed before it is sent.
    """
    with transaction.atomic(durable=True):
        # Not FOR UPDATE, which would wait for everybody who stores a row of the partner.
        Partner.objects.select_for_update(no_key=True).get(pk=intent.partner_id)
        if type(intent)._default_manager.filter(token=intent.token).exists():
            raise SentBefore
        if check is not None:
            check()
        before, after, reason = intent.on_record()
        intent.made_at = timezone.now()
        intent.audit = trail.record(
            kind=intent.kind,
            actor=actor,
            partner=intent.partner,
            target=intent.event_id,
            title=intent.event_title,
            before=before,
            after=after,
            reason=reason,
            outcome=trail.Outcome.INTENDED,
        )
        intent.save(force_insert=True)


def settle(
    intent: I,
    outcome: Outcome,
    *,
    actor: Actor,
    platform_request: str = "",
    change: Callable[[I], None] | None = None,
) -> I:
    """Decide the outcome of an open intent, once, and put it on record. `change` stores what goes with it, on the row
    and in the same transaction. Returns the intent as it is now: settled, maybe by somebody else, who then was first.
    """
    with transaction.atomic():
        manager: models.Manager[Any] = type(intent)._default_manager
        found: I = manager.select_for_update(of=("self",)).select_related("partner", "audit").get(pk=intent.pk)
        if not found.is_open or found.outcome == outcome:
            return found
        found.outcome = outcome
        found.settled_at = timezone.now()
        found.platform_request = platform_request[:200] or found.platform_request
        if change is not None:
            change(found)
        found.save()
        before, after, reason = found.on_record()
        trail.record(
            kind=found.kind,
            actor=actor,
            partner=found.partner,
            target=found.event_id,
            title=found.event_title,
            before=before,
            after=after,
            reason=reason,
            outcome=_ON_RECORD[outcome],
            platform_request=found.platform_request,
            of=found.audit,
        )
    return found


def sent_before(model: type[I], *, partner: Partner, token: UUID) -> I | None:
    """The intent that this token was used for. While somebody is sending it, as after a double click, waits for the
    outcome, no longer than a page may take."""
    until = time.monotonic() + settings.PLATFORM_PAGE_SECONDS
    pause = 0.02
    while True:
        found: I | None = model._default_manager.filter(partner=partner, token=token).first()
        waits = found is not None and found.outcome == Outcome.SENDING and not found.was_left_behind(timezone.now())
        if not waits or time.monotonic() >= until:
            return found
        time.sleep(pause)
        pause = min(pause * 2, 0.25)
