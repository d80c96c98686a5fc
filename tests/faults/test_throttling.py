"""YouTube throttles everything for a while, and a socket on which nothing happens in the
meantime.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from websockets.sync.client import ClientConnection

from tests.faults.rig import Rig, rigged
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.standins.calls import Call
from tests.system import EAGER, Caller, frames_until

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

CONCURRENT = scaled(16, 4)
# seconds of the breaker's first window; up to a tenth is added by chance, and the next one is twice
# as long
WINDOW = 30.0
TRAVEL = scaled(
    1.0, 0.4
)  # seconds from an answer to its verdict in Redis, with this many processes on two cores
BEAT = 2.0  # seconds until the pump asks again
IDLE = 90.0  # seconds
CALM = 150.0  # seconds until a breaker that an earlier try left open is closed again


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn) -> Iterator[Rig]:
    with rigged(youtube_process, {**EAGER, "YOUTUBE_MAX_CONCURRENT": str(CONCURRENT)}) as rig:
        yield rig


@dataclass
class Idle:
    """A user who opened a page and went for a walk."""

    caller: Caller
    socket: ClientConnection
    since: float


@pytest.fixture(scope="module", autouse=True)
def idle(running: Rig) -> Iterator[Idle]:
    bob = running.system.another()
    with bob.socket() as socket:
        yield Idle(bob, socket, time.monotonic())


def test_throttled_lane_sends_one_probe_per_window(
    rig: Rig,
) -> None:
    """429 for everything, longer than 60 s; 4 places instead of 16.

    The first probe's process is killed with -9.

    After the trip nothing new is asked, also not by a run whose first answer came late: what it
    says is from before the trip.
    """
    log, faults = rig.youtube.log, rig.youtube.faults
    alice, count = rig.system.alice(), scaled(300, 60)
    wanted = [video_id(n) for n in range(count)]
    faults.slow(8, kind="watch", video_id=wanted[5], times=1)
    rig.youtube.latency = (0.2, 0.4)
    list_id = alice.new_list()
    batch = alice.add(list_id, wanted)["batch"]
    # Each process has loaded by then what a video needs: what is in flight travels as fast as ever.
    log.wait(3 * CONCURRENT, kind="watch", timeout=CALM)
    # What is refused was all asked before the first refusal. Asked one after the other, the lane's
    # pauses come between, and the late answer comes before the trip.
    together = faults.slow(3, kind="watch")
    ban = faults.status(429)
    # Refused captions count for the client that fetches them, not for the way out.
    refused = log.wait(3, kind="watch", status=429, timeout=30)[:3]
    trip = max(call.ended or 0 for call in refused)
    together.remove()
    slow = faults.slow(8)

    first, *_ = wait_for_calls_after(rig, trip + TRAVEL, 1, WINDOW * 1.1 + BEAT)
    assert (
        sum(trip < call.at <= trip + TRAVEL for call in log.calls) < CONCURRENT
    )  # what was in flight
    assert first.at - trip >= WINDOW
    rig.process_of(str(first.video_id)).kill()
    _, second = wait_for_calls_after(rig, trip + TRAVEL, 2, 10)
    slow.remove()

    tripped_again = wait_for_end(second)
    ban.remove()
    recovered = time.monotonic()
    # The next ones begin as soon as this probe has gone well.
    calls = wait_for_calls_after(rig, trip + TRAVEL, 3, 2 * WINDOW * 1.1 + BEAT, may_be_more=True)
    assert calls[2].at - tripped_again >= 2 * WINDOW
    assert calls[2].at - recovered <= 2 * WINDOW * 1.1 + BEAT
    assert calls[2].status in (None, 200)

    assert alice.finished(batch, 120)["failed"] == 0
    rig.assert_all_complete_once(alice, list_id, count)
    assert not any(
        stage == "error" for steps in rig.database.steps().values() for _, stage in steps
    )


def wait_for_calls_after(
    rig: Rig, moment: float, count: int, seconds: float, *, may_be_more: bool = False
) -> list[Call]:
    """The calls that began after this moment, exactly so many unless there may be more, within so
    many seconds from now.
    """
    calls: list[Call] = []

    def are_there() -> bool:
        calls[:] = [call for call in rig.youtube.log.calls if call.at > moment]
        return len(calls) >= count

    wait_for(are_there, seconds)
    assert may_be_more or len(calls) == count, calls
    return calls


def wait_for_end(call: Call) -> float:
    wait_for(lambda: call.ended is not None, 15)
    return call.ended or 0.0


def test_a_socket_silent_for_ninety_seconds_still_delivers(rig: Rig, idle: Idle) -> None:
    with pytest.raises(TimeoutError):  # nothing comes
        idle.socket.recv(timeout=max(idle.since + IDLE - time.monotonic(), 0))
    idle.caller.add(idle.caller.new_list(), [video_id(9000)])
    frames_until(
        idle.socket,
        lambda frames: any(frame.get("stage") == "complete" for frame in frames),
        seconds=5,
    )
