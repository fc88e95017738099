"""The ledger as tables: every stored result, what moved since the one before, and why, only where that is proved; and
the changes of the settings, with what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from attribution_portal.backhaul import wording
from attribution_portal.backhaul.ledger.intents import Moved
from attribution_portal.backhaul.models import Evaluation, Package, SettingsChange
from attribution_portal.backhaul.precedence import changed
from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings

PER_PAGE: Final = 50
# Of the changes of settings the newest; each that brought other results stands in the ledger as well.
CHANGES: Final = 20
# How long an open page goes on telling of a change that did not arrive.
TOLD_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Past:
    """One page of a package's results, newest first, and one more to compare the last of them with."""

    rows: tuple[Evaluation, ...]
    total: int
    number: int

    @property
    def shown(self) -> tuple[Evaluation, ...]:
        return self.rows[:PER_PAGE]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the panel shows. `newer`, `older`: addresses, "" at the ends; `paging`: which of all results these are.
    `files`: label and address of the whole ledger as a file."""

    table: Table
    paging: str
    newer: str
    older: str
    files: tuple[tuple[str, str], ...]
    changes: Table | None
    more_changes: str


def read(rows: QuerySet[Evaluation], *, newest: int, number: int) -> Past:
    """One page of `rows` (one package's). The numbers count the rows without gaps, so the page is found by an index
    however long the ledger is; a page that does not exist is the last. One query."""
    number = min(number, max(1, -(-newest // PER_PAGE)))
    last = newest - (number - 1) * PER_PAGE
    window = rows.filter(number__lte=last, number__gte=last - PER_PAGE).select_related("change__user")
    window = window.defer("clusters")
    return Past(tuple(window.order_by("-number")), newest, number)


def changes_of(package: Package, until: datetime | None = None) -> tuple[SettingsChange, ...]:
    """The newest changes, made here or seen; one more than are shown."""
    made = SettingsChange.objects.filter(partner=package.partner_id, package=package)
    if until is not None:
        made = made.filter(made_at__lte=until)
    return tuple(made.select_related("user").order_by("-made_at", "-pk")[: CHANGES + 1])


def doubtful(changes: Sequence[SettingsChange], now: datetime) -> SettingsChange | None:
    """The newest change made here that the platform did not refuse, if nobody knows what became of it, or if it is
    known not to have arrived. `changes`: newest first."""
    made_here = (each for each in changes if each.user_id and each.outcome != SettingsChange.Outcome.REFUSED)
    change = next(made_here, None)
    if change is None or change.outcome == SettingsChange.Outcome.UNKNOWN:
        return change
    is_lost = change.outcome == SettingsChange.Outcome.NOT_TAKEN
    return change if is_lost and now - change.made_at < TOLD_FOR else None


def newest(package: Package, changes: Sequence[SettingsChange] | None = None) -> SettingsChange | None:
    """The newest change made here of which it is not known that it was never in force. `changes`: the newest ones,
    where they are at hand already."""
    for change in changes or ():
        if change.user_id and change.outcome not in SettingsChange.IN_VAIN:
            return change
    if changes is not None and len(changes) <= CHANGES:
        return None
    made_here = SettingsChange.objects.filter(partner=package.partner_id, package=package, user__isnull=False)
    taken = made_here.exclude(outcome__in=SettingsChange.IN_VAIN).select_related("user")
    return taken.order_by("-made_at", "-pk").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the panel is shown. `page`: the address of one page of the ledger; `day`: that of the package's page as known
    on a day, "" for one that is not over."""

    partner: Partner
    reader: Reader
    page: Callable[[int], str]
    day: Callable[[date], str]
    files: tuple[tuple[str, str], ...]
    until: datetime | None = None


def panel(past: Past, changes: Sequence[SettingsChange], shown: Shown) -> Panel[Ledger]:
    reader = shown.reader
    if not past.rows and not changes:
        return Panel("ledger", "empty", sentence=reader.gettext("Each result is kept here, with its settings."))
    paging = ""
    if past.pages > 1:
        first = past.total - (past.number - 1) * PER_PAGE
        paging = reader.gettext("Results %(first)s to %(last)s of %(total)s") % {
            "first": reader.count(first),
            "last": reader.count(first - len(past.shown) + 1),
            "total": reader.count(past.total),
        }
    data = Ledger(
        table=_table(past, shown),
        paging=paging,
        newer=shown.page(past.number - 1) if past.number > 1 else "",
        older=shown.page(past.number + 1) if past.number < past.pages else "",
        files=shown.files if past.rows else (),
        changes=_changes(changes[:CHANGES], reader) if changes else None,
        more_changes=reader.gettext("The newest %(n)s changes.") % {"n": reader.count(CHANGES)}
        if len(changes) > CHANGES
        else "",
    )
    return Panel(
        "ledger",
        "ready",
        data=data,
        caption=reader.gettext(
            "What the platform answered, as the portal read it. The platform itself keeps only the last."
        ),
    )


def certainty_sentence(latest: Evaluation | None, reader: Reader) -> str:
    """How sure it is that a result belongs to its settings; "" where there is nothing to doubt."""
    if latest is None or latest.certainty == Evaluation.Certainty.PRESUMED:
        return ""
    if latest.certainty == Evaluation.Certainty.PROVED:
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
        why = reader.gettext("%(who)s changed this on %(when)s, after you opened the form.")
    else:
        why = reader.gettext(
            "%(who)s sent other values on %(when)s, and it is not known yet whether the platform took them."
        )
        values.append((reader.gettext("On its way"), change.settings))
    values.append((reader.gettext("Entered by you"), wanted))
    if change is not None:
        said = {"who": change.user.shown_name if change.user else "", "when": reader.instant(change.made_at)}
        why %= said
    return MovedWords(why, tuple((label, wording.settings_short(each, reader)) for label, each in values))


def _table(past: Past, shown: Shown) -> Table:
    reader = shown.reader
    columns = (
        Column("first_seen", reader.gettext("First seen"), numeric=False),
        Column("settings", reader.gettext("Settings"), numeric=False),
        Column("customers", reader.gettext("Customers"), numeric=True),
        Column("items", reader.gettext("Items"), numeric=True),
        Column("revenue", reader.gettext("Revenue"), numeric=True),
        Column("why", reader.gettext("What changed"), numeric=False),
    )
    befores = (*past.rows[1:], None)
    rows = tuple(_row(row, before, shown) for row, before in zip(past.rows, befores, strict=False))
    return Table("ledger", columns, rows[:PER_PAGE], None)


def _row(row: Evaluation, before: Evaluation | None, shown: Shown) -> Row:
    reader, currency = shown.reader, shown.partner.currency
    confirmed = reader.gettext("last confirmed %(when)s") % {"when": reader.instant(row.last_confirmed)}
    if shown.until is not None and row.last_confirmed > shown.until:
        confirmed = reader.gettext("still so at the end of that day")
    return Row(
        str(row.number),
        (
            Cell(
                reader.instant(row.first_seen),
                note=confirmed,
                href=shown.day(row.first_seen.astimezone(shown.partner.zone).date()) or None,
            ),
            Cell(wording.settings_short(row.settings, reader), note=sureness(row, reader)),
            Cell(
                reader.count(row.customers),
                raw(row.customers),
                note=wording.moved(row.customers, before.customers if before else None, reader),
            ),
            Cell(
                reader.count(row.items),
                raw(row.items),
                note=wording.moved(row.items, before.items if before else None, reader),
            ),
            Cell(
                reader.money(row.revenue, currency),
                raw(row.revenue),
                note=wording.moved(row.revenue, before.revenue if before else None, reader, currency or None),
            ),
            Cell(why(row, before, reader)),
        ),
    )


def sureness(row: Evaluation, reader: Reader) -> str:
    """How sure it is that the result belongs to these settings."""
    return {
        Evaluation.Certainty.PROVED.value: reader.gettext("proved"),
        Evaluation.Certainty.PRESUMED.value: reader.gettext("presumed: no other settings were seen"),
        Evaluation.Certainty.UNKNOWN.value: reader.gettext("not known whether of these settings"),
    }[row.certainty]


def why(row: Evaluation, before: Evaluation | None, reader: Reader) -> str:
    """What lies between a result and the one before it; a cause only where it is proved."""
    if row.change is not None:
        return reader.gettext("Because: %(why)s.") % {"why": cause(row, row.change, reader)}
    if before is None:
        return reader.gettext("First result.")
    if row.certainty == Evaluation.Certainty.PRESUMED:
        return reader.gettext("Same settings; the results moved on.")
    if row.fingerprint == before.fingerprint:
        return reader.gettext("48 hours after the settings changed the results are the same.")
    return reader.gettext("Reason unknown: settings and results changed between two readings.")


def cause(row: Evaluation, change: SettingsChange, reader: Reader) -> str:
    """The change as a reason: "window 14 days → 21 days by Alice on 3 June 2026"."""
    said = {
        "what": wording.difference(change.before, change.settings, reader),
        "day": reader.day(change.made_at.astimezone(reader.zone).date()),
        "who": change.user.shown_name if change.user else "",
        "reason": change.reason,
    }
    if change.user is None and set(changed(change.before, change.settings)) <= set(row.inherited):
        return reader.gettext("%(what)s in the partner's defaults, seen on %(day)s") % said
    if change.user is None:
        return reader.gettext("%(what)s, seen on %(day)s, made outside the portal") % said
    if change.reason:
        return reader.gettext("%(what)s by %(who)s on %(day)s: “%(reason)s”") % said
    return reader.gettext("%(what)s by %(who)s on %(day)s") % said


def _changes(changes: Sequence[SettingsChange], reader: Reader) -> Table:
    columns = (
        Column("when", reader.gettext("Settings changed"), numeric=False),
        Column("what", reader.gettext("What"), numeric=False),
        Column("who", reader.gettext("Who"), numeric=False),
        Column("outcome", reader.gettext("Outcome"), numeric=False),
    )
    rows = tuple(
        Row(
            str(each.pk),
            (
                Cell(reader.instant(each.made_at)),
                Cell(
                    wording.difference(each.before, each.settings, reader) or reader.gettext("the same values"),
                    note=each.reason,
                ),
                Cell(
                    each.user.shown_name
                    if each.user
                    else reader.gettext("seen at the platform; not changed in this portal")
                ),
                Cell(outcome(each, reader)),
            ),
        )
        for each in changes
    )
    return Table("settings-changes", columns, rows, None)


def outcome(change: SettingsChange, reader: Reader) -> str:
    return {
        SettingsChange.Outcome.DONE.value: reader.gettext("in force from then on"),
        SettingsChange.Outcome.UNKNOWN.value: reader.gettext("not known yet"),
        SettingsChange.Outcome.REFUSED.value: reader.gettext("refused by the platform"),
        SettingsChange.Outcome.NOT_TAKEN.value: reader.gettext("not taken: others were read afterwards"),
    }[change.outcome]
