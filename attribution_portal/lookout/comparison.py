"""What an event's measured sales are compared with: the period before, the same dates a year before, or another event
of its series, laid beside this one by days before the show.

The chart draws the other days whole. The change in numbers is of days alone that are over on both sides: half a day
against a whole one would always look like a loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.charts.sales import Compared, Metric, measure
from attribution_portal.formats import Reader
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.lookout.figures import Currencies
from attribution_portal.lookout.selection import LAST_YEAR, PREVIOUS
from attribution_portal.periods import (
    FIRST_DAY,
    LAST_DAY,
    Counterpart,
    Period,
    beside,
    laid_over,
    over_on_both,
    previous,
    year_before,
)
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import DailyRow, Event, Reading

RIVALS = 60
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Rival:
    """Another event of the series. day: of its show, in the partner's zone."""

    id: str
    title: str
    day: date


@dataclass(frozen=True, slots=True)
class Asked:
    """compare: of the selection, "" for nothing; measured: whether its layers show measured sales, which alone are
    compared. days, period and event_day: this event's, as its page shows them."""

    compare: str
    measured: bool
    metric: Metric
    days: tuple[DailyRow, ...]
    period: Period
    event_day: date | None
    today: date
    currencies: Currencies
    zone: ZoneInfo
    reader: Reader


@dataclass(frozen=True, slots=True)
class Comparison:
    """compared: what the chart draws, None where nothing can be. sentence: which days it is and how far they count.
    changes: words for the key figures, by name; against: what these are changes against, "" without any. note: why
    nothing is compared though the reader asked."""

    compared: Compared | None = None
    sentence: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    against: str = ""
    note: str = ""


def rivals(read: Answers, *, eid: str, event_day: date | None, chosen: str, zone: ZoneInfo) -> tuple[Rival, ...]:
    """The events that this one may be compared with, in the order of their shows: those nearest to it, and the one that
    is chosen. None where a show's day is not known: there is nothing to align them by."""
    series = value(read.series)
    if series is None or event_day is None:
        return ()
    found = {event.id: rival for event in series.items if event.id != eid and (rival := _rival(event, zone))}
    near = sorted(found.values(), key=lambda each: (abs((each.day - event_day).days), each.id))[:RIVALS]
    if chosen in found and found[chosen] not in near:
        near.append(found[chosen])
    return tuple(sorted(near, key=lambda each: (each.day, each.id)))


def _rival(event: Event, zone: ZoneInfo) -> Rival | None:
    day = show_day(event, zone)
    return Rival(event.id, event.title or event.id, day) if day else None


def show_day(event: Event | None, zone: ZoneInfo) -> date | None:
    """The day of the show where the partner is; None when it is not known, or so far off that nothing is counted."""
    if event is None or event.starts_at is None:
        return None
    try:
        day = event.starts_at.astimezone(zone).date()
    except OverflowError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def compare(asked: Asked, read: Answers, known: tuple[Rival, ...]) -> Comparison:
    if not asked.compare:
        return Comparison()
    if not asked.measured:
        return Comparison(note=_("The measured sales are not shown, so nothing is compared."))
    if asked.compare in (PREVIOUS, LAST_YEAR):
        earlier = asked.compare == PREVIOUS
        other = laid_over(asked.period, previous(asked.period)) if earlier else year_before(asked.period)
        days = asked.reader.day_range(other.period.start, other.period.end)
        words = (
            _("Compared with %(days)s, the days before, each with its own weekday.")
            if earlier
            else _("Compared with %(days)s, the same dates a year before.")
        )
        return _compared(asked, other, asked.days, name=days, sentence=words % {"days": days}, money=True)
    rival = next((each for each in known if each.id == asked.compare), None)
    if rival is None or asked.event_day is None:
        return Comparison(note=_why_no_rival(asked, read))
    if not isinstance(read.sibling, Reading):
        why = str(read.sibling.sentence) if read.sibling else ""
        return Comparison(note=_("Its sales could not be read, so nothing is compared: %(why)s") % {"why": why})
    daily = read.sibling.value
    other = beside(asked.period, day=asked.event_day, other_day=rival.day)
    name = Truncator(" ".join(rival.title.split())).chars(LONGEST_NAME)
    sentence = _("Compared with %(title)s, %(days)s: as many days before its show.") % {
        "title": name,
        "days": asked.reader.day_range(other.period.start, other.period.end),
    }
    currency = daily.currency or asked.currencies.adjusted
    money = currency == asked.currencies.measured
    if not money:
        sentence += " " + _("Its amounts are in another currency, so only purchases are compared.")
    return _compared(asked, other, daily.days, name=name, sentence=sentence, money=money)


