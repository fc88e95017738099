"""What several panels of an event's page are made of, worked out once from the platform's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attribution_portal.adjustments import tables as adjustment_tables
from attribution_portal.adjustments.rows import Adjustments, merge
from attribution_portal.charts.revenue import Band
from attribution_portal.charts.sales import SeenAdjustment, Totals, totals
from attribution_portal.formats import Reader
from attribution_portal.lookout import comparison
from attribution_portal.lookout.answers import Answers, value
from attribution_portal.lookout.comparison import Comparison, Rival
from attribution_portal.lookout.figures import Currencies
from attribution_portal.lookout.reach import Reach, reach
from attribution_portal.lookout.selection import Selection
from attribution_portal.partners.models import Partner, Role
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import DailyRow


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an event's page. notes: words at fields of the query string. today: the partner's. retry: the
    page's own address. role: what the reader is to the partner."""

    partner: Partner
    eid: str
    selection: Selection
    notes: Mapping[str, str]
    today: date
    reader: Reader
    retry: str
    role: Role


@dataclass(frozen=True, slots=True)
class Scene:
    """`drawn` are the adjustments that fit the chart's axis, `rivals`
    the events that this one may be compared with."""

    found: Adjustments
    days: tuple[DailyRow, ...]
    drawn: tuple[SeenAdjustment, ...]
    sums: Totals
    currencies: Currencies
    reach: Reach
    rivals: tuple[Rival, ...]
    comparison: Comparison


def work_out(asked: Asked, read: Answers, windows: Sequence[Band]) -> Scene:
    partner, event, daily, campaigns = asked.partner, value(read.event), value(read.daily), value(read.campaigns)
    found = merge(
        partner_id=partner.partner_id,
        event_id=asked.eid,
        daily=read.daily if isinstance(read.daily, PlatformError) else read.daily.value.adjustments,
        results=read.results if isinstance(read.results, PlatformError) else read.results.value,
        zone=partner.zone,
    )
    currencies = Currencies.of(
        daily=daily.currency if daily else None,
        event=event.currency if event else None,
        partner=partner.currency or None,
    )
    days = daily.days if daily else ()
    event_day = comparison.show_day(event, partner.zone)
    reached = reach(
        asked.selection,
        days=days,
        adjustments=found,
        event_day=event_day,
        campaigns=campaigns.items if campaigns else (),
        others=windows,
        today=asked.today,
    )
    # One axis holds one currency: adjustments in another are in their table and their KPI only.
    drawn = adjustment_tables.marks(found) if currencies.measured == currencies.adjusted else ()
    sums = totals(days=days, adjustments=drawn, period=reached.period)
    rivals = comparison.rivals(
        read, eid=asked.eid, event_day=event_day, chosen=asked.selection.sibling, zone=partner.zone
    )
    compared = comparison.compare(
        comparison.Asked(
            compare=asked.selection.compare,
            measured="measured" in asked.selection.visible,
            metric=asked.selection.metric,
            days=days,
            period=reached.period,
            event_day=event_day,
            today=asked.today,
            currencies=currencies,
            zone=partner.zone,
            reader=asked.reader,
        ),
        read,
        rivals,
    )
    return Scene(found, days, drawn, sums, currencies, reached, rivals, compared)


def notices(scene: Scene) -> tuple[str, ...]:
    """What a reader must know before any number of the page."""
    found = []
    if not scene.currencies.named:
        found.append(_("The platform names no currency, so amounts are shown without one."))
    if not scene.currencies.agree:
        found.append(
            _("The platform names several currencies for this event: %(names)s. Nothing is added up across them.")
            % {"names": ", ".join(scene.currencies.named)}
        )
    if left_out := scene.found.left_out:
        found.append(
            ngettext(
                "%(n)s adjustment that names another event or partner was left out.",
                "%(n)s adjustments that name another event or partner were left out.",
                left_out,
            )
            % {"n": left_out}
        )
    return tuple(found)
