"""`make bench`: what the portal claims about speed, each as a ratio of two things measured side by side in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import drawing, figures, footprint, pages
from bench.measure import Result
from bench.stack import running_stack


def main() -> int:
    results: list[Result] = []
    for figure in (figures.daily_figure, figures.three_years):
        results.append(figure())
        report(results[-1])
    with running_stack() as stack:
        measurements: tuple[Callable[..., Result], ...] = (
            pages.cold_event_page,
            pages.warm_event_page,
            drawing.first_visit_transfer,
            drawing.first_bars,
            footprint.start,
            footprint.memory,
        )
        for measurement in measurements:
            results.append(measurement(stack))
            report(results[-1])
    return 0 if all(result.holds for result in results) else 1


def report(result: Result) -> None:
    print(f"{'ok  ' if result.holds else 'OVER'} {result.name}: {result.shown}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
