"""Playlists and channels read page by page from the stand-in: waves of cards, crashes, pauses,
cancels, refusals.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure
from django.db import connection
from django.utils import timezone

from enrichment import jobs, limits, recovery
from enrichment.limits import Permit
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import NODE, a_run
from importer import tasks
from importer.imports import expansion, reading, services
from importer.imports.models import BatchState, Expansion, ImportBatch, Verdict
from importer.tests.ledger import start
from importer.tests.readings import ask_at_once, read_all, read_page, take_playlist
from tests.installation import wait_for
from tests.people import person
from tests.standins import Failure, VideoSpec, YouTubeStandIn, video_id
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
OTHER = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Pt"


@pytest.fixture(autouse=True)
def youtube_is_there(youtube: YouTubeStandIn, settings: Any) -> None:
    ask_at_once(youtube, settings)


def importing(video_list: VideoList, *addresses: str, limit: int | None = None) -> ImportBatch:
    return start(video_list, text="\n".join(addresses), limit=limit)


def test_a_page_with_its_clock_ahead_keeps_no_playlist_waiting(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 2)
    with time_machine.travel(timedelta(seconds=100), tick=True):
        importing(video_list, PLAYLIST)
    assert read_all() == 1
    assert video_list.entries.count() == 2


def at_query(
    number: int, act: Callable[[], None], needle: str = "importer_importitem"
) -> Callable[..., Any]:
    """Does something right before the nth INSERT of lines."""
    seen = 0

    def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if sql.startswith("INSERT") and needle in sql:
            seen += 1
            if seen == number:
                act()
        return execute(sql, params, many, context)

    return wrap


@pytest.mark.slow
def test_a_long_playlist_comes_in_pages_and_in_order(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 250)
    expected = list(youtube.catalogue.find_playlist(PLAYLIST).video_ids)  # type: ignore[union-attr]
    batch = importing(video_list, PLAYLIST)
    assert read_all() == 3
    shown = list(
        video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True)
    )
    assert shown == expected
    assert len(youtube.log.calls) <= 4
    assert Video.objects.filter(title="").count() == 0  # titles come for nothing
    assert set(Video.objects.values_list("import_stage", flat=True)) == {Stage.CREATED}
    assert (EnrichmentJob.objects.count(), Expansion.objects.count()) == (250, 0)
    assert batch.items.filter(verdict=Verdict.NEW).count() == 250
    assert batch.items.get(number=1).verdict == Verdict.EXPANDED
    batch.refresh_from_db()
    assert batch.state == BatchState.RUNNING


@pytest.mark.slow
def test_pages_of_a_playlist_take_turns_as_one_import(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    """Another person's import, begun later, gets every other turn, not one in as many as there
    were pages.
    """
    youtube.catalogue.add_playlist(PLAYLIST, 250)
    importing(video_list, PLAYLIST)
    assert read_all() == 3
    theirs = start(VideoList.objects.create(owner=person("bob2"), name="b"), *range(501, 531))
    next_ones = set(jobs.due().values_list("video", flat=True)[:61])
    assert next_ones.issuperset(theirs.items.values_list("video", flat=True))


def test_private_and_deleted_entries_are_noted(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add(VideoSpec(video_id(2), failure=Failure.PRIVATE))
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(1), video_id(2), video_id(3)])
    batch = importing(video_list, PLAYLIST)
    read_all()
    noted = batch.items.get(verdict=Verdict.UNAVAILABLE)
    assert (noted.reason, noted.reason_text, noted.video) == (
        "private",
        "This video is private.",
        None,
    )
    assert video_list.entries.count() == 2


def test_a_missing_playlist_is_refused_with_its_reason(video_list: VideoList) -> None:
    batch = importing(video_list, PLAYLIST)
    read_all()
    item = batch.items.get()
    assert (item.verdict, item.reason_text) == (
        Verdict.INVALID,
        "This playlist does not exist or is private.",
    )
    batch.refresh_from_db()
    assert (batch.state, Expansion.objects.count()) == (BatchState.FINISHED, 0)


def test_a_playlist_of_known_videos_finishes_its_import(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(1)])
    Video.objects.create(youtube_id=video_id(1), import_stage=Stage.COMPLETE, import_progress=100)
    batch = importing(video_list, PLAYLIST)
    read_all()
    batch.refresh_from_db()
    assert batch.state == BatchState.FINISHED


@pytest.mark.slow
def test_a_crash_between_two_pages_doubles_nothing(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 250)
    batch = importing(video_list, PLAYLIST)

    killed_at_page(2)
    assert video_list.entries.count() == 100
    assert not read_page()  # the lease of the dead still holds
    Expansion.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    recovery.sweep()
    assert read_all() == 2
    expected = list(youtube.catalogue.find_playlist(PLAYLIST).video_ids)  # type: ignore[union-attr]
    assert (
        list(video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True))
        == expected
    )
    assert batch.items.exclude(video=None).count() == 250
    assert list(batch.items.order_by("number").values_list("number", flat=True)) == list(
        range(1, 252)
    )


class Killed(BaseException):
    """As a process that ends: nothing catches it."""


def die() -> None:
    raise Killed


def killed_at_page(number: int, name: str = "", node: str = NODE) -> None:
    """The nth page from here kills its run in the middle."""
    for _ in range(number - 1):
        assert read_page()
    with connection.execute_wrapper(at_query(1, die)), pytest.raises(Killed):
        read_page(name, node=node)


@pytest.mark.slow
@pytest.mark.parametrize(
    "forget", [lambda: recovery.forget_node("one@host"), lambda: recovery.forget_run("task-1")]
)
def test_a_dead_reading_goes_on_at_once_and_doubles_nothing(
    video_list: VideoList, youtube: YouTubeStandIn, forget: Callable[[], int]
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 450)
    expected = list(youtube.catalogue.find_playlist(PLAYLIST).video_ids)  # type: ignore[union-attr]
    batch = importing(video_list, PLAYLIST)
    killed_at_page(3, "task-1", "one@host")
    assert video_list.entries.count() == 200
    assert not read_page("task-2", node="two@host")
    assert recovery.forget_node("two@host") + recovery.forget_run("task-2") == 0
    assert forget() == 1
    asked = len(youtube.log.calls)
    assert read_all() == 3
    assert len(youtube.log.calls) == asked + 3, "nothing is read again"
    assert (
        list(video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True))
        == expected
    )
    assert batch.items.exclude(video=None).count() == len(expected) == 450


@pytest.mark.parametrize(
    "forget", [lambda: recovery.forget_node("one@host"), lambda: recovery.forget_run("task-1")]
)
def test_the_place_a_dead_one_had_at_youtube_is_free_at_once(
    video_list: VideoList, youtube: YouTubeStandIn, forget: Callable[[], int]
) -> None:
    importing(video_list, PLAYLIST)
    assert take_playlist(a_run("task-1", node="one@host"))
    permit = limits.acquire_youtube(bulk=False, holder="task-1")
    assert isinstance(permit, Permit)
    lane = limits.lane(permit.lane).limiter
    assert lane.state().in_flight == 1
    forget()
    assert lane.state().in_flight == 0


def test_one_that_was_not_dead_after_all_writes_nothing(
    video_list: VideoList, youtube: YouTubeStandIn, monkeypatch: Any
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 250)
    importing(video_list, PLAYLIST)
    taken_by_another: list[Any] = []
    ask = reading._ask

    def ask_and_lose(*question: Any) -> Any:
        page = ask(*question)
        recovery.forget_node("one@host")
        taken_by_another.append(take_playlist(a_run(node="two@host")))
        return page

    monkeypatch.setattr(reading, "_ask", ask_and_lose)
    assert read_page(node="one@host")
    assert not video_list.entries.exists()
    row = Expansion.objects.get()
    assert (row.holder, row.continuation) == (taken_by_another[0].holder, None)


@pytest.mark.slow
def test_a_poison_playlist_ends_with_what_came(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 250)
    batch = importing(video_list, PLAYLIST)
    killed_at_page(2, node="one@host")
    for _ in range(expansion.MAX_ATTEMPTS - 1):
        recovery.forget_node("one@host")
        killed_at_page(1, node="one@host")
    recovery.forget_node("one@host")
    assert read_page(node="one@host")
    assert not Expansion.objects.exists()
    assert video_list.entries.count() == 100
    item = batch.items.get(number=1)
    assert (item.verdict, item.reason) == (Verdict.EXPANDED, "too_many_attempts")


@pytest.mark.slow
def test_a_reading_that_goes_further_may_be_killed_often(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 100 * (expansion.MAX_ATTEMPTS + 2))
    importing(video_list, PLAYLIST)
    for _ in range(expansion.MAX_ATTEMPTS + 1):
        killed_at_page(2, node="one@host")
        recovery.forget_node("one@host")
    assert read_page()
    assert video_list.entries.count() == 100 * (expansion.MAX_ATTEMPTS + 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("death", [TimeLimitExceeded(1), WorkerLostError()], ids=["late", "lost"])
def test_only_the_death_of_its_process_frees_a_reading(
    video_list: VideoList, youtube: YouTubeStandIn, death: BaseException
) -> None:
    importing(video_list, PLAYLIST)
    reading = take_playlist(a_run("task-1", node="one@host"))
    assert reading is not None
    for exception, task_id, sender in (
        (ValueError(), "task-1", tasks.read_next),
        (death, "task-2", tasks.read_next),
    ):
        task_failure.send(sender=sender, exception=exception, task_id=task_id)
        assert take_playlist(a_run()) is None
    task_failure.send(sender=tasks.read_next, exception=death, task_id="task-1")
    assert take_playlist(a_run()) is not None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("lever", "left"), [(services.cancel_batch, 0), (services.pause_batch, 100)]
)
def test_a_lever_stops_the_reading_within_a_page(
    video_list: VideoList, youtube: YouTubeStandIn, lever: Any, left: int
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 450)
    batch = importing(video_list, PLAYLIST)
    assert read_page()
    youtube.faults.slow(0.4, kind="browse")

    def read() -> bool:
        try:
            return read_page()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(read)
        wait_for(Expansion.objects.running().exists, 10)
        lever(batch=ImportBatch.objects.get(pk=batch.pk))
        assert second.result(10)
    assert video_list.entries.count() == left
    assert not read_page()


def test_a_paused_reading_goes_on_where_it_was(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 120)
    batch = importing(video_list, PLAYLIST)
    services.pause_batch(batch=batch)
    assert read_all() == 0
    services.resume_batch(batch=batch)
    assert read_page()
    services.pause_batch(batch=batch)
    assert read_all() == 0
    services.resume_batch(batch=batch)
    assert read_all() == 1
    assert video_list.entries.count() == 120


def test_a_limit_holds_over_all_playlists(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 130)
    youtube.catalogue.add_playlist(OTHER, [video_id(n) for n in range(130)])
    batch = importing(video_list, PLAYLIST, OTHER, limit=150)
    assert read_all() == 4
    assert len(youtube.log.calls) <= 4, "two first pages, and nothing once there is no room"
    assert video_list.entries.count() <= 150
    assert batch.items.filter(verdict=Verdict.NEW).count() == video_list.entries.count()


def test_two_playlists_share_a_video_once(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(1), video_id(2)])
    youtube.catalogue.add_playlist(OTHER, [video_id(2), video_id(3), video_id(3)])
    batch = importing(video_list, PLAYLIST, OTHER)
    read_all()
    shown = list(
        video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True)
    )
    assert sorted(shown) == sorted([video_id(1), video_id(2), video_id(3)])
    assert batch.items.filter(verdict=Verdict.NEW).count() == 3


def test_two_playlists_of_one_line_are_read_in_turn(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(1), video_id(2)])
    youtube.catalogue.add_playlist(OTHER, [video_id(2), video_id(3)])
    batch = importing(video_list, f"{PLAYLIST}, {OTHER}")
    first = take_playlist(a_run())
    assert first is not None
    assert take_playlist(a_run()) is None
    Expansion.objects.filter(pk=first.pk).update(holder="", lease_until=None)
    assert read_all() == 2
    rows = list(batch.items.order_by("number").values_list("text", "verdict"))
    brought = [(text[-11:], verdict) for text, verdict in rows if "watch" in text]
    assert brought == [
        (video_id(1), "new"),
        (video_id(2), "new"),
        (video_id(2), "duplicate"),
        (video_id(3), "new"),
    ]
    shown = list(
        video_list.entries.order_by("-position").values_list("video__youtube_id", flat=True)
    )
    assert shown == [video_id(1), video_id(2), video_id(3)]


@pytest.mark.parametrize(
    "written",
    ["URL:https://www.youtube.com/playlist?list={}", "2.https://www.youtube.com/playlist?list={}"],
)
def test_a_playlist_with_a_label_before_it_is_read_too(
    video_list: VideoList, youtube: YouTubeStandIn, written: str
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(1)])
    importing(video_list, written.format(PLAYLIST))
    read_all()
    assert video_list.entries.count() == 1


def test_a_throttled_reading_waits_and_costs_no_attempt(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 20)
    rule = youtube.faults.status(429, retry_after=300)
    batch = importing(video_list, PLAYLIST)
    assert read_page()
    row = Expansion.objects.get()
    assert (row.attempts, row.holder) == (0, "")
    assert row.not_before > timezone.now() + timedelta(seconds=200)
    assert batch.items.get().verdict == Verdict.EXPANDING
    rule.remove()


def test_a_channel_is_read_too(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_channel("Horology", [video_id(n) for n in range(40)], handle="@horology")
    importing(video_list, "https://www.youtube.com/@horology")
    read_all()
    assert video_list.entries.count() == 40


def test_a_deleted_list_ends_the_reading_quietly(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 20)
    importing(video_list, PLAYLIST)
    video_list.delete()
    assert read_all() == 0
    assert len(youtube.log.calls) == 0


@pytest.mark.slow
def test_pause_while_a_playlist_is_read_costs_no_attempt(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 50)
    batch = importing(video_list, PLAYLIST)

    def pause(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Right after the playlist was taken."""
        answer = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "importer_expansion" in sql and not paused:
            paused.append(True)
            services.pause_batch(batch=batch)
        return answer

    for _ in range(expansion.MAX_ATTEMPTS + 1):
        paused: list[bool] = []
        with connection.execute_wrapper(pause):
            assert read_page()
        assert Expansion.objects.get().attempts == 0
        services.resume_batch(batch=batch)
    assert video_list.entries.count() == 0
    assert read_all() == 1
    assert video_list.entries.count() == 50


