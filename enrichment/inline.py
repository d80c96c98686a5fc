"""Working in this process instead of a Celery worker's: the same permits, claims and pipeline, one
video after the other.
"""

import secrets
import socket
import time
from collections.abc import Callable

from enrichment import pipeline, pump, recovery
from enrichment.leases import Holder
from enrichment.limits import lane
from enrichment.sources.registry import source_for

LONGEST_NAP = 1.0  # seconds


def next_holder() -> Holder:
    """A name for one run in this process."""
    return Holder(f"inline-{secrets.token_hex(8)}", f"inline@{socket.gethostname()}")


def work_until(
    done: Callable[[], bool], *, also: Callable[[Holder], float | None] = lambda holder: 0.0
) -> None:
    """Complete due videos until `done()`.

    `also` is other work to do in between; it answers None when it did any.
    """
    while not done():
        started = pump.start_next(next_holder())
        if not isinstance(started, float):
            _complete(started)
        if also(next_holder()) is not None and isinstance(started, float):
            recovery.sweep()
            time.sleep(min(started or LONGEST_NAP, LONGEST_NAP))


def _complete(started: pump.Started) -> None:
    way = lane(started.permit.lane)
    source = source_for(way.proxy)
    pipeline.enrich(started.claim, started.permit, limiter=way.limiter, source=source)
