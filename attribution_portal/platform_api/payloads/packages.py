"""Bodies of §8 (packages, evaluation settings and results)."""

from __future__ import annotations

from collections.abc import Mapping

from attribution_portal.platform_api.payloads.listing import rows_of
from attribution_portal.platform_api.payloads.values import (
    AttributionSettings,
    ClusterResult,
    EvaluationResult,
    Package,
    PackageCluster,
    PackageEvent,
)
from attribution_portal.platform_api.payloads.wire import Members, clean

WINDOW = "backhaul_evaluation_attribution_window"
MODEL = "backhaul_evaluation_model"
DATE = "email_sent_date"


def packages(payload: object) -> tuple[Package, ...]:
    """A bare array (D)."""
    return rows_of(payload, _package)


def package(payload: object) -> Package:
    return _package(Members.of(payload))


def _package(members: Members) -> Package:
    return Package(
        id=members.identity("id"),
        title=members.text("title") or "",
        status=members.text("status"),
        merge_id=members.reference("merge_id"),
        created_at=members.instant("created_at"),
        events=members.possible_rows("events", _package_event) or (),
        targeting_mode=members.text("targeting_mode"),
        clusters=members.possible_rows("clusters", _package_cluster),
    )


def _package_event(members: Members) -> PackageEvent:
    return PackageEvent(id=members.identity("id"), title=members.text("title") or "")


def _package_cluster(members: Members) -> PackageCluster:
    """`customers` is a base to divide by: a negative one is as good as none."""
    people = members.count("customers")
    return PackageCluster(
        tc=members.identity("tc"),
        label=members.text("label"),
        customers=people if people is not None and people >= 0 else None,
    )


def settings(payload: object) -> AttributionSettings:
    """A package's settings or a partner's defaults. Nothing, `{}` and nulls all mean "none set" (A)."""
    members = Members({}) if payload is None else Members.of(payload)
    return AttributionSettings(
        model=members.set_text(MODEL), window=members.set_count(WINDOW), email_sent_date=members.set_day(DATE)
    )


def settings_body(settings: AttributionSettings) -> Mapping[str, str | int]:
    """What a PUT or POST of settings sends. A part that is not set is left out (§3: leave out null)."""
    body: dict[str, str | int] = {}
    if settings.window is not None:
        body[WINDOW] = settings.window
    if settings.model is not None:
        body[MODEL] = settings.model
    if settings.email_sent_date is not None:
        body[DATE] = settings.email_sent_date.isoformat()
    return body


def evaluation(payload: object) -> EvaluationResult:
    """Results keyed by cluster. Nothing, or no `clusters`: no results yet (A). Sorted by name, because the
    order on the wire is free and a fingerprint must not depend on it."""
    members = Members({}) if payload is None else Members.of(payload)
    found = members.raw("clusters")
    # An empty array is what some servers make of an empty map.
    clusters = Members.of({} if found is None or found == [] else found, "clusters")
    return EvaluationResult(
        clusters=tuple(
            _cluster_result(tc, Members.of(clusters.raw(tc), clusters.at(clean(tc)))) for tc in sorted(clusters.content)
        )
    )


def _cluster_result(tc: str, members: Members) -> ClusterResult:
    """Here `purchase` is money (§8), unlike in adjustments (§6)."""
    return ClusterResult(
        tc=clean(tc),
        customers=members.number_of("customers"),
        items=members.number_of("items"),
        revenue=members.money("purchase"),
    )
