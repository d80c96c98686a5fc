"""How one video is completed: metadata 25, captions 60, chapters 90, complete 100.

A run holds a permit and a claim. However it ends, the permit ends with its outcome, and the job is
finished, deferred, handed over to transcription, or no longer ours.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential,
    wait_fixed,
)

from enrichment import jobs, outages, spells
from enrichment.caption_clients import Captions, fetch_captions
from enrichment.captions_later import captions_come_later, put_off_while_closed
from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.jobs import Claim
from enrichment.leases import LeaseLost
from enrichment.limits import AdaptiveRateLimiter, Permit, PermitUse, using
from enrichment.models import EnrichmentJob
from enrichment.not_yet import NOT_YET, wait_until_available
from enrichment.record import VideoRecord
from enrichment.sources.types import REQUEST_TIMEOUT, AudioSession, VideoInfo, VideoSource
from videos.causes import CAUSES, Cause
from videos.stages import CaptionsSource, Stage

logger = logging.getLogger(__name__)
T = TypeVar("T")

BLIP_TRIES = 4  # in place, with waits of 2, 4 and 8 s between them
LONGEST_BLIP_WAIT = 8.0  # seconds
RETRY_FOR = 60.0  # seconds from the start of a run in which a blip is tried again in place
QUESTIONS = 4  # the watch page and three clients for captions
REQUESTS = 3  # the most that one question takes
# Seconds: what the retries allow, and then each question once more at its slowest.
LONGEST_RUN = RETRY_FOR + LONGEST_BLIP_WAIT + QUESTIONS * REQUESTS * REQUEST_TIMEOUT
TIME_LIMIT = round(LONGEST_RUN) + 20  # seconds after which a run's process is killed
THROTTLE_PAUSE = timedelta(
    seconds=30
)  # doubled per throttled round, so one unlucky video does not keep tripping the breaker
LONGEST_PAUSE = timedelta(hours=6)
SECOND_LOOK = timedelta(
    minutes=10
)  # after a failed attempt; then again, then it is said to be in error
DATABASE_AWAY = (OperationalError, InterfaceError)
GIVE_BACK_FOR = 10.0  # seconds; a restart of the database takes less


class MustStop(Exception):
    """The permit is gone (without one, YouTube is not asked), or somebody paused or cancelled the
    video.
    """


class _SaidToEverybody(Exception):
    """YouTube answers every video like this, so it is about us."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


