"""A user's library as lines. Never more in memory than a few videos with their transcripts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from enrichment.models import EnrichmentJob
from importer.following.models import Follow
from importer.imports.models import ImportBatch
from importer.transfer.lines import VERSION
from importer.transfer.values import Record
from importer.webhooks.models import Webhook
from videos.chunks import chunks
from videos.models import ListEntry, Tag, Transcript, Video, VideoList
from videos.preferences import chosen_languages
from videos.search.models import SavedSearch

VIDEOS_AT_ONCE = 20  # with transcripts, of which a long one takes some megabytes
ROWS_AT_ONCE = 1_000
TRANSCRIPT = ("video", "source", "language", "uploaded", "cues")


def dump_library(owner: Any) -> Iterator[str]:
    """Yield the lines with their ends, as the library is at this moment.

    Closes its transaction when it is read to the end or dropped.
    """
    with _snapshot():
        for record in _records(owner):
            yield _line(record)


def _line(record: Record) -> str:
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text + "\n"


@contextmanager
def _snapshot() -> Iterator[None]:
    """All queries see the library as it is now, and nobody has to wait for us.

    In a transaction of the caller's, what that one sees.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # `atomic` would take SQLite's one lock for writing
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _records(owner: Any) -> Iterator[Record]:
    yield {"type": "library", "version": VERSION}
    yield from _personal(owner)
    # As Python sorts: databases differ.
    for name in sorted(_tags(owner).values_list("name", flat=True)):
        yield {"type": "tag", "name": name}
    entries = ListEntry.objects.filter(video_list__in=VideoList.objects.owned_by(owner))
    ids = set(entries.values_list("video__youtube_id", flat=True))
    for some in chunks(sorted(ids), VIDEOS_AT_ONCE):
        yield from _videos(some)
    for video_list in VideoList.objects.owned_by(owner).order_by("pk"):
        yield from _list(owner, video_list, ids)


def _list(owner: Any, video_list: VideoList, visible: set[str]) -> Iterator[Record]:
    yield {
        "type": "list",
        "name": video_list.name,
        "created_at": _moment(video_list.created_at),
        "updated_at": _moment(video_list.updated_at),
    }
    yield from _searches(owner, video_list)
    yield from _entries(video_list)
    for batch in ImportBatch.objects.filter(owner=owner, video_list=video_list).order_by("pk"):
        yield from _import(batch, visible)
    for follow in video_list.follows.order_by("pk"):
        yield from _follow(follow)


def _personal(owner: Any) -> Iterator[Record]:
    if languages := chosen_languages(owner):
        yield {"type": "preferences", "caption_languages": languages}
    for webhook in Webhook.objects.filter(owner=owner):
        yield {
            "type": "webhook",
            "address": webhook.address,
            "secret": webhook.secret,
            "created_at": _moment(webhook.created_at),
        }
    yield from _searches(owner, None)


def _searches(owner: Any, video_list: VideoList | None) -> Iterator[Record]:
    saved = SavedSearch.objects.filter(owner=owner, video_list=video_list)
    for search in saved.order_by("pk"):
        yield _search(search)


def _search(saved: SavedSearch) -> Record:
    query = QueryDict(saved.query, mutable=True)
    query.pop("list", None)  # which follows from where the line stands: ids differ elsewhere
    return {
        "type": "search",
        "name": saved.name,
        "query": query.urlencode(),
        "in_list": saved.video_list_id is not None,
        "created_at": _moment(saved.created_at),
    }


def _tags(owner: Any) -> QuerySet[Tag]:
    entries = ListEntry.objects.filter(tags=OuterRef("pk"))
    here = entries.filter(video_list__deleted_at=None)
    # Without those that hang only on deleted lists.
    return Tag.objects.filter(Exists(here) | ~Exists(entries), owner=owner)


def _videos(ids: Any) -> Iterator[Record]:
    videos = Video.objects.filter(youtube_id__in=ids).prefetch_related("chapters")
    transcripts = _transcripts_of(videos)
    jobs = EnrichmentJob.objects.filter(video__in=videos.values("pk"))
    pending = set(jobs.values_list("video_id", flat=True))
    for video in sorted(videos, key=lambda video: video.youtube_id):
        yield {
            "type": "video",
            "id": video.youtube_id,
            "title": video.title,
            "channel": video.channel,
            "channel_id": video.channel_id,
            "duration": video.duration,
            "description": video.description,
            "published_at": video.published_at and video.published_at.isoformat(),
            "stage": video.import_stage,
            "progress": video.import_progress,
            "cause": video.error_cause,
            "captions": video.captions_source,
            "finished_at": _moment(video.finished_at),
            "pending": video.pk in pending,
            "chapters": _chapters_of(video),
            "transcript": transcripts.get(video.pk),
        }


def _transcripts_of(videos: QuerySet[Video]) -> dict[int, Record]:
    by_video = {}
    for found in Transcript.objects.filter(video__in=videos.values("pk")).values(*TRANSCRIPT):
        by_video[found.pop("video")] = found
    return by_video


def _chapters_of(video: Video) -> list[list[Any]]:
    chapters = []
    for chapter in video.chapters.all():
        chapters.append([chapter.start, chapter.end, chapter.title])
    return chapters


def _entries(video_list: VideoList) -> Iterator[Record]:
    entries = video_list.entries.select_related("video").prefetch_related("tags")
    rows = entries.order_by("position").only("note", "added_at", "video__youtube_id")
    for entry in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield {
            "type": "entry",
            "video": entry.video.youtube_id,
            "note": entry.note,
            "tags": sorted(tag.name for tag in entry.tags.all()),
            "added_at": _moment(entry.added_at),
        }


def _import(batch: ImportBatch, visible: set[str]) -> Iterator[Record]:
    yield {
        "type": "import",
        "source": batch.source,
        "state": batch.state,
        "limit": batch.limit,
        "announced": batch.announced,
        "created_at": _moment(batch.created_at),
        "finished_at": _moment(batch.finished_at),
    }
    yield from _items(batch, visible)


def _items(batch: ImportBatch, visible: set[str]) -> Iterator[Record]:
    columns = ("number", "line", "text", "verdict", "reason", "video__youtube_id")
    rows = batch.items.order_by("number").values_list(*columns)
    for number, line, text, verdict, reason, video in rows.iterator(chunk_size=ROWS_AT_ONCE):
        if video not in visible:  # in none of the user's lists any more, so none of their library
            video = None
        yield {
            "type": "item",
            "number": number,
            "line": line,
            "text": text,
            "verdict": verdict,
            "reason": reason,
            "video": video,
        }


def _follow(follow: Follow) -> Iterator[Record]:
    yield {
        "type": "follow",
        "kind": follow.kind,
        "source": follow.source,
        "title": follow.title,
        "every_hours": follow.every_hours,
        "next_at": _moment(follow.next_at),
        "checked_at": _moment(follow.checked_at),
        "read_all_at": _moment(follow.read_all_at),
        "brought": follow.brought,
        "cause": follow.cause,
        "created_at": _moment(follow.created_at),
    }
    yield from _seen(follow)


def _seen(follow: Follow) -> Iterator[Record]:
    rows = follow.videos.order_by("pk").values_list("youtube_id", "gone_since", "gone_cause")
    for youtube_id, gone_since, cause in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield {
            "type": "seen",
            "video": youtube_id,
            "gone_since": _moment(gone_since),
            "cause": cause,
        }


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None
