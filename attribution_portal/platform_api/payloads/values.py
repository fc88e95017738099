"""The values that leave this package: frozen, typed, one per body of the contract.

Money is `Decimal` in major units, instants are aware and in UTC, enum fields hold the platform's own words.
`None` means that the platform did not say; it never stands for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value and when it was read. `stale` is True when it is past its soft age and being refreshed behind
    the page, or when the platform could not be asked and this is the last answer known."""

    value: T
    read_at: datetime
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """What the platform said to a write that it took. `request_id` is its `x-request-id`, "" when it gave none."""

    value: T
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A list answer (§3). `total` and `pages` are None where the platform did not say."""

    items: tuple[T, ...]
    total: int | None
    page: int
    pages: int | None


@dataclass(frozen=True, slots=True)
class PartnerInfo:
    """§4. `has_lookout` is `demand_prediction`, `has_wave` is `campaign_recommendations`; None when not
    said."""

    id: str
    name: str
    currency: str | None
    has_lookout: bool | None
    has_wave: bool | None
    status: str | None
    default_event_model: str | None


@dataclass(frozen=True, slots=True)
class EventBenchmark:
    """An event's prediction against its benchmark, as fractions of capacity (0–1 and above), and a word such
    as `above`."""

    prediction: Decimal | None
    benchmark: Decimal | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """§5. Only `id` is certain. Instants are UTC; enum fields hold the platform's own words."""

    id: str
    title: str
    starts_at: datetime | None = None
    city: str | None = None
    venue: str | None = None
    hall: str | None = None
    capacity: int | None = None
    category: str | None = None
    currency: str | None = None
    status: str | None = None
    frontend_status: str | None = None
    campaign_status: str | None = None
    client_campaign_status: str | None = None
    series_ids: tuple[str, ...] = ()
    predicted_sales_share: Decimal | None = None
    benchmark: EventBenchmark | None = None


@dataclass(frozen=True, slots=True)
class EventsStatistics:
    """§5 `GET /events/statistics`: over all events; any may be None."""

    total: int | None
    open: int | None
    running: int | None
    closed: int | None
    revenue: Decimal | None
    spent: Decimal | None
    roas: Decimal | None
    purchases: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class CampaignsStatistics:
    """§5 `GET /campaigns/statistics`: counts of campaigns; any may be None."""

    total: int | None
    running: int | None
    open: int | None
    closed: int | None
    ignored: int | None


@dataclass(frozen=True, slots=True)
class EventStatistics:
    """§5 `GET /events/{eid}/statistics`: one event; any may be None."""

    revenue: Decimal | None
    purchases: int | None
    spent: Decimal | None
    roas: Decimal | None
    currency: str | None
    campaigns: int | None
    active: int | None


@dataclass(frozen=True, slots=True)
class EventCluster:
    """A taste cluster as one event sees it. `size_share` is a fraction; `reach_estimate` counts people."""

    tc: str
    label: str | None
    metric_pred: Decimal | None
    reach_estimate: int | None
    size_share: Decimal | None


@dataclass(frozen=True, slots=True)
class EventClusters:
    """§5 `GET /events/{eid}/clusters`."""

    tc_run_id: str | None
    clusters: tuple[EventCluster, ...]


@dataclass(frozen=True, slots=True)
class SalesPoint:
    """One point of the demand curve: tickets normalised by the platform, None where it has none."""

    mapped_date: date
    current: Decimal | None
    average: Decimal | None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """§5 `GET /events/{eid}/benchmark`, always in percent of capacity: the fraction-or-percent rule is
    applied here."""

    now: Decimal | None
    prediction: Decimal | None
    state: str | None


