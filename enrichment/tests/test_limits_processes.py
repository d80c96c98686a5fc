"""The limiter under several processes, some of which are killed while they hold permits.

How much of the rate is used, and how soon a place is back, is in benchmarks/limiter.py: both wait
for the machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.limiter import Load, Outcome, hammer
from enrichment.limits import AdaptiveRateLimiter, Permit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def run(load: Load, folder: Path) -> Outcome:
    def lane() -> AdaptiveRateLimiter:
        return AdaptiveRateLimiter(
            load.max_concurrent,
            load.delay,
            lane="test:load",
            burst=load.burst,
            hourly_budget=10**6,
            lease=load.lease,
        )

    first = lane().acquire()
    assert isinstance(first, Permit)
    lane().cancel(first)
    return hammer(lane, load, folder / "grants")


@pytest.mark.slow
def test_the_rate_holds_in_every_window_and_is_used(tmp_path: Path, redis_server: str) -> None:
    outcome = run(
        Load(processes=4, threads=4, seconds=3, kill_every=0.4, longest_hold=0.2), tmp_path
    )
    assert outcome.violations == 0
    assert 0.4 <= outcome.share <= 1
    assert outcome.killed_holders > 0


@pytest.mark.slow
def test_the_places_hold_and_come_back_from_the_killed(tmp_path: Path, redis_server: str) -> None:
    load = Load(
        processes=4,
        threads=4,
        seconds=3,
        kill_every=0.3,  # each time more likely than not somebody who holds a place
        max_concurrent=3,
        delay=0.002,
        lease=1.0,
        longest_hold=0.1,
    )
    outcome = run(load, tmp_path)
    assert outcome.most_in_flight == 3
    assert outcome.killed_holders > 0
    assert outcome.last_place_back <= load.lease + 10  # otherwise it never comes
    assert len(outcome.grants) > 20
