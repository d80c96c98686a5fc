"""What a person does with an import that is there: pause, resume, cancel, retry.

HTML, REST, admin and commands call the same functions. `plans.py` begins imports.
"""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from enrichment import events, hints
from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.imports.cut_short import read_again
from importer.imports.models import (
    ACTIVE,
    WANTED,
    BatchState,
    Expansion,
    ImportBatch,
    ImportItem,
    Verdict,
)
from importer.imports.plans import announce_start
from videos.chunks import chunks
from videos.models import ListEntry, Video, VideoQuerySet


class ImportStateError(Exception):
    """The import's state forbids this: a finished one cannot be paused."""


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
    _lock(batch)
    if batch.state == BatchState.CANCELLED:
        raise ImportStateError
    lists = read_again(batch, cause=cause)
    # By ids: joined, PostgreSQL without statistics goes through all lines for each failed video.
    count = enrichment.retry_videos_by_id(video_ids=wanted_ids(batch), cause=cause) + lists
    if batch.state == BatchState.PAUSED:
        enrichment.hold_videos(video_ids=wanted_ids(batch), wanted_elsewhere=wanted_now())
    if count:
        _run_again(batch)
    if lists:
        transaction.on_commit(lambda: announce_start(batch, expanding=lists))
    return count


@once_more
@transaction.atomic
def read_lists_again(*, batch: ImportBatch, item: int | None = None) -> int:
    """Read the import's playlists and channels once more of which only a part came, or nothing.

    `item`: one line of them alone. Answers how many; with any, a finished import runs again.
    """
    _lock(batch)
    if batch.state == BatchState.CANCELLED:
        raise ImportStateError
    lists = read_again(batch, line=item)
    if lists:
        _run_again(batch)
        transaction.on_commit(lambda: announce_start(batch, expanding=lists))
    return lists


def _lock(batch: ImportBatch) -> None:
    """Nobody else changes the import until this transaction ends; its state is what it is now.

    Its list first, since that is the order of locks.
    """
    batch.video_list.reserve_positions(0)
    states = ImportBatch.objects.select_for_update().filter(pk=batch.pk)
    batch.state = states.values_list("state", flat=True).get()


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
    return sorted(set(wanted.order_by().values_list("video", flat=True)))


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
