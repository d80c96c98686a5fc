"""From lines to rows: every line gets its verdict, and the videos, entries and jobs it asks for.

Runs inside the caller's transaction.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.imports.annotations import Annotation, annotate
from importer.imports.counts import recount
from importer.imports.models import ImportBatch, ImportItem, Verdict
from importer.parsing import ChannelAddress, ParsedLine, PlaylistAddress, VideoAddress
from videos.bulk import Plain, insert_rows
from videos.causes import is_retryable
from videos.chunks import chunks
from videos.models import ListEntry, Video
from videos.stages import FINISHED, Stage
from videos.text import storable

LONGEST_TITLE = 500  # characters, as the column holds


class Row(NamedTuple):
    """One future item. Without a `youtube_id` its verdict is already known; with one, where the row
    was kept in a slice.

    `title`, `channel` and `duration` are what YouTube's playlist says about a video for nothing: a
    new video begins with them. `file_title` (what the owner's file calls it), `note`, `tags` and
    `added_at` (None: now) belong to the entry in the list.
    """

    line: int
    text: str
    youtube_id: str = ""
    verdict: Verdict | None = None
    reason: str = ""
    title: str = ""
    channel: str = ""
    duration: int | None = None
    file_title: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    added_at: datetime | None = None


class Known(NamedTuple):
    """What the library has of a video."""

    pk: int
    stage: str
    cause: str


class Item(NamedTuple):
    """A row of the ledger, in the order of its columns."""

    batch_id: int
    number: int
    line: int
    text: str
    reason: str
    verdict: Verdict
    video_id: int | None


@dataclass(frozen=True)
class Taken:
    """What `take_in` did."""

    counts: Counter[Verdict]
    settled: bool = field(
        default=True
    )  # none of the videos it brought into the list still needs work


def rows_from(lines: Iterable[ParsedLine], *, limit: int) -> Iterator[Row]:
    """Pure: a row per parsed address; everything beyond `limit` is kept as over the limit."""
    for count, line in enumerate(lines):
        address, text = line.address, storable(line.text)
        if count >= limit:
            yield Row(line.number, text, verdict=Verdict.OVER_LIMIT)
        elif isinstance(address, VideoAddress):
            yield Row(line.number, text, address.youtube_id)
        elif isinstance(address, PlaylistAddress | ChannelAddress):
            yield Row(line.number, text, verdict=Verdict.EXPANDING)
        else:
            yield Row(line.number, text, verdict=Verdict.INVALID, reason=address.reason.value)


def take_in(
    batch: ImportBatch, rows: Sequence[Row], *, large: bool, top: int | None = None
) -> Taken:
    """Add these rows to the import: items with verdicts, missing videos, entries and jobs in the
    rows' order.

    The first row's entry is on top, at the position `top`, or above all others when that is None.
    """
    named = wanted(rows)
    top = _reserve_positions(batch, len(named), top)
    before = find_known(named)
    _create_videos([row for youtube_id, row in named.items() if youtube_id not in before])
    after = find_known(named) if len(before) < len(named) else before
    here = in_list(batch.video_list_id, before)
    mine = in_lists_of(batch.owner_id, before)
    items = list(_items(batch, rows, after=after, here=here, mine=mine))
    insert_rows(ImportItem, Item._fields, items)
    arriving = [row for youtube_id, row in named.items() if after[youtube_id].pk not in here]
    _create_entries(batch.video_list_id, arriving, after, top=top)
    annotate(batch.video_list, _annotations(named, after))
    settled = _queue(batch, [after[row.youtube_id] for row in arriving], large=large)
    _want_waiting(arriving, before, large=large)
    _count_again_after_commit(batch.pk, before.values())
    return Taken(Counter(item.verdict for item in items), settled)


def _reserve_positions(batch: ImportBatch, videos: int, top: int | None) -> int:
    """Return the first row's position. Also locks the list for what follows."""
    if top is not None:
        batch.video_list.reserve_positions(0)
        return top
    return batch.video_list.reserve_positions(max(videos, 1))


def _count_again_after_commit(batch_id: int, known: Iterable[Known]) -> None:
    """Mend the import's counts where a run changed a known video at the moment its line came.

    Neither transaction sees the other one's rows on PostgreSQL. SQLite lets one write at a time.
    """
    unfinished = _unfinished(known)
    if unfinished and connection.features.has_select_for_update:
        transaction.on_commit(lambda: _count_again(batch_id, unfinished))


def _unfinished(videos: Iterable[Known]) -> list[int]:
    return [video.pk for video in videos if video.stage not in FINISHED]


@once_more
@transaction.atomic
def _count_again(batch_id: int, video_ids: Sequence[int]) -> None:
    """Wait for the runs of these videos to write what they are writing, and count."""
    enrichment.lock_jobs(video_ids=video_ids)
    recount([batch_id])


def _annotations(named: dict[str, Row], known: dict[str, Known]) -> dict[int, Annotation]:
    """Return what the rows say of videos, by the videos' ids."""
    said: dict[int, Annotation] = {}
    for youtube_id, row in named.items():
        if row.note or row.tags:
            said[known[youtube_id].pk] = Annotation(row.note, row.tags)
    return said


def _want_waiting(arriving: Iterable[Row], before: dict[str, Known], *, large: bool) -> None:
    """Say that those of the videos that were waiting already are wanted once more."""
    known = []
    for row in arriving:
        if row.youtube_id in before:
            known.append(before[row.youtube_id])
    enrichment.want_waiting_videos(video_ids=_unfinished(known), large=large)


def wanted(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the videos in the order they are first named; what that row does not know about a
    video, a later one may.
    """
    found: dict[str, Row] = {}
    for row in rows:
        if row.youtube_id:
            first = found.setdefault(row.youtube_id, row)
            if first is not row and _says_something(row):
                found[row.youtube_id] = _completed_by(first, row)
    return found


def _says_something(row: Row) -> bool:
    return any((row.title, row.file_title, row.note, row.tags, row.added_at))


def _completed_by(first: Row, row: Row) -> Row:
    """Return the first row with what only a later one knows."""
    return first._replace(
        title=first.title or row.title,
        file_title=first.file_title or row.file_title,
        note=first.note or row.note,
        tags=tuple(dict.fromkeys(first.tags + row.tags)),
        added_at=first.added_at or row.added_at,
    )


def find_known(youtube_ids: Iterable[str]) -> dict[str, Known]:
    """Return the videos the library has, by their id at YouTube. One query per 900."""
    found: dict[str, Known] = {}
    for ids in chunks(sorted(youtube_ids)):
        videos = Video.objects.filter(youtube_id__in=ids)
        rows = videos.values_list("youtube_id", "pk", "import_stage", "error_cause")
        for youtube_id, pk, stage, cause in rows:
            found[youtube_id] = Known(pk, stage, cause)
    return found


def _create_videos(rows: Sequence[Row]) -> None:
    """A lost race is no error."""
    columns = ("youtube_id", "title", "channel", "duration")
    values = [(row.youtube_id, row.title, row.channel, row.duration) for row in rows]
    # In the ids' order: two imports of the same videos wait for each other instead of deadlocking.
    insert_rows(Video, columns, sorted(values), ignore_conflicts=True)


def _create_entries(
    list_id: int, rows: Sequence[Row], known: dict[str, Known], *, top: int
) -> None:
    now = timezone.now()
    columns: dict[str, Iterable[Plain]] = {
        "video_id": [known[row.youtube_id].pk for row in rows],
        "position": range(top, top - len(rows), -1),
    }
    columns |= _given_columns(rows, now=now)
    insert_rows(
        ListEntry,
        tuple(columns),
        zip(*columns.values(), strict=True),
        same={"video_list_id": list_id, "added_at": now},
    )


def _given_columns(rows: Sequence[Row], *, now: datetime) -> dict[str, Iterable[Plain]]:
    """Columns that no row fills are left to their defaults: most imports are addresses alone."""
    columns: dict[str, Iterable[Plain]] = {}
    titles = [row.file_title for row in rows]
    if any(titles):
        columns["file_title"] = titles
    notes = [row.note for row in rows]
    if any(notes):
        columns["note"] = notes
    if any(row.added_at for row in rows):
        columns["added_at"] = [row.added_at or now for row in rows]
    return columns


def in_list(list_id: int, known: dict[str, Known]) -> set[int]:
    """Return which of these videos the list has already. One query per 900."""
    return _videos_of_entries(known, video_list=list_id)


def in_lists_of(owner_id: int, known: dict[str, Known]) -> set[int]:
    """Return which of these videos are in any list of this user's. One query per 900."""
    return _videos_of_entries(known, video_list__owner=owner_id, video_list__deleted_at=None)


def _videos_of_entries(known: dict[str, Known], **entries: Any) -> set[int]:
    """Return which of the videos have such an entry."""
    found: set[int] = set()
    for ids in chunks(sorted(video.pk for video in known.values())):
        rows = ListEntry.objects.filter(video__in=ids, **entries)
        found.update(rows.values_list("video_id", flat=True))
    return found


def _items(
    batch: ImportBatch,
    rows: Sequence[Row],
    *,
    after: dict[str, Known],
    here: set[int],
    mine: set[int],
) -> Iterator[Item]:
    seen: set[str] = set()
    for number, row in enumerate(rows, _next_number(batch)):
        pk = after[row.youtube_id].pk if row.youtube_id else None
        verdict = row.verdict
        if verdict is None and row.youtube_id in seen:
            verdict = Verdict.REPEATED
        elif verdict is None:
            verdict = verdict_of(pk, here=here, mine=mine)
        seen.add(row.youtube_id)
        yield Item(batch.pk, number, row.line, row.text, row.reason, verdict, pk)


def _next_number(batch: ImportBatch) -> int:
    last = batch.items.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def verdict_of(pk: int | None, *, here: set[int], mine: set[int]) -> Verdict:
    """Return the verdict of a video that is named for the first time; `pk` is None for an unknown
    one.

    A video that only others have is new: an import does not tell that somebody has it.
    """
    if pk in here:
        return Verdict.DUPLICATE
    if pk in mine:
        return Verdict.KNOWN
    return Verdict.NEW


def _queue(batch: ImportBatch, arriving: Sequence[Known], *, large: bool) -> bool:
    """Add jobs for what still needs work, and return whether nothing does.

    A failed video that may work by now gets a new attempt.
    """
    unfinished = _unfinished(arriving)
    again = _retryable(arriving)
    if unfinished:
        _want(batch, unfinished, large=large)
    if again:
        enrichment.retry_videos(videos=Video.objects.filter(pk__in=again))
    return not unfinished and not again


def _retryable(videos: Iterable[Known]) -> list[int]:
    found = []
    for video in videos:
        if video.stage == Stage.ERROR and is_retryable(video.cause):
            found.append(video.pk)
    return found


def _want(batch: ImportBatch, video_ids: Sequence[int], *, large: bool) -> None:
    batch.next_rank = enrichment.want_videos(
        video_ids=video_ids, large=large, first_rank=batch.next_rank
    )
    if large:
        batch.save(update_fields=["next_rank"])
