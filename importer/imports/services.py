"""What a person does with imports: preview, start, pause, resume, cancel, retry.

HTML, REST, admin and commands call the same functions.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from enrichment import events, hints
from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.imports import slices
from importer.imports.cut_short import read_again
from importer.imports.expansion import add_expansions
from importer.imports.models import (
    ACTIVE,
    WANTED,
    BatchState,
    Expansion,
    ImportBatch,
    ImportItem,
    Source,
    Verdict,
)
from importer.imports.quotas import check_quotas, check_turn, in_turn, room_for_videos, within_room
from importer.imports.rows import Row, find_known, in_list, rows_from, take_in
from importer.imports.settling import finish
from importer.parsing import ParsedLine, Reason
from videos.chunks import chunks
from videos.models import ListEntry, Video, VideoList, VideoQuerySet

# What a person does is limited; what their follows and an operator bring is not.
LIMITED = frozenset({Source.WEB, Source.API})


logger = logging.getLogger(__name__)


class ImportStateError(Exception):
    """The import's state forbids this: a finished one cannot be paused."""


@dataclass(frozen=True)
class ImportReport:
    """What became of the rows of one import, by verdict."""

    batch: ImportBatch
    created: int
    known: int
    duplicates: int
    repeated: int
    invalid: int
    expanding: int
    over_limit: int
    is_in_slices: bool = False


@dataclass(frozen=True)
class UnusableLine:
    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class ImportPreview:
    """What an import would do; known without asking YouTube."""

    videos: int
    new: int
    known_here: int
    repeated: int
    playlists: int
    over_limit: int
    unusable: tuple[UnusableLine, ...]


def start_import(
    *,
    owner: Any,
    video_list: VideoList,
    lines: Iterable[ParsedLine],
    source: Source,
    limit: int | None = None,
) -> ImportReport:
    """Keep every line with its verdict and make all it asks for.

    Nothing is fetched; work starts after the commit. Raises ImportRefused where the user has to
    wait, or to make room.
    """
    limit = min(limit or settings.MAX_BATCH_LINES, settings.MAX_BATCH_LINES)
    rows = list(rows_from(lines, limit=limit))
    return import_rows(owner=owner, video_list=video_list, rows=rows, source=source, limit=limit)


def begin_import(
    *,
    owner: Any,
    video_list: VideoList,
    lines: Iterable[ParsedLine],
    source: Source,
    limit: int | None = None,
) -> ImportReport:
    """As `start_import`; `take_slices` is to be called after the caller's transaction."""
    limit = min(limit or settings.MAX_BATCH_LINES, settings.MAX_BATCH_LINES)
    return begin_rows(
        owner=owner,
        video_list=video_list,
        rows=list(rows_from(lines, limit=limit)),
        source=source,
        limit=limit,
    )


def import_rows(
    *, owner: Any, video_list: VideoList, rows: Sequence[Row], source: Source, limit: int
) -> ImportReport:
    """As `start_import`, from rows.

    `limit` is how far playlists among them may let the import grow.
    """
    report = in_turn(
        lambda: begin_rows(
            owner=owner, video_list=video_list, rows=rows, source=source, limit=limit
        )
    )
    take_slices(report)
    return report


@once_more
def begin_rows(
    *, owner: Any, video_list: VideoList, rows: Sequence[Row], source: Source, limit: int
) -> ImportReport:
    """Begin an import in one transaction: a small one is taken in, of a large one the lines are
    kept for `take_slices`. The report is that of the whole import.
    """
    is_large = len(rows) > slices.ROWS
    with transaction.atomic():
        if source in LIMITED:
            check_quotas(owner)
            rows = within_room(rows, room_for_videos(owner))
            if is_large:
                check_turn(owner)
        batch = ImportBatch.objects.create(
            owner=owner, video_list=video_list, source=source, limit=limit
        )
        counts = slices.keep_slices(batch, rows) if is_large else _take_in_whole(batch, rows)
        transaction.on_commit(lambda: _after_start(batch, expanding=counts[Verdict.EXPANDING]))
    return ImportReport(
        batch,
        created=counts[Verdict.NEW],
        known=counts[Verdict.KNOWN],
        duplicates=counts[Verdict.DUPLICATE],
        repeated=counts[Verdict.REPEATED],
        invalid=counts[Verdict.INVALID],
        expanding=counts[Verdict.EXPANDING],
        over_limit=counts[Verdict.OVER_LIMIT],
        is_in_slices=is_large,
    )


