"""What the import pages read."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from importer.imports.models import WANTED, ImportBatch, ImportItem, Verdict
from videos.causes import CAUSES, is_retryable, message
from videos.stages import Stage

IN_ERROR = Q(verdict__in=WANTED, video__import_stage=Stage.ERROR)


@dataclass(frozen=True)
class CauseCount:
    """The failed videos of an import that have one cause."""

    cause: str
    message: str | None
    count: int
    retryable: bool


def causes_of(batch_id: int) -> list[CauseCount]:
    """Why videos of this import failed, the most frequent first. One query."""
    rows = (
        ImportItem.objects.filter(IN_ERROR, batch=batch_id)
        .values_list("video__error_cause")
        .annotate(count=Count("video", distinct=True))
        .order_by("-count")
    )
    return [CauseCount(cause, message(cause), count, is_retryable(cause)) for cause, count in rows]


@dataclass(frozen=True)
class VerdictCount:
    verdict: Verdict
    count: int


def verdicts_of(batch: ImportBatch) -> list[VerdictCount]:
    """How many lines got which verdict, in the order of the verdicts. One query."""
    counts = dict(batch.items.values_list("verdict").annotate(count=Count("id")).order_by())
    return [VerdictCount(verdict, counts[verdict]) for verdict in Verdict if verdict in counts]


def items_of(batch: ImportBatch, *, verdict: str, cause: str) -> QuerySet[ImportItem]:
    """The lines in order, narrowed by verdict or by the cause of their video's failure ("" for
    either: all).
    """
    items = batch.items.select_related("video").defer("video__description").order_by("number")
    if verdict:
        items = items.filter(verdict=verdict)
    return items.filter(IN_ERROR, video__error_cause=cause) if cause else items


def dead_videos(batch: ImportBatch) -> list[int]:
    """The videos of this import that failed for good: no new attempt would help."""
    final = [cause.value for cause, info in CAUSES.items() if not info.retryable]
    return list(
        batch.items.filter(IN_ERROR, video__error_cause__in=final)
        .values_list("video", flat=True)
        .distinct()
    )


def reason_of(item: ImportItem) -> str:
    """Why a line brought no video, in the reader's language; "" when it did."""
    if item.reason or item.video is None:
        return item.reason_text
    return message(item.video.error_cause) or ""
