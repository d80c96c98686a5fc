"""What may be expected of YouTube from here on: when it is asked again, how fast, how many videos the hour still has, when all is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enrichment import limits, pump
from enrichment.limits import LaneStatus
from enrichment.services import LARGE

HOUR = 3600.0  # seconds; what was spent of the budget is free again an hour later


@dataclass(frozen=True)
class Outlook:
    """All open ways out together; when none is open, all of them."""

    resumes_at: (
        datetime | None
    )  # when YouTube is asked again, if the queue waits right now; None while it moves
    pace: float | None  # videos a second; None when no rule limits it
    left: int  # videos within the hour that slides
    hourly: int  # videos
    reserve: int  # videos of each hour that large imports leave to people
    lanes: tuple[LaneStatus, ...] = ()  # each way out, open or not

    def seconds_left(
        self, remaining: int, *, pace: float | None, large: bool, now: datetime
    ) -> float | None:
        """Until so many videos are done, at `pace` (videos a second, None: unknown) and hour after hour as the budget allows.

        While YouTube makes us wait, its own pace does for an unknown one. None when nothing can be said.
        """
        pause = max((self.resumes_at - now).total_seconds(), 0.0) if self.resumes_at else 0.0
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
        """When that many waiting videos are done, at YouTube's own pace. None when none waits, or nothing can be said."""
        seconds = (
            self.seconds_left(waiting, pace=self.pace, large=waiting > LARGE, now=now)
            if waiting
            else None
        )
        return None if seconds is None else now + timedelta(seconds=seconds)


def outlook() -> Outlook:
    """One round trip to Redis per way out and one more. Without Redis that is found out once; then one query per way out."""
    states = dict(zip(limits.youtube_lanes(), limits.youtube_states(), strict=True))
    answers = all(state.available for state in states.values())
    resumes_at = pump.paused_until() if answers else None
    usable = {lane: state for lane, state in states.items() if state.open_until is None}
    if not usable:
        usable = states
        resumes_at = resumes_at or min(
            state.open_until for state in states.values() if state.open_until is not None
        )
    rules = [lane.limiter.rules for lane in usable]
    delays = [state.delay for state in usable.values()]
    return Outlook(
        resumes_at=resumes_at,
        pace=sum(1 / delay for delay in delays) if all(delays) else None,
        left=int(sum(state.budget_left for state in usable.values())),
        hourly=sum(rule.hourly_budget for rule in rules),
        reserve=sum(rule.reserve_budget for rule in rules),
        lanes=tuple(states.values()),
    )
