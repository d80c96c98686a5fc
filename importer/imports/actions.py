"""Cancelling an import and retrying its videos, slice by slice.

Of 10,000 videos on PostgreSQL either takes a second. The first slices are done before the answer; a
worker does the rest, and goes on where the last one was if it was killed. The import itself is
changed in a transaction of its own before (`services`), and each slice is another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

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
    """Let nobody else change the import until this transaction ends, and read its state."""
    # Its list first: that is the order of locks.
    batch.video_list.reserve_positions(0)
    states = ImportBatch.objects.select_for_update().filter(pk=batch.pk)
    batch.state = states.values_list("state", flat=True).get()


def wanted_now(video_ids: Sequence[int]) -> set[int]:
    """Return those of the videos that a running import wants.

    Two queries, without a join: PostgreSQL would read all lines there are beside these, or, without
    statistics, for each of them. The lines by their videos alone: SQLite would read all of an
    import.
    """
    items = ImportItem.objects.filter(verdict__in=WANTED, video__in=video_ids)
    videos_of: dict[int, set[int]] = defaultdict(set)  # by import
    for video_id, batch_id in items.values_list("video", "batch"):
        videos_of[batch_id].add(video_id)
    wanted: set[int] = set()
    for batch_id in _find_running(videos_of):
        wanted |= videos_of[batch_id]
    return wanted


def _find_running(batch_ids: Iterable[int]) -> list[int]:
    found: list[int] = []
    for ids in chunks(sorted(batch_ids)):
        running = ImportBatch.objects.filter(pk__in=ids, state=BatchState.RUNNING)
        found += running.values_list("pk", flat=True)
    return found


def begin(action: UnfinishedAction) -> None:
    """Do the first slices once the action's row is committed; a worker does the rest."""
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
    """Do the next slice, and return whether there is more to do."""
    action = _lock_action(action_id)
    if action is None:
        return False
    lines = action.batch.items.filter(number__gt=action.after).order_by("number")
    rows = list(lines.values_list("number", "video", "verdict")[:LINES])
    _DO[UnfinishedAction.Kind(action.kind)](action, _wanted_among(rows))
    if len(rows) < LINES:
        _end(action)
        return False
    action.after = rows[-1][0]
    action.save(update_fields=["after", "next_rank"])
    return True


def _lock_action(action_id: int) -> UnfinishedAction | None:
    """None when it is done. Of two processes at once one waits, and does the slice after it."""
    rows = UnfinishedAction.objects.filter(pk=action_id)
    unlocked = rows.select_related("batch__video_list").first()
    if unlocked is None:
        return None
    lock(unlocked.batch)
    action = rows.first()
    if action is not None:
        action.batch = unlocked.batch
    return action


def _wanted_among(rows: Iterable[tuple[Any, ...]]) -> list[int]:
    wanted: set[int] = set()
    for _number, video_id, verdict in rows:
        if video_id and verdict in WANTED:
            wanted.add(video_id)
    return sorted(wanted)


def _end(action: UnfinishedAction) -> None:
    owner_id = action.batch.owner_id
    action.delete()
    transaction.on_commit(lambda: events.publish_imports([owner_id]))


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
    _hold_waiting(video_ids)


def _hold_waiting(video_ids: Sequence[int]) -> None:
    """Let those of the videos wait that only a paused import wants."""
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
