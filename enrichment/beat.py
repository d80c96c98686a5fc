"""The beat: sends each kind's message when its time has come, unless messages pile up because no
worker runs.
"""

from datetime import datetime, timedelta
from typing import Any

import redis
from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings

from enrichment.limits.connection import redis_client

MOST_WAITING = 30  # messages; a worker that comes back takes them all within a second
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


def messages_waiting() -> int:
    """How many messages no worker has taken.

    0 when Redis cannot be asked: then sending says what is wrong.
    """
    queue = f"{settings.REDIS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    try:
        return int(redis_client().llen(queue))  # type: ignore[arg-type]
    except redis.RedisError:
        return 0
