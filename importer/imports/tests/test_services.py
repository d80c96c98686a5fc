"""Pause, resume, cancel, retry: what a person's levers do to the videos, the queue and the other
imports.
"""

from typing import Any

import pytest

from enrichment import recovery
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from importer.imports import services
from importer.imports.models import BatchState, Expansion, ImportBatch, Source, Verdict
from importer.imports.plans import plan_import
from importer.parsing import parse_lines
from importer.tests.ledger import end, start
from importer.tests.readings import take_playlist
from videos.causes import Cause
from videos.models import ListEntry, Video, VideoList
from videos.stages import Stage
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PLAYLIST = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"


@pytest.fixture
def other(bob: Any) -> VideoList:
    return VideoList.objects.create(owner=bob, name="Bob's")


def waiting(**state: Any) -> set[str]:
    """The videos with a job."""
    return set(EnrichmentJob.objects.filter(**state).values_list("video__youtube_id", flat=True))


def ids(*numbers: int) -> set[str]:
    return {video_id(n) for n in numbers}


def shown(video_list: VideoList) -> set[str]:
    return set(video_list.entries.values_list("video__youtube_id", flat=True))


# Pause and resume


def test_a_pause_holds_what_nobody_else_wants(video_list: VideoList, other: VideoList) -> None:
    first = start(video_list, 1, 2)
    start(other, 2, 3)
    services.pause_batch(batch=first)
    assert waiting(held=True) == ids(1)
    assert waiting(held=False) == ids(2, 3)


def test_a_video_of_two_paused_imports_waits_until_one_goes_on(
    video_list: VideoList, other: VideoList
) -> None:
    first, second = start(video_list, 1), start(other, 1)
    services.pause_batch(batch=first)
    assert waiting(held=True) == set()
    services.pause_batch(batch=second)
    assert waiting(held=True) == ids(1)
    services.resume_batch(batch=first)
    assert waiting(held=False) == ids(1)


def test_a_new_import_wakes_what_was_held(video_list: VideoList, other: VideoList) -> None:
    services.pause_batch(batch=start(video_list, 1, 2))
    start(other, 1)
    assert (waiting(held=False), waiting(held=True)) == (ids(1), ids(2))


def test_a_paused_import_does_not_read_its_playlist(video_list: VideoList) -> None:
    batch = start(video_list, text=PLAYLIST)
    services.pause_batch(batch=batch)
    assert take_playlist(a_run()) is None
    services.resume_batch(batch=batch)
    assert take_playlist(a_run())


# Cancel


def test_a_cancelled_import_leaves_what_is_finished(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2, 3)
    end(1)
    end(2, cause=Cause.PRIVATE)
    services.cancel_batch(batch=batch)
    assert shown(video_list) == ids(1, 2)
    assert waiting() == set()


def test_a_video_of_two_imports_survives_cancelling_one(
    video_list: VideoList, other: VideoList
) -> None:
    first = start(video_list, 1, 2)
    start(other, 2, 3)
    services.cancel_batch(batch=first)
    assert waiting() == ids(2, 3)
    assert (shown(video_list), shown(other)) == (set(), ids(2, 3))


def test_a_video_of_two_imports_stays_in_their_list(video_list: VideoList) -> None:
    first = start(video_list, 1, 2)
    start(video_list, 2, 3)
    services.cancel_batch(batch=first)
    assert shown(video_list) == ids(2, 3)
    assert waiting() == ids(2, 3)


def test_what_only_a_paused_import_wants_after_a_cancel_waits(
    video_list: VideoList, other: VideoList
) -> None:
    paused, running = start(video_list, 1), start(other, 1)
    services.pause_batch(batch=paused)
    services.cancel_batch(batch=running)
    assert waiting(held=True) == ids(1)


def test_a_cancel_ends_the_reading_of_playlists(video_list: VideoList) -> None:
    batch = start(video_list, text=PLAYLIST)
    services.cancel_batch(batch=batch)
    assert not Expansion.objects.exists()
    assert batch.items.get().verdict == Verdict.EXPANDED


