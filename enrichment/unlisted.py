"""Jobs follow the lists: a video in nobody's list needs none, one that came back needs one again.

The sweep goes through jobs and videos some at a time, and begins again at the end.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef

from enrichment import jobs
from enrichment.leases import database_now
from enrichment.models import EnrichmentJob
from videos.chunks import chunks
from videos.lookups import looking_up_by_index
from videos.models import ListEntry, Video

AT_A_TIME = 1_000  # jobs or videos of which a sweep finds out whether somebody wants them
LISTED = Exists(
    ListEntry.objects.filter(video=OuterRef("video"), video_list__deleted_at=None)
)  # of a job: its video is in a list


def drop_jobs() -> int:
    """Drop the free jobs of videos that are in nobody's list any more: they were removed, or the
    list was deleted. Answers how many. Looks at every job.
    """
    unlisted = EnrichmentJob.objects.unheld().filter(~LISTED, held=False)
    return _drop(list(unlisted.values_list("video_id", flat=True)))


def drop_next_jobs(last: int) -> int:
    """Do the same for the next jobs after that id. Answers where to go on; 0 at the end."""
    waiting = EnrichmentJob.objects.unheld().filter(held=False, pk__gt=last).order_by("pk")
    rows = list(waiting.values_list("pk", "video_id")[:AT_A_TIME])
    video_ids = [video_id for _, video_id in rows]
    _drop(sorted(set(video_ids) - _listed(video_ids)))
    if len(rows) < AT_A_TIME:
        return 0
    return int(rows[-1][0])


@transaction.atomic
def _drop(video_ids: Sequence[int]) -> int:
    """Delete those of these videos' jobs that nobody holds, if they are still in no list."""
    unlisted = EnrichmentJob.objects.unheld().filter(~LISTED, held=False)
    dropped = 0
    for some in jobs.locked(video_ids):
        dropped += unlisted.filter(video_id__in=some).delete()[0]
    return dropped


def restore_next_jobs(last: int) -> tuple[int, int]:
    """Make jobs for the unfinished videos in a list that have none, of the next after that id: they
    were removed and brought back, in whatever order. Answers how many, and where to go on; 0 at the
    end.
    """
    unfinished = Video.objects.unfinished().filter(pk__gt=last).order_by("pk")
    video_ids = list(unfinished.values_list("pk", flat=True)[:AT_A_TIME])
    lost = sorted(_listed(_without_job(video_ids)))
    if lost:
        jobs.enqueue(lost, bulk=len(lost) > 1, now=database_now())
    if len(video_ids) < AT_A_TIME:
        return len(lost), 0
    return len(lost), video_ids[-1]


def _without_job(video_ids: Sequence[int]) -> list[int]:
    """Those of these videos that are unfinished and have no job."""
    found: list[int] = []
    for ids in chunks(video_ids):
        # One statement, which sees videos and jobs as of one moment: a video that was completed
        # between two looks would have lost its job.
        without_job = Video.objects.unfinished().filter(pk__in=ids, job=None)
        with looking_up_by_index():
            found += without_job.values_list("pk", flat=True)
    return found


def _listed(video_ids: Sequence[int]) -> set[int]:
    """Those of these videos that are in somebody's list."""
    listed: set[int] = set()
    for ids in chunks(video_ids):
        entries = ListEntry.objects.filter(video__in=ids, video_list__deleted_at=None)
        listed.update(entries.values_list("video_id", flat=True))
    return listed
