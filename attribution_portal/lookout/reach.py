"""Which days an event's page covers: the chosen preset resolved against what is known of the event, and what is marked
behind the chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.adjustments.rows import Adjustments
from attribution_portal.charts.revenue import Band
from attribution_portal.lookout.selection import DEFAULT_PERIOD, PERIODS, Selection
from attribution_portal.periods import FIRST_DAY, LAST_DAY, By, Period, granularity, resolve
from attribution_portal.platform_api.payloads import Campaign, DailyRow


@dataclass(frozen=True, slots=True)
class Reach:
    """What is shown. `offered` are the presets that can be resolved; `notes` say, by query parameter, where the page
    shows something else than was asked."""

    period: Period
    by: By
    bands: tuple[Band, ...]
    event_day: date | None
    offered: frozenset[str]
    notes: Mapping[str, str]


def reach(
    selection: Selection,
    *,
    days: tuple[DailyRow, ...],
    adjustments: Adjustments,
    event_day: date | None,
    campaigns: Iterable[Campaign],
    today: date,
    others: Sequence[Band] = (),
) -> Reach:
    """Resolve the selection; what cannot be resolved, or would be too long to read, falls back and says so.

    others: bands that are drawn beside the campaigns' own, and choose no days."""
    bands = campaign_bands(campaigns)
    seen = [row.date for row in days] + [row.day for row in adjustments.rows if row.day is not None]
    seen = [day for day in seen if FIRST_DAY <= day <= LAST_DAY]

    def resolved(name: str) -> Period | None:
        return resolve(
            name,
            today,
            first=min(seen, default=None),
            last=max(seen, default=None),
            event_day=event_day,
            campaign=(min(band.start for band in bands), max(band.end for band in bands)) if bands else None,
            start=selection.start,
            end=selection.end,
        )

    periods = {name: found for name in PERIODS if (found := resolved(name)) is not None}
    notes: dict[str, str] = {}
    if selection.period not in periods:
        notes["period"] = {
            "campaign": _("The platform does not tell when the campaigns run, so this shows everything."),
            "last-30-before-show": _("The platform does not tell the day of the show, so this shows everything."),
        }.get(selection.period, _("There are no sales yet, so this shows everything."))
    period = periods.get(selection.period) or periods[DEFAULT_PERIOD]
    by = granularity(period, selection.by)
    if selection.by not in (None, by):
        notes["by"] = _("This period is too long for that. Choose a shorter one.")
    return Reach(period, by, (*bands, *others), event_day, frozenset(periods), notes)


def campaign_bands(campaigns: Iterable[Campaign]) -> tuple[Band, ...]:
    """One band per period in which campaigns ran, in order. Campaigns whose first or last day is not told have none."""
    spans: Counter[tuple[date, date]] = Counter()
    for campaign in campaigns:
        start, end = campaign.start_date, campaign.end_date
        if start and end and FIRST_DAY <= start <= end <= LAST_DAY:
            spans[start, end] += 1
    return tuple(
        Band(
            label=_("Campaign") if count == 1 else ngettext("%(n)s campaign", "%(n)s campaigns", count) % {"n": count},
            start=start,
            end=end,
            kind="campaign",
        )
        for (start, end), count in sorted(spans.items())
    )
