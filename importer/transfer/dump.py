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
    """The lines, each with its end, as the library is at this moment.

    Closes its transaction when it is read to the end or dropped.
    """
    with _snapshot():
        for record in _records(owner):
            yield (
                json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
                + "\n"
            )


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
    for name in sorted(
        _tags(owner).values_list("name", flat=True)
    ):  # as Python sorts: databases differ
        yield {"type": "tag", "name": name}
    ids = set(
        ListEntry.objects.filter(video_list__in=VideoList.objects.owned_by(owner)).values_list(
            "video__youtube_id", flat=True
        )
    )
    for some in chunks(sorted(ids), VIDEOS_AT_ONCE):
        yield from _videos(some)
    for video_list in VideoList.objects.owned_by(owner).order_by("pk"):
        yield {
            "type": "list",
            "name": video_list.name,
            "created_at": _moment(video_list.created_at),
            "updated_at": _moment(video_list.updated_at),
        }
        for search in SavedSearch.objects.filter(owner=owner, video_list=video_list).order_by("pk"):
            yield _search(search)
        yield from _entries(video_list)
        for batch in ImportBatch.objects.filter(owner=owner, video_list=video_list).order_by("pk"):
            yield from _import(batch, ids)
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
    for search in SavedSearch.objects.filter(owner=owner, video_list=None).order_by("pk"):
        yield _search(search)


def _search(saved: SavedSearch) -> Record:
    """A saved search. The list of one follows from where it stands: ids differ elsewhere."""
    query = QueryDict(saved.query, mutable=True)
    query.pop("list", None)
    return {
        "type": "search",
        "name": saved.name,
        "query": query.urlencode(),
        "in_list": saved.video_list_id is not None,
        "created_at": _moment(saved.created_at),
    }


def _tags(owner: Any) -> QuerySet[Tag]:
    """Without those that hang only on deleted lists."""
    entries = ListEntry.objects.filter(tags=OuterRef("pk"))
    here = entries.filter(video_list__deleted_at=None)
    return Tag.objects.filter(Exists(here) | ~Exists(entries), owner=owner)


def _videos(ids: Any) -> Iterator[Record]:
    videos = Video.objects.filter(youtube_id__in=ids).prefetch_related("chapters")
    transcripts = {
        found.pop("video"): found
        for found in Transcript.objects.filter(video__in=videos.values("pk")).values(*TRANSCRIPT)
    }
    pending = set(
        EnrichmentJob.objects.filter(video__in=videos.values("pk")).values_list(
            "video_id", flat=True
        )
    )
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
            "chapters": [
                [chapter.start, chapter.end, chapter.title] for chapter in video.chapters.all()
            ],
            "transcript": transcripts.get(video.pk),
        }


def _entries(video_list: VideoList) -> Iterator[Record]:
    entries = (
        video_list.entries.select_related("video").prefetch_related("tags").order_by("position")
    )
    for entry in entries.only("note", "added_at", "video__youtube_id").iterator(
        chunk_size=ROWS_AT_ONCE
    ):
        yield {
            "type": "entry",
            "video": entry.video.youtube_id,
            "note": entry.note,
            "tags": sorted(tag.name for tag in entry.tags.all()),
            "added_at": _moment(entry.added_at),
        }


def _import(batch: ImportBatch, visible: set[str]) -> Iterator[Record]:
    """An import and its items.

    A video that is in none of the user's lists any more is none of their library.
    """
    yield {
        "type": "import",
        "source": batch.source,
        "state": batch.state,
        "limit": batch.limit,
        "announced": batch.announced,
        "created_at": _moment(batch.created_at),
        "finished_at": _moment(batch.finished_at),
    }
    columns = ("number", "line", "text", "verdict", "reason", "video__youtube_id")
    for number, line, text, verdict, reason, video in (
        batch.items.order_by("number").values_list(*columns).iterator(chunk_size=ROWS_AT_ONCE)
    ):
        if video not in visible:
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
    """A followed playlist or channel, and what was seen in it."""
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
