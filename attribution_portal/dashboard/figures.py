"""The key figures of a partner, as the platform adds them up (contract §5). What is unknown is "—" with the reason."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from attribution_portal.formats import UNKNOWN, Reader, raw
from attribution_portal.panels import Kpi, Panel
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import CampaignsStatistics, Event, EventsStatistics, Page, Reading


def panel(
    statistics: Reading[EventsStatistics] | PlatformError,
    campaigns: Reading[CampaignsStatistics] | PlatformError,
    flagged: Reading[Page[Event]] | PlatformError,
    *,
    partner: Partner,
    reader: Reader,
    retry: str,
) -> Panel[tuple[Kpi, ...]]:
    """Fails as a whole only when neither of the two sums could be read; a figure that is missing says why."""
    if isinstance(statistics, PlatformError) and isinstance(campaigns, PlatformError):
        return Panel.of("dashboard", statistics, retry=retry)
    known = [answer for answer in (statistics, campaigns, flagged) if isinstance(answer, Reading)]
    numbers = (
        *_of_events(statistics, partner=partner, reader=reader),
        _running_campaigns(campaigns, reader),
        *_flagged(flagged, reader),
    )
    return Panel(
        "dashboard",
        "ready",
        data=numbers,
        caption=_("All events of the partner, over all time, as the platform adds them up."),
        read_at=min(answer.read_at for answer in known),
        stale=any(answer.stale for answer in known),
    )


def _of_events(
    answer: Reading[EventsStatistics] | PlatformError, *, partner: Partner, reader: Reader
) -> tuple[Kpi, Kpi, Kpi]:
    if isinstance(answer, PlatformError):
        why = str(answer.sentence)
        return (
            _unknown("revenue", _("Revenue"), why, term="portfolio_revenue"),
            _unknown("roas", _("ROAS"), why),
            _unknown("running_events", _("Running events"), why),
        )
    found = answer.value
    return (
        _revenue(found, partner, reader),
        Kpi("roas", _("ROAS"), raw(found.roas), reader.ratio(found.roas))
        if found.roas is not None
        else _unknown("roas", _("ROAS"), _why_no_roas(found)),
        _count("running_events", _("Running events"), found.running, of=found.total, reader=reader),
    )


def _revenue(found: EventsStatistics, partner: Partner, reader: Reader) -> Kpi:
    if found.revenue is None:
        return _unknown("revenue", _("Revenue"), _not_told(), term="portfolio_revenue")
    currency = found.currency or partner.currency
    note = ""
    if not currency:
        note = _("The platform names no currency.")
    elif partner.currency and currency != partner.currency:
        note = _("In %(named)s, as the platform names it here; the partner's currency is %(own)s.") % {
            "named": currency,
            "own": partner.currency,
        }
    shown = reader.money(found.revenue, currency, trim=True)
    return Kpi("revenue", _("Revenue"), raw(found.revenue), shown, note=note, term="portfolio_revenue")


def _why_no_roas(found: EventsStatistics) -> str:
    if found.spent == Decimal(0):
        return _("Nothing was spent on ads.")
    return _("The platform tells no ad spend.") if found.spent is None else _not_told()


def _running_campaigns(answer: Reading[CampaignsStatistics] | PlatformError, reader: Reader) -> Kpi:
    label = _("Running campaigns")
    if isinstance(answer, PlatformError):
        return _unknown("running_campaigns", label, str(answer.sentence))
    return _count("running_campaigns", label, answer.value.running, of=answer.value.total, reader=reader)


def _flagged(answer: Reading[Page[Event]] | PlatformError, reader: Reader) -> tuple[Kpi, ...]:
    """Only where there are any, or where nobody can tell."""
    label = _("Flagged events")
    if isinstance(answer, PlatformError):
        return (_unknown("flagged", label, str(answer.sentence)),)
    # An event that stands twice is one; of a list in pages only the first was read, and the total tells the rest.
    once = len({event.id for event in answer.value.items})
    number = once if (answer.value.pages or 1) <= 1 else max(answer.value.total or 0, once)
    return (Kpi("flagged", label, raw(number), reader.count(number)),) if number > 0 else ()


def _count(name: str, label: str, number: int | None, *, of: int | None, reader: Reader) -> Kpi:
    if number is None:
        return _unknown(name, label, _not_told())
    note = _("of %(total)s") % {"total": reader.count(of)} if of is not None and of >= number else ""
    return Kpi(name, label, raw(number), reader.count(number), note=note)


def _unknown(name: str, label: str, why: str, *, term: str = "") -> Kpi:
    return Kpi(name, label, "", UNKNOWN, note=why, term=term)


def _not_told() -> str:
    return _("The platform does not tell this number.")
