"""The videos of a dumped library, which the installation may have already."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    fresh = [given[youtube_id] for youtube_id in sorted(given.keys() - known.keys())]
    Video.objects.bulk_create(
        Video(youtube_id=record["id"], **_columns(record)) for record in fresh
    )
    better = [record for record in given.values() if _is_better(record, known)]
    uploaded = _complete(better)
    ids = _ids_of([*fresh, *better])
    written = [(ids[record["id"]], record) for record in (*fresh, *better)]
    _add_parts(written, uploaded)
    _want_unfinished(fresh, ids)
    finished = [pk for pk, record in written if record["finished_at"] is not None]
    return AddedVideos(len(fresh), finished)


def _want_unfinished(records: Sequence[Record], ids: dict[str, int]) -> None:
    pending = [ids[record["id"]] for record in records if _needs_work(record)]
    if pending:
        enrichment.want_videos(video_ids=pending, large=True)


def _ids_of(records: Sequence[Record]) -> dict[str, int]:
    """Return the ids of these videos' rows, by YouTube's ids."""
    known = find_known([record["id"] for record in records])
    return {youtube_id: video.pk for youtube_id, video in known.items()}


def _is_better(record: Record, known: dict[str, Known]) -> bool:
    """Return whether it has all of a video that the installation has only in part."""
    there = known.get(record["id"])
    if there is None or there.stage == Stage.COMPLETE:
        return False
    return bool(record["stage"] == Stage.COMPLETE)


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
    known = find_known([record["id"] for record in records])
    ids = sorted(video.pk for video in known.values())
    enrichment.drop_videos(video_ids=ids)
    for record in sorted(records, key=lambda record: known[record["id"]].pk):
        video = Video.objects.filter(pk=known[record["id"]].pk)
        video.update(**_columns(record), version=F("version") + 1)
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


def _chapters_of(video_id: int, record: Record) -> list[Chapter]:
    chapters = []
    for number, (start, end, title) in enumerate(record["chapters"], 1):
        chapter = Chapter(video_id=video_id, number=number, start=start, end=end, title=title)
        chapters.append(chapter)
    return chapters
