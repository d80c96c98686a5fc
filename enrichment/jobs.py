"""The queue of videos that need work: order, claims and ends.

Jobs are leased work (`enrichment.leases`). Whoever changes many of them locks them first, by
`locked`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Value
from django.db.models.functions import Greatest, Least, Now
from django.utils import timezone

from enrichment.leases import Holder, LeasedQuerySet, LeaseLost, database_now
from enrichment.models import EnrichmentJob, Work
from videos.bulk import insert_rows
from videos.chunks import chunks
from videos.models import ListEntry, Video
from videos.stages import FINISHED

# Renewed by every write; a run's longest silence is one request with its retries, about 55 s.
RUN_LEASE = timedelta(seconds=90)
# Renewed with every part; one upload takes at most two minutes.
TRANSCRIBE_LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3  # a job that killed its worker this often is set aside
# The last cause of a job whose worker died while others ran there too: it runs alone next, to find
# out which it was.
SUSPECT = "worker_died"
LISTED = Exists(
    ListEntry.objects.filter(video=OuterRef("video"), video_list__deleted_at=None)
)  # of a job, or of anything with a video
AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Claim:
    """A run's hold on a job. Only writes that name it count."""

    job_id: int
    video_id: int
    holder: str


@dataclass(frozen=True)
class Head:
    """The job that is next: all that must be known before a permit is asked for."""

    job_id: int
    video_id: int
    bulk: bool
    last_cause: str
    wanted: bool  # its video is in somebody's list
    beside_suspect: bool  # a job that may have killed its worker runs now, and must run alone

    @property
    def must_wait(self) -> bool:
        """A suspect waits until nothing runs, and the others until it is done."""
        return self.beside_suspect or (self.last_cause == SUSPECT and _running().exists())


