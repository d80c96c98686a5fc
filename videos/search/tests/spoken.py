"""Videos in which something is said, as an import leaves them: finished and in the index."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from videos.models import Chapter, Transcript, Video, VideoList
from videos.search import documents
from videos.search.building import tidy
from videos.search.finding import find
from videos.search.texts import remembered
from videos.stages import CaptionsSource
from videos.tests.library import add_video


def say(video_list: VideoList, number: int, *cues: str, note: str = "", **fields: Any) -> Video:
    """Add a video in which these cues are said, four seconds each. Its title says nothing."""
    values: dict[str, Any] = {"title": "", "finished_at": timezone.now(), **fields}
    video = add_video(video_list, number, note=note, **values)
    rows = [[4.0 * place, 4.0 * place + 4.0, text] for place, text in enumerate(cues)]
    Transcript.objects.create(video=video, source=CaptionsSource.MANUAL, language="de", cues=rows)
    documents.reindex(video.pk)
    return video


def add_chapter(video: Video, title: str, *, start: float = 0.0) -> None:
    number = video.chapters.count() + 1
    Chapter.objects.create(video=video, number=number, start=start, end=start + 60, title=title)
    documents.reindex(video.pk)


def found(user: Any, typed: str, **options: Any) -> list[int]:
    """Return the ids of the videos found, best first."""
    return [one.video_id for one in find(user, typed, **options).videos]


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written inside, as between two examples of one test.

    The index is tidied like by the beat: PostgreSQL looks through all that waits to be merged.
    Remembered texts are forgotten: ids and versions come once more, which they never do otherwise.
    """
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    remembered.clear()
    tidy()
