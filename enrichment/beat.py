"""The beat: sends each kind's message when its time has come, unless messages pile up because no
worker runs.
"""

from datetime import datetime, timedelta
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from enrichment.hints import MOST_WAITING, messages_waiting

STEP_BACK = timedelta(seconds=2)  # a clock that is set right by less does no harm


class PatientScheduler(Scheduler):
    """Keeps its schedule in memory. A message that is not sent now is sent at its next time.

    Celery's own sends nothing after the clock stepped back, until it is again as late as it was.
    """

    latest: datetime | None = None  # the last moment it knows of

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due. Returns the seconds until the next look."""
        first = next(iter(self.schedule.values()), None)
        if first is not None:
            self._look_at_clock(first.default_now())
        seconds: float = super().tick(*args, **kwargs)
        return seconds

    def _look_at_clock(self, now: datetime) -> None:
        if self.latest is not None and now < self.latest - STEP_BACK:
            self._begin_anew()
        self.latest = now

    def _begin_anew(self) -> None:
        """Everything was sent just now, by the clock as it is now."""
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now()
        self.populate_heap()

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        if messages_waiting() < MOST_WAITING:
            return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        if advance:
            self.reserve(entry)
        return None
