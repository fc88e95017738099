"""What a package's page says about its sign-off, and the forms of those who may give or take one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.models import Evaluation, Package, Review, SettingsChange
from attribution_portal.backhaul.sign_off.forms import ReviewForm, WithdrawForm
from attribution_portal.backhaul.sign_off.reviews import Kind, Standing
from attribution_portal.backhaul.state import State
from attribution_portal.formats import Reader
from attribution_portal.panels import Badge, Panel
from attribution_portal.partners.models import Partner

NAME = "sign-off"


@dataclass(frozen=True, slots=True)
class SignOff:
    """`sentence`: who signed what off, and whether it holds; `since`: what changed after it, one line each; `asked`:
    what a sign-off now would be about. A form is None where there is nothing for it, or for those who may not."""

    kind: Kind
    badge: Badge | None
    sentence: str
    signed_at: datetime | None
    note: str
    since: tuple[str, ...]
    asked: str
    form: ReviewForm | None
    withdrawal: WithdrawForm | None


def panel(
    *, partner: Partner, package: Package, known: Standing, state: State, reader: Reader, may_review: bool
) -> Panel[SignOff]:
    """`package` with its poll state and the newest row of the ledger; `known`: how it stands."""
    data = SignOff(
        kind=known.kind,
        badge=badge(known, reader),
        sentence=sentence(known, partner, reader),
        signed_at=known.review.at if known.review else None,
        note=known.review.note if known.review else "",
        since=since(known, partner, reader),
        asked=asked(package, state, partner, reader) if may_review and not known.is_signed else "",
        form=ReviewForm(poll=package.poll) if may_review and known.latest and not known.is_signed else None,
        withdrawal=WithdrawForm(review=known.review) if may_review and known.is_signed else None,
    )
    if known.latest is None:
        words = reader.gettext("There is no result yet that could be signed off.")
        return Panel(NAME, "empty", data=data, sentence=words)
    return Panel(
        NAME,
        "ready",
        data=data,
        caption=reader.gettext(
            "An account manager's sign-off is about one result under one setting: a newer result or another setting "
            "ends it."
        ),
    )


def badge(known: Standing, reader: Reader) -> Badge | None:
    """None where nothing was ever signed: that is the usual case, and nobody's fault."""
    if known.kind is Kind.SIGNED:
        return Badge(reader.gettext("Signed off"), "final")
    if known.kind is Kind.UNSIGNED_BY_CHANGE:
        return Badge(reader.gettext("Changed since sign-off"), "waiting")
    return None


def sentence(known: Standing, partner: Partner, reader: Reader) -> str:
    review = known.review
    if review is None:
        return reader.gettext("Not signed off yet.")
    said = {
        "who": review.reviewer_name,
        "when": reader.instant(review.at),
        "result": result_words(review.evaluation, partner, reader),
        "by": review.withdrawn_by_name,
        "withdrawn": reader.instant(review.withdrawn_at),
        "why": review.withdrawal_note,
    }
    if review.withdrawn_at is not None:
        text = reader.gettext(
            "Not signed off: %(by)s took the sign-off by %(who)s of %(when)s back on %(withdrawn)s: “%(why)s”."
        )
    elif known.kind is Kind.SIGNED:
        text = reader.gettext("Signed off by %(who)s on %(when)s: %(result)s.")
    else:
        text = reader.gettext("No longer signed off. %(who)s signed off on %(when)s: %(result)s.")
    return text % said


def since(known: Standing, partner: Partner, reader: Reader) -> tuple[str, ...]:
    """What came after a sign-off that no longer holds: who changed which settings when, and how the results moved."""
    review = known.review
    if review is None or known.kind is not Kind.UNSIGNED_BY_CHANGE:
        return ()
    lines = [_change(change, reader) for change in known.changes]
    if known.settings_changed and not lines:
        lines.append(reader.gettext("The settings are others than those that were signed off."))
    if known.result_moved and known.latest is not None:
        lines.append(_movement(review, known.latest, partner, reader))
    return tuple(lines)


def asked(package: Package, state: State, partner: Partner, reader: Reader) -> str:
    """What somebody who signs now would sign."""
    latest = package.poll.latest
    if latest is None:
        return ""
    text = reader.gettext("You would sign off %(result)s, under these settings: %(settings)s.") % {
        "result": result_words(latest, partner, reader),
        "settings": wording.settings_short(package.poll.settings, reader),
    }
    hint = {
        State.PROVISIONAL: reader.gettext("The result is provisional: when it moves, the sign-off ends."),
        State.WAITING: reader.gettext(
            "It still belongs to the settings of before: when the new results come, the sign-off ends."
        ),
        State.UNCHANGED: reader.gettext("Whether it belongs to these settings cannot be told."),
        State.FAILING: reader.gettext("The platform cannot be read at the moment: this is the last known result."),
    }.get(state, "")
    return f"{text} {hint}".strip()


def result_words(row: Evaluation, partner: Partner, reader: Reader) -> str:
    return reader.gettext("result %(number)s with %(customers)s customers at most, %(items)s items and %(revenue)s") % {
        "number": reader.count(row.number),
        "customers": reader.count(row.customers),
        "items": reader.count(row.items),
        "revenue": reader.money(row.revenue, partner.currency),
    }


def _change(change: SettingsChange, reader: Reader) -> str:
    said = {
        "when": reader.instant(change.made_at),
        "what": wording.difference(change.before, change.settings, reader) or reader.gettext("the same values"),
        "who": change.user.shown_name if change.user else "",
        "reason": change.reason,
    }
    if change.user is None:
        return reader.gettext("%(when)s: %(what)s, made outside the portal or by the partner's defaults.") % said
    if change.reason:
        return reader.gettext("%(when)s: %(what)s by %(who)s: “%(reason)s”.") % said
    return reader.gettext("%(when)s: %(what)s by %(who)s.") % said


def _movement(review: Review, latest: Evaluation, partner: Partner, reader: Reader) -> str:
    before = review.evaluation
    parts = (
        (reader.gettext("customers %(change)s"), wording.moved(latest.customers, before.customers, reader)),
        (reader.gettext("items %(change)s"), wording.moved(latest.items, before.items, reader)),
        (
            reader.gettext("revenue %(change)s"),
            wording.moved(latest.revenue, before.revenue, reader, partner.currency or None),
        ),
    )
    moved = [words % {"change": change} for words, change in parts if change]
    said = {"when": reader.instant(latest.first_seen), "moved": reader.listing(moved)}
    if not moved:
        return reader.gettext("%(when)s: a newer result with the same sums.") % said
    return reader.gettext("%(when)s: a newer result: %(moved)s.") % said
