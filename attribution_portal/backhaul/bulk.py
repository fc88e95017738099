"""Many rows in one statement each. Django builds an expression per value to do the same, which for a chunk of readings
costs more than reading them did.

The rows travel as one JSON text, which Python writes and PostgreSQL takes apart without a detour over each value.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def insert(rows: Sequence[models.Model]) -> None:
    """Store new rows of one model, which get their keys. Rows that they refer to are stored already."""
    if not rows:
        return
    for row in rows:
        # The keys of rows that were stored after they were named here.
        row._prepare_related_fields_for_save(operation_name="insert")  # type: ignore[attr-defined]
    fields: list[Any] = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    names = ", ".join(_quoted(field.column) for field in fields)
    sql = (
        f"INSERT INTO {_quoted(rows[0]._meta.db_table)} ({names}) "  # noqa: S608 - names of our own
        f'SELECT {names} FROM json_to_recordset(%s) AS given({_typed(fields)}, "place" integer) '
        f'ORDER BY "place" RETURNING {_quoted(_key(rows[0]).column)}'
    )
    given = [{**_plain(row, fields), "place": place} for place, row in enumerate(rows)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [_json(given)])
        keys = cursor.fetchall()
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Store these fields of rows of one model."""
    if not rows:
        return
    key = _key(rows[0])
    fields: list[Any] = [rows[0]._meta.get_field(name) for name in names]
    columns = ", ".join(f"{_quoted(field.column)} = given.{_quoted(field.column)}" for field in fields)
    sql = (
        f"UPDATE {_quoted(rows[0]._meta.db_table)} AS kept SET {columns} "  # noqa: S608 - names of our own
        f"FROM json_to_recordset(%s) AS given({_typed([key, *fields])}) "
        f"WHERE kept.{_quoted(key.column)} = given.{_quoted(key.column)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_json([_plain(row, [key, *fields]) for row in rows])])


def _key(row: models.Model) -> Any:
    return row._meta.pk


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _typed(fields: Sequence[Any]) -> str:
    """Texts without their length, at which they would be cut without a word; the column itself refuses what is too
    long."""
    types = (str(field.db_type(connection)) for field in fields)
    return ", ".join(
        f"{_quoted(field.column)} {'text' if kind.startswith('varchar') else kind}"
        for field, kind in zip(fields, types, strict=True)
    )


def _plain(row: models.Model, fields: Sequence[Any]) -> dict[str, object]:
    return {field.column: getattr(row, field.attname) for field in fields}


def _json(rows: list[dict[str, object]]) -> str:
    """Instants, days, keys and decimals as PostgreSQL reads them; never a number that passed a float."""
    return json.dumps(rows, default=str)
