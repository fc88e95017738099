"""Events, their campaigns and what Meta says about them, as the stand-in platform keeps them (contract §5–§7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from attribution_portal.sandbox.sales import Day

EVENT_MODELS = ("FD", "META", "EXTERNAL")

# How the Meta endpoints say "nothing for this event": an empty object, 404, or 403.
NoMeta = Literal["empty", "missing", "forbidden"]


@dataclass(frozen=True, slots=True)
class Venue:
    name: str
    hall: str | None
    city: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """One taste cluster's campaign in one run. `spend` is what it has cost so far, in major units."""

    tc: str
    run: int
    status: str
    headline: str
    text: str
    geo: tuple[str, ...]
    demographics: tuple[str, ...]
    budget: Decimal
    spend: Decimal
    start: date | None
    end: date
    audience: str | None
    published: bool


@dataclass(frozen=True, slots=True)
class Meta:
    """What Meta reports for one event. `series` is None when the event has none."""

    revenue: Decimal
    purchases: int
    spend: Decimal
    impressions: int
    clicks: int
    series: tuple[Decimal, int, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its days. `omit` names members that its JSON leaves out, `nulls` members that are null there.

    `sold` and `prediction` are fractions of the capacity; `benchmark` is where comparable events stand.
    `hushed`: creating a campaign result answers 204 instead of the row.
    """

    id: str
    story: str
    title: str
    starts_at: datetime
    venue: Venue
    capacity: int
    category: str
    currency: str | None
    days: tuple[Day, ...]
    status: str = "active"
    frontend_status: str = "DEFAULT"
    campaign_status: str | None = None
    series: tuple[str, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    clusters: tuple[str, ...] = ()
    model: str | None = None
    meta: Meta | None = None
    no_meta: NoMeta = "missing"
    sold: float = 0.0
    prediction: float = 0.7
    benchmark: float = 0.65
    numeric_id: bool = False
    hushed: bool = False
    omit: frozenset[str] = field(default_factory=frozenset)
    nulls: frozenset[str] = field(default_factory=frozenset)

    @property
    def revenue(self) -> Decimal:
        return sum((day.revenue for day in self.days), Decimal(0))

    @property
    def purchases(self) -> int:
        return sum(day.purchases for day in self.days)

    @property
    def spend(self) -> Decimal:
        return sum((campaign.spend for campaign in self.campaigns), Decimal(0))


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A campaign result, "sales adjustment" (§6). The platform may show a row in only one of the two places."""

    id: str
    eid: str
    partner_id: str
    purchase: int
    revenue: Decimal
    created_at: datetime
    source: str | None
    in_daily: bool = True
    in_results: bool = True
    numeric_id: bool = False
