"""How the delay follows what the other side puts up with: simulated on a clock that the test
moves.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
import redis

from enrichment.limits import AdaptiveRateLimiter, Permit
from enrichment.tests.limits_bench import Bench, denied, granted, throttle

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(clean_redis: redis.Redis) -> Bench:
    return Bench(clean_redis)


def serve(bench: Bench, limiter: AdaptiveRateLimiter, seconds: float) -> int:
    """Demand without end, every call a success half a second later. Answers how many."""
    served, end = 0, bench.clock.now + seconds
    while bench.clock.now < end:
        answer = limiter.acquire()
        if isinstance(answer, Permit):
            bench.clock.advance(0.1)
            limiter.on_success(answer)
            served += 1
        else:
            bench.clock.advance(answer.wait)
    return served


def test_a_throttle_counts_once_for_all_calls_that_were_out(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=4)
    first, second, _ = (granted(limiter.acquire()) for _ in range(3))
    bench.clock.advance(1)
    limiter.on_failure(first, is_rate_limit=True)
    bench.clock.advance(1)
    limiter.on_failure(second, is_rate_limit=True)
    assert 1.5 * 2 <= limiter.state().delay <= 2 * 2


def throttle_to_the_end(bench: Bench, limiter: AdaptiveRateLimiter) -> list[float]:
    """A throttle every four minutes, each followed by a success.

    Answers the delays after the throttles.
    """
    delays = []
    for _ in range(12):
        bench.clock.advance(120)
        throttle(limiter, times=1)
        delays.append(limiter.state().delay)
        bench.clock.advance(120)
        limiter.on_success(granted(limiter.acquire()))
    return delays


def test_throttles_make_the_delay_longer_up_to_a_minute(bench: Bench) -> None:
    delays = throttle_to_the_end(bench, bench.lane(hourly_budget=10_000))
    assert all(later > earlier for earlier, later in pairwise(delays[:5]))
    assert max(delays) == delays[-1] == 60


@pytest.mark.slow
def test_it_recovers_from_the_longest_delay_too(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=10_000)
    throttle_to_the_end(bench, limiter)
    serve(bench, limiter, 600)
    assert limiter.state().delay > 20
    serve(bench, limiter, 3600)
    assert limiter.state().delay == 2.0


def test_a_throttle_is_followed_by_a_pause(bench: Bench) -> None:
    limiter = bench.lane(base_delay=0.0)
    throttle(limiter, times=1)
    assert denied(limiter.acquire()).wait == 1.0
    bench.clock.advance(1.0)
    throttle(limiter, times=1)
    assert denied(limiter.acquire()).wait == 6.0


def test_it_recovers_under_demand_and_never_goes_below_the_base(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=100_000)
    throttle(limiter, times=1)
    delays = []
    for _ in range(30):
        serve(bench, limiter, 10)
        delays.append(limiter.state().delay)
    assert all(later <= earlier for earlier, later in pairwise(delays))
    assert delays[0] > 2.5
    assert delays[-1] == 2.0


def test_it_does_not_recover_while_nobody_waits(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter, times=1)
    slow = limiter.state().delay
    for _ in range(20):
        bench.clock.advance(60)
        limiter.on_success(granted(limiter.acquire()))
    assert limiter.state().delay == slow


@pytest.mark.slow
def test_a_lane_without_a_delay_gets_one_and_loses_it_again(bench: Bench) -> None:
    limiter = bench.lane(base_delay=0.0, hourly_budget=1_000_000)
    throttle(limiter, times=1)
    assert limiter.state().delay > 0
    serve(bench, limiter, 300)
    assert limiter.state().delay == 0


def test_a_throttled_rate_is_avoided_for_a_minute_and_comes_back(
    bench: Bench,
) -> None:
    limiter = bench.lane(hourly_budget=100_000)
    throttle(limiter, times=1)
    serve(bench, limiter, 55)
    assert limiter.state().delay == 2 * 2.0
    serve(bench, limiter, 60)
    assert limiter.state().delay == 2.0


def test_what_is_throttled_while_climbing_is_cut_by_a_little(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=100_000)
    throttle(limiter, times=1)
    serve(bench, limiter, 80)
    climbing = limiter.state().delay
    throttle(limiter, times=1)
    assert limiter.state().delay == pytest.approx(1.25 * climbing)


def test_throttles_of_calls_before_one_that_went_well_are_no_row(bench: Bench) -> None:
    """Half of the calls that were out together were throttled, and these answered first."""
    limiter = bench.lane(max_concurrent=6, base_delay=0.1)
    out = []
    for _ in range(6):
        bench.clock.advance(0.1)
        out.append(granted(limiter.acquire()))
    limiter.on_failure(out[0], is_rate_limit=True)
    limiter.on_success(out[3])
    for early in (out[1], out[2]):
        limiter.on_failure(early, is_rate_limit=True)
    limiter.on_failure(out[4], is_rate_limit=True)
    assert limiter.state().breaker == "closed"
    limiter.on_failure(out[5], is_rate_limit=True)
    assert limiter.state().breaker == "closed"
