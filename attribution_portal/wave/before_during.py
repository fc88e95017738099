"""Before and during: what the event sold on the campaign's days beside as many days before. Context, not cause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.charts import Chart
from attribution_portal.charts import before_during as drawing
from attribution_portal.charts.sales import Metric, measured
from attribution_portal.formats import Reader, raw
from attribution_portal.panels import Badge, Kpi, Panel, Text
from attribution_portal.periods import Period
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import DailyRow
from attribution_portal.wave.inputs import Inputs
from attribution_portal.wave.matching import Match, Nothing, match
from attribution_portal.wave.runs import Runs

NAME: Final = "before-during"


@dataclass(frozen=True, slots=True)
class BeforeDuring:
    """`state`: a badge while the campaign goes on, None after it. `days`: what is compared, in words."""

    kpis: tuple[Kpi, ...]
    state: Badge | None
    days: str
    chart: Chart
    notes: tuple[Text, ...]


def panel(inputs: Inputs, *, today: date, reader: Reader, retry: str) -> Panel[BeforeDuring]:
    """today: the partner's day."""
    caption = _(
        "All measured sales per day, in %(zone)s, whoever brought them about. This is context and not cause: prices,"
        " press, weather and the nearing show move sales as well."
    ) % {"zone": reader.zone.key}
    daily, campaigns = inputs.daily, inputs.campaigns
    for answer in (daily, campaigns):
        if isinstance(answer, PlatformError):
            return Panel.of(NAME, answer, caption=caption, retry=retry)
    if isinstance(daily, PlatformError) or inputs.runs is None:
        raise AssertionError("both answered")
    rows = daily.value.days
    found = match(inputs.runs.span, first_sale=drawing.first_sale(rows), today=today) if inputs.runs.span else None
    if not isinstance(found, Match):
        return Panel(
            NAME,
            "empty",
            caption=caption,
            read_at=daily.read_at,
            stale=daily.stale,
            sentence=_nothing(found, inputs.runs, rows, reader),
        )
    return Panel(
        NAME,
        "ready",
        data=_compared(found, inputs.runs, rows, currency=inputs.sales.currency, today=today, reader=reader),
        caption=caption,
        read_at=daily.read_at,
        stale=daily.stale,
    )


def _nothing(found: Nothing | None, runs: Runs, rows: tuple[DailyRow, ...], reader: Reader) -> str:
    """Why nothing is compared."""
    if found is None:
        if not runs.count:
            return _("This event has no campaign whose days could be compared with those before.")
        return _(
            "The platform states both a first and a last day for none of the campaigns, so there are no days to"
            " compare."
        )
    if found == "no-sales":
        return _("No sales have been measured for this event yet, so there is nothing to compare.")
    start = reader.day(runs.span.start if runs.span else None)
    if found == "ahead":
        return _("The campaign begins on %(day)s. Its days are compared with those before once they are over.") % {
            "day": start
        }
    if found == "first-day":
        return _("The campaign began today. Only days that are over are compared.")
    return _(
        "The first sale is listed on %(first)s and the campaign began on %(start)s: less than a week before it has no"
        " day for each weekday, so nothing is compared."
    ) % {"first": reader.day(rows[0].date), "start": start}


def _compared(
    found: Match, runs: Runs, rows: tuple[DailyRow, ...], *, currency: str | None, today: date, reader: Reader
) -> BeforeDuring:
    steps = drawing.steps(rows=rows, during=found.during, shift=found.shift)
    during, before = _within(rows, found.during), _within(rows, found.before)
    days = _("%(during)s, compared with %(before)s: %(n)s days each, on the same weekdays.") % {
        "during": reader.day_range(found.during.start, found.during.end),
        "before": reader.day_range(found.before.start, found.before.end),
        "n": reader.count(found.during.days),
    }
    if found.during.days == 1:
        days = _("%(during)s, compared with %(before)s, on the same weekday.") % {
            "during": reader.day(found.during.start),
            "before": reader.day(found.before.start),
        }
    kpis = (
        _kpi("revenue", during, before, currency=currency, reader=reader),
        _kpi("purchases", during, before, currency=currency, reader=reader),
    )
    summary = _("Campaign's days: %(during)s. Days before: %(before)s.") % {
        "during": reader.money(drawing.total(steps), currency, trim=True),
        "before": reader.money(drawing.total_before(steps), currency, trim=True),
    }
    ongoing = runs.span is not None and today <= runs.span.end
    return BeforeDuring(
        kpis=kpis,
        state=Badge(_("Not over"), "provisional") if ongoing else None,
        days=days,
        chart=drawing.chart(found=steps, summary=summary, currency=currency, reader=reader),
        notes=_notes(found, runs, during, before, ongoing=ongoing, reader=reader),
    )


