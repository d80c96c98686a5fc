"""The queue of videos that need work: order, claims and ends.

Jobs are leased work (`enrichment.leases`). Whoever changes many of them locks them first, by
`locked`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min, QuerySet, Value
from django.db.models.functions import Greatest, Least, Now

from enrichment.leases import (
    Holder,
    LeasedQuerySet,
    LeaseLost,
    renewed,
    taken_by,
    took_one,
)
from enrichment.models import EnrichmentJob, Work
from videos.bulk import insert_rows
from videos.chunks import chunks
from videos.models import ListEntry, Video
from videos.prepared import PreparedDelete, PreparedSelect, PreparedUpdate, Updated
from videos.stages import FINISHED

# Renewed by every write; a run's longest silence is one request with its retries, about 55 s.
RUN_LEASE = timedelta(seconds=90)
# Renewed with every part; one upload takes at most two minutes.
TRANSCRIBE_LEASE = timedelta(minutes=5)
# It uploads three parts at a time, which is what the allowance of Groq's free plan can take.
TRANSCRIPTIONS_AT_ONCE = 1
MAX_ATTEMPTS = 3  # a job that killed its worker this often is set aside
# The last cause of a job whose worker died while others ran there too: it runs alone next, to find
# out which it was.
SUSPECT = "worker_died"
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
    wanted: bool  # its video is in somebody's list
    must_wait: bool  # it, or one that runs now, may have killed its worker, and has to run alone


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


def promote(video_ids: Sequence[int]) -> None:
    """Put locked jobs next in line, and in no bulk any more."""
    waiting = EnrichmentJob.objects.filter(video_id__in=video_ids)
    waiting.update(rank=Least(F("rank"), Value(rank_now_served())), bulk=False)


@transaction.atomic
def move_to_front(video_ids: Sequence[int]) -> None:
    """Shift the waiting jobs of these videos before every other one, in their own order."""
    pieces = list(locked(video_ids))
    ranks: list[int] = []
    for ids in pieces:
        # not the highest alone: PostgreSQL would walk all jobs by rank to find one of these
        mine = EnrichmentJob.objects.unheld().filter(video_id__in=ids)
        ranks += mine.values_list("rank", flat=True)
    if not ranks:
        return
    first = EnrichmentJob.objects.aggregate(first=Min("rank"))["first"]
    for ids in pieces:
        mine = EnrichmentJob.objects.unheld().filter(video_id__in=ids)
        mine.update(rank=F("rank") - (max(ranks) - first + 1))


@transaction.atomic
def bring_forward(waiting: QuerySet[EnrichmentJob], **fields: Any) -> None:
    """These waiting jobs may run now. `fields` are written to them as well."""
    for ids in locked(list(waiting.values_list("video_id", flat=True))):
        EnrichmentJob.objects.unheld().filter(video_id__in=ids).update(not_before=Now(), **fields)


def lose_rank(claim: Claim, work: Work = Work.FETCH) -> None:
    """Put the job behind every one that waits for such work. Inside `fenced`. One index look-up."""
    last = waiting_for(work).order_by("-rank").values_list("rank", flat=True).first()
    if last is not None:
        _mine(claim).update(rank=Greatest(F("rank"), Value(last + 1)))


def rank_now_served() -> int:
    """The rank of the next job; when none waits, of the last that runs; else 0. Two queries."""
    waiting = due().values_list("rank", flat=True).first()
    if waiting is not None:
        return int(waiting)
    return max(EnrichmentJob.objects.running().values_list("rank", flat=True), default=0)


def due(work: Work = Work.FETCH) -> LeasedQuerySet:
    """The jobs a run may take, the next one first; on a tie a person's before a large import's."""
    return EnrichmentJob.objects.due().filter(work=work, held=False).order_by("rank", "bulk", "id")


def waiting_for(work: Work = Work.FETCH) -> LeasedQuerySet:
    """The jobs that wait for YouTube, or for Groq; those that are paused do not."""
    return EnrichmentJob.objects.unheld().filter(work=work, held=False)


def head(*, people_only: bool = False) -> Head | None:
    """The job that is next, or None.

    `people_only` passes the large imports over, when only the reserve is left. Whether somebody
    wants the video is a query of its own: beside the first one PostgreSQL answers it for all lists
    at once, and reads every entry there is.
    """
    rows = (_NEXT_OF_PEOPLE if people_only else _NEXT).rows()
    if not rows:
        return None
    job_id, video_id, bulk, last_cause = rows[0]
    causes = [cause for (cause,) in _CAUSES_OF_RUNNING.rows()]
    must_wait = SUSPECT in causes or (last_cause == SUSPECT and bool(causes))
    wanted = is_listed(video_id)
    return Head(job_id, video_id, bool(bulk), wanted=wanted, must_wait=must_wait)


def is_listed(video_id: int) -> bool:
    """Whether somebody's list has the video. One query."""
    return bool(_ENTRY.rows(video_id))


def take(head: Head, holder: Holder) -> Claim | None:
    """Claim this job. None when somebody was first, paused or removed it."""
    if not took_one(lambda: _TAKE.run(head.job_id, holder.name, holder.node)):
        return None
    return Claim(head.job_id, head.video_id, holder.name)


def holds_one(holder: str) -> bool:
    """Whether this run has a job already."""
    return bool(_HELD.rows(holder))


