"""Events and their sales (§5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.calls import Question, Read, write
from attribution_portal.platform_api.errors import NotFound
from attribution_portal.platform_api.payloads import (
    Benchmark,
    CampaignsStatistics,
    DailyRevenue,
    Event,
    EventClusters,
    EventsStatistics,
    EventStatistics,
    Page,
    Reading,
    SalesPoint,
    Taken,
)
from attribution_portal.platform_api.payloads import events as decode
from attribution_portal.platform_api.transport import Caller, Endpoint

LIVE = Ages(soft=60, hard=15 * 60)
SLOW = Ages(soft=10 * 60, hard=6 * 3600)

EVENTS = Read(Endpoint("GET", "/events/"), decode.events, LIVE)
FLAGGED = Read(Endpoint("GET", "/events/flagged/"), decode.events, LIVE)
EVENT = Read(Endpoint("GET", "/events/{eid}"), decode.event, LIVE)
PORTFOLIO = Read(Endpoint("GET", "/events/statistics"), decode.events_statistics, LIVE)
CAMPAIGNS = Read(Endpoint("GET", "/campaigns/statistics"), decode.campaigns_statistics, LIVE)
STATISTICS = Read(Endpoint("GET", "/events/{eid}/statistics"), decode.event_statistics, LIVE)
SERIES = Read(Endpoint("GET", "/events/{eid}/series"), decode.events, SLOW)
CLUSTERS = Read(Endpoint("GET", "/events/{eid}/clusters"), decode.clusters, SLOW)
SALES_GRAPH = Read(Endpoint("GET", "/events/{eid}/sales-graph"), decode.sales_graph, SLOW)
BENCHMARK = Read(Endpoint("GET", "/events/{eid}/benchmark"), decode.benchmark, SLOW)
DAILY_REVENUE = Read(Endpoint("GET", "/daily_revenue_summary/"), decode.daily_revenue, LIVE)
# A 404 is read as "none of its own": the event itself is asked for separately.
MODEL = Read(Endpoint("GET", "/events/{eid}/attribution_model"), decode.attribution_model, LIVE, nothing_on=(NotFound,))
SET_MODEL = Endpoint("PUT", "/events/{eid}/attribution_model")

# The contract's spelling of "all time".
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filters of the events list. What is None, empty or False is not sent. `limit` is at most 1000."""

    page: int = 1
    limit: int = 50
    q: str = ""
    since: date | None = None
    until: date | None = None
    status: str = ""
    frontend_status: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    include_archived: bool = False
    campaigns: bool = False
    flagged_to_top: bool = False
    exclude_products: bool = False

    def parameters(self) -> dict[str, object]:
        return {name: None if value is False else value for name, value in asdict(self).items()}


def scope(eid: str) -> str:
    """What a write to this event drops from the cache."""
    return f"event:{eid}"


def list_events(*, caller: Caller, query: EventQuery) -> Reading[Page[Event]]:
    """§5 `GET /events/`, one page. The order is not documented."""
    return list_events_of(query=query).read(caller)


def list_events_of(*, query: EventQuery) -> Question[Page[Event]]:
    """What `list_events` reads."""
    return Question(EVENTS, "events", query.parameters())


def flagged(*, caller: Caller) -> Reading[Page[Event]]:
    """§5 `GET /events/flagged/`: the events that want attention."""
    return flagged_of().read(caller)


def flagged_of() -> Question[Page[Event]]:
    """What `flagged` reads."""
    return Question(FLAGGED, "events")


def get(*, caller: Caller, eid: str) -> Reading[Event]:
    """§5 `GET /events/{eid}`. Raises NotFound."""
    return get_of(eid=eid).read(caller)


def get_of(*, eid: str) -> Question[Event]:
    """What `get` reads."""
    return Question(EVENT, scope(eid), segments={"eid": eid})


def portfolio_statistics(*, caller: Caller) -> Reading[EventsStatistics]:
    """§5 `GET /events/statistics`: sums over all events of the partner; any may be None."""
    return portfolio_statistics_of().read(caller)


def portfolio_statistics_of() -> Question[EventsStatistics]:
    """What `portfolio_statistics` reads."""
    return Question(PORTFOLIO, "portfolio")


