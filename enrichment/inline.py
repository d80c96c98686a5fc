"""Working in this process instead of a Celery worker's: the same pump, permits, claims and pipeline, one video after the other."""

import socket
import time
from collections.abc import Callable

from enrichment import pipeline, pump, recovery
from enrichment.jobs import Claim
from enrichment.limits import Permit, lane
from enrichment.sources.registry import source_for

LONGEST_NAP = 1.0  # seconds


def work_until(done: Callable[[], bool], *, also: Callable[[], bool] = lambda: False) -> None:
    """Complete due videos until `done()`. `also` is other work to do in between; it answers whether it did any."""
    node = f"inline@{socket.gethostname()}"
    granted: list[tuple[Claim, Permit]] = []
    while not done():
        granted.clear()
        wait = pump.run(lambda claim, permit: granted.append((claim, permit)))
        for claim, permit in granted:
            way = lane(permit.lane)
            pipeline.enrich(
                claim, permit, limiter=way.limiter, source=source_for(way.proxy), node=node
            )
        if not also() and not granted:
            recovery.sweep()
            time.sleep(min(wait or LONGEST_NAP, LONGEST_NAP))
