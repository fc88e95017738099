"""Two things timed in turn, so that a machine whose speed drifts slows both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One claim: the measured figure, its bar, and the words around it."""

    name: str
    figure: float
    bar: float
    detail: str
    unit: str = "×"

    @property
    def holds(self) -> bool:
        return self.figure <= self.bar

    @property
    def shown(self) -> str:
        return f"{self.figure:.2f}{self.unit} (bar {self.bar:g}{self.unit}; {self.detail})"


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def paired(
    first: Callable[[], object],
    second: Callable[[], object],
    *,
    rounds: int,
    before: Callable[[], object] | None = None,
) -> tuple[float, float, float]:
    """Run both in turn. Returns the median of the per-round ratios first/second, and both medians in seconds.
    `before` runs untimed ahead of each `first`."""
    ones: list[float] = []
    others: list[float] = []
    for _ in range(rounds):
        if before:
            before()
        ones.append(seconds(first))
        others.append(seconds(second))
    ratios = [one / other for one, other in zip(ones, others, strict=True)]
    return statistics.median(ratios), statistics.median(ones), statistics.median(others)


def milliseconds(value: float) -> str:
    return f"{value * 1000:.2f} ms"
