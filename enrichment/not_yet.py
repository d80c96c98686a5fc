"""Videos that do not exist in full yet: scheduled, running, or still being processed by YouTube.

They are in error with a job that looks again by itself. The pause between two looks is never in the
past: it lasts until the announced start, and after that as long as we have waited already, between
an hour and a day. After two weeks it ends.
"""

from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from enrichment import jobs
from enrichment.errors import SourceError
from enrichment.models import EnrichmentJob
from enrichment.record import VideoRecord
from videos.causes import Cause

NOT_YET = (Cause.UPCOMING, Cause.LIVE, Cause.PROCESSING)
SHORTEST_PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(hours=24)
PATIENCE = timedelta(days=14)  # from the first look after the announced start


def wait_until_available(record: VideoRecord, job: EnrichmentJob, error: SourceError) -> None:
    """Record why the video cannot be had yet, and put its job off; after two weeks end it with a
    cause of its own.
    """
    now = timezone.now()
    until = next_look(job.overdue_since, error.starts_at, now=now)
    if until is None:
        record.error(Cause.NEVER_AVAILABLE, info=error.info)
        return
    announced = error.starts_at is not None and error.starts_at > now

    def defer() -> None:
        if not announced:
            job_row = EnrichmentJob.objects.filter(pk=record.claim.job_id)
            job_row.update(overdue_since=Coalesce(F("overdue_since"), now))
        jobs.lose_rank(record.claim)
        jobs.defer(record.claim, until - now, error.cause)

    record.error(error.cause, info=error.info, then=defer)


def next_look(
    overdue_since: datetime | None, starts_at: datetime | None, *, now: datetime
) -> datetime | None:
    """Return when to look again, always after `now`; None when two weeks have passed in vain.

    `overdue_since`: the first look that met no start in the future, None for the look that is the
    first.
    """
    if starts_at is not None and starts_at > now:
        return starts_at
    waited = timedelta(0)
    if overdue_since is not None:
        waited = now - overdue_since
    if waited >= PATIENCE:
        return None
    return now + min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
