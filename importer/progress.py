"""How far imports are, counted from their rows each time it is asked. Two queries, a few milliseconds at 10,000 lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from enrichment import services as enrichment
from importer.models import ACTIVE, WANTED, BatchState, ImportBatch, ImportItem, Verdict
from videos.stages import FINISHED, CaptionsSource, Stage

SHOWN_AT_MOST = 20  # imports one page tells of
PACE_WINDOW = timedelta(minutes=5)  # the estimate follows what was finished lately, not a burst long ago


@dataclass(frozen=True)
class BatchProgress:
    """`total`: videos it wants in the list; `done`: those at an end whichever way; `failed`: those in error; `percent`: mean progress,
    errors as 100; `eta_seconds`: None when nothing can be said; `throttled_until`: when YouTube is asked again, None while it is."""

    batch_id: int
    list_id: int
    list_name: str
    state: str
    source: str
    created_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    failed: int
    without_captions: int
    duplicates: int
    invalid: int
    expanding: int
    announced: bool
    percent: int
    eta_seconds: int | None
    throttled_until: datetime | None

    @property
    def waiting(self) -> int:
        return self.total - self.done

    @property
    def imported(self) -> int:
        return self.done - self.failed

    @property
    def summary(self) -> str:
        """The one calm line at the end."""
        parts = [ngettext("%(count)s video imported", "%(count)s videos imported", self.imported) % {"count": self.imported}]
        if self.without_captions:
            parts.append(gettext("%(count)s without captions") % {"count": self.without_captions})
        if self.failed:
            parts.append(gettext("%(count)s not available") % {"count": self.failed})
        return ", ".join(parts)


def batch_progress(batch: ImportBatch) -> BatchProgress:
    return progress_of([batch])[0]


def progress_of(batches: Sequence[ImportBatch]) -> list[BatchProgress]:
    """How far each of these is, in their order. Two queries for all of them together; their lists should be loaded."""
    now = timezone.now()
    verdicts = _verdict_counts(batches)
    videos = _video_counts(batches, now=now)
    waiting = any(batch.state == BatchState.RUNNING and videos[batch.pk]["done"] < videos[batch.pk]["total"] for batch in batches)
    throttled_until = enrichment.resumes_at() if waiting else None
    return [_progress(batch, verdicts[batch.pk], videos[batch.pk], now=now, throttled_until=throttled_until) for batch in batches]


def _progress(
    batch: ImportBatch, verdicts: dict[str, int], videos: dict[str, Any], *, now: datetime, throttled_until: datetime | None
) -> BatchProgress:
    running = batch.state == BatchState.RUNNING
    throttled_until = throttled_until if running and videos["done"] < videos["total"] else None
    return BatchProgress(
        batch_id=batch.pk,
        list_id=batch.video_list_id,
        list_name=batch.video_list.name,
        state=batch.state,
        source=batch.source,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
        total=videos["total"],
        done=videos["done"],
        failed=videos["failed"],
        without_captions=videos["without_captions"],
        duplicates=verdicts.get(Verdict.DUPLICATE, 0) + verdicts.get(Verdict.REPEATED, 0),
        invalid=verdicts.get(Verdict.INVALID, 0),
        expanding=verdicts.get(Verdict.EXPANDING, 0),
        announced=batch.announced,
        percent=100 if batch.state == BatchState.FINISHED else int(videos["percent"] or 0),
        eta_seconds=_eta(batch, videos, now=now, throttled_until=throttled_until) if running else None,
        throttled_until=throttled_until,
    )


def shown_progress(user: Any, shown: Sequence[int]) -> list[BatchProgress]:
    """What every page tells of: the running and paused imports, those whose summary nobody has seen, and those the page shows already.
    The newest first. One query when there is none, three for any number, and the pace of YouTube's lanes while one is running."""
    unseen = Q(state=BatchState.FINISHED, announced=False)
    batches = (
        ImportBatch.objects.of(user).filter(Q(state__in=ACTIVE) | unseen | Q(pk__in=shown)).order_by("-state", "-pk")
    )  # running, paused, finished
    rows = sorted(batches[:SHOWN_AT_MOST], key=lambda batch: -batch.pk)
    return progress_of(rows) if rows else []


def _verdict_counts(batches: Sequence[ImportBatch]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = {batch.pk: {} for batch in batches}
    rows = ImportItem.objects.filter(batch__in=counts).values_list("batch", "verdict").annotate(Count("pk")).order_by()
    for batch_id, verdict, count in rows:
        counts[batch_id][verdict] = count
    return counts


def _video_counts(batches: Sequence[ImportBatch], *, now: datetime) -> dict[int, dict[str, Any]]:
    """A video that was deleted for good is wanted by nobody any more."""
    stage = "video__import_stage"
    settled = Q(**{f"{stage}__in": FINISHED})
    reached = Case(When(**{stage: Stage.ERROR}, then=Value(100)), default=F("video__import_progress"), output_field=IntegerField())
    counts: dict[str, Any] = {
        "total": Count("pk"),
        "done": Count("pk", filter=settled),
        "failed": Count("pk", filter=Q(**{stage: Stage.ERROR})),
        "without_captions": Count("pk", filter=Q(**{stage: Stage.COMPLETE, "video__captions_source": CaptionsSource.NONE})),
        "lately": Count("pk", filter=settled & Q(video__finished_at__gte=Greatest(now - PACE_WINDOW, F("batch__created_at")))),
        "percent": Avg(reached),
    }
    nothing = dict.fromkeys(counts, 0)
    wanted = ImportItem.objects.filter(batch__in=[batch.pk for batch in batches], verdict__in=WANTED, video__isnull=False)
    found: dict[int, dict[str, Any]] = {row["batch"]: {**row} for row in wanted.order_by().values("batch").annotate(**counts)}
    return {batch.pk: found.get(batch.pk, nothing) for batch in batches}


def _eta(batch: ImportBatch, counts: dict[str, Any], *, now: datetime, throttled_until: datetime | None) -> int | None:
    """At the pace of the last minutes, from the moment YouTube is asked again."""
    if not counts["lately"]:
        return None
    window = min(now - batch.created_at, PACE_WINDOW).total_seconds()
    pause = (throttled_until - now).total_seconds() if throttled_until else 0.0
    remaining: int = counts["total"] - counts["done"]
    return round(remaining * window / int(counts["lately"]) + max(pause, 0.0))
