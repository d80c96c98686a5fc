"""What a run has written itself it does not read again for the search; what a person gave meanwhile
counts all the same.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from enrichment import jobs
from enrichment.record import VideoRecord
from enrichment.sources.types import ChapterInfo, TranscriptInfo, VideoInfo
from enrichment.tests.holders import a_run
from videos.cues import Cue
from videos.models import Chapter, Transcript, Video
from videos.search import documents
from videos.stages import CaptionsSource, Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

INFO = VideoInfo(
    "A" * 11,
    "Uhrwerk",
    channel="Museum",
    description="Zahnräder",
    chapters=(ChapterInfo(0, 10, "Anfang"),),
)
FOUND = TranscriptInfo(CaptionsSource.MANUAL, "de", (Cue(0.0, 2.0, "gesprochen"),))
GIVEN = {"source": CaptionsSource.MANUAL, "language": "de", "cues": [[0, 2, "gegeben"]]}


@pytest.fixture
def record() -> VideoRecord:
    video = Video.objects.create(youtube_id="A" * 11)
    jobs.enqueue([video.pk], bulk=False, now=video.created_at)
    claim = jobs.claim(a_run())
    assert claim
    return VideoRecord(claim, Video.objects.get())


def give_transcript() -> None:
    Transcript.objects.create(video=Video.objects.get(), uploaded=True, **GIVEN)
    Video.objects.update(version=F("version") + 1)


def indexed(record: VideoRecord) -> str:
    """The words that stand in the database now, made anew; the document must be made of these."""
    texts = documents.texts_of(record.video.pk)
    assert texts
    return documents.words_of(texts)


def is_current(record: VideoRecord) -> bool:
    """Whether the document is of what stands in the database."""
    made = documents.fields_of(indexed(record), version=0)["digest"]
    return Video.objects.filter(search_document__digest=made).exists()


def test_words_of_a_new_video_are_not_read_again(record: VideoRecord) -> None:
    record.metadata(INFO)
    record.transcript(FOUND)
    record.reach(Stage.CHAPTERS)
    with CaptureQueriesContext(connection) as asked:
        record.complete()
    assert not any('SELECT "videos_transcript"' in query["sql"] for query in asked)
    assert is_current(record)
    assert "gesprochen" in indexed(record)


def test_a_transcript_given_before_is_what_is_found(record: VideoRecord) -> None:
    record.metadata(INFO)
    give_transcript()
    record.transcript(FOUND)
    record.complete()
    assert is_current(record)
    assert "gegeben" in indexed(record)


def test_no_captions_beside_a_given_transcript(record: VideoRecord) -> None:
    record.metadata(INFO)
    give_transcript()
    record.transcript(None)
    record.complete()
    assert is_current(record)


def test_a_transcript_given_after_is_indexed_by_the_beat(record: VideoRecord) -> None:
    record.metadata(INFO)
    record.transcript(None)
    give_transcript()
    record.complete()
    stale, _ = documents.stale(0, limit=10)
    assert stale == [record.video.pk]
    documents.reindex(record.video.pk)
    assert is_current(record)


@pytest.mark.parametrize("said", ["", "Mitte"])
def test_a_complete_video_is_found_by_what_its_page_says(record: VideoRecord, said: str) -> None:
    """By its new chapters, or by those it had when the page says nothing of any."""
    record.metadata(INFO)
    record.transcript(FOUND)
    record.complete(then=lambda: None)
    chapters = (ChapterInfo(0, 10, said),) if said else ()
    record.describe_again(replace(INFO, title="Pendeluhr", chapters=chapters))
    assert Chapter.objects.get().title == (said or "Anfang")
    assert is_current(record)


def test_what_a_video_had_before_is_read(record: VideoRecord) -> None:
    """Its page has no chapters any more; those that are kept are searched."""
    record.metadata(INFO)
    again = VideoRecord(record.claim, Video.objects.get())
    again.metadata(VideoInfo("A" * 11, "Uhrwerk"))
    again.transcript(FOUND)
    again.complete()
    assert Chapter.objects.get().title == "Anfang"
    assert is_current(again)
