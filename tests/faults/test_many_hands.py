"""What several people do at once, and what one of them takes back."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.rig import Rig
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id

pytestmark = pytest.mark.timeout(240)

AT_ONCE = 2.0  # seconds after which nothing new may begin


@pytest.fixture(autouse=True)
def unhurried(youtube: YouTubeStandIn) -> None:
    youtube.latency = (0.1, 0.3)


def test_a_paused_import_stops_asking_until_it_is_resumed(
    rig: Rig,
) -> None:
    alice, log = rig.system.alice(), rig.youtube.log
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(n) for n in range(60)])["batch"]
    log.wait(12, kind="watch")
    assert alice.call("POST", f"/api/imports/{batch}/pause").status_code == 200
    paused = time.monotonic()
    wait_until(paused + AT_ONCE + 3)
    assert [call for call in log.calls if call.at > paused + AT_ONCE] == []
    assert alice.progress(batch)["done"] < 60
    assert alice.call("POST", f"/api/imports/{batch}/resume").status_code == 200
    assert alice.finished(batch)["done"] == 60
    rig.assert_all_complete_once(alice, list_id, 60)


def test_cancelled_import_stops_asking_except_for_others(
    rig: Rig,
) -> None:
    alice, bob, log = rig.system.alice(), rig.system.another(), rig.youtube.log
    shared = [video_id(1000 + n) for n in range(40, 60)]
    list_of_alice, list_of_bob = alice.new_list(), bob.new_list()
    cancelled = alice.add(list_of_alice, [video_id(1000 + n) for n in range(60)])["batch"]
    kept = bob.add(list_of_bob, shared)["batch"]
    log.wait(12, kind="watch")
    assert alice.call("POST", f"/api/imports/{cancelled}/cancel").status_code == 200
    moment = time.monotonic()
    assert bob.finished(kept)["done"] == 20
    wait_until(moment + AT_ONCE + 3)
    rig.assert_all_complete_once(bob, list_of_bob, 20)
    assert {call.video_id for call in log.calls if call.at > moment + AT_ONCE} <= set(shared)
    left = alice.videos(list_of_alice)
    assert {video["import_stage"] for video in left} == {"complete"}
    assert len(left) < 60


@pytest.mark.slow
def test_ten_thousand_lines_posted_four_times_are_there_once(
    rig: Rig,
) -> None:
    """Every row is counted; of the fetching the first 300 videos are looked at."""
    rig.youtube.latency = (0, 0)
    alice, bob, count = rig.system.alice(), rig.system.another(), 10_000
    ids = [video_id(20_000 + n) for n in range(count)]
    lists = {alice: alice.new_list(), bob: bob.new_list()}
    before = rows(rig)
    with ThreadPoolExecutor() as others:
        posts = [
            others.submit(
                caller.call, "POST", f"/api/lists/{list_id}/videos/batch", json={"urls": ids}
            )
            for caller, list_id in lists.items()
            for _ in range(2)
        ]
        answers = [post.result() for post in posts]
    assert [answer.status_code for answer in answers] == [201] * 4
    added = {name: number - before[name] for name, number in rows(rig).items()}
    assert added == {
        "videos_video": count,
        "videos_listentry": 2 * count,
        "importer_importitem": 4 * count,
        "importer_importbatch": 4,
    }
    assert sorted(answer.json()["duplicates"] for answer in answers) == [0, 0, count, count]
    rig.youtube.log.wait(300, kind="watch", timeout=120)
    fetched = Counter(call.video_id for call in rig.youtube.log.select(kind="watch"))
    assert max(fetched.values()) == 1
    assert rig.database.half_written() == []


def rows(rig: Rig) -> dict[str, int]:
    tables = ("videos_video", "videos_listentry", "importer_importitem", "importer_importbatch")
    return {table: rig.database.value(f"SELECT count(*) FROM {table}") for table in tables}


def wait_until(moment: float) -> None:
    wait_for(lambda: time.monotonic() >= moment, max(moment - time.monotonic(), 0) + 5)
