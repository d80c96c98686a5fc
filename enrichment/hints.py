"""Messages that only make things quicker: each says that there may be work of a kind, expires, and
is lost without harm.

The beat brings the next.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

EXPIRES = 5  # seconds; by then the beat has come
MOST_WAITING = 100  # hints; while Redis is frozen, each takes its two seconds
_room = threading.Semaphore(MOST_WAITING)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")


def send(task: str) -> None:
    """Ask a worker to run this task soon, from a thread of its own.

    Returns at once, also while Redis hangs or is away.
    """
    if _room.acquire(blocking=False):
        _sender.submit(_send, task)


def _send(task: str) -> None:
    try:
        send_on(task)
    finally:
        _room.release()


def send_on(task: str) -> None:
    """Ask for the next of a kind, from a task."""
    try:
        current_app.send_task(task, expires=EXPIRES)
    except (OperationalError, RedisError, OSError) as error:
        logger.info("no hint: %s", type(error).__name__)
