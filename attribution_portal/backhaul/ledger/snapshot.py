"""A package as it was known at the end of a past day, from the ledger and the changes of settings on record.

What only the platform knew on that day is lost: how far the package was built, and whether reading it failed, unless
that failure has gone on since. Sizes of clusters and events are those known now.
"""

from __future__ import annotations

from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db.models import QuerySet

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.models import Evaluation, Package, PollState, SettingsChange
from attribution_portal.backhaul.state import Facts, State, window_end
from attribution_portal.formats import Reader
from attribution_portal.partners.models import Partner

_TICK: Final = timedelta(microseconds=1)


def end_of(day: date, partner: Partner) -> datetime:
    """The last moment of the partner's day. Counted back in UTC: where clocks are set back at midnight, the day has its
    last hour twice."""
    return datetime.combine(day + timedelta(days=1), time.min, partner.zone).astimezone(UTC) - _TICK


def results(package: Package, until: datetime | None = None) -> QuerySet[Evaluation]:
    """The package's results, those that were known at `until`."""
    rows = Evaluation.objects.filter(partner=package.partner_id, package=package)
    return rows if until is None else rows.filter(first_seen__lte=until)


def take(package: Package, moment: datetime) -> Package:
    """The package with its poll state and newest result as they stood at `moment`; never to be saved. Two to four
    queries."""
    then = copy(package)
    row = results(package, moment).select_related("change__user").order_by("-number").first()
    done = SettingsChange.objects.filter(
        partner=package.partner_id, package=package, outcome=SettingsChange.Outcome.DONE
    )
    made = done.filter(made_at__lte=moment)
    last = made.order_by("-made_at", "-pk").first()
    poll = PollState(package=then, partner_id=package.partner_id)
    if last is not None:
        poll.settings, poll.settings_changed_at = last.settings, last.made_at
    else:
        after = done.order_by("made_at", "pk").first()
        poll.settings = after.before if after is not None else package.poll.settings
    poll.last_change = last
    poll.inherited = list(row.inherited) if row is not None and row.settings == poll.settings else []
    if row is not None and last is not None:
        poll.pending_changes = made.filter(made_at__gte=_answered_since(package, row)).count()
    if package.poll.failing_since is not None and package.poll.failing_since <= moment:
        poll.failing_since, poll.last_error = package.poll.failing_since, package.poll.last_error
    if row is not None:
        # An answer that was given before that moment and after it was the same at that moment.
        row.last_confirmed = min(row.last_confirmed, moment)
        poll.last_ok_at = row.last_confirmed
    poll.latest = row
    then.poll = poll
    if then.vanished_at is not None and then.vanished_at > moment:
        then.vanished_at = None
    if then.status == "EXPIRED":
        # It expired some day, and nobody can tell whether before.
        then.status = ""
    return then


def _answered_since(package: Package, row: Evaluation) -> datetime:
    """Since when the platform has given the answer that `row` holds: changes after that are not answered by it. A row
    that stands for "48 hours later still the same" holds the answer of the row before."""
    if row.certainty != Evaluation.Certainty.UNKNOWN or row.number == 1:
        return row.first_seen
    before = results(package).filter(number=row.number - 1).defer("clusters").first()
    return before.first_seen if before is not None and before.fingerprint == row.fingerprint else row.first_seen


def sentence(state: State, facts: Facts, *, day: date, results_from: datetime | None, reader: Reader) -> str:
    """The state on that day, as it can be told today."""
    end = window_end(window=facts.window, email_sent_date=facts.email_sent_date)
    said = {
        "day": reader.day(day),
        "changed_at": reader.instant(facts.settings_changed_at),
        "results": reader.instant(results_from),
        "end": reader.day(end),
        "since": reader.instant(facts.failing_since),
    }
    text = {
        State.NONE: reader.gettext("On %(day)s there were no results yet."),
        State.WAITING: reader.gettext(
            "On %(day)s the settings had changed (%(changed_at)s) and the platform still answered the results from "
            "%(results)s, which belong to the settings of before."
        ),
        State.UNCHANGED: reader.gettext(
            "On %(day)s the settings had changed more than 48 hours before (%(changed_at)s) and the results were still "
            "the same. Whether they belonged to the new settings could not be told."
        ),
        State.PROVISIONAL: reader.gettext(
            "On %(day)s the results were provisional: they had not been read after the window closed on %(end)s."
        ),
        State.FINAL: reader.gettext("On %(day)s the window had closed (%(end)s) and these results were final."),
        State.CURRENT: reader.gettext("These were the latest results on %(day)s. There was no window to end."),
        State.FAILING: reader.gettext(
            "On %(day)s the platform could not be read, since %(since)s. These are the results from before."
        ),
        State.ENDED: reader.gettext(
            "On %(day)s the platform no longer offered this package. These were its last results."
        ),
    }[state]
    if state is State.ENDED and facts.package_status == "FAILED":
        text = reader.gettext("The platform could not build this package.")
    if state is State.PROVISIONAL and end is not None and day <= end:
        text = reader.gettext("On %(day)s the window was still open, until %(end)s: the results were provisional.")
        text += " " + wording.clock(facts, reader)
    return text % said
