"""The ledger as a table: every stored result, what moved since the one before, and why, only where that is proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from attribution_portal.backhaul import fingerprints, wording
from attribution_portal.backhaul.intents import Moved
from attribution_portal.backhaul.models import Evaluation, Package, SettingsChange
from attribution_portal.backhaul.precedence import changed
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Past:
    """A package's results, newest first: those shown and one more to compare the last of them with."""

    rows: tuple[Evaluation, ...]
    total: int

    @property
    def shown(self) -> tuple[Evaluation, ...]:
        return self.rows[:SHOWN]


def read(package: Package) -> Past:
    """One query: the numbers count the rows."""
    rows = Evaluation.objects.filter(partner=package.partner_id, package=package).select_related("change__user")
    found = tuple(rows.order_by("-number")[: SHOWN + 1])
    return Past(found, found[0].number if found else 0)


def doubtful(package: Package) -> SettingsChange | None:
    """The newest change made here, if nobody knows what became of it."""
    change = (
        SettingsChange.objects.filter(partner=package.partner_id, package=package, user__isnull=False)
        .order_by("-made_at", "-pk")
        .first()
    )
    return change if change is not None and change.outcome == SettingsChange.Outcome.UNKNOWN else None


def newest(package: Package) -> SettingsChange | None:
    """The newest change made here that was not refused: what it set is in force, was, or may be about to be."""
    made_here = SettingsChange.objects.filter(partner=package.partner_id, package=package, user__isnull=False)
    taken = made_here.exclude(outcome=SettingsChange.Outcome.REFUSED).select_related("user")
    return taken.order_by("-made_at", "-pk").first()


def panel(past: Past, *, partner: Partner, reader: Reader) -> Panel[Table]:
    if not past.rows:
        return Panel("ledger", "empty", sentence=reader.gettext("Each result is kept here, with its settings."))
    caption = reader.gettext(
        "What the platform answered, as the portal read it. The platform itself keeps only the last."
    )
    if past.total > SHOWN:
        caption += " " + reader.gettext("The newest %(shown)s of %(total)s results.") % {
            "shown": reader.count(SHOWN),
            "total": reader.count(past.total),
        }
    return Panel("ledger", "ready", data=_table(past, partner.currency, reader), caption=caption)


def certainty_sentence(past: Past, reader: Reader) -> str:
    """How sure it is that the newest result belongs to its settings; "" where there is nothing to doubt."""
    newest = past.rows[0] if past.rows else None
    if newest is None or newest.certainty == Evaluation.Certainty.PRESUMED:
        return ""
    if newest.certainty == Evaluation.Certainty.PROVED:
        return reader.gettext("These results came after the settings changed, and belong to them.")
    return reader.gettext("Whether these results belong to these settings is not known.")


@dataclass(frozen=True, slots=True)
class MovedWords:
    """What a person is told whose form showed something else than is in force. `values`: label and settings."""

    why: str
    values: tuple[tuple[str, str], ...]


def moved_words(
    seen: AttributionSettings | None, moved: Moved, wanted: AttributionSettings, reader: Reader
) -> MovedWords:
    """Whose doing it is, and what was, is and would be in force."""
    change, now = moved.change, moved.basis.settings
    values = [(reader.gettext("Shown to you before"), seen)] if seen is not None else []
    values.append((reader.gettext("In force now"), now))
    if change is None:
        why = reader.gettext("Something else is in force than this form showed. It was not changed in this portal.")
    elif change.settings == now:
        why = reader.gettext("%(who)s changed this at %(when)s, after you opened the form.")
    else:
        why = reader.gettext(
            "%(who)s sent other values at %(when)s, and it is not known yet whether the platform took them."
        )
        values.append((reader.gettext("On its way"), change.settings))
    values.append((reader.gettext("Entered by you"), wanted))
    if change is not None:
        said = {"who": change.user.shown_name if change.user else "", "when": reader.instant(change.made_at)}
        why %= said
    return MovedWords(why, tuple((label, wording.settings_short(each, reader)) for label, each in values))


def _table(past: Past, currency: str | None, reader: Reader) -> Table:
    columns = (
        Column("first_seen", reader.gettext("First seen"), numeric=False),
        Column("settings", reader.gettext("Settings"), numeric=False),
        Column("customers", reader.gettext("Customers"), numeric=True),
        Column("items", reader.gettext("Items"), numeric=True),
        Column("revenue", reader.gettext("Revenue"), numeric=True),
        Column("why", reader.gettext("What changed"), numeric=False),
    )
    befores = (*past.rows[1:], None)
    rows = tuple(_row(row, before, currency, reader) for row, before in zip(past.shown, befores, strict=False))
    return Table("ledger", columns, rows, None)


def _row(row: Evaluation, before: Evaluation | None, currency: str | None, reader: Reader) -> Row:
    result = fingerprints.restored(row.clusters)
    old = fingerprints.restored(before.clusters) if before else None
    return Row(
        str(row.number),
        (
            Cell(
                reader.instant(row.first_seen),
                note=reader.gettext("last confirmed %(when)s") % {"when": reader.instant(row.last_confirmed)},
            ),
            Cell(wording.settings_short(row.settings, reader), note=_sureness(row, reader)),
            Cell(
                reader.count(result.customers),
                raw(result.customers),
                note=wording.moved(result.customers, old.customers if old else None, reader),
            ),
            Cell(
                reader.count(result.items),
                raw(result.items),
                note=wording.moved(result.items, old.items if old else None, reader),
            ),
            Cell(
                reader.money(result.revenue, currency),
                raw(result.revenue),
                note=wording.moved(result.revenue, old.revenue if old else None, reader, currency or None),
            ),
            Cell(_why(row, before, reader)),
        ),
    )


def _sureness(row: Evaluation, reader: Reader) -> str:
    """How sure it is that the result belongs to these settings."""
    return {
        Evaluation.Certainty.PROVED.value: reader.gettext("proved"),
        Evaluation.Certainty.PRESUMED.value: reader.gettext("presumed: no other settings were seen"),
        Evaluation.Certainty.UNKNOWN.value: reader.gettext("not known whether of these settings"),
    }[row.certainty]


def _why(row: Evaluation, before: Evaluation | None, reader: Reader) -> str:
    if row.change is not None:
        return _cause(row, row.change, reader)
    if before is None:
        return reader.gettext("First result.")
    if row.certainty == Evaluation.Certainty.PRESUMED:
        return reader.gettext("Same settings; the results moved on.")
    if row.fingerprint == before.fingerprint:
        return reader.gettext("48 hours after the settings changed the results are the same.")
    return reader.gettext("Reason unknown: settings and results changed between two readings.")


def _cause(row: Evaluation, change: SettingsChange, reader: Reader) -> str:
    said = {
        "what": wording.difference(change.before, change.settings, reader),
        "day": reader.day(change.made_at.astimezone(reader.zone).date()),
        "who": change.user.shown_name if change.user else "",
        "reason": change.reason,
    }
    if change.user is None and set(changed(change.before, change.settings)) <= set(row.inherited):
        return reader.gettext("Because: %(what)s in the partner's defaults, seen on %(day)s.") % said
    if change.user is None:
        return reader.gettext("Because: %(what)s, seen on %(day)s, made outside the portal.") % said
    if change.reason:
        return reader.gettext("Because: %(what)s by %(who)s on %(day)s: “%(reason)s”.") % said
    return reader.gettext("Because: %(what)s by %(who)s on %(day)s.") % said
