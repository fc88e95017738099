"""Packages by the thousand: what a list of them asks for, as conditions on their summaries.

A partner's own list and the account managers' board go by the same rows, states and reasons. What depends on the
moment (how long somebody has waited) or on the partner (parked) is worked out here, in SQL, as `state.of` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import add
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

from attribution_portal.backhaul import bulk
from attribution_portal.backhaul.models import MODELS, PartnerPoll, Summary, Tally
from attribution_portal.backhaul.sign_off.reviews import Kind
from attribution_portal.backhaul.state import OVER, PATIENCE, State

PER_PAGE: Final = 50
# The platform computes overnight: who has waited longer than a day has waited too long.
LONG: Final = timedelta(hours=24)
OFTEN: Final = 3
# Beside the names of models in a filter: none at all, and any that the portal does not know.
NO_MODEL: Final = "none"
OTHER_MODEL: Final = "other"
NEW: Final = timedelta(hours=24)


class Reason(StrEnum):
    """Why somebody should look at a package, the most urgent first."""

    FAILING = "failing"
    WAITING = "waiting"
    CHANGED = "changed"
    UNSIGNED = "unsigned"
    LATE = "late"
    OFTEN = "often"
    DEVIATES = "deviates"


NO_REASON: Final = len(Reason)
WAITING_RANK: Final = tuple(Reason).index(Reason.WAITING)
# As `Summary.why` keeps them.
BITS: Final = {reason: 1 << place for place, reason in enumerate(Reason)}
# What a reader may sort by; "-" before it turns it round. Money is sorted within its currency, never across.
SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "attention": ("place", "since"),
    "package": ("lower_title",),
    "partner": ("partner__name", "lower_title"),
    "created": ("created_at",),
    "window": ("window_end",),
    "customers": ("customers",),
    "items": ("items",),
    "revenue": ("partner__currency", "revenue"),
    "changed": ("moved_at",),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Nothing set lists everything. `event`: a platform id. `partners`: platform ids. Within one, any will do."""

    q: str = ""
    states: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    event: str = ""
    sort: str = ""

    @property
    def are_set(self) -> bool:
        return replace(self, sort="") != Filters()

    @property
    def are_further(self) -> bool:
        return bool(self.statuses or self.models or self.signed or self.event or self.partners)

    def parameters(self, *, page: int = 1) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for each in fields(self):
            value, name = getattr(self, each.name), PARAMETERS.get(each.name, each.name)
            found += [(name, one) for one in ((value,) if isinstance(value, str) else value) if one]
        if page > 1:
            found.append(("page", str(page)))
        return found

    def address(self, path: str, *, page: int = 1) -> str:
        parameters = self.parameters(page=page)
        return f"{path}?{urlencode(parameters)}" if parameters else path


# Fields whose query parameter has another name: a plural makes a poor one.
PARAMETERS: Final[Mapping[str, str]] = {
    "states": "state",
    "statuses": "status",
    "models": "model",
    "partners": "partner",
}


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one currency, over all that match. A package that was merged into another is counted, and not summed up: the
    other one's results have its people. `customers` at most."""

    currency: str
    packages: int
    with_results: int
    merged: int
    customers: int
    items: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """`total`: how many match. `reasons`: how many there are for each reason, whichever of them is chosen."""

    total: int
    sums: tuple[Sums, ...]
    reasons: Mapping[Reason, int] = field(default_factory=dict)


class _Among(Func):
    template = "%(expressions)s::bigint[])"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def among(partners: Iterable[int]) -> _Among:
    """The condition that a row's partner is one of these, who travel as one value: an expression for each of 300, in
    each of a page's queries, costs more than what is found."""
    return _Among(F("partner_id"), Value(bulk.array(partners)))


def parked_of(partners: Iterable[int]) -> list[int]:
    """Which of these partners are parked, and fail all their packages: few, if any."""
    polls = PartnerPoll.objects.filter(among(partners), parked_until__isnull=False, failing_since__isnull=False)
    return list(polls.values_list("pk", flat=True))


def of_partners(partners: Iterable[int], now: datetime, *, parked: Sequence[int]) -> QuerySet[Summary]:
    """The summaries of these partners' packages, each with whether its partner is `parked` and with its `state` at
    `now`."""
    is_parked = ExpressionWrapper(Q(partner__in=parked), output_field=BooleanField()) if parked else Value(False)
    return Summary.objects.filter(among(partners)).annotate(parked=is_parked).annotate(state=_state(now))


