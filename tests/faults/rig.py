"""A running installation with handles on what may break: its processes, its Redis, its database."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis

from tests.faults.database import Database
from tests.installation import wait_for
from tests.redis_process import RedisProcess
from tests.standins import YouTubeStandIn
from tests.system import Caller, System, started

LATER = 3600.0  # seconds; captions are asked for again long before
# Tables and columns that say until when something waits, or since when.
WAITING = (
    ("enrichment_enrichmentjob", "not_before"),
    ("enrichment_clientstate", "closed_until"),
    ("importer_expansion", "not_before"),
    ("importer_follow", "next_at"),
    ("importer_follow", "checked_at"),
)


@dataclass
class Rig:
    system: System
    youtube: YouTubeStandIn
    database: Database
    redis_url: str
    own_redis: (
        RedisProcess | None
    )  # None: the embedded one, which the installation itself keeps running

    def worker(self) -> psutil.Process:
        return self.system.parts()["worker"]

    def pool(self) -> list[psutil.Process]:
        return list(self.worker().children(recursive=True))

    def process_of(self, youtube_id: str) -> psutil.Process:
        """The pool process that runs this video."""
        return self.process_holding(
            "SELECT holder FROM enrichment_enrichmentjob j "
            "JOIN videos_video v ON v.id = j.video_id "
            f"WHERE v.youtube_id = '{youtube_id}'"
        )

    def reader_of(self, batch_id: int) -> psutil.Process:
        """The pool process that reads this import's playlist."""
        return self.process_holding(
            "SELECT holder FROM importer_expansion e "
            "JOIN importer_importitem i ON i.id = e.item_id "
            f"WHERE i.batch_id = {batch_id}"
        )

    def process_holding(self, holder: str) -> psutil.Process:
        """The pool process of the task that this query names."""

        def is_it(task: dict[str, Any]) -> bool:
            return [(task["id"],)] == self.database.rows(holder)

        return self.process(is_it)

    def process(self, runs: Callable[[dict[str, Any]], bool]) -> psutil.Process:
        """The pool process that runs such a task."""
        found: list[int] = []

        def is_found() -> bool:
            found[:] = [task["worker_pid"] for task in self.active() if runs(task)]
            return bool(found)

        wait_for(is_found, 20)
        return psutil.Process(found[0])

    def active(self) -> list[dict[str, Any]]:
        """The tasks that run right now, as the worker tells over Celery's own remote control."""
        ask = (
            "import json; from config.celery import app; "
            "print(json.dumps(app.control.inspect(timeout=5, limit=1).active() or {}))"
        )
        answer: dict[str, list[dict[str, Any]]] = json.loads(
            self.system.manage("shell", "-v", "0", "-c", ask)
        )
        return [task for tasks in answer.values() for task in tasks]

    def running(self) -> list[dict[str, Any]]:
        """The videos being run right now."""
        return [task for task in self.active() if task["name"].endswith(".enrich_next")]

    def let_time_pass(self, seconds: float) -> None:
        """What waits in the database, waits so much less: instead of so many seconds of sleep.

        The lanes in Redis keep their own time.
        """
        self.database.change("".join(self.database.earlier(*one, seconds) for one in WAITING))

    def forget_everything(self) -> None:
        """FLUSHALL: it is never anybody else's Redis."""
        with contextlib.closing(redis.Redis.from_url(self.redis_url)) as client:
            client.flushall()

    def forget_spells(self) -> None:
        """As if nobody had ever been refused: every lane and every client is well, and quick."""
        self.database.change(
            "DELETE FROM enrichment_lanestate; DELETE FROM enrichment_clientstate;"
        )
        self.forget_everything()

    def put_away_everything(self) -> None:
        """Let everything that was added come to its end, whatever it waits for, and give its videos
        other ids: nobody has imported any, as when the installation was new.
        """
        self.forget_spells()
        self.let_time_pass(LATER)
        wait_for(lambda: self.database.value("SELECT count(*) FROM enrichment_enrichmentjob") == 0)
        key = "'0000000000' || id"
        self.database.change(
            f"UPDATE videos_video SET youtube_id = 'R' || substr({key}, length({key}) - 9)"
        )

    def assert_all_complete_once(self, caller: Caller, list_id: int, count: int) -> None:
        """Every video is in its final state and took each step once, none is there twice, no work
        is left.
        """
        videos = caller.videos(list_id)
        assert len(videos) == len({video["youtube_id"] for video in videos}) == count
        assert Counter((video["import_stage"], str(video["error"])) for video in videos) == {
            ("complete", "None"): count
        }
        if self.database.half_written():
            self.let_time_pass(LATER)  # captions that were refused in the meantime come later
        wait_for(lambda: self.database.half_written() == [], 60)


@contextlib.contextmanager
def rigged(
    youtube: YouTubeStandIn, environ: Mapping[str, str], *, ways: int = 1, own_redis: bool = False
) -> Iterator[Rig]:
    """On the embedded default; with DATABASE_URL on a database of its own there, and a Redis of its
    own.

    `own_redis`: a Redis beside the installation, which nobody starts again, also on the embedded
    default.
    """
    with tempfile.TemporaryDirectory(prefix="fault-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)  # short, since a unix socket lies in it
        environ = {"YOUTUBE_PROXY": ",".join(youtube.proxy_urls[:ways]), **environ}
        server = None
        if own_redis or os.environ.get("DATABASE_URL"):
            server = RedisProcess(folder / "redis.sock")
            server.start()
            stack.callback(server.kill)
            environ["REDIS_URL"] = server.url
        system = stack.enter_context(started(folder / "system", youtube, environ))
        database = Database(system)
        database.log_stages()
        url = server.url if server else f"unix://{system.data_dir}/redis.sock"
        yield Rig(system, youtube, database, url, server)
