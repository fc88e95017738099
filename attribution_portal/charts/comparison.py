"""A package's results under different settings, side by side: as a table, as a range over the models, and whether they
can be true together.

What EVENTS_FROM_PACKAGE counts is part of what EVENT_SERIES counts, and that part of ALL_PURCHASES (contract §8), for
the same days. A narrower model that has more than a wider one cannot be right, unless the wider one was read earlier,
while purchases still came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations, groupby
from typing import Final

from attribution_portal.charts import Cell, Column, Row, Table
from attribution_portal.formats import UNKNOWN, Reader, raw

# From the narrowest to the widest.
NESTED: Final = ("EVENTS_FROM_PACKAGE", "EVENT_SERIES", "ALL_PURCHASES")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The latest result under one model, window and e-mail date. `model_name` and `window_words` are for people.

    read_at: when the platform last answered it. is_complete: that was after the window had closed. is_sure: it belongs
    to these settings; else that is not known, and it says nothing about them.
    """

    id: str
    model: str | None
    model_name: str
    window: int | None
    window_words: str
    sent: date | None
    customers: int
    items: int
    revenue: Decimal
    read_at: datetime
    is_complete: bool
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Break:
    """Two results of which the narrower has more. `excused`: the wider one may have grown since it was read."""

    narrow: Result
    wide: Result
    measures: tuple[str, ...]
    excused: bool


def ordered(results: Sequence[Result]) -> tuple[Result, ...]:
    """The newest e-mail date first, then by window, the narrowest model first; others last."""
    return tuple(
        sorted(
            results,
            key=lambda each: (
                -each.sent.toordinal() if each.sent else 1,
                -1 if each.window is None else each.window,
                NESTED.index(each.model) if each.model in NESTED else len(NESTED),
                each.model_name,
            ),
        )
    )


def breaks(results: Sequence[Result]) -> tuple[Break, ...]:
    """Every pair of models, over the same days, of which the narrower has more of something."""
    found = []
    for group in _over_the_same_days(results):
        for narrow, wide in combinations(group, 2):
            measures = tuple(
                name
                for name in ("customers", "items", "revenue")
                if Decimal(getattr(narrow, name)) > Decimal(getattr(wide, name))
            )
            if measures:
                excused = not wide.is_complete and wide.read_at < narrow.read_at
                found.append(Break(narrow, wide, measures, excused))
    return tuple(found)


def break_words(found: Break, reader: Reader) -> str:
    words = {
        "customers": reader.gettext("customers"),
        "items": reader.gettext("items"),
        "revenue": reader.gettext("revenue"),
    }
    said = {
        "narrow": found.narrow.model_name,
        "wide": found.wide.model_name,
        "what": reader.listing([words[name] for name in found.measures]),
        "window": found.wide.window_words,
        "day": reader.day(found.wide.sent),
        "read": reader.instant(found.wide.read_at),
    }
    text = (
        reader.gettext("“%(narrow)s” has more %(what)s than “%(wide)s” over the same %(window)s from %(day)s.") % said
    )
    if found.excused:
        more = reader.gettext(
            "“%(wide)s” was last read on %(read)s, before its window closed: it may have grown since."
        )
    else:
        more = reader.gettext(
            "That cannot be: whatever the narrower model counts, the wider one counts as well. Ask the platform before "
            "you rely on either."
        )
    return f"{text} {more % said}"


def range_words(results: Sequence[Result], currency: str | None, reader: Reader) -> tuple[str, ...]:
    """For the same days under several models: from what to what, one sentence each."""
    lines = []
    for group in _over_the_same_days(results):
        if len(group) < 2:
            continue
        customers, revenues = [each.customers for each in group], [each.revenue for each in group]
        said = {
            "window": group[0].window_words,
            "day": reader.day(group[0].sent),
            "fewest": reader.count(min(customers)),
            "most": reader.count(max(customers)),
            "least": reader.money(min(revenues), currency, trim=True),
            "highest": reader.money(max(revenues), currency, trim=True),
            "models": reader.listing([each.model_name for each in group]),
        }
        lines.append(
            reader.gettext(
                "%(window)s from %(day)s: %(least)s to %(highest)s, %(fewest)s to %(most)s customers, by model "
                "(%(models)s)."
            )
            % said
        )
    return tuple(lines)


def table(results: Sequence[Result], currency: str | None, reader: Reader) -> Table:
    """One row a result; those that cannot be true together, and those that are not sure, say so."""
    misfits = {each.id for found in breaks(results) if not found.excused for each in (found.narrow, found.wide)}
    columns = (
        Column("model", reader.gettext("Model"), numeric=False),
        Column("window", reader.gettext("Window"), numeric=False),
        Column("customers", reader.gettext("Customers"), numeric=True),
        Column("items", reader.gettext("Items"), numeric=True),
        Column("revenue", reader.gettext("Revenue"), numeric=True),
        Column("read", reader.gettext("Last read"), numeric=False),
    )
    rows = tuple(_row(each, each.id in misfits, currency, reader) for each in ordered(results))
    return Table("comparison", columns, rows, None)


def _row(result: Result, misfit: bool, currency: str | None, reader: Reader) -> Row:
    notes = []
    if misfit:
        notes.append(reader.gettext("does not fit with another model"))
    if not result.is_sure:
        notes.append(reader.gettext("not known whether of these settings"))
    sent = reader.gettext("no e-mail date")
    if result.sent is not None:
        sent = reader.gettext("from %(day)s") % {"day": reader.day(result.sent, short=True)}
    return Row(
        result.id,
        (
            Cell(result.model_name, note="; ".join(notes)),
            Cell(result.window_words, note=sent),
            Cell(reader.count(result.customers), raw(result.customers)),
            Cell(reader.count(result.items), raw(result.items)),
            Cell(reader.money(result.revenue, currency), raw(result.revenue)),
            Cell(
                reader.instant(result.read_at) or UNKNOWN,
                note="" if result.is_complete else reader.gettext("before the window closed"),
            ),
        ),
    )


def _over_the_same_days(results: Sequence[Result]) -> Iterator[list[Result]]:
    """Results that can be held against each other, narrowest first: sure, of known models, with equal windows."""
    sure = [each for each in ordered(results) if each.is_sure and each.model in NESTED and each.sent and each.window]
    for _days, group in groupby(sure, key=lambda each: (each.sent, each.window)):
        yield list(group)
