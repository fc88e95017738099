"""`make bench`: what the portal claims about speed, each as a ratio of two things measured side by side in one run.

`python -m bench` measures everything. `python -m bench figures pages.warm` measures modules or single
measures by name, and starts the stack only when one of them needs it.

A module of measures is one line in MODULES. It has `ALONE`, measures that are called without arguments, or
`ON_STACK`, measures that are given the running `Stack`, or both; each returns one Result or several.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module

from bench.measure import Result
from bench.stack import Stack, running_stack

# In the order in which they run; the footprint is that of a stack that has worked.
MODULES = ("figures", "pages", "lists", "drawing", "vitals", "scale", "polling", "week", "footprint")


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    call: Callable[..., Result | Iterable[Result]]
    needs_stack: bool


def measures() -> Iterator[Measure]:
    for module in MODULES:
        found = import_module(f"bench.{module}")
        for kind in ("ALONE", "ON_STACK"):
            for call in getattr(found, kind, ()):
                yield Measure(f"{module}.{call.__name__}", call, needs_stack=kind == "ON_STACK")


def main(names: Sequence[str]) -> int:
    known = tuple(measures())
    chosen = [each for each in known if not names or {each.name, each.name.partition(".")[0]} & set(names)]
    if unknown := [name for name in names if not any(name in (m.name, m.name.partition(".")[0]) for m in known)]:
        print(f"No measure is called {', '.join(unknown)}. There are:", *(each.name for each in known), sep="\n  ")
        return 2
    results: list[Result] = []
    with ExitStack() as held:
        stack: Stack | None = None
        for each in chosen:
            if each.needs_stack and stack is None:
                stack = held.enter_context(running_stack())
            found = each.call(stack) if each.needs_stack else each.call()
            for result in (found,) if isinstance(found, Result) else found:
                results.append(result)
                print(f"{'ok  ' if result.holds else 'OVER'} {result.name}: {result.shown}", flush=True)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
