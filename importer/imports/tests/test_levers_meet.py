"""Every lever of a person, and a worker's run, against every other one, on PostgreSQL.

SQLite lets one write at a time.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.models import Exists, OuterRef

from enrichment import jobs
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from importer.imports import services, settling
from importer.imports.models import WANTED, BatchState, ImportBatch, ImportItem
from importer.tests.ledger import start
from tests.interleaving import meet
from tests.people import person
from videos.models import Video, VideoList

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer"),
]

MANY = range(1, 41)  # more than a person's few


class Meeting:
    """Alice's import, which is pulled about, and Bob, who wants some of the same videos."""

    def __init__(self) -> None:
        self.alice, self.bob = person("alice"), person("bob")
        self.batch = start(VideoList.objects.create(owner=self.alice, name="a"), *MANY)
        self.his = VideoList.objects.create(owner=self.bob, name="b")

    def mine(self) -> ImportBatch:
        return ImportBatch.objects.get(pk=self.batch.pk)

    def pause(self) -> None:
        services.pause_batch(batch=self.mine())

    def resume(self) -> None:
        services.pause_batch(batch=self.mine())
        services.resume_batch(batch=self.mine())

    def cancel(self) -> None:
        services.cancel_batch(batch=self.mine())

    def front(self) -> None:
        services.move_batch_to_front(batch=self.mine())

    def few(self) -> None:
        start(self.his, *reversed(MANY[:15]))

    def large(self) -> None:
        start(self.his, *reversed(MANY))

    def work(self) -> None:
        claim = jobs.claim(a_run())
        if claim is None:
            return
        with jobs.fenced(claim):
            Video.objects.filter(pk=claim.video_id).update(version=1)
            jobs.hand_back(claim)

    def drop(self) -> None:
        jobs.drop_unlisted()

    def settle(self) -> None:
        settling.reconcile_held()


LEVERS: dict[str, Callable[[Meeting], None]] = {
    "pause": Meeting.pause,
    "resume": Meeting.resume,
    "cancel": Meeting.cancel,
    "front": Meeting.front,
    "few": Meeting.few,
    "large": Meeting.large,
    "work": Meeting.work,
    "drop": Meeting.drop,
    "settle": Meeting.settle,
}


def wrongly_held() -> int:
    """Jobs that wait although a running import wants them."""
    wanting = ImportItem.objects.filter(
        video=OuterRef("video"), verdict__in=WANTED, batch__state=BatchState.RUNNING
    )
    return EnrichmentJob.objects.filter(Exists(wanting), held=True).count()


@pytest.mark.parametrize("second", LEVERS)
@pytest.mark.parametrize("first", LEVERS)
def test_levers_meet(first: str, second: str) -> None:
    meeting = Meeting()
    errors = meet(lambda: LEVERS[first](meeting), lambda: LEVERS[second](meeting))
    assert [e for e in errors if not isinstance(e, services.ImportStateError)] == []
    assert wrongly_held() == 0


@pytest.mark.timeout(120)
def test_five_threads_pull_at_the_same_videos() -> None:
    """For some seconds nobody meets a deadlock, and afterwards no job is held that a running import
    wants.
    """
    meeting = Meeting()
    levers = ("resume", "few", "front", "work", "few")
    errors: Counter[str] = Counter()
    stop = time.monotonic() + 8

    def pull(name: str) -> None:
        mine: Any = meeting
        try:
            while time.monotonic() < stop:
                if name == "few":
                    his = VideoList.objects.create(owner=meeting.bob, name="b")
                    start(his, *random.sample(MANY, 15))
                    continue
                LEVERS[name](mine)
        except OperationalError as error:
            errors[f"{name}: {error}"] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=pull, args=(name,)) for name in levers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == Counter()
    assert wrongly_held() == 0
