"""What changed since somebody's last visit: what the portal itself has on record, and nothing it would have to guess.

New results and packages, settings that somebody changed here or elsewhere, and what others did to adjustments and
models. A person's own changes are left out: they know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import AuditEvent, Kind, Outcome
from attribution_portal.backhaul import wording
from attribution_portal.backhaul.ledger import reading
from attribution_portal.backhaul.models import Evaluation, Package, SettingsChange
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner

SHOWN: Final = 12

_ADJUSTMENTS: Final = (Kind.ADJUSTMENT_CREATED, Kind.ADJUSTMENT_DELETED, Kind.ADJUSTMENT_RESTORED)
_KINDS: Final = (*_ADJUSTMENTS, Kind.EVENT_MODEL_CHANGED, Kind.DEFAULTS_CHANGED)


@dataclass(frozen=True, slots=True)
class Change:
    """One line. `id` is its own among the lines; `href` is "" where there is no page to go to."""

    id: str
    at: datetime
    title: str
    href: str
    what: str


@dataclass(frozen=True, slots=True)
class _Since:
    """Whose changes, for whom, since when."""

    partner: Partner
    user: User
    since: datetime
    reader: Reader


def panel(*, partner: Partner, user: User, since: datetime | None, reader: Reader) -> Panel[Table]:
    """since: None on the first visit."""
    if since is None:
        return Panel(
            "changes",
            "empty",
            sentence=_("This is your first visit. From the next one on, what changed in between stands here."),
        )
    asked = _Since(partner, user, since, reader)
    found = [*_results(asked), *_settings(asked), *_packages(asked), *_acts(asked)]
    found.sort(key=lambda change: (change.at, change.id), reverse=True)
    when = {"when": reader.instant(since)}
    if not found:
        return Panel("changes", "empty", sentence=_("Nothing changed since your last visit on %(when)s.") % when)
    caption = _("Since your last visit on %(when)s, without what you did yourself.") % when
    if len(found) > SHOWN:
        caption += " " + _("Only the newest %(n)s are shown.") % {"n": reader.count(SHOWN)}
    return Panel("changes", "ready", data=_table(found[:SHOWN], reader), caption=caption)


def _table(found: Iterable[Change], reader: Reader) -> Table:
    columns = (
        Column("what", _("What"), numeric=False),
        Column("when", _("When"), numeric=False),
    )
    rows = (
        Row(
            change.id, (Cell(change.title, href=change.href or None, note=change.what), Cell(reader.instant(change.at)))
        )
        for change in found
    )
    return Table("changes", columns, tuple(rows), None)


def _results(asked: _Since) -> list[Change]:
    """One line a package, against the result that was there at the last visit. A row of the ledger that says the same
    under other settings is no news."""
    rows = Evaluation.objects.filter(partner=asked.partner).order_by("package_id", "-number").distinct("package_id")
    new = list(rows.filter(first_seen__gt=asked.since).select_related("package"))
    before_new = rows.filter(first_seen__lte=asked.since, package__in=[row.package_id for row in new])
    old = {row.package_id: row for row in before_new}
    found = []
    for row in new:
        before = old.get(row.package_id)
        if before is not None and before.fingerprint == row.fingerprint:
            continue
        found.append(
            Change(
                id=f"result-{row.package.package_id}",
                at=row.first_seen,
                title=row.package.title or row.package.package_id,
                href=reading.package_url(asked.partner, row.package),
                what=_moved(row, before, asked),
            )
        )
    return found


def _moved(row: Evaluation, before: Evaluation | None, asked: _Since) -> str:
    reader, currency = asked.reader, asked.partner.currency
    said = {"revenue": reader.money(row.revenue, currency), "customers": reader.count(row.customers)}
    if before is None:
        return _("First results: %(revenue)s from at most %(customers)s customers.") % said
    if row.revenue == before.revenue:
        return _("New results: the revenue is the same, %(revenue)s.") % said
    said["change"] = reader.change(row.revenue - before.revenue, currency or None)
    return _("New results: %(revenue)s, %(change)s.") % said


def _settings(asked: _Since) -> list[Change]:
    """Those made elsewhere (without a person) too. What is refused or in doubt changed nothing that is known."""
    rows = (
        SettingsChange.objects.filter(
            partner=asked.partner, made_at__gt=asked.since, outcome=SettingsChange.Outcome.DONE
        )
        .exclude(user=asked.user)
        .select_related("package", "user")
        .order_by("-made_at")[: SHOWN + 1]
    )
    return [
        Change(
            id=f"settings-{row.pk}",
            at=row.made_at,
            title=row.package.title or row.package.package_id,
            href=reading.package_url(asked.partner, row.package),
            what=_setting(row, asked.reader),
        )
        for row in rows
    ]


def _setting(row: SettingsChange, reader: Reader) -> str:
    what = wording.difference(row.before, row.settings, reader)
    if row.user is None:
        return _("Settings, changed outside the portal: %(what)s.") % {"what": what}
    return _("Settings, changed by %(who)s: %(what)s.") % {"what": what, "who": row.user.shown_name}


def _packages(asked: _Since) -> list[Change]:
    """Packages that came and went."""
    rows = Package.objects.filter(
        Q(first_seen__gt=asked.since) | Q(vanished_at__gt=asked.since), partner=asked.partner
    ).order_by("-first_seen")[: SHOWN + 1]
    return [
        Change(
            id=f"package-{row.package_id}",
            at=row.vanished_at or row.first_seen,
            title=row.title or row.package_id,
            href=reading.package_url(asked.partner, row),
            what=_("The platform no longer lists this package.") if row.vanished_at else _("New package."),
        )
        for row in rows
    ]


def _acts(asked: _Since) -> list[Change]:
    """What others did, as the audit trail has it: what is known to be done."""
    rows = (
        AuditEvent.objects.filter(
            partner=asked.partner, at__gt=asked.since, kind__in=_KINDS, outcome=Outcome.DONE.value
        )
        .exclude(user=asked.user)
        .select_related("user")
        .order_by("-at")[: SHOWN + 1]
    )
    return [
        Change(
            id=f"act-{row.pk}",
            at=row.at,
            title=_("Package defaults") if row.kind == Kind.DEFAULTS_CHANGED else row.title or row.target,
            href="" if row.kind == Kind.DEFAULTS_CHANGED else _event(asked.partner, row.target),
            what=_act(row, asked.reader),
        )
        for row in rows
    ]


def _event(partner: Partner, eid: str) -> str:
    try:
        return reverse("lookout:event", args=[partner.partner_id, eid])
    except NoReverseMatch:
        return ""


def _act(row: AuditEvent, reader: Reader) -> str:
    who = {"who": row.user.shown_name if row.user else row.email}
    if row.kind == Kind.DEFAULTS_CHANGED:
        return _("Changed by %(who)s.") % who
    if row.kind == Kind.EVENT_MODEL_CHANGED:
        models = {"before": row.before.get("model") or _("not set"), "after": row.after.get("model") or _("not set")}
        return _("Attribution model, changed by %(who)s: %(before)s → %(after)s.") % {**who, **models}
    values = row.before if row.kind == Kind.ADJUSTMENT_DELETED else row.after
    said = who | {
        "purchases": reader.count(_number(values.get("purchases"))),
        "revenue": reader.money(_number(values.get("revenue")), str(values.get("currency") or "") or None),
    }
    if row.kind == Kind.ADJUSTMENT_DELETED:
        return _("Adjustment deleted by %(who)s: purchases %(purchases)s, revenue %(revenue)s.") % said
    if row.kind == Kind.ADJUSTMENT_RESTORED:
        return _("Adjustment restored by %(who)s: purchases %(purchases)s, revenue %(revenue)s.") % said
    return _("Adjustment created by %(who)s: purchases %(purchases)s, revenue %(revenue)s.") % said


def _number(value: object) -> Decimal | None:
    """A value of the trail, which keeps money as text."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
