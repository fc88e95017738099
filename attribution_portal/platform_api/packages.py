"""Audience packages and their evaluation, "backhaul attribution" (§8)."""

from __future__ import annotations

from attribution_portal.platform_api.cache import Ages
from attribution_portal.platform_api.calls import Read, read, write
from attribution_portal.platform_api.errors import NotFound
from attribution_portal.platform_api.payloads import AttributionSettings, EvaluationResult, Package, Reading, Taken
from attribution_portal.platform_api.payloads import packages as decode
from attribution_portal.platform_api.transport import Caller, Endpoint

LIVE = Ages(soft=60, hard=15 * 60)
QUICK = Ages(soft=30, hard=300)

PACKAGES = Read(Endpoint("GET", "/package_builder/packages/"), decode.packages, LIVE)
PACKAGE = Read(Endpoint("GET", "/package_builder/packages/{package_id}"), decode.package, LIVE)
# 404 means "none set" and "no results yet" here (A).
SETTINGS = Read(
    Endpoint("GET", "/package_builder/packages/{package_id}/backhaul_evaluation_details"),
    decode.settings,
    QUICK,
    nothing_on=(NotFound,),
)
PUT_SETTINGS = Endpoint("PUT", "/package_builder/packages/{package_id}/backhaul_evaluation_details")
EVALUATION = Read(
    Endpoint("GET", "/package_builder/packages/{package_id}/backhaul_evaluation"),
    decode.evaluation,
    QUICK,
    nothing_on=(NotFound,),
)
DEFAULTS = Read(
    Endpoint("GET", "/partners/{partner_id}/backhaul_attribution_details"),
    decode.settings,
    QUICK,
    nothing_on=(NotFound,),
)
POST_DEFAULTS = Endpoint("POST", "/partners/{partner_id}/backhaul_attribution_details")


def scope(package_id: str) -> str:
    """What a write to this package drops from the cache."""
    return f"package:{package_id}"


def list_packages(*, caller: Caller) -> Reading[tuple[Package, ...]]:
    """§8 `GET /package_builder/packages/`: all of the partner's packages, without their clusters."""
    return read(PACKAGES, caller=caller, scope="packages")


def get(*, caller: Caller, package_id: str) -> Reading[Package]:
    """§8 `GET /package_builder/packages/{id}`, with clusters where the platform lists them. Raises
    NotFound."""
    return read(PACKAGE, caller=caller, scope=scope(package_id), package_id=package_id)


def settings(*, caller: Caller, package_id: str) -> Reading[AttributionSettings]:
    """§8: the package's own settings. None set (404, `{}`, nulls) is a value with all parts None, not an
    error."""
    return read(SETTINGS, caller=caller, scope=scope(package_id), package_id=package_id)


def put_settings(*, caller: Caller, package_id: str, settings: AttributionSettings) -> Taken[object]:
    """§8: replaces the settings and **triggers a re-evaluation**, once. Raises Rejected with the platform's
    field errors, Unknown when nobody can tell whether it was taken. Results read afterwards may still be
    those of before."""
    return write(
        PUT_SETTINGS,
        caller=caller,
        drops=(scope(package_id),),
        body=decode.settings_body(settings),
        package_id=package_id,
    )


def evaluation(*, caller: Caller, package_id: str) -> Reading[EvaluationResult]:
    """§8: the results, clusters in name order. None yet (404, empty) is a value without clusters."""
    return read(EVALUATION, caller=caller, scope=scope(package_id), package_id=package_id)


def partner_defaults(*, caller: Caller) -> Reading[AttributionSettings]:
    """§8 `GET /partners/{partner_id}/backhaul_attribution_details`: what applies where a package has none of
    its own."""
    return read(DEFAULTS, caller=caller, scope="defaults", partner_id=caller.partner_id)


def post_partner_defaults(*, caller: Caller, settings: AttributionSettings) -> Taken[object]:
    """§8: replaces the partner's defaults, once. Raises as `put_settings` does."""
    return write(
        POST_DEFAULTS,
        caller=caller,
        drops=("defaults",),
        body=decode.settings_body(settings),
        partner_id=caller.partner_id,
    )
