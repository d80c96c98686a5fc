"""Inserting plain rows in one statement, on both databases."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from videos.bulk import insert_rows
from videos.chunks import chunks
from videos.models import ListEntry, Video, VideoList
from videos.stages import Stage
from videos.tests.library import video_id

pytestmark = pytest.mark.django_db


def test_it_fills_what_is_not_given_with_the_defaults() -> None:
    before = timezone.now()
    insert_rows(Video, ("youtube_id", "title"), [(video_id(1), "One"), (video_id(2), "")])
    one, two = Video.objects.order_by("youtube_id")
    assert (one.title, two.title, one.import_stage, one.import_progress, one.duration) == (
        "One",
        "",
        Stage.CREATED,
        0,
        None,
    )
    assert before <= one.created_at <= timezone.now()
    assert one.created_at == two.created_at


def test_it_stores_what_is_given_as_it_is() -> None:
    titles = [
        "",
        "'; DROP TABLE videos_video; --",
        "%s %(x)s",
        '\\N {"a"}',
        "日本語 🎬",
        "a\nb\tc",
        "{1,2}",
    ]
    insert_rows(
        Video,
        ("youtube_id", "title", "duration"),
        [(video_id(n), title, n or None) for n, title in enumerate(titles)],
    )
    stored = list(Video.objects.order_by("youtube_id").values_list("title", "duration"))
    assert stored == [(title, n or None) for n, title in enumerate(titles)]


def test_a_value_may_be_the_same_in_all_rows() -> None:
    insert_rows(
        Video, ("youtube_id",), [(video_id(n),) for n in range(3)], same={"channel": "Clocks"}
    )
    assert set(Video.objects.values_list("channel", flat=True)) == {"Clocks"}


@pytest.mark.parametrize("many", [1, 3000])
def test_any_number_of_rows_is_one_statement(many: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_rows(Video, ("youtube_id",), ((video_id(n),) for n in range(many)))
    assert len(queries) == 1
    assert Video.objects.count() == many


def test_no_rows_are_no_error() -> None:
    insert_rows(Video, ("youtube_id", "duration"), [])
    assert not Video.objects.exists()


def test_it_passes_over_what_is_there_when_asked_to() -> None:
    Video.objects.create(youtube_id=video_id(1), title="First")
    rows = [(video_id(1), "Second"), (video_id(2), "New")]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Video, ("youtube_id", "title"), rows)
    insert_rows(Video, ("youtube_id", "title"), rows, ignore_conflicts=True)
    assert list(Video.objects.order_by("youtube_id").values_list("title", flat=True)) == [
        "First",
        "New",
    ]


def test_the_databases_constraints_still_hold(video_list: VideoList) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Video, ("youtube_id",), [("short",)])
    video = Video.objects.create(youtube_id=video_id(1))
    columns = ("video_list_id", "video_id", "position")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(
            ListEntry, columns, [(video_list.pk, video.pk, 1), (video_list.pk, video.pk, 2)]
        )


@pytest.mark.parametrize("count", [0, 1, 900, 901, 2000])
def test_chunks_hold_everything_once(count: int) -> None:
    pieces: list[Any] = list(chunks(range(count)))
    assert [one for piece in pieces for one in piece] == list(range(count))
    assert all(0 < len(piece) <= 900 for piece in pieces)
