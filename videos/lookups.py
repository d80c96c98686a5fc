"""How PostgreSQL is asked to join where its own choice would read whole tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SETTINGS = ("enable_hashjoin", "enable_mergejoin", "max_parallel_workers_per_gather")
BY_INDEX = "; ".join(f"SET LOCAL {name} TO 0" for name in SETTINGS)
AS_BEFORE = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in SETTINGS)


@contextmanager
def looking_up_by_index() -> Iterator[None]:
    """Have PostgreSQL look up each row it joins by an index, for the queries of this block.

    For queries that visit some thousand rows at most: PostgreSQL would read a whole table beside
    them, which costs more the larger the library is. A transaction with two small statements.
    SQLite knows no other way to join.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_INDEX)
        yield
        cursor.execute(AS_BEFORE)
