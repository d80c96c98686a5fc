"""From lines to rows: verdicts, one transaction, positions, the same lines from two users at once,
queries.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrichment.models import EnrichmentJob
from enrichment.services import LARGE
from importer.imports.models import BatchState, ImportBatch, ImportItem, Source, Verdict
from importer.imports.plans import LIMITED, ImportReport, plan_import
from importer.imports.quotas import ImportRefused
from importer.imports.rows import Row, take_in
from importer.parsing import ParsedLine, VideoAddress, parse_lines
from importer.tests.ledger import end, start
from tests.people import person
from videos.causes import Cause
from videos.models import ListEntry, Video, VideoList
from videos.stages import Stage
from videos.tests.library import video_id

PLAYLIST = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
CHANNEL = "https://www.youtube.com/@horology"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def lines(*numbers: int) -> Iterator[ParsedLine]:
    return (
        ParsedLine(line, f"https://youtu.be/{video_id(n)}", VideoAddress(video_id(n)))
        for line, n in enumerate(numbers, 1)
    )


def verdicts(batch: ImportBatch) -> list[str]:
    return list(batch.items.order_by("number").values_list("verdict", flat=True))


def test_each_line_gets_its_verdict(video_list: VideoList, bob: Any) -> None:
    start(video_list, 1)
    start(VideoList.objects.create(owner=bob, name="Bob's"), 2)
    text = "\n".join(
        [
            video_id(1),
            video_id(2),
            video_id(3),
            video_id(3),
            "hello world",
            PLAYLIST,
            CHANNEL,
            video_id(4),
            video_id(5),
        ]
    )
    batch = start(video_list, text=text, limit=8)
    assert verdicts(batch) == [
        "duplicate",
        "new",  # Bob's: whether others have a video is not told
        "new",
        "repeated",
        "invalid",
        "expanding",
        "expanding",
        "new",
        "over_limit",
    ]
    assert [item.reason for item in batch.items.order_by("number") if item.reason] == [
        "not_an_address"
    ]
    assert {item.video.youtube_id for item in batch.items.all() if item.video} == {
        video_id(n) for n in (1, 2, 3, 4)
    }


def test_a_video_is_known_where_it_is_in_a_list_of_ones_own(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    start(video_list, 1, 2)
    start(VideoList.objects.create(owner=bob, name="Bob's"), 3)
    deleted = VideoList.objects.create(owner=alice, name="gone", deleted_at=timezone.now())
    start(deleted, 4)

    batch = start(VideoList.objects.create(owner=alice, name="Two"), 1, 2, 3, 4, 5)

    assert verdicts(batch) == ["known", "known", "new", "new", "new"]


def test_each_line_is_kept_as_it_was_given(video_list: VideoList) -> None:
    batch = start(
        video_list, text="  see https://youtu.be/dQw4w9WgXcQ?t=3 (great)  \n\n=HYPERLINK(1)"
    )
    assert list(batch.items.order_by("number").values_list("line", "text")) == [
        (2, "https://youtu.be/dQw4w9WgXcQ?t=3"),
        (4, "=HYPERLINK(1)"),
    ]


def test_a_repeated_line_of_a_duplicate_is_repeated(video_list: VideoList) -> None:
    start(video_list, 1)
    assert verdicts(start(video_list, 1, 1)) == ["duplicate", "repeated"]


def test_the_first_line_is_on_top_and_the_newest_import_above(video_list: VideoList) -> None:
    for numbers in ((1, 2, 3), (4, 2, 5), (6,)):
        start(video_list, *numbers)
    order = list(
        video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True)
    )
    assert order == [video_id(n) for n in (6, 4, 5, 1, 2, 3)]


def test_videos_are_added_in_the_order_of_their_ids(video_list: VideoList) -> None:
    """Otherwise two imports of the same videos in different orders deadlock on PostgreSQL."""
    start(video_list, 5, 2, 9, 1)
    added = Video.objects.order_by("pk").values_list("youtube_id", flat=True)
    assert list(added) == [video_id(number) for number in (1, 2, 5, 9)]


def test_jobs_run_in_the_lines_order(video_list: VideoList) -> None:
    start(video_list, 3, 1, 2)
    order = list(EnrichmentJob.objects.order_by("rank").values_list("video__youtube_id", flat=True))
    assert order == [video_id(n) for n in (3, 1, 2)]


def test_an_import_of_complete_videos_is_finished_at_once(video_list: VideoList, bob: Any) -> None:
    start(video_list, 1, 2, 3)
    end(1, 2)
    end(3, cause=Cause.PRIVATE)
    batch = start(VideoList.objects.create(owner=bob, name="Bob's"), 1, 2, 3)
    assert (batch.state, verdicts(batch)) == (BatchState.FINISHED, ["new"] * 3)
    assert batch.finished_at
    assert not EnrichmentJob.objects.exists()


def test_only_retryable_failures_are_tried_again(video_list: VideoList, bob: Any) -> None:
    start(video_list, 1, 2)
    end(1, cause=Cause.PRIVATE)
    end(2, cause=Cause.TOO_MANY_ATTEMPTS)
    batch = start(VideoList.objects.create(owner=bob, name="Bob's"), 1, 2)
    assert batch.state == BatchState.RUNNING
    assert EnrichmentJob.objects.get().video.youtube_id == video_id(2)


def test_a_failure_of_unknown_cause_stops_no_import(video_list: VideoList, bob: Any) -> None:
    start(video_list, 1)
    end(1, cause=Cause.PRIVATE)
    Video.objects.update(error_cause="of_a_later_version")
    batch = start(VideoList.objects.create(owner=bob, name="Bob's"), 1)
    assert batch.state == BatchState.FINISHED


def test_a_waiting_video_is_queued_once_and_moved_up(video_list: VideoList, bob: Any) -> None:
    start(video_list, *range(30))
    start(VideoList.objects.create(owner=bob, name="Bob's"), 29)
    job = EnrichmentJob.objects.order_by("rank", "bulk").first()
    assert job
    assert (job.video.youtube_id, job.bulk) == (video_id(29), False)
    assert EnrichmentJob.objects.count() == 30


def test_an_import_of_nothing_usable_is_finished(video_list: VideoList) -> None:
    batch = start(video_list, text="hello world")
    assert (batch.state, batch.items.count(), ListEntry.objects.count()) == (
        BatchState.FINISHED,
        1,
        0,
    )


@pytest.mark.parametrize(
    "table", ["importer_importitem", "videos_listentry", "enrichment_enrichmentjob"]
)
def test_a_failure_in_the_middle_leaves_nothing(video_list: VideoList, table: str) -> None:
    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and table in sql:
            raise RuntimeError("the power went")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail), pytest.raises(RuntimeError):
        start(video_list, 1, 2, 3)
    for model in (ImportBatch, ImportItem, Video, ListEntry, EnrichmentJob):
        assert not model.objects.exists()
    video_list.refresh_from_db()
    assert video_list.last_position == 0


def test_its_queries_do_not_grow_with_its_lines(video_list: VideoList) -> None:
    counts = []
    for numbers in (range(10), range(1000, 1500), range(1000, 1500)):
        with CaptureQueriesContext(connection) as queries:
            plan_import(
                owner=video_list.owner,
                video_list=video_list,
                lines=lines(*numbers),
                source=Source.WEB,
            ).start()
        counts.append(len(queries))
    assert max(counts) <= counts[0] + 4  # of one slice


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_thousand_lines_of_two_users_at_once_are_exact(video_list: VideoList, bob: Any) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    together = Barrier(4)

    def post(into: VideoList, numbers: Any) -> ImportReport:
        try:
            mine = VideoList.objects.select_related("owner").get(pk=into.pk)
            together.wait(10)
            return plan_import(
                owner=mine.owner, video_list=mine, lines=lines(*numbers), source=Source.API
            ).start()
        finally:
            connections.close_all()

    forth, back = range(1000), range(999, -1, -1)
    with ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(post, into, numbers)
            for into, numbers in (
                (video_list, forth),
                (video_list, back),
                (theirs, back),
                (theirs, forth),
            )
        ]
        reports = [one.result(60) for one in asked]
    assert (Video.objects.count(), EnrichmentJob.objects.count(), ListEntry.objects.count()) == (
        1000,
        1000,
        2000,
    )
    assert ImportItem.objects.count() == 4000
    for pair in (reports[:2], reports[2:]):
        assert sum(report.created + report.known for report in pair) == 1000
        assert sum(report.duplicates for report in pair) == 1000
    for entries in (video_list.entries, theirs.entries):
        assert entries.values("position").distinct().count() == 1000


@pytest.mark.django_db(transaction=True)
def test_lines_and_a_playlists_page_at_once_are_exact(video_list: VideoList) -> None:
    """The page has its positions already, so nothing but the list's lock keeps the two apart."""
    batch = start(video_list, text=PLAYLIST)
    together = Barrier(2)

    def read_page() -> None:
        try:
            mine = ImportBatch.objects.select_related("video_list").get(pk=batch.pk)
            rows = [Row(1, video_id(n), video_id(n)) for n in range(300)]
            together.wait(10)
            with transaction.atomic():
                take_in(mine, rows, large=True, top=9000)
        finally:
            connections.close_all()

    def post() -> None:
        try:
            mine = VideoList.objects.select_related("owner").get(pk=video_list.pk)
            together.wait(10)
            plan_import(
                owner=mine.owner,
                video_list=mine,
                lines=lines(*range(299, -1, -1)),
                source=Source.API,
            ).start()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(read_page), pool.submit(post)]:
            one.result(60)
    assert (Video.objects.count(), ListEntry.objects.count(), EnrichmentJob.objects.count()) == (
        300,
        300,
        300,
    )
    found = Counter(ImportItem.objects.exclude(video=None).values_list("verdict", flat=True))
    assert sum(found.values()) == 600
    assert found[Verdict.DUPLICATE] == 300


