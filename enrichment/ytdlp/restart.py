"""A worker that begins anew once another yt-dlp is in use: it ends what it does, then replaces
itself.

The main process loads yt-dlp before it forks, and no process can load a second one. So it stops as
Celery stops: no new task is taken, every running one comes to its end, and messages that were
waiting go back to the queue. Then the same process (so whoever started it notices nothing) starts
the same program again, which takes two seconds or three.
"""

import logging
import os
import sys
import time
from typing import Any

from billiard.process import active_children
from celery import bootsteps, current_app
from celery.signals import worker_shutdown, worker_shutting_down
from celery.worker import state

from enrichment.ytdlp import loading, versions

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
QUICK_SECONDS = (
    10.0  # a task that has run for longer is let end first: the others would wait for it
)
PATIENCE = 900.0  # seconds until it is not waited for any longer
CHILD_SECONDS = 5  # for a child that was told to end


class Restart(bootsteps.StartStopStep):
    """Looks, from the worker's main process, whether another yt-dlp is in use than the one it has
    loaded.
    """

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self.noticed_at: float | None = None
        self.timer: Any = None

    def start(self, consumer: Any) -> None:
        self.timer = consumer.timer.call_repeatedly(LOOK_SECONDS, self.look)

    def stop(self, consumer: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def look(self) -> None:
        """Stop the worker in the quiet way when it is time for another version."""
        if not loading.is_outdated():
            self.noticed_at = None
            return
        if self.noticed_at is None:
            self.noticed_at = time.monotonic()
        is_patient = time.monotonic() - self.noticed_at < PATIENCE
        if is_patient and longest_task_seconds() > QUICK_SECONDS:
            return
        logger.warning("Starting again with yt-dlp %s", versions.version_in_use())
        worker_shutdown.connect(start_again)
        state.should_stop = os.EX_OK  # type: ignore[assignment]


def longest_task_seconds() -> float:
    """Return 0 when no task runs."""
    now = time.time()
    longest = 0.0
    for request in state.active_requests:
        if request.time_start:
            longest = max(longest, now - request.time_start)
    return longest


def start_again(**kwargs: Any) -> None:
    """Replace this process by the same program, with the same arguments and environment."""
    for child in active_children():
        child.join(CHILD_SECONDS)  # else it stays a zombie: the new program does not know of it
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  ourselves


@worker_shutting_down.connect
def stay_ended(**kwargs: Any) -> None:
    """Somebody stops this worker meanwhile: it does not start again."""
    worker_shutdown.disconnect(start_again)


current_app.steps["consumer"].add(Restart)
