"""What the dashboard shows: the platform's answers, read together, and what Postgres knows, each panel on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import cast

from attribution_portal.accounts.models import User
from attribution_portal.charts import Table
from attribution_portal.dashboard import changes, figures, packages, upcoming
from attribution_portal.dashboard.packages import PackageRow
from attribution_portal.formats import Reader
from attribution_portal.panels import Kpi, Panel
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import asking, events
from attribution_portal.platform_api.errors import NotPermitted, PlatformError
from attribution_portal.platform_api.events import EventQuery
from attribution_portal.platform_api.payloads import CampaignsStatistics, Event, EventsStatistics, Page, Reading
from attribution_portal.programme.event_rows import EventRow


@dataclass(frozen=True, slots=True)
class Asked:
    """One look at the dashboard. since: the end of this person's visit before, None during the first. address: the
    page's own."""

    partner: Partner
    user: User
    since: datetime | None
    now: datetime
    reader: Reader
    address: str

    @property
    def today(self) -> date:
        return self.now.astimezone(self.partner.zone).date()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`refused`: the platform did not let the account read something of this partner."""

    day: str
    figures: Panel[tuple[Kpi, ...]]
    upcoming: Panel[tuple[EventRow, ...]]
    packages: Panel[tuple[PackageRow, ...]]
    changes: Panel[Table]
    refused: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """One outcome per call; no call is made twice for a page. `ahead` and `soon`: see `upcoming`."""

    statistics: Reading[EventsStatistics] | PlatformError
    campaigns: Reading[CampaignsStatistics] | PlatformError
    flagged: Reading[Page[Event]] | PlatformError
    ahead: Reading[Page[Event]] | PlatformError
    soon: Reading[Page[Event]] | PlatformError

    @property
    def are_refused(self) -> bool:
        answers = (self.statistics, self.campaigns, self.flagged, self.ahead, self.soon)
        return any(isinstance(answer, NotPermitted) for answer in answers)


def page(asked: Asked) -> Dashboard:
    """Never raises a PlatformError: whatever cannot be read is a panel that says so."""
    partner, reader = asked.partner, asked.reader
    calls = _ask(partner, today=asked.today)
    # Postgres is asked while the platform thinks.
    packages_panel = packages.panel(partner=partner, now=asked.now, reader=reader)
    changes_panel = changes.panel(partner=partner, user=asked.user, since=asked.since, reader=reader)
    read = _answers(calls)
    return Dashboard(
        day=reader.day(asked.today),
        figures=figures.panel(
            read.statistics, read.campaigns, read.flagged, partner=partner, reader=reader, retry=asked.address
        ),
        upcoming=upcoming.panel(
            read.ahead, read.soon, partner=partner, today=asked.today, reader=reader, retry=asked.address
        ),
        packages=packages_panel,
        changes=changes_panel,
        refused=read.are_refused,
    )


def _ask(partner: Partner, *, today: date) -> asking.Asked:
    caller = caller_for(partner)
    # A voucher is sold like an event, but nobody goes there on its day.
    ahead = EventQuery(limit=upcoming.LIMIT, since=today, exclude_products=True)
    soon = replace(ahead, until=today + timedelta(days=upcoming.SOON))
    return asking.ask(
        caller,
        statistics=events.portfolio_statistics_of(),
        campaigns=events.campaigns_statistics_of(),
        flagged=events.flagged_of(),
        ahead=events.list_events_of(query=ahead),
        soon=events.list_events_of(query=soon),
    )


def _answers(calls: asking.Asked) -> Answers:
    outcomes = calls.answers()
    return Answers(
        statistics=cast("Reading[EventsStatistics] | PlatformError", outcomes["statistics"]),
        campaigns=cast("Reading[CampaignsStatistics] | PlatformError", outcomes["campaigns"]),
        flagged=cast("Reading[Page[Event]] | PlatformError", outcomes["flagged"]),
        ahead=cast("Reading[Page[Event]] | PlatformError", outcomes["ahead"]),
        soon=cast("Reading[Page[Event]] | PlatformError", outcomes["soon"]),
    )
