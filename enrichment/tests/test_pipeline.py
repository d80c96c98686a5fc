"""One video, from its claim to its end: the real source against the stand-in, a real limiter, the
real queue.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone

from enrichment import jobs, limits, pipeline, recovery
from enrichment.limits import Permit
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from enrichment.tests.pipeline_bench import ID, Bench
from tests.redis_process import forget_test_keys
from tests.standins import CaptionSpec, ChapterSpec, Failure, VideoSpec
from videos.models import Video
from videos.stages import CaptionsSource, Stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_completes_a_video_in_two_requests(bench: Bench) -> None:
    chapters = tuple(
        ChapterSpec(start, title) for start, title in ((0, "Anker"), (60, "Rad"), (120, "Pendel"))
    )
    bench.youtube.catalogue.add(
        VideoSpec(ID, title="Die Ankerhemmung", captions=(CaptionSpec("de"),), chapters=chapters)
    )
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.import_progress, video.captions_source) == (
        Stage.COMPLETE,
        100,
        CaptionsSource.MANUAL,
    )
    assert video.title == "Die Ankerhemmung"
    numbered = video.chapters.values_list("number", "title")
    assert list(numbered) == [(1, "Anker"), (2, "Rad"), (3, "Pendel")]
    assert video.transcript.cues
    assert video.version == 4
    assert not EnrichmentJob.objects.exists()
    assert len(bench.youtube.log.calls) == 2


def test_a_verdict_is_final_and_a_success_of_the_lane(bench: Bench) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, failure=Failure.PRIVATE))
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause, video.import_progress) == (
        Stage.ERROR,
        "private",
        0,
    )
    assert not EnrichmentJob.objects.exists()


def test_throttled_captions_come_later(bench: Bench) -> None:
    """The video is complete at once: what the captions' address says counts for the captions
    alone.
    """
    bench.youtube.catalogue.add(VideoSpec(ID, title="Unruh", captions=(CaptionSpec("de"),)))
    throttle = bench.youtube.faults.status(429, kind="timedtext")
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    job = EnrichmentJob.objects.get()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.NONE)
    assert (job.attempts, job.throttled_rounds, job.holder) == (0, 1, "")
    assert job.not_before > timezone.now()
    throttle.remove()
    bench.hurry()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.MANUAL)


def test_a_network_blip_is_tried_again_in_place(bench: Bench) -> None:
    bench.youtube.faults.reset(kind="watch", times=2)
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert video.import_stage == Stage.COMPLETE
    assert bench.slept == [2, 4]


def test_an_upcoming_video_says_so_and_comes_back_by_itself(bench: Bench) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, title="Morgen", failure=Failure.UPCOMING))
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause, video.title) == (
        Stage.ERROR,
        "upcoming",
        "Morgen",
    )
    assert EnrichmentJob.objects.get().not_before > timezone.now()
    bench.youtube.catalogue.add(VideoSpec(ID, title="Heute"))
    bench.hurry()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause, video.title) == (Stage.COMPLETE, "", "Heute")


def test_a_failed_videos_title_is_the_one_of_youtube(bench: Bench) -> None:
    """A file's title is its owner's word, and everybody who has the video would read it for
    ever.
    """
    bench.youtube.catalogue.add(VideoSpec(ID, title="Morgen", failure=Failure.UPCOMING))
    video = bench.want()
    Video.objects.filter(pk=video.pk).update(title="Call this number now")
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.title) == (Stage.ERROR, "Morgen")


def test_a_failed_video_keeps_what_youtube_leaves_out(bench: Bench) -> None:
    """Its playlist said how long it is; the page of a premiere does not."""
    premiere = VideoSpec(ID, title="Morgen", duration=0, failure=Failure.UPCOMING)
    bench.youtube.catalogue.add(premiere)
    video = bench.want()
    Video.objects.filter(pk=video.pk).update(duration=600)
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.title, video.duration) == (Stage.ERROR, "Morgen", 600)


def test_a_zombie_changes_nothing(bench: Bench) -> None:
    """Frozen past its lease while another worker completes the video, then continued."""
    bench.youtube.faults.reset(kind="watch", times=1)
    video = bench.want()
    zombie = bench.claim()
    after: list[Any] = []

    def meanwhile() -> None:
        EnrichmentJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert recovery.sweep() == 1
        bench.run()
        after.append(Video.objects.values().get(pk=video.pk))

    bench.run(zombie, on_sleep=lambda: None if after else meanwhile())
    assert after[0]["import_stage"] == Stage.COMPLETE
    assert Video.objects.values().get(pk=video.pk) == after[0]
    assert not EnrichmentJob.objects.exists()


def test_a_job_that_killed_its_worker_three_times_is_set_aside(bench: Bench) -> None:
    video = bench.want()
    for _ in range(jobs.MAX_ATTEMPTS):
        bench.claim("doomed")
        assert recovery.forget_node("doomed") == 1
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause) == (Stage.ERROR, "too_many_attempts")
    assert not EnrichmentJob.objects.exists()


def test_a_dead_workers_place_is_free_at_once(bench: Bench, settings: Any) -> None:
    settings.YOUTUBE_MAX_CONCURRENT = 1
    bench.want()
    claim, _permit = bench.claim()
    assert not isinstance(limits.acquire_youtube(bulk=False), Permit)
    recovery.forget_run(claim.holder)
    bench.run()
    assert Video.objects.get().import_stage == Stage.COMPLETE


def test_a_place_taken_before_any_job_is_free_at_once(bench: Bench, settings: Any) -> None:
    """The process died between its permit and its job."""
    settings.YOUTUBE_MAX_CONCURRENT = 1
    holder = a_run()
    assert isinstance(limits.acquire_youtube(bulk=False, holder=holder.name), Permit)
    assert recovery.forget_run(holder.name) == 0
    bench.want()
    bench.run()
    assert Video.objects.get().import_stage == Stage.COMPLETE


LOST: dict[str, Callable[[], object]] = {
    "removed": lambda: EnrichmentJob.objects.all().delete(),
    "another run's": lambda: EnrichmentJob.objects.update(holder="another run"),
}


@pytest.mark.parametrize("how", LOST)
def test_a_job_lost_before_its_run_costs_nothing(bench: Bench, how: str) -> None:
    """Nothing is asked, and the permit it was claimed with is given back."""
    bench.want()
    before = limits.youtube_lanes()[0].limiter.state().budget_left
    claimed = bench.claim()
    LOST[how]()
    bench.run(claimed)
    assert not bench.youtube.log.kinds()
    assert limits.youtube_lanes()[0].limiter.state().budget_left == before


def test_a_cancelled_video_is_asked_for_no_more(bench: Bench) -> None:
    bench.youtube.faults.reset(kind="watch", times=1)
    video = bench.want()
    bench.run(on_sleep=lambda: EnrichmentJob.objects.all().delete())
    assert bench.youtube.log.count(kind="watch") == 1
    assert Video.objects.get(pk=video.pk).import_stage == Stage.CREATED


def test_a_paused_video_stops_before_its_next_request(bench: Bench) -> None:
    bench.youtube.faults.reset(kind="watch", times=1)
    video = bench.want()
    bench.run(on_sleep=lambda: EnrichmentJob.objects.update(held=True))
    assert bench.youtube.log.count(kind="watch") == 1
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.holder) == (0, "")
    job.held = False
    job.save()
    bench.run()
    assert Video.objects.get(pk=video.pk).import_stage == Stage.COMPLETE


def test_without_its_permit_nothing_is_asked(bench: Bench, clean_redis: redis.Redis) -> None:
    """Redis lost its memory between two requests: the run gives the video back instead of asking
    without leave.
    """
    bench.youtube.faults.reset(kind="watch", times=1)
    bench.want()
    bench.run(on_sleep=lambda: forget_test_keys(clean_redis))
    assert bench.youtube.log.count(kind="watch") == 1
    assert EnrichmentJob.objects.get().attempts == 0


def test_an_unexpected_error_is_kept_and_told_to_nobody(bench: Bench) -> None:
    video = bench.want()
    EnrichmentJob.objects.update(attempts=jobs.MAX_ATTEMPTS - 1)
    claimed = bench.claim()
    lane = limits.lane(claimed[1].lane)

    class Broken:
        def fetch_metadata(self, youtube_id: str) -> Any:
            raise KeyError("surprise")

    pipeline.enrich(*claimed, limiter=lane.limiter, source=Broken())  # type: ignore[arg-type]
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause) == (Stage.ERROR, "internal")


@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="it has no server")
def test_a_job_is_free_when_its_connection_broke(bench: Bench) -> None:
    """Given back over a new connection at once, and not when its lease ends."""
    bench.want()
    claim, permit = bench.claim()
    lane = limits.lane(permit.lane)

    class Restarted:
        def fetch_metadata(self, youtube_id: str) -> Any:
            connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    pipeline.enrich(claim, permit, limiter=lane.limiter, source=Restarted())  # type: ignore[arg-type]
    connection.close()
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts, lane.limiter.state().in_flight) == ("", 0, 0)
