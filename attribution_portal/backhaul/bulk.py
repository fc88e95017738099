"""Many rows in one statement each. Django makes a model of each row and an expression of each value to do the same,
which for a chunk of readings costs more than reading them did.

New rows go through COPY, changes as one array for each column, all written as PostgreSQL reads it: instants, days,
keys and decimals as their own text, never a number that passed a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.db import connection

# Column by column, what PostgreSQL takes it for. Texts without their length, at which they would be cut without a word:
# the column itself refuses what is too long.
Columns = Mapping[str, str]
Row = Sequence[object]

# Kinds whose values may hold signs that mean something in an array.
_QUOTED: Final = frozenset({"text", "jsonb"})
# What means something to COPY.
_MARKS: Final = re.compile(r"[\\\t\n\r]")
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert(table: str, columns: Iterable[str], rows: Sequence[Row]) -> list[int]:
    """Store new rows with COPY; their keys, in the order of the rows. Rows that they refer to are stored already."""
    if not rows:
        return []
    names = ", ".join(map(_name, ("id", *columns)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(found.keys) "
            "FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS keys OFFSET 0) found, generate_series(1, %s)",
            [table, len(rows)],
        )
        keys = sorted(key for (key,) in cursor.fetchall())
        with cursor.copy(f"COPY {_name(table)} ({names}) FROM STDIN") as sink:
            sink.write("".join([_line(key, row) for key, row in zip(keys, rows, strict=True)]))
    return keys


def update(table: str, columns: Columns, rows: Sequence[Row], *, also: str = "") -> None:
    """Store these columns of rows whose key is the first of them. `also`: what is set for all of them, in SQL."""
    if not rows:
        return
    key, *others = map(_name, columns)
    moved = ", ".join([*(f"{name} = given.{name}" for name in others), *([also] if also else [])])
    sql = (
        f"UPDATE {_name(table)} AS kept SET {moved} FROM {_given(columns)} "  # noqa: S608 - names of our own
        f"WHERE kept.{key} = given.{key}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, _arrays(columns, rows))


def array(values: Iterable[object]) -> str:
    """An array of numbers, instants, days or tokens, as PostgreSQL reads it."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _given(columns: Columns) -> str:
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    return f"unnest({arrays}) WITH ORDINALITY AS given({', '.join(map(_name, columns))}, given_place)"


def _arrays(columns: Columns, rows: Sequence[Row]) -> list[str]:
    across = zip(*rows, strict=True)
    return [
        _quoted(values) if kind in _QUOTED else array(values)
        for kind, values in zip(columns.values(), across, strict=True)
    ]


def _quoted(values: Iterable[object]) -> str:
    texts = [
        "NULL" if value is None else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        for value in values
    ]
    return "{" + ",".join(texts) + "}"


def _line(key: int, row: Row) -> str:
    """As COPY reads it."""
    return f"{key}\t" + "\t".join([_field(value) for value in row]) + "\n"


def _field(value: object) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPED) if _MARKS.search(value) else value
    return "\\N" if value is None else str(value)


def _name(name: str) -> str:
    return connection.ops.quote_name(name)
