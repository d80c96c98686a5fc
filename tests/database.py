"""The database between two tests. The conftest of the root registers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate
from pytest_django import DjangoDbBlocker

DJANGOS_OWN = {"django_content_type", "auth_permission"}


def empty(style: Any, tables: Sequence[str], **_: Any) -> list[str]:
    """PostgreSQL's TRUNCATE writes new files for each table and index, however few rows there are.

    Foreign keys are looked at when all tables are empty.
    """
    quote = connection.ops.quote_name
    return [f"DELETE FROM {quote(table)}" for table in tables if table not in DJANGOS_OWN]


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
