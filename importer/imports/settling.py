"""When an import is finished: nothing is being expanded and none of its videos still needs work."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from enrichment import events, jobs
from enrichment.leases import once_more
from enrichment.models import EnrichmentJob
from importer.imports.counts import recount
from importer.imports.models import (
    WANTED,
    BatchState,
    ImportBatch,
    ImportItem,
    ImportSlice,
    UnfinishedAction,
    Verdict,
)
from importer.imports.signals import import_finished
from videos.chunks import IDS_PER_QUERY, chunks
from videos.models import ListEntry, Video
from videos.prepared import PreparedSelect
from videos.stages import FINISHED


def is_done(batch_id: int) -> bool:
    """Whether the import has nothing left to do.

    Looks from the last video backwards: jobs go in the items' order, so while there is work it is
    found at once. At the end three queries for 900 videos, by their ids: one statement over all of
    the import's videos and jobs has PostgreSQL visit millions of rows while it has no statistics.
    """
    items = ImportItem.objects.filter(batch=batch_id)
    # First of all, so that no video comes after they were listed.
    if items.filter(verdict=Verdict.EXPANDING).exists():
        return False
    if ImportSlice.objects.filter(batch=batch_id).exists():
        return False
    if UnfinishedAction.objects.filter(batch=batch_id).exists():
        return False
    return not any(map(_need_work, _wanted_from_the_end(items)))


def _wanted_from_the_end(items: QuerySet[ImportItem]) -> Iterator[list[int]]:
    """The videos these items want, some at a time, those of the last lines first.

    Whoever stops early has read only what it looked at: the beat asks every ten seconds for each
    import under way.
    """
    wanted = items.filter(verdict__in=WANTED, video__isnull=False).order_by("-number")
    rows = list(wanted.values_list("number", "video")[:IDS_PER_QUERY])
    while rows:
        yield [video_id for _, video_id in rows]
        first_number = rows[-1][0]
        rows = list(
            wanted.filter(number__lt=first_number).values_list("number", "video")[:IDS_PER_QUERY]
        )


def _need_work(video_ids: Sequence[int]) -> bool:
    """Whether some of the videos are unfinished and still wanted: there is a job that runs or is
    paused, or a list.

    A job that waits for a video in no list is about to go.
    """
    videos = Video.objects.filter(pk__in=video_ids).exclude(import_stage__in=FINISHED)
    unfinished = list(videos.values_list("pk", flat=True))
    if not unfinished:
        return False
    listed = ListEntry.objects.filter(video__in=unfinished, video_list__deleted_at=None)
    if listed.exists():
        return True
    kept = EnrichmentJob.objects.filter(Q(held=True) | Q(lease_until__isnull=False))
    return kept.filter(video__in=unfinished).exists()


@transaction.atomic
def reconcile_held() -> int:
    """Free the held jobs of videos that a running import wants, or that no paused one does.

    Answers how many.

    Whoever changes an import does this for its videos; here it is made true once more, whatever
    happened in between.
    """
    wanting = ImportItem.objects.filter(video=OuterRef("video"), verdict__in=WANTED)
    wrong = EnrichmentJob.objects.filter(held=True).filter(
        Exists(wanting.filter(batch__state=BatchState.RUNNING))
        | ~Exists(wanting.filter(batch__state=BatchState.PAUSED))
    )
    freed = 0
    for ids in jobs.locked(list(wrong.values_list("video_id", flat=True))):
        freed += wrong.filter(video_id__in=ids).update(held=False)
    return freed


def finish(batch: ImportBatch) -> bool:
    """The running import has nothing left to do. True for the one caller who says so first."""
    running = ImportBatch.objects.filter(pk=batch.pk, state=BatchState.RUNNING)
    now = timezone.now()
    with transaction.atomic():
        changed = running.update(state=BatchState.FINISHED, finished_at=now) == 1
        if changed:
            batch.state, batch.finished_at = BatchState.FINISHED, now
            recount([batch.pk])
            import_finished.send(sender=ImportBatch, batch=batch)
            transaction.on_commit(lambda: events.publish_imports([batch.owner_id]))
    return changed


def finish_if_done(batch_id: int) -> bool:
    """Finish the import if nothing is left; True if it did. Two small queries while there is."""
    if _last_is_waiting(batch_id) or not is_done(batch_id):
        return False
    return _finish_unless_retried(batch_id)


def _last_video(batch_id: int) -> QuerySet[ImportItem, Any]:
    wanted = ImportItem.objects.filter(batch=batch_id, verdict__in=WANTED, video__isnull=False)
    last = wanted.order_by("-number")[:1]
    return last.values_list("video", "video__import_stage", "video__job")


_LAST_VIDEO = PreparedSelect(_last_video, int)


def _last_is_waiting(batch_id: int) -> bool:
    """Whether the last video of the import is unfinished, in a list, and has a job. Two queries."""
    for video_id, stage, job in _LAST_VIDEO.rows(batch_id):
        return stage not in FINISHED and bool(job) and jobs.is_listed(video_id)
    return False


def finish_all_done() -> int:
    """For the beat: finish what a worker's death left running. Answers how many.

    Three queries for 900 imports whose last videos wait.
    """
    last_videos = _last_videos_of_running()
    waiting = _waiting(set(last_videos.values()))
    maybe = [batch_id for batch_id, video_id in last_videos.items() if video_id not in waiting]
    return sum(map(finish_if_done, maybe))


def _last_videos_of_running() -> dict[int, int | None]:
    """The last video that each running import wants; None for one that wants none. One query."""
    wanted = ImportItem.objects.filter(
        batch=OuterRef("pk"), verdict__in=WANTED, video__isnull=False
    )
    last = Subquery(wanted.order_by("-number").values("video")[:1])
    running = ImportBatch.objects.filter(state=BatchState.RUNNING).order_by("pk")
    return dict(running.values_list("pk", last))


def _waiting(video_ids: Collection[int | None]) -> set[int]:
    """Those of the videos that are unfinished, in a list, and have a job."""
    found: set[int] = set()
    for ids in chunks(sorted(filter(None, video_ids))):
        videos = Video.objects.filter(pk__in=ids, job__isnull=False)
        unfinished = set(videos.exclude(import_stage__in=FINISHED).values_list("pk", flat=True))
        entries = ListEntry.objects.filter(video__in=unfinished, video_list__deleted_at=None)
        found.update(entries.values_list("video", flat=True))
    return found


@once_more
def _finish_unless_retried(batch_id: int) -> bool:
    """Ask once more under the import's lock, and finish it.

    A retry that was committed since the first look has brought new work. One that comes later finds
    the import finished, and lets it run again.
    """
    with transaction.atomic():
        running = ImportBatch.objects.filter(pk=batch_id, state=BatchState.RUNNING)
        batch = running.select_for_update().first()
        if batch is None or not is_done(batch_id):
            return False
        return finish(batch)