def first_by_attention(partners: Iterable[int], now: datetime, *, most: int) -> list[int]:
    """Keys of the first packages in the order of attention, where no partner is parked and nothing is filtered: by two
    indices, each read no further than the page. Who waits is taken out of the order that does not know the time."""
    waiting = Q(waits_since__lt=now - LONG)
    rows = Summary.objects.filter(among(partners))
    late = rows.filter(waiting).order_by("since", "pk").values_list("rank", "since", "pk")[:most]
    others = Q(waits_since__isnull=True) | Q(waits_since__gte=now - LONG)
    rest = rows.filter(others).order_by("rank", "since", "pk").values_list("rank", "since", "pk")[:most]
    found = sorted([*((WAITING_RANK, *key[1:]) for key in late), *rest])
    return [key for _rank, _since, key in found[:most]]


def matching(rows: QuerySet[Summary], filters: Filters, now: datetime, *, why: bool = True) -> QuerySet[Summary]:
    """`why`: whether the chosen reasons count."""
    for word in filters.q.lower().split():
        rows = rows.filter(search__contains=word)
    if filters.states:
        rows = rows.filter(Q(state__in=filters.states))
    if filters.statuses:
        rows = rows.filter(status__in=filters.statuses)
    if filters.models:
        rows = rows.filter(_any_model(filters.models))
    if filters.signed:
        rows = rows.filter(signed__in=filters.signed)
    if filters.partners:
        rows = rows.filter(partner__partner_id__in=filters.partners)
    if filters.event:
        rows = rows.filter(package__events__contains=[{"id": filters.event}])
    return rows.filter(_chosen(filters, now)) if why and filters.why else rows


def _any_model(chosen: Collection[str]) -> Q:
    found = Q(model__in=["" if model == NO_MODEL else model for model in chosen])
    return found | ~Q(model__in=("", *MODELS)) if OTHER_MODEL in chosen else found


def figures(
    rows: QuerySet[Summary],
    filters: Filters,
    now: datetime,
    *,
    partners: Collection[int],
    parked: Sequence[int],
    with_reasons: bool,
) -> Figures:
    """In one query, which passes over what matches once and asks each row for each reason once: rows are counted by
    the set of their reasons. Without filters it is added up from what is kept for each partner."""
    if not filters.are_set and not parked:
        return _tallied(partners, now, with_reasons=with_reasons)
    sets = matching(rows, filters, now, why=False).annotate(held=_held(now, parked=parked))
    grouped = (
        sets.order_by()
        .values("partner__currency", "held", "merged", "has_results")
        .annotate(n=Count("pk"), sum_customers=Sum("customers"), sum_items=Sum("items"), sum_revenue=Sum("revenue"))
    )
    found = cast("list[dict[str, Any]]", list(grouped))
    chosen = sum(bit for reason, bit in BITS.items() if reason.value in filters.why)
    by_currency: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        if not chosen or row["held"] & chosen:
            merged, results = row["n"] * row["merged"], row["n"] * row["has_results"]
            # What was merged into another is not summed up.
            sums = {name: 0 if row["merged"] else row[name] for name in ("sum_customers", "sum_items", "sum_revenue")}
            mine = {**sums, "n": row["n"], "n_results": results, "n_merged": merged}
            by_currency.setdefault(row["partner__currency"], []).append(mine)
    summed = tuple(_summed(currency, mine) for currency, mine in sorted(by_currency.items()))
    reasons = {reason: sum(row["n"] for row in found if row["held"] & bit) for reason, bit in BITS.items()}
    return Figures(sum(each.packages for each in summed), summed, reasons if with_reasons else {})


def _held(now: datetime, *, parked: Sequence[int]) -> Combinable:
    """The reasons that a row has, as bits: those kept with it and what the moment adds, or where partners are parked,
    which fail with all their packages and are waited for by nobody, each looked for."""
    sought = Reason if parked else (Reason.WAITING,)
    found = [Case(When(condition(each, now), then=Value(BITS[each])), default=Value(0)) for each in sought]
    return reduce(add, found) if parked else F("why") + found[0]


def _tallied(partners: Collection[int], now: datetime, *, with_reasons: bool) -> Figures:
    kept = [reason for reason in Reason if reason is not Reason.WAITING]
    tallies = Tally.objects.filter(among(partners), packages__gt=0).values("partner__currency")
    by_currency = tallies.order_by("partner__currency").annotate(
        n=Sum("packages"),
        n_results=Sum("with_results"),
        n_merged=Sum("merged"),
        sum_customers=Sum("customers"),
        sum_items=Sum("items"),
        sum_revenue=Sum("revenue"),
        **{f"n_{reason.value}": Sum(f"why_{reason.value}") for reason in kept},
    )
    found = cast("list[dict[str, Any]]", list(by_currency))
    reasons: dict[Reason, int] = {}
    if with_reasons:
        waiting = Summary.objects.filter(among(partners), waits_since__lt=now - LONG).count()
        counted = {reason: sum(row[f"n_{reason.value}"] for row in found) for reason in kept}
        reasons = {reason: waiting if reason is Reason.WAITING else counted[reason] for reason in Reason}
    sums = tuple(_summed(row["partner__currency"], [row]) for row in found)
    return Figures(sum(each.packages for each in sums), sums, reasons)


