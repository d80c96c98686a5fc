"""Rate, places, hour and reserve of one lane."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from enrichment.limits import AdaptiveRateLimiter, Denied, Permit
from enrichment.tests.limits_bench import Bench, denied, granted

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(clean_redis: redis.Redis) -> Bench:
    return Bench(clean_redis)


@pytest.fixture(params=["the test's clock", "Redis's clock"])
def any_clock(request: pytest.FixtureRequest, bench: Bench) -> dict[str, Any]:
    return {} if request.param == "the test's clock" else {"clock": None}


def drain(limiter: AdaptiveRateLimiter, *, bulk: bool = False) -> int:
    """How many permits there are at once; each is used and ended."""
    taken = 0
    while isinstance(permit := limiter.acquire(bulk=bulk), Permit):
        limiter.on_success(permit)
        taken += 1
    return taken


def test_it_grants_the_burst_and_then_says_how_long_to_wait(
    bench: Bench, any_clock: dict[str, Any]
) -> None:
    limiter = bench.lane(burst=5, **any_clock)
    assert drain(limiter) == 5
    answer = denied(limiter.acquire())
    assert answer.reason == "rate"
    assert 1.0 < answer.wait <= 2.0


def test_it_grants_one_more_after_each_delay(bench: Bench) -> None:
    limiter = bench.lane(burst=5)
    drain(limiter)
    for _ in range(10):
        bench.clock.advance(1.9)
        assert denied(limiter.acquire()).wait == pytest.approx(0.1, abs=0.01)
        bench.clock.advance(0.1)
        assert drain(limiter) == 1


def test_it_never_fills_the_bucket_beyond_the_burst(bench: Bench) -> None:
    limiter = bench.lane(burst=5)
    drain(limiter)
    bench.clock.advance(10_000)
    assert drain(limiter) == 5


def test_it_has_no_rule_about_the_rate_without_a_delay(bench: Bench) -> None:
    assert drain(limiter := bench.lane(base_delay=0, hourly_budget=250), bulk=True) == 225
    assert drain(limiter) == 25


def test_it_never_has_more_permits_out_than_places(bench: Bench, any_clock: dict[str, Any]) -> None:
    limiter = bench.lane(max_concurrent=3, burst=5, **any_clock)
    permits = [granted(limiter.acquire()) for _ in range(3)]
    assert [permit.last for permit in permits] == [False, False, True]
    assert denied(limiter.acquire()).reason == "slots"
    limiter.on_failure(permits[0], is_rate_limit=False)
    granted(limiter.acquire())
    assert denied(limiter.acquire()).reason == "slots"
    assert limiter.state().in_flight == 3


def test_it_takes_a_place_back_when_its_lease_is_over(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=1, lease=90)
    granted(limiter.acquire())
    bench.clock.advance(89.9)
    assert denied(limiter.acquire()).reason == "slots"
    bench.clock.advance(0.1)
    granted(limiter.acquire())


def test_it_prolongs_a_lease_and_says_when_it_is_lost(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=1, lease=90)
    permit = granted(limiter.acquire())
    bench.clock.advance(80)
    assert limiter.renew(permit)
    bench.clock.advance(80)
    assert denied(limiter.acquire()).reason == "slots"
    bench.clock.advance(10)
    assert not limiter.renew(permit)


def test_it_frees_the_place_of_a_holder_known_to_be_dead(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=1)
    limiter.abandon(granted(limiter.acquire()).token)
    granted(limiter.acquire())


def test_it_gives_token_and_budget_of_an_unused_permit_back_once(bench: Bench) -> None:
    limiter = bench.lane(burst=5, hourly_budget=10)
    permit = granted(limiter.acquire(cost=4))
    bench.clock.advance(0.5)
    limiter.cancel(permit)
    limiter.cancel(permit)
    assert (limiter.state().tokens, limiter.state().budget_left) == (5, 10)
    granted(limiter.acquire())
    limiter.cancel(permit)
    assert limiter.state().budget_left == 9


def test_it_gives_the_budget_of_an_earlier_slice_back(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=10)
    permit = granted(limiter.acquire(cost=4))
    bench.clock.advance(60)
    granted(limiter.acquire(cost=3))
    limiter.cancel(permit)
    assert limiter.state().budget_left == 7
    bench.clock.advance(60)
    assert limiter.state().budget_left == 7


def test_unused_permits_of_two_slices_leave_no_cost(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=10)
    earlier = granted(limiter.acquire(cost=4))
    bench.clock.advance(60)
    later = granted(limiter.acquire(cost=3))
    limiter.cancel(earlier)
    limiter.cancel(later)
    assert limiter.state().budget_left == 10
    bench.clock.advance(60)
    assert limiter.state().budget_left == 10


def test_it_spends_no_more_than_the_budget_in_any_hour(bench: Bench) -> None:
    limiter = bench.lane(base_delay=1.0, hourly_budget=20)
    spent: list[float] = []
    end = bench.clock.now + 3 * 3600
    while bench.clock.now < end:
        answer = limiter.acquire()
        if isinstance(answer, Permit):
            limiter.on_success(answer)
            spent.append(bench.clock.now)
        else:
            bench.clock.advance(min(answer.wait, 60))  # ask in between as well
    assert all(later - first >= 3600 for first, later in zip(spent, spent[20:], strict=False))
    assert len(spent) >= 3 * 20


def test_it_weighs_the_hour_by_cost(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=7200, reserve=(0, 0.0))
    limiter.on_success(granted(limiter.acquire(cost=7000)))
    answer = denied(limiter.acquire(cost=300))
    assert answer.reason == "budget"
    assert answer.wait == pytest.approx(3600, abs=15.1)
    granted(limiter.acquire(cost=200))
    bench.clock.advance(answer.wait)
    granted(limiter.acquire(cost=300))


def test_a_cost_beyond_the_hour_waits_for_an_empty_hour(bench: Bench) -> None:
    limiter = bench.lane(hourly_budget=100, reserve=(0, 0.0))
    limiter.on_success(granted(limiter.acquire(cost=1)))
    bench.clock.advance(denied(limiter.acquire(cost=500)).wait)
    granted(limiter.acquire(cost=500))
    assert limiter.state().budget_left == 0


def test_a_budget_of_nothing_grants_nothing(bench: Bench) -> None:
    assert denied(bench.lane(hourly_budget=0).acquire()).reason == "budget"


def test_bulk_leaves_three_of_five_tokens_to_people(bench: Bench) -> None:
    limiter = bench.lane(burst=5)
    assert drain(limiter, bulk=True) == 2
    assert denied(limiter.acquire(bulk=True)) == Denied(2.0, "reserve")
    assert drain(limiter) == 3


def test_bulk_leaves_a_tenth_of_the_hour_to_people(bench: Bench) -> None:
    limiter = bench.lane(base_delay=0.0, hourly_budget=100)
    assert drain(limiter, bulk=True) == 90
    assert denied(limiter.acquire(bulk=True)).reason == "reserve"
    assert drain(limiter) == 10
    assert denied(limiter.acquire()).reason == "budget"


@pytest.mark.parametrize("burst", [1, 2, 3, 4, 5, 8])
def test_bulk_reaches_the_full_rate_with_any_burst(bench: Bench, burst: int) -> None:
    limiter = bench.lane(burst=burst, hourly_budget=10_000)
    drain(limiter, bulk=True)
    taken, start = 0, bench.clock.now
    while taken < 100:
        answer = limiter.acquire(bulk=True)
        if isinstance(answer, Permit):
            limiter.on_success(answer)
            taken += 1
        else:
            bench.clock.advance(answer.wait)
    assert bench.clock.now - start == pytest.approx(200, abs=1)


def test_its_defaults_are_those_of_a_guest() -> None:
    rules = AdaptiveRateLimiter().rules
    assert (rules.max_concurrent, rules.base_delay, rules.burst) == (3, 2.0, 5)
    assert (rules.hourly_budget, rules.lease_time) == (300, 90.0)


def test_the_least_of_everything_is_taken() -> None:
    limiter = AdaptiveRateLimiter(1, 0.0, burst=1, hourly_budget=0)
    assert (limiter.rules.reserve_tokens, limiter.rules.reserve_budget) == (0, 0)


def test_it_asks_for_sensible_rules(bench: Bench) -> None:
    for wrong in ({"max_concurrent": 0}, {"base_delay": -1}, {"burst": 0}, {"hourly_budget": -1}):
        with pytest.raises(ValueError, match="A lane needs"):
            bench.lane(**wrong)