def test_the_end_of_a_long_playlist_is_bulk_too(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    """Its last page may have as few videos as a person adds by hand."""
    youtube.catalogue.add_playlist(PLAYLIST, 105)
    importing(video_list, PLAYLIST)
    read_all()
    assert EnrichmentJob.objects.filter(bulk=True).count() == 105


@pytest.mark.parametrize("how", ["ended", "put back"])
def test_a_lost_reading_ends_nothing(
    video_list: VideoList, youtube: YouTubeStandIn, how: str
) -> None:
    """Lost in its last page: the playlist is another worker's, who will say what became of it."""
    youtube.catalogue.add_playlist(PLAYLIST, 2)
    batch = importing(video_list, PLAYLIST)
    mine = take_playlist(a_run())
    assert mine
    Expansion.objects.update(holder="another run")
    if how == "ended":
        expansion._end(mine, Verdict.EXPANDED)
    else:
        expansion.conclude(mine, Cause.NETWORK)
    row = Expansion.objects.get()
    assert (row.holder, row.not_before) == ("another run", mine.not_before)
    assert batch.items.get().verdict == Verdict.EXPANDING


@pytest.mark.parametrize("end", ["read", "missing", "throttled", "unexpected", "stopped"])
def test_a_reading_gives_its_place_back(
    video_list: VideoList, youtube: YouTubeStandIn, end: str, monkeypatch: Any
) -> None:
    if end != "missing":
        youtube.catalogue.add_playlist(PLAYLIST, 3)
    importing(video_list, PLAYLIST)
    if end == "throttled":
        youtube.faults.status(429, retry_after=300)
    if end == "unexpected":
        monkeypatch.setattr(expansion, "_note_announced", lambda *_: fail())
    if end == "stopped":
        monkeypatch.setattr(expansion, "_take_page", lambda *_: False)
    assert read_page()
    assert all(lane.limiter.state().in_flight == 0 for lane in limits.youtube_lanes())
    assert not Expansion.objects.running().exists()
    opened = [lane.limiter.state().open_until for lane in limits.youtube_lanes()]
    assert any(opened) == (end == "throttled")


def fail() -> None:
    raise KeyError("surprise")
