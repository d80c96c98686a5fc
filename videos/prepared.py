"""Statements for which Django writes the SQL once.

Django takes about a millisecond to write a query, and SQLite a tenth of one to answer it. A worker
asks some thirty for each video, and a page a dozen, so those that come with every video, with every
page and with every search are prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import DeleteQuery, UpdateQuery

from videos.chunks import chunks

Row = TypeVar("Row", bound=Model)
Updated = tuple[QuerySet[Any], Mapping[str, Any]]  # the rows, and what is written to them

Value = int | str | datetime

IDS_AT_ONCE = 20  # of a `PreparedForIds`
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
        self._marks: list[Any] = []
        for place, kind in enumerate(types):
            self._marks.append(MARKS[kind](place))
        self._sql = ""
        self._params: list[Any] = []
        self._compiled: Any = None

    def statement(self, *values: Value) -> tuple[str, list[Any]]:
        """Return the SQL and its parameters."""
        if not self._sql:
            self._write()
        given = dict(zip(self._marks, map(_adapted, values), strict=True))
        return self._sql, [given.get(param, param) for param in self._params]

    def _write(self) -> None:
        self._compiled = self._compiler(*self._marks)
        sql, params = self._compiled.as_sql()
        marks = list(map(_adapted, self._marks))
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


class _Answered:
    """A query that the database has answered with these rows: what Django's `ModelIterable` asks of
    a queryset and of its compiler.
    """

    db = DEFAULT_DB_ALIAS
    _known_related_objects: Mapping[Any, Any] = {}

    def __init__(self, compiled: Any, rows: list[tuple[Any, ...]]) -> None:
        self.select = compiled.select
        self.klass_info = compiled.klass_info
        self.annotation_col_map = compiled.annotation_col_map
        self.results_iter = compiled.results_iter
        self._rows = rows
        self.query = self

    def get_compiler(self, using: str) -> _Answered:
        return self

    def execute_sql(self, **options: Any) -> list[list[tuple[Any, ...]]]:
        return [self._rows]


class PreparedSelect(_Prepared):
    """`build` gets a value for each of the types and answers the query."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *types: type) -> None:
        def compiler(*values: Any) -> Any:
            return build(*values).query.get_compiler(connection=connection)

        super().__init__(compiler, types)

    def rows(self, *values: Value) -> list[tuple[Any, ...]]:
        """The rows as the database has them: a boolean may be 0 or 1."""
        with connection.cursor() as cursor:
            cursor.execute(*self.statement(*values))
            return list(cursor.fetchall())

    def objects(self, *values: Value) -> list[Any]:
        """Return objects with annotations and selected relations. Prefetches none."""
        rows = self.rows(*values)
        return list(ModelIterable(_Answered(self._compiled, rows)))  # type: ignore[arg-type]

    def first_of(self, model: type[Row], *values: Value) -> Row | None:
        """Return the first row, or None. The query must get every column."""
        sql, params = self.statement(*values)
        return next(iter(model._default_manager.raw(sql, params)), None)


class PreparedForIds:
    """A query of the rows of some ids. `build` gets a list of them, then a value for each of the
    types.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *types: type) -> None:
        def built(*values: Any) -> QuerySet[Any, Any]:
            return build(values[:IDS_AT_ONCE], *values[IDS_AT_ONCE:])

        self._select = PreparedSelect(built, *[int] * IDS_AT_ONCE, *types)

    def rows(self, ids: Sequence[int], *values: Value) -> list[tuple[Any, ...]]:
        """A query for each 20 ids, each ordered."""
        found: list[tuple[Any, ...]] = []
        for some in _filled_up(ids):
            found += self._select.rows(*some, *values)
        return found

    def objects(self, ids: Sequence[int], *values: Value) -> list[Any]:
        """The same as `PreparedSelect.objects`."""
        found: list[Any] = []
        for some in _filled_up(ids):
            found += self._select.objects(*some, *values)
        return found


def _filled_up(ids: Sequence[int]) -> Iterator[list[int]]:
    """Yield pieces as long as the statement takes, the last one filled with its last id."""
    for some in chunks(ids, IDS_AT_ONCE):
        yield [*some, *[some[-1]] * (IDS_AT_ONCE - len(some))]


class _PreparedWrite(_Prepared):
    def run(self, *values: Value) -> int:
        """Answers how many rows were touched."""
        with connection.cursor() as cursor:
            cursor.execute(*self.statement(*values))
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
