"""The next video and its permit: what is next, who goes first from the reserve, what is given back
when there is nothing to do, and messages that cannot be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from django.db import OperationalError as DatabaseIsAway
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisIsAway

from enrichment import hints, jobs, limits, pump, tasks
from enrichment.models import EnrichmentJob, Work
from enrichment.tests.holders import a_run
from tests.installation import wait_for
from videos.models import ListEntry, Video, VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture(autouse=True)
def one_lane(settings: Any) -> None:
    """Slow enough that no token comes back during a test."""
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BASE_DELAY = [], 100.0
    settings.YOUTUBE_BURST, settings.YOUTUBE_MAX_CONCURRENT = 5, 5


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that messages ask for."""
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, *args, **options: names.append(name))
    return names


def queue(video_list: VideoList, count: int, *, bulk: bool = False, start: int = 0) -> list[int]:
    ids = []
    for number in range(start, start + count):
        video = Video.objects.create(youtube_id=f"{number:011}")
        ListEntry.objects.create(video_list=video_list, video=video, position=number)
        ids.append(video.pk)
    jobs.enqueue(ids, bulk=bulk, now=timezone.now())
    return ids


def lane() -> limits.LaneStatus:
    return limits.youtube_lanes()[0].limiter.state()


@contextmanager
def before_the_claim(act: Callable[[], object]) -> Iterator[None]:
    """Does something in the moment between looking at the next job and taking it."""
    done: list[bool] = []

    def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and "enrichment_enrichmentjob" in sql and not done:
            done.append(True)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrap):
        yield


LOST: dict[str, Callable[[], object]] = {
    "taken": lambda: EnrichmentJob.objects.update(
        holder="another", node="n", lease_until=timezone.now() + jobs.RUN_LEASE
    ),
    "paused": lambda: EnrichmentJob.objects.update(held=True),
    "removed": lambda: EnrichmentJob.objects.all().delete(),
    "handed over": lambda: EnrichmentJob.objects.update(work=Work.TRANSCRIBE),
}


@pytest.mark.parametrize("how", LOST)
def test_a_job_lost_before_its_claim_costs_nothing(video_list: VideoList, how: str) -> None:
    queue(video_list, 1)
    limits.youtube_lanes()[0].limiter.cancel(limits.acquire_youtube(bulk=False))  # type: ignore[arg-type]
    before = lane()
    with before_the_claim(LOST[how]):
        assert pump.start_next(a_run()) == pump.TICK
    assert (lane().in_flight, lane().budget_left) == (0, before.budget_left)
    assert lane().tokens >= before.tokens
    assert not EnrichmentJob.objects.running().exclude(holder="another").exists()


def only_the_reserve_is_left() -> None:
    for _ in range(2):
        assert isinstance(limits.acquire_youtube(bulk=True), limits.Permit)
    assert isinstance(limits.acquire_youtube(bulk=True), limits.Denied)


def test_a_person_behind_a_large_import_starts(video_list: VideoList) -> None:
    queue(video_list, 3, bulk=True)
    (single,) = queue(video_list, 1, start=10)
    EnrichmentJob.objects.filter(video=single).update(rank=99)
    only_the_reserve_is_left()
    started = pump.start_next(a_run())
    assert isinstance(started, pump.Started)
    assert started.claim.video_id == single


NOT_FOR_THE_RESERVE: dict[str, Callable[[int], object]] = {
    "of an import": lambda pk: EnrichmentJob.objects.filter(video=pk).update(bulk=True),
    "unlisted": lambda pk: ListEntry.objects.filter(video=pk).delete(),
    "suspect": lambda pk: EnrichmentJob.objects.filter(video=pk).update(last_cause=jobs.SUSPECT),
    "held": lambda pk: EnrichmentJob.objects.filter(video=pk).update(held=True),
}


@pytest.mark.parametrize("why", NOT_FOR_THE_RESERVE)
def test_the_reserve_is_left_alone(video_list: VideoList, why: str) -> None:
    """While something runs, a suspect waits even when it is a person's."""
    queue(video_list, 1, start=20)
    assert jobs.claim(a_run())
    queue(video_list, 1, bulk=True)
    (single,) = queue(video_list, 1, start=10)
    EnrichmentJob.objects.filter(video=single).update(rank=99)
    NOT_FOR_THE_RESERVE[why](single)
    only_the_reserve_is_left()
    in_flight = lane().in_flight
    assert isinstance(pump.start_next(a_run()), float)
    assert lane().in_flight == in_flight


