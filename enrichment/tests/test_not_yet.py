"""Videos that do not exist in full yet: when they are looked at again, and when no more."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from enrichment import jobs
from enrichment.models import EnrichmentJob
from enrichment.not_yet import PATIENCE, next_look
from enrichment.tests.pipeline_bench import ID, Bench
from tests.standins import Failure, VideoSpec, video_id
from videos.models import Video
from videos.stages import Stage

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("waited", "pause"),
    [(None, HOUR), (0 * HOUR, HOUR), (HOUR, HOUR), (5 * HOUR, 5 * HOUR), (3 * DAY, DAY)],
)
def test_pause_grows_from_an_hour_to_a_day(waited, pause):
    since = None if waited is None else NOW - waited
    assert next_look(since, None, now=NOW) == NOW + pause
    assert next_look(since, NOW - 30 * DAY, now=NOW) == NOW + pause


def test_announced_start_in_the_future_is_waited_for():
    assert next_look(NOW - 20 * DAY, NOW + 40 * DAY, now=NOW) == NOW + 40 * DAY


def test_looks_end_after_two_weeks():
    assert next_look(NOW - PATIENCE, NOW - 20 * DAY, now=NOW) is None


def test_two_weeks_take_fewer_than_twenty_looks():
    """A stream that never starts must not live on the hourly budget."""
    now, looks = NOW, 0
    while (until := next_look(NOW, None, now=now)) is not None:
        assert until > now
        now, looks = until, looks + 1
    assert looks < 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", [Failure.UPCOMING, Failure.LIVE, Failure.PROCESSING])
def test_overdue_stream_lets_the_others_pass(bench: Bench, failure: Failure) -> None:
    start = timezone.now() - DAY
    bench.youtube.catalogue.add(VideoSpec(ID, failure=failure, starts_at=start))
    stale = bench.want()
    others = [bench.want(video_id(n)) for n in range(1, 4)]
    for _ in range(4):
        bench.run()
    assert bench.youtube.log.count(kind="watch", video_id=ID) == 1
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == len(others)
    job = EnrichmentJob.objects.get()
    assert job.video_id == stale.pk
    assert job.not_before > timezone.now() + timedelta(minutes=59)
    assert job.overdue_since is not None


@pytest.mark.django_db(transaction=True)
def test_job_that_waits_for_a_start_loses_its_rank(bench: Bench) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, failure=Failure.UPCOMING))
    stale = bench.want()
    other = bench.want(video_id(1))
    bench.run()
    bench.hurry()
    first = jobs.head()
    assert first is not None
    assert first.video_id == other.pk
    assert EnrichmentJob.objects.get(video=stale).rank > EnrichmentJob.objects.get(video=other).rank


@pytest.mark.django_db(transaction=True)
def test_overdue_stream_ends_after_two_weeks(bench: Bench) -> None:
    start = timezone.now() - 20 * DAY
    bench.youtube.catalogue.add(
        VideoSpec(ID, title="Nie", failure=Failure.UPCOMING, starts_at=start)
    )
    video = bench.want()
    bench.run()
    EnrichmentJob.objects.update(overdue_since=timezone.now() - PATIENCE)
    bench.hurry()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.error_cause) == (Stage.ERROR, "never_available")
    assert video.title == "Nie"
    assert not EnrichmentJob.objects.exists()
