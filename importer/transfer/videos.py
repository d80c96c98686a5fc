"""The videos of a dumped library, which the installation may have already."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db.models import F

from enrichment import services as enrichment
from importer.imports.rows import Known, find_known
from importer.transfer.values import Record
from videos.models import Chapter, Transcript, Video
from videos.stages import CaptionsSource, Stage


@dataclass(frozen=True)
class AddedVideos:
    """How many videos are `new` to the installation, and the ids of those written that are
    finished: their words are not in the search index yet.
    """

    new: int
    finished_ids: list[int]


def add_videos(given: dict[str, Record]) -> AddedVideos:
    """Write the videos that are missing, or complete in the library and not yet here.

    `given`: by YouTube's ids. Videos that still need work get a job.
    """
    known = find_known(given)
    fresh = _create_missing(given, known)
    better = []
    for record in given.values():
        if record["id"] in known and _is_better(record, known[record["id"]]):
            better.append(record)
    uploaded = _complete(better)
    written = _with_ids([*fresh, *better])
    _add_parts(written, uploaded)
    _want_unfinished(written[: len(fresh)])
    return AddedVideos(len(fresh), _finished_ids(written))


def _create_missing(given: dict[str, Record], known: dict[str, Known]) -> list[Record]:
    """Create the videos that nobody has here, in their ids' order, and return their records."""
    fresh = []
    videos = []
    for youtube_id in sorted(given.keys() - known.keys()):
        record = given[youtube_id]
        fresh.append(record)
        videos.append(Video(youtube_id=youtube_id, **_columns(record)))
    Video.objects.bulk_create(videos)
    return fresh


def _want_unfinished(videos: Sequence[tuple[int, Record]]) -> None:
    pending = [pk for pk, record in videos if _needs_work(record)]
    if pending:
        enrichment.want_videos(video_ids=pending, large=True)


def _finished_ids(videos: Sequence[tuple[int, Record]]) -> list[int]:
    finished = []
    for pk, record in videos:
        if record["finished_at"] is not None:
            finished.append(pk)
    return finished


def _with_ids(records: Sequence[Record]) -> list[tuple[int, Record]]:
    """Return each record with the id of its row."""
    known = find_known([record["id"] for record in records])
    return [(known[record["id"]].pk, record) for record in records]


def _is_better(record: Record, there: Known) -> bool:
    """Return whether it has all of a video that the installation has only in part."""
    return bool(record["stage"] == Stage.COMPLETE and there.stage != Stage.COMPLETE)


def _needs_work(record: Record) -> bool:
    return bool(record["pending"]) or record["stage"] not in (Stage.COMPLETE, Stage.ERROR)


def _columns(record: Record) -> dict[str, Any]:
    return {
        "title": record["title"],
        "channel": record["channel"],
        "channel_id": record["channel_id"],
        "duration": record["duration"],
        "description": record["description"],
        "published_at": record["published_at"],
        "import_stage": record["stage"],
        "import_progress": record["progress"],
        "error_cause": record["cause"],
        "captions_source": record["captions"],
        "finished_at": record["finished_at"],
    }


def _complete(records: Sequence[Record]) -> set[int]:
    """Complete videos that the installation has in part. Return the ids of those whose transcript
    somebody uploaded: it stays.

    Their jobs go first, so no worker writes after this; then the videos, in their own order.
    """
    videos = sorted(_with_ids(records), key=itemgetter(0))
    ids = [pk for pk, _record in videos]
    enrichment.drop_videos(video_ids=ids)
    for pk, record in videos:
        Video.objects.filter(pk=pk).update(**_columns(record), version=F("version") + 1)
    return _remove_parts(ids)


def _remove_parts(ids: list[int]) -> set[int]:
    """Remove what `_add_parts` adds. Return the ids of the videos with an uploaded transcript."""
    Chapter.objects.filter(video__in=ids).delete()
    Transcript.objects.filter(video__in=ids, uploaded=False).delete()
    uploaded = Transcript.objects.filter(video__in=ids).values_list("video", flat=True)
    Video.objects.filter(pk__in=uploaded).update(captions_source=CaptionsSource.MANUAL)
    return set(uploaded)


def _add_parts(videos: Sequence[tuple[int, Record]], uploaded: set[int]) -> None:
    """Add chapters and transcripts; no transcript where one was `uploaded`."""
    chapters: list[Chapter] = []
    transcripts: list[Transcript] = []
    for pk, record in videos:
        chapters += _chapters_of(pk, record)
        if record["transcript"] and pk not in uploaded:
            transcripts.append(Transcript(video_id=pk, **record["transcript"]))
    Chapter.objects.bulk_create(chapters)
    Transcript.objects.bulk_create(transcripts)


def _chapters_of(video_id: int, record: Record) -> Iterator[Chapter]:
    for number, (start, end, title) in enumerate(record["chapters"], 1):
        yield Chapter(video_id=video_id, number=number, start=start, end=end, title=title)