def test_nothing_starts_beside_a_suspect(video_list: VideoList) -> None:
    queue(video_list, 1, start=20)
    EnrichmentJob.objects.update(last_cause=jobs.SUSPECT)
    assert jobs.claim(a_run())
    queue(video_list, 1)
    assert pump.start_next(a_run()) == pump.TICK
    assert lane().in_flight == 0


def test_a_message_that_comes_twice_starts_once(video_list: VideoList) -> None:
    queue(video_list, 2)
    holder = a_run()
    assert isinstance(pump.start_next(holder), pump.Started)
    assert pump.start_next(holder) == 0.0
    assert (lane().in_flight, EnrichmentJob.objects.running().count()) == (1, 1)


def test_nothing_due_is_nothing_to_wait_for() -> None:
    assert pump.start_next(a_run()) == 0.0


def test_what_nobody_wants_is_passed_over(video_list: VideoList) -> None:
    removed, kept = queue(video_list, 2)
    ListEntry.objects.filter(video=removed).delete()
    started = pump.start_next(a_run())
    assert isinstance(started, pump.Started)
    assert started.claim.video_id == kept


def take_first() -> None:
    first = EnrichmentJob.objects.order_by("rank").values_list("pk", flat=True)[:1]
    EnrichmentJob.objects.filter(pk__in=list(first)).update(
        holder="another", node="n", lease_until=timezone.now() + jobs.RUN_LEASE
    )


@pytest.mark.parametrize(("bulk", "starts"), [(True, True), (False, False)])
def test_a_permit_goes_to_the_next_of_its_kind(
    video_list: VideoList, bulk: bool, starts: bool
) -> None:
    """The job it was asked for is another run's by now. One of a person came from the reserve,
    which a large import does not get.
    """
    queue(video_list, 1, bulk=bulk)
    queue(video_list, 1, bulk=True, start=10)
    EnrichmentJob.objects.filter(video__youtube_id=f"{10:011}").update(rank=5)
    with before_the_claim(take_first):
        assert isinstance(pump.start_next(a_run()), pump.Started) == starts
    assert lane().in_flight == int(starts)


def test_place_is_free_when_the_database_goes_away(video_list: VideoList) -> None:
    def go_away() -> None:
        raise DatabaseIsAway

    queue(video_list, 1)
    with before_the_claim(go_away), pytest.raises(DatabaseIsAway):
        pump.start_next(a_run())
    state = lane()
    assert (state.in_flight, state.budget_left) == (0, 300)


# Messages -----------------------------------------------------------------------------------------

UNSENDABLE = [OperationalError, RedisIsAway, OSError, AttributeError, ValueError]


def test_a_large_import_lets_a_page_go_first(video_list: VideoList) -> None:
    queue(video_list, 3, bulk=True)
    pump.note_page(waits=True)
    before = lane()
    assert pump.start_next(a_run()) == pump.TICK
    assert lane().tokens == pytest.approx(before.tokens, abs=0.1), "the lane was not asked"
    (single,) = queue(video_list, 1, start=10)
    EnrichmentJob.objects.filter(video=single).update(rank=99)
    started = pump.start_next(a_run())
    assert isinstance(started, pump.Started)
    assert started.claim.video_id == single
    pump.note_page(waits=False)
    assert isinstance(pump.start_next(a_run()), pump.Started)


def test_a_page_that_no_longer_asks_keeps_nobody(
    video_list: VideoList, clean_redis: redis.Redis, settings: Any
) -> None:
    queue(video_list, 1, bulk=True)
    pump.note_page(waits=True)
    left = clean_redis.pttl(f"{settings.REDIS_PREFIX}{pump.PAGE_WAITS}")
    assert 0 < int(left) <= 1000 * pump.PAGE_GIVES_UP  # type: ignore[arg-type]


