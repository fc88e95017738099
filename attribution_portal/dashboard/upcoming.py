"""The next events. The platform's list comes in pages of an order that nobody promises (contract §5), so its first page
need not hold the next events, unless it is the only one. Two lists are read side by side: all that lies ahead, and what
comes soon; the first of the two that is whole is shown."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Event, Page, Reading
from attribution_portal.programme import event_rows
from attribution_portal.programme.event_rows import EventRow

LIMIT: Final = 50
# Days: at more than LIMIT shows in so many days, the list is the place to look.
SOON: Final = 30
SHOWN: Final = 8


def panel(
    ahead: Reading[Page[Event]] | PlatformError,
    soon: Reading[Page[Event]] | PlatformError,
    *,
    partner: Partner,
    today: date,
    reader: Reader,
    retry: str,
) -> Panel[tuple[EventRow, ...]]:
    chosen = ahead if _is_whole(ahead) or isinstance(soon, PlatformError) else soon
    shown: Reading[tuple[EventRow, ...]] | PlatformError
    caption = _("By date, in the zone %(zone)s.") % {"zone": partner.zone.key}
    if isinstance(chosen, PlatformError):
        shown = chosen
    else:
        found = event_rows.next_ones(chosen.value.items, zone=partner.zone, today=today)[:SHOWN]
        made = event_rows.rows(found, partner=partner, today=today, reader=reader)
        shown = Reading(made, chosen.read_at, chosen.stale)
        caption += _limits(chosen.value, is_soon=chosen is soon, whole=_is_whole(chosen), reader=reader)
    return Panel.of(
        "events",
        shown,
        caption=caption,
        empty=_("No event lies ahead. Once the platform lists one, it appears here."),
        retry=retry,
    )


def _is_whole(answer: Reading[Page[Event]] | PlatformError) -> bool:
    if isinstance(answer, PlatformError):
        return False
    page = answer.value
    if page.pages is not None:
        return page.pages <= 1
    return len(page.items) >= page.total if page.total is not None else len(page.items) < LIMIT


def _limits(page: Page[Event], *, is_soon: bool, whole: bool, reader: Reader) -> str:
    if not whole:
        return " " + _(
            "There are more than the platform lists at once, so earlier ones may be missing: see all events."
        )
    if is_soon:
        return " " + _("Those of the next %(n)s days.") % {"n": reader.count(SOON)}
    return ""
