"""An installation on a clock of its own: real lanes, real rows, and a worker that asks a YouTube
which does what a script says. What the banner says is noted each second, with what happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

import redis

from enrichment.limits import Lane, Permit
from enrichment.models import EnrichmentJob, Work
from enrichment.tests.limits_bench import Bench, Clock
from importer.imports.forecast import WaitsFor
from importer.imports.models import BatchState, ImportBatch
from importer.imports.progress import BatchProgress, progress_of
from videos.models import Video
from videos.stages import FINISHED, PROGRESS, CaptionsSource, Stage

THROTTLE_PAUSE = 30.0  # seconds a throttled video waits, as the pipeline has it
QUIET = 60.0  # seconds without a question after which time passes in longer steps


class Answer(Enum):
    """What YouTube, or Groq, says to one question."""

    GOOD = "good"
    THROTTLED = "throttled"
    NO_CAPTIONS = "no captions"  # good, and the video has to be transcribed


@dataclass
class Asked:
    """A question that is out."""

    job: EnrichmentJob
    lane: Lane
    permit: Permit
    answer: Answer
    answered_at: float


@dataclass(frozen=True)
class Noted:
    """What was said of one import at one second, in seconds since the beginning."""

    at: float
    said: str
    waits_for: WaitsFor | None
    until: float | None
    eta: int | None
    pace: int | None
    waiting: int
    trouble: str


@dataclass
class Story:
    """One import from its beginning to its end."""

    batch: ImportBatch
    noted: list[Noted] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)  # when each question for it was asked
    done_at: float | None = None


class Installation:
    """Moves second by second until all imports are done."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        ways_out: int = 1,
        takes: float = 2.0,
        delay: float = 2.0,
        budget: int = 300,
        groq_budget: int = 7200,
        answers: Callable[[float, str], Answer] = lambda at, lane: Answer.GOOD,
    ) -> None:
        """`answers`: what is said at a second, to this lane; `takes`: seconds for each question."""
        self.bench = Bench(client, Clock(float(int(time.time()))))
        self.start = self.bench.clock.now
        self.answers = answers
        self.takes = takes
        self.lanes = [
            self._lane(f"way {n}", self.bench.lane(3, delay, hourly_budget=budget))
            for n in range(ways_out)
        ]
        groq = self.bench.lane(2, 3.0, burst=3, hourly_budget=groq_budget, reserve=(0, 0.0))
        self.groq = self._lane("groq", groq)
        self.out: list[Asked] = []
        self.stories: list[Story] = []
        self.quiet_since = 0.0
        self.news: list[float] = []  # when a lane learned something that nobody could know before

    @property
    def at(self) -> float:
        return self.bench.clock.now - self.start

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.bench.clock.now, UTC)

    def tell(self, batch: ImportBatch) -> Story:
        """Note from now on what is said of this import; it began at this second."""
        ImportBatch.objects.filter(pk=batch.pk).update(created_at=self.now)
        EnrichmentJob.objects.filter(video__import_items__batch=batch).update(not_before=self.now)
        story = Story(ImportBatch.objects.select_related("video_list").get(pk=batch.pk))
        self.stories.append(story)
        return story

    def run(self, seconds: float | None = None) -> None:
        """Let time pass, until all is done or for so many seconds."""
        end = self.at + (seconds or 20_000.0)
        while self.at < end and any(story.done_at is None for story in self.stories):
            self._answer()
            self._ask()
            self._note()
            self.bench.clock.advance(self._step())
        assert seconds or all(story.done_at is not None for story in self.stories)

    def _step(self) -> float:
        """A second; where nothing has been asked for long, a look each ten seconds is enough."""
        if self.out:
            self.quiet_since = self.at
        return 10.0 if self.at - self.quiet_since > QUIET else 1.0

    def _answer(self) -> None:
        answered = [asked for asked in self.out if asked.answered_at <= self.at]
        for asked in answered:
            self.out.remove(asked)
            before = asked.lane.limiter.state()
            if asked.answer == Answer.THROTTLED:
                asked.lane.limiter.on_failure(asked.permit, is_rate_limit=True)
                self._put_back(asked.job)
            else:
                asked.lane.limiter.on_success(asked.permit)
                self._finish(asked)
            after = asked.lane.limiter.state()
            if asked.answer == Answer.THROTTLED or before.open_until != after.open_until:
                self.news.append(self.at)

    def _put_back(self, job: EnrichmentJob) -> None:
        pause = THROTTLE_PAUSE * 2**job.throttled_rounds
        EnrichmentJob.objects.filter(pk=job.pk).update(
            holder="",
            lease_until=None,
            throttled_rounds=job.throttled_rounds + 1,
            not_before=self.now + timedelta(seconds=pause),
        )

    def _finish(self, asked: Asked) -> None:
        job = asked.job
        if asked.answer == Answer.NO_CAPTIONS and job.work == Work.FETCH:
            Video.objects.filter(pk=job.video_id).update(
                import_stage=Stage.METADATA, import_progress=PROGRESS[Stage.METADATA]
            )
            EnrichmentJob.objects.filter(pk=job.pk).update(
                work=Work.TRANSCRIBE, holder="", lease_until=None
            )
            return
        Video.objects.filter(pk=job.video_id).update(
            import_stage=Stage.COMPLETE,
            import_progress=PROGRESS[Stage.COMPLETE],
            captions_source=CaptionsSource.MANUAL,
            finished_at=self.now,
        )
        EnrichmentJob.objects.filter(pk=job.pk).delete()
        for story in self.stories:
            left = story.batch.items.exclude(video__import_stage__in=FINISHED)
            if story.done_at is None and not left.exists():
                story.done_at = self.at
                ImportBatch.objects.filter(pk=story.batch.pk).update(state=BatchState.FINISHED)

    def _ask(self) -> None:
        for lane in self.lanes:
            while self._ask_once(lane, Work.FETCH):
                pass
        while self._ask_once(self.groq, Work.TRANSCRIBE):
            pass

    def _ask_once(self, lane: Lane, work: Work) -> bool:
        jobs = EnrichmentJob.objects.filter(
            work=work, held=False, lease_until=None, not_before__lte=self.now
        )
        job = jobs.order_by("rank", "bulk", "id").select_related("video").first()
        if job is None:
            return False
        cost = (job.video.duration or 60) if work == Work.TRANSCRIBE else 1
        permit = lane.limiter.acquire(bulk=job.bulk, cost=cost)
        if not isinstance(permit, Permit) and permit.reason == "reserve":
            job = jobs.filter(bulk=False).order_by("rank", "id").select_related("video").first()
            permit = lane.limiter.acquire(bulk=False, cost=cost) if job else permit
        if job is None or not isinstance(permit, Permit):
            return False
        job.lease_until = self.now + timedelta(minutes=2)
        job.holder = f"run of {job.pk}"
        job.save(update_fields=["holder", "lease_until"])
        answer = self.answers(self.at, lane.name)
        self.out.append(Asked(job, lane, permit, answer, self.at + self.takes))
        for story in self.stories:
            if story.batch.items.filter(video=job.video_id).exists():
                story.begun.append(self.at)
        return True

    def _note(self) -> None:
        open_ones = [story for story in self.stories if story.done_at is None]
        said = progress_of(
            [story.batch for story in open_ones], now=self.now, lanes=self.lanes, groq=self.groq
        )
        for story, progress in zip(open_ones, said, strict=True):
            story.noted.append(self._noted(progress))

    def _noted(self, progress: BatchProgress) -> Noted:
        until: float | None = None
        waits_for: WaitsFor | None = None
        if progress.wait is not None:
            until = progress.wait.until.timestamp() - self.start
            waits_for = progress.wait.waits_for
        return Noted(
            at=self.at,
            said=progress.said,
            waits_for=waits_for,
            until=until,
            eta=progress.eta_seconds,
            pace=progress.slow_pace,
            waiting=progress.waiting,
            trouble=progress.trouble,
        )

    @staticmethod
    def _lane(name: str, limiter: object) -> Lane:
        return Lane(name, "", limiter)  # type: ignore[arg-type]  # made by the bench


def table(stories: Sequence[Story]) -> str:
    """What was said while, one line for each thing that was said."""
    lines = []
    for story in stories:
        last: tuple[object, ...] | None = None
        for noted in story.noted:
            key = (noted.said, noted.waits_for, noted.until and round(noted.until / 30))
            if key == last:
                continue
            last = key
            lines.append(
                f"{noted.at:6.0f} s  #{story.batch.pk}  {noted.said or 'moves'}"
                f"  [{noted.waits_for} until {noted.until}]"
                f"  eta {noted.eta}, waiting {noted.waiting}, pace {noted.pace}"
            )
        lines.append(f"{story.done_at} s  #{story.batch.pk}  done")
    return "\n".join(lines)
