"""Two ways out to YouTube, one of which gets banned."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig, rigged
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]

DELAY = 0.5  # seconds between two videos on one way out
SPAN = 10.0  # seconds over which a pace is measured
WINDOW = 30.0  # seconds of the breaker's first window, up to a tenth more


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn) -> Iterator[Rig]:
    with rigged(
        youtube_process, {**EAGER, "YOUTUBE_BASE_DELAY": str(DELAY), "YOUTUBE_BURST": "5"}, ways=2
    ) as rig:
        yield rig


def test_a_banned_way_out_is_probed_while_the_other_works(
    rig: Rig,
) -> None:
    alice, log = rig.system.alice(), rig.youtube.log
    alice.add(alice.new_list(), [video_id(n) for n in range(600)])
    start = log.wait(16, kind="watch")[-1].at  # what was left of the bursts has gone
    wait_until(start + SPAN)
    both = [videos_begun(rig, way, start, start + SPAN) for way in (0, 1)]

    rig.youtube.faults.status(429, way=0)
    trip = max(call.ended or 0 for call in log.wait(3, way=0, status=429)[:3])
    probe = wait_for_probe(rig, trip)
    wait_until(probe + 3)
    alone = videos_begun(rig, 1, trip, trip + WINDOW) * SPAN / WINDOW

    expected = SPAN / DELAY
    assert both == pytest.approx([expected, expected], rel=0.1)
    assert sum(both) / alone == pytest.approx(2, rel=0.1)
    assert probe - trip >= WINDOW
    assert [call.at for call in log.select(way=0) if call.at > trip + 0.3] == [probe]


def wait_until(moment: float) -> None:
    wait_for(lambda: time.monotonic() >= moment, moment - time.monotonic() + 5)


def wait_for_probe(rig: Rig, trip: float) -> float:
    """When the banned way out was asked again."""
    wait_for(
        lambda: any(call.at > trip + 0.3 for call in rig.youtube.log.select(way=0)),
        WINDOW * 1.1 + 5,
    )
    return next(call.at for call in rig.youtube.log.select(way=0) if call.at > trip + 0.3)


def videos_begun(rig: Rig, way: int, start: float, end: float) -> int:
    return sum(start < call.at <= end for call in rig.youtube.log.select(kind="watch", way=way))
