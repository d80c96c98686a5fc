"""Processes that die or freeze while they work on a video."""

from __future__ import annotations

import contextlib
import random
import time

import psutil
import pytest

from tests.faults.database import ONE_BY_ONE
from tests.faults.rig import Rig
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.standins import CaptionSpec, video_id
from tests.system import Caller

pytestmark = pytest.mark.timeout(scaled(2400, 240))

CONCURRENT = 3
KILL_EVERY = 5.0  # seconds


def test_a_zombie_after_its_lease_changes_and_asks_nothing(rig: Rig) -> None:
    """Frozen in the middle of a request, it wakes up when another has completed the video."""
    alice, one = rig.system.alice(), video_id(1)
    batch, zombie = freeze_in_the_middle(rig, alice, one, slow_captions=1)
    try:
        assert alice.finished(batch, 30)["failed"] == 0
        before = rig.database.everything_about(one)
        asked = rig.youtube.log.count(video_id=one)
    finally:
        zombie.resume()
    wait_for(lambda: not rig.running(), 30)
    assert rig.database.everything_about(one) == before
    assert rig.youtube.log.count(video_id=one) == asked == 4  # the zombie's two and the other's two
    assert rig.database.steps()[one] == ONE_BY_ONE


def test_a_zombie_beside_a_new_run_writes_nothing(rig: Rig) -> None:
    alice, one = rig.system.alice(), video_id(2)
    batch, zombie = freeze_in_the_middle(rig, alice, one, slow_captions=2)
    try:
        rig.youtube.log.wait(2, kind="timedtext", video_id=one, timeout=20)
    finally:
        zombie.resume()
    assert alice.finished(batch, 30)["failed"] == 0
    wait_for(lambda: not rig.running(), 30)
    assert rig.database.steps()[one] == ONE_BY_ONE


def freeze_in_the_middle(
    rig: Rig, alice: Caller, youtube_id: str, *, slow_captions: int
) -> tuple[int, psutil.Process]:
    """An import of this video, and the process that was frozen on it while it waited for the
    captions.

    Its lease is ended in the database, instead of waiting 90 s for it.
    """
    rig.youtube.catalogue.change(youtube_id, captions=(CaptionSpec("de"),))
    rig.youtube.faults.slow(8, kind="timedtext", video_id=youtube_id, times=slow_captions)
    batch = alice.add(alice.new_list(), [youtube_id])["batch"]
    rig.youtube.log.wait(1, kind="timedtext", video_id=youtube_id)
    zombie = rig.process_of(youtube_id)
    zombie.suspend()
    rig.database.change("UPDATE enrichment_enrichmentjob SET lease_until = '2000-01-01 00:00:00'")
    return int(batch), zombie


def test_a_poison_video_is_set_aside_and_the_others_go_on(
    rig: Rig,
) -> None:
    alice, poison = rig.system.alice(), video_id(100)
    rig.youtube.faults.slow(20, kind="watch", video_id=poison)
    list_id = alice.new_list()
    batch = alice.add(list_id, [poison, *(video_id(101 + n) for n in range(30))])["batch"]
    for time_ in (1, 2, 3):
        rig.youtube.log.wait(time_, kind="watch", video_id=poison, timeout=20)
        rig.process_of(poison).kill()
    progress = alice.finished(batch, 30)
    assert (progress["done"], progress["failed"]) == (31, 1)
    (failed,) = [video for video in alice.videos(list_id) if video["import_stage"] == "error"]
    assert (failed["youtube_id"], failed["error"]["cause"]) == (poison, "too_many_attempts")
    assert rig.youtube.log.count(kind="watch", video_id=poison) == 3


def test_bystanders_of_three_killed_workers_are_not_blamed(
    rig: Rig,
) -> None:
    """The whole worker, each time as soon as it works: the first in the queue is always hit."""
    alice, count = rig.system.alice(), 12
    rig.youtube.latency = (1.0, 1.0)
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(200 + n) for n in range(count)])["batch"]
    for begun in (2, 1, 1):  # several at first, then each suspect alone
        wait_for(lambda: "worker" in rig.system.parts(), 60)
        rig.youtube.log.wait(rig.youtube.log.count(kind="watch") + begun, kind="watch", timeout=60)
        worker = rig.worker()
        worker.kill()
        worker.wait(20)
    assert alice.finished(batch, 90)["failed"] == 0
    rig.assert_all_complete_once(alice, list_id, count)


def test_videos_complete_once_though_workers_and_redis_die(
    rig: Rig,
) -> None:
    """Every 5 s a process of the pool or the whole worker is killed with -9, three times Redis
    loses everything.

    100 videos instead of 1,000. Every write to a video is logged by the database itself: each stage
    is written once, by one worker.
    """
    alice, count = rig.system.alice(), scaled(1000, 100)
    rig.youtube.latency = (0.1, 0.5)
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(1000 + n) for n in range(count)])["batch"]
    kills = flushes = 0
    next_kill = time.monotonic() + 2
    give_up = time.monotonic() + 2 * count + 60  # seconds; a machine may have other work
    while alice.progress(batch)["state"] != "finished":
        assert time.monotonic() < give_up
        if time.monotonic() < next_kill:
            time.sleep(0.2)
            continue
        next_kill += KILL_EVERY
        kill_one(rig, whole_worker=kills % 2 == 1)
        kills += 1
        if flushes < 3:
            rig.forget_everything()
            flushes += 1
        assert rig.database.half_written() == []
    assert kills >= 4
    assert flushes == 3
    rig.assert_all_complete_once(alice, list_id, count)
    steps = rig.database.steps()
    assert [steps[video_id(1000 + n)] for n in range(count)] == [ONE_BY_ONE] * count
    assert rig.youtube.log.count(kind="watch") <= count + (kills + flushes) * CONCURRENT


def kill_one(rig: Rig, *, whole_worker: bool) -> None:
    with contextlib.suppress(
        KeyError, IndexError, psutil.NoSuchProcess
    ):  # it is just being started
        victim = rig.worker() if whole_worker else random.choice(rig.pool())
        victim.kill()
