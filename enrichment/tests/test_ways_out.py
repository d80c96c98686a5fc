"""However a run of a video ends: its permit ends with it, the lane learns what it should, and the
job is where the next run finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection
from django.utils import timezone

from enrichment import jobs, pipeline, recovery
from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict, YouTubeChanged
from enrichment.limits import AdaptiveRateLimiter, Permit
from enrichment.models import EnrichmentJob
from enrichment.sources.types import VideoInfo
from enrichment.tests.holders import a_run
from enrichment.tests.limits_bench import Bench, denied, granted, throttle
from videos.causes import Cause
from videos.models import Video
from videos.stages import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

ID = "ankerhemmun"
INFO = VideoInfo(ID, "Die Ankerhemmung")


@dataclass
class Source:
    """Answers with this about each video, or raises it."""

    answer: VideoInfo | Exception | Callable[[], VideoInfo]
    asked: int = 0

    def fetch_metadata(self, youtube_id: str, *, one_request: bool = False) -> VideoInfo:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, VideoInfo):
            return self.answer
        return self.answer()


@dataclass
class Begun:
    """A claimed video with a permit."""

    claim: jobs.Claim
    permit: Permit
    limiter: AdaptiveRateLimiter

    def run(self, source: Any) -> None:
        pipeline.enrich(
            self.claim,
            self.permit,
            limiter=self.limiter,
            source=source,
            sleep=lambda seconds: None,
        )


@pytest.fixture
def limiter(clean_redis: redis.Redis) -> AdaptiveRateLimiter:
    return Bench(clean_redis).lane()


def begin(limiter: AdaptiveRateLimiter, **fields: Any) -> Begun:
    video = Video.objects.create(youtube_id=ID, **fields)
    jobs.enqueue([video.pk], bulk=False, now=timezone.now())
    holder = a_run()
    permit = granted(limiter.acquire(holder=holder.name))
    claim = jobs.claim(holder)
    assert claim
    return Begun(claim, permit, limiter)


def pause() -> VideoInfo:
    EnrichmentJob.objects.update(held=True)
    raise NetworkBlip


def cancel() -> VideoInfo:
    EnrichmentJob.objects.all().delete()
    raise NetworkBlip


def lose_lease() -> VideoInfo:
    EnrichmentJob.objects.update(holder="another run")
    return INFO


GOOD = "as before"
SLOWER = "slower"
# How a run may end, what the lane thinks of it, and whether the job stays for another run.
ENDS: dict[str, tuple[Any, str, bool]] = {
    "complete": (INFO, GOOD, False),
    "private": (VideoVerdict(Cause.PRIVATE), GOOD, False),
    "premiere": (VideoVerdict(Cause.UPCOMING), GOOD, True),
    "unclear": (YouTubeChanged(), GOOD, True),
    "throttled": (Throttled(), SLOWER, True),
    "network": (NetworkBlip(), SLOWER, True),
    "unexpected": (KeyError("surprise"), GOOD, True),
    "paused": (pause, GOOD, True),
    "cancelled": (cancel, GOOD, False),
    "lease lost": (lose_lease, GOOD, True),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_run_gives_its_place_back(limiter: AdaptiveRateLimiter, end: str) -> None:
    answer, lane, job_stays = ENDS[end]
    begun = begin(limiter)
    before = limiter.state().delay
    begun.run(Source(answer))
    state = limiter.state()
    assert (state.in_flight, state.breaker) == (0, "closed")
    assert (state.delay > before) == (lane == SLOWER)
    assert EnrichmentJob.objects.exists() == job_stays
    if end != "lease lost":
        assert not EnrichmentJob.objects.running().exists(), "the job waits for its lease"


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_database_failed_is_free(limiter: AdaptiveRateLimiter) -> None:
    """At once, over a new connection: the old one may be broken."""
    begun = begin(limiter)
    old = connection.connection
    begun.run(Source(OperationalError("gone")))
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts, limiter.state().in_flight) == ("", 0, 0)
    assert connection.connection is not old


@pytest.mark.parametrize("answer", [VideoVerdict(Cause.PRIVATE), INFO], ids=["private", "good"])
def test_three_answers_leave_the_pace(limiter: AdaptiveRateLimiter, answer: Any) -> None:
    for _ in range(3):
        begin(limiter).run(Source(answer))
        Video.objects.all().delete()
    state = limiter.state()
    assert (state.delay, state.breaker) == (state.base_delay, "closed")


@pytest.mark.parametrize("error", [Throttled, NetworkBlip])
def test_three_refusals_open_the_breaker(clean_redis: Any, error: type[SourceError]) -> None:
    """Also a network that says nothing at all: there is no use in asking on and on."""
    bench = Bench(clean_redis)
    limiter = bench.lane()
    for _ in range(3):
        bench.clock.advance(10)
        begin(limiter).run(Source(error()))
        Video.objects.all().delete()
    assert limiter.state().breaker == "open"


@pytest.mark.parametrize("error", [Throttled, NetworkBlip])
def test_retry_after_reaches_lane_and_job(clean_redis: Any, error: type[SourceError]) -> None:
    bench = Bench(clean_redis)
    limiter = bench.lane()
    begin(limiter).run(Source(error(retry_after=600)))
    open_until = limiter.state().open_until
    assert open_until
    assert 599 <= open_until.timestamp() - bench.clock.now <= 601
    due = EnrichmentJob.objects.get().not_before
    assert timedelta(seconds=590) < due - timezone.now() < timedelta(seconds=610)


def test_the_same_message_twice_asks_once(limiter: AdaptiveRateLimiter) -> None:
    """The second run of a claim that has ended asks nothing and gives its permit back unused."""
    begun = begin(limiter)
    source = Source(INFO)
    begun.run(source)
    before = limiter.state()
    twice = Begun(begun.claim, granted(limiter.acquire()), limiter)
    twice.run(source)
    assert source.asked == 1
    assert limiter.state() == before
    assert Video.objects.get().version == 4


def probe(clean_redis: Any) -> Begun:
    """A video with the one permit that decides whether an open breaker closes."""
    bench = Bench(clean_redis)
    limiter = bench.lane()
    throttle(limiter)
    bench.clock.advance(denied(limiter.acquire()).wait)
    begun = begin(limiter)
    assert begun.permit.probe
    return begun


@pytest.mark.parametrize("cause", [Cause.NETWORK, Cause.YOUTUBE_DOWN])
def test_a_probe_that_fails_costs_no_attempt(clean_redis: Any, cause: Cause) -> None:
    begun = probe(clean_redis)
    source = Source(NetworkBlip(cause))
    begun.run(source)
    assert source.asked == 1
    assert EnrichmentJob.objects.get().attempts == 0
    state = begun.limiter.state()
    assert (state.breaker, state.in_flight) == ("open", 0)


def test_a_premiere_is_asked_for_when_it_begins(limiter: AdaptiveRateLimiter) -> None:
    begins = timezone.now() + timedelta(hours=30)
    begin(limiter).run(Source(VideoVerdict(Cause.UPCOMING, starts_at=begins)))
    waits = EnrichmentJob.objects.get().not_before - begins
    assert abs(waits) < timedelta(seconds=5)


def test_an_error_without_a_title_keeps_it(limiter: AdaptiveRateLimiter) -> None:
    begun = begin(limiter, title="Unruh", channel="Clocks", duration=61)
    begun.run(Source(VideoVerdict(Cause.PRIVATE, info=VideoInfo(ID, ""))))
    video = Video.objects.get()
    assert (video.title, video.channel, video.duration) == ("Unruh", "Clocks", 61)


def test_a_complete_video_that_kills_stays(limiter: AdaptiveRateLimiter) -> None:
    """It was only looked at for its captions once more."""
    begin(limiter, import_stage=Stage.COMPLETE, import_progress=100, captions_source="auto")
    for _ in range(jobs.MAX_ATTEMPTS):
        recovery.forget_run(EnrichmentJob.objects.get().holder)
        if EnrichmentJob.objects.exists():
            assert jobs.claim(a_run())
    video = Video.objects.get()
    assert (video.import_stage, video.error_cause) == (Stage.COMPLETE, "")
    assert not EnrichmentJob.objects.exists()
