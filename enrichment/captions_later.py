"""Captions that come later: the video is complete without them, and its job asks again by
itself.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from enrichment import clients, jobs
from enrichment.caption_clients import CAPTION_CLIENTS, Captions, wait_for_captions
from enrichment.client_state import Client
from enrichment.models import EnrichmentJob
from enrichment.record import VideoRecord
from enrichment.sources.types import AudioSession
from videos.causes import Cause
from videos.stages import CaptionsSource, Stage

# rounds in which the captions were asked for in vain; then the video is transcribed, where that is
# possible
PATIENCE = 3
WAITING = (Cause.BLOCKED, Cause.THROTTLED, Cause.NETWORK)


def captions_come_later(
    record: VideoRecord,
    captions: Captions,
    language: str | None,
    audio_session: Callable[[], AudioSession],
) -> None:
    """Complete the video at once, and let its job ask for the captions again; after three rounds
    have it transcribed.
    """
    job = EnrichmentJob.objects.get(pk=record.claim.job_id)
    has_none = record.video.captions_source in (CaptionsSource.UNSETTLED, CaptionsSource.NONE)
    patience_is_over = captions.asked and job.throttled_rounds + 1 >= PATIENCE
    if settings.GROQ_API_KEY and has_none and patience_is_over:
        record.hand_over_to_transcription(language, audio_session())
        return
    wait = wait_for_captions(job)
    cause = captions.withheld or Cause.BLOCKED

    def defer() -> None:
        jobs.lose_rank(record.claim)
        jobs.defer(record.claim, wait, cause)

    complete_for_now(record, defer)


def complete_for_now(record: VideoRecord, defer: Callable[[], None]) -> None:
    """The video is complete without captions, and its job stays: they come later."""
    if record.video.import_stage == Stage.COMPLETE:
        with jobs.fenced(record.claim):
            defer()
    else:
        record.complete_with(None, then=defer)


def put_off_while_closed(record: VideoRecord, job: EnrichmentJob) -> bool:
    """Put a job that only waits for captions off, without any request, while no client would give
    them.

    False when it may ask. One query, and only for such jobs.
    """
    if record.video.import_stage != Stage.COMPLETE or record.video.described_at is None:
        return False
    if job.last_cause not in WAITING or not _are_all_resting():
        return False
    record.defer(wait_for_captions(job), job.last_cause)
    return True


def _are_all_resting() -> bool:
    """Whether every client but the page itself is closed."""
    now = timezone.now()
    for client in CAPTION_CLIENTS:
        if client != Client.PAGE_CAPTIONS and not clients.is_resting(client, now=now):
            return False
    return True