class Run:
    """One run of one job: takes the video from wherever it stands as far as it goes."""

    def __init__(
        self,
        record: VideoRecord,
        source: VideoSource,
        use: PermitUse,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = BLIP_TRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tries`: how often a question is asked while the network fails; a probe asks once."""
        self.record = record
        self.video = self.record.video
        self.source = source
        self.use = use
        self.sleep = sleep
        self.tries = tries
        self.clock = clock
        self.retry_until = clock() + RETRY_FOR

    def complete(self) -> None:
        if self.video.import_stage == Stage.COMPLETE:
            self._look_again()
            return
        if self.video.import_stage == Stage.ERROR:
            self.record.reach(Stage.CREATED, error_cause="", finished_at=None)
        if (
            self.video.import_stage in (Stage.CREATED, Stage.METADATA)
            and not self._settle_captions()
        ):
            return
        if self.video.import_stage == Stage.CAPTIONS:
            self.record.reach(Stage.CHAPTERS)
        self.record.complete()

    def _settle_captions(self) -> bool:
        """Metadata and captions, the two requests.

        False when the video was handed over to transcription.
        """
        info = self._metadata()
        if self.video.import_stage == Stage.CREATED:
            self.record.metadata(info)
        captions = self._captions(info)
        if captions.withheld is not None:
            self._let_captions_come_later(captions, info)
            return False
        if captions.found is None and settings.GROQ_API_KEY and not self.record.has_upload():
            self.record.hand_over_to_transcription(info.language, self._audio_session())
            return False
        self.record.transcript(captions.found)
        return True

    def _look_again(self) -> None:
        """A complete video whose captions come later or are wanted again, or which a person wants
        refreshed: then it is not described.
        """
        info = self._metadata()
        if self.video.described_at is None:
            self.record.describe_again(info)
        captions = self._captions(info)
        if captions.withheld is not None:
            self._let_captions_come_later(captions, info)
        elif (
            captions.found is None
            and self.video.captions_source == CaptionsSource.NONE
            and settings.GROQ_API_KEY
        ):
            self.record.hand_over_to_transcription(info.language, self._audio_session())
        else:
            self.record.late(captions.found)

    def _captions(self, info: VideoInfo) -> Captions:
        """Fetch captions in the wanted languages, none when a person gave a transcript."""
        if self.record.has_upload():
            return Captions()
        return fetch_captions(
            self.source,
            self.video.youtube_id,
            info,
            self.record.audience.languages,
            with_patience=self._with_patience,
        )

    def _let_captions_come_later(self, captions: Captions, info: VideoInfo) -> None:
        captions_come_later(self.record, captions, info.language, self._audio_session)

    def _audio_session(self) -> AudioSession:
        return self.source.audio_session(self.video.youtube_id)

    def _metadata(self) -> VideoInfo:
        fetch = partial(self.source.fetch_metadata, self.video.youtube_id)
        if self.tries == 1:  # a probe
            fetch = partial(fetch, one_request=True)
        info = self._with_patience(fetch)
        spells.note_good_answer()
        return info

    def _with_patience(self, fetch: Callable[[], T]) -> T:
        """A network blip is tried again in place, each time on a permit that still holds;
        everything else is for the caller.
        """

        def ask() -> T:
            # Before the first question both were taken just now.
            if self.use.has_asked and not self._still_ours():
                raise MustStop
            return self.use.ask(fetch)

        retrying = Retrying(
            retry=retry_if_exception_type(NetworkBlip),
            stop=self._tried_enough,
            wait=wait_exponential(multiplier=2, min=2, max=LONGEST_BLIP_WAIT),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(ask)

    def _still_ours(self) -> bool:
        """The job and its permit, for another while. No longer when the video was paused."""
        return jobs.renew(self.record.claim, jobs.RUN_LEASE) and self.use.renew()

    def _tried_enough(self, state: RetryCallState) -> bool:
        return state.attempt_number >= self.tries or self.clock() > self.retry_until


def enrich(
    claim: Claim,
    permit: Permit,
    *,
    limiter: AdaptiveRateLimiter,
    source: VideoSource,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Complete a claimed video on this permit.

    A claim that is no longer ours changes nothing, and a run that asked nothing says nothing about
    YouTube: its permit is given back unused.
    """
    job = _job_of(claim)
    if job is None:
        limiter.cancel(permit)
        return
    record = VideoRecord(claim, job.video)
    end: Callable[[], None] | None = None
    try:
        with using(limiter, permit) as use:
            if put_off_while_closed(record, job):
                return
            _complete(Run(record, source, use, sleep, _tries_of(permit)))
    except (LeaseLost, *DATABASE_AWAY) as error:
        leave(claim, error)
        return
    except MustStop:
        end = partial(give_back, claim)
    except _SaidToEverybody as said:
        end = partial(spells.wait_out, record, job, said.error)
    except (Throttled, NetworkBlip) as error:
        end = partial(_wait, record, job, error, permit)
    except SourceError as error:
        end = partial(conclude, record, job, error)
    except Exception:  # the one broad net: log in full, record on the row, go on
        logger.exception("video %s: unexpected", claim.video_id)
        end = partial(second_look, record, job, Cause.INTERNAL)
    finish_run(record, end)


def _job_of(claim: Claim) -> EnrichmentJob | None:
    """Return the claimed job; None when it is no longer ours, or the database went away."""
    try:
        return jobs.job_of(claim)
    except DATABASE_AWAY as error:
        leave(claim, error)
        return None


def _tries_of(permit: Permit) -> int:
    """Return how often a network blip is tried in place: a probe finds out at once."""
    return 1 if permit.probe else BLIP_TRIES


def _complete(run: Run) -> None:
    """Raises _SaidToEverybody instead of an error that says something about us and not about the
    video.
    """
    try:
        run.complete()
    except (Throttled, NetworkBlip):
        raise
    except SourceError as error:
        if not spells.is_about_us(run.video, error):
            raise
        run.use.note_throttle(spells.PAUSE)
        raise _SaidToEverybody(error) from None


def finish_run(record: VideoRecord, end: Callable[[], None] | None) -> None:
    """Write how the run ended, if the job is still ours, and tell the apps above when the video is
    finished.
    """
    try:
        if end is not None:
            end()
    except (LeaseLost, *DATABASE_AWAY) as error:
        leave(record.claim, error)
        return
    record.tell_if_settled()


def give_back(claim: Claim) -> None:
    with jobs.fenced(claim):
        jobs.hand_back(claim)


def leave(claim: Claim, error: Exception) -> None:
    """End a run that can write nothing: its lease is lost, or the database went away.

    Then the job is free as soon as the database is back; when that takes long its lease has to end.
    """
    if isinstance(error, LeaseLost):
        logger.info("video %s: lease lost, nothing written", claim.video_id)
        return
    logger.warning("video %s: the database went away, it goes on later", claim.video_id)
    trying = Retrying(
        retry=retry_if_exception_type(DATABASE_AWAY),
        stop=stop_after_delay(GIVE_BACK_FOR),
        wait=wait_fixed(0.5),
        before=lambda state: connection.close(),  # it may be broken
        reraise=True,
    )
    with contextlib.suppress(*DATABASE_AWAY, LeaseLost):
        trying(give_back, claim)


def _wait(
    record: VideoRecord, job: EnrichmentJob, error: Throttled | NetworkBlip, permit: Permit
) -> None:
    """A throttle costs no attempt; nor does a network that is away."""
    if isinstance(error, Throttled):
        wait = jobs.growing_wait(job, THROTTLE_PAUSE, LONGEST_PAUSE, error.retry_after)
        record.defer(wait, error.cause)
    elif outages.is_outage(record.video, job, error) or permit.probe:
        outages.wait_for_the_network(record, job, error)
    else:
        second_look(record, job, error.cause)


def conclude(record: VideoRecord, job: EnrichmentJob, error: SourceError) -> None:
    """A word about the video.

    What may change by itself is looked at again by itself; an unreadable answer gets its attempts.
    """
    unclear = error.cause not in NOT_YET and CAUSES[error.cause].retryable
    if unclear:
        second_look(record, job, error.cause)
    elif record.video.import_stage == Stage.COMPLETE:
        record.late(None)  # it is complete already; what we have stays
    elif error.cause in NOT_YET:
        wait_until_available(record, job, error)
    else:
        record.error(error.cause, info=error.info)


def second_look(record: VideoRecord, job: EnrichmentJob, cause: Cause) -> None:
    """Another attempt later; after the last one the video is in error, or stays as complete as it
    was.
    """
    if job.attempts < jobs.MAX_ATTEMPTS:
        record.defer(SECOND_LOOK * job.attempts, cause, count_attempt=True)
    elif record.video.import_stage == Stage.COMPLETE:
        record.late(None)
    elif record.video.import_stage == Stage.METADATA and cause != Cause.NETWORK:
        record.complete_with(None)  # what it is was read before, so this is no error
    else:
        record.error(cause)
