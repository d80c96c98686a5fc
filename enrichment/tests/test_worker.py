"""A worker's processes: their database connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import task_prerun
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from enrichment.worker import CONNECTION_AGE, check_connections, keep_connections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    """The connection as a process of the pool has it."""
    before = dict(connection.settings_dict)
    connection.close()
    keep_connections()
    connection.ensure_connection()
    yield connections["default"]
    task_prerun.disconnect(check_connections)
    connection.settings_dict.update(before)
    connection.close()


def works() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def raw(kept: BaseDatabaseWrapper) -> Any:
    return kept.connection


def test_a_connection_is_kept_from_task_to_task(kept: BaseDatabaseWrapper) -> None:
    first = raw(kept)
    for _ in range(3):
        task_prerun.send(sender=None)
        assert works()
    assert raw(kept) is first


def test_an_old_one_is_made_anew(kept: BaseDatabaseWrapper) -> None:
    first = raw(kept)
    assert kept.close_at is not None
    kept.close_at -= CONNECTION_AGE
    task_prerun.send(sender=None)
    assert works()
    assert raw(kept) is not first


def test_one_whose_server_went_away_is_made_anew(kept: BaseDatabaseWrapper) -> None:
    first = raw(kept)
    # as a restart of the server leaves it; SQLite has none, and its files do not go away
    first.close()
    if kept.vendor == "sqlite":
        kept.close()
    task_prerun.send(sender=None)
    assert works()
    assert raw(kept) is not first
