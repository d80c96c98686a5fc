"""How one video is completed: metadata 25, captions 60, chapters 90, complete 100. Each stage is committed, then published.

A run holds a permit and a claim. However it ends, the permit ends with its outcome and the job is finished, deferred, or no longer ours.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from enrichment import events, jobs
from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.jobs import Claim, LeaseLost
from enrichment.limits import AdaptiveRateLimiter, Permit
from enrichment.models import EnrichmentJob
from enrichment.signals import video_settled
from enrichment.sources.types import TranscriptInfo, VideoInfo, VideoSource
from videos.causes import CAUSES, Cause
from videos.models import Chapter, Transcript, Video
from videos.stages import PROGRESS, CaptionsSource, Stage

logger = logging.getLogger(__name__)
T = TypeVar("T")

BLIP_TRIES = 4  # in place, with waits of 2, 4 and 8 s between them
THROTTLE_PAUSE = timedelta(seconds=30)  # doubled per throttled round, so one unlucky video does not keep tripping the breaker
LONGEST_PAUSE = timedelta(hours=6)
SECOND_LOOK = timedelta(minutes=10)  # after a failed attempt; then again, then it is said to be in error
STILL_LIVE = timedelta(hours=1)


class MustStop(Exception):
    """The permit is gone (without one, YouTube is not asked), or somebody paused or cancelled the video."""


class Run:
    """One run of one job: the video as this worker last wrote it, the fence it writes under, the permit it asks YouTube on."""

    def __init__(self, claim: Claim, source: VideoSource, may_ask: Callable[[], bool], sleep: Callable[[float], None] = time.sleep) -> None:
        self.claim = claim
        self.source = source
        self.may_ask = may_ask
        self.sleep = sleep
        self.video = Video.objects.get(pk=claim.video_id)
        self.owners = events.owners(claim.video_id)

    def complete(self) -> None:
        """Take the video from wherever it stands to the end."""
        if self.video.import_stage == Stage.ERROR:
            self._record(Stage.CREATED, error_cause="", finished_at=None)
        if self.video.import_stage in (Stage.CREATED, Stage.METADATA):
            info = self._with_patience(lambda: self.source.fetch_metadata(self.video.youtube_id))
            if self.video.import_stage == Stage.CREATED:
                self._record_metadata(info)
            self._record_captions(
                self._with_patience(lambda: self.source.fetch_captions(self.video.youtube_id, info, settings.CAPTION_LANGUAGES))
            )
        if self.video.import_stage == Stage.CAPTIONS:
            self._record(Stage.CHAPTERS)
        self._record(Stage.COMPLETE, finished_at=timezone.now())

    def fail(self, cause: Cause, *, info: VideoInfo | None = None, again_at: datetime | None = None) -> None:
        """The video's import ends in an error; with `again_at` its job stays for another look by itself."""
        fields: dict[str, object] = {"error_cause": cause, "finished_at": timezone.now()}
        if info is not None and not self.video.title:
            fields |= {"title": info.title, "channel": info.channel, "duration": info.duration}
        self._record(Stage.ERROR, again_at=again_at, **fields)

    def _with_patience(self, fetch: Callable[[], T]) -> T:
        """A network blip is tried again in place, each time on a permit that still holds; everything else is for the caller."""

        def ask() -> T:
            if not self.may_ask():
                raise MustStop
            return fetch()

        retrying = Retrying(
            retry=retry_if_exception_type(NetworkBlip),
            stop=stop_after_attempt(BLIP_TRIES),
            wait=wait_exponential(multiplier=2, min=2, max=8),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(ask)

    def _record_metadata(self, info: VideoInfo) -> None:
        chapters = [
            Chapter(video_id=self.video.pk, number=n, start=c.start, end=c.end, title=c.title) for n, c in enumerate(info.chapters, 1)
        ]
        with jobs.fenced(self.claim):
            if chapters:
                # kept at once, since they came with the same answer: a run that goes on later need not ask for them again
                Chapter.objects.filter(video=self.video).delete()
                Chapter.objects.bulk_create(chapters)
            self._write(
                Stage.METADATA,
                title=info.title,
                channel=info.channel,
                channel_id=info.channel_id,
                duration=info.duration,
                description=info.description,
                published_at=info.published_at,
            )
        self._publish()

    def _record_captions(self, found: TranscriptInfo | None) -> None:
        if found is None:
            self._record(Stage.CAPTIONS, captions_source=CaptionsSource.NONE)
            return
        with jobs.fenced(self.claim):
            Transcript.objects.update_or_create(
                video_id=self.video.pk,
                defaults={
                    "source": found.source,
                    "language": found.language,
                    "cues": [[cue.start, cue.end, cue.text] for cue in found.cues],
                },
            )
            self._write(Stage.CAPTIONS, captions_source=found.source)
        self._publish()

    def _record(self, stage: Stage, *, again_at: datetime | None = None, **fields: object) -> None:
        with jobs.fenced(self.claim):
            self._write(stage, **fields)
            if again_at is not None:
                jobs.defer(self.claim, until=again_at, cause=str(fields.get("error_cause", "")), count_attempt=False)
            elif stage in (Stage.COMPLETE, Stage.ERROR):
                jobs.finish(self.claim)
        self._publish()

    def _write(self, stage: Stage, **fields: object) -> None:
        """Inside `fenced`: stage and progress together, and the next version."""
        video = self.video
        progress = video.import_progress if stage == Stage.ERROR else PROGRESS[stage]
        fields |= {"import_stage": stage, "import_progress": progress, "version": video.version + 1}
        Video.objects.filter(pk=video.pk).update(**fields)
        for name, value in fields.items():
            setattr(video, name, value)

    def _publish(self) -> None:
        events.publish_video(self.video, self.owners)


def enrich(
    claim: Claim,
    permit: Permit,
    *,
    limiter: AdaptiveRateLimiter,
    source: VideoSource,
    node: str,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Complete a claimed video on this permit. Safe to run twice: a claim that is no longer ours changes nothing."""
    job = jobs.begin(claim, node=node, now=timezone.now())
    if job is None:
        limiter.cancel(permit)
        return
    run = Run(claim, source, may_ask=lambda: jobs.may_go_on(claim) and limiter.renew(permit), sleep=sleep)
    end: Callable[[], None] | None = None
    try:
        run.complete()
    except LeaseLost:
        logger.info("video %s: lease lost, nothing written", claim.video_id)
    except MustStop:
        end = partial(_give_back, run)
    except (Throttled, NetworkBlip) as error:
        limiter.on_failure(permit, is_rate_limit=True, retry_after=error.retry_after)
        _end(run, partial(_wait, run, job, error, permit))
        return
    except SourceError as error:  # a verdict about the video says nothing bad about us
        end = partial(_conclude, run, job, error)
    except Exception:  # the one broad net: log in full, record on the row, go on
        logger.exception("video %s: unexpected", claim.video_id)
        limiter.on_failure(permit, is_rate_limit=False)
        _end(run, partial(_second_look, run, job, Cause.INTERNAL))
        return
    limiter.on_success(permit)
    _end(run, end)


def _end(run: Run, end: Callable[[], None] | None) -> None:
    """Write how the run ended, if the job is still ours, and tell the apps above when the video is finished."""
    try:
        if end is not None:
            end()
    except LeaseLost:
        logger.info("video %s: lease lost, nothing written", run.claim.video_id)
        return
    if run.video.is_finished:
        video_settled.send(sender=Video, video_id=run.claim.video_id)


def _give_back(run: Run) -> None:
    with jobs.fenced(run.claim):
        jobs.hand_back(run.claim)


def _wait(run: Run, job: EnrichmentJob, error: Throttled | NetworkBlip, permit: Permit) -> None:
    """A throttle costs no attempt; nor does a silent network, once the breaker knows of it and only a probe met it."""
    if isinstance(error, NetworkBlip) and not permit.probe:
        _second_look(run, job, error.cause)
        return
    pause = min(THROTTLE_PAUSE * 2 ** min(job.throttled_rounds, 20), LONGEST_PAUSE)
    pause = max(pause, timedelta(seconds=error.retry_after or 0))
    with jobs.fenced(run.claim):
        jobs.defer(run.claim, until=timezone.now() + pause, cause=error.cause, count_attempt=False)


def _conclude(run: Run, job: EnrichmentJob, error: SourceError) -> None:
    """A word about the video. What may change by itself is looked at again by itself; an unreadable answer gets its attempts."""
    if error.cause in (Cause.UPCOMING, Cause.LIVE, Cause.PROCESSING):
        run.fail(error.cause, info=error.info, again_at=error.starts_at or timezone.now() + STILL_LIVE)
    elif CAUSES[error.cause].retryable:
        _second_look(run, job, error.cause)
    else:
        run.fail(error.cause, info=error.info)


def _second_look(run: Run, job: EnrichmentJob, cause: Cause) -> None:
    if job.attempts >= jobs.MAX_ATTEMPTS:
        run.fail(cause)
        return
    with jobs.fenced(run.claim):
        jobs.defer(run.claim, until=timezone.now() + SECOND_LOOK * job.attempts, cause=cause, count_attempt=True)


def set_aside(job: EnrichmentJob) -> None:
    """A job that killed its worker too often ends in an error, instead of being fed to the next one. The job has just been released."""
    with transaction.atomic():
        deleted, _ = EnrichmentJob.objects.filter(pk=job.pk, fence=job.fence + 1, lease_until=None).delete()
        if not deleted:
            return
        video = Video.objects.get(pk=job.video_id)
        video.import_stage, video.error_cause = Stage.ERROR, Cause.TOO_MANY_ATTEMPTS
        video.version += 1
        video.finished_at = timezone.now()
        video.save(update_fields=["import_stage", "error_cause", "version", "finished_at"])
    events.publish_video(video, events.owners(video.pk))
    video_settled.send(sender=Video, video_id=video.pk)
