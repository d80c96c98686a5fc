"""The job queue in the database: enqueue, claim, fence, release, sweep.

The database is the truth. A Celery message only says "look at this job"; if it is lost, the lease runs out and the job is free again.
Every function takes the time as `now`, so that the clock is an argument.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from enrichment.limits import Permit
from enrichment.models import EnrichmentJob, Work
from videos.bulk import insert_rows
from videos.models import ListEntry, Video
from videos.stages import FINISHED

CLAIM_LEASE = timedelta(
    seconds=10
)  # from the claim to the beginning of the run; a message takes milliseconds
RUN_LEASE = timedelta(
    seconds=90
)  # renewed by every write; a run's longest silence is one request with its retries, about 55 s
TRANSCRIBE_LEASE = timedelta(
    minutes=5
)  # renewed with every part; one upload takes at most two minutes
MAX_ATTEMPTS = 3  # a job that killed its worker this often is set aside
# The last cause of a job whose worker died while others ran there too: it runs alone next, to find out which it was.
SUSPECT = "worker_died"
LISTED = Exists(
    ListEntry.objects.filter(video=OuterRef("video"), video_list__deleted_at=None)
)  # of a job, or of anything with a video
UNLEASED: dict[str, Any] = {
    "lease_token": "",
    "lease_lane": "",
    "lease_node": "",
    "lease_until": None,
}


class LeaseLost(Exception):
    """Another worker has, or may have, this job by now: whatever this one was about to write no longer counts."""


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a job. Only writes made under this fence count."""

    job_id: int
    video_id: int
    fence: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class Head:
    """The job that is next: all the pump needs to know before it asks for a permit."""

    job_id: int
    video_id: int
    fence: int
    bulk: bool
    last_cause: str
    wanted: bool  # its video is in somebody's list
    beside_suspect: bool  # a job that may have killed its worker runs now, and must run alone

    @property
    def must_wait(self) -> bool:
        """A suspect waits until nothing runs, and the others until it is done."""
        return self.beside_suspect or (self.last_cause == SUSPECT and _running().exists())


def enqueue(video_ids: Sequence[int], *, bulk: bool, now: datetime) -> None:
    """A job for each video, in this order, ranked from the rank now being served: imports interleave one to one.

    A video that has a job already keeps it. Call it inside the transaction that made them.
    """
    first = rank_now_served(now)
    # in the videos' order, so that two imports of the same videos wait for each other instead of deadlocking
    rows = sorted((video_id, first + i, bulk) for i, video_id in enumerate(video_ids))
    insert_rows(
        EnrichmentJob,
        ("video_id", "rank", "bulk"),
        rows,
        same={"not_before": now},
        ignore_conflicts=True,
    )


def drop_needless(now: datetime) -> None:
    """Of the jobs enqueued at `now`, in the same transaction: those whose videos were finished by somebody else in the meantime.

    A finished video and the end of its job are one commit, so whoever could enqueue a second job sees it here. One query.
    """
    EnrichmentJob.objects.filter(not_before=now, fence=0, video__import_stage__in=FINISHED).delete()


def drop_unlisted() -> int:
    """The free jobs of videos that are in nobody's list any more: they were removed, or the list was deleted. Answers how many."""
    return EnrichmentJob.objects.filter(~LISTED, held=False, lease_until=None).delete()[0]


def restore_listed(now: datetime) -> int:
    """Jobs for unfinished videos in a list that have none: removed and brought back, in whatever order. Answers how many."""
    listed = Exists(ListEntry.objects.filter(video=OuterRef("pk"), video_list__deleted_at=None))
    lost = Video.objects.unfinished().filter(listed, job=None).order_by("pk")
    ids = list(lost.values_list("pk", flat=True))
    if ids:
        enqueue(ids, bulk=len(ids) > 1, now=now)
    return len(ids)


def promote(video_ids: Sequence[int], *, now: datetime) -> None:
    """Waiting jobs that a person wants now: next in line, and no longer part of a bulk."""
    waiting = EnrichmentJob.objects.filter(video_id__in=video_ids)
    waiting.update(rank=Least(F("rank"), Value(rank_now_served(now))), bulk=False)


