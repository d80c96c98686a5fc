"""How far imports are: counts, percent, the end in sight, the summary, and what all of that
costs.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from enrichment import limits
from enrichment.limits import Permit
from importer.imports import services
from importer.imports.forecast import Wait, WaitsFor
from importer.imports.models import ImportBatch
from importer.imports.progress import SHOWN_AT_MOST, batch_progress, progress_of, shown_progress
from importer.imports.said import clock
from importer.tests.ledger import end, start
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.services import delete_list
from videos.stages import PROGRESS, CaptionsSource, Stage
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def again(batch: ImportBatch) -> Any:
    return batch_progress(ImportBatch.objects.select_related("video_list").get(pk=batch.pk))


def test_the_percent_is_the_mean_progress_with_errors_as_100(video_list: VideoList) -> None:
    batch = start(video_list, *range(4))
    end(0)
    end(1, cause=Cause.PRIVATE)
    Video.objects.filter(youtube_id=video_id(2)).update(
        import_stage=Stage.METADATA, import_progress=25
    )
    Video.objects.filter(youtube_id=video_id(3)).update(
        import_stage=Stage.CAPTIONS, import_progress=PROGRESS[Stage.CAPTIONS]
    )
    assert again(batch).percent == (100 + 100 + 25 + 60) // 4


def test_only_what_it_brings_into_the_list_counts(video_list: VideoList) -> None:
    start(video_list, 1)
    batch = start(video_list, 1, 2, 2, text="hello")
    progress = again(batch)
    assert (progress.total, progress.duplicates, progress.invalid) == (1, 2, 1)


def test_each_of_many_is_counted_on_its_own(
    video_list: VideoList, bob: Any, django_assert_num_queries: Any
) -> None:
    first, second, empty = (
        start(video_list, 1, 2),
        start(VideoList.objects.create(owner=bob, name="Bob's"), 2, 3),
        start(video_list, text="x y"),
    )
    end(2)
    batches = list(ImportBatch.objects.select_related("video_list").order_by("pk"))
    with django_assert_num_queries(9):
        one, two, three = progress_of(batches)
    assert [(p.batch_id, p.total, p.done, p.percent) for p in (one, two, three)] == [
        (first.pk, 2, 1, 50),
        (second.pk, 2, 1, 50),
        (empty.pk, 0, 0, 100),
    ]
    assert progress_of([]) == []


def test_the_estimate_follows_the_pace_of_the_last_minutes(video_list: VideoList) -> None:
    batch = start(video_list, *range(30))
    ImportBatch.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    end(*range(10))
    Video.objects.filter(import_stage=Stage.COMPLETE).update(
        finished_at=timezone.now() - timedelta(minutes=10)
    )
    at_the_lanes_pace = again(batch).eta_seconds
    assert at_the_lanes_pace == pytest.approx(20 * 2, abs=2)  # nothing was finished lately
    end(10, 11, 12, 13, 14)
    assert again(batch).eta_seconds == pytest.approx(15 * 60 / 5, abs=5)  # five in this minute


def test_videos_complete_before_say_nothing_about_the_pace(video_list: VideoList, bob: Any) -> None:
    start(video_list, *range(5))
    end(*range(5))
    batch = start(VideoList.objects.create(owner=bob, name="Bob's"), *range(10))
    assert (again(batch).done, again(batch).eta_seconds) == (5, 10)  # the lane's own pace


def test_a_closed_way_out_is_said_with_the_time_it_goes_on(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    assert again(batch).throttled_until is None
    limiter = limits.youtube_lanes()[0].limiter
    for permit in [limiter.acquire() for _ in range(3)]:
        assert isinstance(permit, Permit)
        limiter.on_failure(permit, is_rate_limit=True)
    assert again(batch).throttled_until > timezone.now()
    services.pause_batch(batch=batch)
    assert again(batch).throttled_until is None  # it waits for the person, not for YouTube


def lane(**fields: Any) -> limits.LaneStatus:
    usual: dict[str, Any] = {
        "delay": 2.0,
        "base_delay": 2.0,
        "tokens": 5,
        "budget_left": 300,
        "in_flight": 0,
        "breaker": "closed",
        "epoch": 1,
    }
    return limits.LaneStatus(
        **{"lane": "direct", "open_until": None, "available": True, **usual, **fields}
    )


@pytest.mark.parametrize(
    ("lanes", "said"),
    [
        ([lane()], None),
        ([lane(delay=2.4)], None),
        ([lane(delay=8.0)], 6),
        ([lane(base_delay=0.0, delay=0.0)], None),
        ([lane(), lane(lane="second", open_until=timezone.now())], 6),
        ([], None),
    ],
)
def test_slow_pace_is_that_of_the_estimate(
    video_list: VideoList, lanes: list[limits.LaneStatus], said: int | None
) -> None:
    progress = again(start(video_list, *range(12)))
    assert replace(progress, lanes=tuple(lanes), eta_seconds=120).slow_pace == said


def test_no_pace_is_said_beside_a_pause(video_list: VideoList) -> None:
    progress = replace(again(start(video_list, 1)), lanes=(lane(delay=8.0),), eta_seconds=60)
    assert progress.slow_pace == 1
    wait = Wait(timezone.now(), WaitsFor.YOUTUBE)
    assert replace(progress, wait=wait).slow_pace is None
    assert replace(progress, eta_seconds=None).slow_pace is None


def test_what_still_fits_into_the_hour_is_said_when_more_wait(video_list: VideoList) -> None:
    progress = again(start(video_list, *range(10)))
    assert replace(progress, lanes=(lane(budget_left=9.7),)).left_this_hour == 9
    assert replace(progress, lanes=(lane(budget_left=10.0),)).left_this_hour is None
    assert replace(progress, lanes=()).left_this_hour is None


@pytest.mark.parametrize(
    ("waits_for", "trouble", "said"),
    [
        (WaitsFor.YOUTUBE, "", "YouTube is slowing us down. Resumes at {time}."),
        (WaitsFor.YOUTUBE, "YouTube is away.", "YouTube is away. Next try at {time}."),
        (WaitsFor.ANSWER, "", "Trying YouTube again now."),
        (WaitsFor.ANSWER, "YouTube is away.", "YouTube is away. Trying YouTube again now."),
        (WaitsFor.HOUR, "YouTube is away.", "Hourly limit reached. Resumes at {time}."),
        (WaitsFor.TURN, "", "Other videos come first. Resumes at about {time}."),
        (WaitsFor.TRY, "", "Next try at {time}."),
        (WaitsFor.GROQ, "", "Transcription is slowed down. Resumes at {time}."),
        (WaitsFor.GROQ_HOUR, "", "Hourly limit for transcription reached. Resumes at {time}."),
    ],
)
def test_banner_says_for_what_an_import_waits(
    video_list: VideoList, waits_for: WaitsFor, trouble: str, said: str
) -> None:
    until = timezone.localtime().replace(hour=12, minute=30, second=0, microsecond=0)
    progress = replace(again(start(video_list, 1)), wait=Wait(until, waits_for), trouble=trouble)
    assert progress.said == said.format(time=timezone.localtime(until).strftime("%H:%M"))
    assert (progress.throttled_until is None) == (waits_for == WaitsFor.TURN)


def test_time_is_the_next_full_minute(video_list: VideoList) -> None:
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    assert clock(noon) == "12:00"
    assert clock(noon + timedelta(seconds=1)) == "12:01"
    assert clock(noon + timedelta(days=1)) != "12:00"


def test_the_summary_is_one_calm_line_in_the_readers_language(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2, 3)
    end(1)
    end(2, captions=CaptionsSource.NONE)
    end(3, cause=Cause.PRIVATE)
    assert again(batch).summary == "2 videos imported, 1 without captions, 1 not available"
    with translation.override("de"):
        assert again(batch).summary == "2 Videos importiert, 1 ohne Untertitel, 1 nicht verfügbar"


def test_a_video_that_was_deleted_for_good_is_wanted_no_more(video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    Video.objects.filter(youtube_id=video_id(2)).delete()
    end()
    assert (again(batch).total, again(batch).done, again(batch).state) == (1, 1, "finished")


def test_a_page_tells_of_active_imports_and_unseen_summaries(
    video_list: VideoList, django_assert_max_num_queries: Any
) -> None:
    owner = video_list.owner
    running, finished, paused = start(video_list, 1), start(video_list, 2), start(video_list, 3)
    end(2)
    services.pause_batch(batch=paused)
    with django_assert_max_num_queries(10):
        assert [progress.batch_id for progress in shown_progress(owner, [])] == [
            paused.pk,
            finished.pk,
            running.pk,
        ]
    services.mark_announced(batch=finished)
    assert [progress.batch_id for progress in shown_progress(owner, [])] == [paused.pk, running.pk]
    assert [progress.batch_id for progress in shown_progress(owner, [finished.pk])] == [
        paused.pk,
        finished.pk,
        running.pk,
    ]


def test_the_imports_of_a_deleted_list_are_out_of_sight(video_list: VideoList) -> None:
    start(video_list, 1)
    delete_list(video_list=video_list)
    assert shown_progress(video_list.owner, []) == []


def test_running_imports_are_shown_before_finished_ones(video_list: VideoList) -> None:
    """Of more than a page tells of; and those that wait before those that are over."""
    running, paused = start(video_list, 1), start(video_list, 2)
    services.pause_batch(batch=paused)
    finished = [start(video_list, text="nonsense").pk for _ in range(SHOWN_AT_MOST)]
    shown = [progress.batch_id for progress in shown_progress(video_list.owner, [])]
    assert shown == [*finished[:1:-1], paused.pk, running.pk]
