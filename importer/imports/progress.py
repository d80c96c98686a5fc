"""How far imports are, from the counts that the database keeps and the head of the queue.

What it costs does not grow with imports, queue or library.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from enrichment import limits
from enrichment.limits import LaneStatus
from enrichment.outlook import Outlook, outlook
from enrichment.troubles import Standstill, standstill
from importer.imports.counts import Counts, counts_of
from importer.imports.forecast import Wait, WaitsFor, seconds_left, wait_of
from importer.imports.models import ACTIVE, BatchState, ImportBatch
from importer.imports.news import end_is_news, is_standstill
from importer.imports.pace import Lately, finished_lately
from importer.imports.said import said_of
from importer.imports.turns import Turn, turns_of
from videos.prepared import PreparedSelect

SHOWN_AT_MOST = 20  # imports one page tells of
NOTICEABLE = 0.8  # of the usual pace: what is slower is said
LAST_MINUTE = 60.0  # seconds; in them nobody asks why it is slow
ROUNDED_FROM = 20  # videos a minute; a larger pace is said in fives, so that it does not flicker
NOT_THROTTLED = (WaitsFor.TURN,)


@dataclass(frozen=True)
class BatchProgress:
    """`total`: videos it wants in the list; `done`: those at an end whichever way; `failed`: those
    in error; `percent`: mean progress, errors as 100; `unavailable`: entries of its playlists that
    are private or deleted; `cut_short`: playlists that were read only in part; `eta_seconds`: None
    when nothing can be said; `wait`: for whom it waits and until when, None while it moves.
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
    wait: Wait | None
    trouble: (
        str  # what is wrong with YouTube or the way there, in the reader's language; "" for nothing
    )
    stands_still: bool  # because of that, and for so long that its owner should know
    lanes: tuple[
        LaneStatus, ...
    ]  # the ways out to YouTube it waits for; none when it waits for nothing

    @property
    def waiting(self) -> int:
        return self.total - self.done

    @property
    def is_news(self) -> bool:
        """Its end is told to an owner who has turned to other things."""
        return end_is_news(self.source, self.created_at, self.finished_at)

    @property
    def throttled_until(self) -> datetime | None:
        """When YouTube, or Groq, is asked for it again; None while they are."""
        if self.wait is None or self.wait.waits_for in NOT_THROTTLED:
            return None
        return self.wait.until

    @property
    def said(self) -> str:
        """What it waits for, and when it goes on, in the reader's language; "" while it moves."""
        if self.wait is None:
            return self.trouble
        return said_of(self.wait, trouble=self.trouble)

    @property
    def slow_pace(self) -> int | None:
        """Videos a minute of this import, while YouTube lets noticeably fewer through than usual.

        It is the estimate's own, so the two never contradict each other. None at the usual pace,
        where the estimate has a pause in it, and in the last minute.
        """
        if self.wait is not None or self.left_this_hour is not None:
            return None
        if not self.eta_seconds or self.eta_seconds < LAST_MINUTE:
            return None
        if not self._is_slowed:
            return None
        return _rounded(self.waiting * 60 / self.eta_seconds)

    @property
    def _is_slowed(self) -> bool:
        """Whether its lanes let noticeably fewer videos through than usual, but some."""
        usual = now = 0.0  # videos a minute
        for lane in self.lanes:
            if lane.base_delay:
                usual += 60 / lane.base_delay
            if lane.delay and lane.open_until is None:
                now += 60 / lane.delay
        return 0 < now < NOTICEABLE * usual

    @property
    def left_this_hour(self) -> int | None:
        """Videos that still fit into this hour, when more than that wait."""
        left = int(sum(lane.budget_left for lane in self.lanes))
        if not self.lanes or left >= self.waiting:
            return None
        return left

    @property
    def imported(self) -> int:
        return self.done - self.failed

    @property
    def summary(self) -> str:
        """The one calm line at the end. An import of what is there already says only that."""
        parts = [self._imported_text()]
        if self.without_captions:
            parts.append(gettext("%(count)s without captions") % {"count": self.without_captions})
        not_available = self.failed + self.unavailable
        if not_available:
            parts.append(gettext("%(count)s not available") % {"count": not_available})
        if self.cut_short:
            parts.append(self._cut_short_text())
        return ", ".join(parts)

    def _imported_text(self) -> str:
        if self.duplicates and not self.total:
            return gettext("%(count)s already in the list") % {"count": self.duplicates}
        text = ngettext("%(count)s video imported", "%(count)s videos imported", self.imported)
        return text % {"count": self.imported}

    def _cut_short_text(self) -> str:
        text = ngettext(
            "%(count)s playlist read in part", "%(count)s playlists read in part", self.cut_short
        )
        return text % {"count": self.cut_short}


def _rounded(pace: float) -> int:
    """Videos a minute as they are said, at least one."""
    if pace > ROUNDED_FROM:
        return 5 * round(pace / 5)
    return max(round(pace), 1)


@dataclass(frozen=True)
class _Now:
    """What all imports of a page share: the time, the lanes, and what is wrong with YouTube.

    `view` and `groq` are None while no import waits for them.
    """

    time: datetime
    lately: Lately
    view: Outlook | None
    groq: LaneStatus | None
    trouble: Standstill | None


def batch_progress(batch: ImportBatch) -> BatchProgress:
    return progress_of([batch])[0]


