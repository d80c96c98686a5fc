"""Every lever of a person, and a worker's run, against every other one, on PostgreSQL.

SQLite lets one write at a time.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.models import Exists, OuterRef

from enrichment import jobs, unlisted
from enrichment.models import EnrichmentJob
from enrichment.sources.types import ListPage, PlaylistEntry
from enrichment.tests.holders import a_run
from importer.imports import expansion, services, settling
from importer.imports.models import WANTED, BatchState, Expansion, ImportBatch, ImportItem
from importer.tests.ledger import start
from importer.tests.readings import take_playlist
from tests.faults.scale import scaled
from tests.interleaving import meet
from tests.people import person
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import Stage
from videos.tests.library import video_id

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer"),
]

PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
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
        unlisted.drop_jobs()

    def settle(self) -> None:
        settling.reconcile_held()

    def retry(self) -> None:
        services.retry_batch(batch=self.mine())

    def finish(self) -> None:
        settling.finish_all_done()


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
    "retry": Meeting.retry,
    "finish": Meeting.finish,
}


def wrongly_held() -> int:
    """Jobs that wait although a running import wants them."""
    wanting = ImportItem.objects.filter(
        video=OuterRef("video"), verdict__in=WANTED, batch__state=BatchState.RUNNING
    )
    return EnrichmentJob.objects.filter(Exists(wanting), held=True).count()


def test_a_pause_waits_for_the_page_of_a_playlist() -> None:
    """Otherwise the page's videos would be fetched for an import that is paused."""
    video_list = VideoList.objects.create(owner=person("alice"), name="a")
    batch = start(video_list, text=f"https://www.youtube.com/playlist?list={PLAYLIST}")
    reading = take_playlist(a_run())
    assert reading
    page = ListPage([PlaylistEntry(video_id(number)) for number in (1, 2)])
    errors = meet(
        lambda: expansion._take_page(reading, page),
        lambda: services.pause_batch(batch=batch),
        before="importer_importitem",
    )
    assert errors == []
    assert list(EnrichmentJob.objects.values_list("held", flat=True)) == [True, True]


@pytest.mark.parametrize("is_end_first", [True, False])
def test_the_end_of_a_playlist_meets_another_of_its_line(is_end_first: bool) -> None:
    """One that is read again waits for the one that is being read, and not after its end."""
    video_list = VideoList.objects.create(owner=person("alice"), name="a")
    batch = start(video_list, text=f"{PLAYLIST}, {PLAYLIST[:-1]}x")
    first = take_playlist(a_run())
    assert first
    expansion.go_on(first, None)
    ImportItem.objects.filter(pk=first.item_id).update(reason=Cause.PLAYLIST_INCOMPLETE)
    second = take_playlist(a_run())
    assert second
    acts = [
        lambda: expansion.go_on(second, None),
        lambda: services.retry_batch(batch=batch, cause=Cause.PLAYLIST_INCOMPLETE),
    ]
    if not is_end_first:
        acts.reverse()
    assert meet(*acts) == []
    assert Expansion.objects.get().item_id == first.item_id
    assert take_playlist(a_run())


@pytest.mark.parametrize("second", LEVERS)
@pytest.mark.parametrize("first", LEVERS)
def test_levers_meet(first: str, second: str) -> None:
    meeting = Meeting()
    errors = meet(lambda: LEVERS[first](meeting), lambda: LEVERS[second](meeting))
    assert [e for e in errors if not isinstance(e, services.ImportStateError)] == []
    assert wrongly_held() == 0


@pytest.fixture
def failed() -> Meeting:
    """A meeting about an import whose every video failed, and that has not been finished yet."""
    meeting = Meeting()
    EnrichmentJob.objects.all().delete()
    Video.objects.update(import_stage=Stage.ERROR, error_cause=Cause.YOUTUBE_CHANGED)
    return meeting


@pytest.mark.parametrize(
    "acts", [("retry", "finish"), ("finish", "retry")], ids=["retry first", "finish first"]
)
def test_a_retry_meets_the_end(acts: tuple[str, str], failed: Meeting) -> None:
    """Whoever comes first: the import runs, since its videos wait for another attempt."""
    first, second = acts
    assert meet(lambda: LEVERS[first](failed), lambda: LEVERS[second](failed)) == []
    assert EnrichmentJob.objects.count() == len(MANY)
    assert failed.mine().state == BatchState.RUNNING


def deadlocks() -> int:
    """How many PostgreSQL has found in this database so far, also those that were tried once
    more.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def pull(meeting: Meeting, act: Callable[[Meeting], None], stop: float) -> None:
    """Do this again and again. What the state of the import forbids is no error."""
    try:
        while time.monotonic() < stop:
            with contextlib.suppress(services.ImportStateError):
                act(meeting)
    finally:
        connections.close_all()


def resume(meeting: Meeting) -> None:
    services.resume_batch(batch=meeting.mine())


def import_again(meeting: Meeting) -> None:
    """Another import of some of the videos, few or many, into a list of its own."""
    some = random.sample(MANY, random.choice((15, 30)))
    start(VideoList.objects.create(owner=meeting.bob, name="b"), *some)


def cancel_and_begin(meeting: Meeting) -> None:
    """Cancel the import that the others pull at, and begin another one in its place."""
    meeting.cancel()
    meeting.batch = start(VideoList.objects.create(owner=meeting.alice, name="a"), *MANY)


@pytest.mark.timeout(120)
def test_five_threads_pull_at_the_same_videos() -> None:
    """For some seconds there is no deadlock, not even one that is tried once more.

    Afterwards no job is held that a running import wants.
    """
    meeting = Meeting()
    acts = (Meeting.pause, resume, Meeting.front, cancel_and_begin, import_again)
    before = deadlocks()
    stop = time.monotonic() + scaled(25, 8)
    with ThreadPoolExecutor(len(acts)) as threads:
        pulled = [threads.submit(pull, meeting, act, stop) for act in acts]
    assert [pull.exception() for pull in pulled] == [None] * len(acts)
    assert wrongly_held() == 0
    assert deadlocks() == before