@dataclass(frozen=True, slots=True)
class DailyRow:
    """One day's measured sales. `campaign_*` None = the platform did not split this day; never zero by
    default."""

    date: date
    revenue: Decimal
    purchases: int | None
    campaign_revenue: Decimal | None
    campaign_purchases: int | None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A campaign result, "sales adjustment" (§6). `purchases` counts, `revenue` is money, `source` is an
    open word (`automated` documented, `manual` assumed). No sales date exists, only `created_at`."""

    id: str
    event_id: str
    partner_id: str | None
    purchases: int
    revenue: Decimal
    created_at: datetime | None
    source: str | None


@dataclass(frozen=True, slots=True)
class DailyRevenue:
    """§5 "Daily revenue": days in date order, and the adjustment rows that travel with them (the same as
    §6)."""

    currency: str | None
    days: tuple[DailyRow, ...]
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Creative:
    """A campaign's creative. `media_url` is foreign and must not be loaded."""

    headline: str | None
    body: str | None
    media_url: str | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """§7: one campaign = one taste cluster in one run. `status` is the platform's word; `budget` is money."""

    event_id: str | None
    tc: str | None
    tc_run_id: str | None
    status: str | None
    creative: Creative
    geo: tuple[str, ...]
    demographics: tuple[str, ...]
    budget: Decimal | None
    start_date: date | None
    end_date: date | None
    audience_id: str | None
    published: bool | None


@dataclass(frozen=True, slots=True)
class MetaResult:
    """§7 results that Meta reports; any may be None. `spend` and `revenue` are money."""

    revenue: Decimal | None
    purchases: int | None
    spend: Decimal | None
    roas: Decimal | None

    @property
    def is_empty(self) -> bool:
        return self.revenue is None and self.purchases is None and self.spend is None and self.roas is None


@dataclass(frozen=True, slots=True)
class MetaResults:
    """§7: Meta's numbers for the event alone and for its series; None where the platform gave none."""

    event: MetaResult | None
    series: MetaResult | None


@dataclass(frozen=True, slots=True)
class MetaInsights:
    """§7 delivery numbers of Meta for the event; any may be None."""

    impressions: int | None
    clicks: int | None
    spend: Decimal | None

    @property
    def is_empty(self) -> bool:
        return self.impressions is None and self.clicks is None and self.spend is None


@dataclass(frozen=True, slots=True)
class PackageEvent:
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class PackageCluster:
    """A segment of a package (A). `customers` = people in it, the only base a rate may use; None = not
    known."""

    tc: str
    label: str | None
    customers: int | None


@dataclass(frozen=True, slots=True)
class Package:
    """§8. `clusters` is None when the answer does not list them (the list call never does)."""

    id: str
    title: str
    status: str | None
    merge_id: str | None
    created_at: datetime | None
    events: tuple[PackageEvent, ...]
    targeting_mode: str | None
    clusters: tuple[PackageCluster, ...] | None


@dataclass(frozen=True, slots=True)
class AttributionSettings:
    """§8 settings of a package or a partner's defaults. Any part may be None: not set.

    `model` is the platform's word (ALL_PURCHASES, EVENTS_FROM_PACKAGE, EVENT_SERIES, or one we do not know);
    `window` is whole days after `email_sent_date`."""

    model: str | None
    window: int | None
    email_sent_date: date | None

    @property
    def is_empty(self) -> bool:
        return self.model is None and self.window is None and self.email_sent_date is None


@dataclass(frozen=True, slots=True)
class ClusterResult:
    """§8: one cluster's result. The wire's `purchase` is money here and is called `revenue`."""

    tc: str
    customers: int
    items: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """§8: a package's results, clusters in name order. Empty = no results yet. Totals are the reader's sum;
    whether a person may sit in two clusters is not documented, so the sum of customers is an upper bound."""

    clusters: tuple[ClusterResult, ...]

    @property
    def customers(self) -> int:
        return sum([c.customers for c in self.clusters])

    @property
    def items(self) -> int:
        return sum([c.items for c in self.clusters])

    @property
    def revenue(self) -> Decimal:
        return sum([c.revenue for c in self.clusters], Decimal(0))
