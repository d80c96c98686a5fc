"""Videos that nobody wants any more: their jobs go, and come back when somebody does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from enrichment import jobs, pump, recovery, unlisted
from enrichment.limits import youtube_lanes
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from videos.models import ListEntry, Video, VideoList
from videos.stages import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def listed(video_list: VideoList, count: int) -> list[int]:
    videos = [Video.objects.create(youtube_id=f"{n:011}") for n in range(count)]
    for position, video in enumerate(videos, 1):
        ListEntry.objects.create(video_list=video_list, video=video, position=position)
    ids = [video.pk for video in videos]
    jobs.enqueue(ids, bulk=False, now=timezone.now())
    return ids


def begun() -> list[int]:
    found: list[int] = []
    while not isinstance(started := pump.start_next(a_run()), float):
        found.append(started.claim.video_id)
    return found


def waiting() -> set[int]:
    return set(EnrichmentJob.objects.values_list("video_id", flat=True))


def test_a_removed_video_is_not_fetched_and_costs_no_permit(video_list: VideoList) -> None:
    removed, kept = listed(video_list, 2)
    ListEntry.objects.filter(video=removed).delete()
    assert begun() == [kept]
    assert waiting() == {kept}
    assert youtube_lanes()[0].limiter.state().in_flight == 1


def test_the_videos_of_a_deleted_list_are_not_fetched(video_list: VideoList) -> None:
    listed(video_list, 3)
    VideoList.objects.update(deleted_at=timezone.now())
    assert begun() == []
    assert waiting() == set()


def test_what_is_in_another_list_goes_on(video_list: VideoList, bob: Any) -> None:
    ids = listed(video_list, 2)
    another = VideoList.objects.create(owner=bob, name="Bob's")
    ListEntry.objects.create(video_list=another, video_id=ids[1], position=1)
    VideoList.objects.filter(pk=video_list.pk).update(deleted_at=timezone.now())
    recovery.sweep()
    assert waiting() == {ids[1]}


def test_what_a_worker_holds_or_a_pause_holds_stays(video_list: VideoList) -> None:
    running, paused, dropped = listed(video_list, 3)
    assert jobs.claim(a_run())
    EnrichmentJob.objects.filter(video=paused).update(held=True)
    ListEntry.objects.all().delete()
    recovery.sweep()
    assert waiting() == {running, paused}
    assert dropped not in waiting()


@pytest.mark.parametrize("back", ["list", "entry"])
def test_what_comes_back_has_its_job_again(video_list: VideoList, back: str) -> None:
    (video_id,) = listed(video_list, 1)
    if back == "list":
        VideoList.objects.update(deleted_at=timezone.now())
    else:
        ListEntry.objects.all().delete()
    recovery.sweep()
    assert waiting() == set()
    if back == "list":
        VideoList.objects.update(deleted_at=None)
    else:
        ListEntry.objects.create(video_list=video_list, video_id=video_id, position=1)
    assert recovery.sweep() == 1
    assert waiting() == {video_id}
    assert begun() == [video_id]


def test_a_finished_video_gets_no_job_by_being_listed(video_list: VideoList) -> None:
    (video_id,) = listed(video_list, 1)
    EnrichmentJob.objects.all().delete()
    Video.objects.filter(pk=video_id).update(import_stage="complete", import_progress=100)
    assert recovery.sweep() == 0
    assert waiting() == set()


def test_a_video_completed_between_looks_is_not_fetched_again(video_list: VideoList) -> None:
    """The sweep saw it unfinished; by the time it asks for its job both are done."""
    listed(video_list, 1)
    looks: list[str] = []

    def complete_after_first_look(execute: Any, sql: str, *rest: Any) -> Any:
        looks.append(sql)
        if len(looks) == 2:
            complete = {"import_stage": Stage.COMPLETE, "import_progress": 100}
            Video.objects.update(finished_at=timezone.now(), **complete)
            EnrichmentJob.objects.all().delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(complete_after_first_look):
        unlisted.restore_next_jobs(0)
    assert len(looks) > 2
    assert not EnrichmentJob.objects.exists()
