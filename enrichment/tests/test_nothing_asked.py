"""A run that asked nothing says nothing about YouTube: a breaker that is being tried stays as it
is.
"""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.utils import timezone

from enrichment import jobs, pipeline
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from enrichment.tests.limits_bench import Bench, denied, granted, throttle
from videos.models import Video
from videos.stages import PROGRESS, Stage

pytestmark = pytest.mark.django_db(transaction=True)


class NobodyAsks:
    """A source that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"YouTube was asked: {name}")


@pytest.mark.parametrize("why", ["paused", "nothing left"])
def test_run_that_asks_nothing_closes_no_breaker(clean_redis: redis.Redis, why: str) -> None:
    bench = Bench(clean_redis)
    limiter = bench.lane()
    throttle(limiter)
    bench.clock.advance(denied(limiter.acquire()).wait)
    run = a_run()
    probe = granted(limiter.acquire(holder=run.name))
    stage = Stage.CREATED if why == "paused" else Stage.CAPTIONS
    video = Video.objects.create(
        youtube_id="A" * 11, import_stage=stage, import_progress=PROGRESS[stage]
    )
    jobs.enqueue([video.pk], bulk=False, now=timezone.now())
    claim = jobs.claim(run)
    assert claim
    if why == "paused":
        EnrichmentJob.objects.update(held=True)
    pipeline.enrich(claim, probe, limiter=limiter, source=NobodyAsks())
    assert limiter.state().breaker != "closed"
    assert limiter.state().in_flight == 0
