"""What the wire says, as typed, frozen values.

Every body of the contract is decoded in this package and nowhere else: `values` holds what comes out, `wire`
how a single member is read, `accounts`, `events`, `campaigns` and `packages` the bodies. Documented (D)
facts and assumed (A) shapes are marked as in the contract; an assumption that a live account disproves is
corrected here alone. Decoders tolerate missing, null and extra members, ids that are numbers, arrays instead
of pages, and unknown enum values (kept as they are); they are strict about what must be there.
"""

from attribution_portal.platform_api.payloads.values import (
    Adjustment,
    AttributionSettings,
    Benchmark,
    Campaign,
    CampaignsStatistics,
    ClusterResult,
    Creative,
    DailyRevenue,
    DailyRow,
    EvaluationResult,
    Event,
    EventBenchmark,
    EventCluster,
    EventClusters,
    EventsStatistics,
    EventStatistics,
    MetaInsights,
    MetaResult,
    MetaResults,
    Package,
    PackageCluster,
    PackageEvent,
    Page,
    PartnerInfo,
    Reading,
    SalesPoint,
    Taken,
)

__all__ = [
    "Adjustment",
    "AttributionSettings",
    "Benchmark",
    "Campaign",
    "CampaignsStatistics",
    "ClusterResult",
    "Creative",
    "DailyRevenue",
    "DailyRow",
    "EvaluationResult",
    "Event",
    "EventBenchmark",
    "EventCluster",
    "EventClusters",
    "EventStatistics",
    "EventsStatistics",
    "MetaInsights",
    "MetaResult",
    "MetaResults",
    "Package",
    "PackageCluster",
    "PackageEvent",
    "Page",
    "PartnerInfo",
    "Reading",
    "SalesPoint",
    "Taken",
]
