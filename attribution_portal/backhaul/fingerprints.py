"""What makes two results, or two settings, the same. Pure.

The answer's order, the form of its numbers (`18540`, `18540.00`, `"18540"`) and clusters in which nobody bought
anything do not matter: none of them is news to a reader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal

from attribution_portal.platform_api.payloads import AttributionSettings, ClusterResult, EvaluationResult


def of_result(result: EvaluationResult) -> str:
    """Hex digest of the clusters as canonical JSON."""
    rows = sorted(
        [cluster.tc, str(cluster.customers), str(cluster.items), plain(cluster.revenue)]
        for cluster in result.clusters
        if cluster.customers or cluster.items or cluster.revenue
    )
    return _digest(rows)


def of_settings(settings: AttributionSettings) -> str:
    """Hex digest of model, window and date."""
    day = settings.email_sent_date
    return _digest([settings.model, settings.window, day.isoformat() if day else None])


def plain(number: Decimal) -> str:
    """The one way to write a decimal: no exponent, no trailing zeros, no negative zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def stored(result: EvaluationResult) -> list[dict[str, str]]:
    """Clusters as the ledger keeps them; decimals as text, which JSON would otherwise round."""
    return [
        {"tc": c.tc, "customers": str(c.customers), "items": str(c.items), "revenue": plain(c.revenue)}
        for c in result.clusters
    ]


def restored(rows: Iterable[dict[str, str]]) -> EvaluationResult:
    """The inverse of `stored`."""
    return EvaluationResult(
        clusters=tuple(
            ClusterResult(
                tc=row["tc"],
                customers=int(row["customers"]),
                items=int(row["items"]),
                revenue=Decimal(row["revenue"]),
            )
            for row in rows
        )
    )


def _digest(value: object) -> str:
    canonical = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
