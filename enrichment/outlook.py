"""What may be expected of YouTube from here on: when it is asked again, how fast, how many videos
the hour still has, when all is done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from enrichment import limits
from enrichment.limits import Lane, LaneStatus, Reason
from enrichment.services import LARGE

HOUR = 3600.0  # seconds; what was spent of the budget is free again an hour later
HOUR_IS_USED_UP: tuple[Reason, ...] = ("budget", "reserve")
NOTICEABLE = 10.0  # seconds; a shorter wait is no pause that a page would tell of
STEP = 5.0  # seconds; the forecast of a rate that climbs looks so far ahead each time
SETTLED = 3600.0  # seconds after which every rate has climbed back


@dataclass(frozen=True)
class Pause:
    """YouTube is not asked before `until`, because of `reason`.

    "probe": one video finds out right now whether the pause is over, and `until` has passed.
    """

    until: datetime
    reason: Reason

    @property
    def is_budget(self) -> bool:
        """The hour's budget is used up, or what of it large imports may take: YouTube itself is
        well.
        """
        return self.reason in HOUR_IS_USED_UP


@dataclass(frozen=True)
class Outlook:
    """All open ways out together; when none is open, all of them."""

    pause: Pause | None  # of the queue right now; None while it moves
    large_pause: Pause | None  # the same for large imports, which leave a reserve to people
    pace: float | None  # videos a second; None when no rule limits it
    left: int  # videos within the hour that slides
    hourly: int  # videos
    reserve: int  # videos of each hour that large imports leave to people
    lanes: tuple[LaneStatus, ...] = ()  # each way out, open or not
    is_idle: bool = False  # the rate is not what holds the work back on any open way out
    usable: tuple[LaneStatus, ...] = ()  # the open ways out, or all when none is open

    def pause_of(self, *, large: bool) -> Pause | None:
        """The pause that an import of this size meets."""
        return self.large_pause if large else self.pause

    def pace_for(self, videos: int) -> float | None:
        """Videos a second on average, for so many: a rate that was cut climbs back meanwhile.

        None when no rule limits it.
        """
        if not self.pace or not _does_any_climb(self.usable):
            return self.pace
        done = 0.0
        seconds = 0.0
        while done < videos:
            pace = sum(_pace_in(lane, seconds) for lane in self.usable)
            step = STEP
            if seconds >= SETTLED:
                step = (videos - done) / pace
            done += pace * step
            seconds += step
        return done / seconds

    def seconds_left(
        self, remaining: int, *, pace: float | None, large: bool, now: datetime
    ) -> float | None:
        """Until so many videos are done, at `pace` (videos a second, None: unknown) and hour after
        hour as the budget allows.

        While YouTube makes us wait, its own pace does for an unknown one. None when nothing can be
        said.
        """
        pause = self._seconds_of_pause(large=large, now=now)
        if not pace and pause:
            pace = self.pace
        reserve = self.reserve if large else 0
        hourly, left = self.hourly - reserve, max(self.left - reserve, 0)
        if not pace or hourly <= 0:
            return None
        if remaining <= left:
            return pause + remaining / pace
        cycle = max(HOUR, hourly / pace)
        free_again = pause + left / pace
        if left or not pause:  # else the pause lasts until then
            free_again = max(free_again, cycle - (hourly - left) / pace)
        hours, rest = divmod(remaining - left - 1, hourly)
        return free_again + hours * cycle + (rest + 1) / pace

    def _seconds_of_pause(self, *, large: bool, now: datetime) -> float:
        pause = self.pause_of(large=large)
        if pause is None:
            return 0.0
        return max((pause.until - now).total_seconds(), 0.0)

    def ends_at(self, waiting: int, *, now: datetime) -> datetime | None:
        """When that many waiting videos are done, at YouTube's own pace.

        None when none waits, or nothing can be said.
        """
        if not waiting:
            return None
        seconds = self.seconds_left(waiting, pace=self.pace, large=waiting > LARGE, now=now)
        return None if seconds is None else now + timedelta(seconds=seconds)


def outlook(lanes: Sequence[Lane] | None = None, *, now: datetime | None = None) -> Outlook:
    """One round trip to Redis per way out (`lanes`, None: those of the settings).

    Without Redis that is found out once; then one query per way out.
    """
    lanes = limits.youtube_lanes() if lanes is None else lanes
    return _outlook(lanes, now or timezone.now())


def _outlook(lanes: Sequence[Lane], now: datetime) -> Outlook:
    states = dict(zip(lanes, limits.youtube_states(lanes), strict=True))
    pauses, large_pauses, open_lanes = [], [], {}
    for lane, state in states.items():
        pauses.append(_pause(state, now))
        large_pauses.append(_large_pause(lane, state, now))
        if state.open_until is None:
            open_lanes[lane] = state
    usable = open_lanes or states
    return Outlook(
        pause=_shortest(pauses),
        large_pause=_shortest(large_pauses),
        pace=_pace_of(usable.values()),
        left=int(sum(state.budget_left for state in usable.values())),
        hourly=sum(lane.limiter.rules.hourly_budget for lane in usable),
        reserve=sum(lane.limiter.rules.reserve_budget for lane in usable),
        lanes=tuple(states.values()),
        is_idle=_are_idle(open_lanes),
        usable=tuple(usable.values()),
    )


def _pace_of(lanes: Iterable[LaneStatus]) -> float | None:
    """Videos a second of all together; None when one has no delay."""
    paces = []
    for lane in lanes:
        if not lane.delay:
            return None
        paces.append(1 / lane.delay)
    return sum(paces)


def _are_idle(lanes: Mapping[Lane, LaneStatus]) -> bool:
    for lane, state in lanes.items():
        if not _is_idle(lane, state):
            return False
    return bool(lanes)


def _is_idle(lane: Lane, state: LaneStatus) -> bool:
    """Whether the rate is not what holds the work back: permits lie ready, or each place is taken
    by an answer that takes its time.
    """
    rules = lane.limiter.rules
    return state.tokens >= rules.burst - 1 or state.in_flight >= rules.max_concurrent


def _does_any_climb(lanes: Iterable[LaneStatus]) -> bool:
    for lane in lanes:
        if lane.climb:
            return True
    return False


def _pace_in(lane: LaneStatus, seconds: float) -> float:
    """Videos a second that this way out lets through in so many seconds of demand.

    A rate that met YouTube's limit while it climbed stays about where it is.
    """
    if not lane.climb or lane.nudged or seconds <= lane.hold:
        return 1 / lane.delay
    fastest = 1 / max(lane.base_delay, 0.01)
    doublings = min((seconds - lane.hold) / lane.climb, 20.0)
    return min(2**doublings / lane.delay, fastest)


def _pause(state: LaneStatus, now: datetime) -> Pause | None:
    """How long this way out makes a person's video wait. None when it does not."""
    return _closed(state) or _used_up(state.wait, state.reason, state.budget_left, now)


def _large_pause(lane: Lane, state: LaneStatus, now: datetime) -> Pause | None:
    left = state.budget_left - lane.limiter.rules.reserve_budget
    return _closed(state) or _used_up(state.bulk_wait, state.bulk_reason, left, now)


def _closed(state: LaneStatus) -> Pause | None:
    if state.open_until is None:
        return None
    if state.breaker == "half_open":
        return Pause(state.open_until, "probe")
    return Pause(state.open_until, "open")


def _used_up(wait: float, reason: Reason | None, left: float, now: datetime) -> Pause | None:
    """The hour's budget, when less than one video is `left` of it and the wait is noticeable.

    A wait for the next permit is no pause, however slow the pace is: no time can be promised that
    would not move on with each video. The reserve of the burst is such a wait, too.
    """
    if reason not in HOUR_IS_USED_UP or left >= 1 or wait < NOTICEABLE:
        return None
    return Pause(now + timedelta(seconds=wait), reason)


def _shortest(pauses: Sequence[Pause | None]) -> Pause | None:
    """None when the work goes on at a way out."""
    found = []
    for pause in pauses:
        if pause is None:
            return None
        found.append(pause)
    return min(found, key=lambda pause: pause.until)
