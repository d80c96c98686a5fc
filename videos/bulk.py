"""Inserting many plain rows.

`bulk_create` spends nine tenths of its time on objects and expressions that such rows do not need.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, models
from django.utils import timezone

Plain = int | str | bool | datetime | None


def insert_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Plain]],
    *,
    same: Mapping[str, Any] | None = None,
    ignore_conflicts: bool = False,
) -> None:
    """Insert rows of plain values for these fields (named by attribute, as `video_id`); the others
    are `same` in all, or their default.

    One statement for all rows. Signals are not sent, and only the database's constraints validate
    anything. `ignore_conflicts` passes over a row that a unique constraint refuses. Call it in a
    transaction.
    """
    fields = _fields_of(model)
    given = []
    for name in columns:
        given.append(fields.pop(name))
    rest = list(fields.values())
    into = _insert_into(model, [*given, *rest])
    constants = [_constant(field, same or {}) for field in rest]
    values = list(_with_moments(given, rows))
    tail = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    if connection.vendor == "postgresql":
        _insert_arrays(into, given, constants, values, tail)
    else:
        _insert_repeatedly(into, given, constants, values, tail)


def _fields_of(model: type[models.Model]) -> dict[str, Any]:
    """Return the fields by attribute, without the primary key."""
    fields = {}
    for field in model._meta.concrete_fields:
        if not field.primary_key:
            fields[field.attname] = field
    return fields


def _insert_into(model: type[models.Model], fields: Sequence[Any]) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({names})"


def _with_moments(
    given: Sequence[Any], rows: Iterable[Sequence[Plain]]
) -> Iterator[Sequence[Plain]]:
    """Moments as the database keeps them. Many rows share one, so each is converted once."""
    adapt = cache(connection.ops.adapt_datetimefield_value)
    columns = _columns_of_moments(given)
    if not columns:
        yield from rows
        return
    for row in rows:
        values = list(row)
        for column in columns:
            values[column] = adapt(values[column])
        yield values


def _columns_of_moments(fields: Iterable[Any]) -> list[int]:
    columns = []
    for column, field in enumerate(fields):
        if isinstance(field, models.DateTimeField):
            columns.append(column)
    return columns


def _insert_repeatedly(
    into: str,
    given: Sequence[Any],
    constants: Sequence[Any],
    rows: Sequence[Sequence[Plain]],
    tail: str,
) -> None:
    """SQLite: a prepared statement, run for each row."""
    marks = ", ".join(["%s"] * (len(given) + len(constants)))
    with connection.cursor() as cursor:
        cursor.executemany(f"{into} VALUES ({marks}){tail}", [(*row, *constants) for row in rows])


def _insert_arrays(
    into: str,
    given: Sequence[Any],
    constants: Sequence[Any],
    rows: Sequence[Sequence[Plain]],
    tail: str,
) -> None:
    """PostgreSQL: one array per column, so ten thousand rows are one round trip."""
    columns = zip(*rows, strict=True) if rows else [()] * len(given)
    values = [f"unnest(%s::{field.db_type(connection)}[])" for field in given]
    values += ["%s"] * len(constants)
    statement = f"{into} SELECT {', '.join(values)}{tail}"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*map(list, columns), *constants])


def _constant(field: Any, same: Mapping[str, Any]) -> Any:
    """What the field's column holds in every row."""
    value = same[field.attname] if field.attname in same else _default_of(field)
    return field.get_db_prep_save(value, connection)


def _default_of(field: Any) -> Any:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return timezone.now()
    return field.get_default()