def campaigns_statistics(*, caller: Caller) -> Reading[CampaignsStatistics]:
    """§5 `GET /campaigns/statistics`: how many campaigns are in which state."""
    return campaigns_statistics_of().read(caller)


def campaigns_statistics_of() -> Question[CampaignsStatistics]:
    """What `campaigns_statistics` reads."""
    return Question(CAMPAIGNS, "portfolio")


def statistics(*, caller: Caller, eid: str) -> Reading[EventStatistics]:
    """§5 `GET /events/{eid}/statistics`: one event's sums; any may be None."""
    return statistics_of(eid=eid).read(caller)


def statistics_of(*, eid: str) -> Question[EventStatistics]:
    """What `statistics` reads."""
    return Question(STATISTICS, scope(eid), segments={"eid": eid})


def series(*, caller: Caller, eid: str) -> Reading[Page[Event]]:
    """§5 `GET /events/{eid}/series`: the events of the same series, up to the platform's maximum of 1000."""
    return series_of(eid=eid).read(caller)


def series_of(*, eid: str) -> Question[Page[Event]]:
    """What `series` reads."""
    return Question(SERIES, scope(eid), {"limit": 1000}, {"eid": eid})


def clusters(*, caller: Caller, eid: str) -> Reading[EventClusters]:
    """§5 `GET /events/{eid}/clusters`: the taste clusters predicted for the event."""
    return clusters_of(eid=eid).read(caller)


def clusters_of(*, eid: str) -> Question[EventClusters]:
    """What `clusters` reads."""
    return Question(CLUSTERS, scope(eid), segments={"eid": eid})


def sales_graph(*, caller: Caller, eid: str) -> Reading[tuple[SalesPoint, ...]]:
    """§5 `GET /events/{eid}/sales-graph`: the demand curve in date order, normalised tickets."""
    return sales_graph_of(eid=eid).read(caller)


def sales_graph_of(*, eid: str) -> Question[tuple[SalesPoint, ...]]:
    """What `sales_graph` reads."""
    return Question(SALES_GRAPH, scope(eid), segments={"eid": eid})


def benchmark(*, caller: Caller, eid: str) -> Reading[Benchmark]:
    """§5 `GET /events/{eid}/benchmark`, in percent of capacity whichever way the platform says it."""
    return benchmark_of(eid=eid).read(caller)


def benchmark_of(*, eid: str) -> Question[Benchmark]:
    """What `benchmark` reads."""
    return Question(BENCHMARK, scope(eid), segments={"eid": eid})


def daily_revenue(*, caller: Caller, eid: str, currency: str | None) -> Reading[DailyRevenue]:
    """§5 "Daily revenue" over all time: days in date order and the adjustment rows that travel with them.

    Money is in `currency`, or in the platform's own choice when None. Days without sales may be missing.
    """
    return daily_revenue_of(eid=eid, currency=currency).read(caller)


def daily_revenue_of(*, eid: str, currency: str | None) -> Question[DailyRevenue]:
    """What `daily_revenue` reads."""
    query = {"event_id": eid, "currency": currency, "start_date": FIRST_DAY, "end_date": LAST_DAY}
    return Question(DAILY_REVENUE, scope(eid), query)


def attribution_model(*, caller: Caller, eid: str) -> Reading[str | None]:
    """§5 `GET /events/{eid}/attribution_model`: FD, META, EXTERNAL or a word we do not know; None when the
    event has none of its own. Nothing to do with the models of packages (§8)."""
    return attribution_model_of(eid=eid).read(caller)


def attribution_model_of(*, eid: str) -> Question[str | None]:
    """What `attribution_model` reads."""
    return Question(MODEL, scope(eid), segments={"eid": eid})


def set_attribution_model(*, caller: Caller, eid: str, model: str) -> Taken[object]:
    """§5 `PUT /events/{eid}/attribution_model`, once. Daily revenue and results are read anew afterwards.
    Raises Rejected, Unknown and the rest of the tree."""
    return write(SET_MODEL, caller=caller, drops=(scope(eid), "portfolio"), body={"model": model}, eid=eid)