def move_to_front(videos: QuerySet[Video]) -> None:
    """Shift the waiting jobs of these videos before every other one, in their own order."""
    mine = EnrichmentJob.objects.filter(video__in=videos.values("pk"), lease_until=None)
    ranks = (
        mine.aggregate(last=Max("rank"))["last"],
        EnrichmentJob.objects.aggregate(first=Min("rank"))["first"],
    )
    if ranks[0] is not None:
        mine.update(rank=F("rank") - (ranks[0] - ranks[1] + 1))


def release_held(video_ids: Sequence[int]) -> None:
    EnrichmentJob.objects.filter(video_id__in=video_ids, held=True).update(held=False)


def rank_now_served(now: datetime) -> int:
    """The rank of the job that is next; when none waits, of the last one that is running; else 0. An index look-up or two."""
    waiting = due(now).values_list("rank", flat=True).first()
    if waiting is not None:
        return waiting
    return (
        EnrichmentJob.objects.filter(lease_until__isnull=False).aggregate(rank=Max("rank"))["rank"]
        or 0
    )


def due(now: datetime, work: Work = Work.FETCH) -> QuerySet[EnrichmentJob]:
    """The jobs a worker may claim, the next one first; on a tie a person's before a large import's."""
    return EnrichmentJob.objects.filter(
        work=work, held=False, lease_until=None, not_before__lte=now
    ).order_by("rank", "bulk", "id")


def waiting() -> int:
    """How many videos wait for YouTube; those that are paused do not."""
    return EnrichmentJob.objects.filter(work=Work.FETCH, held=False, lease_until=None).count()


def head(now: datetime, *, people_only: bool = False) -> Head | None:
    """The job that is next, or None. `people_only` passes the large imports over, when only the reserve is left."""
    jobs = due(now).filter(bulk=False) if people_only else due(now)
    about = jobs.annotate(
        wanted=LISTED, beside_suspect=Exists(_running().filter(last_cause=SUSPECT))
    )
    row = about.values_list(
        "pk", "video_id", "fence", "bulk", "last_cause", "wanted", "beside_suspect"
    ).first()
    return Head(*row) if row else None


def take(head: Head, permit: Permit, *, now: datetime) -> Claim | None:
    """Claim this job for the permit. None when somebody else was first, or it was paused or removed in the meantime."""
    return _take(
        head.job_id,
        head.video_id,
        head.fence,
        lease_token=permit.token,
        lease_lane=permit.lane,
        lease_until=now + CLAIM_LEASE,
    )


def claim(permit: Permit, *, now: datetime, people_only: bool = False) -> Claim | None:
    """Claim the next due job for this permit. None when there is none, or when it must wait."""
    while (first := head(now, people_only=people_only)) and not first.must_wait:
        if taken := take(first, permit, now=now):
            return taken
    return None


def claim_transcription(*, at_once: int, now: datetime) -> Claim | None:
    """Claim the next video to transcribe, while fewer than `at_once` are being transcribed. It needs no permit before it has audio."""
    first = due(now, Work.TRANSCRIBE).values_list("pk", "video_id", "fence").first()
    if first is None or _running(Work.TRANSCRIBE).count() >= at_once:
        return None
    return _take(*first, lease_token=secrets.token_hex(8), lease_until=now + CLAIM_LEASE)


def _take(job_id: int, video_id: int, fence: int, **lease: Any) -> Claim | None:
    """One conditional UPDATE: unless it touches one row, another worker was first."""
    free = EnrichmentJob.objects.filter(pk=job_id, fence=fence, lease_until=None, held=False)
    return (
        Claim(job_id, video_id, fence + 1) if free.update(fence=fence + 1, **lease) == 1 else None
    )


def _running(work: Work = Work.FETCH) -> QuerySet[EnrichmentJob]:
    return EnrichmentJob.objects.filter(work=work, lease_until__isnull=False)


def begin(
    claim: Claim, *, node: str, now: datetime, lease: timedelta = RUN_LEASE
) -> EnrichmentJob | None:
    """Count the attempt and take the run's lease, before anything else happens. The job with its video; None when it is no longer ours."""
    mine = _mine(claim)
    if mine.update(attempts=F("attempts") + 1, lease_node=node, lease_until=now + lease) != 1:
        return None
    return mine.select_related("video").first()


def may_go_on(claim: Claim) -> bool:
    """Still ours, and nobody paused it."""
    return _mine(claim).filter(held=False).exists()


