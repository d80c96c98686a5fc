"""What an import does when enrichment reports something."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from enrichment.signals import counts_checked, video_settled
from importer.imports import counts
from importer.imports.models import WANTED, BatchState, ImportBatch, ImportItem
from importer.imports.settling import finish_if_done
from videos.access import KEPT, MOST_KEPT
from videos.prepared import PreparedSelect

_RUNNING_IMPORTS = PreparedSelect(
    lambda video_id: ImportItem.objects.filter(
        video=video_id, verdict__in=WANTED, batch__state=BatchState.RUNNING
    ).values_list("batch"),
    int,
)


@receiver(video_settled)
def finish_imports_of(video_id: int, **kwargs: Any) -> None:
    """Finish an import with its last video. Three small queries while it goes on."""
    for (batch_id,) in set(_RUNNING_IMPORTS.rows(video_id)):
        finish_if_done(batch_id)


@receiver(counts_checked)
def check_counts(**kwargs: Any) -> str:
    """Count every import's lines, mend what was wrong, and say which were."""
    counts.fold()
    mended = counts.recount(list(ImportBatch.objects.order_by("pk").values_list("pk", flat=True)))
    if not mended:
        return "the kept counts of all imports are right"
    return f"wrong for these imports, mended now: {', '.join(map(str, mended))}"


@receiver(user_logged_in)
def keep_text(request: HttpRequest, **kwargs: Any) -> None:
    """What the login carried along, for the import page to take up."""
    if text := request.POST.get("kept"):
        request.session[KEPT] = text[:MOST_KEPT]
