"""Packages and the hidden purchase ledger that their evaluations are computed from (contract §8).

Each purchase knows how near it is to the package: 0 = an event of the package, 1 = another event of the same series,
2 = anything else. A model admits purchases up to its reach, a window those from the e-mail day to so many days after
it, and only whole days before `as_of`, as a job that ran overnight would. So EVENTS_FROM_PACKAGE lies within
EVENT_SERIES, that within ALL_PURCHASES, and a longer window never holds less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Literal, Protocol

REACH = {"EVENTS_FROM_PACKAGE": 0, "EVENT_SERIES": 1, "ALL_PURCHASES": 2}
WINDOW_DAYS = range(1, 366)
# The ledger goes on past today, so that open windows fill as the sandbox's clock moves.
LEDGER_DAYS_AHEAD = 180


class SettingsLike(Protocol):
    """Anything with the three settings; the portal's own type fits as well."""

    @property
    def model(self) -> str | None: ...
    @property
    def window(self) -> int | None: ...
    @property
    def email_sent_date(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """Attribution settings: `window` in whole days after `email_sent_date`. None: not set."""

    model: str | None = None
    window: int | None = None
    email_sent_date: date | None = None

    @property
    def is_empty(self) -> bool:
        return self.model is None and self.window is None and self.email_sent_date is None

    def falling_back_on(self, defaults: Settings) -> Settings:
        return Settings(
            self.model or defaults.model,
            self.window or defaults.window,
            self.email_sent_date or defaults.email_sent_date,
        )


@dataclass(frozen=True, slots=True)
class Purchase:
    day: date
    person: int
    cluster: str
    reach: int
    event_id: str | None
    items: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Segment:
    """A cluster of a package. `size` is what the platform tells about the people in it; None: it does not tell."""

    tc: str
    label: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class ClusterTotals:
    """What a cluster bought; `revenue` is money in major units (the wire's `purchase`)."""

    customers: int
    items: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Package:
    """`own` are its settings at the start, None = never set. `evaluated`: the job has run for them at least once.

    `job_seconds`: how long a re-evaluation takes, None = the sandbox's delay. `pinned`: re-evaluations never change
    its results. `moves_twice`: half-way through a re-evaluation every other cluster has its new result already.
    `answers_empty`: no results are an empty `clusters` instead of 404. `unset_as`: how unset settings
    look. `tells_segments`: whether the package's page lists its clusters.
    """

    id: str
    story: str
    title: str
    status: str
    created_at: datetime
    events: tuple[tuple[str, str], ...]
    segments: tuple[Segment, ...]
    ledger: tuple[Purchase, ...]
    own: Settings | None
    evaluated: bool = True
    merge_id: str | None = None
    targeting_mode: str | None = "lookalike"
    job_seconds: float | None = None
    pinned: bool = False
    moves_twice: bool = False
    answers_empty: bool = False
    unset_as: Literal["missing", "empty", "nulls"] = "missing"
    tells_segments: bool = True
    numeric_id: bool = False
    answers_204: bool = False

    @property
    def has_results(self) -> bool:
        return self.status in {"DONE", "EXPIRED"}


def evaluate(package: Package, settings: SettingsLike, *, as_of: date) -> dict[str, ClusterTotals]:
    """Totals by cluster, every cluster of the package named, for purchases of whole days before `as_of`.

    Without a date the package's first day stands in as the anchor. Raises ValueError without model or window.
    """
    if settings.model is None or settings.window is None:
        raise ValueError("an evaluation needs a model and a window")
    reach = REACH[settings.model]
    first = settings.email_sent_date or package.created_at.date()
    last = first + timedelta(days=settings.window)
    people: dict[str, set[int]] = {segment.tc: set() for segment in package.segments}
    items = dict.fromkeys(people, 0)
    revenue = dict.fromkeys(people, Decimal(0))
    for purchase in package.ledger:
        if purchase.reach <= reach and first <= purchase.day <= last and purchase.day < as_of:
            people[purchase.cluster].add(purchase.person)
            items[purchase.cluster] += purchase.items
            revenue[purchase.cluster] += purchase.amount
    return {tc: ClusterTotals(len(people[tc]), items[tc], revenue[tc]) for tc in people}


def write_ledger(
    rng: Random,
    *,
    segments: Sequence[tuple[str, int]],
    package_events: Sequence[str],
    series_events: Sequence[str],
    sent: date,
    today: date,
    price: Decimal,
    quantum: Decimal,
) -> tuple[Purchase, ...]:
    """Purchases of the people in `segments` (cluster, buyers), from 45 days before the e-mail on.

    Most follow the e-mail within days, some come later, a few came before it: the halo that ALL_PURCHASES counts.
    """
    last = today + timedelta(days=LEDGER_DAYS_AHEAD)
    rows = []
    person = 0
    for tc, buyers in segments:
        for _buyer in range(buyers):
            person += 1
            for _purchase in range(rng.choices((1, 2, 3), weights=(72, 21, 7))[0]):
                early = rng.random() < 0.12
                lag = -rng.randint(1, 45) if early else round(rng.expovariate(1 / 9))
                day = sent + timedelta(days=lag)
                if day > last:
                    continue
                reach = rng.choices((0, 1, 2), weights=(58, 18, 24))[0]
                event_id: str | None = None
                if reach == 0:
                    event_id = rng.choice(package_events)
                elif reach == 1 and series_events:
                    event_id = rng.choice(series_events)
                count = rng.choices((1, 2, 3, 4), weights=(18, 56, 14, 12))[0]
                factor = Decimal(rng.randint(85, 130)) / 100
                amount = (price * count * factor).quantize(quantum, ROUND_HALF_UP)
                rows.append(Purchase(day, person, tc, reach, event_id, count, amount))
    return tuple(rows)
