"""What makes two results, or two settings, the same. Pure.

The answer's order, the form of its numbers (`18540`, `18540.00`, `"18540"`) and clusters in which nobody bought
anything do not matter: none of them is news to a reader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from attribution_portal.platform_api.payloads import AttributionSettings, ClusterResult, EvaluationResult

# Encoders are made once: making one costs more than what it encodes here.
_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_QUOTED: Final = json.JSONEncoder().encode
_NOTHING: Final = ("0", "0", "0")

# A cluster's name, customers, items and revenue, each number in the one way to write it.
Texts = Sequence[tuple[str, str, str, str]]


def texts(result: EvaluationResult) -> Texts:
    """What both the fingerprint and the stored clusters are made from."""
    return [(c.tc, str(c.customers), str(c.items), plain(c.revenue)) for c in result.clusters]


def of_result(result: EvaluationResult) -> str:
    """Hex digest of the clusters as canonical JSON."""
    return of_texts(texts(result))


def of_texts(rows: Texts) -> str:
    """Put together by hand, as the encoder would: only names can hold what JSON has to escape."""
    parts = [
        f'[{_CANONICAL(tc)},"{customers}","{items}","{revenue}"]'
        for tc, customers, items, revenue in sorted([row for row in rows if row[1:] != _NOTHING])
    ]
    return _digest(f"[{','.join(parts)}]")


def of_settings(settings: AttributionSettings) -> str:
    """Hex digest of model, window and date."""
    day = settings.email_sent_date
    return _digest(_CANONICAL([settings.model, settings.window, day.isoformat() if day else None]))


def plain(number: Decimal) -> str:
    """The one way to write a decimal: no exponent, no trailing zeros, no negative zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def stored(rows: Texts) -> str:
    """Clusters as the ledger keeps them, in JSON; decimals as text, which JSON would otherwise round."""
    parts = [
        f'{{"tc": {_QUOTED(tc)}, "customers": "{customers}", "items": "{items}", "revenue": "{revenue}"}}'
        for tc, customers, items, revenue in rows
    ]
    return f"[{', '.join(parts)}]"


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


def _digest(canonical: str) -> str:
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
