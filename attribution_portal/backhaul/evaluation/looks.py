"""What is new on a package's page since somebody's last visit to it, and why, only where that is proved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from attribution_portal.accounts.models import User
from attribution_portal.backhaul.ledger import history
from attribution_portal.backhaul.models import Evaluation, Package
from attribution_portal.formats import Reader

# A visit ends with a look that none follows for this long; a reload within it tells the same news again.
PAUSE: Final = timedelta(minutes=30)
# More results than these in between are not gone through for their causes.
STEPS: Final = 50
LOOK: Final = """
INSERT INTO backhaul_look AS look (user_id, partner_id, package_id, seen_at)
VALUES (%(user)s, %(partner)s, %(package)s, %(now)s)
ON CONFLICT (user_id, package_id) DO UPDATE SET
    before = CASE WHEN look.seen_at <= %(ended)s THEN look.seen_at ELSE look.before END,
    seen_at = GREATEST(look.seen_at, excluded.seen_at)
RETURNING before
"""


def look(*, user: User, package: Package, now: datetime) -> datetime | None:
    """Put this look down: the last look of the visit before this one, or None during the first. One statement, so that
    two tabs that open at once are one visit."""
    values: dict[str, int | str | datetime] = {
        "user": user.pk,
        "partner": package.partner_id,
        "package": package.pk,
        "now": now,
        "ended": now - PAUSE,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOOK, values)
        row = cursor.fetchone()
    before: datetime | None = row[0] if row else None
    return before


def news(
    rows: QuerySet[Evaluation],
    latest: Evaluation | None,
    *,
    since: datetime | None,
    currency: str | None,
    reader: Reader,
) -> str:
    """What moved between the result that was shown at `since` and the `latest`, and why; "" during the first visit.
    `rows`: all results of the package. At most two queries."""
    if since is None or latest is None:
        return ""
    when = {"when": reader.instant(since)}
    if latest.first_seen <= since:
        return reader.gettext("No new results since your last visit on %(when)s.") % when
    old = rows.filter(first_seen__lte=since).order_by("-number").first()
    if old is None:
        return reader.gettext("Since your last visit on %(when)s: the first results.") % when
    moved = _moved(old, latest, currency, reader)
    if old.fingerprint == latest.fingerprint:
        return reader.gettext("Since your last visit on %(when)s the results are the same.") % when
    if not moved:
        moved = reader.gettext("the same sums, from other clusters")
    said = {**when, "moved": moved, "why": _why(rows, old, latest, reader)}
    return reader.gettext("Since your last visit on %(when)s: %(moved)s. %(why)s") % said


def _moved(old: Evaluation, latest: Evaluation, currency: str | None, reader: Reader) -> str:
    """ "+12 customers, +€940.00"."""
    parts = []
    if by := latest.customers - old.customers:
        text = reader.ngettext("%(n)s customer", "%(n)s customers", abs(by))
        parts.append(text % {"n": reader.change(by)})
    if by := latest.items - old.items:
        parts.append(reader.ngettext("%(n)s item", "%(n)s items", abs(by)) % {"n": reader.change(by)})
    if latest.revenue != old.revenue:
        difference = latest.revenue - old.revenue
        shown = reader.change(difference, currency) if currency else reader.change(difference)
        parts.append(shown if currency else reader.gettext("revenue %(change)s") % {"change": shown})
    return ", ".join(parts)


def _why(rows: QuerySet[Evaluation], old: Evaluation, latest: Evaluation, reader: Reader) -> str:
    """The cause, where each step in between is proved to have one."""
    if latest.number - old.number > STEPS:
        return reader.gettext("Reason unknown: too much happened in between.")
    between = rows.filter(number__gt=old.number, number__lte=latest.number).order_by("number")
    steps, fingerprint = [], old.fingerprint
    for row in between.select_related("change__user").defer("clusters"):
        if row.fingerprint != fingerprint:
            steps.append(row)
        fingerprint = row.fingerprint
    if all(row.certainty == Evaluation.Certainty.PRESUMED for row in steps):
        return reader.gettext("Reason unknown: no change of the settings was seen.")
    causes = [history.cause(row, row.change, reader) for row in steps if row.change is not None]
    if len(causes) < len(steps):
        return reader.gettext("Reason unknown: not every step in between is proved. See “Results so far”.")
    return reader.gettext("Because: %(why)s.") % {"why": "; ".join(causes)}
