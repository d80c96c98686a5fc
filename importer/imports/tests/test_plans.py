"""How PostgreSQL carries out the statements of the queue that join tables or hold another question.

On empty, small and large tables, with statistics, without, and with those of an empty table.
A plan is judged by the rows it visits: a few times as many as there are, never as many squared.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction

from enrichment import jobs, recovery, unlisted
from enrichment import services as enrichment_services
from enrichment.leases import database_now
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from importer.imports import services, settling
from importer.imports.playlist_turns import next_in_turn
from importer.tests.ledger import end, start
from importer.tests.readings import take_playlist
from tests.faults.scale import scaled
from tests.people import person
from tests.visits import plan_of, rows_visited
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import PROGRESS, Stage

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="other plans"),
]

TABLES = (
    "enrichment_enrichmentjob",
    "videos_video",
    "videos_listentry",
    "videos_videolist",
    "importer_importitem",
    "importer_importbatch",
    "importer_expansion",
)
COMPLETE = {"import_stage": Stage.COMPLETE, "import_progress": PROGRESS[Stage.COMPLETE]}
VISITS = 12  # of each row; a statement looks at a table, sorts it, joins it, once or twice
FEW = 200_000  # rows that any plan may visit: a tenth of a second


def combines_tables(sql: str) -> bool:
    return not sql.startswith("EXPLAIN") and (" JOIN " in sql or sql.count("SELECT") > 1)


class Plans:
    """Carries out each statement that combines tables once before, to see how."""

    def __init__(self) -> None:
        self.visited: dict[str, float] = {}

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if combines_tables(sql) and not many:
            self.visited[sql] = max(self.visited.get(sql, 0), self._visits(sql, params))
        return execute(sql, params, many, context)

    def _visits(self, sql: str, params: Any) -> float:
        with transaction.atomic():
            plan = plan_of(sql, params)
            transaction.set_rollback(True)
        return rows_visited(plan)


@contextlib.contextmanager
def watched() -> Iterator[Plans]:
    plans = Plans()
    with connection.execute_wrapper(plans):
        yield plans


def rows_there() -> int:
    with connection.cursor() as cursor:
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
        cursor.execute(f"SELECT {counts}")
        return sum(cursor.fetchone())


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def every_lever(count: int) -> Iterator[Callable[[], Any]]:
    """Two people import the same videos, and everything that can happen to their jobs does."""
    alice, bob = person("alice"), person("bob")
    numbers = range(1, count + 1)
    hers = start(VideoList.objects.create(owner=alice, name="a"), *numbers)
    his = start(VideoList.objects.create(owner=bob, name="b"), *reversed(numbers))
    yield lambda: services.pause_batch(batch=hers)
    yield settling.reconcile_held
    yield lambda: services.pause_batch(batch=his)
    yield lambda: services.resume_batch(batch=hers)
    yield lambda: services.move_batch_to_front(batch=hers)
    yield lambda: services.resume_batch(batch=his)
    yield lambda: end(*numbers[: count // 3], cause=Cause.PRIVATE)
    yield lambda: services.retry_batch(batch=his)
    yield lambda: enrichment_services.refresh_videos(videos=Video.objects.all())
    yield lambda: enrichment_services.fetch_captions_again(videos=Video.objects.all())
    yield lambda: jobs.claim(a_run())
    yield lambda: take_playlist(a_run())
    yield recovery.sweep
    EnrichmentJob.objects.filter(attempts=0).delete()
    yield lambda: unlisted.restore_next_jobs(0)
    yield lambda: services.pause_batch(batch=his)
    yield lambda: services.cancel_batch(batch=hers)
    VideoList.objects.filter(name="b").update(deleted_at=database_now())
    yield unlisted.drop_jobs
    yield settling.finish_all_done


@pytest.mark.parametrize("statistics", ["none", "of empty tables", "true"])
@pytest.mark.parametrize("count", [0, 30, 1500])
def test_plans_visit_each_row_a_few_times(count: int, statistics: str) -> None:
    if statistics == "of empty tables":
        analyze()
    filler = start(
        VideoList.objects.create(owner=person("carol"), name="c"), *range(5001, 5001 + count)
    )
    if statistics == "true":
        analyze()
    with watched() as plans:
        for pull in every_lever(count):
            with contextlib.suppress(services.ImportStateError):  # an empty import is finished
                pull()
    assert len(plans.visited) >= (10 if count else 3)
    most = FEW + VISITS * (rows_there() + 3 * count)
    assert {sql: n for sql, n in plans.visited.items() if n > most} == {}
    assert filler.items.count() == count


@pytest.mark.parametrize("statistics", ["none", "of empty tables", "true"])
def test_whose_turn_it_is_looks_at_each_playlist_a_few_times(statistics: str) -> None:
    if statistics == "of empty tables":
        analyze()
    addresses = [f"https://www.youtube.com/playlist?list=PL{number:032}" for number in range(1500)]
    start(VideoList.objects.create(owner=person("alice"), name="a"), text="\n".join(addresses))
    if statistics == "true":
        analyze()
    with watched() as plans:
        assert take_playlist(a_run())
        assert next_in_turn() is None
        assert next_in_turn(beginning=True) is None
    assert {sql: n for sql, n in plans.visited.items() if n > VISITS * rows_there()} == {}


def import_and_finish(owner: Any, count: int, times: int, errors: list[BaseException]) -> None:
    """Import the same lines again and again, as workers finish some of their videos."""
    try:
        with watched() as plans:
            for _ in range(times):
                start(VideoList.objects.create(owner=owner, name="again"), *range(1, count + 1))
                finish_some()
        most = FEW + VISITS * rows_there()
        assert {sql: n for sql, n in plans.visited.items() if n > most} == {}
    except BaseException as error:  # noqa: BLE001  the test that waits for it says so
        errors.append(error)
    finally:
        connections.close_all()


def finish_some() -> None:
    for _ in range(20):
        claim = jobs.claim(a_run())
        if claim is not None:
            with jobs.fenced(claim):
                Video.objects.filter(pk=claim.video_id).update(
                    **COMPLETE, finished_at=database_now()
                )
                jobs.finish(claim)


@pytest.mark.timeout(280)
def test_two_people_import_the_same_lines() -> None:
    errors: list[BaseException] = []
    people = [person("alice"), person("bob")]
    act: Callable[..., None] = partial(import_and_finish, count=1000, times=scaled(12, 4))
    threads = [
        threading.Thread(target=act, args=(one,), kwargs={"errors": errors}) for one in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    finished = Video.objects.filter(import_stage="complete")
    assert not EnrichmentJob.objects.filter(video__in=finished, attempts=0).exists()
