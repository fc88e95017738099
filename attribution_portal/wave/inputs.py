"""What the campaign page's own numbers are made of, as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from attribution_portal.adjustments.rows import Adjustments
from attribution_portal.charts.sales import Measure, measure
from attribution_portal.credit import Credit
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.payloads import Adjustment, Campaign, DailyRevenue, EventStatistics, Page, Reading
from attribution_portal.wave.card import Amount
from attribution_portal.wave.runs import Runs, Standing


@dataclass(frozen=True, slots=True)
class Inputs:
    """`credit` is the event attribution model in force, None where it could not be read; `currency` the tenant's.
    `running`: a campaign runs. `runs`: when they did, None where the campaigns could not be read."""

    adjustments: Adjustments
    results: Reading[tuple[Adjustment, ...]] | PlatformError
    daily: Reading[DailyRevenue] | PlatformError
    statistics: Reading[EventStatistics] | PlatformError
    campaigns: Reading[Page[Campaign]] | PlatformError
    credit: Credit | None
    running: bool
    runs: Runs | None
    standing: Standing
    currency: str | None

    @property
    def is_external(self) -> bool:
        return self.credit is not None and self.credit.is_external

    @property
    def readings(self) -> tuple[Reading[tuple[Adjustment, ...]] | Reading[DailyRevenue], ...]:
        """The answers that brought adjustment rows: never empty when there are rows."""
        return tuple(answer for answer in (self.results, self.daily) if isinstance(answer, Reading))

    @property
    def read_at(self) -> datetime | None:
        return min((reading.read_at for reading in self.readings), default=None)

    @property
    def stale(self) -> bool:
        return any(reading.stale for reading in self.readings)

    @property
    def rows_currency(self) -> str | None:
        """Rows name no currency of their own (§6): they are in the tenant's, as far as anybody names it."""
        stated = self.daily.value.currency if isinstance(self.daily, Reading) else None
        return self.currency or stated

    @property
    def spend(self) -> Amount:
        if isinstance(self.statistics, PlatformError):
            return Amount(None, self.rows_currency)
        return Amount(self.statistics.value.spent, self.statistics.value.currency or self.rows_currency)

    @property
    def measured(self) -> Measure | None:
        """All days' revenue; None where the days could not be read or there are none."""
        if isinstance(self.daily, PlatformError) or not self.daily.value.days:
            return None
        return measure(self.daily.value.days, "revenue")

    @property
    def sales(self) -> Amount:
        """What the event sold, as measured. Days name their currency; where they do not, it is the tenant's."""
        stated = self.daily.value.currency if isinstance(self.daily, Reading) else None
        found = self.measured
        return Amount(found.value if found else None, stated or self.currency)
