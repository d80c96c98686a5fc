"""Transcribing a video that has no captions at YouTube: work of its own, on its own queue and lane.

It holds a permit of YouTube only while the audio is fetched, and one of Groq for each part it
uploads. Whatever goes wrong, the video ends complete, at worst without captions; what is only late
(no budget, throttled) comes later by itself.
"""

import errno
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils import timezone

from enrichment import clients, jobs, limits
from enrichment.caption_clients import wait_for_probe
from enrichment.captions_later import complete_for_now
from enrichment.client_state import Client
from enrichment.errors import NetworkBlip, SourceError, Throttled, TranscriptionOff
from enrichment.jobs import Claim
from enrichment.leases import LeaseLost
from enrichment.limits import AdaptiveRateLimiter, Denied, Permit
from enrichment.models import EnrichmentJob, TranscriptionDraft, TranscriptionUse, Work
from enrichment.pipeline import DATABASE_AWAY, MustStop, finish_run, leave
from enrichment.record import VideoRecord
from enrichment.sources.registry import audio_root, source_for, transcriber
from enrichment.sources.types import AudioSession, TranscriptInfo
from videos.causes import Cause
from videos.stages import Stage

logger = logging.getLogger(__name__)

LONGEST = 13 * 3600  # seconds of audio; YouTube's longest uploads have 12 hours
# seconds of audio: a day's worth of Groq's free plan, so one person cannot take more than all of it
PER_USER_AND_DAY = 28_800
# seconds; then the job is given back with what it has, well before its task would be ended
LONGEST_RUN = 600.0
TURN = 0.5  # of what Groq takes in an hour; then the next video is transcribed, if one waits
SHORTEST_BILLED = 10  # seconds of audio Groq counts at least
SHORT_WAIT = 20.0  # seconds a running transcription waits in place for its next permit
LATER = timedelta(
    seconds=10
)  # before a throttled transcription goes on; doubled by each round in vain
LONGEST_PAUSE = timedelta(hours=1)
SECOND_LOOK = timedelta(hours=12)  # after audio that could not be had; then a day
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED_FOR = {
    Client.TRANSCRIPTION: Cause.TRANSCRIPTION_OFF,
    Client.AUDIO: Cause.TRANSCRIPTION_FAILED,
}


class _Waits(Exception):
    """What transcription needs is closed as a whole, and this video is not the one that probes
    it.
    """

    def __init__(self, client: Client, cause: Cause) -> None:
        super().__init__(client)
        self.client = client
        self.cause = cause


class _AudioRefused(Exception):
    """The client that fetches audio was refused: that says nothing final about the video."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


class _TurnIsOver(MustStop):
    """Other videos wait, and this one has had a good part of the allowance."""


class OverBudget(Exception):
    """Today's allowance of the person who wants this video is used up."""


