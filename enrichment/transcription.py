"""Transcribing a video that has no captions at YouTube: work of its own, on its own queue and lane.

It holds a permit of YouTube only while the audio is fetched, and one of Groq for each part it uploads. Whatever goes wrong, the video ends
complete, at worst without captions; what is only late (no budget, throttled) comes later by itself.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db import connections
from django.utils import timezone

from enrichment import jobs, limits
from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.jobs import Claim, LeaseLost
from enrichment.limits import AdaptiveRateLimiter, Denied, Permit
from enrichment.models import EnrichmentJob, TranscriptionDraft, TranscriptionUse
from enrichment.pipeline import MustStop, finish_run, give_back
from enrichment.record import VideoRecord
from enrichment.sources.registry import audio_root, source_for, transcriber
from enrichment.sources.types import AudioSession, TranscriptInfo
from videos.causes import Cause
from videos.stages import Stage

logger = logging.getLogger(__name__)

LONGEST = 13 * 3600  # seconds of audio; YouTube's longest uploads have 12 hours
PER_USER_AND_DAY = 28_800  # seconds of audio: a day's worth of Groq's free plan, so one person cannot take more than all of it
LONGEST_RUN = 600.0  # seconds; then the job is given back with what it has, well before its task would be ended
SHORTEST_BILLED = 10  # seconds of audio Groq counts at least
SHORT_WAIT = 20.0  # seconds a running transcription waits in place for its next permit
LATER = timedelta(seconds=10)  # at least, before a throttled transcription goes on


class OverBudget(Exception):
    """Today's allowance of the person who wants this video is used up."""


