"""Celery's side of enrichment.

A message carries nothing: it says that there may be work of a kind, and the task takes what is
next.
"""

from celery import Task, shared_task

from enrichment import jobs, limits, pipeline, pump, recovery, thumbnails, transcription
from enrichment.hints import send_on
from enrichment.leases import Holder
from enrichment.sources.registry import audio_root, source_for
from enrichment.ytdlp import updating


def holder_of(task: Task[..., None]) -> Holder:
    """Who holds what this run of a task takes."""
    return Holder(str(task.request.id), str(task.request.hostname))


@shared_task(bind=True, time_limit=pipeline.TIME_LIMIT)
def enrich_next(self: Task[..., None]) -> None:
    """Complete the next video.

    Another message goes out before it, so that as many run at once as there are permits, and one
    after it.
    """
    started = pump.start_next(holder_of(self))
    if not isinstance(started, pump.Started):
        pump.arm(self.name, started)
        return
    permit = started.permit
    if not permit.last:
        send_on(self.name)
    lane = limits.lane(permit.lane)
    pipeline.enrich(started.claim, permit, limiter=lane.limiter, source=source_for(lane.proxy))
    send_on(self.name)


@shared_task(bind=True, time_limit=840)  # seconds; what was transcribed by then is kept
def transcribe_next(self: Task[..., None]) -> None:
    """Transcribe the next video, unless one is being transcribed."""
    claim = jobs.claim_transcription(holder_of(self))
    if claim is None:
        return
    transcription.transcribe(claim)
    send_on(self.name)


@shared_task
def sweep() -> None:
    from enrichment.sources.audio import sweep_audio  # only a worker gets here, and has it loaded

    sweep_audio(audio_root())
    if recovery.sweep():
        send_on(pump.FETCH)


@shared_task(time_limit=840)  # seconds; pip and the trials end by themselves before
def update_ytdlp() -> None:
    updating.update_by_itself()


@shared_task(time_limit=thumbnails.TIME_LIMIT)
def keep_thumbnails() -> None:
    thumbnails.keep_next()


@shared_task(time_limit=thumbnails.TIME_LIMIT)
def remove_thumbnails() -> None:
    thumbnails.remove_next()
