"""What may be expected of YouTube from here on: when it is asked again, how fast, how many videos
the hour still has, when all is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from enrichment import limits
from enrichment.limits import LaneStatus, Reason
from enrichment.services import LARGE

HOUR = 3600.0  # seconds; what was spent of the budget is free again an hour later
NOTICEABLE = 10.0  # seconds; a shorter wait is no pause that a page would tell of


@dataclass(frozen=True)
class Pause:
    """YouTube is not asked before `until`, because of `reason`."""

    until: datetime
    reason: Reason

    @property
    def is_budget(self) -> bool:
        """The hour's budget is used up, or what of it large imports may take: YouTube itself is
        well.
        """
        return self.reason in ("budget", "reserve")


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

    def pause_of(self, *, large: bool) -> Pause | None:
        """The pause that an import of this size meets."""
        return self.large_pause if large else self.pause

    def seconds_left(
        self, remaining: int, *, pace: float | None, large: bool, now: datetime
    ) -> float | None:
        """Until so many videos are done, at `pace` (videos a second, None: unknown) and hour after
        hour as the budget allows.

        While YouTube makes us wait, its own pace does for an unknown one. None when nothing can be
        said.
        """
        pause = 0.0
        pausing = self.pause_of(large=large)
        if pausing is not None:
            pause = max((pausing.until - now).total_seconds(), 0.0)
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

    def ends_at(self, waiting: int, *, now: datetime) -> datetime | None:
        """When that many waiting videos are done, at YouTube's own pace.

        None when none waits, or nothing can be said.
        """
        seconds = (
            self.seconds_left(waiting, pace=self.pace, large=waiting > LARGE, now=now)
            if waiting
            else None
        )
        return None if seconds is None else now + timedelta(seconds=seconds)


def outlook() -> Outlook:
    """One round trip to Redis per way out.

    Without Redis that is found out once; then one query per way out.
    """
    lanes = limits.youtube_lanes()
    states = dict(zip(lanes, limits.youtube_states(), strict=True))
    usable = {lane: state for lane, state in states.items() if state.open_until is None}
    if not usable:
        usable = states
    rules = [lane.limiter.rules for lane in usable]
    delays = [state.delay for state in usable.values()]
    return Outlook(
        pause=_shortest([_pause(state) for state in states.values()]),
        large_pause=_shortest([_large_pause(state) for state in states.values()]),
        pace=sum(1 / delay for delay in delays) if all(delays) else None,
        left=int(sum(state.budget_left for state in usable.values())),
        hourly=sum(rule.hourly_budget for rule in rules),
        reserve=sum(rule.reserve_budget for rule in rules),
        lanes=tuple(states.values()),
    )


def _pause(state: LaneStatus) -> Pause | None:
    """How long this way out makes a person's video wait.

    None when the wait is too short to be noticed.
    """
    if state.open_until is not None:
        return Pause(state.open_until, "open")  # also while the probe is out
    return _noticeable(state.wait, state.reason)


def _large_pause(state: LaneStatus) -> Pause | None:
    if state.open_until is not None:
        return Pause(state.open_until, "open")
    return _noticeable(state.bulk_wait, state.bulk_reason)


def _noticeable(wait: float, reason: Reason | None) -> Pause | None:
    if reason is None or wait < NOTICEABLE:
        return None
    return Pause(timezone.now() + timedelta(seconds=wait), reason)


def _shortest(pauses: Sequence[Pause | None]) -> Pause | None:
    """None when a way out does not pause: the work goes on there."""
    found = [pause for pause in pauses if pause is not None]
    if len(found) < len(pauses):
        return None
    return min(found, key=lambda pause: pause.until)
