"""What makes two results the same."""

from __future__ import annotations

import json
import random
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.backhaul.ledger import fingerprints
from attribution_portal.platform_api.payloads import AttributionSettings, ClusterResult, EvaluationResult
from attribution_portal.platform_api.payloads import packages as decode

money = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=2)
counts = st.integers(min_value=0, max_value=10**9)
clusters = st.builds(ClusterResult, tc=st.text(min_size=1), customers=counts, items=counts, revenue=money)
results = st.lists(clusters, unique_by=lambda each: each.tc, max_size=8)


def result(rows: list[ClusterResult]) -> EvaluationResult:
    return EvaluationResult(clusters=tuple(rows))


@given(results, st.randoms(use_true_random=False))
def test_neither_order_nor_the_form_of_numbers_matters(rows: list[ClusterResult], rng: random.Random) -> None:
    other = [
        ClusterResult(tc=r.tc, customers=r.customers, items=r.items, revenue=r.revenue + Decimal("0.0000"))
        for r in rows
    ]
    rng.shuffle(other)
    assert fingerprints.of_result(result(rows)) == fingerprints.of_result(result(other))


@given(results)
def test_a_cluster_in_which_nobody_bought_is_no_news(rows: list[ClusterResult]) -> None:
    names = {row.tc for row in rows}
    nobody = ClusterResult(tc=max(names, default="") + "x", customers=0, items=0, revenue=Decimal("0.00"))
    assert fingerprints.of_result(result(rows)) == fingerprints.of_result(result([*rows, nobody]))


@given(results, st.data())
def test_any_number_that_moves_is_news(rows: list[ClusterResult], data: st.DataObject) -> None:
    rows = [row for row in rows if row.customers]
    if not rows:
        return
    index = data.draw(st.integers(0, len(rows) - 1))
    row = rows[index]
    moved = data.draw(
        st.sampled_from(
            [
                ClusterResult(tc=row.tc, customers=row.customers + 1, items=row.items, revenue=row.revenue),
                ClusterResult(tc=row.tc, customers=row.customers, items=row.items + 1, revenue=row.revenue),
                ClusterResult(
                    tc=row.tc, customers=row.customers, items=row.items, revenue=row.revenue + Decimal("0.01")
                ),
                ClusterResult(tc=row.tc + "′", customers=row.customers, items=row.items, revenue=row.revenue),
            ]
        )
    )
    other = [*rows[:index], moved, *rows[index + 1 :]]
    assert fingerprints.of_result(result(rows)) != fingerprints.of_result(result(other))


@given(results)
def test_what_is_stored_comes_back_exactly(rows: list[ClusterResult]) -> None:
    kept = json.loads(fingerprints.stored(fingerprints.texts(result(rows))))
    assert fingerprints.restored(kept) == result(rows)


def test_equal_answers_of_the_platform_in_other_words_have_one_fingerprint() -> None:
    bodies = [
        {"clusters": {"a": {"customers": 184, "items": 412, "purchase": 18540}}},
        {"clusters": {"a": {"purchase": Decimal("18540.00"), "items": 412, "customers": 184}}},
        {
            "clusters": {
                "b": {"customers": 0, "items": 0, "purchase": 0},
                "a": {"customers": "184", "items": 412.0, "purchase": "18540.0"},
            }
        },
    ]
    texts = [json.loads(json.dumps(body, default=str), parse_float=Decimal) for body in bodies]
    assert len({fingerprints.of_result(decode.evaluation(body)) for body in texts}) == 1


def test_settings_differ_by_each_of_their_parts() -> None:
    day = date(2026, 6, 1)
    seen = {
        fingerprints.of_settings(AttributionSettings(model=model, window=window, email_sent_date=sent))
        for model in (None, "EVENT_SERIES", "ALL_PURCHASES")
        for window in (None, 0, 14)
        for sent in (None, day)
    }
    assert len(seen) == 18