def test_a_lot_of_people_share_one_video(video_list: VideoList) -> None:
    start(video_list, 1)
    for number in range(5):
        start(VideoList.objects.create(owner=person(f"user{number}"), name="x"), 1)
    assert (Video.objects.count(), EnrichmentJob.objects.count(), ListEntry.objects.count()) == (
        1,
        1,
        6,
    )
    end(1)
    assert set(ImportBatch.objects.values_list("state", flat=True)) == {BatchState.FINISHED}
    assert Video.objects.get().import_stage == Stage.COMPLETE


def test_text_and_addresses_arrive_alike(video_list: VideoList) -> None:
    report = plan_import(
        owner=video_list.owner,
        video_list=video_list,
        lines=parse_lines(f"{video_id(1)}, {video_id(2)}"),
        source=Source.WEB,
    ).start()
    assert report.created == 2


def test_a_preview_counts_what_would_be_followed(video_list: VideoList) -> None:
    lines = parse_lines(f"{PLAYLIST}\n{CHANNEL}\n{CHANNEL}/shorts\n{video_id(1)}")
    plan = plan_import(
        owner=video_list.owner, video_list=video_list, lines=lines, source=Source.WEB
    )
    seen = plan.preview()
    assert (seen.playlists, seen.channels, seen.sources, seen.videos) == (1, 2, 3, 1)


@pytest.mark.parametrize(("count", "is_bulk"), [(LARGE, False), (LARGE + 1, True)])
def test_only_a_large_import_leaves_the_reserve(
    video_list: VideoList, count: int, is_bulk: bool
) -> None:
    start(video_list, *range(count))
    assert set(EnrichmentJob.objects.values_list("bulk", flat=True)) == {is_bulk}


@pytest.mark.parametrize("source", Source)
def test_only_what_a_person_does_is_limited(
    video_list: VideoList, source: Source, settings: Any
) -> None:
    """What follows and an operator bring is not."""
    settings.USER_MAX_IMPORTS_A_DAY = 1
    start(video_list, 1)
    if source in LIMITED:
        with pytest.raises(ImportRefused):
            start(video_list, 2, source=source)
    else:
        start(video_list, 2, source=source)
    assert Video.objects.count() == (1 if source in LIMITED else 2)
