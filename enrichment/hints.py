"""Messages that only make things quicker: sent from a thread of their own, and lost without harm. The beat brings the next."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

EXPIRES = 5  # seconds; by then the beat has come
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")


def send(task: str, **kwargs: Any) -> None:
    """Ask a worker to run this task soon. Returns at once, also while Redis hangs or is away."""
    _sender.submit(_send, task, kwargs)


def _send(task: str, kwargs: dict[str, Any]) -> None:
    try:
        current_app.send_task(task, kwargs=kwargs, expires=EXPIRES)
    except (OperationalError, RedisError, OSError) as error:
        logger.info("no hint: %s", type(error).__name__)
