"""The stand-in platform's routes (contract §2–§8). Trailing slashes matter: a path with the wrong one is no path."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, RequestRedirect, Rule

from attribution_portal.sandbox import event_routes, package_routes, result_routes
from attribution_portal.sandbox.call import Call, Reply
from attribution_portal.sandbox.refusals import Refusal, not_found

Handler = Callable[[Call], Reply]

STATUS, SIGN_IN, REFRESH = "status", "sign in", "refresh"


def partner(call: Call) -> Reply:
    """`GET /partners/`: the partner, for some as an array with one object."""
    profile = dict(call.tenant.profile)
    return Reply(200, [profile] if call.tenant.in_array else profile)


HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "/partners/"): partner,
    ("GET", "/events/"): event_routes.list_events,
    ("GET", "/events/flagged/"): event_routes.flagged,
    ("GET", "/events/statistics"): event_routes.portfolio_statistics,
    ("GET", "/campaigns/statistics"): event_routes.campaigns_statistics,
    ("GET", "/events/<eid>"): event_routes.one,
    ("GET", "/events/<eid>/statistics"): event_routes.statistics,
    ("GET", "/events/<eid>/series"): event_routes.series,
    ("GET", "/events/<eid>/campaigns"): event_routes.campaigns,
    ("GET", "/events/<eid>/clusters"): event_routes.clusters,
    ("GET", "/events/<eid>/sales-graph"): event_routes.sales_graph,
    ("GET", "/events/<eid>/benchmark"): event_routes.benchmark,
    ("GET", "/events/<eid>/attribution_model"): event_routes.read_model,
    ("PUT", "/events/<eid>/attribution_model"): event_routes.put_model,
    ("GET", "/daily_revenue_summary/"): event_routes.daily_revenue,
    ("GET", "/campaign_results/"): result_routes.list_results,
    ("POST", "/campaign_results/"): result_routes.create_result,
    ("DELETE", "/campaign_results/"): result_routes.delete_result,
    ("GET", "/integrations/facebook/events/<eid>/campaign_results"): event_routes.meta_results,
    ("GET", "/integrations/facebook/events/<eid>/fb_insights"): event_routes.meta_insights,
    ("GET", "/integrations/connect/facebook/status"): event_routes.meta_connected,
    ("GET", "/package_builder/packages/"): package_routes.list_packages,
    ("GET", "/package_builder/packages/<package_id>"): package_routes.one,
    (
        "GET",
        "/package_builder/packages/<package_id>/backhaul_evaluation_details",
    ): package_routes.read_settings,
    (
        "PUT",
        "/package_builder/packages/<package_id>/backhaul_evaluation_details",
    ): package_routes.put_settings,
    ("GET", "/package_builder/packages/<package_id>/backhaul_evaluation"): package_routes.evaluation,
    ("GET", "/partners/<partner_id>/backhaul_attribution_details"): package_routes.read_defaults,
    ("POST", "/partners/<partner_id>/backhaul_attribution_details"): package_routes.post_defaults,
}

# Calls without a token; the sandbox answers them itself.
OPEN: dict[tuple[str, str], str] = {
    ("GET", "/status/"): STATUS,
    ("POST", "/auth"): SIGN_IN,
    ("POST", "/auth/refresh_token"): REFRESH,
}


class Match(NamedTuple):
    """`open_call` is one of the calls without a token, otherwise `handler` is set."""

    handler: Handler | None
    open_call: str
    ids: dict[str, str]


_MAP = Map(
    [Rule(path, methods=[method], endpoint=(method, path)) for method, path in (*HANDLERS, *OPEN)],
    merge_slashes=False,
    redirect_defaults=False,
)


def match(method: str, path: str) -> Match:
    """The call behind a path without `/api/v3`. Raises Refusal 404, or 405 for a known path."""
    try:
        endpoint, ids = _MAP.bind("sandbox").match(path, method)
    except MethodNotAllowed:
        raise Refusal(405, "error.request.method_not_allowed", "METHOD_NOT_ALLOWED") from None
    except (RequestRedirect, HTTPException):
        raise not_found("route") from None
    # The router lets HEAD pass as GET; the platform documents none.
    if method != endpoint[0]:
        raise Refusal(405, "error.request.method_not_allowed", "METHOD_NOT_ALLOWED")
    return Match(HANDLERS.get(endpoint), OPEN.get(endpoint, ""), {key: str(value) for key, value in ids.items()})