def take_slices(report: ImportReport) -> None:
    """Take in what is left of an import that has begun. Nothing where it was small.

    Sets the state of its batch to what it is then. Its lines are kept already: when the database
    goes away now, the import has been accepted all the same, and the beat takes in the rest.
    """
    if not report.is_in_slices:
        return
    try:
        slices.take_slices(report.batch)
        report.batch.refresh_from_db(fields=["state", "finished_at"])
    except (OperationalError, InterfaceError):
        logger.warning("import %s: the database went away, it goes on later", report.batch.pk)
        connection.close()


def _take_in_whole(batch: ImportBatch, rows: Sequence[Row]) -> Counter[Verdict]:
    taken = take_in(batch, rows, large=len(rows) > enrichment.LARGE)
    if taken.counts[Verdict.EXPANDING]:
        add_expansions(batch)
    elif taken.settled:
        finish(batch)
    return taken.counts


def _after_start(batch: ImportBatch, *, expanding: int) -> None:
    events.publish_imports([batch.owner_id])
    if expanding:
        hints.send("importer.tasks.read_next")


def preview_import(*, video_list: VideoList | None, lines: Iterable[ParsedLine]) -> ImportPreview:
    """What `start_import` would answer, with nothing written; without a list, into a new one.

    A few queries per thousand lines.
    """
    return preview_rows(
        video_list=video_list, rows=list(rows_from(lines, limit=settings.MAX_BATCH_LINES))
    )


def preview_rows(*, video_list: VideoList | None, rows: Sequence[Row]) -> ImportPreview:
    """As `preview_import`, from rows."""
    wanted = {row.youtube_id for row in rows if row.youtube_id}
    known = find_known(wanted)
    here = len(in_list(video_list.pk, known)) if video_list else 0
    return ImportPreview(
        videos=len(wanted),
        new=len(wanted) - here,
        known_here=here,
        repeated=sum(1 for row in rows if row.youtube_id) - len(wanted),
        playlists=sum(row.verdict == Verdict.EXPANDING for row in rows),
        over_limit=sum(row.verdict == Verdict.OVER_LIMIT for row in rows),
        unusable=tuple(_unusable(row) for row in rows if row.verdict == Verdict.INVALID),
    )


def _unusable(row: Row) -> UnusableLine:
    return UnusableLine(row.line, row.text, str(Reason(row.reason).label))


@once_more
@transaction.atomic
def pause_batch(*, batch: ImportBatch) -> ImportBatch:
    """Hold the import's waiting videos, except those another running import wants.

    What is being fetched right now ends in order.
    """
    _move(batch, from_states=(BatchState.RUNNING,), to=BatchState.PAUSED)
    enrichment.hold_videos(video_ids=wanted_ids(batch), wanted_elsewhere=wanted_now())
    return batch


@once_more
@transaction.atomic
def resume_batch(*, batch: ImportBatch) -> ImportBatch:
    _move(batch, from_states=(BatchState.PAUSED,), to=BatchState.RUNNING)
    enrichment.release_videos(video_ids=wanted_ids(batch))
    transaction.on_commit(lambda: hints.send("importer.tasks.read_next"))
    return batch


@once_more
@transaction.atomic
def cancel_batch(*, batch: ImportBatch) -> ImportBatch:
    """Stop the import.

    Its unfinished videos leave the list, unless another import into it names them; the finished
    ones stay.

    A video that is in some other list is wanted there, and goes on; it waits if only a paused
    import wants it now.
    """
    _move(batch, from_states=ACTIVE, to=BatchState.CANCELLED)
    batch.finished_at = timezone.now()
    batch.announced = True
    batch.save(update_fields=["finished_at", "announced"])
    batch.slices.all().delete()
    batch.items.filter(verdict=Verdict.EXPANDING).update(verdict=Verdict.EXPANDED)
    Expansion.objects.filter(item__batch=batch).delete()
    enrichment.drop_videos(video_ids=_take_out(batch))
    enrichment.hold_videos(video_ids=_wanted_by_paused(batch), wanted_elsewhere=wanted_now())
    return batch


