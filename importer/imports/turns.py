"""Where imports stand in the queue: what of them waits for whom, and what comes before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap

from enrichment.jobs import waiting_for
from enrichment.models import EnrichmentJob, Work
from importer.imports.models import WANTED, ImportItem
from videos.chunks import chunks
from videos.models import Video
from videos.stages import FINISHED

# The videos at the head of the queue that are looked at. Of more than that nobody plans by the
# minute, and a page must not cost what a whole queue has.
HEAD = 600

COLUMNS = ("video_id", "rank", "bulk", "work", "not_before", "lease_until")  # of a `Job`


@dataclass(frozen=True)
class Turn:
    """What of an import waits, as the queue knows it at one moment.

    `fetching`: videos that wait for YouTube, those being fetched included; `running`: those of them
    that are being fetched; `due_at`: when the first of the others may be fetched, None when there
    is none, and `last_due_at` the last of them; `transcribing`: videos that wait for Groq; `audio`:
    their length in seconds. `before_next` and `before_last`: other imports' videos that come first.
    """

    fetching: int = 0
    running: int = 0
    due_at: datetime | None = None
    last_due_at: datetime | None = None
    large: bool = False
    transcribing: int = 0
    audio: int = 0
    before_next: int = 0
    before_last: int = 0


@dataclass(frozen=True)
class Job:
    """A job that one of the imports may want."""

    video_id: int
    rank: int
    bulk: bool
    work: str
    not_before: datetime
    lease_until: datetime | None

    @property
    def is_running(self) -> bool:
        return self.lease_until is not None


@dataclass
class Mine:
    """The jobs of one import that were looked at, by what they wait for."""

    running: list[Job] = field(default_factory=list)
    due: list[Job] = field(default_factory=list)
    later: list[Job] = field(default_factory=list)
    transcribing: dict[int, int] = field(default_factory=dict)  # seconds of audio by video

    def add(self, job: Job, *, seconds: int, now: datetime) -> None:
        if job.work == Work.TRANSCRIBE:
            self.transcribing[job.video_id] = seconds
        elif job.is_running:
            self.running.append(job)
        elif job.not_before <= now:
            self.due.append(job)
        else:
            self.later.append(job)

    @property
    def fetching(self) -> list[Job]:
        return self.running + self.due + self.later


def turns_of(unfinished: Mapping[int, int], *, now: datetime) -> dict[int, Turn]:
    """Return the turn of each import that waits for something, given how many of its videos are
    unfinished.

    Two or three queries for jobs, and two for 900 of those: the head of the queue, whatever its
    length, what runs, and what waits for Groq. What is tried again later is looked at in a short
    queue alone: in a long one an import's next video is either in sight or far away.
    """
    if not unfinished:
        return {}
    head = _find_head(now)
    all_seen = len(head) < HEAD
    seen = head + _find_running_and_transcribing()
    if all_seen:
        seen += _find_later(now)
    mine = _share_out(seen, unfinished, now=now)
    turns = {}
    for batch_id, number in unfinished.items():
        own = mine[batch_id]
        fetching = len(own.fetching)
        if not all_seen:
            fetching = max(number - len(own.transcribing), fetching)
        turns[batch_id] = _turn(own, head, fetching=fetching)
    return turns


def _find_head(now: datetime) -> list[Job]:
    """Return the due jobs that come next."""
    due = waiting_for().filter(not_before__lte=now).order_by("rank", "bulk", "id")
    return list(starmap(Job, due.values_list(*COLUMNS)[:HEAD]))


def _find_running_and_transcribing() -> list[Job]:
    running = EnrichmentJob.objects.running().filter(held=False)
    transcribing = waiting_for(Work.TRANSCRIBE).values_list(*COLUMNS)
    rows = transcribing.union(running.values_list(*COLUMNS), all=True)
    return list(starmap(Job, rows))


def _find_later(now: datetime) -> list[Job]:
    """Return the jobs that are tried again later."""
    later = waiting_for().filter(not_before__gt=now, video__finished_at=None)
    return list(starmap(Job, later.values_list(*COLUMNS)))


def _share_out(jobs: Iterable[Job], batch_ids: Iterable[int], *, now: datetime) -> dict[int, Mine]:
    """The jobs of each import, without those of complete videos that only wait for captions."""
    by_video = {job.video_id: job for job in jobs}
    mine: dict[int, Mine] = defaultdict(Mine)
    wanted = ImportItem.objects.filter(verdict__in=WANTED, batch__in=list(batch_ids))
    for video_ids in chunks(list(by_video)):
        # Not joined: PostgreSQL would read all videos there are beside these.
        items = set(wanted.filter(video__in=video_ids).values_list("batch", "video"))
        unfinished = Video.objects.filter(pk__in=video_ids).exclude(import_stage__in=FINISHED)
        durations = dict(unfinished.values_list("pk", "duration"))
        for batch_id, video_id in items:
            if video_id in durations:
                seconds = durations[video_id] or 0
                mine[batch_id].add(by_video[video_id], seconds=seconds, now=now)
    return mine


def _turn(mine: Mine, head: list[Job], *, fetching: int) -> Turn:
    due_times = [job.not_before for job in mine.due + mine.later]
    is_large = _is_large(mine, fetching=fetching)
    rivals = _rivals(mine, head, is_large=is_large)
    return Turn(
        fetching=fetching,
        running=len(mine.running),
        due_at=min(due_times, default=None),
        last_due_at=max(due_times, default=None),
        large=is_large,
        transcribing=len(mine.transcribing),
        audio=sum(mine.transcribing.values()),
        before_next=_count_before_next(mine, rivals, fetching=fetching),
        before_last=_count_before_last(mine, rivals, fetching=fetching),
    )


def _is_large(mine: Mine, *, fetching: int) -> bool:
    """Whether all of it is part of a large import, which leaves the reserve to people."""
    return fetching > 0 and all(job.bulk for job in mine.fetching)


@dataclass(frozen=True)
class Rivals:
    """The due videos of others: the ranks of those that have to wait for their turn, too, and how
    many pass whatever their rank.

    The reserve lets a person's few videos pass all large imports.
    """

    ranks: list[int]
    passing: int

    def count_before(self, rank: int) -> int:
        return self.passing + sum(other <= rank for other in self.ranks)

    @property
    def number(self) -> int:
        return self.passing + len(self.ranks)


def _rivals(mine: Mine, head: list[Job], *, is_large: bool) -> Rivals:
    own = {job.video_id for job in mine.due}
    of_imports: list[int] = []
    of_people: list[int] = []
    for job in head:
        if job.video_id in own:
            continue
        if job.bulk:
            of_imports.append(job.rank)
        else:
            of_people.append(job.rank)
    if is_large:
        return Rivals(of_imports, passing=len(of_people))
    return Rivals(of_people, passing=0)


def _count_before_next(mine: Mine, rivals: Rivals, *, fetching: int) -> int:
    """Return all rivals when this import's next due job is beyond those looked at."""
    if mine.due:
        return rivals.count_before(min(job.rank for job in mine.due))
    if fetching > len(mine.fetching):
        return rivals.number
    return 0


def _count_before_last(mine: Mine, rivals: Rivals, *, fetching: int) -> int:
    """Return all rivals when this import's last job is beyond those looked at."""
    if fetching > len(mine.fetching):
        return rivals.number
    waiting = mine.due + mine.later
    if not waiting:
        return 0
    return rivals.count_before(max(job.rank for job in waiting))
