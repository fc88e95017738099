from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_portal.charts import wilson


@pytest.mark.parametrize(
    ("successes", "base", "low", "high"),
    [
        # Newcombe 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(successes, base, low, high):
    assert wilson.interval(successes, base) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**7), st.data())
def test_the_interval_holds_the_rate_and_stays_a_share(base, data):
    successes = data.draw(st.integers(0, base))
    low, high = wilson.interval(successes, base)
    assert 0 <= low <= successes / base <= high <= 1
    assert low < high


@pytest.mark.parametrize(("successes", "base"), [(1, 0), (0, 0), (3, 2), (-1, 5), (0, -5)])
def test_there_is_no_interval_without_a_rate(successes, base):
    with pytest.raises(ValueError, match="base"):
        wilson.interval(successes, base)


def test_intervals_that_touch_cannot_be_told_apart():
    assert wilson.overlap((0.1, 0.2), (0.2, 0.3))
    assert wilson.overlap((0.1, 0.4), (0.2, 0.3))
    assert not wilson.overlap((0.1, 0.2), (0.21, 0.3))
