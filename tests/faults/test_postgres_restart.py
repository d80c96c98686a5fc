"""PostgreSQL is restarted at once (`-m immediate`), in the middle of everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
import requests

from tests.faults.database import ONE_BY_ONE
from tests.faults.postgres import PostgresProcess, find_binaries
from tests.faults.rig import Rig, rigged
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER, Caller

pytestmark = pytest.mark.timeout(scaled(600, 240))

NOT_LEASED = (
    "SELECT count(*) FROM enrichment_enrichmentjob WHERE lease_until IS NULL "
    "AND video_id IN (SELECT video_id FROM videos_listentry)"
)
RESUMED = 15.0  # seconds after the server is back
TAKEN_IN = 120.0  # seconds until the beat has taken in what another process began


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresProcess]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("there is no PostgreSQL here")
    server = PostgresProcess(binaries)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn, postgres: PostgresProcess) -> Iterator[Rig]:
    environ = {"DATABASE_URL": postgres.url, "SECRET_KEY": "for these tests alone" * 3}
    with rigged(youtube_process, {**EAGER, **environ}, own_redis=True) as rig:
        yield rig


@pytest.mark.slow
def test_an_import_that_loses_its_database_is_whole_or_absent(
    rig: Rig, postgres: PostgresProcess
) -> None:
    alice, count = rig.system.alice(), 10_000
    urls = [video_id(20_000 + n) for n in range(count)]
    list_id = alice.new_list()
    rig.youtube.faults.hang()  # what comes in is not worked off meanwhile
    with ThreadPoolExecutor() as other, lines_locked(postgres.url):
        answer = other.submit(post, alice, list_id, urls)
        wait_for(lambda: is_held_in_the_middle(postgres.url), 20)
        postgres.restart()
        status = answer.result().status_code
    batches = rig.database.value("SELECT count(*) FROM importer_importbatch")
    assert (status, batches) in [(201, 1), (503, 0)]
    wait_for(rig.system.is_well, RESUMED)
    # Of what was accepted the lines are kept; the beat takes in what the request could not.
    wait_for(
        lambda: rig.database.value("SELECT count(*) FROM importer_importitem") == batches * count,
        TAKEN_IN,
    )
    assert post(alice, list_id, urls).status_code == 201
    assert rig.database.value("SELECT count(*) FROM videos_video") == count
    assert (
        rig.database.value(f"SELECT count(*) FROM videos_listentry WHERE video_list_id = {list_id}")
        == count
    )
    assert rig.database.value("SELECT count(*) FROM enrichment_enrichmentjob") == count
    for batch in alice.call("GET", "/api/imports").json()["results"]:
        alice.call("POST", f"/api/imports/{batch['id']}/cancel")
    rig.youtube.faults.clear()


def test_videos_complete_once_though_postgresql_restarts(
    rig: Rig, postgres: PostgresProcess
) -> None:
    """150 videos instead of 1,000.

    The leases of the runs that were cut off are ended in the database, instead of waiting 90 s for
    it.
    """
    alice, count = rig.system.alice(), scaled(1000, 150)
    rig.youtube.latency = (0.1, 0.4)
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(30_000 + n) for n in range(count)])["batch"]
    for part in (1, 2, 3):
        rig.youtube.log.wait(
            part * count // 4, kind="watch", timeout=scaled(180, 60)
        )  # at 5 a second, 3 at once
        postgres.restart()
        back, before = time.monotonic(), rig.youtube.log.count(kind="watch")
        rig.youtube.log.wait(before + 3, kind="watch", timeout=back + RESUMED - time.monotonic())
        assert rig.database.half_written() == []
    wait_for(lambda: rig.database.value(NOT_LEASED) == 0, scaled(180, 60))
    rig.database.change("UPDATE enrichment_enrichmentjob SET lease_until = '2000-01-01 00:00:00'")
    assert alice.finished(batch, scaled(180, 30))["failed"] == 0
    rig.assert_all_complete_once(alice, list_id, count)
    steps = rig.database.steps()
    assert [steps[video_id(30_000 + n)] for n in range(count)] == [ONE_BY_ONE] * count


def post(caller: Caller, list_id: int, urls: list[str]) -> requests.Response:
    return caller.call("POST", f"/api/lists/{list_id}/videos/batch", json={"urls": urls})


@contextmanager
def lines_locked(url: str) -> Iterator[None]:
    """Nobody can write lines of an import, until the server dies: who wants to, waits."""
    with closing(psycopg.connect(url)) as server:
        server.execute("LOCK TABLE importer_importitem IN SHARE MODE")
        yield


def is_held_in_the_middle(url: str) -> bool:
    """Whether a transaction that has written rows waits for a lock."""
    with psycopg.connect(url, autocommit=True) as server:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE backend_xid IS NOT NULL AND wait_event_type = 'Lock'"
        )
        found = server.execute(waiting).fetchone()
    return bool(found and found[0])
