"""How PostgreSQL is asked to use indexes where its own choice would read whole tables."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

# The last two: a table without statistics seems small enough to be read once for each row.
JOINS = (
    "enable_hashjoin",
    "enable_mergejoin",
    "max_parallel_workers_per_gather",
    "enable_seqscan",
    "enable_material",
)
ORDER = (*JOINS, "enable_sort", "enable_incremental_sort", "jit")
SCANS = ("enable_seqscan", "jit")
SCANS_AND_JOINS = (*SCANS, "enable_hashjoin", "enable_mergejoin")


@contextmanager
def looking_up_by_index() -> Iterator[None]:
    """Have PostgreSQL look up each row it joins by an index, for the queries of this block.

    For queries that visit some thousand rows at most: PostgreSQL would read a whole table beside
    them, which costs more the larger the library is. A transaction with two small statements.
    SQLite knows no other way to join.
    """
    with _without(JOINS):
        yield


@contextmanager
def in_order_of_index() -> Iterator[None]:
    """Have PostgreSQL walk an index that has the order asked for, and look up what it joins.

    For the first few rows of a list, where what they are narrowed by has no index: it would read
    all videos there are for those that match, and sort them.
    """
    with _without(ORDER):
        yield


def rows_by_index(
    sql: str, params: Sequence[Any], *, without: Sequence[str] = SCANS
) -> list[tuple[Any, ...]]:
    """The rows of one statement, for which PostgreSQL reads no table from end to end, and with
    `SCANS_AND_JOINS` no index either.

    The settings go with it in the same message, so they cost no way to the server and back.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(sql, params)
            return list(cursor.fetchall())
        cursor.execute(f"{_set(without, '0')}; {sql}; {_set(without, 'DEFAULT')}", params)
        for _setting in without:
            cursor.nextset()
        return list(cursor.fetchall())


@contextmanager
def _without(settings: tuple[str, ...]) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_set(settings, "0"))
        yield
        cursor.execute(_set(settings, "DEFAULT"))


def _set(settings: Sequence[str], value: str) -> str:
    statements = []
    for name in settings:
        statements.append(f"SET LOCAL {name} TO {value}")
    return "; ".join(statements)