def _why_no_rival(asked: Asked, read: Answers) -> str:
    if isinstance(read.series, PlatformError):
        return _("The series of this event could not be read, so nothing is compared.")
    if asked.event_day is None:
        return _("The platform does not tell the day of the show, so there is nothing to align another event by.")
    return _("That is not another event of this series with a day of its own, so nothing is compared.")


def _compared(
    asked: Asked, other: Counterpart, rows: tuple[DailyRow, ...], *, name: str, sentence: str, money: bool
) -> Comparison:
    """rows: of the other days, at their own dates. money: whether amounts may be compared."""
    moved = tuple(
        # 29 February at the very start of a period is compared with the day before it a year earlier.
        _at(row, max(other.onto(row.date), asked.period.start))
        for row in rows
        if row.date in other.period
    )
    over = over_on_both(asked.period, other, asked.today)
    here = tuple(row for row in asked.days if over and row.date in over)
    there = tuple(row for row in moved if over and row.date in over)
    changes = _changes(asked, here, there, money=money) if here and there else {}
    return Comparison(
        compared=Compared(name, moved) if money or asked.metric == "purchases" else None,
        sentence=" ".join([sentence, *_limits(asked, over, here, there)]),
        changes=changes,
        against=_against(asked, over, name) if over and changes else "",
    )


def _against(asked: Asked, over: Period, name: str) -> str:
    if over.end < asked.period.end:
        return _("Changes are against %(name)s, up to %(day)s.") % {"name": name, "day": asked.reader.day(over.end)}
    return _("Changes are against %(name)s.") % {"name": name}


def _at(row: DailyRow, day: date) -> DailyRow:
    return DailyRow(day, row.revenue, row.purchases, row.campaign_revenue, row.campaign_purchases)


def _limits(
    asked: Asked, over: Period | None, here: tuple[DailyRow, ...], there: tuple[DailyRow, ...]
) -> tuple[str, ...]:
    """What the change does not cover."""
    if over is None:
        return (_("None of these days is over on both sides yet, so there is no change to tell."),)
    found = []
    if over.end < asked.period.end:
        found.append(
            _("The change counts only days that are over on both sides: those up to %(day)s.")
            % {"day": asked.reader.day(over.end)}
        )
    if not there:
        found.append(_("The platform has no measured sales to compare with."))
    elif len(there) != len(here):
        found.append(
            ngettext(
                "The platform has sales of %(n)s day to compare with, and of %(here)s here.",
                "The platform has sales of %(n)s days to compare with, and of %(here)s here.",
                len(there),
            )
            % {"n": asked.reader.count(len(there)), "here": asked.reader.count(len(here))}
        )
    return tuple(found)


def _changes(
    asked: Asked, here: tuple[DailyRow, ...], there: tuple[DailyRow, ...], *, money: bool
) -> Mapping[str, str]:
    reader, currency = asked.reader, asked.currencies.measured
    found: dict[str, str] = {}
    one, other = measure(here, "revenue").value, measure(there, "revenue").value
    if money and one is not None and other is not None:
        found["revenue"] = change_in_words(
            one,
            other,
            base=reader.money(other, currency, trim=True),
            difference=reader.money(abs(one - other), currency, trim=True),
            reader=reader,
        )
    one, other = measure(here, "purchases").value, measure(there, "purchases").value
    if one is not None and other is not None:
        found["purchases"] = change_in_words(
            one, other, base=reader.count(other), difference=reader.count(abs(one - other)), reader=reader
        )
    return found


def change_in_words(here: Decimal, there: Decimal, *, base: str, difference: str, reader: Reader) -> str:
    """base and difference: `there` and the distance between the two, as shown. Of nothing, and of refunds that outweigh
    what was sold on either side, there is no percentage."""
    if here == there:
        return _("As much as %(base)s") % {"base": base}
    said = {"base": base, "difference": difference}
    if there <= 0 or here < 0:
        text = _("%(difference)s more than %(base)s") if here > there else _("%(difference)s less than %(base)s")
        return text % said
    said["share"] = reader.percent(abs(here - there) / there)
    return (_("%(share)s more than %(base)s") if here > there else _("%(share)s less than %(base)s")) % said
