"""What a Celery worker does around its tasks: prepare before it forks, and clean up after processes
that died.
"""

import gc
import os
import time
from typing import Any

from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import bootsteps, current_app
from celery.signals import (
    beat_embedded_init,
    task_failure,
    task_prerun,
    task_received,
    worker_init,
    worker_process_init,
)
from celery.worker import state
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import close_old_connections, connections
from redis.exceptions import RedisError

from enrichment import children, recovery
from enrichment.limits.connection import redis_client
from enrichment.services import ALIVE
from enrichment.sources.registry import load_clients

CONNECTION_AGE = 300  # seconds
ALIVE_SECONDS = 15  # how long one heartbeat counts
DEAF_SECONDS = 20.0  # the beat sends a message every second
NICENESS = 10  # a tenth of the weight of a program that has none


class Heartbeat(bootsteps.StartStopStep):
    """Writes once a second, from the worker's main process, that it lives: also while every process
    of its pool is busy.

    A worker that hears nothing although it has a free process is deaf, and does not count as alive.
    """

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self.heard_at = 0.0
        self.timer: Any = None

    def start(self, consumer: Any) -> None:
        self.heard_at = time.monotonic()
        task_received.connect(self.hear)
        self.timer = consumer.timer.call_repeatedly(1.0, self.beat, (consumer,))

    def stop(self, consumer: Any) -> None:
        task_received.disconnect(self.hear)
        if self.timer is not None:
            self.timer.cancel()

    def hear(self, **kwargs: Any) -> None:
        """Note that a message has arrived."""
        self.heard_at = time.monotonic()

    def beat(self, consumer: Any) -> None:
        """Write the heartbeat. Waits 0.3 s at most while Redis is frozen."""
        is_full = len(state.active_requests) >= consumer.pool.num_processes
        if is_full:
            self.hear()
        if time.monotonic() - self.heard_at > DEAF_SECONDS:
            return
        try:
            redis_client().set(f"{settings.REDIS_PREFIX}{ALIVE}", 1, ex=ALIVE_SECONDS)
        except RedisError:
            return  # `/healthz` names Redis then


current_app.steps["consumer"].add(Heartbeat)


@worker_init.connect
def prepare(sender: Any, **kwargs: Any) -> None:
    """Free what a predecessor of this name left behind, and load what every process of the pool
    will need once for all of them.
    """
    recovery.forget_node(str(sender.hostname))
    connections.close_all()  # a connection must not cross the fork
    load_clients()  # up to 70 MB, shared by the pool's processes
    get_channel_layer()  # with its cryptography, 7 MB
    gc.collect()
    gc.freeze()  # what is loaded stays out of the collector, so its pages stay shared


@beat_embedded_init.connect
@worker_process_init.connect
def end_with_parent(**kwargs: Any) -> None:
    """End beat and pool with their worker, also while busy; only on Linux."""
    children.end_with(os.getppid())


@worker_process_init.connect
def give_way(**kwargs: Any) -> None:
    """Let the web server of the same machine go first: somebody waits for its pages. Where nobody
    does, the processes of the pool are as quick as ever.
    """
    os.nice(NICENESS)


@worker_process_init.connect
def keep_connections(**kwargs: Any) -> None:
    """A process of the pool keeps its database connection from one task to the next: a new one
    costs up to a tenth of a video's work.
    """
    for connection in connections.all():
        connection.settings_dict |= {"CONN_MAX_AGE": CONNECTION_AGE, "CONN_HEALTH_CHECKS": True}
    # Before each task: one that failed, is too old, or whose server went away, is made anew.
    task_prerun.connect(close_old_connections)


@task_failure.connect
def free_lost_run(exception: BaseException, task_id: str, **kwargs: Any) -> None:
    """Free at once what a process held that died, or was ended for taking too long."""
    if isinstance(exception, WorkerLostError | TimeLimitExceeded):
        recovery.forget_run(task_id)
        connections.close_all()
