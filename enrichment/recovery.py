"""Freeing what dead workers held: by time, and at once when it is known that a worker died."""

import logging
from collections.abc import Iterable
from contextlib import suppress

from django.utils import timezone

from enrichment import jobs, limits
from enrichment.models import EnrichmentJob
from enrichment.record import set_aside

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Free the jobs whose lease ran out. Answers how many."""
    return _free(jobs.expired(timezone.now()))


def forget_node(node: str) -> int:
    """A worker of this name starts anew: whatever its predecessor held is free. Answers how many."""
    return _free(jobs.held_by(node))


def forget_run(job_id: int, fence: int) -> int:
    """The process that ran this job died. Answers 1 if the job was still its."""
    return _free(EnrichmentJob.objects.filter(pk=job_id, fence=fence, lease_until__isnull=False))


def _free(held: Iterable[EnrichmentJob]) -> int:
    freed = 0
    for job in list(held):
        if not _free_one(job):
            continue
        freed += 1
        with suppress(LookupError):  # the settings no longer have that way out
            if job.lease_lane:
                limits.lane(job.lease_lane).limiter.abandon(job.lease_token)
    return freed


def _free_one(job: EnrichmentJob) -> bool:
    """Give the job to the next worker, or end it when it has cost too many workers their life."""
    if job.attempts < jobs.MAX_ATTEMPTS:
        return jobs.release(job)
    claim = jobs.take_over(job, now=timezone.now())
    if claim is None:
        return False
    logger.error("video %s killed its worker %s times, set aside", job.video_id, job.attempts)
    set_aside(claim)
    return True