def _summed(currency: str, rows: Sequence[dict[str, Any]]) -> Sums:
    def total(name: str) -> int:
        return sum(int(row[name] or 0) for row in rows)

    return Sums(
        currency=currency,
        packages=total("n"),
        with_results=total("n_results"),
        merged=total("n_merged"),
        customers=total("sum_customers"),
        items=total("sum_items"),
        revenue=sum((row["sum_revenue"] or Decimal(0) for row in rows), Decimal(0)),
    )


def ordered(rows: QuerySet[Summary], filters: Filters, now: datetime, *, default: str) -> QuerySet[Summary]:
    """What is not known comes last, whichever way round."""
    asked = filters.sort or default
    name, turned = asked.removeprefix("-"), asked.startswith("-")
    rows = rows.annotate(lower_title=Lower("title"))
    if name == "attention":
        rows = rows.annotate(place=_place(now))
    order = [
        # Currencies stay together in one order, whichever way their amounts run.
        F(key).desc(nulls_last=True) if turned and key != "partner__currency" else F(key).asc(nulls_last=True)
        for key in SORTS[name]
    ]
    if name == "created":
        return rows.order_by("vanished", *order, "pk")
    return rows.order_by(*order, "pk")


def condition(reason: Reason, now: datetime) -> Q:
    """The packages for which this is a reason, by plain columns and `parked` alone: it is asked of every row. Those
    that were merged into another, or are gone, need nobody; what a manager has signed off is settled until it
    changes."""
    there = Q(merged=False, vanished=False)
    unsettled = there & ~Q(signed=Kind.SIGNED.value)
    over = Q(status__in=OVER)
    failing = Q(failing_since__isnull=False) | Q(parked=True)
    if reason is Reason.FAILING:
        return there & failing & ~over
    if reason is Reason.WAITING:
        return Q(waits_since__lt=now - LONG, parked=False)
    if reason is Reason.CHANGED:
        return there & Q(signed=Kind.UNSIGNED_BY_CHANGE.value)
    if reason is Reason.UNSIGNED:
        return there & Q(signed=Kind.UNSIGNED.value, is_final=True, has_results=True, pending=False)
    if reason is Reason.LATE:
        return unsettled & Q(late_changes__gt=0)
    if reason is Reason.OFTEN:
        return unsettled & Q(changes__gte=OFTEN)
    return unsettled & Q(deviates=True) & ~over


def _chosen(filters: Filters, now: datetime) -> Q:
    if not filters.why:
        return Q(package__isnull=False)
    reasons = [Reason(reason) for reason in filters.why]
    # What depends on the moment, or on whether the partner is parked, is looked for; the others are kept.
    kept = sum(BITS[reason] for reason in reasons if reason not in (Reason.FAILING, Reason.WAITING))
    found = Q(Func(F("why").bitand(kept), template="%(expressions)s <> 0", output_field=BooleanField()))
    for reason in (Reason.FAILING, Reason.WAITING):
        if reason in reasons:
            found |= condition(reason, now)
    return found


def _place(now: datetime) -> Case:
    """The rank that is kept, but for what depends on the moment."""
    return Case(
        When(condition(Reason.FAILING, now), then=Value(0)),
        When(condition(Reason.WAITING, now), then=Value(WAITING_RANK)),
        default=F("rank"),
        output_field=IntegerField(),
    )


def _state(now: datetime) -> Case:
    """As `state.of`, for which a test holds it against every combination of facts."""
    return Case(
        When(Q(vanished=True) | Q(status__in=OVER), then=Value(State.ENDED.value)),
        When(Q(failing_since__isnull=False) | Q(parked=True), then=Value(State.FAILING.value)),
        When(has_results=False, then=Value(State.NONE.value)),
        When(pending=True, settings_at__gt=now - PATIENCE, then=Value(State.WAITING.value)),
        When(pending=True, settings_at__isnull=False, then=Value(State.UNCHANGED.value)),
        When(window_end=None, then=Value(State.CURRENT.value)),
        When(is_final=True, then=Value(State.FINAL.value)),
        default=Value(State.PROVISIONAL.value),
        output_field=TextField(),
    )
