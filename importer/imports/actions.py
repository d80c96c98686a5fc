"""Cancelling an import and retrying its videos, slice by slice.

Of 10,000 videos on PostgreSQL either takes a second. The first slices are done before the answer; a
worker does the rest, and goes on where the last one was if it was killed. The import itself is
changed in a transaction of its own before (`services`), and each slice is another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import Q

from enrichment import events, hints
from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.imports.models import (
    ACTIVE,
    WANTED,
    BatchState,
    ImportBatch,
    ImportItem,
    UnfinishedAction,
)
from videos.chunks import IDS_PER_QUERY, chunks
from videos.models import ListEntry, Video

LINES = IDS_PER_QUERY  # of a slice: about 0.1 s of writing
AT_ONCE = 2  # slices before the answer
TASK = "importer.tasks.carry_on"


def lock(batch: ImportBatch) -> None:
    """Nobody else changes the import until this transaction ends; its state is what it is now.

    Its list first, since that is the order of locks.
    """
    batch.video_list.reserve_positions(0)
    states = ImportBatch.objects.select_for_update().filter(pk=batch.pk)
    batch.state = states.values_list("state", flat=True).get()


def wanted_now(video_ids: Sequence[int]) -> set[int]:
    """Those of the videos that a running import wants.

    Two queries, without a join: PostgreSQL would read all lines there are beside these, or, without
    statistics, for each of them. The lines by their videos alone: SQLite would read all of an
    import.
    """
    items = ImportItem.objects.filter(verdict__in=WANTED, video__in=video_ids)
    wanting = set(items.values_list("video", "batch"))
    batch_ids = {batch_id for _, batch_id in wanting}
    found: set[int] = set()
    for ids in chunks(sorted(batch_ids)):
        running = ImportBatch.objects.filter(pk__in=ids, state=BatchState.RUNNING)
        found.update(running.values_list("pk", flat=True))
    return {video_id for video_id, batch_id in wanting if batch_id in found}


def begin(action: UnfinishedAction) -> None:
    """Do the first slices of an action, and ask a worker for the rest.

    After the transaction that made its row.
    """
    for _ in range(AT_ONCE):
        if not _do_slice(action.pk):
            return
    transaction.on_commit(lambda: hints.send(TASK))


def carry_on_next() -> bool:
    """Do one slice of any action, and return whether there is more to do. For workers.

    In no order: one that fails again and again does not hold up the others.
    """
    action = UnfinishedAction.objects.order_by("?").first()
    if action is None:
        return False
    _do_slice(action.pk)
    return is_anything_left()


def is_anything_left() -> bool:
    return UnfinishedAction.objects.exists()


@once_more
@transaction.atomic
def _do_slice(action_id: int) -> bool:
    """Do the next slice, and return whether there is more to do.

    Of two processes at once one waits, and does the slice after it.
    """
    rows_of_action = UnfinishedAction.objects.filter(pk=action_id)
    unlocked = rows_of_action.select_related("batch__video_list").first()
    if unlocked is None:
        return False
    batch = unlocked.batch
    lock(batch)
    action = rows_of_action.first()
    if action is None:
        return False
    action.batch = batch
    lines = batch.items.filter(number__gt=action.after).order_by("number")
    rows = list(lines.values_list("number", "video", "verdict")[:LINES])
    video_ids = {video for _, video, verdict in rows if video and verdict in WANTED}
    _DO[UnfinishedAction.Kind(action.kind)](action, sorted(video_ids))
    if len(rows) < LINES:
        action.delete()
        transaction.on_commit(lambda: events.publish_imports([batch.owner_id]))
        return False
    action.after = rows[-1][0]
    action.save(update_fields=["after", "next_rank"])
    return True


def _retry(action: UnfinishedAction, video_ids: Sequence[int]) -> None:
    action.next_rank = enrichment.retry_videos_by_id(
        video_ids=video_ids,
        cause=action.cause or None,
        large=action.is_large,
        first_rank=action.next_rank,
    )
    if action.batch.state == BatchState.PAUSED:
        enrichment.hold_videos(video_ids=video_ids, wanted_elsewhere=wanted_now)


def _cancel(action: UnfinishedAction, video_ids: Sequence[int]) -> None:
    """Take the unfinished of these videos out of the list, and drop the jobs of those that are in
    no list any more. A video that is in some other list is wanted there, and goes on; it waits if
    only a paused import wants it now.
    """
    batch = action.batch
    unfinished = Video.objects.unfinished().filter(pk__in=video_ids).order_by("pk")
    ids = list(unfinished.values_list("pk", flat=True))
    leaving = sorted(set(ids) - _named_by_others(batch, ids))
    ListEntry.objects.filter(video_list=batch.video_list_id, video__in=leaving).delete()
    unlisted = Video.objects.filter(pk__in=ids, entries=None).values_list("pk", flat=True)
    enrichment.drop_videos(video_ids=list(unlisted))
    paused = ImportItem.objects.filter(verdict__in=WANTED, batch__state=BatchState.PAUSED)
    waiting = list(paused.filter(video__in=video_ids).values_list("video", flat=True))
    enrichment.hold_videos(video_ids=waiting, wanted_elsewhere=wanted_now)


def _named_by_others(batch: ImportBatch, video_ids: Sequence[int]) -> set[int | None]:
    """Those of the videos that another import into the list names: one under way, or one that was
    begun when this one was cancelled already.
    """
    others = Q(batch__state__in=ACTIVE) | Q(batch__created_at__gt=batch.finished_at)
    named = ImportItem.objects.filter(others, batch__video_list=batch.video_list_id)
    return set(named.filter(video__in=video_ids).values_list("video", flat=True))


_DO: dict[UnfinishedAction.Kind, Callable[[UnfinishedAction, Sequence[int]], None]] = {
    UnfinishedAction.Kind.RETRY: _retry,
    UnfinishedAction.Kind.CANCEL: _cancel,
}