def test_a_page_without_redis_keeps_nobody(settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    pump.note_page(waits=True)
    assert not pump._does_page_wait()


@pytest.fixture(params=UNSENDABLE, ids=lambda error: error.__name__)
def unsendable(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No message can be sent. The tasks that somebody tried to send."""
    tried: list[str] = []

    def fail(name: str, *args: Any, **options: Any) -> None:
        tried.append(name)
        raise request.param

    monkeypatch.setattr(current_app, "send_task", fail)
    return tried


def test_one_wake_up_for_the_whole_system(sent: list[str]) -> None:
    for _ in range(3):
        pump.arm("some.task", 0.9)
    pump.arm("another.task", 0.9)
    wait_for(lambda: sorted(sent) == ["another.task", "some.task"])  # both at the same moment


@pytest.mark.parametrize("wait", [0.0, pump.TICK, 60.0])
def test_long_waits_are_left_to_the_beat(
    sent: list[str], wait: float, clean_redis: redis.Redis
) -> None:
    pump.arm("some.task", wait)
    assert sent == []
    assert not clean_redis.keys("*armed*")


def test_a_wake_up_that_cannot_be_sent_is_lost(unsendable: list[str]) -> None:
    pump.arm("some.task", 0.5)
    wait_for(lambda: unsendable == ["some.task"])


def test_a_wake_up_without_redis_is_lost(sent: list[str], settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    pump.arm("some.task", 0.5)
    assert sent == []


@pytest.mark.usefixtures("unsendable")
def test_a_hint_that_cannot_be_sent_is_lost() -> None:
    hints.send_on("some.task")
    hints.send("some.task")
    hints._sender.submit(lambda: None).result()
    assert hints._room._value == hints.MOST_UNSENT, "its place in the queue is free again"


@pytest.mark.parametrize("task", [tasks.enrich_next, tasks.transcribe_next, tasks.sweep])
def test_a_task_with_nothing_to_do_sends_nothing(sent: list[str], task: Any) -> None:
    task.apply(throw=True)
    assert sent == []


def test_a_sweep_asks_for_what_it_freed(video_list: VideoList, sent: list[str]) -> None:
    queue(video_list, 1)
    assert jobs.claim(a_run())
    EnrichmentJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep.apply(throw=True)
    assert sent == [pump.FETCH]


def test_a_task_asks_for_the_next_video(
    video_list: VideoList, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it runs, so that several run at once, and after it."""
    seen: list[int] = []
    queue(video_list, 2)
    monkeypatch.setattr(tasks, "source_for", lambda proxy: Asked(seen, sent))
    tasks.enrich_next.apply(throw=True)
    assert seen == [1], "one message before the first question"
    assert sent == [pump.FETCH, pump.FETCH]


def test_the_last_place_asks_for_nobody_else(
    video_list: VideoList, sent: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.YOUTUBE_MAX_CONCURRENT = 1
    seen: list[int] = []
    queue(video_list, 2)
    monkeypatch.setattr(tasks, "source_for", lambda proxy: Asked(seen, sent))
    tasks.enrich_next.apply(throw=True)
    assert (seen, sent) == ([0], [pump.FETCH])


@pytest.mark.usefixtures("unsendable")
def test_a_video_ends_although_no_message_leaves(
    video_list: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(video_list, 1)
    monkeypatch.setattr(tasks, "source_for", lambda proxy: Asked([], []))
    tasks.enrich_next.apply(throw=True)
    assert (lane().in_flight, EnrichmentJob.objects.running().count()) == (0, 0)


class Asked:
    """A source that notes how many messages had left when it was asked, and fails."""

    def __init__(self, seen: list[int], sent: list[str]) -> None:
        self.seen = seen
        self.sent = sent

    def fetch_metadata(self, youtube_id: str, **options: Any) -> Any:
        self.seen.append(len(self.sent))
        raise KeyError("surprise")


def test_redis_that_is_away_grants_nothing(
    video_list: VideoList, settings: Any, tmp_path: Any
) -> None:
    queue(video_list, 1)
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert isinstance(pump.start_next(a_run()), float)
    assert not EnrichmentJob.objects.running().exists()


def test_the_clients_redis_is_the_one_of_the_settings(clean_redis: redis.Redis) -> None:
    """Otherwise the two tests without Redis would prove nothing."""
    assert lane().available
