"""What a worker or a person writes can be found in the same moment, and what they take away
cannot.
"""

from typing import Any

import pytest

from enrichment.services import (
    fetch_captions_again,
    keep_transcript,
    refresh_videos,
    remove_transcript,
    retry_video,
)
from enrichment.tests.pipeline_bench import ID, Bench
from enrichment.tests.pipeline_bench import bench as bench
from enrichment.tests.test_captions import MINE, complete, said, this
from tests.standins import ChapterSpec
from videos.models import SearchDocument, Video
from videos.search.documents import stale
from videos.search.finding import find

pytestmark = pytest.mark.django_db(transaction=True)


def is_found(owner: Any, words: str) -> bool:
    return bool(find(owner, words).videos)


def test_a_complete_video_is_found_by_all_its_texts(bench: Bench, alice: Any) -> None:
    chapters = tuple(ChapterSpec(60 * n, f"Kapitel {n}") for n in range(3))
    complete(bench, alice, chapters=chapters, description="Beschreibung")
    assert all(is_found(alice, words) for words in ("before", "alt", "kapitel", "beschreibung"))
    assert stale(0, limit=10) == ([], 0)


def test_a_new_attempt_finds_the_chapters_of_before(bench: Bench, alice: Any) -> None:
    """The page of the second run says nothing of them; they are kept, and can be found."""
    chapters = tuple(ChapterSpec(60 * n, f"Kapitel {n}") for n in range(3))
    video = complete(bench, alice, chapters=chapters, captions=())
    Video.objects.update(import_stage="error", error_cause="internal")
    bench.youtube.catalogue.change(ID, chapters=())
    assert retry_video(video=video)
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.chapters.count()) == ("complete", 3)
    assert all(is_found(alice, words) for words in ("before", "kapitel"))


def test_late_captions_replace_the_words(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    bench.youtube.catalogue.change(ID, captions=(said("de", "neu"),))
    fetch_captions_again(videos=this(video))
    bench.run()
    assert (is_found(alice, "alt"), is_found(alice, "neu")) == (False, True)


def test_a_refresh_replaces_the_title(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    bench.youtube.catalogue.change(ID, title="After")
    refresh_videos(videos=this(video))
    bench.run()
    assert (is_found(alice, "before"), is_found(alice, "after")) == (False, True)
    assert stale(0, limit=10) == ([], 0)


def test_an_uploaded_transcript_replaces_the_words(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    assert (is_found(alice, "alt"), is_found(alice, '"own words"')) == (False, True)
    assert stale(0, limit=10) == ([], 0)


def test_a_removed_transcript_takes_its_words_along(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    keep_transcript(user=alice, video=video, language="en", cues=MINE)
    remove_transcript(user=alice, video=video)
    assert (is_found(alice, "words"), is_found(alice, "before")) == (False, True)


def test_a_deleted_video_leaves_no_words(bench: Bench, alice: Any) -> None:
    video = complete(bench, alice)
    video.delete()
    assert not SearchDocument.objects.exists()
    assert not is_found(alice, "alt")
