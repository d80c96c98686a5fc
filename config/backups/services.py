"""Making a backup and taking it back, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from config.backups import postgresql, sqlite
from config.backups.archive import MANIFEST, SECRET_KEY, BackupError, Manifest, opened, written


def make_backup(path: Path) -> Manifest:
    """Write the whole installation to this file while it runs. OSError when that cannot be."""
    with written(path) as archive, one_moment():
        migrations = applied_migrations()
        tables = save_database(archive)
        manifest = Manifest(
            connection.vendor, timezone.now().isoformat(timespec="seconds"), migrations, tables
        )
        save_secret_key(archive)
        archive.writestr(MANIFEST, manifest.to_json())
    return manifest


def save_database(archive: ZipFile) -> dict[str, list[str]]:
    """Return PostgreSQL's tables and their columns, {} for SQLite."""
    if connection.vendor == "postgresql":
        return postgresql.save(archive)
    sqlite.save(archive)
    return {}


def load_database(archive: ZipFile, manifest: Manifest) -> None:
    if connection.vendor == "postgresql":
        postgresql.load(archive, manifest)
    else:
        sqlite.load(archive)


@contextmanager
def one_moment() -> Iterator[None]:
    """All queries inside see the database as of the first of them (PostgreSQL).

    On SQLite a transaction of ours would make every writer wait, and the copy needs none.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def restore_backup(path: Path, *, replace: bool) -> Manifest:
    """Put a backup in the place of what is there, and bring it to this version's tables.

    BackupError when it is none, is of another database, or there is a user and not `replace`.
    Nothing else may use the database; the caller sees to that.
    """
    with opened(path) as (archive, manifest):
        if manifest.engine != connection.vendor:
            raise BackupError(
                f"This backup is of {manifest.engine}, and the database here is "
                f"{connection.vendor}. `export_library` and `import_library` carry a user's "
                "library from one to the other."
            )
        check_known(manifest)
        if has_users() and not replace:
            raise BackupError("There is something here already. --replace replaces it.")
        load_database(archive, manifest)
        if SECRET_KEY in archive.namelist() and settings.EMBEDDED_DATABASE:
            restore_secret_key(archive.read(SECRET_KEY))
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    return manifest


def check_known(manifest: Manifest) -> None:
    """BackupError when the backup is of a newer version than this one."""
    there = MigrationLoader(None).disk_migrations
    for app, migration in manifest.migrations.items():
        if (app, migration) not in there:
            raise BackupError("This backup is of a newer version of Sammelwerk than this one.")


def applied_migrations() -> dict[str, str]:
    """Return the last applied migration of each app."""
    loader = MigrationLoader(connection)
    ours = sorted(set(loader.applied_migrations) & set(loader.disk_migrations))
    return dict(ours)  # of several of an app the last one stays


def has_users() -> bool:
    with connection.cursor() as cursor:
        if "auth_user" not in connection.introspection.table_names(cursor):
            return False
        cursor.execute("SELECT 1 FROM auth_user LIMIT 1")
        return cursor.fetchone() is not None


def secret_key_file() -> Path:
    return settings.DATA_DIR / SECRET_KEY


def save_secret_key(archive: ZipFile) -> None:
    file = secret_key_file()
    if file.exists():
        archive.write(file, SECRET_KEY)


def restore_secret_key(key: bytes) -> None:
    file = secret_key_file()
    if file.exists():
        file.replace(file.with_name(f"{SECRET_KEY}.before-restore"))
    file.touch(mode=0o600)
    file.write_bytes(key)
