"""What the database itself refuses, and what the models promise."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from videos.causes import CAUSES, Cause, message
from videos.models import Chapter, ListEntry, Video, VideoList
from videos.stages import PROGRESS, Stage
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db


def refused(make: Any, **fields: Any) -> bool:
    try:
        with transaction.atomic():
            make(**fields)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("progress", [0, 1, 25, 60, 90, 100, 101])
def test_stage_and_progress_belong_together(stage: Stage, progress: int) -> None:
    allowed = set(PROGRESS.values()) if stage == Stage.ERROR else {PROGRESS[stage]}
    cause = Cause.PRIVATE if stage == Stage.ERROR else ""
    made = not refused(
        Video.objects.create,
        youtube_id=video_id(1),
        import_stage=stage,
        import_progress=progress,
        error_cause=cause,
    )
    assert made == (progress in allowed)


def test_a_cause_stands_with_an_error_and_only_there() -> None:
    assert refused(Video.objects.create, youtube_id=video_id(1), import_stage=Stage.ERROR)
    assert refused(Video.objects.create, youtube_id=video_id(1), error_cause=Cause.PRIVATE)


@pytest.mark.parametrize("youtube_id", ["", "short", "x" * 10])
def test_an_id_has_eleven_characters(youtube_id: str) -> None:
    assert refused(Video.objects.create, youtube_id=youtube_id)


def test_a_video_is_there_once() -> None:
    Video.objects.create(youtube_id=video_id(1))
    assert refused(Video.objects.create, youtube_id=video_id(1))


def test_ids_differ_by_case() -> None:
    Video.objects.create(youtube_id="aaaaaaaaaaa")
    assert not refused(Video.objects.create, youtube_id="aaaaaaaaaaA")


def test_a_video_is_in_a_list_once_and_a_position_is_taken_once(video_list: VideoList) -> None:
    video = add_video(video_list, 1)
    taken = video_list.entries.get().position
    assert refused(ListEntry.objects.create, video_list=video_list, video=video, position=99)
    assert refused(
        ListEntry.objects.create,
        video_list=video_list,
        video=Video.objects.create(youtube_id=video_id(2)),
        position=taken,
    )


def test_a_chapter_ends_after_its_start(video_list: VideoList) -> None:
    video = add_video(video_list)
    for start, end in ((5, 4), (-1, 4)):
        assert refused(
            Chapter.objects.create, video=video, number=1, start=start, end=end, title="x"
        )


def test_positions_only_grow(video_list: VideoList) -> None:
    same = VideoList.objects.get(pk=video_list.pk)
    assert [
        video_list.reserve_positions(3),
        same.reserve_positions(1),
        video_list.reserve_positions(0),
    ] == [3, 4, 4]


def test_a_video_is_visible_through_a_list_alone(
    video_list: VideoList, alice: Any, bob: Any
) -> None:
    video = add_video(video_list)
    assert list(Video.objects.visible_to(alice)) == [video]
    assert not Video.objects.visible_to(bob).exists()
    video_list.entries.all().delete()
    assert not Video.objects.visible_to(alice).exists()


def test_a_new_video_has_its_picture_from_its_id_alone() -> None:
    video = Video.objects.create(youtube_id=video_id(1))
    assert video.thumbnail_url == f"https://img.youtube.com/vi/{video_id(1)}/mqdefault.jpg"
    assert (video.import_stage, video.import_progress, video.version) == (Stage.CREATED, 0, 0)


def test_every_cause_has_a_message_and_unknown_ones_too() -> None:
    assert set(CAUSES) == set(Cause)
    assert message("") is None
    assert message("from a later version") == message(Cause.INTERNAL)
