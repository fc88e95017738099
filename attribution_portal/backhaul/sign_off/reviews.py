"""Account managers sign a package's result off, and what happens afterwards shows.

A sign-off pins one row of the ledger and the settings that were in force with it. A newer row, or any later change of
the settings, un-signs the package: that is computed from what is stored and never written, so that nobody can forget
to. What was signed, by whom, and what came since stays readable (`standing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Self
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from attribution_portal.accounts.models import User
from attribution_portal.audit import trail
from attribution_portal.audit.trail import Actor, Values
from attribution_portal.backhaul import clock
from attribution_portal.backhaul.ledger import fingerprints
from attribution_portal.backhaul.models import Evaluation, Package, PollState, Review, SettingsChange
from attribution_portal.partners.models import Partner


class Kind(StrEnum):
    UNSIGNED = "unsigned"
    SIGNED = "signed"
    UNSIGNED_BY_CHANGE = "unsigned_by_change"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a package is signed off now. `review`: the newest sign-off, also one that was withdrawn or that no longer
    holds; `result_moved`, `settings_changed`: why it does not; `changes`: the settings changes since, oldest first;
    `latest`: the newest row of the ledger."""

    kind: Kind
    review: Review | None = None
    result_moved: bool = False
    settings_changed: bool = False
    changes: tuple[SettingsChange, ...] = ()
    latest: Evaluation | None = None

    @property
    def is_signed(self) -> bool:
        return self.kind is Kind.SIGNED


