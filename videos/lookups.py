"""How PostgreSQL is asked to join where its own choice would read whole tables."""

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def _without(settings: tuple[str, ...]) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} TO 0" for name in settings))
        yield
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in settings))
