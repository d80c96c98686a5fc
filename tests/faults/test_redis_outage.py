"""Redis freezes, comes back, goes away, comes back empty."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.faults.rig import Rig, rigged
from tests.faults.scale import scaled
from tests.redis_process import RedisProcess
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER, Caller

pytestmark = pytest.mark.timeout(scaled(600, 240))

OUTAGE = scaled(60.0, 12.0)  # seconds
WAYS = 3  # a page asks after each of them
PACE = 0.2  # seconds between two videos
WANTED_MEANWHILE = (video_id(5000), video_id(5001))  # one in each outage


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn) -> Iterator[Rig]:
    pace = {
        "YOUTUBE_BASE_DELAY": str(PACE * WAYS),
        "YOUTUBE_BURST": "5",
        "YOUTUBE_MAX_CONCURRENT": "1",
    }
    with rigged(youtube_process, {**EAGER, **pace}, ways=WAYS, own_redis=True) as rig:
        yield rig


@pytest.fixture
def server(rig: Rig) -> RedisProcess:
    assert rig.own_redis is not None
    return rig.own_redis


def test_redis_outage_stops_requests_and_pages_still_answer(rig: Rig, server: RedisProcess) -> None:
    """12 s frozen and 12 s down instead of 60 s each; nobody starts anything again but Redis."""
    alice, count = rig.system.alice(), scaled(600, 130)
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(n) for n in range(count)])["batch"]
    rig.youtube.log.wait(10, kind="watch")
    for wanted, begin, end in zip(
        WANTED_MEANWHILE, (server.freeze, server.kill), (server.thaw, server.start), strict=True
    ):
        during_outage(rig, alice, list_id, wanted, begin=begin, end=end)
    assert alice.finished(batch, count * PACE + 60)["failed"] == 0
    rig.assert_all_complete_once(alice, list_id, count + len(WANTED_MEANWHILE))


def during_outage(
    rig: Rig,
    alice: Caller,
    list_id: int,
    wanted: str,
    *,
    begin: Callable[[], None],
    end: Callable[[], None],
) -> None:
    browser = alice.browser()
    rig.youtube.faults.slow(
        4, kind="watch", times=2
    )  # runs in flight, which would ask for captions in the middle of the outage
    rig.youtube.log.wait(rig.youtube.log.count(kind="watch") + 2, kind="watch")
    begin()
    began = time.monotonic()
    answers = list(look_around(rig, alice, browser, list_id, until=began + OUTAGE))
    added = alice.call("POST", f"/api/lists/{list_id}/videos", json={"url": wanted})
    end()
    ended = time.monotonic()
    assert added.status_code == 201
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.elapsed.total_seconds() for answer in [added, *answers]) < 1.0
    assert [call for call in rig.youtube.log.calls if began + 2.0 < call.at < ended] == []
    before = rig.youtube.log.count(kind="watch")
    rig.youtube.log.wait(before + 3, kind="watch", timeout=ended + 30.0 - time.monotonic())


def look_around(
    rig: Rig, alice: Caller, browser: requests.Session, list_id: int, *, until: float
) -> Iterator[requests.Response]:
    """A person who looks at pages, and a program that asks."""
    while time.monotonic() < until:
        yield browser.get(f"{rig.system.url}/lists/{list_id}/", timeout=10)
        yield alice.call("GET", f"/api/lists/{list_id}/videos")
        yield alice.call("GET", "/api/imports")
        time.sleep(0.5)