def _take_out(batch: ImportBatch) -> list[int]:
    """Take the import's unfinished videos out of its list, but for those that another import into
    it names. Answers those that are in no list any more.

    By ids, in pieces: PostgreSQL joins whole tables row by row when its statistics are of empty
    ones.
    """
    unfinished = wanted_videos(batch).unfinished().order_by("pk").values_list("pk", flat=True)
    named = ImportItem.objects.filter(
        batch__video_list=batch.video_list_id, batch__state__in=ACTIVE
    ).values_list("video", flat=True)
    unlisted: list[int] = []
    for ids in chunks(list(unfinished)):
        leaving = set(ids) - set(named.filter(video__in=ids))
        ListEntry.objects.filter(video_list=batch.video_list_id, video__in=leaving).delete()
        unlisted += Video.objects.filter(pk__in=ids, entries=None).values_list("pk", flat=True)
    return unlisted


@once_more
@transaction.atomic
def retry_batch(*, batch: ImportBatch, cause: str | None = None) -> int:
    """A new attempt for the import's failed videos, of one cause or of all.

    Answers how many; with any, a finished import runs again.

    Those of a paused import wait with it. Playlists that could be read only in part are read again,
    and count as well.
    """
    if batch.state == BatchState.CANCELLED:
        raise ImportStateError
    failed = wanted_videos(batch)
    if cause is not None:
        failed = failed.filter(error_cause=cause)
    lists = read_again(batch, cause=cause)
    count = enrichment.retry_videos(videos=failed) + lists
    if batch.state == BatchState.PAUSED:
        enrichment.hold_videos(video_ids=wanted_ids(batch), wanted_elsewhere=wanted_now())
    if count:
        _run_again(batch)
    if lists:
        transaction.on_commit(lambda: _after_start(batch, expanding=lists))
    return count


@once_more
@transaction.atomic
def read_lists_again(*, batch: ImportBatch, item: int | None = None) -> int:
    """Read the import's playlists and channels once more of which only a part came, or nothing.

    `item`: one line of them alone. Answers how many; with any, a finished import runs again.
    """
    if batch.state == BatchState.CANCELLED:
        raise ImportStateError
    lists = read_again(batch, line=item)
    if lists:
        _run_again(batch)
        transaction.on_commit(lambda: _after_start(batch, expanding=lists))
    return lists


def _run_again(batch: ImportBatch) -> None:
    if batch.state == BatchState.FINISHED:
        batch.state, batch.finished_at, batch.announced = BatchState.RUNNING, None, False
        batch.save(update_fields=["state", "finished_at", "announced"])


def move_batch_to_front(*, batch: ImportBatch) -> None:
    """The import's waiting videos are next."""
    if batch.state not in ACTIVE:
        raise ImportStateError
    enrichment.move_to_front(video_ids=wanted_ids(batch))


def mark_announced(*, batch: ImportBatch) -> None:
    """The owner has seen the summary: it is not shown again."""
    ImportBatch.objects.filter(pk=batch.pk).update(announced=True)


def wanted_videos(batch: ImportBatch) -> VideoQuerySet:
    """The videos this import brings into its list."""
    return Video.objects.filter(import_items__batch=batch, import_items__verdict__in=WANTED)


def wanted_ids(batch: ImportBatch) -> list[int]:
    """The ids of the videos this import brings into its list, in their order."""
    wanted = batch.items.filter(verdict__in=WANTED, video__isnull=False)
    return list(wanted.order_by("video").values_list("video", flat=True).distinct())


def _wanted_by_paused(batch: ImportBatch) -> list[int]:
    """Of the import's videos those that a paused import wants, too."""
    wanted = ImportItem.objects.filter(verdict__in=WANTED, batch__state=BatchState.PAUSED)
    found: list[int] = []
    for ids in chunks(wanted_ids(batch)):
        found += wanted.filter(video__in=ids).values_list("video", flat=True)
    return found


def wanted_now() -> VideoQuerySet:
    """The videos that a running import wants."""
    return Video.objects.filter(
        import_items__batch__state=BatchState.RUNNING, import_items__verdict__in=WANTED
    )


def _move(batch: ImportBatch, *, from_states: Iterable[BatchState], to: BatchState) -> None:
    if not ImportBatch.objects.filter(pk=batch.pk, state__in=from_states).update(state=to):
        raise ImportStateError
    batch.state = to
    transaction.on_commit(lambda: events.publish_imports([batch.owner_id]))
