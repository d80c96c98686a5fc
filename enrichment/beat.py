"""The beat: sends each kind's message when its time has come, unless messages pile up because no
worker runs.
"""

from typing import Any

import redis
from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings

from enrichment.limits.connection import redis_client

MOST_WAITING = 30  # messages; a worker that comes back takes them all within a second


class PatientScheduler(Scheduler):
    """Keeps its schedule in memory. A message that is not sent now is sent at its next time."""

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
