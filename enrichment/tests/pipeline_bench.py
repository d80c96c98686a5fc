"""The worker's part, without Celery: a permit, a claim, a run, against the stand-in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from enrichment import jobs, limits, pipeline
from enrichment.jobs import Claim
from enrichment.limits import Permit
from enrichment.models import EnrichmentJob, LaneState
from enrichment.sources.registry import source_for
from enrichment.tests.holders import NODE, a_run
from tests.redis_process import forget_test_keys
from tests.standins import YouTubeStandIn
from videos.models import Video

ID = "ankerhemmun"


class Bench:
    """The worker's part, without Celery: a permit, a claim, a run."""

    def __init__(self, youtube: YouTubeStandIn, redis: redis.Redis) -> None:
        self.youtube = youtube
        self.redis = redis
        self.slept: list[float] = []

    def want(self, youtube_id: str = ID) -> Video:
        video = Video.objects.create(youtube_id=youtube_id)
        jobs.enqueue([video.pk], bulk=False, now=timezone.now())
        return video

    def claim(self, node: str = NODE) -> tuple[Claim, Permit]:
        holder = a_run(node=node)
        permit = limits.acquire_youtube(bulk=False, holder=holder.name)
        assert isinstance(permit, Permit), permit
        claim = jobs.claim(holder)
        assert claim
        return claim, permit

    def run(
        self,
        claimed: tuple[Claim, Permit] | None = None,
        on_sleep: Callable[[], object] = lambda: None,
    ) -> None:
        claim, permit = claimed or self.claim()
        lane = limits.lane(permit.lane)

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            on_sleep()

        pipeline.enrich(
            claim,
            permit,
            limiter=lane.limiter,
            source=source_for(lane.proxy),
            sleep=sleep,
        )
        assert lane.limiter.state().in_flight == 0, "the permit did not end with the run"

    def hurry(self) -> None:
        """The pause of the waiting job is over, and the lane has calmed down."""
        EnrichmentJob.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        forget_test_keys(self.redis)
        LaneState.objects.all().delete()


@pytest.fixture
def bench(youtube: YouTubeStandIn, clean_redis: redis.Redis, settings: Any) -> Bench:
    settings.YOUTUBE_PROXY = [youtube.proxy_url]
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    settings.YOUTUBE_BASE_DELAY = 0.0
    return Bench(youtube, clean_redis)
