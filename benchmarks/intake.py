"""A batch of 10,000 addresses: what it costs next to inserting the very same rows raw, into the
same tables with the same indexes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.test.runner import DiscoverRunner

Row = tuple[str, str, str]

LINES = 10_000
ROUNDS = 5
TABLES = ("videos_video", "videos_listentry", "importer_importitem", "enrichment_enrichmentjob")


@contextmanager
def scratch_database() -> Iterator[None]:
    """A database of its own, migrated, gone afterwards."""
    runner = DiscoverRunner(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(old)


def import_once(owner: Any, urls: list[str], video_list: Any) -> float:
    """Seconds from the list of strings to the commit."""
    from importer.imports.models import Source
    from importer.imports.plans import plan_import
    from importer.parsing import parse_many

    began = time.perf_counter()
    report = plan_import(
        owner=owner, video_list=video_list, lines=parse_many(urls), source=Source.API
    ).start()
    took = time.perf_counter() - began
    assert report.created + report.duplicates == LINES
    return took


def rows_above(marks: dict[str, int]) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} WHERE id > %s", [marks[table]])
            found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    return found


def highest_ids() -> dict[str, int]:
    marks = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            marks[table] = cursor.fetchone()[0]
    return marks


def insert_raw(found: dict[str, tuple[list[str], list[tuple[Any, ...]]]]) -> float:
    """Seconds of the driver's own executemany for the same rows, in one transaction, after taking
    them out.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table in reversed(TABLES):
            cursor.executemany(
                f"DELETE FROM {table} WHERE id = %s", [(row[0],) for row in found[table][1]]
            )
    connection.ensure_connection()
    mark = "?" if connection.vendor == "sqlite" else "%s"
    began = time.perf_counter()
    with transaction.atomic():
        raw = connection.connection.cursor() if connection.vendor == "sqlite" else _server_cursor()
        for table in TABLES:
            columns, values = found[table]
            names, marks = ", ".join(columns), ", ".join([mark] * len(columns))
            raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
    return time.perf_counter() - began


def _server_cursor() -> Any:
    """psycopg's own cursor: Django's binds on the client and would wait for an answer per row."""
    import psycopg

    return psycopg.Cursor(connection.connection)


def rows() -> list[Row]:
    from django.contrib.auth import get_user_model

    from tests.standins import video_id
    from videos.models import VideoList

    first, again, raw = [], [], []
    with scratch_database():
        owner = get_user_model().objects.create_user("bench")
        for turn in range(ROUNDS):
            urls = [
                f"https://www.youtube.com/watch?v={video_id(turn * LINES + n)}"
                for n in range(LINES)
            ]
            marks = highest_ids()
            video_list = VideoList.objects.create(owner=owner, name=str(turn))
            first.append(import_once(owner, urls, video_list))
            raw.append(insert_raw(rows_above(marks)))
            again.append(import_once(owner, urls, video_list))
    one, two, base = statistics.median(first), statistics.median(again), statistics.median(raw)
    limit = 8 if connection.vendor == "sqlite" else 5
    return [
        (
            f"intake: 10,000 lines ({connection.vendor})",
            f"{one:.2f} s",
            f"{one / base:.1f} x raw executemany ({base:.2f} s); at most {limit}",
        ),
        (
            "intake: the same 10,000 again",
            f"{two:.2f} s",
            f"{two / one:.2f} x the first; at most 1",
        ),
    ]
