"""SQLite's part of a backup: a copy of the database's file as of one moment."""

import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

from django.db import connection

from config.backups.archive import SQLITE, BackupError

BESIDE = ("-wal", "-shm")  # files that belong to the database's own


def database_file() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def save(archive: zipfile.ZipFile) -> None:
    """Copy the database while it is used; whoever writes does not wait."""
    with tempfile.TemporaryDirectory(dir=database_file().parent) as folder:
        copy = Path(folder) / SQLITE
        with (
            closing(sqlite3.connect(database_file(), timeout=60)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        archive.write(copy, SQLITE)


def load(archive: zipfile.ZipFile) -> None:
    """Put the copy in the database's place. The one that was there is kept beside it.

    Nobody may use the database meanwhile.
    """
    file = database_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        copy = Path(folder) / SQLITE
        with archive.open(SQLITE) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        check(copy)
        connection.close()
        if file.exists():
            keep_aside(file)
        copy.replace(file)


def check(copy: Path) -> None:
    """BackupError unless SQLite finds every page and index of the file in order."""
    try:
        with closing(sqlite3.connect(copy)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise BackupError("The database in the backup is damaged.")


def keep_aside(file: Path) -> None:
    """Rename the database to NAME.before-restore, with all that was written to it."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in BESIDE:
        file.with_name(file.name + ending).unlink(missing_ok=True)
    file.replace(file.with_name(f"{file.name}.before-restore"))
