"""What the import pages read."""

from collections.abc import Iterable
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
    """Return why videos of this import failed, the most frequent first. One query."""
    failed = ImportItem.objects.filter(IN_ERROR, batch=batch_id).values_list("video__error_cause")
    rows = failed.annotate(count=Count("video", distinct=True)).order_by("-count")
    found = []
    for cause, count in rows:
        found.append(CauseCount(cause, message(cause), count, is_retryable(cause)))
    return found


def count_dead(causes: Iterable[CauseCount]) -> int:
    """Return how many videos no new attempt would bring."""
    count = 0
    for cause in causes:
        if not cause.retryable:
            count += cause.count
    return count


@dataclass(frozen=True)
class VerdictCount:
    verdict: Verdict
    count: int


def verdicts_of(batch: ImportBatch) -> list[VerdictCount]:
    """Return how many lines got which verdict, in the order of the verdicts. One query."""
    counts = dict(batch.items.values_list("verdict").annotate(count=Count("id")).order_by())
    found = []
    for verdict in Verdict:
        if verdict in counts:
            found.append(VerdictCount(verdict, counts[verdict]))
    return found


def items_of(batch: ImportBatch, *, verdict: str, cause: str) -> QuerySet[ImportItem]:
    """Return the lines in order, narrowed by verdict or by the cause of their video's failure (""
    for either: all).
    """
    items = batch.items.select_related("video").defer("video__description").order_by("number")
    if verdict:
        items = items.filter(verdict=verdict)
    if cause:
        items = items.filter(IN_ERROR, video__error_cause=cause)
    return items


def dead_videos(batch: ImportBatch) -> list[int]:
    """Return the videos of this import that failed for good: no new attempt would help."""
    final = [cause.value for cause, info in CAUSES.items() if not info.retryable]
    failed = batch.items.filter(IN_ERROR, video__error_cause__in=final)
    return list(failed.values_list("video", flat=True).distinct())


def reason_of(item: ImportItem) -> str:
    """Why a line brought no video, in the reader's language; "" when it did."""
    if item.reason or item.video is None:
        return item.reason_text
    return message(item.video.error_cause) or ""
