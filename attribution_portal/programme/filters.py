"""Which events a reader wants to see. It is the list's query string, and nothing else keeps it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

# The campaign states of the contract (§5). The enum is open: events in other states are listed, but not picked out.
STATUSES: Final = ("RUNNING", "OPEN", "CLOSED", "IGNORED")


@dataclass(frozen=True, slots=True)
class Filters:
    """Nothing set lists every event but the archived ones.

    start, end: first and last day of the show. statuses: campaign states, any of which will do; so with cities.
    """

    q: str = ""
    start: date | None = None
    end: date | None = None
    cities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    with_campaigns: bool = False
    archived: bool = False

    @property
    def are_set(self) -> bool:
        return self != Filters()

    @property
    def are_further(self) -> bool:
        """Whether one of those is set that stand behind "More filters"."""
        return bool(self.cities or self.statuses or self.with_campaigns or self.archived)

    def parameters(self, *, page: int = 1) -> list[tuple[str, str]]:
        """The query parameters that bring these filters back; what is the default is left out."""
        found: list[tuple[str, str]] = []
        if self.q:
            found.append(("q", self.q))
        if self.start is not None:
            found.append(("from", self.start.isoformat()))
        if self.end is not None:
            found.append(("to", self.end.isoformat()))
        found += [("city", city) for city in self.cities]
        found += [("status", status) for status in self.statuses]
        if self.with_campaigns:
            found.append(("campaigns", "1"))
        if self.archived:
            found.append(("archived", "1"))
        if page > 1:
            found.append(("page", str(page)))
        return found

    def address(self, path: str, *, page: int = 1) -> str:
        """`path`, the list's own, with these filters."""
        parameters = self.parameters(page=page)
        return f"{path}?{urlencode(parameters)}" if parameters else path


@dataclass(frozen=True, slots=True)
class Choice:
    """A box that can be ticked."""

    value: str
    label: str
    chosen: bool