def transcribe(claim: Claim, *, node: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Transcribe a claimed video. Safe to run twice, and to go on after any interruption: parts already paid for are kept."""
    job = jobs.begin(claim, node=node, now=timezone.now(), lease=jobs.TRANSCRIBE_LEASE)
    if job is None:
        return
    record = VideoRecord(claim, job.video, lease=jobs.TRANSCRIBE_LEASE)
    end: Callable[[], None]
    try:
        found = _hear(record, sleep)
        end = partial(_end, record, found)
    except LeaseLost:
        logger.info("video %s: lease lost, nothing written", claim.video_id)
        return
    except MustStop:
        end = partial(give_back, claim)
    except OverBudget:
        end = partial(_later, record, Cause.TRANSCRIPTION_BUDGET, timedelta(days=1))
    except (Throttled, NetworkBlip) as error:
        wait = max(LATER, timedelta(seconds=error.retry_after or 0))
        end = (
            partial(_later, record, error.cause, wait)
            if _may_try_again(job, error)
            else partial(_end, record, None)
        )
    except SourceError as error:
        logger.info("video %s: not transcribed, %s", claim.video_id, error)
        end = partial(_end, record, None)
    except Exception:  # as in the pipeline: log in full, record on the row, go on
        logger.exception("video %s: transcription failed unexpectedly", claim.video_id)
        end = partial(_end, record, None)
    finish_run(record, end)


def _may_try_again(job: EnrichmentJob, error: SourceError) -> bool:
    return isinstance(error, Throttled) or job.attempts < jobs.MAX_ATTEMPTS


def _hear(record: VideoRecord, sleep: Callable[[float], None]) -> TranscriptInfo | None:
    groq = transcriber()
    duration = record.video.duration or 0
    if groq is None or duration > LONGEST or record.has_upload():
        return None
    _charge(record, duration)
    stop_at = time.monotonic() + LONGEST_RUN
    draft, _ = TranscriptionDraft.objects.get_or_create(video=record.video)

    def keep_parts() -> None:
        if not jobs.renew(record.claim, jobs.TRANSCRIBE_LEASE):
            raise MustStop
        draft.save()

    def progress(done: int, total: int) -> None:
        keep_parts()
        record.parts_transcribed(done, total)
        if done < total and time.monotonic() > stop_at:
            raise MustStop

    from enrichment.sources.audio import audio_folder  # only a worker gets here

    with audio_folder(audio_root()) as folder:
        session = AudioSession.of_json(draft.session)
        audio = _fetch_audio(record, folder, session)
        permit = partial(_groq_permit, sleep)
        try:
            found = groq.transcribe(
                audio,
                language=draft.language or None,
                heard=draft.parts,
                progress=progress,
                permit=permit,
            )
        except (Throttled, NetworkBlip):
            keep_parts()
            raise
    draft.delete()
    return found


def _fetch_audio(record: VideoRecord, folder: Path, session: AudioSession) -> Path:
    """The audio, on a permit of YouTube that ends as soon as it is here."""
    permit = limits.acquire_youtube(bulk=False)
    if isinstance(permit, Denied):
        raise Throttled(Cause.THROTTLED, permit.reason, retry_after=permit.wait)
    way = limits.lane(permit.lane)

    def still_here(done: int, total: int) -> None:
        if not (jobs.renew(record.claim, jobs.TRANSCRIBE_LEASE) and way.limiter.renew(permit)):
            raise MustStop

    try:
        audio = source_for(way.proxy).fetch_audio(
            record.video.youtube_id, folder, session=session, progress=still_here
        )
    except (Throttled, NetworkBlip) as error:
        way.limiter.on_failure(permit, is_rate_limit=True, retry_after=error.retry_after)
        raise
    except BaseException:
        way.limiter.on_success(permit)
        raise
    way.limiter.on_success(permit)
    return audio.path


@contextmanager
def _groq_permit(sleep: Callable[[float], None], seconds: float) -> Iterator[None]:
    """A permit of Groq's lane for so many seconds of audio, in the upload's own thread; raises Throttled when there is none soon."""
    limiter = limits.groq_lane().limiter
    try:
        permit = _wait_for_permit(limiter, max(SHORTEST_BILLED, round(seconds)), sleep)
        try:
            yield
        except Throttled as error:
            limiter.on_failure(permit, is_rate_limit=True, retry_after=error.retry_after)
            raise
        except SourceError:
            limiter.on_failure(permit, is_rate_limit=False)
            raise
        except BaseException:
            limiter.cancel(permit)
            raise
        limiter.on_success(permit)
    finally:
        connections.close_all()  # the limiter may have written its state; the thread ends, and nobody else would close what it opened


def _wait_for_permit(
    limiter: AdaptiveRateLimiter, cost: int, sleep: Callable[[float], None]
) -> Permit:
    while isinstance(permit := limiter.acquire(cost=cost), Denied):
        if permit.wait > SHORT_WAIT:
            cause = (
                Cause.TRANSCRIPTION_BUDGET
                if permit.reason == "budget"
                else Cause.TRANSCRIPTION_THROTTLED
            )
            raise Throttled(cause, permit.reason, retry_after=permit.wait)
        sleep(max(permit.wait, 0.05))
    return permit


def _charge(record: VideoRecord, seconds: int) -> None:
    """Count the audio against the day of whoever has the video longest; once per video, also when it takes several runs."""
    if TranscriptionUse.objects.filter(video=record.video).exists() or not record.audience.user_ids:
        return
    user_id, today = record.audience.user_ids[0], timezone.localdate()
    used = TranscriptionUse.seconds_of(user_id, today)
    if used and used + seconds > PER_USER_AND_DAY:
        raise OverBudget
    TranscriptionUse.objects.create(video=record.video, user_id=user_id, day=today, seconds=seconds)


def _end(record: VideoRecord, found: TranscriptInfo | None) -> None:
    """With a transcript or without: the video is complete."""
    if record.video.import_stage == Stage.COMPLETE:
        record.late(found)
        return
    record.transcript(found)
    record.reach(Stage.CHAPTERS)
    record.complete()


def _later(record: VideoRecord, cause: Cause, wait: timedelta) -> None:
    """Short of YouTube's leave the video waits; short of an allowance it is complete without captions, and they come later."""
    until = timezone.now() + wait
    defer = partial(jobs.defer, record.claim, until=until, cause=cause, count_attempt=False)
    if cause == Cause.TRANSCRIPTION_BUDGET and record.video.import_stage != Stage.COMPLETE:
        record.transcript(None)
        record.reach(Stage.CHAPTERS)
        record.complete(then=defer)
        return
    with jobs.fenced(record.claim):
        defer()
