"""What a person does with an import that is there: pause, resume, cancel, retry.

HTML, REST, admin and commands call the same functions. `plans.py` begins imports.
"""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from enrichment import events, hints
from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.imports import actions
from importer.imports.counts import counts_of
from importer.imports.cut_short import read_again
from importer.imports.models import (
    ACTIVE,
    WANTED,
    BatchState,
    Expansion,
    ImportBatch,
    UnfinishedAction,
    Verdict,
)
from importer.imports.plans import announce_start
from videos.chunks import chunks
from videos.models import Video
from videos.stages import Stage


class ImportStateError(Exception):
    """The import's state forbids this: a finished one cannot be paused."""


@once_more
@transaction.atomic
def pause_batch(*, batch: ImportBatch) -> ImportBatch:
    """Hold the import's waiting videos, except those another running import wants.

    What is being fetched right now ends in order.
    """
    _move(batch, from_states=(BatchState.RUNNING,), to=BatchState.PAUSED)
    enrichment.hold_videos(video_ids=wanted_ids(batch), wanted_elsewhere=actions.wanted_now)
    return batch


@once_more
@transaction.atomic
def resume_batch(*, batch: ImportBatch) -> ImportBatch:
    _move(batch, from_states=(BatchState.PAUSED,), to=BatchState.RUNNING)
    enrichment.release_videos(video_ids=wanted_ids(batch))
    transaction.on_commit(lambda: hints.send("importer.tasks.read_next"))
    return batch


def cancel_batch(*, batch: ImportBatch) -> ImportBatch:
    """Stop the import. Its unfinished videos leave the list, the last of many a moment later,
    unless another import into it names them.
    """
    actions.begin(_cancel(batch))
    return batch


@once_more
@transaction.atomic
def _cancel(batch: ImportBatch) -> UnfinishedAction:
    _move(batch, from_states=ACTIVE, to=BatchState.CANCELLED)
    batch.finished_at = timezone.now()
    batch.announced = True
    batch.save(update_fields=["finished_at", "announced"])
    batch.slices.all().delete()
    batch.unfinished_actions.all().delete()
    batch.items.filter(verdict=Verdict.EXPANDING).update(verdict=Verdict.EXPANDED)
    Expansion.objects.filter(batch=batch).delete()
    return UnfinishedAction.objects.create(batch=batch, kind=UnfinishedAction.Kind.CANCEL)


def retry_batch(*, batch: ImportBatch, cause: str | None = None) -> int:
    """Try the import's failed videos again, of one cause or of all.

    Returns how many; with any, a finished import runs again. Of a large import the last ones begin
    a moment later.

    Those of a paused import wait with it. Playlists that could be read only in part are read again,
    and count as well.
    """
    count, action = _retry(batch, cause)
    if action is not None:
        actions.begin(action)
    return count


@once_more
@transaction.atomic
def _retry(batch: ImportBatch, cause: str | None) -> tuple[int, UnfinishedAction | None]:
    _lock_unless_cancelled(batch)
    lists = read_again(batch, cause=cause)
    failed = _count_failed(batch, cause)
    action = None
    if failed:
        is_large = failed > enrichment.LARGE
        action = UnfinishedAction.objects.create(
            batch=batch, kind=UnfinishedAction.Kind.RETRY, cause=cause or "", is_large=is_large
        )
    if failed or lists:
        _run_again(batch)
    if lists:
        transaction.on_commit(lambda: announce_start(batch, expanding=lists))
    return failed + lists, action


def _count_failed(batch: ImportBatch, cause: str | None) -> int:
    """Count the failed videos, as the database keeps it; of one cause by their ids: joined,
    PostgreSQL without statistics goes through all lines for each failed video.
    """
    if cause is None:
        return counts_of([batch.pk])[batch.pk].failed
    failed = Video.objects.filter(import_stage=Stage.ERROR, error_cause=cause)
    count = 0
    for ids in chunks(wanted_ids(batch)):
        count += failed.filter(pk__in=ids).count()
    return count


@once_more
@transaction.atomic
def read_lists_again(*, batch: ImportBatch, item: int | None = None) -> int:
    """Read the import's playlists and channels once more of which only a part came, or nothing.

    `item`: one line of them alone. Returns how many; with any, a finished import runs again.
    """
    _lock_unless_cancelled(batch)
    lists = read_again(batch, line=item)
    if lists:
        _run_again(batch)
        transaction.on_commit(lambda: announce_start(batch, expanding=lists))
    return lists


def _lock_unless_cancelled(batch: ImportBatch) -> None:
    actions.lock(batch)
    if batch.state == BatchState.CANCELLED:
        raise ImportStateError


def _run_again(batch: ImportBatch) -> None:
    if batch.state == BatchState.FINISHED:
        batch.state = BatchState.RUNNING
        batch.finished_at = None
        batch.announced = False
        batch.save(update_fields=["state", "finished_at", "announced"])


def move_batch_to_front(*, batch: ImportBatch) -> None:
    """Do the import's waiting videos next."""
    if batch.state not in ACTIVE:
        raise ImportStateError
    enrichment.move_to_front(video_ids=wanted_ids(batch))


def mark_announced(*, batch: ImportBatch) -> None:
    """Note that the owner has seen the summary: it is not shown again."""
    ImportBatch.objects.filter(pk=batch.pk).update(announced=True)


def wanted_ids(batch: ImportBatch) -> list[int]:
    """Return the ids of the wanted videos, sorted."""
    wanted = batch.items.filter(verdict__in=WANTED, video__isnull=False)
    return sorted(set(wanted.order_by().values_list("video", flat=True)))


def _move(batch: ImportBatch, *, from_states: Iterable[BatchState], to: BatchState) -> None:
    if not ImportBatch.objects.filter(pk=batch.pk, state__in=from_states).update(state=to):
        raise ImportStateError
    batch.state = to
    transaction.on_commit(lambda: events.publish_imports([batch.owner_id]))
