"""When an import says it will be at its end: rows as a steady import leaves them, looked at in the
middle.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment import limits
from enrichment.limits import Permit
from importer.imports.models import ImportBatch
from importer.imports.progress import batch_progress
from importer.tests.ledger import end, start
from videos.models import Video, VideoList
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def half_done(video_list: VideoList, *, count: int, pace: float, until: datetime) -> ImportBatch:
    """Half of the videos were finished, so many a second, the last one at `until`."""
    batch = start(video_list, *range(count))
    half = count // 2
    end(*range(half))
    for n in range(half):
        Video.objects.filter(youtube_id=video_id(n)).update(
            finished_at=until - timedelta(seconds=n / pace)
        )
    ImportBatch.objects.filter(pk=batch.pk).update(
        created_at=until - timedelta(seconds=half / pace)
    )
    return ImportBatch.objects.select_related("video_list").get(pk=batch.pk)


@pytest.mark.parametrize(("count", "pace"), [(20, 10.0), (60, 2.0), (100, 0.5), (20, 0.05)])
def test_the_estimate_at_half_time_is_within_a_fifth(
    video_list: VideoList, settings: Any, count: int, pace: float
) -> None:
    settings.YOUTUBE_BASE_DELAY = 1 / pace
    batch = half_done(video_list, count=count, pace=pace, until=timezone.now())
    assert batch_progress(batch).eta_seconds == pytest.approx(count / 2 / pace, rel=0.2, abs=1)


@pytest.mark.parametrize("banned_for", [5, 120, 290, 1000])
def test_pause_and_slower_pace_after_it_count(video_list: VideoList, banned_for: int) -> None:
    """However long the ban has lasted: after it a video in four seconds for a minute, then quicker
    and quicker until it is one in two seconds again.
    """
    now = timezone.now()
    batch = half_done(video_list, count=60, pace=0.5, until=now - timedelta(seconds=banned_for))
    limiter = limits.youtube_lanes()[0].limiter
    permit = limiter.acquire()
    assert isinstance(permit, Permit)
    limiter.on_failure(permit, is_rate_limit=True, retry_after=60)
    assert batch_progress(batch).eta_seconds == pytest.approx(60 + 60 + 40, rel=0.1)


def test_a_closed_way_out_beside_an_open_one_is_no_pause(
    video_list: VideoList, settings: Any
) -> None:
    settings.YOUTUBE_PROXY = ["http://one:1", "http://two:2"]
    batch = half_done(video_list, count=60, pace=0.5, until=timezone.now())
    limiter = limits.youtube_lanes()[0].limiter
    permit = limiter.acquire()
    assert isinstance(permit, Permit)
    limiter.on_failure(permit, is_rate_limit=True, retry_after=60)
    progress = batch_progress(batch)
    assert progress.throttled_until is None
    assert progress.eta_seconds == pytest.approx(60, rel=0.2)


def test_the_estimate_counts_hours_of_a_used_up_budget(
    video_list: VideoList, settings: Any
) -> None:
    """30 an hour, 27 of them for large imports: of 40 videos 20 are done, 7 may follow now, 13 in
    the next hour.
    """
    settings.YOUTUBE_HOURLY_BUDGET = 30
    batch = half_done(video_list, count=40, pace=0.5, until=timezone.now())
    limiter = limits.youtube_lanes()[0].limiter
    assert isinstance(limiter.acquire(cost=20), Permit)
    first_free = 3600 - 20 / 0.5
    assert batch_progress(batch).eta_seconds == pytest.approx(first_free + 13 / 0.5, rel=0.02)


def test_a_used_up_hour_is_counted_from_when_it_goes_on(
    video_list: VideoList, settings: Any
) -> None:
    settings.YOUTUBE_HOURLY_BUDGET = 30
    batch = half_done(video_list, count=80, pace=0.5, until=timezone.now() - timedelta(minutes=40))
    limiter = limits.youtube_lanes()[0].limiter
    assert isinstance(limiter.acquire(cost=30), Permit)
    assert batch_progress(batch).eta_seconds == pytest.approx(
        3600 + 3600 + 13 * limiter.state().delay, rel=0.02
    )
