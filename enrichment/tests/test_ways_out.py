"""However a run of a video ends: its permit ends with it, the lane learns what it should, and the
job is where the next run finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from enrichment.models import EnrichmentJob, TranscriptionDraft, Work
from enrichment.record import VideoRecord, set_aside
from enrichment.signals import video_settled
from enrichment.sources.types import AudioSession, VideoInfo
from enrichment.tests.away import Away
from enrichment.tests.holders import a_run
from enrichment.tests.limits_bench import Bench, denied, granted, throttle
from videos.causes import Cause
from videos.models import Transcript, Video
from videos.stages import PROGRESS, CaptionsSource, Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

ID = "ankerhemmun"
INFO = VideoInfo(ID, "Die Ankerhemmung")


@dataclass
class Source:
    """Answers with this about each video, or raises it."""

    answer: VideoInfo | Exception | Callable[[], VideoInfo]
    asked: int = 0
    in_one_request: bool = False  # the last question was to be one request alone

    def fetch_metadata(self, youtube_id: str, *, one_request: bool = False) -> VideoInfo:
        self.asked += 1
        self.in_one_request = one_request
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, VideoInfo):
            return self.answer
        return self.answer()

    def fetch_captions(self, *args: Any, **options: Any) -> None:
        return None

    def audio_session(self, youtube_id: str) -> AudioSession:
        return AudioSession(visitor_data=f"of {youtube_id}")


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


@contextmanager
def settled_videos() -> Iterator[list[int]]:
    """The ids of the videos whose imports are said to be at an end."""
    found: list[int] = []

    def note(video_id: int, **_: object) -> None:
        found.append(video_id)

    video_settled.connect(note)
    yield found
    video_settled.disconnect(note)


@pytest.mark.parametrize(
    ("end", "times"),
    [("complete", 1), ("private", 1), ("throttled", 0), ("paused", 0), ("lease lost", 0)],
)
def test_only_a_finished_video_is_settled(
    limiter: AdaptiveRateLimiter, end: str, times: int
) -> None:
    begun = begin(limiter)
    with settled_videos() as settled:
        begun.run(Source(ENDS[end][0]))
    assert settled == [begun.claim.video_id] * times


def test_a_video_that_is_set_aside_is_settled(limiter: AdaptiveRateLimiter) -> None:
    begun = begin(limiter)
    with settled_videos() as settled:
        set_aside(begun.claim)
    assert settled == [begun.claim.video_id]


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_database_failed_is_free(limiter: AdaptiveRateLimiter) -> None:
    """At once, over a new connection: the old one may be broken."""
    begun = begin(limiter)
    old = connection.connection
    begun.run(Source(OperationalError("gone")))
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts, limiter.state().in_flight) == ("", 0, 0)
    assert connection.connection is not old


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["SELECT", "UPDATE", "DELETE"])
def test_run_is_free_as_soon_as_the_database_is_back(
    limiter: AdaptiveRateLimiter, first: str
) -> None:
    """It goes away when the run reads its job, when it writes, and at its end."""
    begun = begin(limiter)
    with connection.execute_wrapper(Away(3, after=first)):
        begun.run(Source(VideoVerdict(Cause.PRIVATE)))
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts, limiter.state().in_flight) == ("", 0, 0)


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
    assert not source.in_one_request, "it is no probe"
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
    assert (source.asked, source.in_one_request) == (1, True)
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


# Captions, and a second look ----------------------------------------------------------------------


def test_a_video_without_captions_is_handed_over(
    limiter: AdaptiveRateLimiter, settings: Any
) -> None:
    settings.GROQ_API_KEY = "key"
    info = VideoInfo(ID, "Unruh", language="de")
    begin(limiter).run(Source(info))
    job = EnrichmentJob.objects.get()
    assert (job.work, job.attempts, job.holder) == (Work.TRANSCRIBE, 0, "")
    draft = TranscriptionDraft.objects.get()
    assert (draft.language, draft.session["visitor_data"]) == ("de", f"of {ID}")
    assert Video.objects.get().import_stage == Stage.METADATA


def test_without_a_key_there_is_nobody_to_hand_it_to(
    limiter: AdaptiveRateLimiter, settings: Any
) -> None:
    settings.GROQ_API_KEY = ""
    begin(limiter).run(Source(INFO))
    video = Video.objects.get()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.NONE)
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize("stage", [Stage.CREATED, Stage.COMPLETE])
def test_who_has_a_transcript_needs_no_other(
    limiter: AdaptiveRateLimiter, settings: Any, stage: Stage
) -> None:
    """A person gave it: nothing is asked for and nothing is transcribed."""
    settings.GROQ_API_KEY = "key"
    begun = begin(
        limiter,
        import_stage=stage,
        import_progress=PROGRESS[stage],
        captions_source=CaptionsSource.MANUAL,
    )
    video = Video.objects.get()
    given = [[0, 1, "Mine"]]
    Transcript.objects.create(
        video=video, source="manual", language="en", cues=given, uploaded=True
    )
    begun.run(Source(INFO))
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.MANUAL)
    assert Transcript.objects.get().cues == given
    assert not EnrichmentJob.objects.exists()


def again(limiter: AdaptiveRateLimiter, **fields: Any) -> Begun:
    """Another look at a complete video."""
    complete = {"import_stage": Stage.COMPLETE, "import_progress": 100}
    return begin(limiter, **complete, **fields)


@pytest.mark.parametrize("described", [True, False])
def test_only_what_is_to_be_refreshed_is_described_anew(
    limiter: AdaptiveRateLimiter, settings: Any, described: bool
) -> None:
    settings.GROQ_API_KEY = ""
    described_at = timezone.now() if described else None
    again(limiter, title="Before", described_at=described_at).run(Source(INFO))
    video = Video.objects.get()
    assert (video.title == "Before") == described
    assert video.described_at
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize(
    ("had", "key", "is_handed_over"),
    [
        (CaptionsSource.NONE, "key", True),
        (CaptionsSource.NONE, "", False),
        (CaptionsSource.AUTO, "key", False),
    ],
)
def test_a_second_look_may_end_in_a_transcription(
    limiter: AdaptiveRateLimiter, settings: Any, had: str, key: str, is_handed_over: bool
) -> None:
    """Only where there is no text yet, and somebody to make one."""
    settings.GROQ_API_KEY = key
    again(limiter, described_at=timezone.now(), captions_source=had).run(Source(INFO))
    jobs_left = list(EnrichmentJob.objects.values_list("work", flat=True))
    assert jobs_left == ([Work.TRANSCRIBE] if is_handed_over else [])
    assert Video.objects.get().import_stage == Stage.COMPLETE


# The last attempt of a video in some stage, and what becomes of it.
LAST_ATTEMPTS: dict[str, tuple[Stage, Cause, Stage, str]] = {
    "new": (Stage.CREATED, Cause.YOUTUBE_CHANGED, Stage.ERROR, Cause.YOUTUBE_CHANGED),
    "described": (Stage.METADATA, Cause.YOUTUBE_CHANGED, Stage.COMPLETE, ""),
    "described, no network": (Stage.METADATA, Cause.NETWORK, Stage.ERROR, Cause.NETWORK),
    "complete": (Stage.COMPLETE, Cause.NETWORK, Stage.COMPLETE, ""),
}


@pytest.mark.parametrize("which", LAST_ATTEMPTS)
def test_after_the_last_attempt_it_ends(limiter: AdaptiveRateLimiter, which: str) -> None:
    stage, cause, ends_in, error = LAST_ATTEMPTS[which]
    begun = begin(limiter, import_stage=stage, import_progress=PROGRESS[stage])
    record = VideoRecord(begun.claim, Video.objects.get())
    job = EnrichmentJob.objects.get()
    job.attempts = jobs.MAX_ATTEMPTS
    pipeline.second_look(record, job, cause)
    video = Video.objects.get()
    assert (video.import_stage, video.error_cause) == (ends_in, error)
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize("attempts", range(1, jobs.MAX_ATTEMPTS))
def test_before_the_last_attempt_it_is_put_off(limiter: AdaptiveRateLimiter, attempts: int) -> None:
    """Longer each time, and the attempt counts."""
    begun = begin(limiter)
    EnrichmentJob.objects.update(attempts=attempts)
    job = EnrichmentJob.objects.get()
    pipeline.second_look(VideoRecord(begun.claim, Video.objects.get()), job, Cause.INTERNAL)
    job.refresh_from_db()
    assert (job.attempts, job.last_cause, job.holder) == (attempts, Cause.INTERNAL, "")
    waits = job.not_before - timezone.now()
    assert abs(waits - attempts * pipeline.SECOND_LOOK) < timedelta(seconds=30)


def test_a_verdict_about_a_complete_video_takes_nothing(limiter: AdaptiveRateLimiter) -> None:
    fields = {"title": "Unruh", "captions_source": CaptionsSource.AUTO}
    again(limiter, described_at=timezone.now(), **fields).run(Source(VideoVerdict(Cause.PRIVATE)))
    video = Video.objects.get()
    assert (video.import_stage, video.error_cause, video.title) == (Stage.COMPLETE, "", "Unruh")
    assert not EnrichmentJob.objects.exists()
