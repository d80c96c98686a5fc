"""What a worker does at its start, and its processes' database connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import task_prerun, worker_init
from django.db import close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from enrichment import jobs
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import NODE, a_run
from enrichment.worker import CONNECTION_AGE, keep_connections
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    """The connection as a process of the pool has it."""
    before = dict(connection.settings_dict)
    connection.close()
    keep_connections()
    connection.ensure_connection()
    yield connections["default"]
    task_prerun.disconnect(close_old_connections)
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


class Worker:
    hostname = NODE


@pytest.mark.usefixtures("clean_redis")
def test_a_new_worker_frees_what_its_namesake_held() -> None:
    for number, node in enumerate((NODE, "celery@there")):
        video = Video.objects.create(youtube_id=f"{number:011}")
        jobs.enqueue([video.pk], bulk=False, now=timezone.now())
        assert jobs.claim(a_run(node=node))
    worker_init.send(sender=Worker)
    held = EnrichmentJob.objects.order_by("video").values_list("node", flat=True)
    assert list(held) == ["", "celery@there"]
