"""Triggers by which the database keeps counts itself, on SQLite and PostgreSQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from django.db import connections

PRESENT = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
    "postgresql": (
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname LIKE %s AND pg_table_is_visible(pg_class.oid)"
    ),
}


@dataclass(frozen=True)
class Triggers:
    """The triggers of one kept count.

    `prefix`: what all their names begin with; `table`: where the count is kept; `functions`:
    PostgreSQL's, which may be made again at any time.
    """

    prefix: str
    table: str
    sqlite: Mapping[str, str]
    postgresql: Mapping[str, str]
    functions: Iterable[str] = ()

    def make_missing(self, using: str) -> None:
        """Make those that are missing, if there is the table for them."""
        database = connections[using]
        wanted = self.sqlite if database.vendor == "sqlite" else self.postgresql
        if self.table not in database.introspection.table_names():
            return  # migrated back to before there were counts
        present = self.present(using)
        with database.cursor() as cursor:
            if database.vendor == "postgresql":
                for function in self.functions:
                    cursor.execute(function)
            for name, statement in wanted.items():
                if name not in present:
                    cursor.execute(statement)

    def present(self, using: str) -> set[str]:
        """Return the names of those that there are. One query."""
        database = connections[using]
        with database.cursor() as cursor:
            cursor.execute(PRESENT[database.vendor], [f"{self.prefix}%"])
            return set(chain.from_iterable(cursor.fetchall()))

    def drop_from_sqlite(self, using: str) -> None:
        """Drop all of them. SQLite renames no table while a trigger names one that is away, as
        Django does when it makes a table anew.
        """
        database = connections[using]
        if database.vendor != "sqlite":
            return
        with database.cursor() as cursor:
            for name in self.present(using):
                cursor.execute(f"DROP TRIGGER {name}")
