"""A thousand transcripts of an hour each: whoever reads one page or one video never loads more than
its own.
"""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from videos.models import ListEntry, Transcript, Video, VideoList
from videos.stages import CaptionsSource, Stage
from videos.tests.library import video_id

pytestmark = pytest.mark.django_db

MANY = 1000
HOUR = [
    [
        3.0 * n,
        3.0 * n + 2.5,
        f"Die Ankerhemmung gibt das Gangrad {n} Mal in der Stunde frei, Zahn um Zahn.",
    ]
    for n in range(1200)
]


@pytest.fixture
def thousand(alice: Any) -> VideoList:
    video_list = VideoList.objects.create(owner=alice, name="Long", last_position=MANY)
    shared = {
        "import_stage": Stage.COMPLETE,
        "import_progress": 100,
        "captions_source": CaptionsSource.AUTO,
        "channel": "Uhrwerk",
    }
    videos = [
        Video(
            youtube_id=video_id(n), title=f"Vortrag {n}", description="Eine Stunde. " * 20, **shared
        )
        for n in range(MANY)
    ]
    videos = Video.objects.bulk_create(videos, batch_size=90)
    ListEntry.objects.bulk_create(
        [
            ListEntry(video_list=video_list, video=video, position=n)
            for n, video in enumerate(videos, 1)
        ]
    )
    first = Transcript.objects.create(
        video=videos[0], source=CaptionsSource.AUTO, language="de", cues=HOUR
    )
    columns = [
        str(field.column)
        for field in Transcript._meta.concrete_fields
        if field.column not in ("id", "video_id")
    ]
    # The database copies the text itself, in a second instead of ten.
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO videos_transcript (video_id, {', '.join(columns)}) "
            f"SELECT v.id, t.{', t.'.join(columns)} FROM videos_video v, videos_transcript t "
            "WHERE t.video_id = %s AND v.id <> %s",
            [first.video_id] * 2,
        )
    return video_list


def peak_of(read: Callable[[], object]) -> int:
    """The most memory it took at once, in bytes."""
    tracemalloc.start()
    read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_a_page_and_a_video_load_no_more_than_their_own(
    client: Client, alice: Any, thousand: VideoList
) -> None:
    client.force_login(alice)
    video = Video.objects.order_by("pk")[MANY // 2]
    hour = len(json.dumps(HOUR))
    assert Transcript.objects.count() == MANY
    pages = [
        thousand.get_absolute_url(),
        f"{thousand.get_absolute_url()}?q=Vortrag&sort=title",
        video.get_absolute_url(),
    ]
    pages += [
        f"/api/lists/{thousand.pk}/videos",
        f"/api/videos/{video.pk}",
        reverse("list_facets", args=[thousand.pk]),
    ]
    for address in pages:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(address).status_code == 200
        assert not [query["sql"] for query in seen if '"cues"' in query["sql"]], address
        assert len(seen) <= 12
    text = reverse("video_transcript", args=[video.pk])
    with CaptureQueriesContext(connection) as seen:
        assert "Ankerhemmung" in client.get(text).content.decode()
    (asked,) = [query["sql"] for query in seen if '"cues"' in query["sql"]]
    assert f'"video_id" = {video.pk}' in asked
    assert peak_of(lambda: client.get(thousand.get_absolute_url())) < 10 * hour, (
        "the transcripts of its cards would be sixty hours"
    )
    the_table_of_videos_is_small()


def the_table_of_videos_is_small() -> None:
    columns = [field.column for field in Video._meta.concrete_fields]
    lengths = [f"COALESCE(LENGTH(CAST({column} AS TEXT)), 0)" for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT SUM({' + '.join(lengths)}) FROM videos_video")
        (videos,) = cursor.fetchone()
        cursor.execute("SELECT SUM(LENGTH(CAST(cues AS TEXT))) FROM videos_transcript")
        (transcripts,) = cursor.fetchone()
    assert videos < 1000 * MANY, "under a kilobyte a video, description and all"
    assert transcripts > 90_000 * MANY
