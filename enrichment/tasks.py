"""Celery's side of enrichment: each task takes ids and calls one function."""

from typing import Any

from celery import Task, shared_task

from enrichment import limits, pipeline, recovery, transcription
from enrichment import pump as pumping
from enrichment.jobs import Claim
from enrichment.limits import Permit
from enrichment.sources.registry import audio_root, source_for
from enrichment.ytdlp import updating


@shared_task(bind=True, time_limit=85)  # seconds; below the run's lease
def enrich_video(self: Task[..., None], claim: dict[str, int], permit: dict[str, Any]) -> None:
    lane = limits.lane(
        permit["lane"]
    )  # LookupError when that way out was taken from the settings: the sweep frees the job
    pipeline.enrich(
        Claim(**claim),
        Permit.from_dict(permit),
        limiter=lane.limiter,
        source=source_for(lane.proxy),
        node=str(self.request.hostname),
    )
    run_fetches()


@shared_task(
    bind=True, time_limit=840
)  # seconds; below the broker's visibility timeout. What was transcribed by then is kept
def transcribe_video(self: Task[..., None], claim: dict[str, int]) -> None:
    transcription.transcribe(Claim(**claim), node=str(self.request.hostname))
    run_pump()


@shared_task
def pump() -> None:
    run_pump()


@shared_task
def sweep() -> None:
    from enrichment.sources.audio import sweep_audio  # only a worker gets here, and has it loaded

    sweep_audio(audio_root())
    if recovery.sweep():
        run_pump()


def run_pump() -> None:
    pumping.run_transcriptions(_dispatch_transcription)
    run_fetches()


def run_fetches() -> None:
    """All that is needed after a fetch: a transcription that it handed over may wait for the beat, a second at most."""
    pumping.arm(pumping.run(_dispatch))


def _dispatch(claim: Claim, permit: Permit) -> None:
    enrich_video.delay(claim.as_dict(), permit.as_dict())


def _dispatch_transcription(claim: Claim) -> None:
    transcribe_video.delay(claim.as_dict())


@shared_task(time_limit=840)  # seconds; pip and the trials end by themselves before
def update_ytdlp() -> None:
    updating.update_by_itself()
