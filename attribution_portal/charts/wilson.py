"""Wilson's score interval: how far a rate counted in few people can be trusted."""

from __future__ import annotations

from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054


def interval(successes: int, base: int) -> tuple[float, float]:
    """The 95 % interval of `successes` out of `base`, as fractions from 0 to 1.

    Unlike the textbook interval it stays inside 0–1 and does not shrink to nothing at 0 or at all. ValueError
    when there is no base, or more successes than base: then no rate exists."""
    if base <= 0 or not 0 <= successes <= base:
        raise ValueError("a rate needs 0 <= successes <= base and a base above 0")
    share = successes / base
    scale = 1 + Z_95**2 / base
    centre = (share + Z_95**2 / (2 * base)) / scale
    margin = Z_95 * sqrt(share * (1 - share) / base + Z_95**2 / (4 * base**2)) / scale
    # At 0 and at all the ends are exactly 0 and 1; floating point may miss them by an ulp.
    return max(0.0, centre - margin) if successes else 0.0, min(1.0, centre + margin) if successes < base else 1.0


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals share a point: then the two rates cannot be told apart."""
    return one[0] <= other[1] and other[0] <= one[1]