def transcribe(claim: Claim, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Transcribe a claimed video.

    Goes on after any interruption: parts already paid for are kept.
    """
    job = jobs.job_of(claim)
    if job is None:
        return
    record = VideoRecord(claim, job.video, lease=jobs.TRANSCRIBE_LEASE)
    end: Callable[[], None]
    try:
        found = _hear(record, sleep)
        end = partial(_end, record, found)
    except (LeaseLost, *DATABASE_AWAY) as error:
        leave(claim, error)
        return
    except MustStop as stop:
        end = partial(_stop, claim, stop)
    except _Waits as waits:
        end = partial(_wait_for_client, record, waits.client, waits.cause)
    except OverBudget:
        end = partial(_later, record, Cause.TRANSCRIPTION_BUDGET, timedelta(days=1))
    except TranscriptionOff as error:
        end = partial(_stop_transcribing, record, error)
    except _AudioRefused as refused:
        end = partial(_count_and_try_again, record, job, refused.error)
    except SourceError as error:
        logger.info("video %s: not transcribed, %s", claim.video_id, error)
        end = partial(_give_up_or_wait, record, job, error)
    except Exception as error:  # as in the pipeline: log in full, record on the row, go on
        logger.exception("video %s: transcription failed unexpectedly", claim.video_id)
        end = partial(_after_surprise, record, job, error)
    finish_run(record, end)


def _stop(claim: Claim, stop: MustStop) -> None:
    with jobs.fenced(claim):
        if isinstance(stop, _TurnIsOver):
            jobs.lose_rank(claim, Work.TRANSCRIBE)
        jobs.hand_back(claim)


def _after_surprise(record: VideoRecord, job: EnrichmentJob, error: Exception) -> None:
    if isinstance(error, OSError) and error.errno in DISK_IS_FULL:
        _stop_transcribing(record, TranscriptionOff(detail="the disk is full"))
    else:
        failed = SourceError(Cause.TRANSCRIPTION_FAILED, type(error).__name__)
        _count_and_try_again(record, job, failed)


def _give_up_or_wait(record: VideoRecord, job: EnrichmentJob, error: SourceError) -> None:
    """What says something about us, Groq or the way there is tried again; a word about this audio
    is the end of it.
    """
    rests = isinstance(error, NetworkBlip) and _groq_rests_until() is not None
    if rests or isinstance(error, Throttled):
        _later(record, error.cause, _pause(job, error))
    elif isinstance(error, NetworkBlip):
        _count_and_try_again(record, job, error)
    else:
        _end(record, None)


def _count_and_try_again(record: VideoRecord, job: EnrichmentJob, error: SourceError) -> None:
    """Use up an attempt.

    After the last one the video stays without captions, unless audio is refused to everybody.
    """
    if clients.is_closed(Client.AUDIO):
        _wait_for_client(record, Client.AUDIO, Cause.TRANSCRIPTION_FAILED)
    elif job.attempts >= jobs.MAX_ATTEMPTS:
        _end(record, None)
    elif isinstance(error, NetworkBlip):
        record.defer(_pause(job, error), error.cause, count_attempt=True)
    else:
        wait = SECOND_LOOK * job.attempts
        _complete_for_now(record, wait, Cause.TRANSCRIPTION_FAILED, count_attempt=True)


def _stop_transcribing(record: VideoRecord, error: TranscriptionOff) -> None:
    """Complete the video without captions for now, tell the operator, and go on when one video's
    probe succeeds.
    """
    clients.note_refusal(Client.TRANSCRIPTION, record.video.youtube_id, error, close_after=1)
    _wait_for_client(record, Client.TRANSCRIPTION, Cause.TRANSCRIPTION_OFF)


def _wait_for_client(record: VideoRecord, client: Client, cause: Cause) -> None:
    """Complete the video without captions for now; its job asks again some time after the client's
    next probe.
    """
    again = clients.asked_again_at((client,)) or timezone.now()
    others = EnrichmentJob.objects.filter(work=Work.TRANSCRIBE, last_cause=cause)
    _complete_for_now(record, wait_for_probe(again, others), cause)


def _pause(job: EnrichmentJob, error: SourceError) -> timedelta:
    return jobs.growing_wait(job, LATER, LONGEST_PAUSE, error.retry_after)


def _groq_rests_until() -> datetime | None:
    """Until when Groq is not asked because its breaker is open; None when it may be."""
    state = limits.groq_lane().limiter.state()
    if state.breaker != "open":
        return None
    return state.open_until


def _hear(record: VideoRecord, sleep: Callable[[float], None]) -> TranscriptInfo | None:
    groq = transcriber()
    duration = record.video.duration or 0
    if groq is None or duration > LONGEST or record.has_upload():
        return None
    _raise_while_closed()
    _raise_while_groq_rests()  # then no audio is fetched for it, either
    _charge(record, duration)
    draft, _ = TranscriptionDraft.objects.get_or_create(video=record.video)
    keeper = _Keeper(record, draft)

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
                progress=keeper.progress,
                permit=permit,
            )
        except (Throttled, NetworkBlip, MustStop):
            keeper.keep_parts()  # and what the other uploads brought meanwhile
            raise
    draft.delete()
    _note_success(Client.TRANSCRIPTION, Cause.TRANSCRIPTION_OFF)
    return found


class _Keeper:
    """Keeps the parts of a transcription as they come, and says when it has taken long enough."""

    def __init__(self, record: VideoRecord, draft: TranscriptionDraft) -> None:
        self.record = record
        self.draft = draft
        self.stop_at = time.monotonic() + LONGEST_RUN
        self.heard_before = self._seconds_heard()

    def keep_parts(self) -> None:
        # Also of a video that somebody paused meanwhile: they are paid for.
        with jobs.fenced(self.record.claim, lease=jobs.TRANSCRIBE_LEASE):
            self.draft.save()

    def progress(self, done: int, total: int) -> None:
        """Raises MustStop when the video is paused, or this run has lasted long enough, and
        _TurnIsOver when it is the next video's turn.
        """
        self.keep_parts()
        if not jobs.renew(self.record.claim, jobs.TRANSCRIBE_LEASE):  # it is paused
            raise MustStop
        self.record.parts_transcribed(done, total)
        if done < total and time.monotonic() > self.stop_at:
            raise MustStop
        if done < total and self._has_had_its_turn():
            raise _TurnIsOver

    def _has_had_its_turn(self) -> bool:
        heard = self._seconds_heard() - self.heard_before
        if heard == 0 or heard < TURN * settings.GROQ_AUDIO_SECONDS_PER_HOUR:
            return False
        return jobs.due(Work.TRANSCRIBE).exists()

    def _seconds_heard(self) -> float:
        seconds = 0.0
        for part in self.draft.parts.values():
            seconds += part["end"] - part["start"]
        return seconds


def _raise_while_groq_rests() -> None:
    until = _groq_rests_until()
    if until is not None:
        wait = (until - timezone.now()).total_seconds()
        raise Throttled(Cause.TRANSCRIPTION_THROTTLED, "breaker open", retry_after=wait)


def _raise_while_closed() -> None:
    """Raise _Waits while audio or transcription is closed, unless this video is the probe."""
    for client, cause in CLOSED_FOR.items():
        if not clients.may_ask(client):
            raise _Waits(client, cause)


def _note_success(client: Client, cause: Cause) -> None:
    """When the client had been closed, what waited for it goes on now."""
    if clients.note_answer(client) is not None:
        jobs.bring_forward(EnrichmentJob.objects.unheld().filter(last_cause=cause))


def _fetch_audio(record: VideoRecord, folder: Path, session: AudioSession) -> Path:
    """The audio, on a permit of YouTube that ends as soon as it is here."""
    permit = limits.acquire_youtube(bulk=False, holder=record.claim.holder)
    if isinstance(permit, Denied):
        raise Throttled(Cause.THROTTLED, permit.reason, retry_after=permit.wait)
    way = limits.lane(permit.lane)

    def still_here(done: int, total: int) -> None:
        if not (jobs.renew(record.claim, jobs.TRANSCRIBE_LEASE) and way.limiter.renew(permit)):
            raise MustStop

    fetch = partial(
        source_for(way.proxy).fetch_audio,
        record.video.youtube_id,
        folder,
        session=session,
        progress=still_here,
    )
    try:
        # What this client is told counts for it alone, so only a broken network is about us.
        with limits.using(way.limiter, permit, about_us=(NetworkBlip,)) as use:
            audio = use.ask(fetch)
    except NetworkBlip:
        raise
    except SourceError as error:
        clients.note_refusal(Client.AUDIO, record.video.youtube_id, error)
        if isinstance(error, Throttled):
            raise
        raise _AudioRefused(error) from None
    _note_success(Client.AUDIO, Cause.TRANSCRIPTION_FAILED)
    return audio.path


@contextmanager
def _groq_permit(sleep: Callable[[float], None], seconds: float) -> Iterator[None]:
    """A permit of Groq's lane for so many seconds of audio, in the upload's own thread; raises
    Throttled when there is none soon.
    """
    limiter = limits.groq_lane().limiter
    try:
        permit = _wait_for_permit(limiter, max(SHORTEST_BILLED, round(seconds)), sleep)
        with limits.using(limiter, permit) as use:
            use.has_asked = True
            yield
            use.has_answer = True
    finally:
        # the limiter may have written its state; the thread ends, and nobody else would close what
        # it opened
        connections.close_all()


def _wait_for_permit(
    limiter: AdaptiveRateLimiter, cost: int, sleep: Callable[[float], None]
) -> Permit:
    while isinstance(permit := limiter.acquire(cost=cost), Denied):
        if permit.wait > SHORT_WAIT:
            cause = Cause.TRANSCRIPTION_THROTTLED
            if permit.reason == "budget":
                cause = Cause.TRANSCRIPTION_BUDGET
            raise Throttled(cause, permit.reason, retry_after=permit.wait)
        sleep(max(permit.wait, 0.05))
    return permit


def _charge(record: VideoRecord, seconds: int) -> None:
    """Count the audio against the day of whoever has the video longest; once per video, also when
    it takes several runs.
    """
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
    else:
        record.complete_with(found)


def _later(record: VideoRecord, cause: Cause, wait: timedelta) -> None:
    """Complete the video for now when an allowance is used up, else put it off."""
    if cause == Cause.TRANSCRIPTION_BUDGET:
        _complete_for_now(record, wait, cause)
    else:
        record.defer(wait, cause)


def _complete_for_now(
    record: VideoRecord, wait: timedelta, cause: Cause, *, count_attempt: bool = False
) -> None:
    def defer() -> None:
        jobs.lose_rank(record.claim, Work.TRANSCRIBE)
        jobs.defer(record.claim, wait, cause, count_attempt=count_attempt)

    complete_for_now(record, defer)