def test_a_paused_import_can_be_cancelled(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    services.pause_batch(batch=batch)
    services.cancel_batch(batch=batch)
    assert (waiting(), shown(video_list)) == (set(), set())


# Retry


def test_a_retry_takes_up_a_finished_import_again(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    end(2, cause=Cause.NETWORK)
    batch.refresh_from_db()
    services.mark_announced(batch=batch)
    assert services.retry_batch(batch=batch) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.finished_at, batch.announced) == (BatchState.RUNNING, None, False)
    end(2)
    batch.refresh_from_db()
    assert batch.state == BatchState.FINISHED


def test_a_retry_starts_a_new_attempt_with_a_higher_version(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    end(1, cause=Cause.NETWORK)
    services.retry_batch(batch=ImportBatch.objects.get(pk=batch.pk))
    video = Video.objects.get()
    assert (video.import_stage, video.import_progress, video.error_cause, video.version) == (
        Stage.CREATED,
        0,
        "",
        1,
    )


def test_what_a_paused_import_retries_waits_with_it(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1, cause=Cause.NETWORK)
    services.pause_batch(batch=batch)
    assert services.retry_batch(batch=batch) == 1
    assert waiting(held=True) == ids(1, 2)
    services.resume_batch(batch=batch)
    assert waiting(held=False) == ids(1, 2)


@pytest.mark.parametrize(
    ("lever", "states"),
    [
        (services.pause_batch, {BatchState.RUNNING}),
        (services.resume_batch, {BatchState.PAUSED}),
        (services.cancel_batch, {BatchState.RUNNING, BatchState.PAUSED}),
        (services.retry_batch, {BatchState.RUNNING, BatchState.PAUSED, BatchState.FINISHED}),
    ],
)
def test_a_lever_that_the_state_forbids_changes_nothing(
    video_list: VideoList, lever: Any, states: set[BatchState]
) -> None:
    batch = start(video_list, 1)
    for state in set(BatchState) - states:
        ImportBatch.objects.update(state=state)
        batch.refresh_from_db()
        with pytest.raises(services.ImportStateError):
            lever(batch=batch)
        batch.refresh_from_db()
        assert (batch.state, waiting(held=False)) == (state, ids(1))


# Preview


def test_a_preview_says_what_the_start_does_and_writes_nothing(
    video_list: VideoList, other: VideoList, django_assert_num_queries: Any
) -> None:
    start(video_list, 1)
    start(other, 2)
    end(1, 2)
    text = "\n".join(
        [*(f"https://youtu.be/{video_id(n)}" for n in (1, 2, 3, 3)), "hello world", PLAYLIST]
    )
    before = (Video.objects.count(), ImportBatch.objects.count())
    plan = plan_import(
        owner=video_list.owner, video_list=video_list, lines=parse_lines(text), source=Source.WEB
    )
    with django_assert_num_queries(2):
        preview = plan.preview()
    assert (Video.objects.count(), ImportBatch.objects.count()) == before
    assert (
        preview.videos,
        preview.new,
        preview.known_here,
        preview.repeated,
        preview.playlists,
    ) == (3, 2, 1, 1, 1)
    assert [(line.line, line.text) for line in preview.unusable] == [(5, "hello world")]
    report = plan.start()
    assert report.created + report.known == preview.new
    assert (report.duplicates, report.repeated, report.expanding, report.invalid) == (1, 1, 1, 1)


def test_a_preview_for_a_new_list_knows_nothing_there(video_list: VideoList) -> None:
    start(video_list, 1)
    new = VideoList(owner=video_list.owner, name="New")
    lines = parse_lines(video_id(1))
    plan = plan_import(owner=new.owner, video_list=new, lines=lines, source=Source.WEB)
    assert plan.preview().known_here == 0
    assert new.pk is None


def test_an_import_does_not_wait_for_removed_videos(
    video_list: VideoList,
) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    ListEntry.objects.filter(video__youtube_id=video_id(2)).delete()
    recovery.sweep()
    end()
    batch.refresh_from_db()
    assert batch.state == BatchState.FINISHED