def _within(rows: tuple[DailyRow, ...], period: Period) -> tuple[DailyRow, ...]:
    return tuple(row for row in rows if row.date in period)


def _kpi(
    metric: Metric, during: tuple[DailyRow, ...], before: tuple[DailyRow, ...], *, currency: str | None, reader: Reader
) -> Kpi:
    here, there = measured(during, metric).value, measured(before, metric).value

    def shown(value: Decimal | None) -> str:
        return reader.money(value, currency, trim=True) if metric == "revenue" else reader.count(value)

    if here is None and during:
        note = _("On some days the platform gives no number of purchases.")
    elif here is None:
        note = _("The platform lists none of these days.")
    else:
        note = _change(here, there, shown(there), reader)
    label = _("Revenue in the campaign's days") if metric == "revenue" else _("Purchases in the campaign's days")
    measure = (currency or "") if metric == "revenue" else ""
    return Kpi(metric, label, raw(here), shown(here), note=note, term=f"{metric}_during", measure=measure)


def _change(here: Decimal, there: Decimal | None, base: str, reader: Reader) -> str:
    """Of something that sold nothing, and of refunds on either side, there is no percentage."""
    if there is None:
        return _("Before: not known.")
    if there <= 0 or here < 0:
        return _("Before: %(base)s.") % {"base": base}
    if here == there:
        return _("Before: the same.")
    said = {"base": base, "share": reader.percent(abs(here - there) / there)}
    return (
        _("Before: %(base)s, so %(share)s more.") if here > there else _("Before: %(base)s, so %(share)s less.")
    ) % said


def _notes(
    found: Match,
    runs: Runs,
    during: tuple[DailyRow, ...],
    before: tuple[DailyRow, ...],
    *,
    ongoing: bool,
    reader: Reader,
) -> tuple[Text, ...]:
    """What to keep in mind about these days."""
    notes: list[Text] = []
    span = runs.span
    if ongoing and span is not None:
        notes.append(
            _("The campaign goes on until %(day)s. Only days that are over are compared.")
            % {"day": reader.day(span.end)}
        )
    if found.unsold:
        notes.append(
            _("Sales began too shortly before the campaign for all its days: the first %(n)s of %(all)s are compared.")
            % {"n": reader.count(found.during.days), "all": reader.count(found.wanted)}
        )
    missing = found.during.days - len(during), found.during.days - len(before)
    if any(missing):
        notes.append(
            _(
                "The platform lists no sales on %(during)s of the campaign's days and on %(before)s of the days before;"
                " they add nothing."
            )
            % {"during": reader.count(missing[0]), "before": reader.count(missing[1])}
        )
    if runs.idle:
        notes.append(
            ngettext(
                "On %(n)s of the days between the first and the last no campaign ran.",
                "On %(n)s of the days between the first and the last no campaign ran.",
                runs.idle,
            )
            % {"n": reader.count(runs.idle)}
        )
    if runs.unstarted:
        notes.append(
            ngettext(
                "%(n)s campaign tells no usable first and last day; it is left out here.",
                "%(n)s campaigns tell no usable first and last day; they are left out here.",
                runs.unstarted,
            )
            % {"n": reader.count(runs.unstarted)}
        )
    return tuple(notes)
