"""What an import does when enrichment reports something."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from enrichment.signals import video_settled
from importer.imports.models import WANTED, BatchState, ImportItem
from importer.imports.settling import finish_if_done
from videos.access import KEPT, MOST_KEPT


@receiver(video_settled)
def finish_imports_of(video_id: int, **kwargs: Any) -> None:
    """The last video of an import finishes it. Two small queries while an import goes on."""
    wanting = ImportItem.objects.filter(
        video=video_id, verdict__in=WANTED, batch__state=BatchState.RUNNING
    )
    for batch_id in set(wanting.values_list("batch", flat=True)):
        finish_if_done(batch_id)


@receiver(user_logged_in)
def keep_text(request: HttpRequest, **kwargs: Any) -> None:
    """What the login carried along, for the import page to take up."""
    if text := request.POST.get("kept"):
        request.session[KEPT] = text[:MOST_KEPT]
