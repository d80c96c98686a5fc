"""Workers on two hosts whose clocks are 100 s apart: one is cut off from PostgreSQL and Redis, one
loses its power.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.database import ONE_BY_ONE
from tests.faults.hosts import Hosts, several_hosts
from tests.faults.postgres import PostgresProcess, find_binaries
from tests.faults.rig import Rig
from tests.faults.scale import FULL, scaled
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.standins.calls import Call
from tests.system import Caller

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(scaled(900, 300)),
    pytest.mark.skipif(sys.platform != "linux", reason="a relay drops packets as Linux can"),
]

CONCURRENT, BURST = 4, 3
DELAY = 1.0  # seconds between two videos
APART = 100.0  # seconds
LEASE = 90.0  # seconds
# Seconds; in the short form the leases are ended in the database meanwhile.
LOST_AFTER = scaled(LEASE, 35.0)
CUT = LOST_AFTER + 10
BACK = 60.0  # seconds until a host that is back works again
PACE = {
    "YOUTUBE_BASE_DELAY": str(DELAY),
    "YOUTUBE_BURST": str(BURST),
    "YOUTUBE_MAX_CONCURRENT": str(CONCURRENT),
    "YOUTUBE_HOURLY_BUDGET": "1000000",
}
# Run on a host, as any of its programs that is in the middle of writing to this video's job.
HOLD = """
import time
from django.db import transaction
from enrichment.models import EnrichmentJob
with transaction.atomic():
    EnrichmentJob.objects.filter(video__youtube_id={youtube_id!r}).update(bulk=False)
    time.sleep(3600)
"""


@pytest.fixture(scope="module")
def hosts(youtube_process: YouTubeStandIn) -> Iterator[Hosts]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("there is no PostgreSQL here")
    environ = {"YOUTUBE_PROXY": youtube_process.proxy_url, **PACE}
    postgres = PostgresProcess(binaries)
    try:
        with tempfile.TemporaryDirectory(prefix="fault-") as name:
            clocks = {"second": APART}
            with several_hosts(Path(name), youtube_process, postgres, environ, clocks) as hosts:
                yield hosts
    finally:
        postgres.stop()


@pytest.fixture(scope="module")
def running(hosts: Hosts) -> Rig:
    return hosts.rig


@pytest.fixture
def alice(rig: Rig) -> Caller:
    rig.youtube.latency = (0.5, 1.5)
    return rig.system.alice()


def test_hosts_whose_clocks_differ_share_the_work(hosts: Hosts, alice: Caller) -> None:
    count = 20
    list_id, batch = begin(alice, 1000, count)
    assert alice.finished(batch, 90)["failed"] == 0
    hosts.rig.assert_all_complete_once(alice, list_id, count)
    assert min(hosts.runs(host).total() for host in (hosts.first, hosts.second)) > count // 6
    assert_limits_held(hosts.rig)


def test_a_host_that_is_cut_off_and_comes_back(hosts: Hosts, alice: Caller) -> None:
    """One of its programs is in the middle of a transaction, whose lock the other host soon needs.
    When it comes back, none of its connections is alive, and none was ended.

    60 videos instead of 400.
    """
    rig, count = hosts.rig, scaled(400, 60)
    ids = [video_id(2000 + n) for n in range(count)]
    list_id, batch = begin(alice, 2000, count)
    hold_a_lock(hosts, ids[25])
    wait_for(lambda: len(hosts.held_by(hosts.second)) >= 2)
    hosts.second.network.cut()
    cut_at, suspects = time.monotonic(), hosts.held_by(hosts.second)
    wait_for(lambda: time.monotonic() >= cut_at + LOST_AFTER, LOST_AFTER + 5)
    end_leases(hosts)
    wait_for(lambda: time.monotonic() >= cut_at + CUT, CUT + 5)
    asked = [call for call in of(rig, ids) if call.at > cut_at + LOST_AFTER]
    assert asked, "the other host must go on meanwhile"
    assert hosts.held_by(hosts.second) == set()
    hosts.second.network.mend(forgetful=True)

    assert alice.finished(batch, count * DELAY + 60)["failed"] == 0
    assert_done_once(hosts, alice, list_id, ids, suspects)
    assert_works_again(hosts, alice, 3000)


def test_a_host_that_loses_its_power(hosts: Hosts, alice: Caller) -> None:
    count = scaled(200, 30)
    ids = [video_id(4000 + n) for n in range(count)]
    list_id, batch = begin(alice, 4000, count)
    wait_for(lambda: len(hosts.held_by(hosts.second)) >= 2)
    hosts.second.lose_power()
    suspects = hosts.held_by(hosts.second)
    end_leases(hosts)
    assert alice.finished(batch, count * DELAY + 120)["failed"] == 0
    assert_done_once(hosts, alice, list_id, ids, suspects)
    wait_for(lambda: hosts.sessions_of(hosts.second) == 0, 60)
    hosts.second.network.mend()
    hosts.second.run_worker()
    assert_works_again(hosts, alice, 5000)


def end_leases(hosts: Hosts) -> None:
    """Let the leases of the host that is gone end now; with FAULTS=full they end by themselves."""
    if not FULL:
        hosts.rig.database.change(
            "UPDATE enrichment_enrichmentjob SET lease_until = '2000-01-01 00:00:00' "
            f"WHERE node = '{hosts.second.node}'"
        )


def begin(alice: Caller, first: int, count: int) -> tuple[int, int]:
    """The list, and its import of so many videos."""
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(first + n) for n in range(count)])["batch"]
    return list_id, int(batch)


def hold_a_lock(hosts: Hosts, youtube_id: str) -> None:
    hosts.second.run("manage.py", "shell", "-v", "0", "-c", HOLD.format(youtube_id=youtube_id))
    holding = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    wait_for(lambda: hosts.rig.database.value(f"{holding} AND query LIKE '%bulk%'") == 1)


def of(rig: Rig, ids: list[str]) -> list[Call]:
    """The watch pages of these videos that were asked for."""
    wanted = set(ids)
    return [call for call in rig.youtube.log.select(kind="watch") if call.video_id in wanted]


def assert_done_once(
    hosts: Hosts, alice: Caller, list_id: int, ids: list[str], suspects: set[str]
) -> None:
    """Each video is complete; only the suspects, whose worker was gone, were asked for again."""
    hosts.rig.assert_all_complete_once(alice, list_id, len(ids))
    steps = hosts.rig.database.steps()
    assert [steps[one] for one in ids] == [ONE_BY_ONE] * len(ids)
    runs = hosts.runs()
    again = {one for one in ids if runs[one] > 1}
    assert again <= suspects
    assert max(runs[one] for one in ids) <= 2
    asked = Counter(call.video_id for call in of(hosts.rig, ids))
    assert all(asked[one] <= runs[one] for one in ids)
    assert_limits_held(hosts.rig)


def assert_limits_held(rig: Rig) -> None:
    """Never more at once than there are permits, and never sooner than they come: a permit may be
    used late, but of those there are only so many.
    """
    assert rig.youtube.log.most_at_once() <= CONCURRENT
    starts = [call.at for call in rig.youtube.log.select(kind="watch")]
    for first, began in enumerate(starts):
        for more, later in enumerate(starts[first:], 1):
            assert more <= BURST + (later - began) / DELAY + CONCURRENT


def assert_works_again(hosts: Hosts, alice: Caller, first: int) -> None:
    before = hosts.runs(hosts.second).total()
    _, batch = begin(alice, first, 60)
    wait_for(lambda: hosts.runs(hosts.second).total() > before + 2, BACK)
    alice.call("POST", f"/api/imports/{batch}/cancel")
