"""When an import is finished: nothing is being expanded and none of its videos still needs work."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from enrichment import events, jobs
from enrichment.jobs import LISTED
from enrichment.models import EnrichmentJob
from importer.imports.models import (
    WANTED,
    BatchState,
    ImportBatch,
    ImportItem,
    ImportSlice,
    Verdict,
)
from importer.imports.signals import import_finished
from videos.stages import FINISHED


def done(batches: QuerySet[ImportBatch]) -> QuerySet[ImportBatch]:
    """Those of the batches that have nothing left to do.

    Looks from the last item backwards: jobs go in the items' order, so while there is work it is
    found at once.
    """
    items = ImportItem.objects.filter(batch=OuterRef("pk"))
    unfinished = items.filter(verdict__in=WANTED, video__isnull=False).exclude(
        video__import_stage__in=FINISHED
    )
    wanted = unfinished.filter(
        Q(video__job__isnull=False) | Q(LISTED)
    )  # the others nobody wants any more
    last = Subquery(wanted.order_by("-number").values("pk")[:1])
    return (
        batches.filter(
            ~Exists(items.filter(verdict=Verdict.EXPANDING)),
            ~Exists(ImportSlice.objects.filter(batch=OuterRef("pk"))),
        )
        .alias(open_item=last)
        .filter(open_item=None)
    )


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
            import_finished.send(sender=ImportBatch, batch=batch)
            transaction.on_commit(lambda: events.publish_imports([batch.owner_id]))
    return changed


def finish_if_done(batch_id: int) -> None:
    """Finish the import if it has nothing left to do.

    One small query while there is work, since jobs go in the items' order.
    """
    wanted = ImportItem.objects.filter(batch=batch_id, verdict__in=WANTED).order_by("-number")
    last = wanted.values_list("video__import_stage", "video__job").first()
    if last and last[0] not in FINISHED and last[1]:
        return
    for batch in done(ImportBatch.objects.filter(pk=batch_id)):
        finish(batch)


def finish_all_done() -> int:
    """For the beat: finish what a worker's death left running. Answers how many."""
    return sum(map(finish, done(ImportBatch.objects.filter(state=BatchState.RUNNING))))