def claim(holder: Holder, *, people_only: bool = False) -> Claim | None:
    """Claim the next due job.

    None when there is none, when it must wait, or when this holder has a job already.
    """
    while (first := head(people_only=people_only)) and not first.must_wait:
        if taken := take(first, holder):
            return taken
        if holds_one(holder.name):
            return None
    return None


def claim_transcription(holder: Holder) -> Claim | None:
    """Claim the next video to transcribe, unless enough are being transcribed.

    It needs no permit before it has audio.
    """
    waiting = due(Work.TRANSCRIBE)
    first = waiting.values_list("pk", "video_id").first()
    if first is None or _running(Work.TRANSCRIBE).count() >= TRANSCRIPTIONS_AT_ONCE:
        return None
    job_id, video_id = first
    if not waiting.take(job_id, holder, TRANSCRIBE_LEASE):
        return None
    return Claim(job_id, video_id, holder.name)


def _running(work: Work = Work.FETCH) -> QuerySet[EnrichmentJob]:
    return EnrichmentJob.objects.filter(work=work, lease_until__isnull=False)


def job_of(claim: Claim) -> EnrichmentJob | None:
    """The claimed job with its video; None when it is no longer ours. Two queries."""
    job = _JOB.first_of(EnrichmentJob, claim.job_id, claim.holder)
    video = _VIDEO.first_of(Video, claim.video_id)
    if job is None or video is None:
        return None
    job.video = video
    return job


@contextmanager
def fenced(claim: Claim, *, lease: timedelta = RUN_LEASE) -> Iterator[None]:
    """A transaction under this claim; its lease begins again. Raises LeaseLost, writing nothing."""
    with transaction.atomic():
        if not _renewal(lease).run(claim.job_id, claim.holder):
            raise LeaseLost
        yield


def finish(claim: Claim) -> None:
    """The video needs no more work. Inside `fenced`."""
    _FINISH.run(claim.job_id, claim.holder)


def defer(claim: Claim, wait: timedelta, cause: str, *, count_attempt: bool = False) -> None:
    """Give the job back, to run again after `wait`.

    Without `count_attempt` the run took nothing from it: it was only throttled.
    """
    fields: dict[str, Any] = {"last_cause": cause}
    if not count_attempt:
        fields["throttled_rounds"] = F("throttled_rounds") + 1
    _mine(claim).put_back(wait=wait, counts=count_attempt, **fields)


def growing_wait(
    job: EnrichmentJob, first: timedelta, longest: timedelta, retry_after: float | None = None
) -> timedelta:
    """`first`, doubled by each round in vain, and at most `longest`; at least the seconds that the
    other side asks for.
    """
    growing = min(first * (1 << min(job.throttled_rounds, 20)), longest)
    return max(growing, timedelta(seconds=retry_after or 0))


def change_work(claim: Claim, work: Work) -> None:
    """Give the job back as work of another kind, with all its attempts."""
    _mine(claim).put_back(wait=AT_ONCE, work=work, attempts=0, throttled_rounds=0)


def renew(claim: Claim, lease: timedelta) -> bool:
    """Prolong the lease. False when it is no longer ours, or when somebody paused the video."""
    return _renewal(lease, unless_held=True).run(claim.job_id, claim.holder) == 1


def hand_back(claim: Claim) -> None:
    """Stop in the middle, for nothing the job did: it may run again at once, and this run cost it
    nothing.
    """
    _mine(claim).put_back(counts=False)


def _mine(claim: Claim) -> LeasedQuerySet:
    return _held_row(claim.job_id, claim.holder)


def _held_row(job_id: int, holder: str) -> LeasedQuerySet:
    return EnrichmentJob.objects.held_by(holder).filter(pk=job_id)


# What is asked for every video --------------------------------------------------------------------


def _first(due_jobs: QuerySet[EnrichmentJob]) -> QuerySet[EnrichmentJob, Any]:
    return due_jobs.values_list("pk", "video_id", "bulk", "last_cause")[:1]


def _entry(video_id: int) -> QuerySet[ListEntry, Any]:
    entries = ListEntry.objects.filter(video=video_id, video_list__deleted_at=None)
    return entries.values_list("pk")[:1]


def _held_by(holder: str) -> QuerySet[EnrichmentJob, Any]:
    return EnrichmentJob.objects.held_by(holder).values_list("pk")[:1]


def _taking(job_id: int, name: str, node: str) -> Updated:
    return due().filter(pk=job_id), taken_by(Holder(name, node), RUN_LEASE)


_NEXT = PreparedSelect(lambda: _first(due()))
# In the order of the index that has the jobs of people alone.
_NEXT_OF_PEOPLE = PreparedSelect(lambda: _first(due().filter(bulk=False).order_by("rank", "id")))
_CAUSES_OF_RUNNING = PreparedSelect(lambda: _running().values_list("last_cause"))
_ENTRY = PreparedSelect(_entry, int)
_HELD = PreparedSelect(_held_by, str)
_TAKE = PreparedUpdate(_taking, int, str, str)
_JOB = PreparedSelect(_held_row, int, str)
_VIDEO = PreparedSelect(lambda video_id: Video.objects.filter(pk=video_id), int)
_FINISH = PreparedDelete(_held_row, int, str)


@cache
def _renewal(lease: timedelta, *, unless_held: bool = False) -> PreparedUpdate:
    """Of a job by its id and its holder's name."""

    def renewal(job_id: int, holder: str) -> Updated:
        mine = _held_row(job_id, holder)
        if unless_held:
            mine = mine.filter(held=False)
        return mine, renewed(lease)

    return PreparedUpdate(renewal, int, str)
