"""The database between two tests. The conftest of the root registers it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate
from pytest_django import DjangoDbBlocker

DJANGOS_OWN = {"django_content_type", "auth_permission"}
KEPT_COUNTS = {"importer_importcount", "videos_listcount"}


def empty(style: Any, tables: Sequence[str], **_: Any) -> list[str]:
    """PostgreSQL's TRUNCATE writes new files for each table and index, however few rows there are.

    Foreign keys are looked at when all tables are empty. The kept counts go last: a line that is
    deleted adds a row to its import's.
    """
    quote = connection.ops.quote_name
    emptied = sorted(set(tables) - DJANGOS_OWN, key=lambda table: (table in KEPT_COUNTS, table))
    return [f"DELETE FROM {quote(table)}" for table in emptied]


def name_of_template() -> str:
    """Return a name that changes with every migration, with Django and with SQLite."""
    digest = sha256(f"{django.__version__} {sqlite3.sqlite_version}".encode())
    for file in sorted(settings.BASE_DIR.glob("*/migrations/*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return f"{digest.hexdigest()[:16]}.sqlite3"


@pytest.fixture(scope="session")
def django_db_keepdb() -> Iterator[bool]:
    """SQLite: begin with a copy of a database that was migrated once, which takes five seconds less
    than to migrate it in each process. What it lacks is migrated as usual.
    """
    if connection.vendor != "sqlite":
        yield False
        return
    mine = Path(connection.settings_dict["TEST"]["NAME"])
    template = settings.BASE_DIR / ".data" / "tests" / name_of_template()
    template.parent.mkdir(parents=True, exist_ok=True)
    with (template.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            make_template(template)
    shutil.copyfile(template, mine)
    yield True
    mine.unlink(missing_ok=True)


def make_template(template: Path) -> None:
    """Migrate a new database, in place of those of earlier migrations."""
    for old in template.parent.glob("*.sqlite3*"):
        old.unlink()
    unfinished = template.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    environ = {**os.environ, "DATABASE_URL": f"sqlite:///{unfinished}"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environ, check=True)
    unfinished.rename(template)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A test that commits empties every table at its end, but those that Django itself had filled:
    working out anew what was there, as Django does, costs more than most of these tests.
    """
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(
        create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", empty)
        yield
    post_migrate.connect(create_contenttypes)
    post_migrate.connect(
        create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions"
    )
