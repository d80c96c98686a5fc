"""The breaker of one lane: closed, open, half open with one probe."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise, permutations
from typing import Any

import pytest
import redis

from enrichment.limits import AdaptiveRateLimiter, Permit
from enrichment.tests.limits_bench import Bench, denied, granted, throttle

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(clean_redis: redis.Redis) -> Bench:
    return Bench(clean_redis)


def trip(bench: Bench, **rules: Any) -> AdaptiveRateLimiter:
    limiter = bench.lane(**rules)
    throttle(limiter)
    return limiter


def to_half_open(bench: Bench, limiter: AdaptiveRateLimiter) -> None:
    bench.clock.advance(denied(limiter.acquire()).wait)


def test_three_throttles_in_a_row_open_it_for_thirty_seconds(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter, times=2)
    assert limiter.state().breaker == "closed"
    bench.clock.advance(10)
    throttle(limiter, times=1)
    state = limiter.state()
    assert (state.breaker, state.epoch) == ("open", 2)
    assert state.open_until is not None
    assert (
        30
        <= (state.open_until - datetime.fromtimestamp(bench.clock.now, UTC)).total_seconds()
        <= 33
    )
    answer = denied(limiter.acquire())
    assert answer.reason == "open"
    bench.clock.advance(answer.wait - 0.01)
    assert denied(limiter.acquire()).reason == "open"


def test_a_success_between_breaks_the_row(bench: Bench) -> None:
    limiter = bench.lane()
    first, second, third = (granted(limiter.acquire()) for _ in range(3))
    limiter.on_failure(first, is_rate_limit=True)
    limiter.on_failure(second, is_rate_limit=True)
    limiter.on_success(third)
    bench.clock.advance(60)
    throttle(limiter, times=1)
    assert limiter.state().breaker == "closed"


def test_what_was_asked_before_the_refusals_breaks_no_row(bench: Bench) -> None:
    """Sixteen processes are in the middle of their videos when a ban begins."""
    limiter = bench.lane(max_concurrent=5)
    early = [granted(limiter.acquire()) for _ in range(2)]
    bench.clock.advance(0.1)
    refused = [granted(limiter.acquire()) for _ in range(3)]
    for number, permit in enumerate(refused):
        limiter.on_failure(permit, is_rate_limit=True)
        if number < len(early):
            limiter.on_success(early[number])
    assert limiter.state().breaker == "open"


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("refused", [{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}])
def test_row_is_one_in_the_order_of_asking(
    bench: Bench, refused: set[int], order: tuple[int, ...]
) -> None:
    """Three calls are out together, and the answers come in any order."""
    limiter = bench.lane(max_concurrent=3)
    out = []
    for _ in range(3):
        bench.clock.advance(0.1)
        out.append(granted(limiter.acquire()))
    for number in order:
        if number in refused:
            limiter.on_failure(out[number], is_rate_limit=True)
        else:
            limiter.on_success(out[number])
    last_accepted = max({0, 1, 2} - refused)
    row = 2 - last_accepted
    bench.clock.advance(60)
    throttle(limiter, times=2 - row)
    assert limiter.state().breaker == "closed"
    bench.clock.advance(60)
    throttle(limiter, times=1)
    assert limiter.state().breaker == "open"


def test_failures_that_say_nothing_about_us_never_open_it(bench: Bench) -> None:
    limiter = bench.lane(burst=20)
    for _ in range(10):
        limiter.on_failure(granted(limiter.acquire()), is_rate_limit=False)
    assert (limiter.state().breaker, limiter.state().delay) == ("closed", 2.0)


def test_after_the_window_exactly_one_probe_goes_out(bench: Bench) -> None:
    limiter = trip(bench)
    to_half_open(bench, limiter)
    assert limiter.state().breaker == "half_open"
    probe = granted(limiter.acquire(bulk=True))
    assert probe.probe
    for _ in range(20):
        bench.clock.advance(1)
        assert denied(limiter.acquire()).reason == "probe"


def test_an_import_may_probe_with_a_token_of_the_reserve(bench: Bench) -> None:
    limiter = trip(bench, base_delay=20.0, burst=5)
    to_half_open(bench, limiter)
    assert limiter.state().tokens < 4
    assert granted(limiter.acquire(bulk=True)).probe


def test_a_probe_that_succeeds_closes_it_without_a_burst(bench: Bench) -> None:
    limiter = trip(bench, burst=8)
    to_half_open(bench, limiter)
    probe = granted(limiter.acquire())
    bench.clock.advance(60)
    limiter.on_success(probe)
    state = limiter.state()
    assert (state.breaker, state.open_until) == ("closed", None)
    assert state.tokens <= 3
    assert not granted(limiter.acquire()).probe


def test_a_throttled_probe_doubles_the_window_up_to_an_hour(bench: Bench) -> None:
    limiter = trip(bench)
    windows = []
    for _ in range(10):
        answer = denied(limiter.acquire())
        windows.append(answer.wait)
        bench.clock.advance(answer.wait)
        limiter.on_failure(granted(limiter.acquire()), is_rate_limit=True)
    for waited, window in zip(
        windows, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600], strict=True
    ):
        assert window - 0.01 <= waited <= min(window * 1.1, 3600) + 0.01


def test_a_relapse_doubles_on_and_a_new_ban_begins_at_thirty(bench: Bench) -> None:
    limiter = trip(bench, hourly_budget=10_000)
    to_half_open(bench, limiter)
    limiter.on_success(granted(limiter.acquire()))
    bench.clock.advance(20)
    throttle(limiter)
    assert 60 <= denied(limiter.acquire()).wait <= 66
    to_half_open(bench, limiter)
    limiter.on_success(granted(limiter.acquire()))
    bench.clock.advance(3600)
    throttle(limiter)
    assert 30 <= denied(limiter.acquire()).wait <= 33


def test_exactly_one_probe_follows_a_killed_one(
    bench: Bench,
) -> None:
    limiter = trip(bench, lease=90)
    to_half_open(bench, limiter)
    dead = granted(limiter.acquire())
    bench.clock.advance(89.9)
    assert denied(limiter.acquire()).reason == "probe"
    bench.clock.advance(0.1)
    follower = granted(limiter.acquire())
    assert follower.probe
    assert denied(limiter.acquire()).reason == "probe"
    limiter.on_success(dead)  # it was only frozen
    assert limiter.state().breaker == "half_open"
    limiter.on_success(follower)
    assert limiter.state().breaker == "closed"


def test_a_probe_known_to_be_dead_frees_its_place_at_once(bench: Bench) -> None:
    limiter = trip(bench)
    to_half_open(bench, limiter)
    limiter.abandon(granted(limiter.acquire()).token)
    bench.clock.advance(limiter.state().delay)
    assert granted(limiter.acquire()).probe
    assert denied(limiter.acquire()).reason == "probe"


def test_a_late_answer_from_before_the_trip_counts_for_nothing(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=5)
    late_success, late_throttle = granted(limiter.acquire()), granted(limiter.acquire())
    throttle(limiter)
    before = limiter.state()
    limiter.on_success(late_success)
    limiter.on_failure(late_throttle, is_rate_limit=True, retry_after=3000)
    after = limiter.state()
    assert (after.breaker, after.open_until, after.delay, after.epoch) == (
        "open",
        before.open_until,
        before.delay,
        before.epoch,
    )
    assert after.in_flight == 0


def test_a_permit_from_before_the_trip_allows_no_request(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=4)
    early = granted(limiter.acquire())
    assert limiter.renew(early)
    throttle(limiter)
    assert not limiter.renew(early)


def test_a_late_success_does_not_close_it_while_the_probe_is_out(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=5)
    late = granted(limiter.acquire())
    throttle(limiter)
    to_half_open(bench, limiter)
    probe = granted(limiter.acquire())
    limiter.on_success(late)
    assert limiter.state().breaker == "half_open"
    assert denied(limiter.acquire()).reason == "probe"
    limiter.on_success(probe)


def test_a_probe_without_a_verdict_makes_room_for_the_next(bench: Bench) -> None:
    limiter = trip(bench)
    to_half_open(bench, limiter)
    limiter.on_failure(granted(limiter.acquire()), is_rate_limit=False)
    bench.clock.advance(limiter.state().delay)
    assert granted(limiter.acquire()).probe


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(5, 5, 5.1), (200, 200, 200.1), (100_000, 3599.9, 3600.1)]
)
def test_it_honours_retry_after_up_to_an_hour(
    bench: Bench, asked: float, least: float, most: float
) -> None:
    limiter = bench.lane()
    throttle(limiter, times=1, retry_after=asked)
    assert limiter.state().breaker == ("closed" if asked < 30 else "open")
    assert least <= denied(limiter.acquire()).wait <= most
    bench.clock.advance(denied(limiter.acquire()).wait)
    granted(limiter.acquire())


def test_closed_by_hand_the_probe_that_is_out_counts_nothing(
    bench: Bench,
) -> None:
    limiter = trip(bench)
    to_half_open(bench, limiter)
    probe = granted(limiter.acquire())
    limiter.close_breaker()
    assert limiter.state().breaker == "closed"
    limiter.on_failure(probe, is_rate_limit=True, retry_after=300)
    assert limiter.state().breaker == "closed"
    bench.clock.advance(10)
    assert not granted(limiter.acquire()).probe


@pytest.mark.slow
def test_many_askers_get_one_probe_for_each_window(
    bench: Bench,
) -> None:
    limiter = trip(bench, max_concurrent=16)
    probes: list[float] = []
    out: list[Permit] = []
    for _ in range(1200):
        bench.clock.advance(0.5)
        for _ in range(16):
            answer = limiter.acquire(bulk=True)
            if isinstance(answer, Permit):
                assert answer.probe
                probes.append(bench.clock.now)
                out.append(answer)
        if out and bench.clock.now - probes[-1] >= 2:
            limiter.on_failure(out.pop(), is_rate_limit=True)
    assert len(probes) == 4  # after 30, 60, 120, 240 s, each with its jitter and its answer
    assert all(later - earlier >= 60 for earlier, later in pairwise(probes))
