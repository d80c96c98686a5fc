"""How far imports are, counted from their rows each time it is asked.

One query, a few milliseconds at 10,000 lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Case, Count, F, IntegerField, Max, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from enrichment.limits import LaneStatus
from enrichment.outlook import Outlook, Pause, outlook
from enrichment.services import LARGE
from enrichment.troubles import said_to_people
from importer.imports.cut_short import TRY_AGAIN
from importer.imports.models import ACTIVE, WANTED, BatchState, ImportBatch, ImportItem, Verdict
from videos.stages import FINISHED, CaptionsSource, Stage

SHOWN_AT_MOST = 20  # imports one page tells of
NOTICEABLE = 0.8  # of the usual pace: what is slower is said
PACE_WINDOW = timedelta(
    minutes=5
)  # the estimate follows what was finished lately, not a burst long ago


@dataclass(frozen=True)
class BatchProgress:
    """`total`: videos it wants in the list; `done`: those at an end whichever way; `failed`: those
    in error; `percent`: mean progress, errors as 100; `unavailable`: entries of its playlists that
    are private or deleted; `cut_short`: playlists that were read only in part; `eta_seconds`: None
    when nothing can be said; `pause`: until when and why YouTube is not asked, None while it is.
    """

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
    unavailable: int
    cut_short: int
    expanding: int
    announced: bool
    percent: int
    eta_seconds: int | None
    pause: Pause | None
    trouble: (
        str  # what is wrong with YouTube or the way there, in the reader's language; "" for nothing
    )
    lanes: tuple[
        LaneStatus, ...
    ]  # the ways out to YouTube it waits for; none when it waits for nothing

    @property
    def waiting(self) -> int:
        return self.total - self.done

    @property
    def rests(self) -> bool:
        """It waits for the next hour's budget: no way out is closed."""
        return self.pause is not None and self.pause.is_budget

    @property
    def throttled_until(self) -> datetime | None:
        """When YouTube is asked again, None while it is."""
        return self.pause.until if self.pause else None

    @property
    def slow_pace(self) -> int | None:
        """Videos a minute, while that is noticeably less than usual; None at the usual pace."""
        usual = sum(60 / lane.base_delay for lane in self.lanes if lane.base_delay)
        now = sum(60 / lane.delay for lane in self.lanes if lane.delay and lane.open_until is None)
        return max(round(now), 1) if 0 < now < NOTICEABLE * usual else None

    @property
    def left_this_hour(self) -> int | None:
        """Videos that still fit into this hour, when more than that wait."""
        left = int(sum(lane.budget_left for lane in self.lanes))
        return left if self.lanes and left < self.waiting else None

    @property
    def imported(self) -> int:
        return self.done - self.failed

    @property
    def summary(self) -> str:
        """The one calm line at the end. An import of what is there already says only that."""
        parts = []
        if self.total or not self.duplicates:
            text = ngettext("%(count)s video imported", "%(count)s videos imported", self.imported)
            parts.append(text % {"count": self.imported})
        else:
            parts.append(gettext("%(count)s already in the list") % {"count": self.duplicates})
        if self.without_captions:
            parts.append(gettext("%(count)s without captions") % {"count": self.without_captions})
        not_available = self.failed + self.unavailable
        if not_available:
            parts.append(gettext("%(count)s not available") % {"count": not_available})
        if self.cut_short:
            said = ngettext(
                "%(count)s playlist read in part",
                "%(count)s playlists read in part",
                self.cut_short,
            )
            parts.append(said % {"count": self.cut_short})
        return ", ".join(parts)


def batch_progress(batch: ImportBatch) -> BatchProgress:
    return progress_of([batch])[0]


def progress_of(batches: Sequence[ImportBatch]) -> list[BatchProgress]:
    """How far each of these is, in their order.

    One query for all of them together, one for the lanes; their lists should be loaded.
    """
    now = timezone.now()
    counts = _counts(batches, now=now)
    waiting = any(
        batch.state == BatchState.RUNNING and counts[batch.pk]["done"] < counts[batch.pk]["total"]
        for batch in batches
    )
    view = outlook() if waiting else None
    trouble = _trouble(view)
    return [
        _progress(batch, counts[batch.pk], now=now, view=view, trouble=trouble) for batch in batches
    ]


def _trouble(view: Outlook | None) -> str:
    """What is said of YouTube while some way out does not work.

    One query, and none while all of them do.
    """
    if view is None or all(lane.breaker == "closed" for lane in view.lanes):
        return ""
    return said_to_people()


