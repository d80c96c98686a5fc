"""No network is not YouTube: it is said as what it is, costs no attempt, and ends by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrichment import clients, jobs
from enrichment.client_state import Client
from enrichment.models import EnrichmentJob
from enrichment.tests.pipeline_bench import ID, Bench
from tests.standins import CaptionSpec, Fault, VideoSpec, video_id
from videos.models import Video
from videos.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def new_process() -> None:
    clients.forget_what_is_remembered()


def run(bench: Bench, times: int) -> None:
    """So many runs, each when it is due."""
    for _ in range(times):
        if EnrichmentJob.objects.exists():
            bench.run()
        bench.hurry()


def want(bench: Bench, count: int) -> None:
    for n in range(count):
        bench.youtube.catalogue.add(VideoSpec(video_id(n), captions=(CaptionSpec("de"),)))
        bench.want(video_id(n))


@pytest.mark.slow
def test_dead_way_out_pauses_the_work_and_fails_nothing(bench: Bench) -> None:
    want(bench, 8)
    bench.youtube.kill_way()
    run(bench, 12)
    assert not Video.objects.filter(import_stage=Stage.ERROR).exists()
    assert not EnrichmentJob.objects.exclude(attempts=0).exists()
    (trouble,) = clients.troubles()
    assert trouble.client == Client.NETWORK
    assert "ProxyError" in trouble.detail
    bench.youtube.revive_way()
    bench.hurry()
    for _ in range(8):
        bench.run()
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == 8
    assert not clients.troubles()


def test_first_answer_takes_up_what_waited(bench: Bench) -> None:
    want(bench, 4)
    bench.youtube.kill_way()
    run(bench, 6)
    bench.youtube.revive_way()
    later = timezone.now() + timedelta(minutes=30)
    others = EnrichmentJob.objects.exclude(video__youtube_id=video_id(3))
    others.update(not_before=later, last_cause="network")
    bench.run()
    assert EnrichmentJob.objects.filter(not_before__lte=timezone.now()).count() == 3


@pytest.mark.slow
def test_youtube_that_is_down_for_all_costs_no_attempt(bench: Bench) -> None:
    want(bench, 5)
    down = bench.youtube.faults.status(503)
    run(bench, 20)
    assert not Video.objects.filter(import_stage=Stage.ERROR).exists()
    assert not EnrichmentJob.objects.exclude(attempts=0).exists()
    down.remove()
    for _ in range(5):
        bench.run()
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == 5


def test_one_video_that_is_always_down_ends_in_error(bench: Bench) -> None:
    bench.youtube.faults.add(Fault("status", status=500, video_id=ID))
    want(bench, 3)
    video = bench.want()
    run(bench, jobs.MAX_ATTEMPTS + 3)
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause) == (Stage.ERROR, "youtube_down")


def test_probe_asks_once(bench: Bench) -> None:
    want(bench, 4)
    bench.youtube.faults.add(Fault("reset", kind="watch"))
    run(bench, 1)
    bench.youtube.log.reset()
    claim, permit = bench.claim()
    bench.run((claim, permit._replace(probe=True)))
    assert bench.youtube.log.count(kind="watch") == 1
