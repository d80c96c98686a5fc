"""Two who change the same video at once: the one waits for the other, instead of both for each
other, and then sees what the other one wrote.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from enrichment import jobs, services
from enrichment.leases import once_more
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from tests.installation import wait_for
from tests.interleaving import meet, somebody_waits
from videos.causes import Cause
from videos.cues import Cue
from videos.models import ListEntry, Transcript, Video, VideoList
from videos.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_retry_waits_for_a_runs_write_and_starts_anew(clean_redis: Any) -> None:
    """A premiere that is looked at again: in error, and with a job.

    On SQLite one writes at a time anyway; the outcome is the same.
    """
    video = Video.objects.create(
        youtube_id="00000000001", import_stage=Stage.ERROR, error_cause=Cause.UPCOMING
    )
    jobs.enqueue([video.pk], bulk=False, now=timezone.now())
    claim = jobs.claim(a_run())
    assert claim
    began = threading.Event()
    answers: list[Any] = []

    def retry() -> None:
        try:
            if connection.vendor == "postgresql":
                connection.cursor().execute("SET lock_timeout = '5s'")
            began.set()
            answers.append(services.retry_video(video=video))
        except DatabaseError as error:
            answers.append(error)
        finally:
            connection.close()

    person = threading.Thread(target=retry)
    with jobs.fenced(claim):
        person.start()
        began.wait(5)
        if connection.vendor == "postgresql":
            wait_for(somebody_waits, 5)
        Video.objects.filter(pk=video.pk).update(error_cause=Cause.LIVE)
    person.join(30)
    assert answers == [True]
    assert Video.objects.get().import_stage == Stage.CREATED
    assert EnrichmentJob.objects.get().holder == ""


def test_jobs_are_added_in_the_order_of_their_videos() -> None:
    """Otherwise two imports of the same videos in different orders deadlock on PostgreSQL."""
    videos = [Video.objects.create(youtube_id=f"{number:011}") for number in range(20)]
    wanted = [video.pk for video in reversed(videos)]
    jobs.enqueue(wanted, bulk=False, now=timezone.now())
    added = EnrichmentJob.objects.values_list("video_id", flat=True)
    assert list(added.order_by("pk")) == sorted(wanted)
    assert list(added.order_by("rank")) == wanted


@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_of_two_transcripts_at_once_the_first_is_kept(alice: Any, bob: Any) -> None:
    """The second person is told that somebody else's is there."""
    video = Video.objects.create(
        youtube_id="00000000001", import_stage=Stage.COMPLETE, import_progress=100
    )
    for owner in (alice, bob):
        own = VideoList.objects.create(owner=owner, name="Clocks")
        ListEntry.objects.create(video_list=own, video=video, position=1)

    def give(user: Any) -> None:
        cues = [Cue(0, 1, f"by {user.username}")]
        services.keep_transcript(user=user, video=video, language="en", cues=cues)

    errors = meet(lambda: give(alice), lambda: give(bob))
    assert [type(error) for error in errors] == [services.TranscriptKept]
    assert Transcript.objects.get().uploaded_by == alice


@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_who_loses_a_deadlock_tries_once_more() -> None:
    """Each has what the other one wants; PostgreSQL undoes one of the two, on a busy machine now
    and then both.
    """
    one, other = [Video.objects.create(youtube_id=f"{number:011}").pk for number in (1, 2)]
    together = threading.Barrier(2)
    tries: list[int] = []

    @once_more
    @transaction.atomic
    def change(first: int, second: int) -> None:
        tries.append(first)
        Video.objects.filter(pk=first).update(version=F("version") + 1)
        if tries.count(first) == 1:
            together.wait(10)
        Video.objects.filter(pk=second).update(version=F("version") + 1)

    def run(first: int, second: int) -> None:
        try:
            change(first, second)
        finally:
            connection.close()

    before = Video.objects.get(pk=one).version
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(run, one, other), pool.submit(run, other, one)]
        for act in asked:
            act.result(30)
    assert len(tries) >= 3, "they did not meet"
    assert set(Video.objects.values_list("version", flat=True)) == {before + 2}
