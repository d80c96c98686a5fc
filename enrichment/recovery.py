"""Freeing what dead workers held: by time, and at once when it is known that a worker died.

A job is blamed for the death of its own process, and for that of a whole worker in which it ran alone. When several runs died together
none is blamed: each is a suspect and runs alone next. What was blamed three times is set aside.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from django.utils import timezone

from enrichment import jobs, limits
from enrichment.models import EnrichmentJob
from enrichment.record import set_aside

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Free the jobs whose lease ran out, drop those nobody wants, bring back those somebody wants again. Answers how many may run now."""
    now = timezone.now()
    jobs.drop_unlisted()
    return _free(jobs.expired(now)) + jobs.restore_listed(now)


def forget_node(node: str) -> int:
    """A worker of this name starts anew: whatever its predecessor held is free. Answers how many."""
    return _free(jobs.held_by(node))


def forget_run(job_id: int, fence: int) -> int:
    """The process that ran this job died. Answers 1 if the job was still its."""
    return _free(
        EnrichmentJob.objects.filter(pk=job_id, fence=fence, lease_until__isnull=False),
        own_process=True,
    )


def _free(held: Iterable[EnrichmentJob], *, own_process: bool = False) -> int:
    freed, gone = 0, list(held)
    beside = (
        Counter(
            EnrichmentJob.objects.filter(lease_until__isnull=False).values_list(
                "lease_node", flat=True
            )
        )
        if gone
        else Counter()
    )
    for job in gone:
        begun = job.lease_node != ""
        if not _free_one(
            job,
            blamed=own_process
            or not begun
            or job.last_cause == jobs.SUSPECT
            or beside[job.lease_node] == 1,
        ):
            continue
        freed += 1
        with suppress(LookupError):  # the settings no longer have that way out
            if job.lease_lane:
                limits.lane(job.lease_lane).limiter.abandon(job.lease_token)
    return freed


def _free_one(job: EnrichmentJob, *, blamed: bool) -> bool:
    """Give the job to the next worker, or end it when it has cost too many workers their life."""
    if not blamed or job.attempts < jobs.MAX_ATTEMPTS:
        return jobs.release(job, blamed=blamed)
    claim = jobs.take_over(job, now=timezone.now())
    if claim is None:
        return False
    logger.error("video %s killed its worker %s times, set aside", job.video_id, job.attempts)
    set_aside(claim)
    return True
