"""Many rows in one statement each. Django builds an expression per value to do the same, which for a chunk of readings
costs more than reading them did."""

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
        f"SELECT {names} FROM unnest({_arrays(fields)}) WITH ORDINALITY AS given({names}, place) "
        "ORDER BY place RETURNING "
        f"{_quoted(_key(rows[0]).column)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_column(rows, field) for field in fields])
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
    columns = [_quoted(field.column) for field in fields]
    given = ", ".join([_quoted(key.column), *columns])
    sql = (
        f"UPDATE {_quoted(rows[0]._meta.db_table)} AS kept "  # noqa: S608 - names of our own
        f"SET {', '.join(f'{column} = given.{column}' for column in columns)} "
        f"FROM unnest({_arrays([key, *fields])}) AS given({given}) "
        f"WHERE kept.{_quoted(key.column)} = given.{_quoted(key.column)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_column(rows, field) for field in (key, *fields)])


def _key(row: models.Model) -> Any:
    return row._meta.pk


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _arrays(fields: Sequence[Any]) -> str:
    return ", ".join(f"%s::{_type(field)}[]" for field in fields)


def _type(field: Any) -> str:
    """Without a length, which a cast would cut at without a word; the column itself refuses what is too long."""
    name = str(field.db_type(connection)).partition("(")[0]
    return "text" if name == "varchar" else name


def _column(rows: Sequence[models.Model], field: Any) -> list[object]:
    if isinstance(field, models.JSONField):
        return [json.dumps(getattr(row, field.attname)) for row in rows]
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows]