def progress_of(
    batches: Sequence[ImportBatch],
    *,
    now: datetime | None = None,
    lanes: Sequence[limits.Lane] | None = None,
    groq: limits.Lane | None = None,
) -> list[BatchProgress]:
    """Return how far each of these is, in their order.

    One query for all of them together; while one waits for something, up to six more and the
    lanes. Their lists should be loaded. `lanes` and `groq` (None: those of the settings) and the
    time are for who has lanes of their own.
    """
    now = now or timezone.now()
    counts = counts_of([batch.pk for batch in batches])
    waiting: dict[int, int] = {}  # unfinished videos by import
    for batch in batches:
        if _waits(batch, counts[batch.pk]):
            waiting[batch.pk] = counts[batch.pk].unfinished
    turns = turns_of(waiting, now=now)
    lately = finished_lately(list(waiting), now=now)
    view = outlook(lanes, now=now) if waiting else None
    state = _state_of_groq(turns.values(), groq)
    shared = _Now(time=now, lately=lately, view=view, groq=state, trouble=_trouble(view))
    found = []
    for batch in batches:
        turn = turns.get(batch.pk, Turn())
        found.append(_progress(batch, counts[batch.pk], turn, shared))
    return found


def _state_of_groq(turns: Iterable[Turn], groq: limits.Lane | None) -> LaneStatus | None:
    """None while no import waits for it."""
    for turn in turns:
        if turn.transcribing:
            return (groq or limits.groq_lane()).limiter.state()
    return None


def _waits(batch: ImportBatch, counts: Counts) -> bool:
    unfinished = counts.unfinished > 0 or counts.expanding > 0
    return batch.state == BatchState.RUNNING and unfinished


def _trouble(view: Outlook | None) -> Standstill | None:
    """What is wrong with YouTube. One query, none while all ways out work."""
    if view is None:
        return None
    for lane in view.lanes:
        if lane.breaker != "closed":
            return standstill()
    return None


def _percent(batch: ImportBatch, counts: Counts) -> int:
    if batch.state == BatchState.FINISHED:
        return 100
    return counts.percent


def _eta_seconds(batch: ImportBatch, turn: Turn, view: Outlook, shared: _Now) -> int | None:
    """Whole seconds until all of it is done; None when nothing can be said."""
    seconds = seconds_left(
        turn,
        view,
        shared.groq,
        groq_hourly=settings.GROQ_AUDIO_SECONDS_PER_HOUR,
        lately=shared.lately.pace_of(batch, now=shared.time),
        now=shared.time,
    )
    if seconds is None:
        return None
    return round(seconds)


def _text_of(trouble: Standstill | None) -> str:
    if trouble is None:
        return ""
    return trouble.text


def _progress(batch: ImportBatch, counts: Counts, turn: Turn, shared: _Now) -> BatchProgress:
    wait: Wait | None = None
    eta_seconds: int | None = None
    lanes: tuple[LaneStatus, ...] = ()
    view = shared.view if _waits(batch, counts) else None
    reading = counts.expanding > 0
    trouble: Standstill | None = None
    if view is not None and (turn.fetching > 0 or reading):
        trouble = shared.trouble
        lanes = view.lanes
    if view is not None:
        wait = wait_of(turn, view, shared.groq, reading=reading, now=shared.time)
        eta_seconds = _eta_seconds(batch, turn, view, shared)
    return BatchProgress(
        batch_id=batch.pk,
        list_id=batch.video_list_id,
        list_name=batch.video_list.name,
        state=batch.state,
        source=batch.source,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
        total=counts.total,
        done=counts.done,
        failed=counts.failed,
        without_captions=counts.without_captions,
        duplicates=counts.duplicates,
        invalid=counts.invalid,
        unavailable=counts.unavailable,
        cut_short=counts.cut_short,
        expanding=counts.expanding,
        announced=batch.announced,
        percent=_percent(batch, counts),
        eta_seconds=eta_seconds,
        wait=wait,
        trouble=_text_of(trouble),
        stands_still=is_standstill(trouble, now=shared.time),
        lanes=lanes,
    )


def shown_progress(
    user: Any, shown: Sequence[int], since: datetime | None = None
) -> list[BatchProgress]:
    """Return what every page tells of: the running and paused imports, those whose summary nobody
    has seen, those the page shows already, and those that ended since the page was opened.

    The newest first; of too many the running before the paused, and those before the finished. One
    query when there is none, two for any number, and one for YouTube's lanes while one is running.
    """
    if shown or since is not None:
        batches = list(_told_to(user, shown, since))
    else:
        batches = _TOLD.objects(user.pk)
    rows = sorted(batches, key=lambda batch: -batch.pk)
    return progress_of(rows) if rows else []


def _told_to(
    user: Any, shown: Sequence[int] = (), since: datetime | None = None
) -> QuerySet[ImportBatch]:
    unseen = Q(state=BatchState.FINISHED, announced=False)
    told = Q(state__in=ACTIVE) | unseen | Q(pk__in=shown)
    if since is not None:
        told |= Q(state=BatchState.FINISHED, finished_at__gte=since)
    batches = ImportBatch.objects.of(user).filter(told)
    return batches.order_by("-state", "-pk")[:SHOWN_AT_MOST]


_TOLD = PreparedSelect(_told_to, int)  # to a page that shows none yet
