"""Putting on record who did what.

    with transaction.atomic():
        membership.delete()
        record(kind=Kind.MEMBER_REMOVED, actor=Actor.of(request), partner=request.partner, target=email,
               before={"role": membership.role})

Record in the transaction of the row that the event is about, so that neither exists without the other, and last in
it: `record` locks the chain until the transaction ends, and everybody else who records for this partner waits. So
never record inside a transaction that also talks to the platform: record the intent in one, send, and record the
outcome, with `of=intent`, in another. Who records in two chains at once does the partner's first, the portal's last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from attribution_portal.audit.chain import BEGINNING, digest
from attribution_portal.audit.kinds import Kind, Outcome
from attribution_portal.audit.models import AuditEvent, ChainHead

if TYPE_CHECKING:
    from attribution_portal.accounts.models import User
    from attribution_portal.partners.models import Partner

__all__ = ["Actor", "AuditEvent", "Kind", "Outcome", "Value", "Values", "record"]

Value = str | int | None
Values = Mapping[str, Value]

LONGEST_VALUE: Final = 1000
# What Postgres does not store (NUL, half of a surrogate pair); the replacement shows that something was there.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `email` is an e-mail address, "manage.py NAME" for a command, "" for the portal itself. `session` is
    a keyed digest of the session's key: it tells one session from another and opens none."""

    user: User | None
    email: str
    address: str = ""
    session: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Actor:
        """The person of a request; somebody signed out has an address only."""
        return cls.signing_in(request, request.user if request.user.is_authenticated else None)

    @classmethod
    def signing_in(cls, request: HttpRequest, user: User | None, email: str = "") -> Actor:
        """For an event at which the request does not carry the person: not signed in yet, or not any more."""
        return cls(user, user.email if user else email, _address(request), _session(request))

    @classmethod
    def command(cls, name: str) -> Actor:
        return cls(None, f"manage.py {name}")

    @classmethod
    def portal(cls) -> Actor:
        """Nobody: the portal does it by itself."""
        return cls(None, "")


def record(
    *,
    kind: Kind,
    actor: Actor,
    partner: Partner | None = None,
    target: str = "",
    title: str = "",
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
    outcome: Outcome = Outcome.DONE,
    platform_request: str = "",
    of: AuditEvent | None = None,
) -> AuditEvent:
    """Add one event to the partner's chain, or without a partner to the portal-wide one. Texts that are longer than
    their column are cut, with an ellipsis. Values are text, whole numbers, yes or no, or None; anything else (money
    is text) is a TypeError, and an `of` from another chain a ValueError: both before anything is written."""
    partner_pk = partner.pk if partner else None
    if of is not None and of.partner_id != partner_pk:
        raise ValueError("an outcome belongs into the chain of its intent")
    event = AuditEvent(
        partner_id=partner_pk,
        kind=kind.value,
        outcome=outcome.value,
        user_id=actor.user.pk if actor.user else None,
        email=_text("email", actor.email),
        address=_text("address", actor.address),
        session=_text("session", actor.session),
        target=_text("target", target),
        title=_text("title", title),
        before=_values(before),
        after=_values(after),
        reason=_text("reason", reason),
        platform_request=_text("platform_request", platform_request),
        of=of,
    )
    with transaction.atomic():
        head = _locked_head(partner_pk)
        # The clock is read under the lock, so that times run as positions do.
        event.at = timezone.now()
        event.position = head.position + 1
        event.previous_hash = head.hash
        event.hash = digest(event)
        event.save(force_insert=True)
        head.position, head.hash = event.position, event.hash
        head.save(update_fields=["position", "hash"])
    return event


def _locked_head(partner_pk: int | None) -> ChainHead:
    whose = Q(partner=None) if partner_pk is None else Q(partner=partner_pk)
    heads = ChainHead.objects.select_for_update().filter(whose)
    head = heads.first()
    if head is None:
        # Two who begin a chain at once: the second waits for the first's row and then finds it.
        ChainHead.objects.bulk_create([ChainHead(partner_id=partner_pk, hash=BEGINNING)], ignore_conflicts=True)
        head = heads.get()
    return head


def _address(request: HttpRequest) -> str:
    """As the throttling of sign-ins sees it: behind a proxy only what the proxy itself says is believed."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""


def _session(request: HttpRequest) -> str:
    key = request.session.session_key
    return salted_hmac("attribution_portal.audit.session", key, algorithm="sha256").hexdigest()[:16] if key else ""


def _text(column: str, text: str) -> str:
    field = AuditEvent._meta.get_field(column)
    assert isinstance(field, CharField)  # noqa: S101
    return _cut(text, field.max_length or 0)


def _cut(text: str, longest: int) -> str:
    clean = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _values(given: Values | None) -> dict[str, Value]:
    kept: dict[str, Value] = {}
    for name, value in (given or {}).items():
        if not isinstance(value, str | int | None):
            raise TypeError(f"{name} is {type(value).__name__}: only text, whole numbers and None can be on record")
        # A choice is stored as its plain value.
        kept[name] = _cut(str(value), LONGEST_VALUE) if isinstance(value, str) else value
    return kept
