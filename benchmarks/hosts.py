"""What a second worker host brings: videos a minute of one host and of two, while four ways out
allow more than both ask for. Both "hosts", web, PostgreSQL, Redis and the stand-in for YouTube are
on this machine, so it says what waiting costs, and nothing about processors.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.hosts import Host, Hosts, several_hosts
from tests.faults.postgres import PostgresProcess, find_binaries
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER

Row = tuple[str, str, str]

WAYS = 4
PROCESSES = 8  # of a worker
OPTIONS = ("--concurrency", str(PROCESSES))
PLACES = {"YOUTUBE_MAX_CONCURRENT": str(2 * PROCESSES // WAYS)}  # as many as processes
ANSWERS = (2.0, 1.0)  # seconds that each answer of YouTube takes
SPAN = 60.0  # seconds that are counted
VIDEOS = 1_500  # more than both hosts fetch of one import
PATIENCE = 120.0  # seconds until a worker has fetched its first videos
FETCHED = "SELECT count(*) FROM videos_video WHERE finished_at IS NOT NULL"


def rows() -> Iterator[Row]:
    binaries = find_binaries()
    if binaries is None:
        yield "hosts", "", "there is no PostgreSQL here"
        return
    for seconds in ANSWERS:
        postgres = PostgresProcess(binaries)
        try:
            yield measure(postgres, seconds)
        finally:
            postgres.stop()


def measure(postgres: PostgresProcess, seconds: float) -> Row:
    """`seconds`: that each answer of YouTube takes."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        YouTubeStandIn(ways=WAYS, latency=(seconds, seconds)) as youtube,
    ):
        environ = {**EAGER, **youtube.environment, **PLACES, "GROQ_API_KEY": ""}
        with several_hosts(
            Path(folder), youtube, postgres, environ, {}, OPTIONS, with_second=False
        ) as hosts:
            return compare(hosts, seconds)


def compare(hosts: Hosts, seconds: float) -> Row:
    alice = hosts.system.alice()
    alice.add(alice.new_list(), [video_id(number) for number in range(VIDEOS)])
    one = videos_a_minute(hosts, hosts.first)
    hosts.second.run_worker(*OPTIONS)
    two = videos_a_minute(hosts, hosts.second)
    return (
        f"hosts: two of them, each answer takes {seconds:g} s",
        f"{two:.0f} a minute",
        f"{two / one:.2f} times the {one:.0f} of one; at least 1.9",
    )


def videos_a_minute(hosts: Hosts, another: Host) -> float:
    """What all workers fetch, once the one of `another` works as well."""
    wait_for(lambda: len(hosts.runs(another)) > 2 * PROCESSES, PATIENCE)
    before, began = hosts.rig.database.value(FETCHED), time.monotonic()
    time.sleep(SPAN)
    fetched: int = hosts.rig.database.value(FETCHED) - before
    return fetched * 60 / (time.monotonic() - began)
