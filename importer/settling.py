"""When an import is finished: nothing is being expanded and none of its videos still needs work."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from enrichment import events
from enrichment.jobs import LISTED
from importer import webhooks
from importer.models import WANTED, BatchState, ImportBatch, Verdict
from videos.stages import FINISHED


def is_done(batch: ImportBatch) -> bool:
    """Looks from the last item backwards: jobs go in the items' order, so while there is work it is found at once."""
    if batch.items.filter(verdict=Verdict.EXPANDING).exists():
        return False
    open_items = batch.items.filter(verdict__in=WANTED, video__isnull=False).exclude(video__import_stage__in=FINISHED)
    return (
        open_items.filter(Q(video__job__isnull=False) | Q(LISTED)).order_by("-number").first() is None
    )  # the others nobody wants any more


def finish(batch: ImportBatch) -> bool:
    """The running import has nothing left to do. True for the one caller who says so first."""
    running = ImportBatch.objects.filter(pk=batch.pk, state=BatchState.RUNNING)
    now = timezone.now()
    with transaction.atomic():
        changed = running.update(state=BatchState.FINISHED, finished_at=now) == 1
        if changed:
            batch.state, batch.finished_at = BatchState.FINISHED, now
            webhooks.announce(batch)
            transaction.on_commit(lambda: events.publish_imports([batch.owner_id]))
    return changed


def finish_if_done(batch: ImportBatch) -> bool:
    return is_done(batch) and finish(batch)


def finish_all_done() -> int:
    """For the beat: finish what a worker's death left running. Answers how many."""
    return sum(finish_if_done(batch) for batch in ImportBatch.objects.filter(state=BatchState.RUNNING))
