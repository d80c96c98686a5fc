"""Statements for which Django writes the SQL once.

Django takes about a millisecond to write a query, and SQLite a tenth of one to answer it. A worker
asks some thirty for each video, so those that come with every video are prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql import DeleteQuery, UpdateQuery

Row = TypeVar("Row", bound=Model)
Updated = tuple[QuerySet[Any], Mapping[str, Any]]  # the rows, and what is written to them

Value = int | str | datetime

FIRST_NUMBER = 2_100_000_000  # fits into 32 bits
FIRST_MOMENT = datetime(3000, 1, 1, tzinfo=UTC)
# What stands in the query for a value of each type that is given later.
MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda place: FIRST_NUMBER + place,
    str: lambda place: f"<value {place}>",
    datetime: lambda place: FIRST_MOMENT + timedelta(days=place),
}


class _Prepared:
    """A statement with places for values of these types: `int`, `str` or `datetime`.

    `compiler` gets a value for each of them and answers Django's compiler of the statement.
    """

    def __init__(self, compiler: Callable[..., Any], types: tuple[type, ...]) -> None:
        self._compiler = compiler
        self._marks = [MARKS[kind](place) for place, kind in enumerate(types)]
        self._sql = ""
        self._params: list[Any] = []

    def _statement(self, values: tuple[Value, ...]) -> tuple[str, list[Any]]:
        """Answers the SQL and its parameters with these values."""
        if not self._sql:
            self._write()
        given = dict(zip(self._marks, map(_adapted, values), strict=True))
        return self._sql, [given.get(param, param) for param in self._params]

    def _write(self) -> None:
        sql, params = self._compiler(*self._marks).as_sql()
        marks = [_adapted(mark) for mark in self._marks]
        missing = [mark for mark in marks if mark not in params]
        if missing:
            raise ValueError(f"the statement has no place for {missing}")
        self._marks = marks
        self._params = list(params)
        self._sql = sql  # last, since another thread looks for it


def _adapted(value: Value) -> Any:
    """The value as it stands among the parameters of a statement."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


class PreparedSelect(_Prepared):
    """`build` gets a value for each of the types and answers the query."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *types: type) -> None:
        def compiler(*values: Any) -> Any:
            return build(*values).query.get_compiler(connection=connection)

        super().__init__(compiler, types)

    def rows(self, *values: Value) -> list[tuple[Any, ...]]:
        """The rows as the database has them: a boolean may be 0 or 1."""
        with connection.cursor() as cursor:
            cursor.execute(*self._statement(values))
            return list(cursor.fetchall())

    def first_of(self, model: type[Row], *values: Value) -> Row | None:
        """The first row as an object of this model, of which the query gets every column."""
        sql, params = self._statement(values)
        return next(iter(model._default_manager.raw(sql, params)), None)


class _PreparedWrite(_Prepared):
    def run(self, *values: Value) -> int:
        """Answers how many rows were touched."""
        with connection.cursor() as cursor:
            cursor.execute(*self._statement(values))
            return int(cursor.rowcount)


class PreparedUpdate(_PreparedWrite):
    """`build` gets a value for each of the types and answers the rows and their new values."""

    def __init__(self, build: Callable[..., Updated], *types: type) -> None:
        def compiler(*values: Any) -> Any:
            queryset, fields = build(*values)
            query: Any = queryset.query.chain(UpdateQuery)
            query.add_update_values(fields)
            return query.get_compiler(connection=connection)

        super().__init__(compiler, types)


class PreparedDelete(_PreparedWrite):
    """`build` gets a value for each of the types and answers the rows, to which no others belong.

    Sends no signals.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]], *types: type) -> None:
        def compiler(*values: Any) -> Any:
            return build(*values).query.chain(DeleteQuery).get_compiler(connection=connection)

        super().__init__(compiler, types)