@dataclass(frozen=True, slots=True)
class Seen:
    """What a form showed: the newest row's number and a digest of the settings in force and of when they changed."""

    number: int
    settings: str

    @classmethod
    def of(cls, poll: PollState) -> Self | None:
        """None where there is no result to sign."""
        if poll.latest is None:
            return None
        changed = poll.settings_changed_at
        moment = changed.isoformat() if changed else ""
        return cls(poll.latest.number, f"{fingerprints.of_settings(poll.settings)[:16]}{moment}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what `str` never wrote."""
        number, separator, settings = text.partition("-")
        if not (separator and settings and number.isascii() and number.isdigit() and len(number) < 10):
            raise ValueError("no result is named")
        return cls(int(number), settings)

    def __str__(self) -> str:
        return f"{self.number}-{self.settings}"


class Outcome(Enum):
    """SENT_BEFORE: this very form was sent earlier; nothing was stored now."""

    DONE = "done"
    SENT_BEFORE = "sent before"


class Moved(Exception):  # noqa: N818 - what happened, not what went wrong
    """Something else is there than the person saw: nothing was signed."""

    def __init__(self, *, newer_result: bool, settings_changed: bool) -> None:
        super().__init__("the result moved")
        self.newer_result = newer_result
        self.settings_changed = settings_changed


class Signed(Exception):  # noqa: N818 - what happened, not what went wrong
    """Somebody else has signed the same result off before."""

    def __init__(self, review: Review) -> None:
        super().__init__("signed off before")
        self.review = review


class NotSigned(Exception):  # noqa: N818 - what happened, not what went wrong
    """The sign-off to withdraw is not the newest one, or was withdrawn before."""


def sign_off(
    *, partner: Partner, package: Package, seen: Seen, note: str, user: User, actor: Actor, token: UUID
) -> Outcome:
    """Pin the present row and settings. Raises Moved when they are not what the person saw, Signed when they are
    signed off already. Whoever signs, changes settings or records results of this package stands in line at its poll
    state, so that a result cannot slip in between the comparison and the sign-off."""
    with transaction.atomic():
        poll = PollState.objects.select_for_update(of=("self",)).select_related("latest").get(pk=package.pk)
        if Review.objects.filter(token=token).exists():
            return Outcome.SENT_BEFORE
        now = Seen.of(poll)
        latest = poll.latest
        if now is None or latest is None or now != seen:
            raise Moved(
                newer_result=now is None or now.number != seen.number,
                settings_changed=now is not None and now.settings != seen.settings,
            )
        before = _newest(package)
        if before is not None and holds(before, poll):
            raise Signed(before)
        review = Review(
            partner=partner,
            package=package,
            evaluation=latest,
            settings_changed_at=poll.settings_changed_at,
            reviewer=user,
            reviewer_name=user.shown_name,
            reviewer_email=user.email,
            note=note,
            at=clock.now(),
            token=token,
        )
        review.settings = poll.settings
        review.save(force_insert=True)
        _record(review, actor=actor, before={}, after={"signed_off": True, **_values(review)}, reason=note)
    return Outcome.DONE


def withdraw(*, partner: Partner, package: Package, review: int, note: str, user: User, actor: Actor) -> None:
    """Take the newest sign-off back. Raises NotSigned when `review` is not that, or is withdrawn already."""
    with transaction.atomic():
        PollState.objects.select_for_update().get(pk=package.pk)
        found = _newest(package)
        if found is None or found.pk != review or found.withdrawn_at is not None:
            raise NotSigned
        found.withdrawn_at = clock.now()
        found.withdrawn_by, found.withdrawn_by_name = user, user.shown_name
        found.withdrawn_by_email, found.withdrawal_note = user.email, note
        found.save(
            update_fields=[
                "withdrawn_at",
                "withdrawn_by",
                "withdrawn_by_name",
                "withdrawn_by_email",
                "withdrawal_note",
            ]
        )
        found.partner, found.package = partner, package
        before: Values = {"signed_off": True, **_values(found)}
        _record(found, actor=actor, before=before, after={"signed_off": False}, reason=note)


def holds(review: Review, poll: PollState) -> bool:
    """Whether the sign-off still stands: neither withdrawn, nor anything newer than what it pinned."""
    return review.withdrawn_at is None and not (_result_moved(review, poll) or _settings_changed(review, poll))


def standing(package: Package) -> Standing:
    """Of a package with its poll state and newest row at hand; one query, and one more where something changed."""
    poll = package.poll
    review = _newest(package)
    if review is None or review.withdrawn_at is not None:
        return Standing(Kind.UNSIGNED, review, latest=poll.latest)
    moved, changed = _result_moved(review, poll), _settings_changed(review, poll)
    if not (moved or changed):
        return Standing(Kind.SIGNED, review, latest=poll.latest)
    return Standing(
        Kind.UNSIGNED_BY_CHANGE,
        review,
        result_moved=moved,
        settings_changed=changed,
        changes=_changes_since(review) if changed else (),
        latest=poll.latest,
    )


def _newest(package: Package) -> Review | None:
    found = Review.objects.filter(partner=package.partner_id, package=package).select_related("evaluation")
    return found.order_by("-at", "-pk").first()


def _result_moved(review: Review, poll: PollState) -> bool:
    return review.evaluation_id != poll.latest_id


def _settings_changed(review: Review, poll: PollState) -> bool:
    return review.settings_changed_at != poll.settings_changed_at or review.settings != poll.settings


def _changes_since(review: Review) -> tuple[SettingsChange, ...]:
    """A change made here counts from when the platform took it, a little after it was made."""
    since = Q(made_at__gt=review.settings_changed_at) if review.settings_changed_at else Q()
    changes = SettingsChange.objects.filter(
        since, partner=review.partner_id, package=review.package_id, outcome=SettingsChange.Outcome.DONE
    )
    return tuple(changes.select_related("user").order_by("made_at", "pk"))


def _record(review: Review, *, actor: Actor, before: Values, after: Values, reason: str) -> None:
    """Last in its transaction."""
    trail.record(
        kind=trail.Kind.PACKAGE_REVIEWED,
        actor=actor,
        partner=review.partner,
        target=review.package.package_id,
        title=str(review.package),
        before=before,
        after=after,
        reason=reason,
    )


def _values(review: Review) -> Values:
    row, day = review.evaluation, review.email_sent_date
    return {
        "result": row.number,
        "customers": row.customers,
        "items": row.items,
        "revenue": fingerprints.plain(row.revenue),
        "model": review.model or None,
        "window": review.window,
        "email_sent_date": day.isoformat() if day else None,
    }
