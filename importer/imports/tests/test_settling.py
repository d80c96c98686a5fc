"""When an import is at its end, and that it says so once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from enrichment import jobs, pipeline, recovery
from enrichment.models import EnrichmentJob
from enrichment.record import VideoRecord, set_aside
from enrichment.tests.holders import a_run
from importer.imports import services
from importer.imports.models import (
    BatchState,
    ImportBatch,
    ImportItem,
    ImportSlice,
    UnfinishedAction,
    Verdict,
)
from importer.imports.settling import (
    _finish_unless_retried,
    finish,
    finish_all_done,
    finish_if_done,
    is_done,
    reconcile_held,
)
from importer.tests.ledger import end, start
from importer.webhooks import services as webhooks
from importer.webhooks.models import Delivery
from videos.causes import Cause
from videos.chunks import IDS_PER_QUERY
from videos.models import ListEntry, Video, VideoList
from videos.stages import Stage
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def state(batch: ImportBatch) -> str:
    return ImportBatch.objects.get(pk=batch.pk).state


def test_a_listed_video_without_a_job_is_wanted(video_list: VideoList) -> None:
    """Removed and put back before the sweep has brought its job back."""
    batch = start(video_list, 1, 2)
    end(2)
    EnrichmentJob.objects.all().delete()
    assert not is_done(batch.pk)
    finish_if_done(batch.pk)
    assert (finish_all_done(), state(batch)) == (0, BatchState.RUNNING)
    assert recovery.sweep() == 1
    end(1)
    assert state(batch) == BatchState.FINISHED


def test_a_video_in_no_list_is_wanted_by_nobody(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(2)
    ListEntry.objects.filter(video__youtube_id=video_id(1)).delete()
    EnrichmentJob.objects.all().delete()
    assert is_done(batch.pk)


def keep_slice(batch: ImportBatch) -> None:
    ImportSlice.objects.create(batch=batch, number=1, top=1, rows="[]")


def keep_action(batch: ImportBatch) -> None:
    UnfinishedAction.objects.create(batch=batch, kind=UnfinishedAction.Kind.RETRY)


def keep_playlist(batch: ImportBatch) -> None:
    ImportItem.objects.create(batch=batch, number=9, line=9, verdict=Verdict.EXPANDING)


@pytest.mark.parametrize("keep", [keep_slice, keep_action, keep_playlist])
def test_what_is_still_to_come_keeps_an_import(
    video_list: VideoList, keep: Callable[[ImportBatch], None]
) -> None:
    """Also when all the videos it has so far are done."""
    batch = start(video_list, 1)
    keep(batch)
    end(1)
    assert not is_done(batch.pk)
    assert not finish_if_done(batch.pk)
    assert state(batch) == BatchState.RUNNING


# A job that is paused or under way, and one that only waits.
KEPT: dict[str, tuple[dict[str, Any], bool]] = {
    "paused": ({"held": True}, False),
    "running": ({"holder": "a run", "lease_until": timezone.now()}, False),
    "waiting": ({}, True),
}


@pytest.mark.parametrize("job", KEPT)
def test_a_video_in_no_list_is_wanted_by_its_run(video_list: VideoList, job: str) -> None:
    fields, done = KEPT[job]
    batch = start(video_list, 1)
    ListEntry.objects.all().delete()
    EnrichmentJob.objects.update(**fields)
    assert is_done(batch.pk) is done


def test_a_deleted_list_wants_nothing(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    VideoList.objects.update(deleted_at=timezone.now())
    assert is_done(batch.pk)


def test_an_import_under_way_costs_two_queries(
    video_list: VideoList, django_assert_num_queries: Any
) -> None:
    """It is looked at with each of its videos that is done."""
    batch = start(video_list, 1, 2, text="nonsense")
    end(1)
    finish_if_done(batch.pk)
    with django_assert_num_queries(2):
        assert not finish_if_done(batch.pk)


def test_the_first_of_many_videos_is_not_overlooked(video_list: VideoList) -> None:
    """More than one query asks for, and all the others are done."""
    numbers = range(1, IDS_PER_QUERY + 3)
    batch = start(video_list, *numbers)
    done = {"import_stage": Stage.COMPLETE, "import_progress": 100}
    Video.objects.exclude(youtube_id=video_id(1)).update(**done)
    assert not is_done(batch.pk)
    Video.objects.update(**done)
    assert is_done(batch.pk)


# What holds the job of a video, and whether the beat frees it.
HOLDING: dict[str, tuple[BatchState, bool]] = {
    "running": (BatchState.RUNNING, True),
    "paused": (BatchState.PAUSED, False),
    "cancelled": (BatchState.CANCELLED, True),
}


@pytest.mark.parametrize("was", HOLDING)
def test_a_job_is_held_for_paused_imports_alone(video_list: VideoList, was: str) -> None:
    import_state, is_freed = HOLDING[was]
    start(video_list, 1)
    EnrichmentJob.objects.update(held=True)
    ImportBatch.objects.update(state=import_state)
    assert reconcile_held() == int(is_freed)
    assert EnrichmentJob.objects.filter(held=True).exists() != is_freed


# How a run may leave the last video of an import.
LAST: dict[str, Callable[[VideoRecord], object]] = {
    "complete": lambda record: pipeline.finish_run(record, record.complete),
    "in error": lambda record: pipeline.finish_run(record, partial(record.error, Cause.PRIVATE)),
    "set aside": lambda record: set_aside(record.claim),
}


@pytest.mark.parametrize("how", LAST)
def test_an_import_ends_with_its_last_video(video_list: VideoList, how: str) -> None:
    """At once, not with the next beat."""
    batch = start(video_list, 1)
    claim = jobs.claim(a_run())
    assert claim
    LAST[how](VideoRecord(claim, Video.objects.get()))
    assert state(batch) == BatchState.FINISHED


@pytest.mark.parametrize(
    "was", [BatchState.FINISHED, BatchState.CANCELLED, BatchState.PAUSED], ids=str
)
def test_only_a_running_import_finishes(video_list: VideoList, was: BatchState) -> None:
    webhooks.set_webhook(owner=video_list.owner, address="https://example.org/hook")
    batch = start(video_list, 1)
    ImportBatch.objects.update(state=was)
    before = ImportBatch.objects.values().get()
    assert finish(batch) is False
    assert ImportBatch.objects.values().get() == before
    assert not Delivery.objects.exists()


def test_two_who_finish_it_tell_once(video_list: VideoList) -> None:
    """Two workers that end the last two videos at the same moment."""
    webhooks.set_webhook(owner=video_list.owner, address="https://example.org/hook")
    batch = start(video_list, 1)
    twin = ImportBatch.objects.get(pk=batch.pk)
    assert (finish(batch), finish(twin)) == (True, False)
    assert Delivery.objects.count() == 1


def test_an_import_that_was_finished_is_not_again(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    end(1)
    finished = ImportBatch.objects.values().get()
    assert finish_if_done(batch.pk) is False
    assert ImportBatch.objects.values().get() == finished


def test_a_retry_since_the_first_look_keeps_it_running(video_list: VideoList) -> None:
    """The import was done before its lock was taken, and is not any more."""
    batch = start(video_list, 1)
    assert _finish_unless_retried(batch.pk) is False
    assert state(batch) == BatchState.RUNNING


def test_a_cancelled_import_stays_cancelled(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    services.cancel_batch(batch=batch)
    finish_if_done(batch.pk)
    assert state(batch) == BatchState.CANCELLED


def test_the_beat_asks_as_often_for_many_imports_as_for_one(
    video_list: VideoList, django_assert_num_queries: Any
) -> None:
    start(video_list, 1, 2)
    end(1)
    for imports in range(2):
        with django_assert_num_queries(3):
            assert finish_all_done() == 0
        for number in range(3, 9):
            start(video_list, 10 * imports + number, 2)


def test_the_beat_finishes_whichever_is_done(video_list: VideoList) -> None:
    """Among those that go on: one whose videos are done, though captions of its last come later,
    and one that wants no video.
    """
    goes_on, done, empty = start(video_list, 1, 2), start(video_list, 3, 4), start(video_list)
    ImportBatch.objects.filter(pk=empty.pk).update(state=BatchState.RUNNING)
    EnrichmentJob.objects.filter(video__youtube_id=video_id(3)).delete()
    Video.objects.filter(youtube_id__in=[video_id(3), video_id(4)]).update(
        import_stage=Stage.COMPLETE, import_progress=100
    )
    assert finish_all_done() == 2
    assert (state(goes_on), state(done), state(empty)) == (
        BatchState.RUNNING,
        BatchState.FINISHED,
        BatchState.FINISHED,
    )