@contextmanager
def fenced(
    claim: Claim, *, now: datetime | None = None, lease: timedelta = RUN_LEASE
) -> Iterator[None]:
    """A transaction whose writes count only under this claim; the lease begins again. Raises LeaseLost, having written nothing.

    Whoever gives a job back or takes it over changes its fence, so a job under the claim's fence is a leased one.
    """
    with transaction.atomic():
        if _mine(claim).update(lease_until=(now or timezone.now()) + lease) != 1:
            raise LeaseLost
        yield


def finish(claim: Claim) -> None:
    """The video needs no more work. Inside `fenced`."""
    _mine(claim).delete()


def lose_rank(claim: Claim) -> None:
    """Put the job behind every waiting one: what it waits for is not in anybody's hand. Inside `fenced`. One index look-up."""
    waiting = EnrichmentJob.objects.filter(work=Work.FETCH, held=False, lease_until=None)
    last = waiting.order_by("-rank").values_list("rank", flat=True).first()
    if last is not None:
        _mine(claim).update(rank=Greatest(F("rank"), Value(last + 1)))


def defer(claim: Claim, *, until: datetime, cause: str, count_attempt: bool) -> None:
    """Give the job back, not to run before `until`. Without `count_attempt` the run took nothing from it: it was only throttled."""
    fields: dict[str, Any] = {
        "not_before": until,
        "last_cause": cause,
        "fence": F("fence") + 1,
        **UNLEASED,
    }
    if not count_attempt:
        fields |= {
            "attempts": Greatest(F("attempts") - 1, 0),
            "throttled_rounds": F("throttled_rounds") + 1,
        }
    _mine(claim).update(**fields)


def change_work(claim: Claim, work: Work, *, until: datetime) -> None:
    """Give the job back as work of another kind, with all its attempts."""
    _mine(claim).update(
        work=work,
        attempts=0,
        throttled_rounds=0,
        not_before=until,
        fence=F("fence") + 1,
        **UNLEASED,
    )


def renew(claim: Claim, lease: timedelta) -> bool:
    """Prolong the lease. False when it is no longer ours, or when somebody paused the video."""
    return _mine(claim).filter(held=False).update(lease_until=timezone.now() + lease) == 1


def hand_back(claim: Claim) -> None:
    """Stop in the middle, for nothing the job did: it may run again at once, and this run cost it nothing."""
    _mine(claim).update(attempts=Greatest(F("attempts") - 1, 0), fence=F("fence") + 1, **UNLEASED)


def unclaim(claim: Claim) -> None:
    """Give back a job whose run never began (its message could not be sent)."""
    _mine(claim).update(fence=F("fence") + 1, **UNLEASED)


def expired(now: datetime) -> QuerySet[EnrichmentJob]:
    return EnrichmentJob.objects.filter(lease_until__lt=now)


def held_by(node: str) -> QuerySet[EnrichmentJob]:
    """The jobs that runs of this worker began and did not end."""
    return EnrichmentJob.objects.filter(lease_node=node, lease_until__isnull=False)


def take_over(job: EnrichmentJob, *, now: datetime) -> Claim | None:
    """Hold a job whose holder is gone, to end it. None when somebody else did, or when the holder came back in time."""
    mine = EnrichmentJob.objects.filter(pk=job.pk, fence=job.fence, lease_until=job.lease_until)
    taken = mine.update(fence=F("fence") + 1, lease_node="", lease_until=now + CLAIM_LEASE)
    return Claim(job.pk, job.video_id, job.fence + 1) if taken == 1 else None


def release(job: EnrichmentJob, *, blamed: bool = True) -> bool:
    """Free a job whose holder is gone; one that is not `blamed` gets its attempt back and is a suspect. False when somebody else freed it,
    or when the holder came back in time."""
    mine = EnrichmentJob.objects.filter(pk=job.pk, fence=job.fence, lease_until=job.lease_until)
    fields: dict[str, Any] = {"fence": F("fence") + 1, **UNLEASED}
    if not blamed:
        fields |= {"attempts": Greatest(F("attempts") - 1, 0), "last_cause": SUSPECT}
    return mine.update(**fields) == 1


def _mine(claim: Claim) -> QuerySet[EnrichmentJob]:
    return EnrichmentJob.objects.filter(pk=claim.job_id, fence=claim.fence)
