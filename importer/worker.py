"""What importing does around a Celery worker's tasks: at its start, and when a process of its pool died."""

import logging
from typing import Any

from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure, worker_init, worker_ready
from django.db import connections
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from importer import recovery, tasks

logger = logging.getLogger(__name__)

READERS = (tasks.expand.name, tasks.check_follows.name)


@worker_init.connect
def free_what_a_predecessor_read(sender: Any, **kwargs: Any) -> None:
    recovery.forget_node(str(sender.hostname))
    connections.close_all()  # a connection must not cross the fork


@worker_ready.connect
def read_on(sender: Any, **kwargs: Any) -> None:
    """Nobody waits for the beat's first tick. Sent from here and not by a thread: this process will fork again."""
    try:
        with sender.app.connection_for_write() as connection:
            for task in READERS:
                sender.app.send_task(task, connection=connection)
    except (OperationalError, RedisError, OSError) as error:
        logger.info("no hint: %s", type(error).__name__)


@task_failure.connect
def free_lost_reading(
    exception: BaseException, task_id: str, sender: Any = None, **kwargs: Any
) -> None:
    if (
        isinstance(exception, WorkerLostError | TimeLimitExceeded)
        and getattr(sender, "name", "") in READERS
    ):
        recovery.forget_task(task_id)
        connections.close_all()
