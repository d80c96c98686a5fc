"""PostgreSQL's part of a backup: what COPY says of each table, as of one moment."""

import shutil
import zipfile
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from config.backups.archive import BackupError, Manifest

PART = 2**20  # bytes
PATIENCE = 10  # seconds to wait for whoever uses a table
COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'
ORDER BY ordinal_position
"""
SEQUENCES = """
SELECT column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s
    AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""


def our_tables() -> list[str]:
    """Return the tables of the installed apps; others may stand in the same database."""
    beginnings = beginnings_of_names()
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return sorted(name for name in names if name.startswith(beginnings))


def beginnings_of_names() -> tuple[str, ...]:
    """Return how our tables' names begin: some have no model, only a migration."""
    beginnings = ["django_"]
    for app in apps.get_app_configs():
        beginnings.append(f"{app.label}_")
    return tuple(beginnings)


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table])
        return [name for (name,) in cursor.fetchall()]


def save(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    """Write every table into the archive, and return their columns.

    Call it in a REPEATABLE READ transaction: all tables are then seen as of its first query.
    """
    tables = {}
    for table in our_tables():
        tables[table] = columns_of(table)
    for table, columns in tables.items():
        save_table(archive, table, columns)
    return tables


def save_table(archive: zipfile.ZipFile, table: str, columns: list[str]) -> None:
    with (
        archive.open(member(table), "w", force_zip64=True) as stream,
        driver().cursor() as cursor,
        cursor.copy(copy("TO STDOUT", table, columns)) as parts,
    ):
        for part in parts:
            stream.write(part)


@transaction.atomic
def load(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Replace every table by the backup's: all of it, or nothing.

    The tables are made anew as the backup's version had them, since another one's may differ.
    """
    drop_tables()
    make_tables(manifest)
    # What triggers of ours would write is in the backup already.
    switch_triggers("DISABLE", manifest)
    for table, columns in manifest.tables.items():
        load_table(archive, table, columns)
        set_sequences(table)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    switch_triggers("ENABLE", manifest)


def make_tables(manifest: Manifest) -> None:
    """Make the tables of the backup's version, empty, and let foreign keys be checked later."""
    for app, migration in manifest.migrations.items():
        call_command("migrate", app, migration, verbosity=0, interactive=False, skip_checks=True)
        # Each ends by adding permissions; with their checks pending no table can be altered.
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(f"TRUNCATE {quoted(manifest.tables)} CASCADE")
    execute("SET CONSTRAINTS ALL DEFERRED")


def load_table(archive: zipfile.ZipFile, table: str, columns: list[str]) -> None:
    with (
        archive.open(member(table)) as stream,
        driver().cursor() as cursor,
        cursor.copy(copy("FROM STDIN", table, columns)) as rows,
    ):
        shutil.copyfileobj(stream, rows, PART)


def switch_triggers(verb: str, manifest: Manifest) -> None:
    """DISABLE or ENABLE our triggers; those of foreign keys stay on."""
    for table in manifest.tables:
        execute(f"ALTER TABLE {connection.ops.quote_name(table)} {verb} TRIGGER USER")


def drop_tables() -> None:
    """BackupError when somebody uses them."""
    names = quoted(our_tables())
    if not names:
        return
    try:
        execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        execute(f"DROP TABLE {names} CASCADE")
    except OperationalError:
        raise BackupError("The database is in use. Stop everything that uses it first.") from None


def set_sequences(table: str) -> None:
    """Let ids go on after the largest one there is."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES, [table])
        for column, sequence in cursor.fetchall():
            largest = f"SELECT MAX({quote(column)}) FROM {quote(table)}"  # noqa: S608  our own names
            cursor.execute(
                f"SELECT setval(%s, COALESCE(({largest}), 1), ({largest}) IS NOT NULL)", [sequence]
            )


def copy(direction: str, table: str, columns: list[str]) -> bytes:
    name = connection.ops.quote_name(table)
    return f"COPY {name} ({quoted(columns)}) {direction}".encode()


def quoted(names: Iterable[str]) -> str:
    """Return the names for a statement, separated by commas."""
    return ", ".join(map(connection.ops.quote_name, names))


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def member(table: str) -> str:
    return f"tables/{table}.copy"


def driver() -> Any:
    """psycopg's own connection, inside the transaction that Django began."""
    connection.ensure_connection()
    return connection.connection