def _progress(
    batch: ImportBatch,
    counts: dict[str, Any],
    *,
    now: datetime,
    view: Outlook | None,
    trouble: str,
) -> BatchProgress:
    running = batch.state == BatchState.RUNNING
    if not running or counts["done"] == counts["total"]:
        view, trouble = None, ""
    pause = view.pause_of(large=counts["total"] > LARGE) if view else None
    return BatchProgress(
        batch_id=batch.pk,
        list_id=batch.video_list_id,
        list_name=batch.video_list.name,
        state=batch.state,
        source=batch.source,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
        total=counts["total"],
        done=counts["done"],
        failed=counts["failed"],
        without_captions=counts["without_captions"],
        duplicates=counts["duplicates"],
        invalid=counts["invalid"],
        unavailable=counts["unavailable"],
        cut_short=counts["cut_short"],
        expanding=counts["expanding"],
        announced=batch.announced,
        percent=100 if batch.state == BatchState.FINISHED else int(counts["percent"] or 0),
        eta_seconds=_eta(batch, counts, now=now, view=view) if view else None,
        pause=pause,
        trouble=trouble,
        lanes=view.lanes if view else (),
    )


def shown_progress(user: Any, shown: Sequence[int]) -> list[BatchProgress]:
    """What every page tells of: the running and paused imports, those whose summary nobody has
    seen, and those the page shows already.

    The newest first; of too many the running before the paused, and those before the finished. One
    query when there is none, two for any number, and one for YouTube's lanes while one is running.
    """
    unseen = Q(state=BatchState.FINISHED, announced=False)
    batches = ImportBatch.objects.of(user).filter(Q(state__in=ACTIVE) | unseen | Q(pk__in=shown))
    rows = sorted(batches.order_by("-state", "-pk")[:SHOWN_AT_MOST], key=lambda batch: -batch.pk)
    return progress_of(rows) if rows else []


def _counts(batches: Sequence[ImportBatch], *, now: datetime) -> dict[int, dict[str, Any]]:
    """Of lines and of wanted videos, in one query.

    A video that was deleted for good is wanted by nobody any more.
    """
    stage = "video__import_stage"
    wanted = Q(verdict__in=WANTED, video__isnull=False)
    settled = wanted & Q(**{f"{stage}__in": FINISHED})
    lately = Q(video__finished_at__gte=Greatest(now - PACE_WINDOW, F("batch__created_at")))
    reached = Case(
        When(**{stage: Stage.ERROR}, then=Value(100)),
        default=F("video__import_progress"),
        output_field=IntegerField(),
    )
    counts: dict[str, Any] = {
        "duplicates": Count("pk", filter=Q(verdict__in=(Verdict.DUPLICATE, Verdict.REPEATED))),
        "invalid": Count("pk", filter=Q(verdict=Verdict.INVALID)),
        "unavailable": Count("pk", filter=Q(verdict=Verdict.UNAVAILABLE)),
        "cut_short": Count("pk", filter=Q(verdict=Verdict.EXPANDED, reason__in=TRY_AGAIN)),
        "expanding": Count("pk", filter=Q(verdict=Verdict.EXPANDING)),
        "total": Count("pk", filter=wanted),
        "done": Count("pk", filter=settled),
        "failed": Count("pk", filter=wanted & Q(**{stage: Stage.ERROR})),
        "without_captions": Count(
            "pk",
            filter=wanted
            & Q(**{stage: Stage.COMPLETE, "video__captions_source": CaptionsSource.NONE}),
        ),
        "lately": Count("pk", filter=settled & lately),
        "last": Max("video__finished_at", filter=settled & lately),
        "percent": Avg(reached, filter=wanted),
    }
    nothing = dict.fromkeys(counts, 0)
    items = ImportItem.objects.filter(batch__in=[batch.pk for batch in batches])
    found: dict[int, dict[str, Any]] = {
        row["batch"]: {**row} for row in items.order_by().values("batch").annotate(**counts)
    }
    return {batch.pk: found.get(batch.pk, nothing) for batch in batches}


def _eta(batch: ImportBatch, counts: dict[str, Any], *, now: datetime, view: Outlook) -> int | None:
    """At the pace of the last minutes: those before the pause, when YouTube makes us wait."""
    large = counts["total"] > LARGE
    until = now
    if view.pause_of(large=large) is not None and counts["last"]:
        until = counts["last"]
    window = (until - max(batch.created_at, now - PACE_WINDOW)).total_seconds()
    pace = counts["lately"] / window if window > 0 else None
    seconds = view.seconds_left(counts["total"] - counts["done"], pace=pace, large=large, now=now)
    return None if seconds is None else round(seconds)
