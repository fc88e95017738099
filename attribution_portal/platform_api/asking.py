"""The answers that a page is made of: what is kept is looked up in one round trip, the rest is read together.

`ask` returns as soon as the calls are in the air, so that the page can ask Postgres meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from attribution_portal.platform_api import entries, store
from attribution_portal.platform_api.calls import Question
from attribution_portal.platform_api.entries import State
from attribution_portal.platform_api.errors import PlatformError
from attribution_portal.platform_api.gather import Begun, begin
from attribution_portal.platform_api.payloads import Reading
from attribution_portal.platform_api.transport import Caller

Answer = Reading[Any] | PlatformError


@dataclass(frozen=True, slots=True)
class Asked:
    """`known` was kept; `begun` is being read."""

    known: Mapping[str, Answer]
    begun: Begun[Reading[Any]]

    def answers(self) -> dict[str, Answer]:
        """One for each question, by its name; waits for what is still being read, up to the caller's deadline."""
        return {**self.known, **self.begun.outcomes()}


def ask(caller: Caller, **questions: Question[Any]) -> Asked:
    """Ask the named questions together. Raises no PlatformError; not to be called by what is gathered in its turn."""
    known: dict[str, Answer] = {}
    calls: dict[str, Callable[[], Reading[Any]]] = {}
    for (name, question), state in zip(questions.items(), _looked_up(caller, questions), strict=True):
        if state is None:
            calls[name] = partial(question.read, caller)
            continue
        try:
            kept = question.at_once(state, caller)
        except PlatformError as no:
            known[name] = no
        else:
            if kept is None:
                calls[name] = partial(question.read_on, caller)
            else:
                known[name] = kept
    return Asked(known, begin(deadline=caller.deadline, **calls))


def _looked_up(caller: Caller, questions: Mapping[str, Question[Any]]) -> list[State | None]:
    """What is known of each; nothing, where kept answers will not do, all that is kept will, or Redis is away."""
    if not caller.takes_kept or caller.only_kept:
        return [None] * len(questions)
    keys = [(each.key(caller.partner_id), each.call.endpoint.name) for each in questions.values()]
    try:
        return [*entries.load_all(keys)]
    except store.StoreDown:
        return [None] * len(questions)
