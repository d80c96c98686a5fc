"""Freeing what dead runs held: by time, and at once when it is known that a process or a worker
died.

A job is blamed for the death of its own process, and for that of a whole worker in which it ran
alone. When several runs died together none is blamed: each is a suspect and runs alone next. What
was blamed three times is set aside. All other kinds of leased work are always blamed, and look at
their attempts when they are taken again.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enrichment import jobs, limits, unlisted
from enrichment.jobs import Claim
from enrichment.leases import Leased, LeasedQuerySet
from enrichment.models import EnrichmentJob
from enrichment.record import set_aside

logger = logging.getLogger(__name__)
Select = Callable[[LeasedQuerySet], LeasedQuerySet]


@dataclass
class Place:
    """Where the next sweep of this process goes on, by ids; 0 at the beginning."""

    last_job: int = 0
    last_video: int = 0


_PLACE = Place()


def sweep(place: Place = _PLACE) -> int:
    """Free what was held too long, drop the jobs nobody wants, bring back those somebody wants
    again. Answers how many rows may run now.

    Of a long queue each sweep looks at some jobs and videos, and the next one goes on.
    """
    place.last_job = unlisted.drop_next_jobs(place.last_job)
    restored, place.last_video = unlisted.restore_next_jobs(place.last_video)
    return _free(lambda rows: rows.expired()) + restored


def forget_node(node: str) -> int:
    """A worker of this name starts anew: whatever its predecessor held is free.

    Answers how many rows.
    """
    return _free(lambda rows: rows.running().filter(node=node))


def forget_run(holder: str) -> int:
    """Free what a process held that is dead. Return how many rows it held.

    Its place at YouTube is freed even when it had no row yet.
    """
    freed = _free(lambda rows: rows.held_by(holder), own_process=True)
    if not freed:
        limits.abandon_youtube(holder)
    return freed


def _free(select: Select, *, own_process: bool = False) -> int:
    freed = 0
    jobs_of_nodes = Counter(EnrichmentJob.objects.running().values_list("node", flat=True))
    for kind in Leased.__subclasses__():
        for row in select(kind.objects.all()):
            blamed = _is_blamed(row, alone=jobs_of_nodes[row.node] == 1, own_process=own_process)
            mine = select(kind.objects.filter(pk=row.pk, holder=row.holder))
            if _free_one(mine, row, blamed=blamed):
                limits.abandon_youtube(row.holder)
                freed += 1
    return freed


def _is_blamed(row: Leased, *, alone: bool, own_process: bool) -> bool:
    if not isinstance(row, EnrichmentJob):
        return True
    return own_process or alone or row.last_cause == jobs.SUSPECT


def _free_one(mine: LeasedQuerySet, row: Any, *, blamed: bool) -> bool:
    """Give the row to the next run, or end it when it has cost too many workers their life.

    False when its holder came back in time.
    """
    if not blamed:
        return mine.put_back(counts=False, last_cause=jobs.SUSPECT) == 1
    if not isinstance(row, EnrichmentJob) or row.attempts < jobs.MAX_ATTEMPTS:
        return mine.put_back() == 1
    heir = f"heir of {row.holder}"[:64]
    if mine.update(holder=heir) != 1:
        return False
    logger.error("video %s killed its worker %s times, set aside", row.video_id, row.attempts)
    set_aside(Claim(row.pk, row.video_id, heir))
    return True
