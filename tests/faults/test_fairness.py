"""A person's few videos while large imports run, with the settings as they come: two seconds
between videos, a burst of five.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig, rigged
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]

PROMISED = 3.0  # seconds until one to three videos are complete
EVERY = 15.0  # seconds between two such wishes


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn) -> Iterator[Rig]:
    with rigged(youtube_process, {}) as rig:
        yield rig


def test_few_videos_take_three_seconds_beside_a_large_import(
    rig: Rig,
) -> None:
    """Two imports of 500 run (each alone is an hour's work, so their length does not matter); a
    third user adds one to three every 15 s.
    """
    alice, bob, carol = rig.system.alice(), rig.system.another(), rig.system.another()
    imports = {
        caller: [video_id(1000 * n + i) for i in range(500)]
        for n, caller in enumerate((alice, bob), 1)
    }
    for caller, ids in imports.items():
        caller.add(caller.new_list(), ids)
    list_id, took = carol.new_list(), []
    next_wish = time.monotonic() + 2
    for turn in range(scaled(8, 4)):
        wait_for(lambda: time.monotonic() >= next_wish, EVERY + 5)  # noqa: B023
        next_wish += EVERY
        began = time.monotonic()
        batch = carol.add(list_id, [video_id(10 * turn + i) for i in range(turn % 3 + 1)])["batch"]
        assert carol.finished(batch, 30)["failed"] == 0
        took.append(time.monotonic() - began)
    assert max(took) <= PROMISED, took
    first = {call.video_id: call.at for call in reversed(rig.youtube.log.select(kind="watch"))}
    order = [
        name
        for _, name in sorted(
            (first[one], caller.name)
            for caller, ids in imports.items()
            for one in ids
            if one in first
        )
    ]
    assert len(order) >= 15
    both = order[order.index(bob.name) :]
    # One to one, but for the runs that are on their way together and may overtake each other.
    assert all(
        abs(both[:n].count(alice.name) - both[:n].count(bob.name)) <= 3 for n in range(len(both))
    )
