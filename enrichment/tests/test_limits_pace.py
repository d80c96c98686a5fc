"""How the delay follows what the other side puts up with: simulated on a clock that the test moves."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
import redis

from enrichment.limits import AdaptiveRateLimiter, Permit
from enrichment.tests.limits_bench import Bench, Clock, denied, granted, throttle

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


def test_a_throttle_makes_the_delay_longer_once_for_all_calls_that_were_out(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=4)
    first, second, _ = (granted(limiter.acquire()) for _ in range(3))
    bench.clock.advance(1)
    limiter.on_failure(first, is_rate_limit=True)
    bench.clock.advance(1)
    limiter.on_failure(second, is_rate_limit=True)
    assert 1.5 * 2 <= limiter.state().delay <= 2 * 2


def throttle_to_the_end(bench: Bench, limiter: AdaptiveRateLimiter) -> list[float]:
    """A throttle every four minutes, each followed by a success. Answers the delays after the throttles."""
    delays = []
    for _ in range(12):
        bench.clock.advance(120)
        throttle(limiter, times=1)
        delays.append(limiter.state().delay)
        bench.clock.advance(120)
        limiter.on_success(granted(limiter.acquire()))
    return delays


def test_a_throttle_at_the_longer_delay_makes_it_longer_again_up_to_a_minute(bench: Bench) -> None:
    delays = throttle_to_the_end(bench, bench.lane(hourly_budget=10_000))
    assert all(later > earlier for earlier, later in pairwise(delays[:5]))
    assert max(delays) == delays[-1] == 60


def test_it_recovers_from_the_longest_delay_too(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=10_000)
    throttle_to_the_end(bench, limiter)
    serve(bench, limiter, 600)
    assert limiter.state().delay > 20
    serve(bench, limiter, 3 * 3600)
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


def test_a_lane_without_a_delay_gets_one_and_loses_it_again(bench: Bench) -> None:
    limiter = bench.lane(base_delay=0.0, hourly_budget=1_000_000)
    throttle(limiter, times=1)
    assert limiter.state().delay > 0
    serve(bench, limiter, 120)
    assert limiter.state().delay == 0


def test_a_quota_that_halves_for_a_minute_is_found_and_left_again(bench: Bench) -> None:
    run = Quota(bench, per_second=20)
    during = run.calls(60, 120)
    adapted = during[next(i for i, call in enumerate(during) if not call.accepted) + 1 :]
    assert sum(not call.accepted for call in adapted) <= 0.01 * len(adapted)
    assert sum(call.accepted for call in during) >= 0.80 * 10 * 60
    former = len(run.calls(40, 60)) / 20
    assert former >= 0.99 * 20
    assert max(len(run.calls(start, start + 5)) / 5 for start in range(120, 176)) >= 0.9 * former
    assert len(run.calls(180, 200)) / 20 >= 0.9 * former


@dataclass
class Call:
    at: float
    accepted: bool


@dataclass
class Quota:
    """200 s of demand without end against a quota per second that halves from second 60 to 120; an answer takes 100 ms."""

    bench: Bench
    per_second: int
    log: list[Call] = field(default_factory=list)
    recent: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        clock: Clock = self.bench.clock
        start = clock.now
        limiter = self.bench.lane(4, 1 / self.per_second, hourly_budget=1_000_000)
        answers: list[tuple[float, int, Permit, bool]] = []
        tokens, filled = float(self.per_second), clock.now
        while clock.now < start + 200:
            permit = limiter.acquire(bulk=True)
            if isinstance(permit, Permit):
                quota = self.per_second / 2 if 60 <= clock.now - start < 120 else self.per_second
                tokens, filled = min(quota, tokens + (clock.now - filled) * quota), clock.now
                accepted = tokens >= 1
                tokens -= accepted
                self.log.append(Call(clock.now - start, accepted))
                heapq.heappush(answers, (clock.now + 0.1, len(self.log), permit, accepted))
            elif answers and answers[0][0] <= clock.now + permit.wait:
                clock.now, _, done, accepted = heapq.heappop(answers)
                limiter.on_success(done) if accepted else limiter.on_failure(done, is_rate_limit=True)
            else:
                clock.advance(max(permit.wait, 0.001))

    def calls(self, start: float, end: float) -> list[Call]:
        return [call for call in self.log if start <= call.at < end]