def locked(video_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Lock the jobs of these videos in the one order there is, by video, and give the ids in pieces
    that one statement can take.

    The order of locks everywhere: list, batch, jobs by video, videos. Inside a transaction.
    SQLite's has the only lock already.
    """
    ordered = sorted(set(video_ids))
    if connection.features.has_select_for_update:
        for ids in chunks(ordered):
            rows = EnrichmentJob.objects.select_for_update().filter(video_id__in=ids)
            list(rows.order_by("video_id").values_list("pk"))
    return chunks(ordered)


def enqueue(
    video_ids: Sequence[int], *, bulk: bool, now: datetime, first_rank: int | None = None
) -> int:
    """A job for each video, in this order, ranked from the rank now being served, or from
    `first_rank` if that is later: imports interleave one to one, also those that come in pages.
    Answers the rank of the next one.

    A video that has a job already keeps it. Call it inside the transaction that made them.
    """
    first = rank_now_served()
    if first_rank is not None:
        first = max(first, first_rank)
    # in the videos' order, so that two imports of the same videos wait for each other instead of
    # deadlocking
    rows = sorted((video_id, first + i, bulk) for i, video_id in enumerate(video_ids))
    insert_rows(
        EnrichmentJob,
        ("video_id", "rank", "bulk"),
        rows,
        same={"not_before": now},
        ignore_conflicts=True,
    )
    return first + len(rows)


def drop_needless(video_ids: Sequence[int], now: datetime) -> None:
    """Of the jobs enqueued at `now`, in the same transaction: those whose videos were finished by
    somebody else in the meantime.

    A finished video and the end of its job are one commit, so whoever could enqueue a second job
    sees it here. Two statements for 900 videos, each by the ids alone: a join of all jobs with all
    videos takes PostgreSQL minutes when it knows neither table yet.
    """
    for ids in chunks(video_ids):
        finished = Video.objects.filter(pk__in=ids, import_stage__in=FINISHED)
        needless = list(finished.values_list("pk", flat=True))
        if needless:
            never_begun = EnrichmentJob.objects.filter(not_before=now, attempts=0, holder="")
            never_begun.filter(video_id__in=needless).delete()


def drop_unlisted() -> int:
    """The free jobs of videos that are in nobody's list any more: they were removed, or the list
    was deleted. Answers how many.
    """
    unlisted = EnrichmentJob.objects.unheld().filter(~LISTED, held=False)
    ids = list(unlisted.values_list("video_id", flat=True))
    dropped = 0
    with transaction.atomic():
        for some in locked(ids):
            dropped += unlisted.filter(video_id__in=some).delete()[0]
    return dropped


def restore_listed() -> int:
    """Jobs for unfinished videos in a list that have none: removed and brought back, in whatever
    order. Answers how many.
    """
    listed = Exists(ListEntry.objects.filter(video=OuterRef("pk"), video_list__deleted_at=None))
    lost = Video.objects.unfinished().filter(listed, job=None).order_by("pk")
    ids = list(lost.values_list("pk", flat=True))
    if ids:
        enqueue(ids, bulk=len(ids) > 1, now=database_now())
    return len(ids)


def promote(video_ids: Sequence[int]) -> None:
    """Waiting jobs that a person wants now: next in line, and no longer part of a bulk.

    They are locked.
    """
    waiting = EnrichmentJob.objects.filter(video_id__in=video_ids)
    waiting.update(rank=Least(F("rank"), Value(rank_now_served())), bulk=False)


@transaction.atomic
def move_to_front(video_ids: Sequence[int]) -> None:
    """Shift the waiting jobs of these videos before every other one, in their own order."""
    pieces = list(locked(video_ids))
    lasts = []
    for ids in pieces:
        mine = EnrichmentJob.objects.unheld().filter(video_id__in=ids)
        lasts.append(mine.aggregate(last=Max("rank"))["last"])
    last = max((rank for rank in lasts if rank is not None), default=None)
    if last is None:
        return
    first = EnrichmentJob.objects.aggregate(first=Min("rank"))["first"]
    for ids in pieces:
        mine = EnrichmentJob.objects.unheld().filter(video_id__in=ids)
        mine.update(rank=F("rank") - (last - first + 1))


@transaction.atomic
def bring_forward(waiting: QuerySet[EnrichmentJob], **fields: Any) -> None:
    """These waiting jobs may run now. `fields` are written to them as well."""
    for ids in locked(list(waiting.values_list("video_id", flat=True))):
        EnrichmentJob.objects.unheld().filter(video_id__in=ids).update(not_before=Now(), **fields)


def lose_rank(claim: Claim) -> None:
    """Put the job behind every waiting one: what it waits for is not in anybody's hand.

    Inside `fenced`. One index look-up.
    """
    waiting = EnrichmentJob.objects.unheld().filter(work=Work.FETCH, held=False)
    last = waiting.order_by("-rank").values_list("rank", flat=True).first()
    if last is not None:
        _mine(claim).update(rank=Greatest(F("rank"), Value(last + 1)))


def rank_now_served() -> int:
    """The rank of the job that is next; when none waits, of the last one that is running; else 0.

    An index look-up or two.
    """
    waiting = due().values_list("rank", flat=True).first()
    if waiting is not None:
        return int(waiting)
    return EnrichmentJob.objects.running().aggregate(rank=Max("rank"))["rank"] or 0


def due(work: Work = Work.FETCH) -> LeasedQuerySet:
    """The jobs a run may take, the next one first; on a tie a person's before a large import's."""
    return EnrichmentJob.objects.due().filter(work=work, held=False).order_by("rank", "bulk", "id")


def waiting() -> int:
    """How many videos wait for YouTube; those that are paused do not."""
    return EnrichmentJob.objects.filter(work=Work.FETCH, held=False, lease_until=None).count()


def head(*, people_only: bool = False) -> Head | None:
    """The job that is next, or None.

    `people_only` passes the large imports over, when only the reserve is left. Whether somebody
    wants the video is a query of its own: beside the first one PostgreSQL answers it for all lists
    at once, and reads every entry there is.
    """
    jobs = due()
    if people_only:
        jobs = jobs.filter(bulk=False)
    about = jobs.annotate(beside_suspect=Exists(_running().filter(last_cause=SUSPECT)))
    row = about.values_list("pk", "video_id", "bulk", "last_cause", "beside_suspect").first()
    if row is None:
        return None
    job_id, video_id, bulk, last_cause, beside_suspect = row
    wanted = EnrichmentJob.objects.filter(LISTED, pk=job_id).exists()
    return Head(job_id, video_id, bulk, last_cause, wanted, beside_suspect)


def take(head: Head, holder: Holder) -> Claim | None:
    """Claim this job.

    None when somebody else was first, or when it was paused or removed in the meantime.
    """
    if not due().take(head.job_id, holder, RUN_LEASE):
        return None
    return Claim(head.job_id, head.video_id, holder.name)


def claim(holder: Holder, *, people_only: bool = False) -> Claim | None:
    """Claim the next due job.

    None when there is none, when it must wait, or when this holder has a job already.
    """
    while (first := head(people_only=people_only)) and not first.must_wait:
        if taken := take(first, holder):
            return taken
        if EnrichmentJob.objects.held_by(holder.name).exists():
            return None
    return None


def claim_transcription(holder: Holder, *, at_once: int) -> Claim | None:
    """Claim the next video to transcribe, while fewer than `at_once` are being transcribed.

    It needs no permit before it has audio.
    """
    waiting = due(Work.TRANSCRIBE)
    first = waiting.values_list("pk", "video_id").first()
    if first is None or _running(Work.TRANSCRIBE).count() >= at_once:
        return None
    job_id, video_id = first
    if not waiting.take(job_id, holder, TRANSCRIBE_LEASE):
        return None
    return Claim(job_id, video_id, holder.name)


def _running(work: Work = Work.FETCH) -> QuerySet[EnrichmentJob]:
    return EnrichmentJob.objects.running().filter(work=work)


def job_of(claim: Claim) -> EnrichmentJob | None:
    """The claimed job with its video; None when it is no longer ours."""
    found: EnrichmentJob | None = _mine(claim).select_related("video").first()
    return found


@contextmanager
def fenced(claim: Claim, *, lease: timedelta = RUN_LEASE) -> Iterator[None]:
    """A transaction whose writes count only under this claim; the lease begins again.

    Raises LeaseLost, having written nothing.
    """
    with transaction.atomic():
        if not _mine(claim).renew(lease):
            raise LeaseLost
        yield


def finish(claim: Claim) -> None:
    """The video needs no more work. Inside `fenced`."""
    _mine(claim).finish()


def defer(claim: Claim, *, until: datetime, cause: str, count_attempt: bool) -> None:
    """Give the job back, not to run before `until` (by this host's clock, which only measures how
    long that is from now).

    Without `count_attempt` the run took nothing from it: it was only throttled.
    """
    fields: dict[str, Any] = {"last_cause": cause}
    if not count_attempt:
        fields["throttled_rounds"] = F("throttled_rounds") + 1
    _mine(claim).put_back(wait=until - timezone.now(), counts=count_attempt, **fields)


def change_work(claim: Claim, work: Work) -> None:
    """Give the job back as work of another kind, with all its attempts."""
    _mine(claim).put_back(wait=AT_ONCE, work=work, attempts=0, throttled_rounds=0)


def renew(claim: Claim, lease: timedelta) -> bool:
    """Prolong the lease. False when it is no longer ours, or when somebody paused the video."""
    return _mine(claim).filter(held=False).renew(lease)


def hand_back(claim: Claim) -> None:
    """Stop in the middle, for nothing the job did: it may run again at once, and this run cost it
    nothing.
    """
    _mine(claim).put_back(counts=False)


def _mine(claim: Claim) -> LeasedQuerySet:
    return EnrichmentJob.objects.held_by(claim.holder).filter(pk=claim.job_id)
