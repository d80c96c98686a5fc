"""What an import does when enrichment reports something."""

from typing import Any

from django.dispatch import receiver

from enrichment.signals import video_settled
from importer.models import WANTED, BatchState, ImportBatch
from importer.settling import finish_if_done


@receiver(video_settled)
def finish_imports_of(video_id: int, **kwargs: Any) -> None:
    """The last video of an import finishes it. One query per import that wants the video, and one more to look for the next open one."""
    for batch in ImportBatch.objects.filter(state=BatchState.RUNNING, items__video=video_id, items__verdict__in=WANTED).distinct():
        finish_if_done(batch)
