"""What is said about adjustments in sentences: warnings before one is created, and requests nobody knows the end of."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.adjustments.guard import Check, Finding
from attribution_portal.adjustments.intents import Outcome
from attribution_portal.adjustments.models import AdjustmentRequest
from attribution_portal.formats import Reader


def warning(finding: Finding, *, currency: str, reader: Reader) -> str:
    """A check that warns."""

    def money(value: object) -> str:
        return reader.money(value, currency, trim=True)  # type: ignore[arg-type]

    row = finding.row
    day = reader.day(row.day) if row and row.day else _("a day that is not told")
    if finding.check is Check.EQUAL_UNDER_WAY:
        return _(
            "An equal adjustment is being sent, or was a moment ago, or it is not known yet whether the platform took"
            " it. A second one would count twice."
        )
    if finding.check is Check.EQUAL_ROW:
        return _("An equal row was recorded on %(day)s. A second one would count the same sales twice.") % {"day": day}
    if finding.check is Check.AUTOMATED_SAME_DAYS:
        return _(
            "The platform's own job recorded a row on %(day)s, within the last 7 days. The platform does not tell which"
            " days a row covers: these sales may be in it already."
        ) % {"day": day}
    if finding.check is Check.OVER_CAPACITY:
        left = finding.left or 0
        return ngettext(
            "More purchases than places: after the measured purchases %(n)s place is left, and a purchase holds at"
            " least one ticket.",
            "More purchases than places: after the measured purchases %(n)s places are left, and a purchase holds at"
            " least one ticket.",
            left,
        ) % {"n": reader.count(left)}
    if finding.check is Check.ODD_AVERAGE:
        return _("%(each)s per purchase is far from what this event measured, %(usual)s per purchase.") % {
            "each": reader.money_each(finding.each, currency),
            "usual": reader.money_each(finding.usual, currency),
        }
    return _("All adjustments together would be %(total)s, more than the measured revenue of %(measured)s.") % {
        "total": money(finding.total),
        "measured": money(finding.measured),
    }


def unknown(check: Check) -> str:
    """A check that could not be made, because something it needs is not known."""
    return {
        Check.EQUAL_UNDER_WAY: "",
        Check.EQUAL_ROW: "",
        Check.AUTOMATED_SAME_DAYS: _(
            "Not checked: whether the platform's own job covers these sales. Its rows carry no day."
        ),
        Check.OVER_CAPACITY: _(
            "Not checked: whether there were places left. Capacity or measured purchases are not known."
        ),
        Check.ODD_AVERAGE: _(
            "Not checked: whether the revenue per purchase is usual. There is no measured average to compare with, or"
            " no purchase."
        ),
        Check.OVER_MEASURED: _(
            "Not checked: whether adjustments exceed the measured revenue. It is not known, or in another currency."
        ),
    }[check]


def values(request: AdjustmentRequest, reader: Reader) -> str:
    """ "25 purchases, €1,125.50" """
    count = ngettext("%(n)s purchase", "%(n)s purchases", request.purchases) % {"n": reader.count(request.purchases)}
    return f"{count}, {reader.money(request.revenue, request.currency or None)}"


def standing(request: AdjustmentRequest, *, candidates: int, reader: Reader, now: datetime) -> str:
    """A request whose outcome is not known, or that was not taken. candidates: equal rows that came since."""
    said = {
        "values": values(request, reader),
        "who": request.user.shown_name,
        "ago": reader.ago(request.made_at, now),
    }
    deletes = request.action == AdjustmentRequest.Action.DELETE
    if request.outcome == Outcome.SENDING and not request.was_left_behind(now):
        text = (
            _("Being deleted: %(values)s (%(who)s, %(ago)s).")
            if deletes
            else _("Being sent: %(values)s (%(who)s, %(ago)s).")
        )
        return text % said
    if request.outcome == Outcome.NOT_TAKEN:
        text = (
            _("Not deleted: %(values)s (%(who)s, %(ago)s). The row is still there, so the platform did not take it.")
            if deletes
            else _(
                "Not taken: %(values)s (%(who)s, %(ago)s). No such row has come, so the platform did not take it. Enter"
                " it again if it is still wanted."
            )
        )
        return text % said
    if deletes:
        return (
            _(
                "We don't know yet whether the platform deleted this row: %(values)s (%(who)s, %(ago)s). It is still"
                " listed, and the deletion is not sent again."
            )
            % said
        )
    text = _("We don't know yet whether the platform took it: %(values)s (%(who)s, %(ago)s).") % said
    if candidates > 1:
        return text + " " + _("Several equal rows have come since, so it cannot be told which one is this.")
    if candidates == 1:
        return text + " " + _("An equal row has come since, and another equal adjustment was sent too.")
    return text + " " + _("It is not among the rows, and it is not sent again.")
