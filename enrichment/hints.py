"""Messages that only make things quicker: each says that there may be work of a kind, and is lost
without harm.

The beat brings the next. None has a moment in it, neither when it expires nor when it is due:
Celery would compare the sender's clock with the worker's, which may be another host's. Instead none
is sent while many wait.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from celery import current_app
from django.conf import settings
from redis.exceptions import RedisError

from enrichment.limits.connection import redis_client

logger = logging.getLogger(__name__)

MOST_WAITING = 30  # messages; a worker that comes back takes them all within a second
MOST_UNSENT = 100  # hints of this process; while Redis is frozen, each takes its two seconds
_room = threading.Semaphore(MOST_UNSENT)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")


def send(task: str) -> None:
    """Ask a worker to run this task soon, from a thread of its own.

    Returns at once, also while Redis hangs or is away.
    """
    if _room.acquire(blocking=False):
        _sender.submit(_send, task)


def _send(task: str) -> None:
    try:
        if messages_waiting() < MOST_WAITING:
            send_on(task)
    finally:
        _room.release()


def send_on(task: str) -> None:
    """Ask for the next of a kind, from a task. Whatever happens, it is only a hint that is lost."""
    try:
        current_app.send_task(task)
    except Exception as error:  # noqa: BLE001  closed meanwhile, redis-py stumbles anywhere
        logger.info("no hint: %s", type(error).__name__)


def send_later(task: str, seconds: float) -> None:
    """Ask for a task in so many seconds, from a thread that dies with this process."""
    timer = threading.Timer(seconds, send_on, [task])
    timer.daemon = True
    timer.start()


def messages_waiting() -> int:
    """How many messages no worker has taken; 0 when Redis cannot be asked."""
    queue = f"{settings.REDIS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    try:
        return int(redis_client().llen(queue))  # type: ignore[arg-type]
    except RedisError:
        return 0
