"""What a Celery worker does around its tasks: prepare before it forks, and clean up after processes that died."""

import ctypes
import gc
import signal
import sys
from typing import Any

from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import (
    beat_embedded_init,
    task_failure,
    task_prerun,
    worker_init,
    worker_process_init,
)
from channels.layers import get_channel_layer
from django.db import close_old_connections, connections

from enrichment import recovery
from enrichment.sources.registry import load_clients

PR_SET_PDEATHSIG = 1
CONNECTION_AGE = 300  # seconds


@worker_init.connect
def prepare(sender: Any, **kwargs: Any) -> None:
    """Free what a predecessor of this name left behind, and load what every process of the pool will need once for all of them."""
    recovery.forget_node(str(sender.hostname))
    connections.close_all()  # a connection must not cross the fork
    load_clients()  # up to 70 MB, shared by the pool's processes
    get_channel_layer()  # with its cryptography, 7 MB
    gc.collect()
    gc.freeze()  # what is loaded stays out of the collector, so its pages stay shared


@beat_embedded_init.connect
@worker_process_init.connect
def end_with_parent(**kwargs: Any) -> None:
    """Beat and each process of the pool die with their worker, also while busy (Linux; elsewhere they end with their task)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@worker_process_init.connect
def keep_connections(**kwargs: Any) -> None:
    """A process of the pool keeps its database connection from one task to the next: a new one costs up to a tenth of a video's work."""
    for connection in connections.all():
        connection.settings_dict |= {"CONN_MAX_AGE": CONNECTION_AGE, "CONN_HEALTH_CHECKS": True}
    task_prerun.connect(check_connections)


def check_connections(**kwargs: Any) -> None:
    """Before each task: a connection that failed, or is too old, is made anew; one whose server went away is, too."""
    close_old_connections()


@task_failure.connect
def free_lost_run(exception: BaseException, args: list[Any] | None = None, **kwargs: Any) -> None:
    """The process that ran a video died or was ended for taking too long: its job and its permit are free at once."""
    if not isinstance(exception, WorkerLostError | TimeLimitExceeded) or not args:
        return
    claim = args[0]
    if isinstance(claim, dict) and "job_id" in claim:
        recovery.forget_run(claim["job_id"], claim["fence"])
        connections.close_all()
