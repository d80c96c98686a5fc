"""Celery's side of enrichment: each task takes ids and calls one function."""

from typing import Any

from celery import Task, shared_task
from django.conf import settings

from enrichment import limits, pipeline, recovery
from enrichment import pump as pumping
from enrichment.jobs import Claim
from enrichment.limits import Permit
from enrichment.limits.connection import redis_client
from enrichment.services import ALIVE
from enrichment.sources.registry import source_for

ALIVE_SECONDS = 15


@shared_task(bind=True, time_limit=85)  # seconds; below the run's lease
def enrich_video(self: Task[..., None], claim: dict[str, int], permit: dict[str, Any]) -> None:
    lane = limits.lane(permit["lane"])
    pipeline.enrich(
        Claim(**claim), Permit.from_dict(permit), limiter=lane.limiter, source=source_for(lane.proxy), node=str(self.request.hostname)
    )
    run_pump()


@shared_task
def pump(*, beat: bool = True) -> None:
    if beat:
        redis_client().set(f"{settings.REDIS_PREFIX}{ALIVE}", 1, ex=ALIVE_SECONDS)
    run_pump()


@shared_task
def sweep() -> None:
    if recovery.sweep():
        run_pump()


def run_pump() -> None:
    pumping.arm(pumping.run(_dispatch))


def _dispatch(claim: Claim, permit: Permit) -> None:
    enrich_video.delay(claim.as_dict(), permit.as_dict())
